//! Letters: who carries them, and what they say. Nothing here decides that a letter is due.

pub mod letters;
pub mod memory;
pub mod smtp;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// A letter, ready to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The left part of its Message-ID: the same at every try, so that a letter that came twice is known as one.
    pub message_id: String,
    /// When it is sent, in domain time.
    pub sent_at: Timestamp,
    /// The address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    /// The letter as HTML.
    pub html: String,
    /// What comes with it.
    pub attachments: Vec<Attachment>,
}

/// A file that comes with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name, like `plass.ics`.
    pub name: String,
    /// What it is, like `text/calendar; charset=utf-8`.
    pub content_type: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// Why a letter did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never go: the address or the letter is wrong.
    #[error("the letter was refused: {0}")]
    Refused(String),
    /// It may go later.
    #[error("the letter could not be sent now: {0}")]
    Unavailable(String),
}

/// Carries letters.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Sends one letter.
    async fn send(&self, letter: &Outgoing) -> Result<(), MailError>;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::time::at_millis;

    /// A short letter without attachments.
    pub(crate) fn letter(to: &str, subject: &str) -> Outgoing {
        Outgoing {
            message_id: "letter-1".to_owned(),
            sent_at: at_millis(1_800_000_000_000),
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: "Hei!".to_owned(),
            html: "<p>Hei!</p>".to_owned(),
            attachments: Vec::new(),
        }
    }
}
