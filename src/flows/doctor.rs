//! The doctor reads the books and compares them with themselves and with the provider. It changes nothing: what looking
//! again can repair is for `reconcile`.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::app::App;
use super::units::provider_of;
use crate::domain::checkup::{self, Ailment, Finding, Lines, OrderBooks, Subject, can_be_compared, check_attempt};
use crate::domain::ids::AttemptId;
use crate::domain::ledger::as_booked;
use crate::store::Stop;
use crate::store::ledger::LedgerLine;

/// The duty's name.
pub const DUTY: &str = "doctor";
/// How often the rounds are made. Beside them each look compares its order with the provider, all the time.
const PAUSE: TimeDelta = TimeDelta::days(1);
/// How long one process may be on its rounds: all books, and the questions below, of which each may take half a minute.
const CLAIM: TimeDelta = TimeDelta::minutes(30);
/// About how many orders the rounds ask the provider, two questions each. It counts questions by reference, 120 a
/// minute; this few in a row are fewer than what people and looks cause in a busy minute.
const ASKED_PER_ROUNDS: i64 = 50;
/// An open payment is polled every minute at least: the look, and not the doctor, sees first what happens to it.
const LOOKED_AT_SOON: TimeDelta = TimeDelta::minutes(2);
/// How many events or orders are read at one moment.
const PAGE: i64 = 200;
/// What is older than this is compared with the provider only where all of it is asked for.
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
        let seen = vipps.get(&attempt.payment()).await;
        let log = match &seen {
            Ok(Some(_)) => vipps.events(&attempt.payment()).await.map(|log| as_booked(attempt.provider, log)),
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

/// What the doctor's rounds came to, as it is kept for whoever watches the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rounds {
    /// How many payments were compared with the provider.
    pub compared: i64,
    /// About how many of them it did not answer.
    pub unanswered: i64,
    /// How many findings there were of each kind.
    findings: BTreeMap<String, i64>,
}

impl Rounds {
    /// Of what was found.
    fn of(found: &Checkup) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut findings = BTreeMap::new();
        for finding in &found.findings {
            *findings.entry(finding.ailment.word().to_owned()).or_default() += 1;
        }
        Self { compared: count(found.payments), unanswered: count(found.unanswered), findings }
    }

    /// As it was kept; nothing where it cannot be read.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// How many findings of a kind there were.
    pub fn count_of(&self, ailment: Ailment) -> i64 {
        self.findings.get(ailment.word()).copied().unwrap_or_default()
    }
}

/// Once a day: compares all books with themselves and a few with the provider, tells the log, and keeps the result for
/// whoever watches; true when it was time. Nothing is changed: the provider is only asked, one question after the other.
pub async fn make_rounds(app: &App) -> Result<bool, Stop> {
    let Some(claim) = app.store.change(|tx| Ok(tx.claim_duty(DUTY, CLAIM)?)).await? else {
        return Ok(false);
    };
    let mut found = examine(app, Extent::Offline).await?;
    ask_about_some(app, &mut found).await?;
    for finding in &found.findings {
        warn!(finding = line(finding), "the books do not agree");
    }
    let Checkup { events, orders, payments, unanswered, findings } = &found;
    info!(events, orders, payments, unanswered, findings = findings.len(), "the doctor made the rounds");
    let report = serde_json::to_string(&Rounds::of(&found)).unwrap_or_default();
    let next = app.clock.now() + PAUSE;
    app.store
        .change(move |tx| {
            tx.report_duty(claim, &report)?;
            Ok(tx.finish_duty(claim, next)?)
        })
        .await?;
    Ok(true)
}

/// Compares what the provider has most to say about: what can still change, then the newest money of a month. A provider that does
/// not answer is left alone until the next rounds.
async fn ask_about_some(app: &App, found: &mut Checkup) -> Result<(), Stop> {
    let since = app.clock.now() - RECENT;
    for order in app.store.read(move |tx| Ok(tx.orders_to_compare(since, ASKED_PER_ROUNDS)?)).await? {
        if found.unanswered > 0 {
            break;
        }
        let Some((books, lines)) = app.store.read(move |tx| Ok(tx.books_of(order)?)).await? else { continue };
        let mut its = Checkup::default();
        compare(app, &mut its, &books, &lines).await?;
        found.payments += its.payments;
        found.unanswered += its.unanswered;
        if !its.findings.is_empty() && is_at_rest(app, &books).await? {
            found.findings.extend(its.findings);
        }
    }
    Ok(())
}

/// True unless the order moved while the provider was asked, or is looked at in a moment: what differs then is on its
/// way, and no finding.
async fn is_at_rest(app: &App, before: &OrderBooks) -> Result<bool, Stop> {
    let order = before.case.order.id;
    let Some((now, _lines)) = app.store.read(move |tx| Ok(tx.books_of(order)?)).await? else { return Ok(false) };
    let soon = app.clock.now() + LOOKED_AT_SOON;
    let is_looked_at = now.case.order.check_at.is_some_and(|at| at <= soon);
    Ok(now.case == before.case && !is_looked_at)
}
