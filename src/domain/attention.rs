//! What a person must look at because the house cannot mend it by itself.

use super::attempt::{Anomaly, Attempt, AttemptState};
use super::effect::MoneyAct;
use super::ledger;
use super::order::Order;
use super::registration::Status;
use super::time::Timestamp;

/// Something a person must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// What.
    pub reason: AttentionReason,
    /// Since when.
    pub since: Timestamp,
}

/// Why a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttentionReason {
    /// The provider will not make the payment.
    PaymentRefused,
    /// The provider will not end an open payment.
    CloseRefused,
    /// The provider will not take reserved money.
    CaptureRefused,
    /// The provider will not let reserved money go.
    ReleaseRefused,
    /// The provider will not give money back.
    RefundRefused,
    /// The provider shows another price or currency than the order's.
    OtherPrice,
    /// The provider shows sums that no payment can have.
    ImpossibleSums,
    /// The provider shows two different ends of one payment.
    TwoEnds,
    /// The money of a confirmed seat vanished elsewhere.
    PaymentVanished,
    /// Somebody took more than the price by hand.
    PaidTooMuch,
}

impl AttentionReason {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::PaymentRefused,
        Self::CloseRefused,
        Self::CaptureRefused,
        Self::ReleaseRefused,
        Self::RefundRefused,
        Self::OtherPrice,
        Self::ImpossibleSums,
        Self::TwoEnds,
        Self::PaymentVanished,
        Self::PaidTooMuch,
    ];

    /// The stable code that organizers see.
    pub fn word(self) -> &'static str {
        match self {
            Self::PaymentRefused => "payment_refused",
            Self::CloseRefused => "close_refused",
            Self::CaptureRefused => "capture_refused",
            Self::ReleaseRefused => "release_refused",
            Self::RefundRefused => "refund_refused",
            Self::OtherPrice => "provider_shows_another_price",
            Self::ImpossibleSums => "provider_shows_impossible_sums",
            Self::TwoEnds => "provider_shows_two_ends",
            Self::PaymentVanished => "payment_vanished",
            Self::PaidTooMuch => "paid_too_much",
        }
    }

    /// The reason with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// What it means that the provider refused an act.
    pub fn refused(act: MoneyAct) -> Self {
        match act {
            MoneyAct::Close => Self::CloseRefused,
            MoneyAct::Capture(_) => Self::CaptureRefused,
            MoneyAct::Release => Self::ReleaseRefused,
            MoneyAct::Refund { .. } => Self::RefundRefused,
        }
    }
}

/// What a person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Ask the provider, and do anew what is still missing.
    TryAgain,
    /// Record that the seat was paid outside the provider: whatever the provider holds goes back.
    PaidOutside,
    /// Leave what is left as it is: it was settled elsewhere.
    SettledElsewhere,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TryAgain, Self::PaidOutside, Self::SettledElsewhere];

    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::TryAgain => "try_again",
            Self::PaidOutside => "paid_outside",
            Self::SettledElsewhere => "settled_elsewhere",
        }
    }

    /// The act with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// What can be done about an order that needs a person, the proposed act first; empty when none is needed.
pub fn acts(order: &Order, registration: &Status, attempts: &[Attempt]) -> Vec<Act> {
    let Some(attention) = &order.needs_attention else { return Vec::new() };
    let kept = attempts.iter().map(|attempt| ledger::moved(attempt.amounts).kept()).sum();
    let is_unpaid = *registration == Status::Confirmed && !order.sale && order.price.amount > kept;
    let awaits = matches!(registration, Status::AwaitingPayment { .. });
    // Nobody settles elsewhere what somebody may approve in this moment.
    let is_open = attempts.iter().any(|attempt| matches!(attempt.state, AttemptState::Sent | AttemptState::Open));
    let mut acts = vec![Act::TryAgain];
    if is_unpaid {
        acts.push(Act::PaidOutside);
    }
    if !awaits && !is_open {
        acts.push(Act::SettledElsewhere);
    }
    let proposed = match attention.reason {
        AttentionReason::PaymentVanished => Act::PaidOutside,
        AttentionReason::PaymentRefused
        | AttentionReason::CloseRefused
        | AttentionReason::CaptureRefused
        | AttentionReason::ReleaseRefused
        | AttentionReason::RefundRefused
        | AttentionReason::OtherPrice
        | AttentionReason::ImpossibleSums
        | AttentionReason::TwoEnds
        | AttentionReason::PaidTooMuch => Act::TryAgain,
    };
    acts.sort_by_key(|act| *act != proposed);
    acts
}

impl From<Anomaly> for AttentionReason {
    fn from(anomaly: Anomaly) -> Self {
        match anomaly {
            Anomaly::OtherPrice => Self::OtherPrice,
            Anomaly::ImpossibleSums => Self::ImpossibleSums,
            Anomaly::TwoEnds => Self::TwoEnds,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::attempt::End;
    use super::super::attempt::tests::attempt_in;
    use super::super::ids::{EventId, OrderId, RegistrationId, SalesUnitId, UserId};
    use super::super::money::{Currency, Money, Ore};
    use super::super::order::OrderStatus;
    use super::super::registration::EndedReason;
    use super::super::snapshot::Amounts;
    use super::super::time::at_millis;
    use super::*;

    fn order(reason: Option<AttentionReason>) -> Order {
        let nil = uuid::Uuid::nil();
        Order {
            id: OrderId(nil),
            registration_id: RegistrationId(nil),
            event_id: EventId(nil),
            user_id: UserId(nil),
            price: Money { amount: Ore(100), currency: Currency::Nok },
            status: OrderStatus::Initiate,
            pay_token: String::new(),
            sale: false,
            give_back_all: false,
            needs_attention: reason.map(|reason| Attention { reason, since: at_millis(0) }),
            settled_elsewhere: None,
            sales_unit: SalesUnitId::HOUSE,
            test_mode: false,
            check_at: None,
            bells: 0,
            bells_heard: 0,
            looked_at: None,
            look_failures: 0,
            created_at: at_millis(0),
        }
    }

    const RESERVED: Amounts = Amounts { authorized: Ore(100), captured: Ore(0), refunded: Ore(0), cancelled: Ore(0) };
    const TAKEN: Amounts = Amounts { captured: Ore(100), ..RESERVED };

    #[track_caller]
    fn check(reason: AttentionReason, status: Status, (state, amounts): (AttemptState, Amounts), expected: &str) {
        let mut attempt = attempt_in(state);
        attempt.amounts = amounts;
        let words: Vec<&str> = acts(&order(Some(reason)), &status, &[attempt]).into_iter().map(Act::word).collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn what_fits_is_proposed_and_nothing_that_could_lose_money() {
        use AttemptState::{Authorized, Dead, Open, Settled};
        let nothing = Amounts::default();
        let awaiting = Status::AwaitingPayment { payment_expiredate: at_millis(0) + TimeDelta::hours(1) };
        let gone = Status::Ended(EndedReason::Withdrawn);
        let all = "try_again paid_outside settled_elsewhere";
        check(AttentionReason::CaptureRefused, Status::Confirmed, (Authorized, RESERVED), all);
        let vanished = (Settled, Amounts { cancelled: Ore(100), ..RESERVED });
        let paid_first = "paid_outside try_again settled_elsewhere";
        check(AttentionReason::PaymentVanished, Status::Confirmed, vanished, paid_first);
        check(AttentionReason::RefundRefused, gone, (Settled, TAKEN), "try_again settled_elsewhere");
        check(AttentionReason::RefundRefused, Status::Confirmed, (Settled, TAKEN), "try_again settled_elsewhere");
        check(AttentionReason::CloseRefused, gone, (Open, nothing), "try_again");
        check(AttentionReason::PaymentRefused, awaiting, (Dead(End::Abandoned), nothing), "try_again");
        assert_eq!(acts(&order(None), &Status::Confirmed, &[]), []);
    }
}
