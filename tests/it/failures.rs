//! The failure matrix: every story is told once to count its steps, and then again for each step and each way in which it
//! can go wrong: the process dies before it or after it, it fails, or it is done and nobody hears so. Whoever got no answer
//! asks again, the house is started again where it died, and in the end everything is as if nothing had happened: the
//! same seats, the same money, each amount moved once. A step that is added is tried without a line here. A plain run
//! tries a part of the steps, each in one of the four ways; `PLASS_TEST_MATRIX=full` tries all ways at each.

pub(crate) mod providers;
pub(crate) mod stories;

use chrono::TimeDelta;
use plass::domain::sales_unit::Provider;
use plass::store::conn::Place;

use crate::support::invariants;
use crate::support::steps::Harm;
use crate::support::world::World;

/// A story, told by acts. An act is repeated when its process died under it: whoever got no answer asks again.
pub(crate) trait Story: Sized {
    /// How many acts it has.
    const ACTS: usize;
    /// What stands before it begins; `tag` keeps the tellings in one world apart.
    async fn prepare(world: &World, tag: &str) -> Self;
    async fn act(&self, world: &World, number: usize);
    /// How it ended for everybody, and what the provider has of it: the same in every telling.
    async fn ending(&self, world: &World) -> Vec<String>;
}

/// Tells the story once; how it ended, how many steps it took, and which one was harmed.
async fn tell<S: Story>(
    world: &mut World,
    tag: &str,
    harm: Option<(usize, Harm)>,
) -> (Vec<String>, usize, Option<&'static str>) {
    let story = S::prepare(world, tag).await;
    world.settle().await;
    world.steps.begin(harm);
    for number in 0..S::ACTS {
        story.act(world, number).await;
        if world.steps.is_dead() {
            world.kill().await;
            world.start_again().await;
            story.act(world, number).await;
        }
    }
    // Claims of whoever was lost run out, and what was put off is done.
    world.clock.advance_machine(TimeDelta::minutes(3));
    until_done(world).await;
    let (steps, harmed) = world.steps.end();
    if world.steps.is_dead() {
        world.kill().await;
        world.start_again().await;
        until_done(world).await;
    }
    let ending = story.ending(world).await;
    invariants::check(world).await;
    (ending, steps, harmed)
}

/// Time passes until everything that was put off is done.
async fn until_done(world: &World) {
    // A charge that may or may not have been tried again counts as tried: the next time is a part of the way to the deadline.
    let wait = if world.over.charges_stored_cards() { 60 } else { 20 };
    world.pass(TimeDelta::minutes(wait)).await;
}

/// What goes wrong at a step: each of the four ways in turn, or all of them where `PLASS_TEST_MATRIX=full` asks for it.
fn harms_at(number: usize) -> Vec<Harm> {
    match Harm::ALONE.get(number % Harm::ALONE.len()) {
        Some(harm) if !is_full() => vec![*harm],
        Some(_) | None => Harm::ALONE.to_vec(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn is_full() -> bool {
    std::env::var("PLASS_TEST_MATRIX").is_ok_and(|value| value == "full")
}

/// Tells the story for each step and each harm, with every call to the provider once more, and expects one ending.
async fn check<S: Story>(over: Provider, expected: &[&str]) {
    let mut world = World::begin_over(over).await;
    let (ending, steps, _) = tell::<S>(&mut world, "clean", None).await;
    assert_eq!(ending, expected, "without any harm");
    let (mut tried, mut told) = (0, 0);
    // What a step is does not depend on the database: a server, which takes longer, sees fewer of them. No stride
    // shares a factor with the number of harms, so that each has its turn.
    // Over another provider than the first the house takes the same steps: fewer of them are enough for its calls.
    let stride = match (world.database.place(), over) {
        _ if is_full() => 1,
        (Place::Sqlite(_), Provider::VippsEpayment) => 3,
        (Place::Postgres(_), Provider::VippsEpayment) => 7,
        (Place::Sqlite(_), Provider::VippsEcom | Provider::Askell) => 11,
        (Place::Postgres(_), Provider::VippsEcom | Provider::Askell) => 23,
    };
    for number in (1..=steps).step_by(stride) {
        for harm in harms_at(number) {
            let tag = format!("{number}-{harm:?}").to_lowercase();
            let (ending, _, harmed) = tell::<S>(&mut world, &tag, Some((number, harm))).await;
            assert_eq!(
                ending,
                expected,
                "step {number} of {steps}, {harm:?} at a {}",
                harmed.unwrap_or("step that never came")
            );
            (tried, told) = (tried + 1, told + usize::from(harmed.is_some()));
        }
    }
    // What runs side by side takes a step more or less.
    assert!(told + 8 >= tried, "{told} of {tried} came about");
    println!("{steps} steps, {told} tellings with a harm");
    world.end().await;
}

/// Tells the story with every call to the provider made twice.
async fn check_twice<S: Story>(over: Provider, expected: &[&str]) {
    let world = World::begin_over(over).await;
    let story = S::prepare(&world, "twice").await;
    world.settle().await;
    world.steps.call_twice();
    for number in 0..S::ACTS {
        story.act(&world, number).await;
    }
    until_done(&world).await;
    assert_eq!(story.ending(&world).await, expected);
    world.steps.end();
    world.end().await;
}
