//! A callback about one payment came in: check the token that we gave for it, ring the bell of its order, answer. There is
//! one attempt and no signature, so what it says is not even read: the look that follows asks, and polling carries
//! everything when none ever comes.

use tracing::info;

use super::app::App;
use super::hear::Heard;
use super::units::is_callback_of;
use crate::domain::ids::SalesUnitId;
use crate::store::Stop;

/// Hears a callback about a payment of a sales unit.
pub async fn hear_callback(
    app: &App,
    unit: SalesUnitId,
    reference: &str,
    (authorization, body): (&str, &[u8]),
) -> Result<Heard, Stop> {
    if !is_callback_of(app, unit, authorization) {
        info!("a callback with a wrong token was refused");
        return Ok(Heard::Forged);
    }
    let (reference, body) = (reference.to_owned(), body.to_vec());
    app.store.change(move |tx| Ok(tx.hear_about(&reference, &body)?)).await?;
    app.signals.work_saved();
    Ok(Heard::Stored)
}
