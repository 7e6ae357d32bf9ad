//! What the letters say: the two that nobody may miss, in the reader's language. Nothing here decides that a letter is
//! due, and nothing in an event's title can add a line to a subject.

use askama::Template;
use chrono_tz::Tz;

use super::Outgoing;
use crate::domain::effect::News;
use crate::domain::event::Event;
use crate::words::{self, Language};

/// How much of an event's title a subject line shows.
const TITLE_IN_SUBJECT_MAX: usize = 80;

/// Who reads the letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What the letter calls them.
    pub first_name: String,
    /// Where it goes.
    pub email: String,
    /// The language they read, like `nb` or `en`.
    pub locale: String,
}

/// What a letter needs to know about the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterContext {
    /// How the reader's browser reaches us, without a slash at the end.
    pub public_url: String,
    /// The zone in which times are said.
    pub time_zone: Tz,
    /// The frontend's page of an event; `{event_id}` stands for its id. Empty: there is none.
    pub frontend_event_url: String,
    /// Who signs the letter.
    pub organization: String,
}

/// Everything a letter can mention, in words.
struct Letter {
    language: Language,
    organization: String,
    first_name: String,
    title: String,
    location: String,
    starts: String,
    pay_before: Option<String>,
    pay_url: Option<String>,
    event_url: Option<String>,
    subject: String,
}

#[derive(Template)]
#[template(path = "letters/seat_from_waiting_list.txt")]
struct SeatFromWaitingListText<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "letters/seat_from_waiting_list.html")]
struct SeatFromWaitingListHtml<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "letters/seat_lost_unpaid.txt")]
struct SeatLostUnpaidText<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "letters/seat_lost_unpaid.html")]
struct SeatLostUnpaidHtml<'a> {
    letter: &'a Letter,
}

/// The letter that tells `news` about `event`.
pub fn compose(news: &News, to: &Recipient, event: &Event, ctx: &LetterContext) -> Result<Outgoing, askama::Error> {
    let mut letter = Letter::about(event, to, ctx);
    let language = letter.language;
    let (text, html) = match news {
        News::SeatFromWaitingList { payment_expiredate, pay_token } => {
            letter.pay_before = payment_expiredate.map(|until| words::moment(until, ctx.time_zone, language));
            letter.pay_url = pay_token.as_ref().map(|token| format!("{}/pay/{token}", ctx.public_url));
            letter.subject = match letter.pay_before {
                Some(_) => format!(
                    "{}: {}",
                    language.pick("Du har fått plass – betal i tide", "You got a seat – pay in time"),
                    letter.short_title()
                ),
                None => format!("{}: {}", language.pick("Du har fått plass", "You got a seat"), letter.short_title()),
            };
            let letter = &letter;
            (SeatFromWaitingListText { letter }.render()?, SeatFromWaitingListHtml { letter }.render()?)
        }
        News::SeatLostUnpaid => {
            let lost = language.pick("Plassen din gikk til nestemann", "Your seat went to the next in line");
            letter.subject = format!("{lost}: {}", letter.short_title());
            let letter = &letter;
            (SeatLostUnpaidText { letter }.render()?, SeatLostUnpaidHtml { letter }.render()?)
        }
    };
    Ok(Outgoing { to: to.email.clone(), subject: letter.subject, text, html })
}

impl Letter {
    fn about(event: &Event, to: &Recipient, ctx: &LetterContext) -> Self {
        let language = Language::of_locale(&to.locale);
        let details = &event.details;
        let event_url = ctx.frontend_event_url.replace("{event_id}", &event.id.to_string());
        Self {
            language,
            organization: words::one_line(&ctx.organization),
            first_name: words::one_line(&to.first_name),
            title: words::one_line(&details.title),
            location: words::one_line(&details.location),
            starts: words::moment(details.start_date, ctx.time_zone, language),
            pay_before: None,
            pay_url: None,
            event_url: Some(event_url).filter(|url| !url.is_empty()),
            subject: String::new(),
        }
    }

    fn short_title(&self) -> String {
        if self.title.chars().count() <= TITLE_IN_SUBJECT_MAX {
            return self.title.clone();
        }
        let start: String = self.title.chars().take(TITLE_IN_SUBJECT_MAX - 1).collect();
        format!("{}…", start.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::domain::event::Occupancy;
    use crate::domain::event::tests::event_in;
    use crate::domain::ids::EventId;
    use crate::domain::time::Timestamp;

    fn compose_to(locale: &str, news: &News, change: impl Fn(&mut Event)) -> Outgoing {
        let (details, now) = event_in(chrono::TimeDelta::days(3), Some((2, 12)));
        let id = EventId(uuid::Uuid::from_u128(7));
        let mut event =
            Event { id, details, turn: 1, occupancy: Occupancy::default(), created_at: now, updated_at: now };
        event.details.start_date = "2026-12-12T17:00:00Z".parse().unwrap();
        event.details.location = "Festsalen".to_owned();
        change(&mut event);
        let to = Recipient { first_name: "Ida".into(), email: "ida@example.org".into(), locale: locale.to_owned() };
        let ctx = LetterContext {
            public_url: "https://plass.example.org".into(),
            time_zone: chrono_tz::Europe::Oslo,
            frontend_event_url: "https://medlem.example.org/e/{event_id}".into(),
            organization: "Studentforeningen".into(),
        };
        compose(news, &to, &event, &ctx).unwrap()
    }

    fn paid() -> News {
        let until: Timestamp = "2026-12-04T08:30:00Z".parse().unwrap();
        News::SeatFromWaitingList { payment_expiredate: Some(until), pay_token: Some("t0ken".into()) }
    }

    fn free() -> News {
        News::SeatFromWaitingList { payment_expiredate: None, pay_token: None }
    }

    fn as_read(letter: &Outgoing) -> String {
        format!("To: {}\nSubject: {}\n\n{}", letter.to, letter.subject, letter.text)
    }

    #[test]
    fn a_seat_to_pay_for() {
        assert_snapshot!(as_read(&compose_to("nb", &paid(), |_| {})), @r#"
        To: ida@example.org
        Subject: Du har fått plass – betal i tide: Julebord

        Hei Ida!

        Det ble en ledig plass, og den er din.

        Julebord
        lørdag 12. desember kl. 18.00
        Festsalen

        Betal med Vipps før fredag 4. desember kl. 09.30. Etter det går plassen til nestemann på ventelista.

        Betal her:
        https://plass.example.org/pay/t0ken

        Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
        assert_snapshot!(as_read(&compose_to("en", &paid(), |_| {})), @r#"
        To: ida@example.org
        Subject: You got a seat – pay in time: Julebord

        Hi Ida!

        A seat came free, and it is yours.

        Julebord
        Saturday 12 December at 18:00
        Festsalen

        Pay with Vipps before Friday 4 December at 09:30. After that the seat goes to the next in line.

        Pay here:
        https://plass.example.org/pay/t0ken

        Can't make it after all? Sign off, and somebody else gets the seat.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
    }

    #[test]
    fn a_seat_that_costs_nothing() {
        assert_snapshot!(as_read(&compose_to("nb", &free(), |event| event.details.location.clear())), @r#"
        To: ida@example.org
        Subject: Du har fått plass: Julebord

        Hei Ida!

        Det ble en ledig plass, og den er din.

        Julebord
        lørdag 12. desember kl. 18.00

        Du trenger ikke gjøre noe mer.

        Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
        assert_snapshot!(as_read(&compose_to("en", &free(), |_| {})), @r#"
        To: ida@example.org
        Subject: You got a seat: Julebord

        Hi Ida!

        A seat came free, and it is yours.

        Julebord
        Saturday 12 December at 18:00
        Festsalen

        There is nothing more you need to do.

        Can't make it after all? Sign off, and somebody else gets the seat.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
    }

    #[test]
    fn a_seat_that_was_not_paid() {
        assert_snapshot!(as_read(&compose_to("nb", &News::SeatLostUnpaid, |_| {})), @r#"
        To: ida@example.org
        Subject: Plassen din gikk til nestemann: Julebord

        Hei Ida!

        Vi fikk ikke betalingen din i tide, så du har mistet plassen. Den går til nestemann på ventelista. Du er ikke trukket for noe.

        Julebord
        lørdag 12. desember kl. 18.00
        Festsalen

        Vil du fortsatt være med? Meld deg på igjen. Er det fullt, havner du på ventelista.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
        assert_snapshot!(as_read(&compose_to("en", &News::SeatLostUnpaid, |_| {})), @r#"
        To: ida@example.org
        Subject: Your seat went to the next in line: Julebord

        Hi Ida!

        Your payment did not reach us in time, so you have lost the seat. It goes to the next in line. You have not been charged.

        Julebord
        Saturday 12 December at 18:00
        Festsalen

        Still want to come? Sign up again. If the event is full, you join the waiting list.
        https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

        Studentforeningen
        "#);
    }

    #[test]
    fn the_html_says_the_same() {
        assert_snapshot!(compose_to("nb", &paid(), |_| {}).html, @r#"
        <!doctype html>
        <html lang="nb">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Du har fått plass – betal i tide: Julebord</title>
        </head>
        <body style="margin:0;padding:24px 16px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
        <div style="max-width:560px;margin:0 auto">
        <p>Hei Ida!</p>
        <p>Det ble en ledig plass, og <strong>den er din</strong>.</p>
        <p style="margin:24px 0;padding:16px;border:1px solid #9995;border-radius:12px">
        <strong style="font-size:20px">Julebord</strong><br>
        lørdag 12. desember kl. 18.00<br>
        Festsalen
        </p>
        <p>Betal med Vipps før <strong>fredag 4. desember kl. 09.30</strong>. Etter det går plassen til nestemann på ventelista.</p>
        <p><a href="https://plass.example.org/pay/t0ken" style="display:inline-block;padding:14px 28px;border-radius:999px;background:#d03c0c;color:#ffffff;font-weight:700;text-decoration:none">Betal med Vipps</a></p>
        <p>Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.</p>
        <p><a href="https://medlem.example.org/e/00000000-0000-0000-0000-000000000007">Til arrangementet</a></p>

        <p style="margin:32px 0 0;padding-top:16px;border-top:1px solid #9995">Studentforeningen</p>
        </div>
        </body>
        </html>
        "#);
    }

    #[test]
    fn a_title_adds_no_line_and_no_markup() {
        let letter = compose_to("nb", &News::SeatLostUnpaid, |event| {
            event.details.title = format!("Jul\r\nBcc: all@example.org <b>{}", "x".repeat(200));
        });
        assert!(letter.subject.lines().count() == 1 && letter.subject.chars().count() < 130, "{}", letter.subject);
        assert!(letter.subject.ends_with('…') && letter.html.contains("&#60;b&#62;") && !letter.html.contains("<b>"));
        assert!(!letter.text.lines().any(|line| line.starts_with("Bcc")));
    }
}
