//! Keeps letters instead of sending them, for the demo and for tests. Nothing here leaves the process.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Mail, MailError, Outgoing};

/// How many letters are kept; the oldest go first.
pub const LETTERS_MAX: usize = 1_000;

/// A drawer full of letters.
#[derive(Debug, Default)]
pub struct MemoryMail {
    letters: Mutex<VecDeque<Outgoing>>,
    is_down: AtomicBool,
}

impl MemoryMail {
    /// The letters that were sent, oldest first.
    pub fn letters(&self) -> Vec<Outgoing> {
        self.drawer().iter().cloned().collect()
    }

    /// From now on every letter is [`MailError::Unavailable`], like with a mail server that is gone.
    pub fn breaks_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    /// Letters are taken again.
    pub fn works_again(&self) {
        self.is_down.store(false, Ordering::SeqCst);
    }

    // The lock is held for a copy or a push, and never across a wait.
    fn drawer(&self) -> MutexGuard<'_, VecDeque<Outgoing>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mail for MemoryMail {
    async fn send(&self, letter: &Outgoing) -> Result<(), MailError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(MailError::Unavailable("the drawer is locked".to_owned()));
        }
        let mut drawer = self.drawer();
        if drawer.len() == LETTERS_MAX {
            drawer.pop_front();
        }
        drawer.push_back(letter.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: &str) -> Outgoing {
        Outgoing { to: "ida@example.org".into(), subject: subject.into(), text: String::new(), html: String::new() }
    }

    #[tokio::test]
    async fn letters_are_kept_in_order_and_the_oldest_go_first() {
        let mail = MemoryMail::default();
        for number in 0..=LETTERS_MAX {
            mail.send(&letter(&number.to_string())).await.unwrap();
        }
        let kept = mail.letters();
        assert_eq!((kept.len(), kept[0].subject.as_str()), (LETTERS_MAX, "1"));
    }

    #[tokio::test]
    async fn a_broken_drawer_keeps_nothing() {
        let mail = MemoryMail::default();
        mail.breaks_down();
        assert!(matches!(mail.send(&letter("a")).await, Err(MailError::Unavailable(_))));
        mail.works_again();
        mail.send(&letter("b")).await.unwrap();
        assert_eq!(mail.letters().len(), 1);
    }
}
