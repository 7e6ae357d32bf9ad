//! The only file that reads the time, and that makes the ids that carry it.
//!
//! There are two clocks. *Domain time* is what members live by: sign-up windows, deadlines, retries, polls and the
//! sandbox's sessions. A demo or a test may move it forward. *Machine time* guards the machine: tokens, throttles and
//! claims. Moving domain time logs nobody out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use uuid::{ContextV7, Uuid};

pub use crate::domain::time::{Timestamp, at_millis};

/// A shared clock. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Milliseconds at which domain time stands still; `None` when it runs with the machine's.
    still_at: Option<i64>,
    domain_offset: AtomicI64,
    machine_offset: AtomicI64,
    ids: Ids,
}

/// Where the part of an id comes from that is not its time.
#[derive(Debug)]
enum Ids {
    /// Drawn, as everywhere but in a simulation.
    Drawn(std::sync::Mutex<ContextV7>),
    /// Counted and mixed from a seed: the same seed gives the same ids.
    Seeded { seed: u64, made: AtomicU64 },
}

impl Clock {
    /// Domain time runs with the machine's clock, ahead of it by `offset`.
    pub fn running(offset: TimeDelta) -> Self {
        Self::new(None, offset, Ids::Drawn(std::sync::Mutex::default()))
    }

    /// Domain time stands still at `at` until somebody advances it.
    pub fn still(at: Timestamp) -> Self {
        Self::new(Some(at.timestamp_millis()), TimeDelta::zero(), Ids::Drawn(std::sync::Mutex::default()))
    }

    /// Both times stand still at `at` until somebody advances them, and the ids depend on `seed` alone: for simulations,
    /// whose every run must be the same.
    pub fn seeded(at: Timestamp, seed: u64) -> Self {
        let ids = Ids::Seeded { seed, made: AtomicU64::new(0) };
        Self::new(Some(at.timestamp_millis()), TimeDelta::zero(), ids)
    }

    fn new(still_at: Option<i64>, offset: TimeDelta, ids: Ids) -> Self {
        Self {
            inner: Arc::new(Inner {
                still_at,
                domain_offset: AtomicI64::new(offset.num_milliseconds()),
                machine_offset: AtomicI64::new(0),
                ids,
            }),
        }
    }

    /// Domain time now.
    pub fn now(&self) -> Timestamp {
        let base = self.inner.still_at.unwrap_or_else(machine_millis);
        at_millis(base + self.inner.domain_offset.load(Ordering::SeqCst))
    }

    /// Machine time now.
    pub fn machine_now(&self) -> Timestamp {
        let base = match (&self.inner.ids, self.inner.still_at) {
            (Ids::Seeded { .. }, Some(still_at)) => still_at,
            (Ids::Drawn(_), _) | (_, None) => machine_millis(),
        };
        at_millis(base + self.inner.machine_offset.load(Ordering::SeqCst))
    }

    /// How far domain time was moved.
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.inner.domain_offset.load(Ordering::SeqCst))
    }

    /// Moves domain time forward; it never goes back.
    pub fn advance(&self, by: TimeDelta) {
        self.inner.domain_offset.fetch_add(by.num_milliseconds().max(0), Ordering::SeqCst);
    }

    /// Moves machine time forward, for tests of tokens, throttles and claims.
    pub fn advance_machine(&self, by: TimeDelta) {
        self.inner.machine_offset.fetch_add(by.num_milliseconds().max(0), Ordering::SeqCst);
    }

    /// Waits until domain time has reached `until`: a running clock is slept through, a clock that stands still jumps.
    pub async fn sleep_until(&self, until: Timestamp) {
        let left = until - self.now();
        if left <= TimeDelta::zero() {
            return;
        }
        if self.inner.still_at.is_some() {
            self.advance(left);
        } else {
            sleep(left.to_std().unwrap_or(Duration::ZERO)).await;
        }
    }

    /// A stopwatch for somebody's patience. In a simulation nobody is ever slow: it stands still.
    pub fn stopwatch(&self) -> Stopwatch {
        match &self.inner.ids {
            Ids::Drawn(_) => Stopwatch::start(),
            Ids::Seeded { .. } => Stopwatch(None),
        }
    }

    /// A new id. Ids grow with domain time, also within one millisecond.
    pub fn id(&self) -> Uuid {
        let now = self.now();
        match &self.inner.ids {
            Ids::Drawn(context) => {
                let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
                let context = context.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
            }
            Ids::Seeded { seed, made } => {
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                seeded_id(millis, *seed, made.fetch_add(1, Ordering::SeqCst))
            }
        }
    }
}

/// The id number `count` of a seed: the time, the count in the 26 bits after it, and a mix of both.
fn seeded_id(millis: u64, seed: u64, count: u64) -> Uuid {
    // The finisher of splitmix64.
    let mut mixed = seed.wrapping_add(count.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let [.., low, lower, lowest] = count.to_be_bytes();
    let [a, b, c, d, e, f, ..] = mixed.to_be_bytes();
    // Four bits of the first byte and two of the third give way to version and variant.
    let count = [(low >> 6) & 0x0f, (low << 2) | (lower >> 6), lower & 0x3f, lowest];
    let [first, second, third, fourth] = count;
    uuid::Builder::from_unix_timestamp_millis(millis, &[first, second, third, fourth, a, b, c, d, e, f]).into_uuid()
}

/// A span measured on the machine's own steady clock, for log lines and time limits.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Option<std::time::Instant>);

impl Stopwatch {
    /// Starts to count.
    #[expect(clippy::disallowed_methods, reason = "clock.rs is the file that reads the time")]
    pub fn start() -> Self {
        Self(Some(std::time::Instant::now()))
    }

    /// How long it has been running.
    pub fn elapsed(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |start| start.elapsed())
    }
}

/// Sleeps for real. Nothing that a test waits for may depend on it.
#[expect(clippy::disallowed_methods, reason = "clock.rs is the file that reads the time")]
pub async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

#[expect(clippy::disallowed_methods, reason = "clock.rs is the file that reads the time")]
fn machine_millis() -> i64 {
    Utc::now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_within_a_millisecond_and_with_time() {
        let clock = Clock::still(at_millis(1_767_225_600_000));
        let mut ids: Vec<Uuid> = (0..100).map(|_| clock.id()).collect();
        clock.advance(TimeDelta::milliseconds(1));
        ids.push(clock.id());
        assert!(ids.is_sorted());
        ids.dedup();
        assert_eq!(ids.len(), 101);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_they_grow() {
        let ids = |seed| {
            let clock = Clock::seeded(at_millis(1_767_225_600_000), seed);
            (0..100_000).map(|_| clock.id()).collect::<Vec<Uuid>>()
        };
        let first = ids(1);
        assert!(first.is_sorted_by(|one, next| one < next));
        assert_eq!(first, ids(1));
        assert_ne!(first, ids(2));
        assert_eq!(first.first().map(Uuid::get_version_num), Some(7));
    }

    #[test]
    fn a_seeded_clock_stands_still_until_it_is_moved() {
        let clock = Clock::seeded(at_millis(1_000), 1);
        assert_eq!((clock.now(), clock.machine_now()), (at_millis(1_000), at_millis(1_000)));
        clock.advance_machine(TimeDelta::milliseconds(5));
        assert_eq!((clock.now(), clock.machine_now()), (at_millis(1_000), at_millis(1_005)));
    }

    #[test]
    fn domain_time_never_goes_back() {
        let clock = Clock::still(at_millis(1_000));
        clock.advance(TimeDelta::seconds(-5));
        assert_eq!(clock.now(), at_millis(1_000));
    }
}
