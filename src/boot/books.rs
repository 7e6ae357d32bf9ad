//! The commands that look after the books: `doctor` and `reconcile`. They work beside a running server.

use std::sync::Arc;

use super::{App, BootError, furnish, open_store};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::flows::doctor::{Checkup, Extent, examine, line};
use crate::flows::reconcile::{self, Reconciled};
use crate::keys::Keys;
use crate::mail::memory::MemoryMail;

/// An address at which nobody answers.
const NOBODY: &str = "https://vipps.invalid";

/// What a command has to say about the books.
#[derive(Clone, Debug)]
pub struct Examined {
    /// A line for each finding, and a summary.
    pub lines: Vec<String>,
    /// True when nothing is wrong, or is left so, and the provider answered.
    pub is_well: bool,
}

/// Compares the books with themselves and with the provider.
pub async fn doctor(loaded: Loaded, extent: Extent) -> Result<Examined, BootError> {
    let app = app(loaded, extent).await?;
    let found = examine(&app, extent).await?;
    Ok(Examined { lines: told(&found), is_well: is_well(&found) })
}

/// Repairs what looking again can repair.
pub async fn reconcile(loaded: Loaded, extent: Extent, dry_run: bool) -> Result<Examined, BootError> {
    let app = app(loaded, extent).await?;
    let Reconciled { before, after } = reconcile::reconcile(&app, extent, dry_run).await?;
    let mut lines = told(&before);
    let Some(after) = after else { return Ok(Examined { lines, is_well: is_well(&before) }) };
    if !before.findings.is_empty() {
        lines.push("After looking again:".to_owned());
        lines.extend(told(&after));
    }
    Ok(Examined { lines, is_well: is_well(&after) })
}

fn is_well(found: &Checkup) -> bool {
    found.findings.is_empty() && found.unanswered == 0
}

fn told(found: &Checkup) -> Vec<String> {
    let Checkup { events, orders, payments, unanswered, findings } = found;
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.push(format!(
        "{events} events, {orders} orders, {payments} payments compared with the provider, {unanswered} without an \
         answer: {} findings.",
        findings.len()
    ));
    lines
}

/// Everything flows need, over a database whose schema is up to date: these commands do not change it.
async fn app(loaded: Loaded, extent: Extent) -> Result<App, BootError> {
    let mut settings = loaded.settings;
    if extent == Extent::Offline && settings.vipps.base_url.is_empty() {
        // Nobody is asked; a client that is never called still needs an address.
        settings.vipps.base_url = NOBODY.to_owned();
    }
    let clock = Clock::running(chrono::TimeDelta::zero());
    let store = open_store(&settings, &clock)?;
    if !store.is_migrated().await? {
        return Err(BootError::Invalid("the schema is not up to date: run `plass migrate` first".to_owned()));
    }
    let keys = Keys::from_settings(&settings.keys)?;
    furnish(settings, store, clock, keys, Arc::new(MemoryMail::default()))
}
