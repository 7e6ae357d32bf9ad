//! A callback about one payment came in: check the token that we gave for it, ring the bell of its order, answer. There is
//! one attempt and no signature, so what it says is not even read: the look that follows asks, and polling carries
//! everything when none ever comes.

use tracing::info;

use super::app::App;
use super::hear::Heard;
use super::units::is_callback_of;
use crate::domain::ids::SalesUnitId;
use crate::store::Stop;

/// The most of a callback about a payment that nobody knows that is kept.
const KEPT: usize = 4_000;
/// The longest name that a payment has; what is longer is cut before it is kept.
const NAME_MAX: usize = 64;

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
    let kept = |text: &str, most: usize| text.chars().filter(|letter| *letter != '\0').take(most).collect::<String>();
    let (reference, body) = (kept(reference, NAME_MAX), kept(&String::from_utf8_lossy(body), KEPT));
    app.store
        .change(move |tx| {
            if !tx.ring_reference(&reference)? {
                tx.keep_strange_bell(&reference, &body)?;
            }
            Ok(())
        })
        .await?;
    app.signals.work_saved();
    Ok(Heard::Stored)
}
