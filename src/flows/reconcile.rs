//! Repairs what looking again can repair: orders are looked at, events counted anew under their turn, and what was
//! parked unseen is marked for a person. Money is never invented here: everything goes through settling.

use std::collections::BTreeSet;
use std::time::Duration;

use super::app::App;
use super::doctor::{Checkup, Extent, examine};
use super::look::look_now;
use super::open_case::OpenCase;
use super::promote;
use crate::domain::attention::Attention;
use crate::domain::checkup::{Remedy, Subject, unseen};
use crate::domain::ids::{EventId, OrderId};
use crate::domain::trail::{Cause, Happening};
use crate::store::Stop;
use crate::store::trail::ActedBy;

/// How long one order waits for the provider's answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What was found, and what is left after the repair.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// Before.
    pub before: Checkup,
    /// After; empty when nothing was to be changed.
    pub after: Option<Checkup>,
}

/// Examines, repairs unless it is a dry run, and examines again.
pub async fn reconcile(app: &App, extent: Extent, dry_run: bool) -> Result<Reconciled, Stop> {
    let before = examine(app, extent).await?;
    if dry_run {
        return Ok(Reconciled { before, after: None });
    }
    // Each once, however much is wrong with it; marks come before looks, which would not settle what is parked.
    let mut work = BTreeSet::new();
    for finding in &before.findings {
        match (finding.ailment.remedy(), finding.about) {
            (Remedy::Count, Subject::Event(id)) => work.insert((0, id.0)),
            (Remedy::Mark, Subject::Order(id)) => work.insert((1, id.0)),
            (Remedy::Look, Subject::Order(id)) => work.insert((2, id.0)),
            (Remedy::Count | Remedy::Mark | Remedy::Look | Remedy::Person, _) => false,
        };
    }
    for (kind, id) in work {
        match kind {
            0 => count_again(app, EventId(id)).await?,
            1 => mark(app, OrderId(id)).await?,
            _ => look_now(app, OrderId(id), PATIENCE).await.map(|_looked| ())?,
        }
    }
    let after = Some(examine(app, extent).await?);
    Ok(Reconciled { before, after })
}

async fn count_again(app: &App, event: EventId) -> Result<(), Stop> {
    let house = app.clone();
    app.store
        .write(event, move |tx| {
            tx.count_again()?;
            promote::promote(&house, tx)?;
            Ok(())
        })
        .await?;
    app.signals.work_saved();
    Ok(())
}

async fn mark(app: &App, order: OrderId) -> Result<(), Stop> {
    let Some(found) = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await? else { return Ok(()) };
    let house = app.clone();
    app.store
        .write(found.event_id, move |tx| {
            let Some(mut open) = OpenCase::of_order(tx, order)? else { return Ok(()) };
            if let Some(reason) = unseen(&open.case) {
                open.case.order.needs_attention = Some(Attention { reason, since: tx.now() });
                open.note(Happening::NeedsAttention, Cause::Attention(reason), None);
                open.settle(&house, tx, &[], ActedBy::System)?;
            }
            Ok(())
        })
        .await
}
