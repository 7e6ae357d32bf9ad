//! What an account holds: customers with their cards, the pages on which those are typed in, and payments.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Card {
    /// It is charged at once.
    Good,
    /// It is never charged.
    Declined,
    /// It is declined once for each payment, and charged when that is tried again.
    DeclinedOnce,
    /// It is charged after a while.
    Slow,
}

/// What somebody types in on the page for a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// It is charged at once.
    Good,
    /// It is never charged.
    Declined,
    /// It is declined once for each payment.
    DeclinedOnce,
    /// It is charged after a while.
    Slow,
    /// Its owner fails at 3-D Secure: it is no card.
    SecureFails,
}

impl TestCard {
    /// How far the page has come once this was typed in.
    pub(super) fn stage(self) -> Stage {
        match self {
            Self::Good => Stage::TokenCreated(Card::Good),
            Self::Declined => Stage::TokenCreated(Card::Declined),
            Self::DeclinedOnce => Stage::TokenCreated(Card::DeclinedOnce),
            Self::Slow => Stage::TokenCreated(Card::Slow),
            Self::SecureFails => Stage::Failed,
        }
    }
}

/// A customer of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Customer {
    pub(super) account: String,
    pub(super) reference: String,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) card: Option<Card>,
}

/// How far a page for a card has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Stage {
    /// Nobody typed a card in yet.
    Initial,
    /// There is a token for a card.
    TokenCreated(Card),
    /// 3-D Secure failed.
    Failed,
}

/// A hosted page for a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Checkout {
    pub(super) account: String,
    pub(super) token: String,
    pub(super) return_url: String,
    pub(super) stage: Stage,
    /// Whom its card was attached to.
    pub(super) attached_to: Option<String>,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum State {
    /// Made, and about to be charged.
    Pending,
    /// Charged.
    Settled,
    /// Not charged.
    Failed,
    /// About to be charged again.
    Retrying,
}

/// One payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Payment {
    pub(super) number: u64,
    pub(super) account: String,
    pub(super) uuid: String,
    pub(super) customer: String,
    /// In four decimals.
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) description: String,
    pub(super) reference: Option<String>,
    pub(super) state: State,
    pub(super) transaction: String,
    pub(super) failures: u32,
    pub(super) retries: u32,
    pub(super) due_at: Option<Timestamp>,
    pub(super) refund_code: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}
