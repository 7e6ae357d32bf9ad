//! The wire between the house and its providers, and every way in which a call over it fails. Over Áskell, where no key
//! makes two calls one, a call that was given up may also arrive minutes later.

use std::collections::HashMap;

use chrono::TimeDelta;
use plass::clock::Timestamp;
use plass::sandbox::OfAskell;

use crate::chance::Chance;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Reads,
    Creates,
    Changes,
}

/// Áskell tries a failed charge again so often.
const RETRIES_MAX: i64 = 4;
/// A call that was given up arrives so much later at most. The house takes ten minutes for proof that none will.
pub(crate) const ARRIVES_WITHIN: TimeDelta = TimeDelta::minutes(5);

/// A call that nobody waits for any more, and that has not arrived yet.
pub(crate) struct Late {
    pub(crate) due_at: Timestamp,
    pub(crate) operation: OfAskell,
    pub(crate) name: String,
    pub(crate) body: String,
}

/// How the wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Every call is answered.
    Calm,
    /// One call in four fails, somehow.
    Rough,
    /// Nobody can be reached.
    Down,
    /// Whatever is called is done, and nobody hears of it.
    Deaf,
    /// Nothing is done, and nobody hears of it.
    Silent,
    /// Locked, or too many calls.
    Busy,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotReached,
    ErrorBefore,
    ErrorAfter,
    TimeoutBefore,
    TimeoutAfter,
    Locked,
    TooMany,
    /// A refusal that means "not now": 6250, the payer is in the middle of it.
    Processing,
    /// Nobody waits for the answer any more when the call arrives.
    ArrivesLate,
}

const ALL: [Fault; 8] = [
    Fault::NotReached,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::Locked,
    Fault::TooMany,
    Fault::Processing,
];

/// Over Áskell nobody is in the middle of anything.
const ALL_OF_ASKELL: [Fault; 9] = [
    Fault::NotReached,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::Locked,
    Fault::TooMany,
    Fault::ArrivesLate,
    Fault::ArrivesLate,
];

/// The wire between the house and its provider.
pub(crate) struct Wire {
    pub(crate) weather: Weather,
    pub(crate) chance: Chance,
    /// What went over it, for the history.
    pub(crate) calls: Vec<String>,
    /// What is still to arrive at Áskell.
    pub(crate) late: Vec<Late>,
    /// How often each of Áskell's payments was asked to be tried again, whatever came of it.
    pub(crate) retries: HashMap<String, i64>,
    /// The first payment that was asked so too often.
    pub(crate) overdone: Option<String>,
}

impl Wire {
    /// A wire over which nothing went yet.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            weather: Weather::Calm,
            chance: Chance::new(seed),
            calls: Vec::new(),
            late: Vec::new(),
            retries: HashMap::new(),
            overdone: None,
        }
    }

    /// How the next call fails, if it does.
    pub(crate) fn draw(&mut self, kind: Kind, is_of_askell: bool) -> Option<Fault> {
        let (all, deaf) = match is_of_askell {
            true => (&ALL_OF_ASKELL[..], &[Fault::TimeoutAfter, Fault::ErrorAfter, Fault::ArrivesLate][..]),
            false => (&ALL[..], &[Fault::TimeoutAfter, Fault::ErrorAfter][..]),
        };
        let fault = match self.weather {
            Weather::Calm => None,
            Weather::Rough => self.chance.happens(25).then(|| self.chance.pick(all)),
            Weather::Down => Some(Fault::NotReached),
            Weather::Deaf => Some(self.chance.pick(deaf)),
            Weather::Silent => Some(self.chance.pick(&[Fault::TimeoutBefore, Fault::ErrorBefore])),
            Weather::Busy => Some(self.chance.pick(&[Fault::Locked, Fault::TooMany])),
        };
        // A question and a create are never "being processed".
        fault.filter(|fault| *fault != Fault::Processing || kind == Kind::Changes)
    }

    /// Somebody asks for a payment to be tried again.
    pub(crate) fn count_retry(&mut self, id: &str) {
        let count = self.retries.entry(id.to_owned()).or_default();
        *count += 1;
        if *count > RETRIES_MAX {
            self.overdone.get_or_insert_with(|| format!("{id}, {count} times"));
        }
    }

    /// The next call that arrives late, by then.
    pub(crate) fn next_late(&mut self, by: Timestamp) -> Option<Late> {
        let next = (0..self.late.len()).min_by_key(|at| self.late[*at].due_at)?;
        (self.late[next].due_at <= by).then(|| self.late.remove(next))
    }
}
