//! Keeps our own registration for webhooks at the provider alive: listed, compared with what we know, renewed when it
//! is gone. Without it the house lives on polling. Registrations of others are never touched.

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::hear::webhook_url;
use crate::keys::Purpose;
use crate::store::webhooks::WebhookRegistration;
use crate::store::{Stop, StoreError};
use crate::vipps::ProviderError;

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
    let result = mend(app).await;
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

enum Trouble {
    Provider(ProviderError),
    Stop(Stop),
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

async fn mend(app: &App) -> Result<(), Trouble> {
    let url = webhook_url(app);
    let there = app.vipps.webhooks().await?;
    let known = app.store.read(|tx| Ok(tx.webhook_registrations()?)).await?;
    let mut alive = false;
    for registration in known {
        let is_there = there.iter().any(|other| other.id == registration.id);
        // Without its secret nothing it sends could be believed.
        let opens = app.keys.open(&registration.key_id, &registration.secret_sealed, Purpose::WebhookSecret).is_ok();
        if is_there && opens && registration.url == url {
            if alive {
                // Two processes registered at once: one stood still for longer than its claim. One is enough.
                app.vipps.delete_webhook(&registration.id).await?;
                app.store.change(move |tx| Ok(tx.delete_webhook_registration(&registration.id)?)).await?;
                continue;
            }
            alive = true;
        } else if !is_there || !opens {
            info!(id = registration.id, is_there, opens, "a webhook registration is of no use anymore");
            app.store.change(move |tx| Ok(tx.delete_webhook_registration(&registration.id)?)).await?;
        }
    }
    let known = app.store.read(|tx| Ok(tx.webhook_registrations()?)).await?;
    for stale in there.iter().filter(|other| other.url == url && !known.iter().any(|own| own.id == other.id)) {
        // To our own address, but nobody here knows its secret: nothing it sends could be believed.
        app.vipps.delete_webhook(&stale.id).await?;
    }
    if alive {
        return Ok(());
    }
    let (id, secret) = app.vipps.register_webhook(&url).await?;
    let sealed = app.keys.seal(secret.as_bytes(), Purpose::WebhookSecret);
    let secret_sealed = sealed.map_err(|cause| Stop::from(StoreError::Corrupt(cause.to_string())))?;
    let key_id = app.keys.key_id().to_owned();
    let created_at = app.clock.now().timestamp_millis();
    let registration = WebhookRegistration { id, url, secret_sealed, key_id, created_at, last_heard_at: None };
    app.store.change(move |tx| Ok(tx.insert_webhook_registration(&registration)?)).await?;
    info!("registered for webhooks");
    Ok(())
}
