//! How times are said to one reader at one moment: in a language and a zone, seen from now.

use chrono_tz::Tz;

use super::Language;
use super::visitor::Visitor;
use crate::clock::Timestamp;
use crate::words;

/// The time, the zone and the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Now.
    pub now: Timestamp,
    /// The zone.
    pub zone: Tz,
    /// The language.
    pub language: Language,
}

impl Voice {
    /// The voice for a visitor.
    pub(super) fn of(visitor: &Visitor) -> Self {
        Self::at(visitor, visitor.app.clock.now())
    }

    /// The voice for a visitor who is told how things stood at a moment.
    pub(super) fn at(visitor: &Visitor, now: Timestamp) -> Self {
        Self { now, zone: visitor.app.settings.time_zone, language: visitor.frame.language }
    }

    /// One of two texts.
    pub fn pick<'a>(&self, nb: &'a str, en: &'a str) -> &'a str {
        self.language.pick(nb, en)
    }

    /// A moment, seen from now.
    pub fn moment(&self, at: Timestamp) -> String {
        unbroken(&words::moment_from(self.now, at, self.zone, self.language))
    }

    /// From when to when.
    pub fn stretch(&self, from: Timestamp, to: Timestamp) -> String {
        unbroken(&words::stretch(self.now, from, to, self.zone, self.language))
    }

    /// How long it is until then.
    pub fn left(&self, until: Timestamp) -> String {
        words::span(until - self.now, self.language)
    }
}

// The hour stays on one line with the little word before it.
fn unbroken(text: &str) -> String {
    text.replace("kl. ", "kl.\u{a0}").replace(" at ", " at\u{a0}")
}
