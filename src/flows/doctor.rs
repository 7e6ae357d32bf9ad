//! The doctor reads the books and compares them with themselves and with the provider. It changes nothing: what looking
//! again can repair is for `reconcile`.

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::units::provider_of;
use crate::domain::checkup::{self, Finding, Lines, OrderBooks, Subject, can_be_compared, check_attempt};
use crate::domain::ids::AttemptId;
use crate::store::Stop;
use crate::store::ledger::LedgerLine;

/// The duty's name.
pub const DUTY: &str = "doctor";
/// How often the books are compared with themselves. With the provider each look compares them, all the time.
const PAUSE: TimeDelta = TimeDelta::days(1);
/// How many events or orders are read at one moment.
const PAGE: i64 = 200;
/// Money that moved within this time is compared with the provider unless all of it is asked for.
const RECENT: TimeDelta = TimeDelta::days(30);

/// How far an examination goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The books alone.
    Offline,
    /// Also the provider, about what is open or moved lately.
    Recent,
    /// Also the provider, about everything.
    All,
}

/// What an examination found.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// How many events were counted.
    pub events: usize,
    /// How many orders were read.
    pub orders: usize,
    /// How many payments the provider was asked about.
    pub payments: usize,
    /// How many of them it did not answer about.
    pub unanswered: usize,
    /// What differs.
    pub findings: Vec<Finding>,
}

/// One finding in a line: what it is about, both figures, and what to do.
pub fn line(finding: &Finding) -> String {
    let about = match finding.about {
        Subject::Event(id) => format!("event {id}"),
        Subject::Order(id) => format!("order {id}"),
    };
    let Finding { ailment, ours, theirs, .. } = finding;
    format!("{about}: {}: {ours} <> {theirs}: {}", ailment.word(), ailment.advice())
}

/// Examines everything.
pub async fn examine(app: &App, extent: Extent) -> Result<Checkup, Stop> {
    let mut found = Checkup::default();
    let mut after = None;
    loop {
        let page = app.store.read(move |tx| Ok(tx.counted_events(after, PAGE)?)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.event.id);
        found.events += page.len();
        let now = app.clock.now();
        found.findings.extend(page.iter().flat_map(|counted| checkup::check_event(counted, now)));
    }
    let mut after = None;
    loop {
        let page = app.store.read(move |tx| Ok(tx.books(after, PAGE)?)).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.case.order.id);
        found.orders += page.len();
        for (books, lines) in &page {
            found.findings.extend(checkup::check_order(books, app.clock.now()));
            if is_wanted(app, extent, books, lines) {
                compare(app, &mut found, books, lines).await?;
            }
        }
    }
    Ok(found)
}

fn is_wanted(app: &App, extent: Extent, books: &OrderBooks, lines: &[LedgerLine]) -> bool {
    let since = app.clock.now() - RECENT;
    match extent {
        Extent::Offline => false,
        Extent::All => true,
        Extent::Recent => {
            books.case.attempts.iter().any(|attempt| attempt.state.is_live() || attempt.created_at >= since)
                || lines.iter().any(|line| line.happened_at >= since)
        }
    }
}

async fn compare(app: &App, found: &mut Checkup, books: &OrderBooks, lines: &[LedgerLine]) -> Result<(), Stop> {
    let case = &books.case;
    // What is under way may be done at the provider and not be seen yet.
    let is_calling = |id: AttemptId| case.effects.iter().any(|effect| effect.attempt == id && !effect.parked);
    if case.order.bells > case.order.bells_heard {
        return Ok(());
    }
    let vipps = provider_of(app, case.order.sales_unit).await?;
    for attempt in case.attempts.iter().filter(|attempt| can_be_compared(attempt) && !is_calling(attempt.id)) {
        found.payments += 1;
        let seen = vipps.get(&attempt.reference).await;
        let log = match &seen {
            Ok(Some(_)) => vipps.events(&attempt.reference).await,
            Ok(None) | Err(_) => Ok(Vec::new()),
        };
        match (seen, log) {
            (Ok(seen), Ok(log)) => {
                let own: Lines = lines
                    .iter()
                    .filter(|line| line.attempt == attempt.id)
                    .map(|line| (line.kind, line.amount.amount, line.provider_event.clone()))
                    .collect();
                found.findings.extend(check_attempt(attempt, case.order.price, &own, (seen.as_ref(), &log)));
            }
            (Err(error), _) | (_, Err(error)) => {
                info!(attempt = %attempt.id, %error, "the provider did not answer the doctor");
                found.unanswered += 1;
            }
        }
    }
    Ok(())
}

/// Compares the books with themselves once a day, and tells the log; true when it was time.
pub async fn make_rounds(app: &App) -> Result<bool, Stop> {
    if !app.store.change(|tx| Ok(tx.claim_duty(DUTY, TimeDelta::minutes(10))?)).await? {
        return Ok(false);
    }
    let found = examine(app, Extent::Offline).await?;
    for finding in &found.findings {
        warn!(finding = line(finding), "the books do not agree");
    }
    info!(events = found.events, orders = found.orders, findings = found.findings.len(), "the doctor made the rounds");
    let next = app.clock.now() + PAUSE;
    app.store.change(move |tx| Ok(tx.finish_duty(DUTY, next)?)).await?;
    Ok(true)
}
