//! Two processes serve one database: both alive, one killed at any of its steps, or one that stands still in the middle of a
//! call for longer than its claims and wakes when the other has long done its work. Every story ends as it does with one
//! process, and the provider's call history says that each amount moved once. Who dies and who stands still is told on
//! PostgreSQL; on SQLite, where a lock keeps a second process from the file, two houses of one process share it alive.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use plass::domain::ids::SalesUnitId;

use crate::failures::Story;
use crate::failures::stories::{Aborting, Cancelling, Deadline, Leaving, Paying, Refunding, Removing, Returning};
use crate::support::database::TestDatabase;
use crate::support::invariants;
use crate::support::steps::Harm;
use crate::support::world::World;

/// Longer than any claim lasts.
fn until_claims_run_out() -> TimeDelta {
    TimeDelta::minutes(3)
}

/// Everything is at rest, the story ended well, and no amount moved under two keys.
async fn check_end<S: Story>(world: &World, story: &S, expected: &[&str], when: &str) {
    assert_eq!(story.ending(world).await, expected, "{when}");
    invariants::check(world).await;
    for payment in world.payments().await {
        let reference = payment["reference"].as_str().unwrap();
        for what in ["capture", "refund", "/payments"] {
            let keys: BTreeSet<String> = world.keys(reference, what).await.into_iter().collect();
            assert!(keys.len() <= 1, "{when}: {what} of {reference} went out under {keys:?}");
        }
    }
}

/// Both processes work; nothing goes wrong.
async fn check_both<S: Story>(expected: &[&str]) {
    let mut world = World::begin().await;
    world.open_second().await;
    let story = S::prepare(&world, "both").await;
    for number in 0..S::ACTS {
        story.act(&world, number).await;
    }
    world.pass(TimeDelta::minutes(20)).await;
    check_end(&world, &story, expected, "both alive").await;
    world.end().await;
}

/// The first process stands still in its call with this number, and wakes at the end; false when it never made so many.
async fn stall<S: Story>(number: usize, harm: Harm, expected: &[&str]) -> bool {
    let mut world = World::begin().await;
    world.open_second().await;
    let story = S::prepare(&world, "stalled").await;
    world.settle().await;
    world.steps.begin_calls(Some((number, harm)));
    // Everybody asks the first one, and nobody waits for it.
    world.listen_to_second();
    for act in 0..S::ACTS {
        story.act(&world, act).await;
    }
    world.pass(TimeDelta::minutes(20)).await;
    if !world.steps.go_on() {
        world.listen_to_both();
        world.end().await;
        return false;
    }
    let when = format!("{harm:?} in call {number}");
    world.listen_to_both();
    world.clock.advance_machine(until_claims_run_out());
    world.pass(TimeDelta::minutes(20)).await;
    check_end(&world, &story, expected, &format!("{when}, awake again")).await;
    world.end().await;
    true
}

/// Which of the two makes a call or a commit is theirs to settle: the story is told again until the first one made it.
const TELLINGS: usize = 10;

/// So often at least the first process dies in each story.
const DEATHS: usize = 3;

async fn check_stalls<S: Story>(expected: &[&str]) {
    if !TestDatabase::is_on_server() {
        println!("a file has one process: not told on SQLite");
        return;
    }
    for harm in [Harm::StallBefore, Harm::StallAfter] {
        let mut told = 1;
        while !stall::<S>(1, harm, expected).await {
            assert!(told < TELLINGS, "the first process never called in {told} tellings");
            told += 1;
        }
        let mut number = 2;
        while stall::<S>(number, harm, expected).await {
            number += 1;
        }
    }
}

/// The first process dies at one of its steps after another.
async fn check_deaths<S: Story>(every: usize, expected: &[&str]) {
    if !TestDatabase::is_on_server() {
        println!("a file has one process: not told on SQLite");
        return;
    }
    let mut died = 0;
    let mut told = 1;
    loop {
        let number = 1 + died * every;
        if dies::<S>(number, expected).await {
            (died, told) = (died + 1, 1);
        } else if died >= DEATHS {
            break;
        } else {
            assert!(told < TELLINGS, "the first process never came to step {number} in {told} tellings");
            told += 1;
        }
    }
    println!("died {died} times");
}

/// The first process dies at its step with this number, and the second one goes on; false when it never came so far.
async fn dies<S: Story>(number: usize, expected: &[&str]) -> bool {
    let mut world = World::begin().await;
    world.open_second().await;
    let story = S::prepare(&world, "killed").await;
    world.settle().await;
    world.steps.begin(Some((number, Harm::CrashAfter)));
    let mut is_dead = false;
    for act in 0..S::ACTS {
        story.act(&world, act).await;
        if world.steps.is_dead() && !is_dead {
            is_dead = true;
            world.kill_first().await;
            world.clock.advance_machine(until_claims_run_out());
            story.act(&world, act).await;
        }
    }
    if world.steps.is_dead() && !is_dead {
        world.kill_first().await;
        is_dead = true;
    }
    world.clock.advance_machine(until_claims_run_out());
    world.pass(TimeDelta::minutes(20)).await;
    check_end(&world, &story, expected, &format!("killed at step {number}")).await;
    world.end().await;
    is_dead
}

macro_rules! tests {
    ($($check:ident $($every:literal)? $story:ident $name:ident: $ida:literal, $ola:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $check::<$story>($($every,)? &[$ida, $ola]).await;
        }
    )*};
}

tests! {
    check_both Paying two_take_a_payment_once: "confirmed CAPTURE authorized 25000 captured 25000", "";
    check_both Deadline two_keep_a_deadline:
        "ended unpaid CANCEL", "confirmed CAPTURE authorized 25000 captured 25000";
    check_both Leaving two_close_a_session_once: "ended withdrawn CANCEL", "awaiting_payment INITIATE";
    check_both Refunding two_give_back_once: "confirmed CAPTURE authorized 25000 captured 25000 refunded 4000", "";
    check_stalls Paying who_wakes_takes_no_second_payment: "confirmed CAPTURE authorized 25000 captured 25000", "";
    check_stalls Deadline who_wakes_after_a_deadline_takes_no_seat:
        "ended unpaid CANCEL", "confirmed CAPTURE authorized 25000 captured 25000";
    check_stalls Leaving who_wakes_opens_no_session_of_who_left: "ended withdrawn CANCEL", "awaiting_payment INITIATE";
    check_deaths 5 Paying one_of_two_dies_and_the_payment_goes_on:
        "confirmed CAPTURE authorized 25000 captured 25000", "";
    check_deaths 13 Deadline one_of_two_dies_and_the_deadline_is_kept:
        "ended unpaid CANCEL", "confirmed CAPTURE authorized 25000 captured 25000";
    check_deaths 5 Leaving one_of_two_dies_and_the_session_is_closed:
        "ended withdrawn CANCEL", "awaiting_payment INITIATE";
    check_deaths 5 Refunding one_of_two_dies_and_the_refund_goes_on:
        "confirmed CAPTURE authorized 25000 captured 25000 refunded 4000", "";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tell_every_other_story_as_one_does() {
    let paid = "confirmed CAPTURE authorized 25000 captured 25000";
    check_both::<Aborting>(&[paid, ""]).await;
    check_both::<Returning>(&[paid, ""]).await;
    let back = "ended removed REFUND authorized 25000 captured 25000 refunded 25000";
    check_both::<Removing>(&[back, "awaiting_payment INITIATE"]).await;
    let back = "ended event_cancelled REFUND authorized 25000 captured 25000 refunded 25000";
    check_both::<Cancelling>(&[back, "ended event_cancelled"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_wakes_in_the_middle_of_a_duty_leaves_one_registration() {
    for (number, harm) in [(1, Harm::StallBefore), (1, Harm::StallAfter), (2, Harm::StallBefore), (2, Harm::StallAfter)]
    {
        let mut world = World::begin().await;
        // The provider has lost our registration: the duty has something to do.
        let own = world.webhooks().await[0]["id"].as_str().unwrap().to_owned();
        world.app.vipps.delete_webhook(&own).await.unwrap();
        world.steps.begin_calls(Some((number, harm)));
        tokio::select! {
            () = world.pass(TimeDelta::hours(1)) => panic!("nobody stood still"),
            () = world.steps.stall() => {}
        }
        world.open_second().await;
        world.turn_to_second();
        world.clock.advance_machine(until_claims_run_out());
        world.pass(TimeDelta::minutes(10)).await;
        assert!(!world.webhooks().await.is_empty(), "the other one took the duty over");
        assert!(world.steps.go_on());
        world.listen_to_both();
        world.pass(TimeDelta::hours(3)).await;
        let known = world.app.store.read(|tx| Ok(tx.webhook_registrations(SalesUnitId::HOUSE)?)).await.unwrap();
        let hooks = world.webhooks().await;
        assert_eq!((hooks.len(), known.len()), (1, 1), "{harm:?} in call {number}: {hooks:?}");
        assert_eq!(hooks[0]["id"], known[0].id.as_str());
        world.end().await;
    }
}
