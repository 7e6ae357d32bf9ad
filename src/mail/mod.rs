//! Letters: who carries them, and what they say. Nothing here decides that a letter is due.

pub mod letters;
pub mod memory;
pub mod smtp;

use async_trait::async_trait;

/// A letter, ready to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    /// The letter as HTML.
    pub html: String,
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
