//! The payment provider port, and behind it the adapter for Vipps MobilePay ePayment v1. Every call is tried once: who
//! calls decides whether to try again, with the same key. Nothing here touches the database.

pub mod connector;
pub mod counted;
pub mod epayment;
pub mod keyless;
pub mod signature;
pub mod webhooks;

mod call;
mod refusal;
mod snapshot;
mod token;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::domain::credentials::Credentials;
use crate::domain::ids::Reference;
pub use crate::domain::ledger::LogLine;
use crate::domain::money::Money;
use crate::domain::sales_unit::{Environment, Provider};
use crate::domain::snapshot::Snapshot;

/// What a payment is made of. The adapter turns it into the body that is stored and sent byte for byte.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// The attempt's name at the provider.
    pub reference: Reference,
    /// What is owed.
    pub price: Money,
    /// What the payer sees, 3 to 100 characters.
    pub description: String,
    /// Where the provider sends the payer back.
    pub return_url: String,
}

/// The answer to a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Where the payer approves.
    pub redirect_url: Option<String>,
}

/// A webhook registration at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The provider's id of it.
    pub id: String,
    /// Where it sends.
    pub url: String,
    /// What it sends.
    pub events: Vec<String>,
}

/// How a call that did not simply succeed ended. Money cares about the difference.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Certainly not done. The same call under the same key will not do it either.
    #[error("the provider refused: {status} {} {title}", code.as_deref().unwrap_or("without code"))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The provider's own code, like `6080`.
        code: Option<String>,
        /// The provider's title, cut short.
        title: String,
        /// The provider's detail, cut short.
        detail: String,
        /// The provider's trace id, for its support.
        trace_id: Option<String>,
    },
    /// Certainly not done; trying again under the same key may do it.
    #[error("the provider is unavailable: {reason}")]
    Unavailable {
        /// Why, without anything secret or personal.
        reason: String,
        /// How long the provider asks us to wait.
        retry_after: Option<TimeDelta>,
    },
    /// Sent, and no answer that tells: it may have been done. Ask with `get`, or try again under the same key.
    #[error("the provider's answer is unknown: {reason}")]
    Unknown {
        /// Why, without anything secret or personal.
        reason: String,
    },
}

impl ProviderError {
    /// How long the provider asks us to wait; nothing when it does not say.
    pub fn asks_for(&self) -> TimeDelta {
        match self {
            Self::Unavailable { retry_after, .. } => retry_after.unwrap_or_default(),
            Self::Refused { .. } | Self::Unknown { .. } => TimeDelta::zero(),
        }
    }
}

/// What a client for one sales unit is made of.
#[derive(Clone, Debug)]
pub struct Connection {
    /// With which provider.
    pub provider: Provider,
    /// Whether its money is real.
    pub environment: Environment,
    /// The sales unit's number; empty while the keys are tried without one.
    pub merchant_serial_number: String,
    /// The keys.
    pub credentials: Credentials,
}

/// Makes clients of whichever provider an agreement is with. Whoever adds a provider adds it here.
pub trait Connector: Send + Sync {
    /// The request body of a new payment, to be stored and sent unchanged.
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String;
    /// A client, made without calling anybody.
    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError>;
}

/// What the house needs from a payment provider. A client is of one sales unit.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// The request body of a new payment, to be stored and sent unchanged.
    fn compose(&self, payment: &NewPayment) -> String;
    /// Tries the keys: asks for an access token, whatever is held. `Refused` says that the keys are not good.
    async fn check(&self) -> Result<(), ProviderError>;
    /// Makes a payment from a stored body. That the reference exists already is `Unknown`, not a refusal: an earlier
    /// try may have made it, so ask with `get`.
    async fn create(&self, reference: &Reference, body: &str, key: &str) -> Result<Created, ProviderError>;
    /// How the payment stands now; `None` when the provider does not know the reference.
    async fn get(&self, reference: &Reference) -> Result<Option<Snapshot>, ProviderError>;
    /// The provider's log of the payment, oldest first.
    async fn events(&self, reference: &Reference) -> Result<Vec<LogLine>, ProviderError>;
    /// Takes reserved money. `Ok` says that the provider took the call; what it did is seen by `get`.
    async fn capture(&self, reference: &Reference, amount: Money, key: &str) -> Result<(), ProviderError>;
    /// Gives taken money back.
    async fn refund(&self, reference: &Reference, amount: Money, key: &str) -> Result<(), ProviderError>;
    /// Ends a session that nobody approved; refused when somebody did.
    async fn close(&self, reference: &Reference, key: &str) -> Result<(), ProviderError>;
    /// Releases all money that is reserved and not taken.
    async fn release(&self, reference: &Reference, key: &str) -> Result<(), ProviderError>;
    /// The webhook registrations of this sales unit.
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError>;
    /// Registers a webhook for all payment events; answers its id and secret, which is shown once.
    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError>;
    /// Deletes a registration.
    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError>;
}
