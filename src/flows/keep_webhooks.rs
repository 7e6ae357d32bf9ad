//! Keeps our own registration for webhooks at the provider alive, for each sales unit at work: listed, compared with what we know, renewed when it
//! is gone. Without it the house lives on polling. Registrations of others are never touched.

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::cards::provider_of_unit;
use super::hear::{Hearing, address_for};
use super::units::{Unanswered, provider_of};
use crate::domain::ids::SalesUnitId;
use crate::domain::sales_unit::Provider;
use crate::keys::Purpose;
use crate::store::webhooks::WebhookRegistration;
use crate::store::{Stop, StoreError};
use crate::vipps::{PaymentProvider, ProviderError, Registered};

/// The duty's name.
pub const DUTY: &str = "webhook_upkeep";
/// The provider deletes a registration that is dead for two weeks: an hour is often enough.
const PAUSE: TimeDelta = TimeDelta::hours(1);
const PAUSE_AFTER_FAILURE: TimeDelta = TimeDelta::minutes(5);

/// Compares and mends, if that is due; true when it was.
pub async fn keep_webhooks(app: &App) -> Result<bool, Stop> {
    let Some(claim) = app.store.change(|tx| Ok(tx.claim_duty(DUTY, TimeDelta::minutes(2))?)).await? else {
        return Ok(false);
    };
    let result = mend_all(app).await;
    let pause = match &result {
        Ok(()) => PAUSE,
        Err(Trouble::Provider(error)) => {
            warn!(%error, "our webhook registration could not be checked; polling carries on");
            PAUSE_AFTER_FAILURE
        }
        Err(Trouble::Stop(_)) => PAUSE_AFTER_FAILURE,
    };
    let next = app.clock.now() + pause;
    app.store.change(move |tx| Ok(tx.finish_duty(claim, next)?)).await?;
    match result {
        Err(Trouble::Stop(stop)) => Err(stop),
        Ok(()) | Err(Trouble::Provider(_)) => Ok(true),
    }
}

/// Why registrations could not be seen after.
pub(super) enum Trouble {
    /// The provider did not do it.
    Provider(ProviderError),
    /// The database.
    Stop(Stop),
}

impl From<Trouble> for Unanswered {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Provider(error) => error.into(),
            Trouble::Stop(stop) => stop.into(),
        }
    }
}

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

// A unit whose provider is down holds up none of the others.
async fn mend_all(app: &App) -> Result<(), Trouble> {
    let made = app.store.read(|tx| Ok(tx.units_at_work()?)).await?;
    let mut first = None;
    for unit in std::iter::once(SalesUnitId::HOUSE).chain(made) {
        match mend_unit(app, unit).await {
            Ok(()) => {}
            Err(trouble) if first.is_none() => first = Some(trouble),
            Err(Trouble::Provider(error)) => warn!(%unit, %error, "webhook registrations could not be checked"),
            Err(stop @ Trouble::Stop(_)) => return Err(stop),
        }
    }
    first.map_or(Ok(()), Err)
}

/// A unit hears of its payments and, where codes of it hang at a door, of their scans.
async fn mend_unit(app: &App, unit: SalesUnitId) -> Result<(), Trouble> {
    // Who calls back about each payment by itself has nothing to be registered with.
    let over = provider_of_unit(app, unit).await?;
    if !over.has_webhooks() {
        return Ok(());
    }
    let vipps = provider_of(app, unit).await?;
    let there = vipps.webhooks().await?;
    mend(app, (unit, over), &*vipps, &there, Hearing::Payments).await?;
    if app.store.read(move |tx| Ok(tx.has_door_codes(unit)?)).await? {
        mend(app, (unit, over), &*vipps, &there, Hearing::Scans).await?;
    }
    Ok(())
}

async fn mend(
    app: &App,
    (unit, over): (SalesUnitId, Provider),
    vipps: &dyn PaymentProvider,
    there: &[Registered],
    hearing: Hearing,
) -> Result<(), Trouble> {
    let url = address_for(app, unit, over, hearing);
    let others = address_for(app, unit, over, hearing.other());
    let mut known = app.store.read(move |tx| Ok(tx.webhook_registrations(unit)?)).await?;
    known.retain(|registration| registration.url != others);
    let mut alive = false;
    for registration in known {
        let is_there = there.iter().any(|other| other.id == registration.id);
        // Without its secret nothing it sends could be believed.
        let opens = app.keys.open(&registration.key_id, &registration.secret_sealed, Purpose::WebhookSecret).is_ok();
        if is_there && opens && registration.url == url {
            if alive {
                // Two processes registered at once: one stood still for longer than its claim. One is enough.
                vipps.delete_webhook(&registration.id).await?;
                app.store.change(move |tx| Ok(tx.delete_webhook_registration(&registration.id)?)).await?;
                continue;
            }
            alive = true;
        } else if !is_there || !opens {
            info!(id = registration.id, is_there, opens, "a webhook registration is of no use anymore");
            app.store.change(move |tx| Ok(tx.delete_webhook_registration(&registration.id)?)).await?;
        }
    }
    let known = app.store.read(move |tx| Ok(tx.webhook_registrations(unit)?)).await?;
    for stale in there.iter().filter(|other| other.url == url && !known.iter().any(|own| own.id == other.id)) {
        // To our own address, but nobody here knows its secret: nothing it sends could be believed.
        vipps.delete_webhook(&stale.id).await?;
    }
    if !alive {
        register(app, (unit, over), vipps, hearing).await?;
    }
    Ok(())
}

/// Registers our address for a unit's webhooks, and keeps the secret.
pub(super) async fn register(
    app: &App,
    (unit, over): (SalesUnitId, Provider),
    vipps: &dyn PaymentProvider,
    hearing: Hearing,
) -> Result<WebhookRegistration, Trouble> {
    let url = address_for(app, unit, over, hearing);
    let (id, secret) = match (hearing, vipps.door()) {
        (Hearing::Payments, _) => vipps.register_webhook(&url).await?,
        (Hearing::Scans, Some(door)) => door.register_scans(&url).await?,
        (Hearing::Scans, None) => {
            let reason = "this provider tells of no scans".to_owned();
            return Err(ProviderError::Unavailable { reason, retry_after: None }.into());
        }
    };
    let sealed = app.keys.seal(secret.as_bytes(), Purpose::WebhookSecret);
    let secret_sealed = sealed.map_err(|cause| Stop::from(StoreError::Corrupt(cause.to_string())))?;
    let key_id = app.keys.key_id().to_owned();
    let created_at = app.clock.now().timestamp_millis();
    let sales_unit = unit.to_string();
    let registration =
        WebhookRegistration { id, url, secret_sealed, key_id, created_at, last_heard_at: None, sales_unit };
    let saved = registration.clone();
    app.store.change(move |tx| Ok(tx.insert_webhook_registration(&saved)?)).await?;
    info!(%unit, "registered for webhooks");
    Ok(registration)
}
