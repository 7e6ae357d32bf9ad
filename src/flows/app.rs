//! What every flow works with. Built once, in `boot.rs`.

use std::sync::Arc;

use super::passwords::Passwords;
use crate::clock::Clock;
use crate::config::Settings;
use crate::keys::Keys;
use crate::mail::Mail;
use crate::store::Store;
use crate::vipps::PaymentProvider;

/// The house, furnished. Clones share everything.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The payment provider.
    pub vipps: Arc<dyn PaymentProvider>,
    /// Who carries letters.
    pub mail: Arc<dyn Mail>,
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
}

/// How the parts of one process wake each other. The clockwork is only the safety net.
#[derive(Default)]
pub struct Signals {
    /// Work was saved: the executor should look.
    pub work: tokio::sync::Notify,
    /// An effect or a look has ended: whoever waits for a result should look.
    pub done: tokio::sync::Notify,
}
