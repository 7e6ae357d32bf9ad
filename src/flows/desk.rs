//! Where people stand who sign up. Those who arrive together are decided together: one turn, one commit, however many
//! they are. Each event has a line of its own, served in order of arrival; between events the database's writer serves
//! in order of arrival too, so a crowd at one event does not starve another.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::app::App;
use super::sign_up::{Render, SignUp, decide};
use crate::domain::ids::EventId;
use crate::domain::refusal::Refusal;
use crate::metrics::Decided;
use crate::store::registrations::RegistrationView;
use crate::store::replays::{Answer, Once};
use crate::store::{Door, Stop, StoreError};

/// How many are decided in one write. Others wait for the database meanwhile.
const TOGETHER_MAX: usize = 256;
/// How many may stand at all lines together; whoever comes then is asked to come again.
const STANDING_MAX: usize = 10_000;

/// Somebody who wants to sign up, as the desk knows them.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) wish: SignUp,
    pub(super) once: Option<Once>,
    pub(super) render: Render<RegistrationView>,
}

struct Standing {
    visitor: Visitor,
    answer: oneshot::Sender<Result<Answer, Stop>>,
}

#[derive(Default)]
struct Line {
    standing: Mutex<Vec<Standing>>,
    /// Who serves the line; the next in order of arrival takes over.
    clerk: Arc<tokio::sync::Mutex<()>>,
}

/// The lines of one process.
#[derive(Default)]
pub struct Desk {
    lines: Mutex<HashMap<EventId, Arc<Line>>>,
}

impl Desk {
    /// Stands in line until the decision is saved.
    pub(super) async fn decide(&self, app: &App, visitor: Visitor) -> Result<Answer, Stop> {
        let event = visitor.wish.event;
        let (answer, mut decided) = oneshot::channel();
        let line = self.join(event, Standing { visitor, answer })?;
        let _place = Place { desk: self, event };
        loop {
            // Whoever comes to serve serves everybody who stands there, most of whom then have nothing left to do.
            tokio::select! {
                biased;
                answer = &mut decided => return answer.map_err(|_gone| broken())?,
                clerk = Arc::clone(&line.clerk).lock_owned() => serve(app, event, Arc::clone(&line), clerk).await?,
            }
        }
    }

    fn join(&self, event: EventId, standing: Standing) -> Result<Arc<Line>, Refusal> {
        let mut lines = locked(&self.lines);
        if standing_in(&lines) >= STANDING_MAX {
            return Err(Refusal::Overloaded);
        }
        let line = Arc::clone(lines.entry(event).or_default());
        locked(&line.standing).push(standing);
        Ok(line)
    }

    /// How many people stand at all lines together.
    pub fn standing(&self) -> i64 {
        i64::try_from(standing_in(&locked(&self.lines))).unwrap_or(i64::MAX)
    }

    // The last one out takes the line away; somebody else's handle on it is one more than the map's and their own.
    fn leave(&self, event: EventId) {
        let mut lines = locked(&self.lines);
        let is_last = lines.get(&event).is_some_and(|line| {
            Arc::strong_count(line) <= 2 && locked(&line.standing).iter().all(|one| one.answer.is_closed())
        });
        if is_last {
            lines.remove(&event);
        }
    }
}

fn standing_in(lines: &HashMap<EventId, Arc<Line>>) -> usize {
    lines.values().map(|line| locked(&line.standing).len()).sum()
}

/// A place in a line, which is given up however its owner goes away: decided, refused or cut off.
struct Place<'d> {
    desk: &'d Desk,
    event: EventId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.desk.leave(self.event);
    }
}

/// Decides about those at the head of the line. It goes on to its end even if the one who came to serve goes away, for
/// the others wait for it.
async fn serve(app: &App, event: EventId, line: Arc<Line>, clerk: OwnedMutexGuard<()>) -> Result<(), Stop> {
    let house = app.clone();
    app.store
        .at_the_door(move |door| {
            let mut standing = std::mem::take(&mut *locked(&line.standing));
            if standing.len() > TOGETHER_MAX {
                *locked(&line.standing) = standing.split_off(TOGETHER_MAX);
            }
            decide_together(&house, door, event, standing);
            house.signals.work_saved();
            drop(clerk);
            Ok(())
        })
        .await
}

fn decide_together(app: &App, door: &mut Door, event: EventId, mut standing: Vec<Standing>) {
    // Whoever went away before anything was decided is not signed up.
    standing.retain(|one| !one.answer.is_closed());
    let again = take_repeats(&mut standing);
    let visitors: Vec<Visitor> = standing.iter().map(|one| one.visitor.clone()).collect();
    match door.write(event, &|tx| decide(app, tx, &visitors)) {
        Ok(decisions) => {
            for (one, decision) in standing.into_iter().zip(decisions) {
                tell(app, one.answer, decision.map_err(Stop::from));
            }
        }
        // The database is in trouble, or there is nobody else: trying each alone would only take longer.
        Err(stop) if standing.len() <= 1 || is_trouble(&stop) => {
            let mut standing = standing.into_iter();
            if let Some(first) = standing.next() {
                tell(app, first.answer, Err(stop));
            }
            for other in standing {
                tell(app, other.answer, Err(Refusal::Overloaded.into()));
            }
        }
        // One of them spoiled it for all: each alone, in the same order, harms only itself.
        Err(_) => {
            for one in standing {
                decide_together(app, door, event, vec![one]);
            }
        }
    }
    if !again.is_empty() {
        decide_together(app, door, event, again);
    }
}

/// Takes out those who send a request that stands there already: they are told what it was answered.
fn take_repeats(standing: &mut Vec<Standing>) -> Vec<Standing> {
    let mut seen = HashSet::new();
    let is_repeat = |one: &mut Standing| match &one.visitor.once {
        Some(once) => !seen.insert((once.caller, once.key.clone())),
        None => false,
    };
    standing.extract_if(.., is_repeat).collect()
}

fn is_trouble(stop: &Stop) -> bool {
    matches!(stop, Stop::Store(error) if error.is_trouble())
}

fn tell(app: &App, to: oneshot::Sender<Result<Answer, Stop>>, answer: Result<Answer, Stop>) {
    app.metrics.decided(match &answer {
        Ok(answer) if answer.replayed => Decided::Repeated,
        Ok(_) => Decided::Admitted,
        Err(Stop::Refused(Refusal::Overloaded) | Stop::Store(_)) => Decided::Failed,
        Err(Stop::Refused(_)) => Decided::Refused,
    });
    // Whoever went away meanwhile finds the decision in the list.
    drop(to.send(answer));
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> Stop {
    Stop::Store(StoreError::Corrupt("a write at the desk panicked".to_owned()))
}
