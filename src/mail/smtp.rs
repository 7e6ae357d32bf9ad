//! Sends letters to a mail server. Every letter is tried once: who calls decides whether to try again. Errors carry the
//! server's number and never its words, because servers repeat addresses.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{self, Body, Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Mail, MailError, Outgoing};

/// How long one command may take: RFC 5321 allows minutes, but a letter can simply be tried again.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a whole letter may take, connection and encryption included.
const LETTER_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server and the address that letters come from.
pub struct SmtpMail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why there is no way to send letters.
#[derive(Debug, thiserror::Error)]
pub enum BadMailSettings {
    /// The URL.
    #[error("mail.smtp_url is smtp://… or smtps://user:password@host:port")]
    Url,
    /// The sender.
    #[error("mail.from is an address, like \"Plass <post@example.org>\"")]
    From(#[source] lettre::address::AddressError),
}

impl SmtpMail {
    /// Sends by way of `smtp_url`, in the name of `from`. Nothing is connected yet.
    pub fn new(smtp_url: &str, from: &str) -> Result<Self, BadMailSettings> {
        // The cause is dropped: it may repeat the URL and the password in it.
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp_url).map_err(|_may_hold_it| BadMailSettings::Url)?;
        let transport = builder.timeout(Some(COMMAND_TIMEOUT)).build();
        Ok(Self { transport, from: from.parse().map_err(BadMailSettings::From)? })
    }

    fn message(&self, letter: &Outgoing) -> Result<Message, MailError> {
        let to: Mailbox = letter.to.parse().map_err(|_holds_the_address| refused("the address is no address"))?;
        let body = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        let body = match letter.attachments.as_slice() {
            [] => body,
            attachments => {
                let mut mixed = MultiPart::mixed().multipart(body);
                for attachment in attachments {
                    let kind = ContentType::parse(&attachment.content_type)
                        .map_err(|_no_kind| refused("an attachment is of no known kind"))?;
                    let part = message::Attachment::new(attachment.name.clone());
                    // Base64 keeps every octet as it is, line ends too.
                    let content = Body::new_with_encoding(attachment.content.clone(), ContentTransferEncoding::Base64)
                        .map_err(|_content| refused("an attachment cannot be written down"))?;
                    mixed = mixed.singlepart(part.body(content, kind));
                }
                mixed
            }
        };
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .date(letter.sent_at.into())
            .message_id(Some(format!("<{}@{}>", letter.message_id, self.from.email.domain())))
            .header(AutoSubmitted)
            .multipart(body)
            .map_err(|_holds_the_letter| refused("the letter cannot be written down"))
    }
}

/// RFC 3834: no person wrote this letter, so nobody's absence notes need to answer it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[async_trait]
impl Mail for SmtpMail {
    async fn send(&self, letter: &Outgoing) -> Result<(), MailError> {
        let message = self.message(letter)?;
        match tokio::time::timeout(LETTER_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_accepted)) => Ok(()),
            Ok(Err(error)) => Err(meaning(error.status().map(u16::from), &error)),
            Err(_elapsed) => Err(MailError::Unavailable("the mail server took too long".to_owned())),
        }
    }
}

/// What a failure means for the letter. Only what the server says about this address or this letter is final;
/// everything else, like a rejected login, is about the server and may be mended.
fn meaning(status: Option<u16>, error: &SmtpError) -> MailError {
    match status {
        Some(code) if is_final(code) => refused(&format!("the mail server answered {code}")),
        Some(code) => MailError::Unavailable(format!("the mail server answered {code}")),
        None if error.is_timeout() => MailError::Unavailable("the mail server took too long".to_owned()),
        None if error.is_tls() => MailError::Unavailable("the connection could not be encrypted".to_owned()),
        None => MailError::Unavailable("the mail server could not be reached".to_owned()),
    }
}

/// Mailbox unknown, not local, over its size, badly named; transaction failed; no such parameters.
fn is_final(code: u16) -> bool {
    matches!(code, 550..=556)
}

fn refused(reason: &str) -> MailError {
    MailError::Refused(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    use super::super::{self as mail, tests as samples};
    use super::*;

    fn letter(to: &str) -> Outgoing {
        samples::letter(to, "Du har fått plass\r\nBcc: all@example.org")
    }

    /// One conversation of a mail server that answers `RCPT TO` with `recipient`; ends with what it heard.
    async fn converse(stream: TcpStream, recipient: &str) -> String {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut heard, mut in_letter) = (String::new(), false);
        write.write_all(b"220 here\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            heard.push_str(&line);
            heard.push('\n');
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "." => "250 taken",
                _ if in_letter => continue,
                "DATA" => "354 go on",
                "RCPT" => recipient,
                "QUIT" => return heard,
                _ => "250 fine",
            };
            in_letter = answer.starts_with("354");
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
        heard
    }

    async fn check(recipient: &'static str, to: &str) -> (Result<(), MailError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let to = to.to_owned();
        let send = async move {
            // Dropping the transport closes the connection, which ends the conversation.
            SmtpMail::new(&url, "Plass <post@example.org>").unwrap().send(&letter(&to)).await
        };
        let serve = async move {
            let (stream, _) = listener.accept().await.unwrap();
            converse(stream, recipient).await
        };
        tokio::join!(send, serve)
    }

    #[tokio::test]
    async fn a_letter_arrives_and_its_subject_adds_no_header() {
        let (sent, heard) = check("250 fine", "ida@example.org").await;
        sent.unwrap();
        assert!(heard.contains("From: Plass <post@example.org>") && heard.contains("To: ida@example.org"), "{heard}");
        assert!(!heard.to_lowercase().lines().any(|line| line.starts_with("bcc:")), "{heard}");
    }

    #[test]
    fn a_letter_with_a_file_says_who_it_is_and_that_no_person_wrote_it() {
        let smtp = SmtpMail::new("smtp://127.0.0.1:9", "Plass <post@example.org>").unwrap();
        let mut outgoing = letter("ida@example.org");
        let file = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
        outgoing.attachments.push(mail::Attachment {
            name: "event.ics".to_owned(),
            content_type: "text/calendar; charset=utf-8; method=PUBLISH".to_owned(),
            content: file.as_bytes().to_vec(),
        });
        let written = String::from_utf8(smtp.message(&outgoing).unwrap().formatted()).unwrap();
        for line in [
            "Message-ID: <letter-1@example.org>",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/calendar; charset=utf-8; method=PUBLISH",
            "Content-Disposition: attachment; filename=\"event.ics\"",
            &base64::engine::general_purpose::STANDARD.encode(file),
        ] {
            assert!(written.lines().any(|written| written == line), "{line}\n{written}");
        }
        let kinds: Vec<&str> = written.lines().filter_map(|line| line.strip_prefix("Content-Type: ")).collect();
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.split(';').next().unwrap()).collect();
        assert_eq!(kinds, ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]);
    }

    #[tokio::test]
    async fn an_unknown_mailbox_is_refused_and_a_full_one_is_tried_again() {
        let (sent, _) = check("550 no ida@example.org here", "ida@example.org").await;
        assert!(matches!(&sent, Err(MailError::Refused(why)) if why == "the mail server answered 550"), "{sent:?}");
        let (sent, _) = check("452 full", "ida@example.org").await;
        assert!(matches!(&sent, Err(MailError::Unavailable(why)) if why == "the mail server answered 452"), "{sent:?}");
        let (sent, _) = check("530 log in", "ida@example.org").await;
        assert!(matches!(sent, Err(MailError::Unavailable(_))), "{sent:?}");
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_unavailable() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        drop(listener);
        let sent = SmtpMail::new(&url, "post@example.org").unwrap().send(&letter("ida@example.org")).await;
        assert!(matches!(sent, Err(MailError::Unavailable(_))), "{sent:?}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_refused_without_a_call() {
        let mail = SmtpMail::new("smtp://127.0.0.1:9", "post@example.org").unwrap();
        assert!(matches!(mail.send(&letter("no address")).await, Err(MailError::Refused(_))));
    }

    #[test]
    fn bad_settings_are_told_without_the_password() {
        let error = SmtpMail::new("imap://u:hush@h", "post@example.org").err().unwrap();
        assert!(matches!(error, BadMailSettings::Url) && !error.to_string().contains("hush"));
        assert!(matches!(SmtpMail::new("smtp://h", "nobody"), Err(BadMailSettings::From(_))));
    }
}
