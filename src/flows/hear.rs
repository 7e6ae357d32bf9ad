//! A webhook came in: check its signature over the raw body, ring the bell of its order, answer. What it says is only
//! a hint; the look that follows asks.

use tracing::{info, warn};

use super::app::App;
use crate::domain::ids::SalesUnitId;
use crate::keys::Purpose;
use crate::store::Stop;
use crate::vipps::signature::{self, SignedRequest};
use crate::vipps::webhooks::WebhookEvent;

/// The path that the provider calls.
pub const WEBHOOK_PATH: &str = "/webhooks/vipps";

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

/// What became of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Stored: the order is looked at, or nobody knows the payment.
    Stored,
    /// Not signed by the provider.
    Forged,
}

/// Our address at the provider for one sales unit. Each has its own, so that nothing but its own secrets is tried.
pub fn webhook_url(app: &App, unit: SalesUnitId) -> String {
    match unit {
        SalesUnitId::HOUSE => format!("{}{WEBHOOK_PATH}", app.settings.public_url),
        unit => format!("{}{WEBHOOK_PATH}/{unit}", app.settings.public_url),
    }
}

/// Hears a webhook at the address of a sales unit.
pub async fn hear(app: &App, unit: SalesUnitId, incoming: Incoming) -> Result<Heard, Stop> {
    let registrations = app.porter.ringers(app, unit).await?;
    let url = webhook_url(app, unit);
    let now = app.clock.now();
    let is_noted = registrations.iter().filter(|known| known.url == url).all(|known| known.was_heard_lately(now));
    let secrets: Vec<String> = registrations
        .iter()
        .filter_map(|known| {
            let secret = app.keys.open(&known.key_id, &known.secret_sealed, Purpose::WebhookSecret);
            secret.ok().and_then(|bytes| String::from_utf8(bytes).ok())
        })
        .collect();
    let request = SignedRequest {
        registered_url: &url,
        date: &incoming.date,
        content_sha256: &incoming.content_sha256,
        authorization: &incoming.authorization,
        body: &incoming.body,
    };
    if !signature::verify(&request, &secrets) {
        info!("a webhook with a wrong signature was refused");
        return Ok(Heard::Forged);
    }
    let Ok(event) = WebhookEvent::parse(&incoming.body) else {
        // Signed and still unreadable: refusing it would hold back every later event of that payment for a week.
        warn!("a signed webhook could not be read; it is answered and ignored");
        return Ok(Heard::Stored);
    };
    let body = String::from_utf8_lossy(&incoming.body).chars().take(4_000).collect::<String>();
    app.store
        .change(move |tx| {
            if !is_noted {
                tx.hear_webhook(&url)?;
            }
            if !tx.ring_reference(event.reference.as_str())? {
                tx.keep_strange_bell(event.reference.as_str(), &body)?;
            }
            Ok(())
        })
        .await?;
    app.signals.work_saved();
    Ok(Heard::Stored)
}
