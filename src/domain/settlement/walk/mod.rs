//! An exhaustive walk: every world that can be reached from a seat just given, through everything that can happen in
//! it. On each edge the invariants hold, and from each world the case comes to rest once the provider is honest.

mod acts;
mod invariants;
mod provider;
mod steps;
mod stories;
mod world;

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;

use acts::take;
use invariants::{check_again, check_edge, check_rest};
use provider::Stage;
use steps::{Scope, Step, possible};
use world::{World, attempt_id};

/// A world that was reached.
struct Place {
    /// From where, and how; empty at the start.
    from: Option<(usize, Step)>,
    /// Where the honest way leads; empty at rest.
    honestly: Option<(Vec<u8>, Step)>,
}

struct Walk {
    places: Vec<Place>,
    known: HashMap<Vec<u8>, usize>,
    edges: usize,
}

/// Walks everywhere, and panics with the way when an invariant is broken.
fn walk(starts: Vec<World>, scope: Scope) -> Walk {
    let mut walk = Walk { places: Vec::new(), known: HashMap::new(), edges: 0 };
    let mut queue = VecDeque::new();
    for start in starts {
        queue.push_back((walk.arrive(&start, None), start));
    }
    while let Some((place, world)) = queue.pop_front() {
        for step in possible(&world, scope) {
            let mut next = world.clone();
            let run = take(&mut next, step);
            walk.edges += 1;
            let key = next.key();
            let is_new = !walk.known.contains_key(&key);
            let again = if is_new { run.as_ref().map_or(Ok(()), check_again) } else { Ok(()) };
            if let Err(broken) = check_edge(&world, step, run.as_ref(), &next).and(again) {
                panic!("{broken}:\n{}  {step:?}\n{next}", walk.way_to(place));
            }
            if is_new {
                assert!(walk.places.len() < 200_000, "the walk explodes:\n{}", walk.way_to(place));
                queue.push_back((walk.arrive_at(key, &next, Some((place, step))), next));
            }
        }
    }
    walk.check_that_all_come_to_rest();
    walk
}

impl Walk {
    fn arrive(&mut self, world: &World, from: Option<(usize, Step)>) -> usize {
        self.arrive_at(world.key(), world, from)
    }

    fn arrive_at(&mut self, key: Vec<u8>, world: &World, from: Option<(usize, Step)>) -> usize {
        let honestly = honest_step(world, &key);
        let place = self.places.len();
        let at_rest = honestly.is_none();
        self.places.push(Place { from, honestly });
        self.known.insert(key, place);
        if let Err(broken) = if at_rest { check_rest(world) } else { Ok(()) } {
            panic!("{broken}, at rest:\n{}{world}", self.way_to(place));
        }
        place
    }

    /// The steps that led to a place, one a line.
    fn way_to(&self, mut place: usize) -> String {
        let mut steps = Vec::new();
        while let Some((from, step)) = self.places[place].from {
            steps.push(step);
            place = from;
        }
        steps.iter().rev().fold(String::new(), |mut way, step| {
            writeln!(way, "  {step:?}").unwrap();
            way
        })
    }

    /// Follows the honest way from every place: it never runs in circles.
    fn check_that_all_come_to_rest(&self) {
        let mut rests = vec![false; self.places.len()];
        for start in 0..self.places.len() {
            let (mut place, mut way) = (start, Vec::new());
            while let (false, Some((key, step))) = (rests[place], &self.places[place].honestly) {
                way.push((place, *step));
                let begins = &way[..way.len().min(20)];
                assert!(way.len() < 200, "it never comes to rest:\n{}honestly {begins:?}", self.way_to(start));
                place = self.known[key];
            }
            rests[place] = true;
            for (passed, _) in way {
                rests[passed] = true;
            }
        }
    }
}

/// What happens next when every call is answered, every look due is taken, nobody acts, and time passes.
fn honest_step(world: &World, key: &[u8]) -> Option<(Vec<u8>, Step)> {
    let indexes = 0..world.payments.len();
    let mut wishes = Vec::new();
    for index in indexes.clone() {
        if world.flying[index] {
            wishes.push(Step::CreateIsAnswered(index));
        }
        if world.payments[index].stage == Stage::Processing {
            wishes.push(Step::PayerApproves(index));
        }
        for effect in world.case.effects.iter().filter(|effect| effect.attempt == attempt_id(index) && !effect.parked) {
            wishes.push(match effect.kind.is_money() {
                true => Step::MoneyCallIsAnswered(index, effect.kind),
                false => Step::CreateLeaves(index),
            });
        }
    }
    wishes.extend(world.case.order.check_at.map(|_| if world.is_rung() { Step::RungLook } else { Step::Poll }));
    wishes.extend([Step::MinutePasses, Step::OlderAttemptDies]);
    wishes.extend(indexes.map(Step::SessionExpires));
    wishes.push(Step::DeadlinePasses);
    let everything = Scope { attempts_max: 2, portal: 0, refunds: false, mishaps: false };
    let possible = possible(world, everything);
    wishes.into_iter().filter(|step| possible.contains(step)).find_map(|step| {
        let mut next = world.clone();
        take(&mut next, step);
        let there = next.key();
        (there != key).then_some((there, step))
    })
}

#[track_caller]
fn check(starts: Vec<World>, scope: Scope, at_least: (usize, usize)) {
    let walk = walk(starts, scope);
    let size = (walk.places.len(), walk.edges);
    eprintln!("{scope:?}: {} worlds, {} edges", size.0, size.1);
    assert!(size.0 >= at_least.0 && size.1 >= at_least.1, "the walk shrank to {size:?}");
}

#[test]
fn one_attempt_with_the_portal_refunds_and_mishaps() {
    let scope = Scope { attempts_max: 1, portal: 1, refunds: true, mishaps: true };
    check(vec![World::after_sign_up(false), World::after_sign_up(true)], scope, (18_000, 160_000));
}

#[test]
fn two_attempts_with_refunds_and_mishaps() {
    let scope = Scope { attempts_max: 2, portal: 0, refunds: true, mishaps: true };
    check(vec![World::after_sign_up(false)], scope, (18_000, 130_000));
}

#[test]
fn two_attempts_and_the_portal() {
    let scope = Scope { attempts_max: 2, portal: 1, refunds: false, mishaps: false };
    check(vec![World::after_sign_up(false)], scope, (32_000, 140_000));
}
