//! Everything the house may ask the world outside to do. Effects are saved with the change that wants them and run
//! after it; nothing here runs them.

use super::ids::{AttemptId, RefundId};
use super::money::Ore;

/// One thing to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make the payment at the provider.
    Create(AttemptId),
    /// Never make it: the create that was waiting is withdrawn.
    WithdrawCreate(AttemptId),
    /// Do something about an attempt's money.
    Money {
        /// Whose money.
        attempt: AttemptId,
        /// What to do.
        act: MoneyAct,
    },
}

/// What can be done about an attempt's money. At most one is open for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoneyAct {
    /// End a session that nobody approved.
    Close,
    /// Take reserved money.
    Capture(Ore),
    /// Let reserved money go.
    Release,
    /// Give taken money back.
    Refund {
        /// How much.
        amount: Ore,
        /// For which wish; empty when all of it goes back.
        refund: Option<RefundId>,
    },
}

/// The kinds of effects, as the outbox names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// [`Effect::Create`].
    Create,
    /// [`MoneyAct::Close`].
    Close,
    /// [`MoneyAct::Capture`].
    Capture,
    /// [`MoneyAct::Release`].
    Release,
    /// [`MoneyAct::Refund`].
    Refund,
    /// A letter to somebody: what a write tells people, beside what settling wishes.
    Letter,
}

impl EffectKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Create, Self::Close, Self::Capture, Self::Release, Self::Refund, Self::Letter];

    /// The outbox's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Close => "close",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Refund => "refund",
            Self::Letter => "letter",
        }
    }

    /// True when it moves or ends money.
    pub fn is_money(self) -> bool {
        match self {
            Self::Close | Self::Capture | Self::Release | Self::Refund => true,
            Self::Create | Self::Letter => false,
        }
    }
}

impl MoneyAct {
    /// Its kind.
    pub fn kind(&self) -> EffectKind {
        match self {
            Self::Close => EffectKind::Close,
            Self::Capture(_) => EffectKind::Capture,
            Self::Release => EffectKind::Release,
            Self::Refund { .. } => EffectKind::Refund,
        }
    }
}
