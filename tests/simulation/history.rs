//! What a failing seed prints: the command that repeats it, the rule that was broken, and the shortest history that still
//! breaks it, found by leaving out whatever is not needed.

use std::fmt::Write as _;

use plass::clock::Stopwatch;

use crate::acts::{EVENTS, Plan};
use crate::running::{Told, run};

/// Nobody waits longer for a shorter history.
const PATIENCE_SECONDS: u64 = 60;

/// A history that ended in a panic, which has said what it had to say.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Everything a person needs to understand a failure.
pub(crate) fn report(seed: u64, length: usize, told: Result<Told, Panicked>) -> String {
    let again = format!(
        "It happens again with\n  PLASS_SEEDS={seed} PLASS_STEPS={length} cargo test --test simulation seeds -- --nocapture"
    );
    let Ok(Told { tally, violation: Some((violation, begun)), .. }) = told else {
        return format!("seed {seed} panicked. {again}");
    };
    let mut plan = Plan::draw(seed, length);
    plan.steps.truncate(begun);
    let shortest = shrink(plan, violation.rule);
    let last = run(&shortest);
    let mut text = String::new();
    writeln!(text, "seed {seed} broke a rule after {begun} acts and {} steps: {}", tally.polls, violation.rule)
        .unwrap();
    writeln!(text, "{}\n\n{again}\n\nand in short, with", violation.detail).unwrap();
    for (name, event) in EVENTS.iter().zip(&shortest.events) {
        writeln!(text, "  {name}: {event:?}").unwrap();
    }
    for line in &last.history {
        writeln!(text, "  {line}").unwrap();
    }
    if let Some((violation, _)) = &last.violation {
        writeln!(text, "  !! {}: {}", violation.rule, violation.detail).unwrap();
    }
    text
}

/// Leaves out ever smaller pieces of the history as long as the same rule is broken.
fn shrink(mut plan: Plan, rule: &'static str) -> Plan {
    let watch = Stopwatch::start();
    let mut size = plan.steps.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut shrunk = false;
        while at < plan.steps.len() {
            if watch.elapsed().as_secs() > PATIENCE_SECONDS {
                return plan;
            }
            let mut fewer = plan.clone();
            fewer.steps.drain(at..(at + size).min(plan.steps.len()));
            if run(&fewer).violation.is_some_and(|(violation, _)| violation.rule == rule) {
                plan = fewer;
                shrunk = true;
            } else {
                at += size;
            }
        }
        if !shrunk || size > 1 {
            size /= 2;
        }
    }
    plan
}
