//! The provider's client for each sales unit. It is made from the agreement's keys when somebody first needs it, kept,
//! and made anew when the agreement has changed, in this process or another. New keys are used once the provider has
//! accepted them; until then those before them are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use crate::clock::Timestamp;
use crate::domain::credentials::Credentials;
use crate::domain::ids::SalesUnitId;
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::{Environment, Provider};
use crate::keys::Purpose;
use crate::store::sales_units::{Contracted, SealedCredentials};
use crate::store::{Stop, StoreError};
use crate::vipps::keyless::{Keyless, OnlyTheHouse};
use crate::vipps::{CallbackToken, Connection, Connector, NewPayment, PaymentProvider, ProviderError};

/// How long keys that were not accepted are left alone before they are tried again. The provider needs a while to
/// know new ones.
const TRIED_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);

/// The clients of all units but the house's own.
pub struct Units {
    connector: Arc<dyn Connector>,
    places: Mutex<Places>,
}

/// Where each client is kept; those for creates by the provider that they go to.
type Places = HashMap<(SalesUnitId, Option<Provider>), Arc<Place>>;

/// Where the client of one unit is kept. Whoever makes it holds the place, so that it is made once.
type Place = tokio::sync::Mutex<Option<Made>>;

struct Made {
    client: Arc<dyn PaymentProvider>,
    /// The agreement as it was.
    version: i64,
    /// Until when it is good, in machine time; empty means until the agreement changes.
    until: Option<Timestamp>,
}

impl Default for Units {
    fn default() -> Self {
        Self::over(Arc::new(OnlyTheHouse))
    }
}

impl Units {
    /// Units whose clients come from this connector.
    pub fn over(connector: Arc<dyn Connector>) -> Self {
        Self { connector, places: Mutex::default() }
    }

    /// What the clients come from.
    pub fn connector(&self) -> Arc<dyn Connector> {
        Arc::clone(&self.connector)
    }

    /// The request body of a new payment with this provider.
    pub(super) fn compose(&self, provider: Provider, payment: &NewPayment) -> String {
        self.connector.compose(provider, payment)
    }

    fn place(&self, unit: SalesUnitId, over: Option<Provider>) -> Arc<Place> {
        Arc::clone(self.places.lock().unwrap_or_else(PoisonError::into_inner).entry((unit, over)).or_default())
    }
}

/// Why a question about a unit was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// A polite no, or trouble with the database.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// The provider does not answer.
    #[error("the payment provider does not answer right now")]
    Silent,
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        Self::Stop(refusal.into())
    }
}

impl From<ProviderError> for Unanswered {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused { status, code, title, .. } => {
                warn!(status, code, title, "the provider refused what was asked about a sales unit");
                Refusal::ProviderRefused.into()
            }
            ProviderError::Unavailable { .. } | ProviderError::Unknown { .. } => Self::Silent,
        }
    }
}

/// Whether the money of the house's own unit is real.
pub fn house_environment(app: &App) -> Environment {
    if app.settings.vipps.is_production() { Environment::Production } else { Environment::Test }
}

/// Says of orders from before units were told apart whether their money was real: as it is now.
pub async fn say_test_mode(app: &App) -> Result<(), Stop> {
    let test_mode = house_environment(app).is_test_mode();
    let said = app.store.change(move |tx| Ok(tx.say_test_mode(test_mode)?)).await?;
    if said > 0 {
        info!(orders = said, test_mode, "orders from before are told apart by whether their money is real");
    }
    Ok(())
}

/// The client for calls about a unit's payments. Where none can be made, one that answers nothing.
pub async fn provider_of(app: &App, unit: SalesUnitId) -> Result<Arc<dyn PaymentProvider>, Stop> {
    client(app, unit, None).await
}

/// The client that makes a payment which was planned over this provider: its stored body is of that one's words, also
/// when the agreement has moved to another since.
pub(super) async fn client_for_create(
    app: &App,
    unit: SalesUnitId,
    over: Provider,
) -> Result<Arc<dyn PaymentProvider>, Stop> {
    client(app, unit, Some(over)).await
}

async fn client(app: &App, unit: SalesUnitId, over: Option<Provider>) -> Result<Arc<dyn PaymentProvider>, Stop> {
    if unit == SalesUnitId::HOUSE {
        return Ok(Arc::clone(&app.vipps));
    }
    let place = app.units.place(unit, over);
    let mut held = place.lock().await;
    // A second round has keys that were just accepted, a third one somebody's newer keys.
    for _ in 0..3 {
        let found = app.store.read(move |tx| Ok(tx.sales_unit(unit)?)).await?;
        let Some(mut contracted) = found else { return Ok(Arc::new(Keyless("there is no such sales unit"))) };
        contracted.1.provider = over.unwrap_or(contracted.1.provider);
        let version = contracted.1.version;
        if let Some(made) = &*held
            && made.version == version
            && made.until.is_none_or(|until| app.clock.machine_now() < until)
        {
            return Ok(Arc::clone(&made.client));
        }
        *held = None;
        match make(app, &contracted).await? {
            Making::Made(client, until) => {
                *held = Some(Made { client: Arc::clone(&client), version, until });
                return Ok(client);
            }
            Making::Proven => {}
        }
    }
    Ok(Arc::new(Keyless("the keys keep changing")))
}

enum Making {
    /// Here it is, and until when it is good.
    Made(Arc<dyn PaymentProvider>, Option<Timestamp>),
    /// The newest keys were accepted just now: look again.
    Proven,
}

async fn make(app: &App, contracted: &Contracted) -> Result<Making, Stop> {
    let agreement = contracted.1.id;
    let kept = app.store.read(move |tx| Ok(tx.sealed_credentials(agreement)?)).await?;
    let mut keys = kept.iter();
    let Some(newest) = keys.next() else {
        return Ok(Making::Made(Arc::new(Keyless("the agreement has no keys yet")), None));
    };
    let older = keys.next();
    let client = client_of(app, contracted, newest);
    if newest.is_proven {
        return Ok(Making::Made(client, None));
    }
    match client.check().await {
        Ok(()) => {
            prove(app, contracted, newest).await?;
            Ok(Making::Proven)
        }
        Err(error) => {
            warn!(%agreement, %error, has_older = older.is_some(), "new keys are not accepted yet");
            let client = older.map_or(client, |older| client_of(app, contracted, older));
            Ok(Making::Made(client, Some(app.clock.machine_now() + TRIED_AGAIN_AFTER)))
        }
    }
}

async fn prove(app: &App, (_, agreement): &Contracted, keys: &SealedCredentials) -> Result<(), Stop> {
    let (agreement, keys) = (agreement.id, keys.id);
    app.store.change(move |tx| Ok(tx.prove_credentials(agreement, keys)?)).await?;
    info!(%agreement, "the provider accepts the new keys");
    Ok(())
}

fn client_of(app: &App, contracted: &Contracted, keys: &SealedCredentials) -> Arc<dyn PaymentProvider> {
    let (unit, agreement) = contracted;
    let Some(credentials) = open(app, keys) else {
        warn!(agreement = %agreement.id, key_id = keys.key_id, "the keys of an agreement cannot be opened");
        return Arc::new(Keyless("the keys of the agreement cannot be opened"));
    };
    let connection = Connection {
        provider: agreement.provider,
        environment: agreement.environment,
        merchant_serial_number: unit.merchant_serial_number.clone(),
        credentials,
        callback_token: CallbackToken::of(&app.keys.keyed_hash(Purpose::PaymentCallback, &callback_name(unit.id))),
    };
    app.units.connector.connect(&connection).unwrap_or_else(|_unfit| Arc::new(Keyless("the keys fit into no header")))
}

/// What the token of a unit's callbacks is derived from, beside the master key.
fn callback_name(unit: SalesUnitId) -> Vec<u8> {
    unit.to_string().into_bytes()
}

/// True when this header came from whom we told the token of the unit's callbacks. Payments that were begun under an old
/// master key still carry the token of that.
pub(super) fn is_callback_of(app: &App, unit: SalesUnitId, authorization: &str) -> bool {
    let hashes = app.keys.keyed_hashes(Purpose::PaymentCallback, &callback_name(unit));
    hashes.iter().fold(false, |known, hash| known | CallbackToken::of(hash).is_in(authorization))
}

fn open(app: &App, keys: &SealedCredentials) -> Option<Credentials> {
    let text = app.keys.open(&keys.key_id, &keys.sealed, Purpose::ProviderKeys).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Seals keys for storage under the master key in use.
pub(super) fn seal(app: &App, credentials: &Credentials) -> Result<Vec<u8>, Stop> {
    let text = serde_json::to_vec(credentials).map_err(|_cause| trouble("keys could not be written"))?;
    app.keys.seal(&text, Purpose::ProviderKeys).map_err(|cause| trouble(&cause.to_string()))
}

fn trouble(what: &str) -> Stop {
    StoreError::Corrupt(what.to_owned()).into()
}

/// Tries the newest keys of an agreement now, with the number of a unit if it has one. Good ones take the place of those
/// before them.
pub(super) async fn try_keys(app: &App, contracted: &Contracted) -> Result<Result<(), ProviderError>, Stop> {
    let agreement = contracted.1.id;
    let kept = app.store.read(move |tx| Ok(tx.sealed_credentials(agreement)?)).await?;
    let newest = kept.first().ok_or(Refusal::CredentialsMissing)?;
    let tried = client_of(app, contracted, newest).check().await;
    if tried.is_ok() {
        prove(app, contracted, newest).await?;
    }
    Ok(tried)
}
