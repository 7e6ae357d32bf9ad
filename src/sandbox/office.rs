//! Where the pure world meets the clock, the disk and the neighbor.
//!
//! Every change goes through `change`: the world is locked, changed, and what changed is on disk before the lock
//! and the answer go out. Nothing is awaited while the world is locked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde::Serialize;
use tokio::sync::Notify;

use super::askell;
use super::journal::Journal;
use super::observed::Busy;
use super::world::{Record, World};
use super::{Neighbor, SandboxError, Settings, delivery, ecom};
use crate::clock::{self, Clock, Timestamp};

/// How many calls the history remembers.
const CALLS_MAX: usize = 10_000;
/// How often the background task looks at a clock that somebody else may have moved.
const TICK: Duration = Duration::from_millis(200);
/// Rounds after which settling gives up: two machines that never come to rest are a defect, not work.
const ROUNDS_MAX: u32 = 1_000;

/// One line of the call history.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CallNote {
    pub(super) at: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) reference: Option<String>,
    pub(super) idempotency_key: Option<String>,
    /// None when the connection was closed without an answer.
    pub(super) status: Option<u16>,
    pub(super) fault: Option<&'static str>,
}

/// Everything a running sandbox shares between its doors.
pub(super) struct Office {
    pub(super) clock: Clock,
    /// The runtime that started the sandbox. The web server's own threads run nothing of the neighbor's.
    pub(super) home: tokio::runtime::Handle,
    inside: Mutex<Inside>,
    neighbor: Mutex<Option<Arc<dyn Neighbor>>>,
    client: reqwest::Client,
    /// Deliveries go out one after the other, so that their order is the same in every run.
    delivering: tokio::sync::Mutex<()>,
    wake: Notify,
    pub(super) busy: Busy,
}

struct Inside {
    world: World,
    journal: Option<Journal>,
    calls: VecDeque<CallNote>,
    written_offset: TimeDelta,
    /// Stopped, or the disk failed and what the world knows may differ from what is written down: nothing is
    /// answered any more.
    closed: bool,
}

impl Office {
    /// Opens the journal, if there is one, and puts the world back together.
    pub(super) fn open(settings: Settings, base: String, seed: u64) -> Result<Self, SandboxError> {
        let Settings { clock, data, .. } = settings;
        let mut world = World::new(base, seed);
        let offset = clock.offset();
        let journal = data.as_deref().map(|data| {
            Journal::open(data, |old| {
                old.into_iter().for_each(|record| world.restore(record));
                let mut snapshot = world.snapshot();
                snapshot.push(Record::Offset(offset.num_milliseconds()));
                snapshot
            })
        });
        let journal = journal.transpose()?;
        world.take_changes();
        let inside = Inside { world, journal, calls: VecDeque::new(), written_offset: offset, closed: false };
        Ok(Self {
            clock,
            home: tokio::runtime::Handle::current(),
            inside: Mutex::new(inside),
            neighbor: Mutex::new(None),
            client: delivery::client()?,
            delivering: tokio::sync::Mutex::new(()),
            wake: Notify::new(),
            busy: Busy::default(),
        })
    }

    /// Changes the world; what changed is on disk when this returns.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> Result<T, SandboxError> {
        let mut inside = self.inside();
        if inside.closed {
            return Err(SandboxError::Closed);
        }
        let result = act(&mut inside.world, self.clock.now());
        // The disk is waited for while the world is locked: nobody may see what a crash could still undo.
        let changed = inside.write_down(self.clock.offset())?;
        drop(inside);
        if changed {
            self.wake.notify_one();
        }
        Ok(result)
    }

    /// Looks at the world.
    pub(super) fn read<T>(&self, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        look(&self.inside().world, self.clock.now())
    }

    /// Adds a line to the call history; the oldest goes.
    pub(super) fn note_call(&self, note: CallNote) {
        let mut inside = self.inside();
        if inside.calls.len() >= CALLS_MAX {
            inside.calls.pop_front();
        }
        inside.calls.push_back(note);
    }

    /// The call history, oldest first.
    pub(super) fn calls(&self, reference: Option<&str>) -> Vec<CallNote> {
        let inside = self.inside();
        let wanted = |note: &&CallNote| reference.is_none() || note.reference.as_deref() == reference;
        inside.calls.iter().filter(wanted).cloned().collect()
    }

    /// Names the server that lives in the same process.
    pub(super) fn set_neighbor(&self, neighbor: Arc<dyn Neighbor>) {
        *self.neighbor.lock().unwrap_or_else(PoisonError::into_inner) = Some(neighbor);
    }

    /// Does its own due work; true when there was any.
    pub(super) async fn run_until_idle(&self) -> bool {
        let _turn = self.delivering.lock().await;
        let mut did_anything = false;
        loop {
            match self.one_step().await {
                Ok(true) => did_anything = true,
                Ok(false) => return did_anything,
                Err(error) => {
                    tracing::error!(error = %error, "the sandbox cannot work");
                    return did_anything;
                }
            }
        }
    }

    async fn one_step(&self) -> Result<bool, SandboxError> {
        let caught_up = self.change(World::catch_up)?;
        if let Some((bell, hook)) = self.read(|world, now| world.askell.due(now)) {
            askell::send(&self.client, &hook, &bell).await;
            self.change(|world, _| world.askell.sent(bell.number))?;
            return Ok(true);
        }
        let Some((due, hook)) = self.read(|world, now| world.hooks().due(now)) else {
            let Some(callback) = self.change(World::take_callback)? else { return Ok(caught_up) };
            ecom::send(&self.client, &callback).await;
            return Ok(true);
        };
        let taken = delivery::send(&self.client, &hook, &due, self.clock.now()).await;
        self.change(|world, now| world.change_hooks(|hooks| hooks.delivered(due.number, taken, now)))?;
        Ok(true)
    }

    /// The next moment at which it wants to act itself.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.read(|world, _| world.next_due())
    }

    /// Works, and lets the neighbor work, until neither has anything to do now.
    pub(super) async fn settle(&self) {
        for _ in 0..ROUNDS_MAX {
            let own = self.run_until_idle().await;
            let neighbor = self.neighbor();
            let theirs = match &neighbor {
                Some(neighbor) => neighbor.run_until_idle().await,
                None => false,
            };
            if !own && !theirs {
                return;
            }
        }
        tracing::error!(rounds = ROUNDS_MAX, "sandbox and server do not come to rest");
    }

    /// Moves domain time forward through every due moment in order.
    pub(super) async fn advance(&self, by: TimeDelta) -> Result<(), SandboxError> {
        // What is asked for is a distance: a clock that runs goes on meanwhile, and that is not part of it.
        let target = self.clock.offset() + by.max(TimeDelta::zero());
        let rest = || target - self.clock.offset();
        self.settle().await;
        let mut stuck = 0;
        while let Some(due) = self.earliest().await.filter(|due| *due <= self.clock.now() + rest()) {
            let left = due - self.clock.now();
            // Whatever is still due after settling cannot be done now; time goes on a second, or it would stand still.
            stuck = if left > TimeDelta::zero() { 0 } else { stuck + 1 };
            if rest() <= TimeDelta::zero() {
                break;
            }
            self.move_clock(if stuck > 2 { rest().min(TimeDelta::seconds(1)) } else { left.min(rest()) })?;
            self.settle().await;
        }
        self.move_clock(rest())?;
        self.settle().await;
        Ok(())
    }

    async fn earliest(&self) -> Option<Timestamp> {
        let neighbor = self.neighbor();
        let theirs = match &neighbor {
            Some(neighbor) => neighbor.next_due().await,
            None => None,
        };
        self.next_due().into_iter().chain(theirs).min()
    }

    fn move_clock(&self, by: TimeDelta) -> Result<(), SandboxError> {
        self.clock.advance(by);
        self.change(|_, _| ())
    }

    /// Works whenever something is due, for ever.
    pub(super) async fn tick(self: Arc<Self>) {
        loop {
            self.run_until_idle().await;
            let left = self.next_due().map(|due| (due - self.clock.now()).to_std().unwrap_or_default());
            let nap = left.map_or(TICK, |left| left.clamp(Duration::from_millis(1), TICK));
            tokio::select! {
                () = self.wake.notified() => {}
                () = clock::sleep(nap) => {}
            }
        }
    }

    /// Lets go of the journal; whatever is still being answered fails.
    pub(super) fn close(&self) {
        let mut inside = self.inside();
        inside.closed = true;
        inside.journal = None;
    }

    fn neighbor(&self) -> Option<Arc<dyn Neighbor>> {
        self.neighbor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn write_down(&mut self, offset: TimeDelta) -> Result<bool, SandboxError> {
        let mut records = self.world.take_changes();
        if offset != self.written_offset {
            records.push(Record::Offset(offset.num_milliseconds()));
            self.written_offset = offset;
        }
        if records.is_empty() {
            return Ok(false);
        }
        if let Some(journal) = &mut self.journal {
            journal.append(&records).inspect_err(|_| self.closed = true)?;
        }
        Ok(true)
    }
}
