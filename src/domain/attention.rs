//! What a person must look at because the house cannot mend it by itself.

use super::attempt::Anomaly;
use super::effect::MoneyAct;
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

impl From<Anomaly> for AttentionReason {
    fn from(anomaly: Anomaly) -> Self {
        match anomaly {
            Anomaly::OtherPrice => Self::OtherPrice,
            Anomaly::ImpossibleSums => Self::ImpossibleSums,
            Anomaly::TwoEnds => Self::TwoEnds,
        }
    }
}
