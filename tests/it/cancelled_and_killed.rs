//! A paid event is cancelled, and the process is killed at random points of it, several times in a row, while the provider
//! fails now and then. Some had a part of their money back before, from a treasurer or in the portal. However it goes: in the
//! end every øre is back, and each amount went back once.
//!
//! A seed decides all of it but how what runs side by side falls out; it is in the message of a failure.

#[path = "../simulation/chance.rs"]
mod chance;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use chrono::TimeDelta;
use futures_util::FutureExt;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::database::TestDatabase;
use crate::support::invariants;
use crate::support::steps::Harm;
use crate::support::world::{Person, World};
use chance::Chance;

/// The price of a seat, in øre.
const PRICE: i64 = 25_000;
/// How often the process is killed within one cancelling, at most: then it is let go on.
const KILLS_MAX: usize = 9;
/// Cancellings in one world: a new world takes longer than a cancelling.
const EVENTS_IN_A_WORLD: usize = 5;

/// Somebody with a paid seat.
struct Payer {
    reference: String,
    /// What went back before the event was cancelled, and how much of it in the portal.
    before: i64,
    in_portal: i64,
}

/// How many kills each of the four tests comes to: 200 together. On a server a world alone takes as long as a cancelling.
fn kills_wanted() -> usize {
    if TestDatabase::is_on_server() { 8 } else { 50 }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn seed_wanted() -> Option<u64> {
    std::env::var("PLASS_KILL_SEED").ok().map(|text| text.parse().unwrap())
}

async fn check(number: u64) {
    let (mut seeds, wanted) = match seed_wanted() {
        Some(seed) if number == 0 => (seed..=seed, 1),
        Some(_) => return,
        None => (number * 1_000..=number * 1_000 + 50, kills_wanted()),
    };
    let (mut kills, mut cancellings) = (0, 0);
    while kills < wanted {
        let mut world = World::begin().await;
        for seed in seeds.by_ref().take(EVENTS_IN_A_WORLD) {
            let told = AssertUnwindSafe(cancel_and_kill(&mut world, seed)).catch_unwind().await;
            kills += told.unwrap_or_else(|_told_above| {
                panic!(
                    "seed {seed} loses money; again: PLASS_KILL_SEED={seed} cargo test --test it cancelled_and_killed"
                )
            });
            cancellings += 1;
            if kills >= wanted {
                break;
            }
        }
        world.end().await;
        assert!(kills >= wanted || !seeds.is_empty(), "killed {kills} times only");
    }
    println!("killed {kills} times in {cancellings} cancellings");
}

macro_rules! shares {
    ($($name:ident $number:literal,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            check($number).await;
        }
    )*};
}

shares! {
    every_ore_is_back_once_however_often_the_process_dies 0,
    every_ore_is_back_once_with_other_seeds 1,
    every_ore_is_back_once_with_still_others 2,
    every_ore_is_back_once_with_the_last_of_them 3,
}

/// One cancelling; how often the process was killed.
async fn cancel_and_kill(world: &mut World, seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let admin = world.officer(&format!("admin{seed}"), Role::Admin).await;
    let event = world.paid_event(&admin, 4).await;
    let mut payers = Vec::new();
    for number in 0..chance.between(2, 4) {
        payers.push(pay(world, &mut chance, &admin, &event, &format!("payer{seed}x{number}")).await);
    }
    let faults = plan(&mut chance);
    let reply = world.control("PUT", "/faults", &json!({ "seed": seed, "rules": faults })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);

    next_kill(world, &mut chance);
    let wish = json!({ "reason": "The hall is flooded." });
    world.post(&admin, &format!("/events/{event}/cancel"), &wish).await;
    world.settle().await;
    let mut kills = 0;
    loop {
        if world.steps.is_dead() {
            kills += 1;
            world.kill().await;
            if kills == KILLS_MAX {
                world.steps.end();
            } else {
                next_kill(world, &mut chance);
            }
            world.start_again().await;
        } else if world.count("outbox", "parked_at IS NULL AND kind <> 'letter'").await > 0 {
            // What failed is tried again, and may be where the process dies.
            world.pass(TimeDelta::minutes(1)).await;
        } else {
            break;
        }
    }
    world.steps.end();
    world.no_more_faults().await;
    // The answer to the cancel may have been lost with the process; whoever heard nothing asks again.
    let admin = world.officer(&format!("treasurer{seed}"), Role::Admin).await;
    assert_eq!(world.post(&admin, &format!("/events/{event}/cancel"), &wish).await.status, 200);
    world.pass(TimeDelta::minutes(20)).await;
    all_is_back(world, &admin, &event, &payers).await;
    kills
}

/// Pays for a seat; some of it may go back at once, through a treasurer or in the portal.
async fn pay(world: &World, chance: &mut Chance, admin: &Person, event: &str, name: &str) -> Payer {
    let who = world.person(name).await;
    world.pays_for_a_seat(&who, event).await;
    let reference = world.reference(&who, event).await;
    let (wished, in_portal) = match chance.between(0, 3) {
        0 => (chance.between(1, PRICE - 100), 0),
        1 => (0, chance.between(1, PRICE)),
        2 => (chance.between(1, PRICE / 2), chance.between(1, PRICE / 2)),
        _ => (0, 0),
    };
    if wished > 0 {
        let order = world.order_id(&who, event).await;
        let amount = format!("{}.{:02}", wished / 100, wished % 100);
        let reply = world.refund(admin, &order, &json!({ "amount": amount, "reason": "left early" }), name).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    if in_portal > 0 {
        let path = format!("/payments/{reference}/refund");
        assert_eq!(world.control("POST", &path, &json!({ "amount": in_portal })).await.status, 200);
        world.settle().await;
    }
    Payer { reference, before: wished + in_portal, in_portal }
}

/// What goes wrong at the provider meanwhile: one call in five, done or not, answered or not.
fn plan(chance: &mut Chance) -> Value {
    let how = ["error_before", "error_after", "timeout_before", "timeout_after"];
    let rule = |on: &str, how: &str| json!({ "on": on, "do": how, "chance": 0.2 });
    let locked = json!({ "on": "refund", "do": "status", "status": 423, "chance": 0.1 });
    let mut rules = vec![rule("refund", chance.pick(&how)), rule("events", "error_before"), locked];
    rules.push(rule("get", chance.pick(&["error_before", "timeout_before"])));
    if chance.happens(50) {
        rules.push(json!({ "on": "webhook", "do": "lose", "chance": 0.5 }));
    }
    Value::Array(rules)
}

/// The process dies before or after one of its next steps.
fn next_kill(world: &World, chance: &mut Chance) {
    let number = usize::try_from(chance.between(1, 7)).unwrap();
    world.steps.begin(Some((number, chance.pick(&[Harm::CrashBefore, Harm::CrashAfter]))));
}

async fn all_is_back(world: &World, admin: &Person, event: &str, payers: &[Payer]) {
    invariants::check(world).await;
    let progress = world.get(admin, &format!("/events/{event}/cancellation")).await.json;
    let all = i64::try_from(payers.len()).unwrap();
    let kroner = format!("{}.00", all * PRICE / 100);
    for (name, expected) in [
        ("registrations_ended", json!(all)),
        ("registrations_left", json!(0)),
        ("returned", json!(kroner)),
        ("to_return", json!("0.00")),
        ("needs_attention", json!(0)),
        ("is_done", json!(true)),
    ] {
        assert_eq!(progress[name], expected, "{name}: {progress}");
    }
    for payer in payers {
        let expected = format!("AUTHORIZED authorized {PRICE} captured {PRICE} refunded {PRICE}");
        assert_eq!(world.at_provider(&payer.reference).await, expected);
        // One key for what a treasurer wished, and one for the rest, however often each was sent.
        let keys: BTreeSet<String> = world.keys(&payer.reference, "/refund").await.into_iter().collect();
        let wished = payer.before > payer.in_portal;
        let rest = payer.before < PRICE;
        assert_eq!(keys.len(), usize::from(wished) + usize::from(rest), "{keys:?}");
    }
}
