//! What is owed for one seat, and what became of it. The status is read off the sums of the order's attempts; nothing
//! sets it by hand.

use super::attempt::Attempt;
use super::attention::Attention;
use super::ids::{AttemptId, EventId, OrderId, RefundId, RegistrationId, SalesUnitId, UserId};
use super::ledger;
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

/// True when the provider shows a refund, if it shows `refunded` of one attempt now. Counted from before the refund was
/// first sent: an earlier try may have been done unheard, and then the sums of now already hold it.
pub fn shows(refund: &Refund, attempts: &[Attempt], attempt: AttemptId, refunded: Ore) -> bool {
    let others = attempts.iter().filter(|other| other.id != attempt).map(|other| other.amounts.refunded);
    let refunded = refunded + others.sum::<Ore>();
    refund.refunded_before.is_some_and(|before| refunded >= before + refund.amount)
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

    use super::super::attempt::tests::attempt_in;
    use super::super::attempt::{AttemptState, End};
    use super::super::time::at_millis;
    use super::*;

    /// A refund of 30, sent when 20 were refunded; another attempt had `others` refunded.
    #[track_caller]
    fn check(sent: bool, others: i64, shown: i64, expected: bool) {
        let refund = Refund {
            id: RefundId(Uuid::nil()),
            amount: Ore(30),
            reason: String::new(),
            status: RefundStatus::Pending,
            refunded_before: sent.then_some(Ore(20)),
            requested_by: None,
            created_at: at_millis(0),
        };
        let mut this = attempt_in(AttemptState::Settled);
        this.id = AttemptId(Uuid::from_u128(1));
        // The last look may have seen it already.
        this.amounts.refunded = Ore(shown);
        let mut other = attempt_in(AttemptState::Dead(End::Abandoned));
        other.amounts.refunded = Ore(others);
        assert_eq!(shows(&refund, &[other, this.clone()], this.id, Ore(shown)), expected);
    }

    #[test]
    fn a_refund_counts_from_before_it_was_sent() {
        check(true, 0, 20, false);
        check(true, 0, 49, false);
        check(true, 0, 50, true);
        check(true, 20, 0, false);
        check(true, 20, 30, true);
        check(false, 0, 50, false);
    }
}
