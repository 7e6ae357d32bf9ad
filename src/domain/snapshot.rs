//! What the payment provider says about one attempt, and how two sayings are joined. After approval the provider's
//! state stays `Authorized` for ever; the truth about money is in the amounts. Nothing here calls the provider.

use super::money::{Currency, Ore};

/// The provider's word for where a payment stands (Vipps ePayment, "States"). All but `Created` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderState {
    /// The payer can still act.
    Created,
    /// The payer approved; the amounts tell what happened since.
    Authorized,
    /// The payer cancelled.
    Aborted,
    /// The session's time ran out.
    Expired,
    /// We ended it before approval.
    Terminated,
    /// A stored card was not charged; it may be tried again.
    Failed,
}

/// One answer of the provider about one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Where the payment stands.
    pub state: ProviderState,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The amount the payment was made for.
    pub price: Ore,
    /// The sums so far.
    pub amounts: Amounts,
    /// Where the payer approves, while the provider shows it.
    pub redirect_url: Option<String>,
}

/// The sums of one attempt. Each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    /// Reserved on the payer's account.
    pub authorized: Ore,
    /// Taken.
    pub captured: Ore,
    /// Given back after it was taken.
    pub refunded: Ore,
    /// Released without having been taken.
    pub cancelled: Ore,
}

impl Amounts {
    /// Reserved and neither taken nor released yet.
    pub fn reserved(&self) -> Ore {
        self.authorized.less(self.captured).less(self.cancelled)
    }

    /// Reserved or taken, and neither released nor given back.
    pub fn left(&self) -> Ore {
        self.reserved() + self.kept()
    }

    /// Taken and not given back.
    pub fn kept(&self) -> Ore {
        self.captured.less(self.refunded)
    }
}
