//! Ids as types of their own, so that swapped ids do not compile. The clock makes them; nothing here draws one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::fault::Fault;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_no_id| Fault::NoId.into_serde())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// Somebody who can sign in.
    UserId
);
id!(
    /// One event.
    EventId
);
id!(
    /// One person's place at one event, from sign-up to its end.
    RegistrationId
);
id!(
    /// What is owed for one seat.
    OrderId
);
id!(
    /// One payment at the provider.
    AttemptId
);
id!(
    /// A wish to give money back.
    RefundId
);
id!(
    /// A role given to a user or to a group's members.
    GrantId
);
id!(
    /// An agreement with a payment provider.
    AgreementId
);
id!(
    /// A sales unit under an agreement.
    SalesUnitId
);
id!(
    /// One wait for a scan at the door.
    WaitId
);
id!(
    /// One row of work for the world outside.
    EffectId
);
id!(
    /// One login, alive as long as its refresh tokens rotate.
    SessionId
);

impl AgreementId {
    /// The agreement that the configuration tells of.
    pub const HOUSE: Self = Self(Uuid::nil());
}

impl SalesUnitId {
    /// The house's own sales unit, which the configuration tells of.
    pub const HOUSE: Self = Self(Uuid::nil());
}

/// The name of one attempt at the provider: `[a-zA-Z0-9-]{8,50}`, never used twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub String);

impl Reference {
    /// The reference of an attempt: the prefix that tells installations apart, and the attempt's id without hyphens.
    pub fn of(prefix: &str, attempt: AttemptId) -> Self {
        Self(format!("{prefix}-{}", attempt.0.simple()))
    }

    /// The text as the provider knows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a payment is known at its provider: by our reference and, where the provider wants its own, by that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentId {
    /// Our name for it.
    pub reference: Reference,
    /// The provider's own id; empty where it has none, or has not told it yet.
    pub provider_id: Option<String>,
}

impl PaymentId {
    /// Our name for it, as the provider knows it.
    pub fn as_str(&self) -> &str {
        self.reference.as_str()
    }
}

impl From<Reference> for PaymentId {
    fn from(reference: Reference) -> Self {
        Self { reference, provider_id: None }
    }
}
