//! Simulated histories: one seed decides who does what, what the provider answers, when the process dies and how the
//! clock goes, on the real store, flows and jobs. After every step the invariants of seats and money are checked, and in
//! the end, when the faults have stopped, everything must have come to its end.
//!
//! One history in four is over Vipps' older API, and one over Áskell, where stored cards are charged.
//!
//! It was seen to fail on bugs that such systems really had, planted one at a time: a seat freed by our own clock, a capture
//! for somebody who left, a timeout taken for a failure, two live attempts after signing off and on (the database's own
//! index refuses the second first), a webhook that is believed, a promotion without its deadline, a refund repeated under a
//! new key, and a capture that nobody looks at again. Over Áskell: a charge that is sent again without looking for the
//! first one, and a fifth retry.
//!
//! `PLASS_SEEDS` (`7` or `1..100000`) and `PLASS_STEPS` (acts of each history) make a night of it. A binary of its own,
//! because it is also run in release, and then without building the stories.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a simulation says what it expects, and fails otherwise"
)]

mod acts;
mod askell;
mod cards;
mod chance;
mod database;
mod doing;
mod ecom;
mod engine;
mod history;
mod invariants;
#[path = "../it/support/never.rs"]
mod never;
mod picture;
mod provider;
mod running;
mod watch;
mod wire;
mod world;

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plass::clock::Stopwatch;

use crate::acts::Plan;
use crate::history::Panicked;
use crate::running::{Tally, Told, run};

/// Acts of one history.
const STEPS: usize = 80;
/// Histories of a plain run; fewer on a server, where making a database alone takes longer than a history.
const SEEDS: RangeInclusive<u64> = 1..=300;
const SEEDS_ON_SERVER: RangeInclusive<u64> = 1..=6;

/// A setting of these tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn seeds_wanted() -> RangeInclusive<u64> {
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    match setting("PLASS_SEEDS") {
        None if database::server().is_some() => SEEDS_ON_SERVER,
        None => SEEDS,
        Some(text) => match text.split_once("..") {
            Some((first, last)) => number(first)..=number(last.trim_start_matches('=')),
            None => number(&text)..=number(&text),
        },
    }
}

fn length_wanted() -> usize {
    setting("PLASS_STEPS").map_or(STEPS, |text| text.trim().parse().unwrap())
}

#[test]
fn seeds_keep_every_rule() {
    let (seeds, length) = (seeds_wanted(), length_wanted());
    let watch = Stopwatch::start();
    let (next, failed) = (Arc::new(AtomicU64::new(*seeds.start())), Arc::new(AtomicBool::new(false)));
    let (tally, report) = (Arc::new(Mutex::new((0_u64, Tally::default()))), Arc::new(Mutex::new(None)));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = (0..workers)
        .map(|_| {
            let (next, failed, last) = (Arc::clone(&next), Arc::clone(&failed), *seeds.end());
            let (tally, report) = (Arc::clone(&tally), Arc::clone(&report));
            std::thread::spawn(move || {
                while !failed.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > last {
                        return;
                    }
                    let told = one(seed, length);
                    let violation = told.as_ref().map_or(true, |told| told.violation.is_some());
                    if let Ok(told) = &told {
                        count(&mut tally.lock().unwrap(), told);
                    }
                    if violation && !failed.swap(true, Ordering::SeqCst) {
                        let (histories, sum) = *tally.lock().unwrap();
                        let so_far = format!("history {histories}, step {}, {:?}", sum.polls, watch.elapsed());
                        println!("seed {seed} breaks a rule: {so_far}");
                        *report.lock().unwrap() = Some(history::report(seed, length, told));
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let (histories, sum) = *tally.lock().unwrap();
    let seconds = watch.elapsed().as_millis().max(1);
    let rate = u128::from(sum.polls) * 1_000 / seconds;
    println!(
        "{histories} histories, {} acts, {} steps, {} changes checked, {seconds} ms: {rate} steps a second",
        sum.acts, sum.polls, sum.checks
    );
    if let Some(report) = report.lock().unwrap().take() {
        panic!("{report}");
    }
}

/// The history of one seed; empty-handed when it panicked.
fn one(seed: u64, length: usize) -> Result<Told, Panicked> {
    let told = catch_unwind(AssertUnwindSafe(|| run(&Plan::draw(seed, length)))).map_err(|_panic| Panicked)?;
    if setting("PLASS_TELL").is_some() {
        println!("{}", told.history.join("\n"));
    }
    Ok(told)
}

fn count((histories, sum): &mut (u64, Tally), told: &Told) {
    *histories += 1;
    sum.acts += told.tally.acts;
    sum.polls += told.tally.polls;
    sum.checks += told.tally.checks;
}

#[test]
fn a_seed_tells_the_same_history_every_time() {
    // A server may answer rows that are due at one moment in another order.
    if database::server().is_some() {
        return;
    }
    // Among them are all providers.
    for seed in 1..=6 {
        let plan = Plan::draw(seed, STEPS);
        let (first, second) = (run(&plan), run(&plan));
        let differs = first.history.iter().zip(&second.history).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.history.len(), second.history.len(), "seed {seed}");
    }
}
