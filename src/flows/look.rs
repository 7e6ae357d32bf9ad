//! A look at an order: ask the provider, settle, save. It is claimed per order; a bell that rings while the question
//! is under way is served by another look. The provider is asked outside any transaction.

use std::time::Duration;

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::open_case::OpenCase;
use super::units::provider_of;
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, Sighting};
use crate::domain::ids::OrderId;
use crate::domain::ledger::{Booked, LogLine, as_booked, booked, moved, movements};
use crate::domain::look::is_worth_asking;
use crate::domain::snapshot::Snapshot;
use crate::store::orders::Look;
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::PaymentProvider;

/// How long one process may hold a look: several questions of at most half a minute each.
const CLAIM: TimeDelta = TimeDelta::seconds(120);
/// After so many looks in a row without an answer somebody should know.
const ALARM_AFTER: i64 = 5;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The provider answered, and the order is settled.
    Answered,
    /// The provider did not answer; the order waits.
    Unanswered,
    /// It was not due, or somebody else was looking.
    NotDue,
}

/// Looks at an order if that is due.
pub async fn look(app: &App, order: OrderId) -> Result<Looked, Stop> {
    let Some(look) = app.store.change(move |tx| Ok(tx.claim_look(order, CLAIM)?)).await? else {
        return Ok(Looked::NotDue);
    };
    let (attempts, ledger) =
        app.store.read(move |tx| Ok((tx.attempts_of_order(order)?, tx.booked_of_order(order)?))).await?;
    let vipps = provider_of(app, look.sales_unit).await?;
    let mut seen_of_all = Vec::new();
    for attempt in attempts.into_iter().filter(|attempt| is_worth_asking(attempt, look.rung)) {
        let asked_at = app.clock.now();
        let seen = match vipps.get(&attempt.payment()).await {
            Ok(seen) => seen,
            Err(error) => return unanswered(app, look, &error).await,
        };
        let log = read_log(&*vipps, &attempt, seen.as_ref(), &ledger).await;
        seen_of_all.push(Seen { attempt, asked_at, seen, log });
    }
    let (house, its_look) = (app.clone(), look.clone());
    let saved = app.store.write(look.event, move |tx| save(&house, tx, &its_look, &seen_of_all)).await;
    if let Err(stop) = saved {
        // What was seen is seen again: the claim is given back, so that nobody waits for it to run out.
        app.store.change(move |tx| Ok(tx.postpone_look(&look, TimeDelta::zero())?)).await?;
        return Err(stop);
    }
    app.signals.work_done();
    Ok(Looked::Answered)
}

/// What was seen of one attempt, with the provider's log of it if its sums have moved.
struct Seen {
    attempt: Attempt,
    asked_at: Timestamp,
    seen: Option<Snapshot>,
    log: Vec<LogLine>,
}

/// The log tells each amount that moved. It is read when the sums are not those of the ledger; a seat does not wait for
/// it: without an answer it is read again soon.
async fn read_log(
    vipps: &dyn PaymentProvider,
    attempt: &Attempt,
    seen: Option<&Snapshot>,
    ledger: &[Booked],
) -> Vec<LogLine> {
    let Some(snapshot) = seen else { return Vec::new() };
    if booked(ledger, attempt.id) == moved(snapshot.amounts) {
        return Vec::new();
    }
    let log = vipps.events(&attempt.payment()).await.unwrap_or_else(|error| {
        info!(attempt = %attempt.id, %error, "the provider did not tell its log; it is asked again");
        Vec::new()
    });
    as_booked(attempt.provider, log)
}

fn save(app: &App, tx: &mut EventTx<'_>, look: &Look, seen_of_all: &[Seen]) -> Result<(), Stop> {
    if !tx.holds_look(look)? {
        return Ok(());
    }
    let Some(order) = tx.order_by_id(look.order)? else { return Ok(()) };
    let mut sightings = Vec::new();
    for Seen { attempt, asked_at, seen, log } in seen_of_all {
        let moved = tx.book(attempt, order.price.currency, &movements(log, order.price))?;
        sightings.push(Sighting { attempt: attempt.id, asked_at: *asked_at, seen: seen.clone(), moved });
    }
    // Opened after the books: what they hold now says whether the log must be read again.
    if let Some(open) = OpenCase::of_order(tx, look.order)? {
        tx.end_look(look)?;
        open.settle(app, tx, &sightings, ActedBy::System)?;
    }
    Ok(())
}

async fn unanswered(app: &App, look: Look, error: &crate::vipps::ProviderError) -> Result<Looked, Stop> {
    let (order, asks_for) = (look.order, error.asks_for());
    let failures = app.store.change(move |tx| Ok(tx.postpone_look(&look, asks_for)?)).await?;
    if failures >= ALARM_AFTER {
        warn!(%order, failures, %error, "the provider does not answer; the seat stays held");
    } else {
        info!(%order, failures, %error, "the provider did not answer");
    }
    app.signals.work_done();
    Ok(Looked::Unanswered)
}

/// Rings for an order and waits until the provider has answered that bell. At most `patience` passes.
pub async fn look_now(app: &App, order: OrderId, patience: Duration) -> Result<Looked, Stop> {
    let watch = app.clock.stopwatch();
    let mut done = app.signals.watch();
    let rung = app.store.change(move |tx| {
        let failures = tx.order_by_id(order)?.map_or(0, |order| order.look_failures);
        Ok((tx.ring(order)?, failures))
    });
    let (bell, failures_before) = rung.await?;
    loop {
        done.borrow_and_update();
        match look(app, order).await? {
            Looked::Unanswered => return Ok(Looked::Unanswered),
            Looked::Answered | Looked::NotDue => {}
        }
        let Some(now) = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await? else {
            return Ok(Looked::NotDue);
        };
        if now.bells_heard >= bell {
            return Ok(Looked::Answered);
        }
        // What failed before this bell says nothing about the provider of this moment.
        if now.look_failures > failures_before {
            return Ok(Looked::Unanswered);
        }
        let Some(left) = patience.checked_sub(watch.elapsed()) else { return Ok(Looked::Unanswered) };
        match now.check_at.filter(|at| *at > app.clock.now()) {
            // Held back by the pace of questions: the next one may go out in a moment.
            Some(at) => app.clock.sleep_until(at).await,
            // Somebody else is asking. In this process their answer is announced; another process is looked after.
            None => {
                let pause = left.min(Duration::from_millis(250));
                if tokio::time::timeout(pause, done.changed()).await.is_err() && pause == left {
                    return Ok(Looked::Unanswered);
                }
            }
        }
    }
}
