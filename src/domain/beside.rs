//! The provider's own log of a payment beside our ledger, line by line: what moved stands in both, or somebody should
//! know where it is missing. Nothing here asks anybody.

use super::ledger::{LogLine, Movement, MovementKind, movements};
use super::money::Money;
use super::time::Timestamp;

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An amount that moved.
    Moved(MovementKind),
    /// Something that the provider tells and that moved nothing, in its own word.
    Told {
        /// The provider's word.
        name: String,
        /// False when it was tried and failed.
        success: bool,
    },
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// There.
    There,
    /// It should stand there, and does not.
    Missing,
    /// It need not stand there: nothing moved.
    NotDue,
    /// Nobody knows: the provider did not answer.
    Unknown,
}

/// One line, seen from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it happened, by the provider's clock.
    pub at: Timestamp,
    /// What it is about.
    pub what: What,
    /// How much.
    pub amount: Money,
    /// The provider's id of it.
    pub transaction_id: String,
    /// Where it stands in our books.
    pub here: Stands,
    /// Where it stands in the provider's log.
    pub there: Stands,
    /// True when somebody moved it in the provider's portal.
    pub elsewhere: bool,
}

/// Both logs of one payment in one, as it happened. `log` is empty when the provider did not answer.
pub fn beside(log: Option<&[LogLine]>, booked: &[Movement], price: Money) -> Vec<Line> {
    let line = |movement: &Movement, here, there| Line {
        at: movement.at,
        what: What::Moved(movement.kind),
        amount: Money { amount: movement.amount, ..price },
        transaction_id: movement.provider_event.clone(),
        here,
        there,
        elsewhere: movement.elsewhere,
    };
    let moved = movements(log.unwrap_or_default(), price);
    let mut lines = Vec::new();
    for movement in booked {
        let there = match log {
            None => Stands::Unknown,
            Some(_) if moved.iter().any(|other| is_same(movement, other)) => Stands::There,
            Some(_) => Stands::Missing,
        };
        lines.push(line(movement, Stands::There, there));
    }
    for movement in moved.iter().filter(|movement| !booked.iter().any(|other| is_same(movement, other))) {
        lines.push(line(movement, Stands::Missing, Stands::There));
    }
    for told in log.unwrap_or_default() {
        // What moved an amount stands above already.
        if told.success && moved.iter().any(|movement| is_of(movement, told)) {
            continue;
        }
        lines.push(Line {
            at: told.at,
            what: What::Told { name: told.name.clone(), success: told.success },
            amount: told.amount,
            transaction_id: told.psp_reference.clone(),
            here: Stands::NotDue,
            there: Stands::There,
            elsewhere: false,
        });
    }
    // What happened at one moment stands as the provider tells it; what it does not tell comes after that.
    let place = |line: &Line| {
        let told = log.unwrap_or_default().iter().position(|told| told.psp_reference == line.transaction_id);
        told.unwrap_or(usize::MAX)
    };
    lines.sort_by_key(|line| (line.at, place(line)));
    lines
}

/// True when every amount that moved stands in both, as far as the provider answered.
pub fn do_agree(lines: &[Line]) -> bool {
    lines.iter().all(|line| line.here != Stands::Missing && line.there != Stands::Missing)
}

fn is_same(one: &Movement, other: &Movement) -> bool {
    (one.kind, one.amount, &one.provider_event) == (other.kind, other.amount, &other.provider_event)
}

fn is_of(movement: &Movement, told: &LogLine) -> bool {
    MovementKind::of_name(&told.name) == Some(movement.kind) && movement.provider_event == told.psp_reference
}

#[cfg(test)]
mod tests {
    use super::super::money::{Currency, Ore};
    use super::super::time::at_millis;
    use super::*;

    const PRICE: Money = Money { amount: Ore(100), currency: Currency::Nok };

    fn told(name: &str, amount: i64, at: i64, success: bool) -> LogLine {
        LogLine {
            psp_reference: format!("psp-{name}-{at}"),
            name: name.to_owned(),
            amount: Money { amount: Ore(amount), ..PRICE },
            at: at_millis(at),
            idempotency_key: None,
            success,
        }
    }

    fn log() -> Vec<LogLine> {
        vec![
            told("CREATED", 100, 1, true),
            told("AUTHORIZED", 100, 2, true),
            told("CAPTURED", 100, 3, false),
            told("CAPTURED", 100, 4, true),
        ]
    }

    #[track_caller]
    fn check(log: Option<&[LogLine]>, booked: &[Movement], expected: &[&str]) {
        let said = |line: &Line| {
            let what = match &line.what {
                What::Moved(kind) => kind.word().to_owned(),
                What::Told { name, success } => format!("{name}{}", if *success { "" } else { "!" }),
            };
            format!("{what} {:?} {:?}", line.here, line.there)
        };
        let lines = beside(log, booked, PRICE);
        assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), expected);
        assert_eq!(do_agree(&lines), !expected.iter().any(|line| line.contains("Missing")), "{expected:?}");
    }

    #[test]
    fn what_moved_stands_in_both() {
        let log = log();
        let booked = movements(&log, PRICE);
        check(
            Some(&log),
            &booked,
            &["CREATED NotDue There", "authorized There There", "CAPTURED! NotDue There", "captured There There"],
        );
    }

    #[test]
    fn what_one_side_lacks_is_said() {
        let log = log();
        let booked = movements(&log, PRICE);
        check(
            Some(&log),
            &booked[..1],
            &["CREATED NotDue There", "authorized There There", "CAPTURED! NotDue There", "captured Missing There"],
        );
        check(Some(&log[..2]), &booked, &["CREATED NotDue There", "authorized There There", "captured There Missing"]);
        check(Some(&[]), &booked[..1], &["authorized There Missing"]);
        // The same line with another amount is not the same.
        let other = Movement { amount: Ore(60), ..booked[0].clone() };
        check(Some(&log[1..2]), &[other], &["authorized There Missing", "authorized Missing There"]);
    }

    #[test]
    fn what_happened_at_one_moment_stands_as_it_was_told() {
        let log = [told("CREATED", 100, 1, true), LogLine { at: at_millis(1), ..told("AUTHORIZED", 100, 2, true) }];
        check(Some(&log), &movements(&log, PRICE), &["CREATED NotDue There", "authorized There There"]);
    }

    #[test]
    fn without_an_answer_our_lines_still_stand() {
        check(None, &movements(&log(), PRICE), &["authorized There Unknown", "captured There Unknown"]);
        check(None, &[], &[]);
    }
}
