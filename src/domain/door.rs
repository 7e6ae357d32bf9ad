//! Payments at the door: codes that hang there, whoever waits for a scan of one, and the scans themselves. Nothing here
//! knows how a code is drawn or where a scan comes from.

use chrono::TimeDelta;

use super::fault::{Fault, FieldError};
use super::ids::{AttemptId, EventId, OrderId, SalesUnitId, UserId, WaitId};
use super::time::Timestamp;
use super::user::check_length;

/// The most characters of the words beside a code (Vipps QR API, "Merchant callback").
pub const LOCATION_MAX: usize = 36;
/// The most characters of a code's id.
pub const CODE_ID_MAX: usize = 128;
/// How long the token of a scan lives (Vipps QR API, "Merchant callback").
pub const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);
/// How long somebody waits for a scan, unless it is called off: a forgotten wait must not take a stranger's scan.
pub const WAIT_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A code that payers scan at the door. It is of one sales unit and says nothing about who pays for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorCode {
    /// Whose it is.
    pub unit: SalesUnitId,
    /// Its id at the provider, within the sales unit.
    pub id: String,
    /// Where it hangs, in words.
    pub location: String,
    /// What is drawn.
    pub content: String,
    /// Since when it is ours.
    pub created_at: Timestamp,
    /// When it was scanned last, whether or not somebody waited for that.
    pub scanned_at: Option<Timestamp>,
}

/// What is wrong with a code's id and its words.
pub fn code_errors(id: &str, location: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_length(&mut errors, "/location", location, 1..=LOCATION_MAX);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > CODE_ID_MAX || !id.bytes().all(is_plain) {
        errors.push(FieldError::new("/qr_id", Fault::NoCodeId));
    }
    errors
}

/// An organizer waits for the next scan of a code: it pays this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Its id.
    pub id: WaitId,
    /// The sales unit of the code.
    pub unit: SalesUnitId,
    /// The code.
    pub code: String,
    /// The event at whose door it is.
    pub event: EventId,
    /// What the scan pays.
    pub order: OrderId,
    /// Who waits.
    pub asked_by: UserId,
    /// Since when.
    pub began_at: Timestamp,
    /// Until when, at the latest.
    pub ends_at: Timestamp,
    /// The payment that a scan started; empty while none has come.
    pub attempt: Option<AttemptId>,
}

/// How far the provider's clock and ours may be apart.
const SKEW: TimeDelta = TimeDelta::seconds(30);

impl Wait {
    /// True when it is this scan that is waited for: a living one, and not one from before somebody began to wait.
    pub fn takes(&self, scan: &Scan, now: Timestamp) -> bool {
        self.is_on(now) && scan.code == self.code && scan.is_alive(now) && scan.at + SKEW >= self.began_at
    }

    /// True while a scan would be taken.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.attempt.is_none() && now < self.ends_at
    }
}

/// Somebody scanned a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which code.
    pub code: String,
    /// Stands for the person, for a while.
    pub token: String,
    /// When.
    pub at: Timestamp,
}

impl Scan {
    /// True while its token can start a payment.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.at + TOKEN_LIFE
    }
}

/// A telephone number as the provider takes it: digits with the country code and no plus. Eight digits are Norwegian.
/// Empty when it is none.
pub fn msisdn(text: &str) -> Option<String> {
    let text = text.trim();
    let (is_whole, rest) = match (text.strip_prefix('+'), text.strip_prefix("00")) {
        (Some(rest), _) | (None, Some(rest)) => (true, rest),
        (None, None) => (false, text),
    };
    let is_filler = |letter: &char| matches!(letter, ' ' | '-' | '\u{a0}' | '(' | ')');
    let digits: String = rest.chars().filter(|letter| !is_filler(letter)).collect();
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = if !is_whole && digits.len() == 8 { format!("47{digits}") } else { digits };
    // Nine to fifteen digits (Vipps ePayment, "customer").
    (9..=15).contains(&number.len()).then_some(number)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::time::at_millis;
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, read) in [
            ("41 23 45 67", Some("4741234567")),
            ("+47 412 34 567", Some("4741234567")),
            ("004741234567", Some("4741234567")),
            ("4741234567", Some("4741234567")),
            ("+45 12 34 56 78", Some("4512345678")),
            ("+46 (70) 123-45-67", Some("46701234567")),
            ("+358 40 123 4567", Some("358401234567")),
            ("", None),
            ("+", None),
            ("1234567", None),
            ("070123456", None),
            ("+1234567890123456", None),
            ("41x34567", None),
            ("٤١٢٣٤٥٦٧", None),
        ] {
            assert_eq!(msisdn(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn codes_have_short_words_and_a_plain_id() {
        let wrong = |id: &str, location: &str| code_errors(id, location).len();
        assert_eq!(wrong("door-1_A", "Inngang Storgata"), 0);
        assert_eq!(wrong(&"x".repeat(CODE_ID_MAX), &"ø".repeat(LOCATION_MAX)), 0);
        for (id, location) in
            [("", "Inngang"), ("a/b", "Inngang"), ("a", ""), (&"x".repeat(129), "I"), ("a", &"x".repeat(37))]
        {
            assert_eq!(wrong(id, location), 1, "{id} {location}");
        }
    }

    #[test]
    fn a_token_dies_after_a_quarter_of_an_hour_and_a_wait_sooner() {
        let start = at_millis(1_800_000_000_000);
        let scan = Scan { code: "a".to_owned(), token: "t".to_owned(), at: start };
        assert!(scan.is_alive(start) && scan.is_alive(start + TOKEN_LIFE - TimeDelta::milliseconds(1)));
        assert!(!scan.is_alive(start + TOKEN_LIFE));
        let wait = Wait {
            id: WaitId(Uuid::nil()),
            unit: SalesUnitId::HOUSE,
            code: "a".to_owned(),
            event: EventId(Uuid::nil()),
            order: OrderId(Uuid::nil()),
            asked_by: UserId(Uuid::nil()),
            began_at: start,
            ends_at: start + WAIT_LIFE,
            attempt: None,
        };
        assert!(wait.takes(&scan, start));
        let older = Scan { at: start - SKEW - TimeDelta::milliseconds(1), ..scan.clone() };
        let elsewhere = Scan { code: "b".to_owned(), ..scan };
        assert!(!wait.takes(&older, start) && !wait.takes(&elsewhere, start));
        assert!(wait.is_on(start) && !wait.is_on(start + WAIT_LIFE));
        assert!(!Wait { attempt: Some(AttemptId(Uuid::nil())), ..wait }.is_on(start));
    }
}
