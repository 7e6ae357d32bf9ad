//! The ledger: every amount that moved, as the provider's own log of a payment tells it. What the log says is kept line
//! by line; the provider's sums decide, and the ledger must come to the same. Nothing here reads a log.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::attempt::Attempt;
use super::effect::{EffectKind, id_in_key, key_of_request_id};
use super::ids::AttemptId;
use super::money::{Money, Ore};
use super::sales_unit::Provider;
use super::snapshot::Amounts;
use super::time::Timestamp;

/// One line of the provider's own log of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The provider's id of this line.
    pub psp_reference: String,
    /// The event's name, like `CAPTURED`.
    pub name: String,
    /// The amount of this event alone.
    pub amount: Money,
    /// When it happened.
    pub at: Timestamp,
    /// The key of the call that caused it, if a call did.
    pub idempotency_key: Option<String>,
    /// False when the operation failed: nothing changed.
    pub success: bool,
}

/// What an amount did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// It was reserved.
    Authorized,
    /// It was taken.
    Captured,
    /// It was given back.
    Refunded,
    /// It was let go without having been taken.
    Cancelled,
}

impl MovementKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Authorized, Self::Captured, Self::Refunded, Self::Cancelled];

    /// The word that is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The kind of a log's line; the end of a session that nobody approved moves nothing.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name {
            "AUTHORIZED" => Some(Self::Authorized),
            "CAPTURED" => Some(Self::Captured),
            "REFUNDED" => Some(Self::Refunded),
            "CANCELLED" => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// True when a call of ours with this key can have done it.
    fn is_done_by(self, key: &str) -> bool {
        let kind = match self {
            Self::Authorized => return false,
            Self::Captured => EffectKind::Capture,
            Self::Refunded => EffectKind::Refund,
            Self::Cancelled => EffectKind::Release,
        };
        id_in_key(kind, key).is_some()
    }
}

/// An amount that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What it did.
    pub kind: MovementKind,
    /// How much.
    pub amount: Ore,
    /// When.
    pub at: Timestamp,
    /// The provider's id of it.
    pub provider_event: String,
    /// The key of the call that moved it, where the log tells.
    pub provider_key: Option<String>,
    /// True when the log says that neither the payer nor a call of ours moved it: somebody did so in the portal.
    pub elsewhere: bool,
}

/// What the ledger holds of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Booked {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// The sums of its lines.
    pub sums: Amounts,
    /// What was given back, line by line.
    pub returns: Vec<Return>,
}

/// An amount that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Return {
    /// How much.
    pub amount: Ore,
    /// Who did it.
    pub by: Returner,
}

/// Who gave an amount back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returner {
    /// We did: the wish with this id, or an effect of that id that gave back all there was.
    Ours(Uuid),
    /// Somebody in the provider's portal.
    Elsewhere,
    /// The log does not say.
    Untold,
}

impl Returner {
    /// Who gave back what the log shows under this key.
    pub fn of(key: Option<&str>, elsewhere: bool) -> Self {
        match key.and_then(|key| id_in_key(EffectKind::Refund, key)) {
            Some(id) => Self::Ours(id),
            None if elsewhere => Self::Elsewhere,
            None => Self::Untold,
        }
    }
}

/// What a log says moved, in the currency of the order. Operations that failed moved nothing.
pub fn movements(log: &[LogLine], price: Money) -> Vec<Movement> {
    let done = || log.iter().filter(|line| line.success);
    let was_approved = done().any(|line| line.name == "AUTHORIZED");
    // A log that names no key at all says nothing about who called.
    let tells_keys = log.iter().any(|line| line.idempotency_key.is_some());
    let mut movements = Vec::new();
    for line in done().filter(|line| line.amount.currency == price.currency && line.amount.amount.is_positive()) {
        let Some(kind) = MovementKind::of_name(&line.name).filter(|_| was_approved) else { continue };
        let key = line.idempotency_key.as_deref();
        let is_ours = kind == MovementKind::Authorized || key.is_some_and(|key| kind.is_done_by(key));
        movements.push(Movement {
            kind,
            amount: line.amount.amount,
            at: line.at,
            provider_event: line.psp_reference.clone(),
            provider_key: line.idempotency_key.clone(),
            elsewhere: tells_keys && !is_ours,
        });
    }
    movements
}

/// The log of a payment as it is booked, whichever provider tells it. Over eCom no line has an id of its own, and the
/// same payment, read over ePayment after its agreement has moved, has others: its lines are known by what they did and
/// by their place among those that did the same. The keys of our calls may have been shortened on their way.
pub fn as_booked(begun_over: Provider, log: Vec<LogLine>) -> Vec<LogLine> {
    match begun_over {
        Provider::VippsEpayment | Provider::Askell => log,
        Provider::VippsEcom => numbered(log),
    }
}

/// A log whose lines are known by their name and place. Nothing changes about one that is so already.
pub fn numbered(mut log: Vec<LogLine>) -> Vec<LogLine> {
    let mut counts: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for line in &mut log {
        let count = counts.entry((line.name.clone(), line.success)).or_default();
        *count += 1;
        line.psp_reference = format!("{}{}-{count}", line.name, if line.success { "" } else { "-failed" });
        line.idempotency_key = line.idempotency_key.as_deref().map(key_of_request_id);
    }
    log
}

/// The sums of some lines.
pub fn sums(lines: impl IntoIterator<Item = (MovementKind, Ore)>) -> Amounts {
    let mut sums = Amounts::default();
    for (kind, amount) in lines {
        add(&mut sums, kind, amount);
    }
    sums
}

/// Adds an amount that moved to the sum it belongs to.
pub fn add(sums: &mut Amounts, kind: MovementKind, amount: Ore) {
    let sum = match kind {
        MovementKind::Authorized => &mut sums.authorized,
        MovementKind::Captured => &mut sums.captured,
        MovementKind::Refunded => &mut sums.refunded,
        MovementKind::Cancelled => &mut sums.cancelled,
    };
    *sum = *sum + amount;
}

/// What moved according to a payment's sums. One that nobody approved shows its price as cancelled: nothing moved.
pub fn moved(sums: Amounts) -> Amounts {
    if sums.authorized.is_positive() { sums } else { Amounts::default() }
}

/// What the ledger holds of an attempt.
pub fn booked(ledger: &[Booked], attempt: AttemptId) -> Amounts {
    ledger.iter().find(|booked| booked.attempt == attempt).map_or_else(Amounts::default, |booked| booked.sums)
}

/// Everything that was given back, as the ledger has it.
pub fn returns(ledger: &[Booked]) -> impl Iterator<Item = Return> {
    ledger.iter().flat_map(|booked| booked.returns.iter().copied())
}

/// What a log tells was given back.
pub fn returns_among(movements: &[Movement]) -> impl Iterator<Item = Return> {
    let returned = movements.iter().filter(|movement| movement.kind == MovementKind::Refunded);
    returned.map(|movement| Return {
        amount: movement.amount,
        by: Returner::of(movement.provider_key.as_deref(), movement.elsewhere),
    })
}

/// True when the ledger comes to what the provider's sums say of an attempt.
pub fn agrees(ledger: &[Booked], attempt: &Attempt) -> bool {
    booked(ledger, attempt.id) == moved(attempt.amounts)
}

#[cfg(test)]
mod tests {
    use super::super::money::Currency;
    use super::super::time::at_millis;
    use super::*;

    const PRICE: Money = Money { amount: Ore(100), currency: Currency::Nok };

    fn line(name: &str, amount: i64, key: Option<&str>) -> LogLine {
        LogLine {
            psp_reference: format!("psp-{name}"),
            name: name.to_owned(),
            amount: Money { amount: Ore(amount), ..PRICE },
            at: at_millis(0),
            idempotency_key: key.map(str::to_owned),
            success: true,
        }
    }

    const OUR_CAPTURE: &str = "capture-0123456789abcdef0123456789abcdef";

    /// Which movements a log has, and a star for those made elsewhere.
    #[track_caller]
    fn check(log: &[LogLine], expected: &[&str]) {
        let told = |movement: &Movement| {
            let star = if movement.elsewhere { "*" } else { "" };
            format!("{} {}{star}", movement.kind.word(), movement.amount.0)
        };
        assert_eq!(movements(log, PRICE).iter().map(told).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_amount_that_moved_is_a_line() {
        let log = [
            line("CREATED", 100, Some("key")),
            line("AUTHORIZED", 100, None),
            line("CAPTURED", 60, Some(OUR_CAPTURE)),
            line("CAPTURED", 10, Some("portal")),
            line("REFUNDED", 30, None),
            line("CANCELLED", 30, None),
        ];
        check(&log, &["authorized 100", "captured 60", "captured 10*", "refunded 30*", "cancelled 30*"]);
        let sums = sums(movements(&log, PRICE).iter().map(|movement| (movement.kind, movement.amount)));
        let [authorized, captured, refunded, cancelled] = [100, 70, 30, 30].map(Ore);
        assert_eq!(sums, Amounts { authorized, captured, refunded, cancelled });
    }

    #[test]
    fn what_failed_or_was_never_approved_moved_nothing() {
        check(&[line("CREATED", 100, None), line("TERMINATED", 100, None), line("CANCELLED", 100, None)], &[]);
        check(&[line("ABORTED", 100, None), line("EXPIRED", 100, None), line("SOMETHING_NEW", 5, None)], &[]);
        let failed = LogLine { success: false, ..line("CAPTURED", 100, None) };
        check(&[line("AUTHORIZED", 100, None), failed], &["authorized 100"]);
        let foreign = Money { amount: Ore(5), currency: Currency::Eur };
        check(
            &[line("AUTHORIZED", 100, None), LogLine { amount: foreign, ..line("CAPTURED", 5, None) }],
            &["authorized 100"],
        );
        check(&[line("AUTHORIZED", 100, None), line("CAPTURED", 0, None)], &["authorized 100"]);
    }

    #[test]
    fn a_log_without_keys_does_not_say_who_called() {
        check(&[line("AUTHORIZED", 100, None), line("CAPTURED", 100, None)], &["authorized 100", "captured 100"]);
        for not_ours in ["capture-1", "refund-0123456789abcdef0123456789abcdef", ""] {
            let log = [line("AUTHORIZED", 100, None), line("CAPTURED", 100, Some(not_ours))];
            check(&log, &["authorized 100", "captured 100*"]);
        }
    }

    #[test]
    fn a_payment_of_ecom_has_the_same_lines_over_either_provider() {
        let told = |prefix: &str, failed: bool| {
            let mut log = vec![line("CREATED", 100, None), line("AUTHORIZED", 100, None)];
            if failed {
                log.push(LogLine { success: false, ..line("CAPTURED", 40, None) });
            }
            log.extend([line("CAPTURED", 40, None), line("CAPTURED", 60, None), line("REFUNDED", 10, None)]);
            for (place, line) in log.iter_mut().enumerate() {
                line.psp_reference = format!("{prefix}-{place}");
            }
            as_booked(Provider::VippsEcom, log)
        };
        let ids = |log: &[LogLine]| movements(log, PRICE).into_iter().map(|one| one.provider_event).collect::<Vec<_>>();
        let here = told("5001420062", true);
        assert_eq!(ids(&here), ["AUTHORIZED-1", "CAPTURED-1", "CAPTURED-2", "REFUNDED-1"]);
        assert_eq!(ids(&told("a-uuid", false)), ids(&here));
        assert_eq!(as_booked(Provider::VippsEcom, here.clone()), here);
        let untouched = vec![line("AUTHORIZED", 100, None)];
        assert_eq!(as_booked(Provider::VippsEpayment, untouched.clone()), untouched);
    }

    #[test]
    fn a_session_that_nobody_approved_moved_nothing() {
        assert_eq!(moved(Amounts { cancelled: Ore(100), ..Amounts::default() }), Amounts::default());
        let taken = Amounts { authorized: Ore(100), captured: Ore(100), ..Amounts::default() };
        assert_eq!(moved(taken), taken);
    }
}
