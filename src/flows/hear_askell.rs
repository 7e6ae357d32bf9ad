//! A webhook of Áskell came in: check its signature over the raw body, ring the bell of its order, answer. It is signed
//! without a time, so the same one can come again, from the provider or from somebody who saw it: a ring only makes the
//! order due for a look, and twice is once. Nobody redelivers what we refuse, so polling carries all of it by itself.

use tracing::{info, warn};

use super::app::App;
use super::hear::{Heard, address_of, ring_for, secrets_of};
use crate::askell::webhooks::{reference_in, verify};
use crate::domain::ids::SalesUnitId;
use crate::domain::sales_unit::Provider;
use crate::store::Stop;

/// Hears a webhook at the address of a sales unit.
pub async fn hear_askell(app: &App, unit: SalesUnitId, signature: &str, body: &[u8]) -> Result<Heard, Stop> {
    let registrations = app.porter.ringers(app, unit).await?;
    let url = address_of(app, unit, Provider::Askell);
    let ours: Vec<_> = registrations.into_iter().filter(|known| known.url == url).collect();
    if !verify(body, signature, &secrets_of(app, &ours)) {
        info!("a webhook with a wrong signature was refused");
        return Ok(Heard::Forged);
    }
    let Some(reference) = reference_in(body) else {
        // Of a customer or a subscription, or of a shape that is new: nothing here to look at.
        warn!("a signed webhook names no payment; it is answered and ignored");
        return Ok(Heard::Stored);
    };
    ring_for(app, url, &ours, reference, body).await?;
    Ok(Heard::Stored)
}
