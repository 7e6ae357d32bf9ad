//! A webhook came in: check its signature over the raw body, ring the bell of its order, answer. What it says is only
//! a hint; the look that follows asks.

use tracing::{info, warn};

use super::app::App;
use crate::domain::ids::{Reference, SalesUnitId};
use crate::domain::sales_unit::Provider;
use crate::keys::Purpose;
use crate::store::Stop;
use crate::store::webhooks::WebhookRegistration;
use crate::vipps::signature::{self, SignedRequest};
use crate::vipps::webhooks::WebhookEvent;

/// The path that the provider calls.
pub const WEBHOOK_PATH: &str = "/webhooks/vipps";
/// What follows in the path for scans at the door.
const SCANS: &str = "/scans";

/// What a registration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Everything that happens to payments.
    Payments,
    /// Scans of the codes at the door. A sales unit has one registration for them, so it stands apart from the other.
    Scans,
}

/// The signed parts of a webhook.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The header `x-ms-date`.
    pub date: String,
    /// The header `x-ms-content-sha256`.
    pub content_sha256: String,
    /// The header `Authorization`.
    pub authorization: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Hearing {
    /// The one that a registration for this is not for.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Payments => Self::Scans,
            Self::Scans => Self::Payments,
        }
    }
}

/// What became of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Stored: the order is looked at, or nobody knows the payment.
    Stored,
    /// Not signed by the provider.
    Forged,
}

/// The path that Áskell calls.
pub const ASKELL_WEBHOOK_PATH: &str = "/webhooks/askell";

/// Our address for the webhooks of a unit with this provider.
pub fn address_of(app: &App, unit: SalesUnitId, provider: Provider) -> String {
    match provider {
        Provider::VippsEpayment | Provider::VippsEcom => webhook_url(app, unit),
        Provider::Askell => format!("{}{ASKELL_WEBHOOK_PATH}/{unit}", app.settings.public_url),
    }
}

/// Our address at Vipps for one sales unit. Each has its own, so that nothing but its own secrets is tried.
pub fn webhook_url(app: &App, unit: SalesUnitId) -> String {
    match unit {
        SalesUnitId::HOUSE => format!("{}{WEBHOOK_PATH}", app.settings.public_url),
        unit => format!("{}{WEBHOOK_PATH}/{unit}", app.settings.public_url),
    }
}

/// Our address at a provider for what a registration is for.
pub fn address_for(app: &App, unit: SalesUnitId, provider: Provider, hearing: Hearing) -> String {
    let url = address_of(app, unit, provider);
    match hearing {
        Hearing::Payments => url,
        Hearing::Scans => format!("{url}{SCANS}"),
    }
}

/// The address that a webhook came to, if one of our registrations there signed it.
pub(super) async fn is_ours(
    app: &App,
    unit: SalesUnitId,
    hearing: Hearing,
    incoming: &Incoming,
) -> Result<Option<String>, Stop> {
    let registrations = app.porter.ringers(app, unit).await?;
    let url = address_for(app, unit, Provider::VippsEpayment, hearing);
    Ok(is_signed(app, &registrations, &url, incoming).then_some(url))
}

/// Hears a webhook at the address of a sales unit.
pub async fn hear(app: &App, unit: SalesUnitId, incoming: Incoming) -> Result<Heard, Stop> {
    let registrations = app.porter.ringers(app, unit).await?;
    let url = webhook_url(app, unit);
    if !is_signed(app, &registrations, &url, &incoming) {
        return Ok(Heard::Forged);
    }
    let Ok(event) = WebhookEvent::parse(&incoming.body) else {
        // Signed and still unreadable: refusing it would hold back every later event of that payment for a week.
        warn!("a signed webhook could not be read; it is answered and ignored");
        return Ok(Heard::Stored);
    };
    ring_for(app, url, &registrations, event.reference, &incoming.body).await?;
    Ok(Heard::Stored)
}

/// The secrets of some registrations, as far as they can be opened.
pub(super) fn secrets_of(app: &App, registrations: &[WebhookRegistration]) -> Vec<String> {
    let open = |known: &WebhookRegistration| {
        let secret = app.keys.open(&known.key_id, &known.secret_sealed, Purpose::WebhookSecret);
        secret.ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    registrations.iter().filter_map(open).collect()
}

/// Notes that a webhook came to this address, and rings for its payment; one that nobody knows is kept for a person.
pub(super) async fn ring_for(
    app: &App,
    url: String,
    registrations: &[WebhookRegistration],
    reference: Reference,
    body: &[u8],
) -> Result<(), Stop> {
    let now = app.clock.now();
    let is_noted = registrations.iter().filter(|known| known.url == url).all(|known| known.was_heard_lately(now));
    let body = body.to_vec();
    app.store
        .change(move |tx| {
            if !is_noted {
                tx.hear_webhook(&url)?;
            }
            Ok(tx.hear_about(reference.as_str(), &body)?)
        })
        .await?;
    app.signals.work_saved();
    Ok(())
}

/// True when it is signed with the secret of any registration of ours.
fn is_signed(app: &App, registrations: &[WebhookRegistration], url: &str, incoming: &Incoming) -> bool {
    let secrets = secrets_of(app, registrations);
    let request = SignedRequest {
        registered_url: url,
        date: &incoming.date,
        content_sha256: &incoming.content_sha256,
        authorization: &incoming.authorization,
        body: &incoming.body,
    };
    let is_signed = signature::verify(&request, &secrets);
    if !is_signed {
        info!("a webhook with a wrong signature was refused");
    }
    is_signed
}
