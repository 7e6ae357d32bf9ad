//! Forgets what has no use any more: answers too old to be repeated, tokens that ended, old failures. Seats, money and
//! the trail are never forgotten. The embedded database's log is cut short on the same occasion.

use chrono::TimeDelta;

use super::app::App;
use crate::store::Stop;

/// The duty's name.
pub const DUTY: &str = "forget";

/// Forgets, if that is due; true when it was.
pub async fn forget(app: &App) -> Result<bool, Stop> {
    let Some(claim) = app.store.change(|tx| Ok(tx.claim_duty(DUTY, TimeDelta::minutes(5))?)).await? else {
        return Ok(false);
    };
    let next = app.clock.now() + TimeDelta::hours(1);
    app.store
        .change(move |tx| {
            let now = tx.now();
            tx.forget_replays(now)?;
            let machine_now = tx.clock().machine_now();
            tx.forget_logins(machine_now)?;
            Ok(tx.finish_duty(claim, next)?)
        })
        .await?;
    app.store.maintain(|conn| conn.checkpoint()).await?;
    Ok(true)
}
