//! How a history runs: an act begins, then the work that is due and under way goes on for a while, in an order that the
//! step's own chance decides; after every poll the invariants are checked. In the end the faults stop, time passes, and
//! everything must come to its end.

use chrono::TimeDelta;
use plass::domain::ids::{EffectId, OrderId};
use plass::flows::doctor::make_rounds;
use plass::flows::look::look;
use plass::flows::run_effect::run_effect;
use plass::jobs::Due;

use crate::acts::{Pace, Plan, Step};
use crate::chance::Chance;
use crate::engine::Flow;
use crate::wire::Weather;
use crate::world::{Duties, Ended, Process, Violation, World, broken};

/// Polls after which a house that does not come to rest never will.
const POLLS_TO_REST_MAX: usize = 4_000;
/// How many things that are due are begun at once.
const AT_ONCE: usize = 8;

/// What a history came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) acts: u64,
    pub(crate) polls: u64,
    pub(crate) checks: u64,
}

/// How a history ended.
pub(crate) struct Told {
    pub(crate) tally: Tally,
    pub(crate) history: Vec<String>,
    /// The rule that was broken, and how many steps had been begun.
    pub(crate) violation: Option<(Violation, usize)>,
}

/// Lets a plan happen.
pub(crate) fn run(plan: &Plan) -> Told {
    let mut world = World::begin(plan);
    let mut begun = 0;
    let mut result = Ok(());
    for step in &plan.steps {
        begun += 1;
        result = world.happens(step);
        if result.is_err() {
            break;
        }
    }
    let result = result.and_then(|()| world.comes_to_its_end());
    let tally = Tally { acts: u64::try_from(begun).unwrap(), polls: world.engine.polls, checks: world.watch.checks };
    let violation = result.err().map(|violation| (violation, begun));
    Told { tally, history: std::mem::take(&mut world.history), violation }
}

impl World {
    fn happens(&mut self, step: &Step) -> Result<(), Violation> {
        let mut chance = Chance::new(step.salt);
        self.wire.lock().unwrap().chance = Chance::new(step.salt ^ 1);
        // Everything takes a moment.
        self.pass(TimeDelta::milliseconds(chance.between(1, 1_500)));
        self.history.push(format!("{}  {step}", self.clock.now().format("%d %H:%M:%S")));
        self.begin_act(step);
        self.look_around()?;
        match step.pace {
            Pace::Rest => {
                self.comes_to_rest(&mut chance)?;
                self.watch.check_at_ease(&self.desk, self.clock.now().timestamp_millis())
            }
            Pace::Steps(count) => {
                for _ in 0..count {
                    if chance.happens(30) {
                        self.begin_due(1 + chance.below(3));
                    }
                    if chance.happens(5) && self.process.duties == Duties::Done {
                        self.process.duties = Duties::Due;
                        self.begin_duties();
                    }
                    self.one_poll(&mut chance)?;
                }
                Ok(())
            }
        }
    }

    /// Does all there is to do now.
    fn comes_to_rest(&mut self, chance: &mut Chance) -> Result<(), Violation> {
        self.process.duties = Duties::Due;
        for _ in 0..POLLS_TO_REST_MAX {
            if self.one_poll(chance)? || self.begin_due(AT_ONCE) || self.begin_duties() {
                continue;
            }
            // Whoever still waits hears nothing any more today, and goes.
            let before = self.process.flows.len();
            self.process.flows.clear();
            self.process.under_way.clear();
            let due = self.next_rung();
            if before == 0 && due.is_none() {
                return Ok(());
            }
            if let Some(pause) = due {
                self.pass(pause);
            }
        }
        broken("the house comes to rest", format!("{POLLS_TO_REST_MAX} steps were not enough"))
    }

    /// How long until a look that answers a bell, if only the pace of questions holds it back.
    fn next_rung(&mut self) -> Option<TimeDelta> {
        let store = self.process.app.store.clone();
        let next = self.engine.finish(async move { store.read(|tx| Ok(tx.next_rung_look_at()?)).await }).unwrap();
        let left = next? - self.clock.now();
        (left > TimeDelta::zero() && left <= TimeDelta::seconds(1)).then_some(left)
    }

    /// Brings something that is awake one step forward; false when nothing is.
    fn one_poll(&mut self, chance: &mut Chance) -> Result<bool, Violation> {
        let flows = &mut self.process.flows;
        let awake: Vec<usize> = (0..flows.len()).filter(|at| flows[*at].is_awake()).collect();
        if awake.is_empty() {
            return Ok(false);
        }
        let at = chance.pick(&awake);
        if let Some(ended) = self.engine.poll(&mut flows[at]) {
            let flow = flows.remove(at);
            self.take(&flow.name, ended)?;
        }
        self.look_around()?;
        Ok(true)
    }

    fn look_around(&mut self) -> Result<(), Violation> {
        if let Some(charge) = self.wire.lock().unwrap().overdone.take() {
            return broken("a charge is tried again four times at most", charge);
        }
        self.watch.check(&self.desk, self.clock.now().timestamp_millis())
    }

    /// Begins some of what is due; false when nothing is.
    fn begin_due(&mut self, most: usize) -> bool {
        let jobs = self.process.jobs.clone();
        let due = self.engine.finish(async move { jobs.due().await });
        let Process { app, flows, under_way, .. } = &mut self.process;
        let fresh: Vec<Due> = due.into_iter().filter(|due| !under_way.contains(due)).take(most).collect();
        for due in &fresh {
            under_way.insert(*due);
            let (app, due) = (app.clone(), *due);
            flows.push(Flow::new(format!("{due:?}"), async move {
                let result = match due {
                    Due::Payment(id) | Due::Letter(id) => run_effect(&app, EffectId(id)).await.map(|_ran| ()),
                    Due::Look(id) => look(&app, OrderId(id)).await.map(|_looked| ()),
                    Due::Rounds => make_rounds(&app).await.map(|_made| ()),
                };
                Ended::Job(due, result)
            }));
        }
        !fresh.is_empty()
    }

    /// Begins the duties; false when they are under way, or had nothing to do last time.
    fn begin_duties(&mut self) -> bool {
        if self.process.duties != Duties::Due {
            return false;
        }
        self.process.duties = Duties::UnderWay;
        let jobs = self.process.jobs.clone();
        self.process.flows.push(Flow::new("duties".to_owned(), async move { Ended::Duties(jobs.do_duties().await) }));
        true
    }

    /// No more faults, and nobody does anything any more: what is begun must end, and the books must close.
    fn comes_to_its_end(&mut self) -> Result<(), Violation> {
        self.history.push("-- the faults stop, and time passes".to_owned());
        self.wire.lock().unwrap().weather = Weather::Calm;
        let mut chance = Chance::new(7);
        // The pause of whatever failed is a quarter of an hour at most; claims of the dead last two minutes.
        for seconds in [1, 61, 121, 901, 901, 901, 901] {
            self.pass(TimeDelta::seconds(seconds));
            self.comes_to_rest(&mut chance)?;
        }
        self.watch.check_at_rest(&self.desk, self.clock.now().timestamp_millis())?;
        for _ in 0..8 {
            self.pass(TimeDelta::hours(8));
            self.comes_to_rest(&mut chance)?;
        }
        for _ in 0..3 {
            self.pass(TimeDelta::seconds(901));
            self.comes_to_rest(&mut chance)?;
        }
        self.watch.check_at_rest(&self.desk, self.clock.now().timestamp_millis())?;
        self.watch.check_at_the_end(&self.desk, self.clock.now().timestamp_millis())?;
        let books = self.watch.books();
        self.history.extend(books);
        Ok(())
    }
}
