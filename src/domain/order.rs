//! What is owed for one seat, and what became of it. The status is read off the sums of the order's attempts; nothing
//! sets it by hand.

use super::attempt::Attempt;
use super::attention::Attention;
use super::ids::{EventId, OrderId, RefundId, RegistrationId, SalesUnitId, UserId};
use super::ledger::{self, Return, Returner};
use super::money::{Money, Ore};
use super::registration::Status;
use super::snapshot::Amounts;
use super::time::Timestamp;

/// What is owed for one seat. The price is fixed when the order is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The seat it pays for.
    pub registration_id: RegistrationId,
    /// The event of that seat.
    pub event_id: EventId,
    /// Who owes.
    pub user_id: UserId,
    /// How much.
    pub price: Money,
    /// Where the money goes; an order keeps the unit that it was begun with.
    pub sales_unit: SalesUnitId,
    /// True when no money is real: the books do not count it.
    pub test_mode: bool,
    /// What the sums say.
    pub status: OrderStatus,
    /// The unguessable part of the payment link.
    pub pay_token: String,
    /// True when an organizer recorded that it was settled outside the provider.
    pub sale: bool,
    /// True when whatever it brings is given back.
    pub give_back_all: bool,
    /// What a person must look at, if anything.
    pub needs_attention: Option<Attention>,
    /// What was left when a person said that it was settled elsewhere.
    pub settled_elsewhere: Option<Ore>,
    /// When to look at it again.
    pub check_at: Option<Timestamp>,
    /// How often somebody said that something may have happened.
    pub bells: i64,
    /// How many of those a look has answered.
    pub bells_heard: i64,
    /// When the last look began.
    pub looked_at: Option<Timestamp>,
    /// How many looks in a row got no answer.
    pub look_failures: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A wish to give money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// How much.
    pub amount: Ore,
    /// Why, in the treasurer's words.
    pub reason: String,
    /// What became of it.
    pub status: RefundStatus,
    /// What the attempt had refunded when this one was sent; empty until then.
    pub refunded_before: Option<Ore>,
    /// Who wished it.
    pub requested_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// What became of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The provider shows it.
    Done,
    /// The provider will not do it.
    Refused,
}

impl RefundStatus {
    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Where an order stands, in the words that members' frontends know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Open, also between attempts.
    Initiate,
    /// Authorized, not captured.
    Reserved,
    /// Captured more than refunded.
    Capture,
    /// Captured, and all of it given back.
    Refund,
    /// Reserved once, then released.
    Void,
    /// Ended without ever having been reserved.
    Cancel,
    /// Settled outside the provider and recorded by an organizer.
    Sale,
}

impl OrderStatus {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Initiate, Self::Reserved, Self::Capture, Self::Refund, Self::Void, Self::Cancel, Self::Sale];

    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Initiate => "INITIATE",
            Self::Reserved => "RESERVED",
            Self::Capture => "CAPTURE",
            Self::Refund => "REFUND",
            Self::Void => "VOID",
            Self::Cancel => "CANCEL",
            Self::Sale => "SALE",
        }
    }

    /// True when the seat is paid as far as members are concerned.
    pub fn has_paid(self) -> bool {
        match self {
            Self::Reserved | Self::Capture | Self::Sale => true,
            Self::Initiate | Self::Refund | Self::Void | Self::Cancel => false,
        }
    }
}

/// The sums of an order: of its attempts that were ever authorized, or of a sale and its recorded refunds.
pub fn sums(order: &Order, attempts: &[Attempt], refunds: &[Refund]) -> Amounts {
    let mut sums = Amounts::default();
    if order.sale {
        sums.authorized = order.price.amount;
        sums.captured = order.price.amount;
        sums.refunded = refunds.iter().filter(|refund| refund.status == RefundStatus::Done).map(|r| r.amount).sum();
        return sums;
    }
    for amounts in attempts.iter().map(|attempt| attempt.amounts).filter(|amounts| amounts.authorized.is_positive()) {
        sums.authorized = sums.authorized + amounts.authorized;
        sums.captured = sums.captured + amounts.captured;
        sums.refunded = sums.refunded + amounts.refunded;
        sums.cancelled = sums.cancelled + amounts.cancelled;
    }
    sums
}

/// What was reserved or taken, and neither released nor given back.
pub fn left(attempts: &[Attempt]) -> Ore {
    attempts.iter().map(|attempt| ledger::moved(attempt.amounts).left()).sum()
}

/// True while what is left is what a person said was settled elsewhere. Money that comes later is looked after again.
pub fn is_settled_elsewhere(order: &Order, attempts: &[Attempt]) -> bool {
    order.settled_elsewhere.is_some_and(|settled| left(attempts) <= settled)
}

/// The status that the sums decide.
pub fn status(order: &Order, registration: &Status, attempts: &[Attempt], refunds: &[Refund]) -> OrderStatus {
    let sums = sums(order, attempts, refunds);
    if order.sale {
        return if sums.kept().is_positive() { OrderStatus::Sale } else { OrderStatus::Refund };
    }
    if sums.kept().is_positive() {
        return OrderStatus::Capture;
    }
    if sums.captured.is_positive() {
        return OrderStatus::Refund;
    }
    if sums.reserved().is_positive() {
        return OrderStatus::Reserved;
    }
    let payable = matches!(registration, Status::AwaitingPayment { .. });
    if payable || attempts.iter().any(|attempt| attempt.state.is_live()) {
        return OrderStatus::Initiate;
    }
    if sums.authorized.is_positive() { OrderStatus::Void } else { OrderStatus::Cancel }
}

/// True when the provider shows that a wish was carried out: its log has a refund under the wish's own key. What somebody
/// gave back in the portal meanwhile is not ours. A log that does not say who called leaves it to the sums: counted from
/// before the wish was first sent, since an earlier try may have been done unheard.
pub fn shows(wish: &Refund, wishes: &[Refund], returns: impl Iterator<Item = Return>) -> bool {
    let mut untold = Ore::ZERO;
    for Return { amount, by } in returns {
        match by {
            Returner::Ours(id) if id == wish.id.0 => return true,
            Returner::Ours(id) if wishes.iter().any(|other| other.id.0 == id) => {}
            Returner::Elsewhere => {}
            // Also a call of ours under a key that names no wish.
            Returner::Ours(_) | Returner::Untold => untold = untold + amount,
        }
    }
    wish.refunded_before.is_some_and(|before| untold >= before + wish.amount)
}

/// What can still be refunded: captured, not refunded, and not promised to another refund.
pub fn refundable(order: &Order, attempts: &[Attempt], refunds: &[Refund]) -> Ore {
    let pending = refunds.iter().filter(|refund| refund.status == RefundStatus::Pending);
    // A refund that the provider already shows counts in the sums; until it is settled it counts twice, which only
    // delays the next one.
    sums(order, attempts, refunds).kept().less(pending.map(|refund| refund.amount).sum())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::time::at_millis;
    use super::*;

    fn wish(id: u128) -> Refund {
        Refund {
            id: RefundId(Uuid::from_u128(id)),
            amount: Ore(30),
            reason: String::new(),
            status: RefundStatus::Pending,
            refunded_before: None,
            requested_by: None,
            created_at: at_millis(0),
        }
    }

    const WISH: Returner = Returner::Ours(Uuid::from_u128(1));
    const OTHER_WISH: Returner = Returner::Ours(Uuid::from_u128(2));
    const NO_WISH: Returner = Returner::Ours(Uuid::from_u128(3));

    /// A wish of 30, sent when so much was refunded, and what the log shows.
    #[track_caller]
    fn check(before: Option<i64>, shown: &[(Returner, i64)], expected: bool) {
        let wishes = [Refund { refunded_before: before.map(Ore), ..wish(1) }, wish(2)];
        let returns = shown.iter().map(|(by, amount)| Return { amount: Ore(*amount), by: *by });
        assert_eq!(shows(&wishes[0], &wishes, returns), expected, "{before:?} {shown:?}");
    }

    #[test]
    fn a_wish_is_carried_out_under_its_own_key() {
        check(Some(0), &[], false);
        check(Some(0), &[(WISH, 30)], true);
        check(Some(20), &[(Returner::Elsewhere, 20), (WISH, 30)], true);
        check(Some(0), &[(OTHER_WISH, 30)], false);
        check(Some(0), &[(Returner::Elsewhere, 30)], false);
        check(Some(0), &[(Returner::Elsewhere, 100), (OTHER_WISH, 30)], false);
    }

    #[test]
    fn a_log_that_does_not_say_who_called_leaves_it_to_the_sums() {
        use Returner::Untold;
        check(Some(20), &[(Untold, 20)], false);
        check(Some(20), &[(Untold, 20), (Untold, 29)], false);
        check(Some(20), &[(Untold, 20), (Untold, 30)], true);
        check(None, &[(Untold, 50)], false);
        check(Some(0), &[(NO_WISH, 30)], true);
        check(Some(20), &[(Returner::Elsewhere, 20), (NO_WISH, 30)], false);
    }
}
