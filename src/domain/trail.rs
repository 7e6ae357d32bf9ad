//! What the trail tells: what happened to a seat and its money, and why. The words are kept for ever and are part of the
//! API: they are never renamed.

use std::borrow::Cow;

use super::attention::AttentionReason;
use super::money::Ore;
use super::order::OrderStatus;
use super::registration::EndedReason;

/// One line for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What happened.
    pub kind: Happening,
    /// Why.
    pub cause: Cause,
    /// How much, where money is concerned.
    pub amount: Option<Ore>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A seat was given, to be paid.
    SeatHeld,
    /// A place in the queue was given.
    Waitlisted,
    /// The seat is the person's.
    Confirmed,
    /// Whoever was next in line got a seat.
    Promoted,
    /// An organizer recorded a payment made elsewhere.
    PaidOutside,
    /// The registration ended.
    Ended(EndedReason),
    /// The payer was sent to the provider.
    PaymentOpened,
    /// The provider has made a payment that can be approved.
    AttemptOpened,
    /// The payer cancelled.
    AttemptAborted,
    /// The payment's time ran out.
    AttemptExpired,
    /// We ended the payment.
    AttemptTerminated,
    /// The provider could not charge the card, and it is not tried again.
    AttemptFailed,
    /// The payment never came to be, as far as we know.
    AttemptAbandoned,
    /// Money was reserved.
    Authorized,
    /// Money was taken.
    Captured,
    /// Money was given back.
    Refunded,
    /// Reserved money was let go.
    Released,
    /// Somebody wishes to give money back.
    RefundAsked,
    /// Such a wish is fulfilled.
    RefundDone,
    /// Such a wish cannot be fulfilled.
    RefundRefused,
    /// A person must look.
    NeedsAttention,
    /// A person had what went wrong tried again.
    TriedAgain,
    /// A person said that it was settled elsewhere.
    SettledElsewhere,
    /// The order's status became this one.
    OrderIs(OrderStatus),
}

impl Happening {
    /// Everything that can happen.
    pub const ALL: [Self; 33] = [
        Self::SeatHeld,
        Self::Waitlisted,
        Self::Confirmed,
        Self::Promoted,
        Self::PaidOutside,
        Self::Ended(EndedReason::Withdrawn),
        Self::Ended(EndedReason::Unpaid),
        Self::Ended(EndedReason::Removed),
        Self::Ended(EndedReason::EventCancelled),
        Self::PaymentOpened,
        Self::AttemptOpened,
        Self::AttemptAborted,
        Self::AttemptExpired,
        Self::AttemptTerminated,
        Self::AttemptFailed,
        Self::AttemptAbandoned,
        Self::Authorized,
        Self::Captured,
        Self::Refunded,
        Self::Released,
        Self::RefundAsked,
        Self::RefundDone,
        Self::RefundRefused,
        Self::NeedsAttention,
        Self::TriedAgain,
        Self::SettledElsewhere,
        Self::OrderIs(OrderStatus::Initiate),
        Self::OrderIs(OrderStatus::Reserved),
        Self::OrderIs(OrderStatus::Capture),
        Self::OrderIs(OrderStatus::Refund),
        Self::OrderIs(OrderStatus::Void),
        Self::OrderIs(OrderStatus::Cancel),
        Self::OrderIs(OrderStatus::Sale),
    ];

    /// The word that is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::SeatHeld => "seat_held",
            Self::Waitlisted => "waitlisted",
            Self::Confirmed => "confirmed",
            Self::Promoted => "promoted",
            Self::PaidOutside => "paid_outside",
            Self::Ended(EndedReason::Withdrawn) => "withdrawn",
            Self::Ended(EndedReason::Unpaid) => "ended_unpaid",
            Self::Ended(EndedReason::Removed) => "removed",
            Self::Ended(EndedReason::EventCancelled) => "event_cancelled",
            Self::PaymentOpened => "payment_opened",
            Self::AttemptOpened => "attempt_opened",
            Self::AttemptAborted => "attempt_aborted",
            Self::AttemptExpired => "attempt_expired",
            Self::AttemptTerminated => "attempt_terminated",
            Self::AttemptFailed => "attempt_failed",
            Self::AttemptAbandoned => "attempt_abandoned",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Released => "released",
            Self::RefundAsked => "refund_asked",
            Self::RefundDone => "refund_done",
            Self::RefundRefused => "refund_refused",
            Self::NeedsAttention => "needs_attention",
            Self::TriedAgain => "tried_again",
            Self::SettledElsewhere => "settled_elsewhere",
            Self::OrderIs(OrderStatus::Initiate) => "order_open",
            Self::OrderIs(OrderStatus::Reserved) => "order_reserved",
            Self::OrderIs(OrderStatus::Capture) => "order_captured",
            Self::OrderIs(OrderStatus::Refund) => "order_refunded",
            Self::OrderIs(OrderStatus::Void) => "order_void",
            Self::OrderIs(OrderStatus::Cancel) => "order_cancelled",
            Self::OrderIs(OrderStatus::Sale) => "order_sale",
        }
    }

    /// What has this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|happening| happening.word() == word)
    }
}

/// Why it happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Somebody signed up, or was signed up.
    SignUp,
    /// Somebody else's seat came free.
    SeatCameFree,
    /// The payer clicked.
    Clicked,
    /// Somebody asked for it.
    Asked,
    /// The deadline passed.
    DeadlinePassed,
    /// The money for the seat is there.
    PaymentAuthorized,
    /// The provider answered.
    ProviderAnswered,
    /// The provider refused.
    ProviderRefused,
    /// The provider knows no such payment.
    ProviderKnowsNoSuchPayment,
    /// It was never sent to the provider.
    NeverSent,
    /// The provider shows it.
    Observed,
    /// Somebody did it in the provider's portal.
    InThePortal,
    /// The sums say so.
    Settled,
    /// It was settled on paper.
    Recorded,
    /// Everything was given back.
    AllWasGivenBack,
    /// There was nothing left to give back.
    NothingLeftToRefund,
    /// A person must look, for this reason.
    Attention(AttentionReason),
    /// Somebody's own words.
    Said(String),
}

impl Cause {
    /// Every cause that is not somebody's own words.
    pub fn all() -> impl Iterator<Item = Self> {
        const PLAIN: [Cause; 16] = [
            Cause::SignUp,
            Cause::SeatCameFree,
            Cause::Clicked,
            Cause::Asked,
            Cause::DeadlinePassed,
            Cause::PaymentAuthorized,
            Cause::ProviderAnswered,
            Cause::ProviderRefused,
            Cause::ProviderKnowsNoSuchPayment,
            Cause::NeverSent,
            Cause::Observed,
            Cause::InThePortal,
            Cause::Settled,
            Cause::Recorded,
            Cause::AllWasGivenBack,
            Cause::NothingLeftToRefund,
        ];
        PLAIN.into_iter().chain(AttentionReason::ALL.into_iter().map(Self::Attention))
    }

    /// The words that are kept.
    pub fn word(&self) -> Cow<'static, str> {
        match self {
            Self::SignUp => "sign_up".into(),
            Self::SeatCameFree => "seat_came_free".into(),
            Self::Clicked => "clicked".into(),
            Self::Asked => "asked".into(),
            Self::DeadlinePassed => "deadline_passed".into(),
            Self::PaymentAuthorized => "payment_authorized".into(),
            Self::ProviderAnswered => "provider_answered".into(),
            Self::ProviderRefused => "provider_refused".into(),
            Self::ProviderKnowsNoSuchPayment => "provider_knows_no_such_payment".into(),
            Self::NeverSent => "never_sent".into(),
            Self::Observed => "observed".into(),
            Self::InThePortal => "in_the_portal".into(),
            Self::Settled => "settled".into(),
            Self::Recorded => "recorded".into(),
            Self::AllWasGivenBack => "all_was_given_back".into(),
            Self::NothingLeftToRefund => "nothing_left_to_refund".into(),
            Self::Attention(reason) => reason.word().into(),
            Self::Said(words) => words.clone().into(),
        }
    }

    /// The cause that is kept as these words; what is no code of ours somebody said.
    pub fn from_word(word: &str) -> Self {
        Self::all().find(|cause| cause.word() == word).unwrap_or_else(|| Self::Said(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_read_as_they_were_written() {
        let words: BTreeSet<&str> = Happening::ALL.into_iter().map(Happening::word).collect();
        assert_eq!(words.len(), Happening::ALL.len());
        for happening in Happening::ALL {
            assert_eq!(Happening::from_word(happening.word()), Some(happening));
        }
        assert_eq!(Happening::from_word("was_abducted"), None);
        for cause in Cause::all() {
            assert_eq!(Cause::from_word(&cause.word()), cause);
        }
        assert_eq!(Cause::from_word("paid in cash"), Cause::Said("paid in cash".to_owned()));
    }
}
