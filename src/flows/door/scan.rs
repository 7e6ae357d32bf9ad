//! Somebody scanned a code at the door. If an organizer waits at it, the scan starts the payment of the order that is
//! waited for; if nobody does, it is answered kindly and starts nothing.

use tracing::info;

use super::super::app::App;
use super::super::hear::{Heard, Hearing, Incoming, is_ours};
use super::plan;
use crate::domain::door::Scan;
use crate::domain::ids::SalesUnitId;
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::Approach;
use crate::vipps::qr::parse_scan;

/// Hears a webhook about a scan at the address of a sales unit.
pub async fn hear_scan(app: &App, unit: SalesUnitId, incoming: Incoming) -> Result<Heard, Stop> {
    let Some(url) = is_ours(app, unit, Hearing::Scans, &incoming).await? else { return Ok(Heard::Forged) };
    let now = app.clock.now();
    let Ok(scan) = parse_scan(&incoming.body, now) else {
        // Signed and still unreadable: refusing it would bring it again and again for a week.
        info!("a signed webhook about a scan could not be read; it is answered and ignored");
        return Ok(Heard::Stored);
    };
    let code = scan.code.clone();
    let waiting = app
        .store
        .change(move |tx| {
            tx.hear_webhook(&url)?;
            tx.note_scan(unit, &code, now)?;
            Ok(tx.wait_at(unit, &code)?)
        })
        .await?;
    let Some(wait) = waiting.filter(|wait| wait.is_on(now)) else {
        info!("somebody scanned a code at the door, and nobody waited for it");
        return Ok(Heard::Stored);
    };
    let house = app.clone();
    app.store.write(wait.event, move |tx| serve(&house, tx, &scan, unit)).await?;
    app.signals.work_saved();
    Ok(Heard::Stored)
}

/// The same scan told twice finds nobody waiting the second time.
fn serve(app: &App, tx: &mut EventTx<'_>, scan: &Scan, unit: SalesUnitId) -> Result<(), Stop> {
    let now = tx.now();
    let Some(wait) = tx.wait_at(unit, &scan.code)?.filter(|wait| wait.takes(scan, now)) else {
        info!("a scan at the door was not the one that is waited for");
        return Ok(());
    };
    match plan(app, tx, wait.order, Approach::Scan(scan.token.clone()), ActedBy::Organizer(wait.asked_by)) {
        Ok(attempt) => Ok(tx.end_wait(wait.id, Some(attempt.id))?),
        // It was paid or ended meanwhile: whoever waited sees that, and the scan starts nothing.
        Err(Stop::Refused(_)) => Ok(tx.end_wait(wait.id, None)?),
        Err(stop) => Err(stop),
    }
}
