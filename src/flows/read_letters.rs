//! Reads the letters that a house keeps instead of sending them, as the demo does. Any other house has none to show.

use super::app::App;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// A letter that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLetter {
    /// Counts the letters from 1.
    pub number: u64,
    /// When it went, in domain time.
    pub sent_at: Timestamp,
    /// To whom.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as HTML.
    pub html: String,
    /// What came with it.
    pub files: Vec<KeptFile>,
}

/// A file that came with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub content_type: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// The letters before this number, newest first; one more than `limit` tells that there is more.
pub fn read_letters(app: &App, before: Option<u64>, limit: usize) -> Result<Vec<KeptLetter>, Refusal> {
    let letterbox = app.letterbox.as_ref().ok_or(Refusal::NotFound)?;
    let letters = letterbox.letters().into_iter().rev();
    let wanted = letters.filter(|kept| before.is_none_or(|before| kept.number < before)).take(limit);
    Ok(wanted.map(|kept| KeptLetter::new(kept.number, kept.letter)).collect())
}

/// One letter.
pub fn read_letter(app: &App, number: u64) -> Result<KeptLetter, Refusal> {
    let kept = app.letterbox.as_ref().and_then(|letterbox| letterbox.letter(number)).ok_or(Refusal::NotFound)?;
    Ok(KeptLetter::new(kept.number, kept.letter))
}

impl KeptLetter {
    fn new(number: u64, letter: crate::mail::Outgoing) -> Self {
        let files = letter.attachments.into_iter();
        let file = |file: crate::mail::Attachment| KeptFile {
            name: file.name,
            content_type: file.content_type,
            content: file.content,
        };
        Self {
            number,
            sent_at: letter.sent_at,
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
            files: files.map(file).collect(),
        }
    }
}
