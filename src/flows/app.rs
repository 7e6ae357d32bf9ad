//! What every flow works with. Built once, in `boot.rs`.

use std::sync::Arc;

use super::desk::Desk;
use super::move_time::Demo;
use super::passwords::Passwords;
use super::porter::Porter;
use super::units::Units;
use crate::clock::Clock;
use crate::config::Settings;
use crate::keys::Keys;
use crate::mail::Mail;
use crate::mail::memory::MemoryMail;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::vipps::PaymentProvider;

/// The house, furnished. Clones share everything.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The payment provider of the house's own sales unit.
    pub vipps: Arc<dyn PaymentProvider>,
    /// Those of all other units.
    pub units: Arc<Units>,
    /// Who carries letters.
    pub mail: Arc<dyn Mail>,
    /// The letters that were sent, where anybody may read them: in the demo and in tests.
    pub letterbox: Option<Arc<MemoryMail>>,
    /// What only a demo has; empty on a real server.
    pub demo: Option<Arc<Demo>>,
    /// Both clocks.
    pub clock: Clock,
    /// What was configured.
    pub settings: Arc<Settings>,
    /// What protects tokens and stored secrets.
    pub keys: Arc<Keys>,
    /// Makes and compares password hashes.
    pub passwords: Arc<Passwords>,
    /// Wakes the outbox, and tells who waits that something was done.
    pub signals: Arc<Signals>,
    /// Where those stand who sign up.
    pub desk: Arc<Desk>,
    /// Knows who asks.
    pub porter: Arc<Porter>,
    /// What this process counts about itself.
    pub metrics: Arc<Metrics>,
}

/// How the parts of one process wake each other. The clockwork is only the safety net.
#[derive(Debug)]
pub struct Signals {
    /// Work was saved: the executor should look.
    pub work: tokio::sync::Notify,
    done: tokio::sync::watch::Sender<u64>,
    closing: tokio::sync::watch::Sender<bool>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            work: tokio::sync::Notify::new(),
            done: tokio::sync::watch::Sender::default(),
            closing: tokio::sync::watch::Sender::default(),
        }
    }
}

impl Signals {
    /// Work was saved.
    pub fn work_saved(&self) {
        self.work.notify_one();
    }

    /// An effect or a look has ended, and may have left more work.
    pub fn work_done(&self) {
        self.done.send_modify(|count| *count += 1);
        self.work.notify_one();
    }

    /// The process stops: answers that would go on for ever end.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells when the process stops.
    pub fn watch_closing(&self) -> tokio::sync::watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Tells whoever waits for a result when to look again.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.done.subscribe()
    }
}
