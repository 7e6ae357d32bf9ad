//! Loops around flows: what is due in the outbox, which orders to look at, and the duties one process does for all.
//! Woken by a signal right after a commit; the clockwork is only the safety net. Nothing here decides anything.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tracing::{error, info};
use uuid::Uuid;

use crate::clock::{Stopwatch, Timestamp, sleep};
use crate::domain::ids::{EffectId, OrderId};
use crate::flows::app::App;
use crate::flows::{cancel_event, doctor, forget, keep_webhooks, look, run_effect};
use crate::store::Stop;
use crate::store::outbox::Lane;
use crate::telemetry::log_error_chain;

/// How many letters are under way at once. Few, because each takes two turns at the one writer of an embedded database,
/// and because mail servers slow down who comes with many.
const LETTERS_AT_ONCE: usize = 4;
/// How long the jobs wait before they ask for more while people stand at the desk.
const GIVING_WAY: std::time::Duration = std::time::Duration::from_millis(25);
/// How many due rows of a kind one query brings: about as many as are begun, for it is asked again and again.
const BATCH: i64 = 16;

/// Work that goes on for longer than this, as with a mail server that takes its time, puts the duties in between.
const DUTIES_APART: std::time::Duration = std::time::Duration::from_secs(1);

/// How long to wait for a look that somebody else has begun before asking again.
const BREATH: std::time::Duration = std::time::Duration::from_millis(5);

/// Which duties this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duties {
    /// All of them.
    All,
    /// All but registering for webhooks at the provider.
    WithoutWebhooks,
}

/// The jobs of one process.
pub struct Jobs {
    app: App,
    duties: Duties,
    // One drain at a time: whoever waits until all is quiet waits for the one that is under way, too.
    drain: Mutex<()>,
}

/// One thing that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// An effect at the payment provider.
    Payment(Uuid),
    /// A letter.
    Letter(Uuid),
    /// A look at an order.
    Look(Uuid),
    /// The doctor's rounds: a duty that takes its time, and holds nobody up.
    Rounds,
}

impl Due {
    /// Money, looks and letters wait for their own kind only: a mail server that takes its time holds up no payment.
    fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// How many of its kind are under way at once, where so many calls to the provider may be: looks leave two of three
    /// to payments, for somebody waits for each of those. While people stand at the desk, letters and looks take their
    /// time.
    fn at_once(self, calls: usize, is_busy: bool) -> usize {
        match self {
            Self::Payment(_) => (calls - calls / 3).max(1),
            Self::Look(_) if is_busy => (calls / 6).max(1),
            Self::Look(_) => (calls / 3).max(1),
            Self::Letter(_) if is_busy => 1,
            Self::Letter(_) => LETTERS_AT_ONCE,
            Self::Rounds => 1,
        }
    }
}

impl Jobs {
    /// Jobs over an app.
    pub fn new(app: App, duties: Duties) -> Self {
        Self { app, duties, drain: Mutex::new(()) }
    }

    /// Does what is due, also what becomes due meanwhile, until nothing is. True when it did anything.
    pub async fn run_until_idle(&self) -> bool {
        let mut worked = false;
        loop {
            worked |= self.drain(|| true).await;
            // What a bell caused and only the pace of questions holds back belongs to what was asked for.
            match self.held_back().await {
                Some(at) if at > self.app.clock.now() => self.app.clock.sleep_until(at).await,
                // Somebody else is looking at it right now: their end is announced, or seen a moment later.
                Some(_) => sleep(BREATH).await,
                None => return worked,
            }
        }
    }

    /// The look that answers a bell and may go out within a second.
    async fn held_back(&self) -> Option<Timestamp> {
        let next = self.app.store.read(|tx| Ok(tx.next_rung_look_at()?)).await;
        let now = self.app.clock.now();
        logged(next, "asking for held back looks").flatten().filter(|at| *at - now <= TimeDelta::seconds(1))
    }

    /// The next moment of domain time at which something is due.
    pub async fn next_due(&self) -> Option<Timestamp> {
        let next = self.app.store.read(|tx| Ok([tx.next_look_at()?, tx.next_effect_at()?])).await;
        logged(next, "asking for the next due moment").into_iter().flatten().flatten().min()
    }

    /// Does what is due, and begins nothing new once `goes_on` says no.
    async fn drain(&self, goes_on: impl Fn() -> bool) -> bool {
        let _turn = self.drain.lock().await;
        let mut is_busy = self.gives_way().await;
        let mut round = Round { worked: self.do_duties().await, ..Round::default() };
        let mut since_duties = Stopwatch::start();
        // Known to be due. Asked for again when there may be more, not after each that is done: a claim tells what
        // somebody else did meanwhile.
        let mut known = self.due().await;
        loop {
            if !goes_on() {
                known.clear();
            }
            while let Some(ended) = round.running.try_join_next() {
                round.ends(ended);
            }
            if round.has_panicked {
                return round.worked;
            }
            round.begins(&self.app, &mut known, is_busy);
            // A house that closes does not wait for the doctor, who only reads: the rounds are made anew some other time.
            if round.under_way.is_empty() || (!goes_on() && round.under_way.iter().all(|due| *due == Due::Rounds)) {
                return round.worked;
            }
            let may_be_more = tokio::select! {
                Some(ended) = round.running.join_next() => {
                    round.ends(ended);
                    false
                }
                () = self.app.signals.work.notified() => true,
            };
            if since_duties.elapsed() > DUTIES_APART {
                round.worked |= self.do_duties().await;
                since_duties = Stopwatch::start();
            }
            if goes_on() && (may_be_more || is_busy || known.is_empty()) {
                is_busy = self.gives_way().await;
                known = self.due().await;
            }
        }
    }

    /// While people stand at the desk, the jobs take a breath before they go on; true when somebody stands there.
    async fn gives_way(&self) -> bool {
        let is_busy = self.app.desk.standing() > 0;
        if is_busy {
            sleep(GIVING_WAY).await;
        }
        is_busy
    }

    /// What is due now: payments, looks, letters, and the doctor's rounds after them.
    pub async fn due(&self) -> Vec<Due> {
        let (now, machine_now) = (self.app.clock.now(), self.app.clock.machine_now());
        let due = self
            .app
            .store
            .read(move |tx| {
                let payments = tx.effects_due(Lane::Payments, now, machine_now, BATCH)?;
                let looks = tx.orders_due(now, machine_now, BATCH)?;
                let letters = tx.effects_due(Lane::Letters, now, machine_now, BATCH)?;
                let payments = payments.into_iter().map(|EffectId(id)| Due::Payment(id));
                let looks = looks.into_iter().map(|OrderId(id)| Due::Look(id));
                let letters = letters.into_iter().map(|EffectId(id)| Due::Letter(id));
                let rounds = tx.duty_is_free(doctor::DUTY, machine_now)?.then_some(Due::Rounds);
                Ok(payments.chain(looks).chain(letters).chain(rounds).collect())
            })
            .await;
        logged(due, "asking for what is due").unwrap_or_default()
    }

    /// Does the duties that are due; true when there were any.
    pub async fn do_duties(&self) -> bool {
        let mut worked = false;
        if self.duties == Duties::All && self.duty_is_due(keep_webhooks::DUTY).await {
            worked |= logged(keep_webhooks::keep_webhooks(&self.app).await, "keeping webhooks").unwrap_or_default();
        }
        worked |= logged(cancel_event::wind_down(&self.app).await, "winding down an event").unwrap_or_default();
        if self.duty_is_due(forget::DUTY).await {
            worked |= logged(forget::forget(&self.app).await, "forgetting").unwrap_or_default();
        }
        worked
    }

    async fn duty_is_due(&self, duty: &'static str) -> bool {
        let machine_now = self.app.clock.machine_now();
        let is_free = self.app.store.read(move |tx| Ok(tx.duty_is_free(duty, machine_now)?)).await;
        logged(is_free, "asking for a duty").unwrap_or_default()
    }

    /// Works until `stop` says so: at every signal, and at every tick of the clockwork.
    pub async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) -> Result<(), JobSchedulerError> {
        let mut clockwork = JobScheduler::new().await?;
        let signals = Arc::clone(&self.app.signals);
        clockwork.add(Job::new("* * * * * *", move |_id, _jobs| signals.work_saved())?).await?;
        clockwork.start().await?;
        while !*stop.borrow() {
            let goes_on = stop.clone();
            self.drain(|| !*goes_on.borrow()).await;
            let pause = self.held_back().await.map(|at| at - self.app.clock.now());
            let soon = pause.and_then(|pause| pause.to_std().ok()).unwrap_or(std::time::Duration::from_secs(60));
            tokio::select! {
                () = self.app.signals.work.notified() => {}
                () = sleep(soon) => {}
                _ = stop.changed() => {}
            }
        }
        info!("the jobs have stopped");
        clockwork.shutdown().await
    }
}

/// What one drain has begun, and what came of it.
#[derive(Default)]
struct Round {
    running: JoinSet<(Due, bool)>,
    under_way: HashSet<Due>,
    /// What failed here is left to the next round, or one broken row would spin.
    failed: HashSet<Due>,
    worked: bool,
    has_panicked: bool,
}

impl Round {
    /// Begins what there is room for, and leaves in `known` what has to wait.
    fn begins(&mut self, app: &App, known: &mut Vec<Due>, is_busy: bool) {
        let calls = app.settings.vipps.calls_at_once;
        known.retain(|due| {
            if self.failed.contains(due) || self.under_way.contains(due) {
                return false;
            }
            let begins =
                self.under_way.iter().filter(|other| due.is_like(**other)).count() < due.at_once(calls, is_busy);
            if begins {
                self.under_way.insert(*due);
                self.running.spawn(run(app.clone(), *due));
            }
            !begins
        });
    }

    fn ends(&mut self, ended: Result<(Due, bool), JoinError>) {
        match ended {
            Ok((due, went_well)) => {
                self.under_way.remove(&due);
                self.worked |= went_well;
                if !went_well {
                    self.failed.insert(due);
                }
            }
            // Which one it was is not known: whatever is claimed comes again when its claim has run out.
            Err(cause) => {
                error!(%cause, "a job panicked");
                self.running = JoinSet::new();
                self.under_way.clear();
                self.has_panicked = true;
            }
        }
    }
}

async fn run(app: App, due: Due) -> (Due, bool) {
    let result = match due {
        Due::Payment(id) | Due::Letter(id) => run_effect::run_effect(&app, EffectId(id)).await.map(|_ran| ()),
        Due::Look(id) => look::look(&app, OrderId(id)).await.map(|_looked| ()),
        Due::Rounds => doctor::make_rounds(&app).await.map(|_made| ()),
    };
    (due, logged(result, "running a job").is_some())
}

fn logged<T>(result: Result<T, Stop>, what: &str) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(stop) => {
            log_error_chain(&stop, what);
            None
        }
    }
}
