//! Codes at the door, and the scans of them: a scan gives the merchant a token that stands for the person for a quarter of
//! an hour. Nothing here reads a clock or sends anything.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::clock::Timestamp;

/// How long a token lives.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);

/// A code of a sales unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) msn: String,
    pub(super) id: String,
    pub(super) location: String,
}

/// Somebody scanned a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scan {
    pub(super) token: String,
    pub(super) msn: String,
    pub(super) code: String,
    pub(super) phone: String,
    pub(super) at: Timestamp,
}

/// What must be written down after a change.
#[derive(Clone, Debug)]
pub(super) enum CodeChange {
    /// A code is new or hangs elsewhere.
    Code(Code),
    /// A code is gone.
    Gone {
        /// Of which sales unit.
        msn: String,
        /// Which.
        id: String,
    },
    /// Somebody scanned one.
    Scan(Scan),
}

/// Codes and scans.
#[derive(Debug, Default)]
pub(super) struct Codes {
    codes: BTreeMap<(String, String), Code>,
    scans: BTreeMap<String, Scan>,
}

impl Codes {
    /// The codes of a sales unit.
    pub(super) fn of<'c>(&'c self, msn: &'c str) -> impl Iterator<Item = &'c Code> {
        self.codes.values().filter(move |code| code.msn == msn)
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Code> {
        self.codes.values()
    }

    /// All scans.
    pub(super) fn scans(&self) -> impl Iterator<Item = &Scan> {
        self.scans.values()
    }

    /// One code of a sales unit.
    pub(super) fn find(&self, msn: &str, id: &str) -> Option<&Code> {
        self.codes.get(&(msn.to_owned(), id.to_owned()))
    }

    /// Makes what was written down so.
    pub(super) fn restore(&mut self, change: CodeChange) {
        match change {
            CodeChange::Code(code) => {
                self.codes.insert((code.msn.clone(), code.id.clone()), code);
            }
            CodeChange::Gone { msn, id } => {
                self.codes.remove(&(msn, id));
            }
            CodeChange::Scan(scan) => {
                self.scans.insert(scan.token.clone(), scan);
            }
        }
    }

    /// The phone behind a token of this sales unit, while the token lives.
    pub(super) fn phone_behind(&self, msn: &str, token: &str, now: Timestamp) -> Result<String, Refusal> {
        let scan = self.scans.get(token).filter(|scan| scan.msn == msn && now < scan.at + TOKEN_LIFE);
        scan.map(|scan| scan.phone.clone()).ok_or(Refusal::BadCustomerToken)
    }
}

/// A phone number that belongs to nobody here: one that ends with four zeros.
pub(super) fn is_nobodys(phone: &str) -> bool {
    phone.ends_with("0000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;

    #[test]
    fn a_token_is_of_one_sales_unit_and_lives_a_quarter_of_an_hour() {
        let (mut codes, at) = (Codes::default(), at_millis(0));
        let (msn, code) = ("123456".to_owned(), "door".to_owned());
        let scan = Scan { token: "t".to_owned(), msn, code, phone: "4741234567".to_owned(), at };
        codes.restore(CodeChange::Scan(scan));
        assert_eq!(codes.phone_behind("123456", "t", at).as_deref(), Ok("4741234567"));
        for (msn, token, now) in [("654321", "t", at), ("123456", "x", at), ("123456", "t", at + TOKEN_LIFE)] {
            assert_eq!(codes.phone_behind(msn, token, now), Err(Refusal::BadCustomerToken));
        }
    }

    #[test]
    fn a_code_is_moved_and_goes() {
        let mut codes = Codes::default();
        for location in ["Bar", "Inngang"] {
            let (msn, id) = ("123456".to_owned(), "door".to_owned());
            codes.restore(CodeChange::Code(Code { msn, id, location: location.to_owned() }));
        }
        assert_eq!(codes.of("123456").map(|code| code.location.as_str()).collect::<Vec<_>>(), ["Inngang"]);
        codes.restore(CodeChange::Gone { msn: "123456".to_owned(), id: "door".to_owned() });
        assert!(codes.find("123456", "door").is_none());
    }
}
