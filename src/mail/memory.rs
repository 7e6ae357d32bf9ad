//! Keeps letters instead of sending them, for the demo and for tests: in memory, and in a file where there is one, so
//! that a demo that starts again still has them. Nothing here leaves the machine.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Mail, MailError, Outgoing};

/// How many letters are kept; the oldest go first.
pub const LETTERS_MAX: usize = 1_000;

/// A drawer full of letters.
#[derive(Debug)]
pub struct MemoryMail {
    drawer: Mutex<Drawer>,
    mood: watch::Sender<Mood>,
}

#[derive(Debug, Default)]
struct Drawer {
    letters: VecDeque<Kept>,
    last_number: u64,
    file: Option<File>,
}

/// A letter in the drawer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Counts the letters from 1; no two have the same.
    pub number: u64,
    /// The letter.
    pub letter: Outgoing,
}

/// How the mail works at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Works,
    IsDown,
    IsStuck,
    LosesAnswers,
}

impl Default for MemoryMail {
    fn default() -> Self {
        Self { drawer: Mutex::default(), mood: watch::Sender::new(Mood::Works) }
    }
}

impl MemoryMail {
    /// A drawer that also keeps its letters in a file, and finds those of last time there.
    pub fn kept_in(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut letters = VecDeque::new();
        let mut lines = 0;
        for line in BufReader::new(&file).split(b'\n') {
            lines += 1;
            // A kill may have cut the last line short; that letter is sent again.
            if let Ok(kept) = serde_json::from_slice::<Kept>(&line?) {
                push(&mut letters, kept);
            }
        }
        let last_number = letters.back().map_or(0, |kept: &Kept| kept.number);
        let mut drawer = Drawer { letters, last_number, file: Some(file) };
        if lines > drawer.letters.len() {
            drawer.tidy_up(path)?;
        }
        Ok(Self { drawer: Mutex::new(drawer), ..Self::default() })
    }

    /// The letters that were sent, oldest first.
    pub fn letters(&self) -> Vec<Kept> {
        self.drawer().letters.iter().cloned().collect()
    }

    /// The letter with this number, unless it is gone.
    pub fn letter(&self, number: u64) -> Option<Kept> {
        self.drawer().letters.iter().find(|kept| kept.number == number).cloned()
    }

    /// From now on every letter is [`MailError::Unavailable`], like with a mail server that is gone.
    pub fn breaks_down(&self) {
        self.mood.send_replace(Mood::IsDown);
    }

    /// From now on every letter waits, like with a mail server that takes the call and says nothing.
    pub fn gets_stuck(&self) {
        self.mood.send_replace(Mood::IsStuck);
    }

    /// From now on letters arrive, and nobody hears that they did.
    pub fn loses_answers(&self) {
        self.mood.send_replace(Mood::LosesAnswers);
    }

    /// Letters are taken again, also those that wait.
    pub fn works_again(&self) {
        self.mood.send_replace(Mood::Works);
    }

    // The lock is held for a copy or a push, and never across a wait.
    fn drawer(&self) -> MutexGuard<'_, Drawer> {
        self.drawer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawer {
    fn keep(&mut self, letter: &Outgoing) -> io::Result<()> {
        let kept = Kept { number: self.last_number + 1, letter: letter.clone() };
        if let Some(file) = &mut self.file {
            let mut line = serde_json::to_vec(&kept)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        self.last_number = kept.number;
        push(&mut self.letters, kept);
        Ok(())
    }

    /// Writes the file anew with what is still kept.
    fn tidy_up(&mut self, path: &Path) -> io::Result<()> {
        let fresh_path = path.with_extension("new");
        let mut fresh = File::create(&fresh_path)?;
        for kept in &self.letters {
            serde_json::to_writer(&mut fresh, kept)?;
            fresh.write_all(b"\n")?;
        }
        std::fs::rename(&fresh_path, path)?;
        self.file = Some(OpenOptions::new().append(true).open(path)?);
        Ok(())
    }
}

fn push(letters: &mut VecDeque<Kept>, kept: Kept) {
    if letters.len() == LETTERS_MAX {
        letters.pop_front();
    }
    letters.push_back(kept);
}

#[async_trait]
impl Mail for MemoryMail {
    async fn send(&self, letter: &Outgoing) -> Result<(), MailError> {
        let gone = || MailError::Unavailable("the drawer is locked".to_owned());
        let mood = *self.mood.subscribe().wait_for(|mood| *mood != Mood::IsStuck).await.map_err(|_closed| gone())?;
        if mood == Mood::IsDown {
            return Err(gone());
        }
        self.drawer().keep(letter).map_err(|cause| MailError::Unavailable(cause.to_string()))?;
        if mood == Mood::LosesAnswers { Err(gone()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::letter;
    use super::*;

    #[tokio::test]
    async fn letters_are_kept_in_order_and_the_oldest_go_first() {
        let mail = MemoryMail::default();
        for number in 0..=LETTERS_MAX {
            mail.send(&letter("ida@example.org", &number.to_string())).await.unwrap();
        }
        let kept = mail.letters();
        assert_eq!((kept.len(), kept[0].number, kept[0].letter.subject.as_str()), (LETTERS_MAX, 2, "1"));
        assert_eq!((mail.letter(2), mail.letter(1)), (Some(kept[0].clone()), None));
    }

    #[tokio::test]
    async fn a_broken_drawer_keeps_nothing_and_one_that_loses_answers_keeps_it_unheard() {
        let mail = MemoryMail::default();
        mail.breaks_down();
        assert!(matches!(mail.send(&letter("ida@example.org", "a")).await, Err(MailError::Unavailable(_))));
        assert_eq!(mail.letters().len(), 0);
        mail.loses_answers();
        assert!(matches!(mail.send(&letter("ida@example.org", "b")).await, Err(MailError::Unavailable(_))));
        mail.works_again();
        mail.send(&letter("ida@example.org", "b")).await.unwrap();
        assert_eq!(mail.letters().len(), 2);
    }

    #[tokio::test]
    async fn a_letter_that_is_stuck_goes_when_the_mail_works_again() {
        let mail = MemoryMail::default();
        mail.gets_stuck();
        let a_letter = letter("ida@example.org", "a");
        let mut send = mail.send(&a_letter);
        tokio::select! {
            biased;
            sent = &mut send => panic!("it went: {sent:?}"),
            () = std::future::ready(()) => {}
        }
        mail.works_again();
        send.await.unwrap();
        assert_eq!(mail.letters().len(), 1);
    }

    #[tokio::test]
    async fn a_file_keeps_the_letters_for_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.jsonl");
        for round in 0..2 {
            let mail = MemoryMail::kept_in(&path).unwrap();
            assert_eq!(mail.letters().len(), round);
            mail.send(&letter("ida@example.org", &round.to_string())).await.unwrap();
        }
        let numbers = |mail: &MemoryMail| mail.letters().iter().map(|kept| kept.number).collect::<Vec<_>>();
        assert_eq!(numbers(&MemoryMail::kept_in(&path).unwrap()), [1, 2]);
        // A kill in the middle of a line: that letter comes again, and nothing else is lost.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"number\": 3, \"let").unwrap();
        let mail = MemoryMail::kept_in(&path).unwrap();
        mail.send(&letter("ida@example.org", "again")).await.unwrap();
        assert_eq!(numbers(&mail), [1, 2, 3]);
        assert_eq!(MemoryMail::kept_in(&path).unwrap().letters(), mail.letters());
    }
}
