//! The webhook registrations of a sales unit, seen and changed by a person: those the provider has, with what we know of
//! ours. The house keeps its own alive by itself; this is for looking, for cleaning up, and for beginning anew.

use super::app::App;
use super::hear::{Hearing, address_for};
use super::keep_webhooks::register;
use super::units::{Unanswered, provider_of};
use crate::clock::Timestamp;
use crate::domain::ids::SalesUnitId;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::domain::silence::Silence;
use crate::domain::time::at_millis;
use crate::store::Stop;
use crate::store::webhooks::WebhookRegistration;
use crate::vipps::{PaymentProvider, ProviderError, Registered};

/// A registration at the provider.
#[derive(Clone, Debug)]
pub struct WebhookView {
    /// The provider's id of it.
    pub id: String,
    /// Where it sends.
    pub url: String,
    /// What it sends.
    pub events: Vec<String>,
    /// What we know of it; empty for a registration of somebody else's.
    pub own: Option<OwnWebhook>,
}

/// What we know of a registration of our own.
#[derive(Clone, Copy, Debug)]
pub struct OwnWebhook {
    /// When it was made.
    pub made_at: Timestamp,
    /// When a webhook of it came last.
    pub last_heard_at: Option<Timestamp>,
    /// What its silence may mean.
    pub silence: Silence,
}

impl WebhookView {
    fn of(there: Registered, known: &[WebhookRegistration], now: Timestamp) -> Self {
        let own = known.iter().find(|own| own.id == there.id).map(|own| {
            let (made_at, last_heard_at) = (at_millis(own.created_at), own.last_heard_at.map(at_millis));
            OwnWebhook { made_at, last_heard_at, silence: Silence::of(made_at, last_heard_at, now) }
        });
        Self { id: there.id, url: there.url, events: there.events, own }
    }
}

/// The registrations of a unit, as the provider lists them now.
pub async fn see_webhooks(app: &App, who: &Standing, unit: SalesUnitId) -> Result<Vec<WebhookView>, Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    if !find_with_keys(app, unit).await?.has_webhooks() {
        return Ok(Vec::new());
    }
    let there = provider_of(app, unit).await?.webhooks().await?;
    let known = app.store.read(move |tx| Ok(tx.webhook_registrations(unit)?)).await?;
    let now = app.clock.now();
    Ok(there.into_iter().map(|there| WebhookView::of(there, &known, now)).collect())
}

/// Registers our address anew; the registrations that we had there go.
pub async fn register_anew(app: &App, who: &Standing, unit: SalesUnitId) -> Result<WebhookView, Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    let over = find_with_keys(app, unit).await?;
    if !over.has_webhooks() {
        return Err(Refusal::NoWebhooks.into());
    }
    let vipps = provider_of(app, unit).await?;
    let scans = address_for(app, unit, over, Hearing::Scans);
    let mut before = app.store.read(move |tx| Ok(tx.webhook_registrations(unit)?)).await?;
    before.retain(|known| known.url != scans);
    // The new one first: what comes in between is heard twice rather than never.
    let new = register(app, (unit, over), &*vipps, Hearing::Payments).await?;
    for old in before {
        forget(app, &*vipps, old.id).await?;
    }
    let there = vipps.webhooks().await?.into_iter().find(|there| there.id == new.id);
    let there = there.unwrap_or_else(|| Registered { id: new.id.clone(), url: new.url.clone(), events: Vec::new() });
    Ok(WebhookView::of(there, &[new], app.clock.now()))
}

/// Deletes a registration of a unit, whoever made it.
pub async fn delete_webhook(app: &App, who: &Standing, unit: SalesUnitId, id: String) -> Result<(), Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    if !find_with_keys(app, unit).await?.has_webhooks() {
        return Err(Refusal::NotFound.into());
    }
    let vipps = provider_of(app, unit).await?;
    if !vipps.webhooks().await?.iter().any(|there| there.id == id) {
        return Err(Refusal::NotFound.into());
    }
    forget(app, &*vipps, id).await
}

async fn forget(app: &App, vipps: &dyn PaymentProvider, id: String) -> Result<(), Unanswered> {
    match vipps.delete_webhook(&id).await {
        // It was gone already.
        Ok(()) | Err(ProviderError::Refused { status: 404, .. }) => {}
        Err(error) => return Err(error.into()),
    }
    app.store.change(move |tx| Ok(tx.delete_webhook_registration(&id)?)).await?;
    Ok(())
}

/// With whom the unit is. Refuses one that is not there, and one whose agreement has no keys to ask with.
async fn find_with_keys(app: &App, unit: SalesUnitId) -> Result<Provider, Stop> {
    app.store
        .read(move |tx| {
            let (_, agreement) = tx.sales_unit(unit)?.ok_or(Refusal::NotFound)?;
            let has_keys = unit == SalesUnitId::HOUSE || !tx.sealed_credentials(agreement.id)?.is_empty();
            if has_keys { Ok(agreement.provider) } else { Err(Refusal::CredentialsMissing.into()) }
        })
        .await
}
