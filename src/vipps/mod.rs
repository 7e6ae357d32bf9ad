//! The payment provider port, and behind it the adapters: Vipps MobilePay ePayment v1, and Vipps eCom v2 for who has not
//! moved to it yet. Every call is tried once: who calls decides whether to try again, with the same key. Nothing here touches the database.

pub mod cards;
pub mod connector;
pub mod counted;
pub mod ecom;
pub mod epayment;
pub mod keyless;
pub mod qr;
pub mod signature;
pub mod webhooks;

mod call;
mod callback_token;
mod refusal;
mod snapshot;
mod token;
pub(crate) mod transport;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

pub use self::cards::{CardOutcome, CardPage, NewCustomer};
use crate::domain::credentials::Credentials;
use crate::domain::effect::EffectKind;
use crate::domain::flow::Flow;
use crate::domain::ids::{PaymentId, Reference, UserId};
pub use callback_token::CallbackToken;

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
    /// How the payer comes to it.
    pub approach: Approach,
    /// Where the provider sends the payer back.
    pub return_url: String,
    /// The number of the sales unit that is paid, where it has one.
    pub merchant_serial_number: String,
    /// Where the provider calls back about this payment alone, if it does not use webhooks.
    pub callback_prefix: String,
    /// Who pays: providers that keep cards know people by an id of ours.
    pub payer: UserId,
}

/// How a payer comes to a payment, with what the provider must know for it.
#[derive(Clone, PartialEq, Eq)]
pub enum Approach {
    /// Through the provider's page.
    Web,
    /// By scanning a code that we draw on a screen.
    Qr,
    /// By a request to the phone with this number: digits, with the country code.
    Phone(String),
    /// By a scan at the door; its token stands for the person.
    Scan(String),
}

impl Approach {
    /// What is kept of it.
    pub fn flow(&self) -> Flow {
        match self {
            Self::Web => Flow::Web,
            Self::Qr => Flow::Qr,
            Self::Phone(_) => Flow::Phone,
            Self::Scan(_) => Flow::Scan,
        }
    }
}

// Numbers and tokens are somebody's own.
impl fmt::Debug for Approach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Approach({})", self.flow().word())
    }
}

/// The answer to a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Where the payer approves.
    pub redirect_url: Option<String>,
    /// The provider's own id of it, where later calls need that.
    pub provider_id: Option<String>,
}

/// What a refusal says about the call that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The payment is not as the call took it to be: look before anything is sent again.
    NotSo,
    /// The payer or the provider is in the middle of something: a new key may do it in a moment.
    Busy,
    /// The same call under the same key may do it later.
    Later,
    /// It will not be done this way.
    Final,
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
    /// What the provider sends back with its callbacks, where it calls back about each payment.
    pub callback_token: CallbackToken,
}

/// Makes clients of whichever provider an agreement is with. Whoever adds a provider adds it here.
pub trait Connector: Send + Sync {
    /// The request body of a new payment, to be stored and sent unchanged.
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String;
    /// A client, made without calling anybody.
    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError>;
}

/// A code at the door, as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCode {
    /// Its id within the sales unit.
    pub id: String,
    /// Where it hangs, in words.
    pub location: String,
    /// What is drawn.
    pub content: String,
}

/// What a provider can do for people who pay at the door.
#[async_trait]
pub trait Door: Send + Sync {
    /// The codes of this sales unit.
    async fn codes(&self) -> Result<Vec<ListedCode>, ProviderError>;
    /// Makes a code, or changes where it hangs.
    async fn put_code(&self, id: &str, location: &str) -> Result<(), ProviderError>;
    /// Deletes a code: what is printed of it leads nowhere from then on.
    async fn delete_code(&self, id: &str) -> Result<(), ProviderError>;
    /// Registers a webhook for scans; answers its id and secret, which is shown once. A sales unit has one.
    async fn register_scans(&self, url: &str) -> Result<(String, String), ProviderError>;
}

/// What the house needs from a payment provider. A client is of one sales unit.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// The request body of a new payment, to be stored and sent unchanged.
    fn compose(&self, payment: &NewPayment) -> String;
    /// What a refusal with this code means for a call of this kind.
    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning;
    /// Tries the keys: asks for an access token, whatever is held. `Refused` says that the keys are not good.
    async fn check(&self) -> Result<(), ProviderError>;
    /// Makes a payment from a stored body. That the reference exists already is `Unknown`, not a refusal: an earlier
    /// try may have made it, so ask with `get`.
    async fn create(&self, payment: &PaymentId, body: &str, key: &str) -> Result<Created, ProviderError>;
    /// How the payment stands now; `None` when the provider does not know the reference.
    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError>;
    /// The provider's log of the payment, oldest first.
    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError>;
    /// Takes reserved money. `Ok` says that the provider took the call; what it did is seen by `get`.
    async fn capture(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError>;
    /// Gives taken money back.
    async fn refund(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError>;
    /// Ends a session that nobody approved; refused when somebody did.
    async fn close(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError>;
    /// Releases all money that is reserved and not taken.
    async fn release(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError>;
    /// The webhook registrations of this sales unit.
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError>;
    /// Registers a webhook for all payment events; answers its id and secret, which is shown once.
    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError>;
    /// Deletes a registration.
    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError>;
    /// What it can do at the door; empty for a provider without one.
    fn door(&self) -> Option<&dyn Door> {
        None
    }

    // What follows is of providers that charge stored cards; the others keep these answers.

    /// What the provider knows of a payment whose create was not answered; `None` is its certain word that there is none.
    async fn find(&self, payment: &PaymentId) -> Result<Option<Created>, ProviderError> {
        let seen = self.get(payment).await?;
        Ok(seen.map(|seen| Created { redirect_url: seen.redirect_url, provider_id: None }))
    }
    /// Charges the card of a payment again that was not charged. `Ok` says that the provider took the call.
    async fn retry(&self, _payment: &PaymentId) -> Result<(), ProviderError> {
        Err(cards::not_offered())
    }
    /// Opens the provider's page on which a person registers a card; the person is made known to the provider first.
    async fn open_card_page(&self, _customer: &NewCustomer, _return_url: &str) -> Result<CardPage, ProviderError> {
        Err(cards::not_offered())
    }
    /// What came of a page, and attaches its card to the person if one was registered.
    async fn take_card(&self, _customer: &str, _token: &str) -> Result<CardOutcome, ProviderError> {
        Err(cards::not_offered())
    }
}
