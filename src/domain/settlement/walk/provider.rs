//! The provider as it really is: one payment, its rules, and what it would answer. The books of the house may know
//! less; they never know more.

use uuid::Uuid;

use super::super::super::ledger::{Return, Returner};
use super::super::super::money::{Currency, Ore};
use super::super::super::snapshot::{Amounts, ProviderState, Snapshot};

/// The price of the seat.
pub(super) const PRICE: Ore = Ore(100);
/// The treasurer's wish.
pub(super) const WISH_ID: Uuid = Uuid::nil();

/// Where a payment stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Absent,
    Created,
    /// The payer approved and the bank has not answered: shown as created.
    Processing,
    Authorized,
    Aborted,
    Expired,
    Terminated,
}

impl Stage {
    pub(super) const ALL: [Self; 7] = [
        Self::Absent,
        Self::Created,
        Self::Processing,
        Self::Authorized,
        Self::Aborted,
        Self::Expired,
        Self::Terminated,
    ];
}

/// One payment. A payer can act on it only when the house handed out its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) stage: Stage,
    pub(super) sums: Amounts,
    pub(super) handed_out: bool,
    /// What the house took.
    pub(super) taken: Ore,
    /// What it gave back for the treasurer's wish.
    pub(super) wished: Ore,
    /// What somebody gave back in the portal.
    pub(super) elsewhere: Ore,
}

/// Why the provider does not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// In a moment, perhaps.
    Busy,
    /// It is so already, or the payment is not where the house thinks it is.
    Moved,
    /// Never.
    Never,
}

impl Payment {
    pub(super) fn absent() -> Self {
        Self {
            stage: Stage::Absent,
            sums: Amounts::default(),
            handed_out: false,
            taken: Ore::ZERO,
            wished: Ore::ZERO,
            elsewhere: Ore::ZERO,
        }
    }

    /// The answer to a question now; empty when there is no such payment.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let state = match self.stage {
            Stage::Absent => return None,
            Stage::Created | Stage::Processing => ProviderState::Created,
            Stage::Authorized => ProviderState::Authorized,
            Stage::Aborted => ProviderState::Aborted,
            Stage::Expired => ProviderState::Expired,
            Stage::Terminated => ProviderState::Terminated,
        };
        Some(Snapshot {
            state,
            currency: Currency::Nok,
            price: PRICE,
            amounts: self.sums,
            redirect_url: Some("url".to_owned()),
        })
    }

    /// True while the payer can still approve, or just did.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.stage, Stage::Created | Stage::Processing)
    }

    pub(super) fn create(&mut self) {
        if self.stage == Stage::Absent {
            self.stage = Stage::Created;
        }
    }

    pub(super) fn approve(&mut self) {
        self.stage = Stage::Authorized;
        self.sums.authorized = PRICE;
    }

    pub(super) fn close(&mut self) -> Result<(), No> {
        match self.stage {
            Stage::Created => {
                self.stage = Stage::Terminated;
                self.sums.cancelled = PRICE;
                Ok(())
            }
            Stage::Processing => Err(No::Busy),
            Stage::Absent => Err(No::Never),
            Stage::Authorized | Stage::Aborted | Stage::Expired | Stage::Terminated => Err(No::Moved),
        }
    }

    pub(super) fn release(&mut self) -> Result<(), No> {
        if self.stage != Stage::Authorized {
            return self.close();
        }
        let reserved = self.sums.reserved();
        if !reserved.is_positive() {
            return Err(No::Moved);
        }
        self.sums.cancelled = self.sums.cancelled + reserved;
        Ok(())
    }

    pub(super) fn capture(&mut self, amount: Ore) -> Result<(), No> {
        match self.stage {
            Stage::Authorized if amount <= self.sums.reserved() => {
                self.sums.captured = self.sums.captured + amount;
                Ok(())
            }
            // Released, taken already, or less is left than was asked for.
            Stage::Authorized | Stage::Terminated => Err(No::Moved),
            Stage::Absent | Stage::Created | Stage::Processing | Stage::Aborted | Stage::Expired => Err(No::Never),
        }
    }

    /// What the log tells was given back.
    pub(super) fn returns(&self) -> Vec<Return> {
        let house = self.sums.refunded.less(self.wished + self.elsewhere);
        let lines = [
            (self.wished, Returner::Ours(WISH_ID)),
            (house, Returner::Ours(Uuid::max())),
            (self.elsewhere, Returner::Elsewhere),
        ];
        let moved = lines.into_iter().filter(|(amount, _)| amount.is_positive());
        moved.map(|(amount, by)| Return { amount, by }).collect()
    }

    /// Somebody gives money back in the portal.
    pub(super) fn refund_elsewhere(&mut self, amount: Ore) {
        self.refund(amount).unwrap();
        self.elsewhere = self.elsewhere + amount;
    }

    pub(super) fn refund(&mut self, amount: Ore) -> Result<(), No> {
        if amount > self.sums.kept() {
            return Err(No::Never);
        }
        self.sums.refunded = self.sums.refunded + amount;
        Ok(())
    }
}
