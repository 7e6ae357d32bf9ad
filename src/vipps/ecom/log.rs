//! What the log of an eCom payment comes to. It is all that eCom tells: the newest operation that succeeded decides where
//! the payment stands, one that failed moves nothing, and the sums are those of the operations. Nothing here guesses: an
//! operation that nobody knows makes the log unreadable.

use super::wire::{DetailsIn, EntryIn};
use crate::domain::ids::PaymentId;
use crate::domain::ledger::{LogLine, numbered};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::snapshot::{Amounts, ProviderState, Snapshot};
use crate::vipps::wire::{Unreadable, moment};

/// What a log tells.
#[derive(Debug)]
pub(super) struct Told {
    /// Where the payment stands.
    pub(super) snapshot: Snapshot,
    /// Its lines, oldest first. Where a line has no time the sums are good all the same.
    pub(super) lines: Result<Vec<LogLine>, Unreadable>,
}

/// What an operation does. The names of failures, and of the states of the older status call, are understood as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Begin,
    Reserve,
    /// Reserved and taken in one: direct capture.
    Sale,
    Capture,
    Refund,
    /// By the payer, or because nobody acted: they do not tell which.
    Cancel,
    /// By the merchant.
    Void,
    /// The payer was too late.
    Reject,
    /// A name that says by itself that it did not work.
    Failure,
}

impl Operation {
    fn of_name(name: &str) -> Result<Self, Unreadable> {
        Ok(match name {
            "INITIATE" | "REGISTER" => Self::Begin,
            "RESERVE" | "RESERVED" => Self::Reserve,
            "SALE" => Self::Sale,
            "CAPTURE" => Self::Capture,
            "REFUND" => Self::Refund,
            "CANCEL" | "CANCELLED" => Self::Cancel,
            "VOID" => Self::Void,
            "REJECTED" => Self::Reject,
            "RESERVE_FAILED" | "SALE_FAILED" | "FAILED" => Self::Failure,
            _ => {
                let shown: String = name.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
                return Err(Unreadable(format!("the log has an operation we do not know: {shown}")));
            }
        })
    }
}

/// The payment so far, line by line.
#[derive(Default)]
struct Story {
    price: Option<Ore>,
    amounts: Amounts,
    ended: Option<ProviderState>,
    /// The lines with what they are called in a ledger, and the amount that they moved.
    lines: Vec<(&'static str, Ore, bool)>,
}

impl Story {
    fn is_approved(&self) -> bool {
        self.amounts.authorized.is_positive()
    }

    fn add(&mut self, operation: Operation, amount: Ore) {
        let approves = matches!(operation, Operation::Reserve | Operation::Sale);
        if approves && !self.is_approved() {
            // A session that ended before is no end any more: the money is there, and nothing of it was released.
            self.amounts.cancelled = Ore::ZERO;
        }
        let sums = &mut self.amounts;
        match operation {
            Operation::Begin => {
                self.price.get_or_insert(amount);
                self.lines.push(("CREATED", amount, true));
            }
            Operation::Reserve => {
                sums.authorized = sums.authorized + amount;
                self.lines.push(("AUTHORIZED", amount, true));
            }
            Operation::Sale => {
                sums.authorized = sums.authorized + amount;
                sums.captured = sums.captured + amount;
                self.lines.extend([("AUTHORIZED", amount, true), ("CAPTURED", amount, true)]);
            }
            Operation::Capture => {
                sums.captured = sums.captured + amount;
                self.lines.push(("CAPTURED", amount, true));
            }
            Operation::Refund => {
                sums.refunded = sums.refunded + amount;
                self.lines.push(("REFUNDED", amount, true));
            }
            Operation::Cancel => self.end(ProviderState::Aborted, "ABORTED", amount),
            Operation::Reject => self.end(ProviderState::Expired, "EXPIRED", amount),
            Operation::Void => self.end(ProviderState::Terminated, "TERMINATED", amount),
            Operation::Failure => self.lines.push(("FAILED", amount, false)),
        }
    }

    /// Before the approval the session ends; after it all that is left is released at once, whatever the line says.
    fn end(&mut self, state: ProviderState, name: &'static str, amount: Ore) {
        if self.is_approved() {
            let left = self.amounts.reserved();
            self.amounts.cancelled = self.amounts.cancelled + left;
            self.lines.push(("CANCELLED", left, true));
            return;
        }
        // Two ends are one: what came later changed nothing.
        if self.ended.is_none() && state == ProviderState::Terminated {
            self.amounts.cancelled = amount;
        }
        self.ended.get_or_insert(state);
        self.lines.push((name, amount, true));
    }

    fn state(&self) -> ProviderState {
        if self.is_approved() { ProviderState::Authorized } else { self.ended.unwrap_or(ProviderState::Created) }
    }
}

/// What a failed operation would have been.
fn name_of_failed(operation: Operation) -> &'static str {
    match operation {
        Operation::Begin => "CREATED",
        Operation::Reserve => "AUTHORIZED",
        Operation::Sale | Operation::Capture => "CAPTURED",
        Operation::Refund => "REFUNDED",
        Operation::Cancel | Operation::Void | Operation::Reject => "CANCELLED",
        Operation::Failure => "FAILED",
    }
}

/// Reads the answer to a question about a payment.
pub(super) fn read(payment: &PaymentId, details: DetailsIn) -> Result<Told, Unreadable> {
    if details.order_id.is_some_and(|id| id != payment.as_str()) {
        return Err(Unreadable("the answer is about another order".to_owned()));
    }
    let entries: Vec<EntryIn> = details.transaction_log_history.into_iter().rev().collect();
    let mut story = Story::default();
    let mut lines = Ok(Vec::new());
    for entry in &entries {
        let (operation, amount) = (Operation::of_name(&entry.operation)?, amount(entry)?);
        let told = story.lines.len();
        if entry.operation_success {
            story.add(operation, amount);
        } else {
            story.lines.push((name_of_failed(operation), amount, false));
        }
        let new = story.lines.get(told..).unwrap_or_default();
        lines = lines.and_then(|lines| with_lines_of(entry, new, lines));
    }
    let reserved = Some(story.amounts.authorized).filter(|amount| amount.is_positive());
    let price = story.price.or(reserved).ok_or_else(|| Unreadable("the log does not tell the price".to_owned()))?;
    Ok(Told {
        snapshot: Snapshot {
            state: story.state(),
            currency: Currency::Nok,
            price,
            amounts: story.amounts,
            redirect_url: None,
        },
        lines: lines.map(numbered),
    })
}

fn with_lines_of(
    entry: &EntryIn,
    told: &[(&'static str, Ore, bool)],
    mut lines: Vec<LogLine>,
) -> Result<Vec<LogLine>, Unreadable> {
    let at = entry.time_stamp.as_deref().ok_or_else(|| Unreadable("a line of the log has no time".to_owned()))?;
    let at = moment(at)?;
    lines.extend(told.iter().map(|(name, amount, success)| LogLine {
        psp_reference: String::new(),
        name: (*name).to_owned(),
        amount: Money { amount: *amount, currency: Currency::Nok },
        at,
        idempotency_key: key(entry),
        success: *success,
    }));
    Ok(lines)
}

/// Whole øre; a fraction, a float or a negative amount is none.
fn amount(entry: &EntryIn) -> Result<Ore, Unreadable> {
    let value = entry.amount.as_i64().filter(|value| *value >= 0);
    value.map(Ore).ok_or_else(|| Unreadable("an amount is no whole number of øre".to_owned()))
}

fn key(entry: &EntryIn) -> Option<String> {
    let id = entry.request_id.as_ref()?;
    let text = id.as_str().map_or_else(|| id.as_u64().map(|id| id.to_string()), |text| Some(text.to_owned()))?;
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::effect::{EffectKind, provider_key, request_id};
    use crate::domain::ids::Reference;
    use crate::domain::ledger::{movements, sums};
    use crate::vipps::wire::Body;

    /// A log written oldest first: operation, success, øre, and the id of the request.
    fn log(lines: &[(&str, bool, i64, &str)]) -> Result<Told, Unreadable> {
        let entry = |(place, (operation, success, amount, id)): (usize, &(&str, bool, i64, &str))| {
            format!(
                r#"{{"operation":"{operation}","operationSuccess":{success},"amount":{amount},"requestId":"{id}",
                    "transactionId":"5001420062","transactionText":"x","timeStamp":"2026-02-02T12:00:0{place}.000Z"}}"#
            )
        };
        let entries: Vec<String> = lines.iter().enumerate().map(entry).rev().collect();
        read_text(&format!(r#"{{"orderId":"plass-1","transactionLogHistory":[{}]}}"#, entries.join(",")))
    }

    fn read_text(text: &str) -> Result<Told, Unreadable> {
        let details = Body::Whole(text.as_bytes().to_vec()).read()?;
        read(&Reference("plass-1".to_owned()).into(), details)
    }

    #[track_caller]
    fn check(lines: &[(&str, bool, i64, &str)], state: ProviderState, expected: [i64; 4]) {
        let told = log(lines).unwrap();
        let [authorized, captured, refunded, cancelled] = expected.map(Ore);
        let amounts = Amounts { authorized, captured, refunded, cancelled };
        assert_eq!((told.snapshot.state, told.snapshot.amounts), (state, amounts), "{lines:?}");
        assert_eq!((told.snapshot.price, told.snapshot.currency), (Ore(100), Currency::Nok));
        // The ledger comes to the same.
        let moved = movements(&told.lines.unwrap(), Money { amount: Ore(100), currency: Currency::Nok });
        let moved = sums(moved.iter().map(|movement| (movement.kind, movement.amount)));
        let sums = crate::domain::ledger::moved(amounts);
        assert_eq!(moved, sums, "{lines:?}");
    }

    const BEGUN: (&str, bool, i64, &str) = ("INITIATE", true, 100, "");
    const RESERVED: (&str, bool, i64, &str) = ("RESERVE", true, 100, "");

    use ProviderState::{Aborted, Authorized, Created, Expired, Terminated};

    #[test]
    fn the_newest_operation_that_succeeded_decides() {
        check(&[BEGUN], Created, [0; 4]);
        check(&[BEGUN, RESERVED], Authorized, [100, 0, 0, 0]);
        check(&[BEGUN, ("CANCEL", true, 100, "")], Aborted, [0; 4]);
        check(&[BEGUN, ("REJECTED", true, 100, "")], Expired, [0; 4]);
        check(&[BEGUN, ("VOID", true, 100, "close-1")], Terminated, [0, 0, 0, 100]);
        check(&[BEGUN, ("CANCEL", true, 100, ""), ("VOID", true, 100, "")], Aborted, [0; 4]);
        check(&[BEGUN, ("VOID", true, 100, ""), ("CANCEL", true, 100, "")], Terminated, [0, 0, 0, 100]);
        check(&[BEGUN, ("SALE", true, 100, "")], Authorized, [100, 100, 0, 0]);
        let taken = [BEGUN, RESERVED, ("CAPTURE", true, 60, "a"), ("CAPTURE", true, 40, "b")];
        check(&taken, Authorized, [100, 100, 0, 0]);
        let back = [BEGUN, RESERVED, ("CAPTURE", true, 100, "a"), ("REFUND", true, 30, "b"), ("REFUND", true, 70, "c")];
        check(&back, Authorized, [100, 100, 100, 0]);
    }

    #[test]
    fn what_is_released_is_all_that_is_left() {
        check(&[BEGUN, RESERVED, ("VOID", true, 100, "")], Authorized, [100, 0, 0, 100]);
        for said in [0, 60, 100] {
            let part = [BEGUN, RESERVED, ("CAPTURE", true, 40, "a"), ("VOID", true, said, "")];
            check(&part, Authorized, [100, 40, 0, 60]);
        }
        check(&[BEGUN, RESERVED, ("CANCEL", true, 100, ""), ("VOID", true, 100, "")], Authorized, [100, 0, 0, 100]);
        // An approval that was on its way when the session was ended.
        let late = [BEGUN, ("VOID", true, 100, ""), RESERVED];
        check(&late, Authorized, [100, 0, 0, 0]);
        check(&[&late[..], &[("VOID", true, 100, "")]].concat(), Authorized, [100, 0, 0, 100]);
    }

    #[test]
    fn what_failed_moved_nothing() {
        for name in ["RESERVE", "SALE", "CAPTURE", "REFUND", "CANCEL", "VOID", "RESERVE_FAILED", "FAILED", "REJECTED"] {
            check(&[BEGUN, (name, false, 100, "")], Created, [0; 4]);
            check(&[BEGUN, (name, false, 100, ""), RESERVED], Authorized, [100, 0, 0, 0]);
            check(&[BEGUN, RESERVED, (name, false, 100, "")], Authorized, [100, 0, 0, 0]);
        }
        check(&[BEGUN, ("SALE_FAILED", true, 100, "")], Created, [0; 4]);
    }

    #[test]
    fn a_call_of_ours_is_known_in_the_log() {
        let id = uuid::Uuid::from_u128(7);
        let capture = provider_key(EffectKind::Capture, id, None);
        let refund = provider_key(EffectKind::Refund, id, Some(1_234));
        let short = request_id(&refund);
        assert_ne!(short, refund);
        let lines = [BEGUN, RESERVED, ("CAPTURE", true, 100, &capture), ("REFUND", true, 10, &short)];
        let lines = [&lines[..], &[("REFUND", true, 5, "portal")]].concat();
        let told = log(&lines).unwrap().lines.unwrap();
        let keys: Vec<_> = told.iter().map(|line| line.idempotency_key.as_deref()).collect();
        assert_eq!(keys, [None, None, Some(capture.as_str()), Some(refund.as_str()), Some("portal")]);
        let moved = movements(&told, Money { amount: Ore(100), currency: Currency::Nok });
        let elsewhere: Vec<bool> = moved.iter().map(|movement| movement.elsewhere).collect();
        assert_eq!(elsewhere, [false, false, false, true]);
        let ids: Vec<&str> = moved.iter().map(|movement| movement.provider_event.as_str()).collect();
        assert_eq!(ids, ["AUTHORIZED-1", "CAPTURED-1", "REFUNDED-1", "REFUNDED-2"]);
    }

    #[test]
    fn half_a_log_is_none() {
        assert!(log(&[]).is_err());
        assert!(log(&[BEGUN, ("SOMETHING_NEW", true, 100, "")]).is_err());
        let good = r#"{"orderId":"plass-1","transactionLogHistory":[
            {"operation":"INITIATE","operationSuccess":true,"amount":100,"transactionText":"x"}]}"#;
        let told = read_text(good).unwrap();
        assert_eq!(told.snapshot.state, Created);
        assert!(told.lines.is_err(), "a line without a time");
        for (from, to) in [
            ("plass-1", "plass-2"),
            ("100", "100.5"),
            ("100", "-100"),
            ("100", "\"100\""),
            (":true", ":\"yes\""),
            ("\"operationSuccess\":true,", ""),
            ("transactionLogHistory", "log"),
        ] {
            assert!(read_text(&good.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }
}
