//! Where people stand who sign up. Those who arrive together are decided together: one turn, one commit, however many
//! they are. Each event has a line of its own, served in order of arrival. When somebody stands there, the event has one
//! errand in the writer's line, and takes along whoever stands there by then: between events the writer serves in order
//! of arrival too, so a crowd at one event does not starve another.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::app::App;
use super::sign_up::{Render, SignUp, decide};
use crate::domain::ids::EventId;
use crate::domain::refusal::Refusal;
use crate::metrics::Decided;
use crate::store::line::{Line, Waiting, locked};
use crate::store::registrations::RegistrationView;
use crate::store::replays::{Answer, Once};
use crate::store::together::{Errand, Errands, Ran};
use crate::store::{Door, EventTx, Stop, Tx};

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

type Decision = Result<Answer, Stop>;
type Applicant = Waiting<Visitor, Decision>;

/// The line of one event.
struct EventLine {
    event: EventId,
    standing: Line<Applicant>,
    /// True while an errand is on its way that takes along whoever stands here.
    is_called: AtomicBool,
    /// Where its errands wait for the writer.
    errands: Arc<Errands>,
}

/// The lines of one process.
#[derive(Default)]
pub struct Desk {
    lines: Mutex<HashMap<EventId, Arc<EventLine>>>,
}

impl Desk {
    /// Stands in line until the decision is saved.
    pub(super) async fn decide(&self, app: &App, visitor: Visitor) -> Decision {
        let line = self.line_of(app, visitor.wish.event)?;
        let (applicant, told) = Applicant::new(visitor);
        line.standing.join(applicant);
        let _place = Place { desk: self, event: line.event };
        call(app, &line);
        app.store.heard(&line.errands, told).await?
    }

    fn line_of(&self, app: &App, event: EventId) -> Result<Arc<EventLine>, Refusal> {
        let mut lines = locked(&self.lines);
        if standing_in(&lines) >= STANDING_MAX {
            return Err(Refusal::Overloaded);
        }
        let new = || {
            let (standing, is_called) = (Line::default(), AtomicBool::default());
            Arc::new(EventLine { event, standing, is_called, errands: app.store.writers_line() })
        };
        Ok(Arc::clone(lines.entry(event).or_insert_with(new)))
    }

    /// How many people stand at all lines together.
    pub fn standing(&self) -> i64 {
        i64::try_from(standing_in(&locked(&self.lines))).unwrap_or(i64::MAX)
    }

    // The last one out takes the line away; somebody else's handle on it is one more than the map's and their own.
    fn leave(&self, event: EventId) {
        let mut lines = locked(&self.lines);
        if lines.get(&event).is_some_and(|line| Arc::strong_count(line) <= 2 && line.standing.all(Waiting::has_left)) {
            lines.remove(&event);
        }
    }
}

fn standing_in(lines: &HashMap<EventId, Arc<EventLine>>) -> usize {
    lines.values().map(|line| line.standing.length()).sum()
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

/// Sends an errand for those who stand here, unless one is on its way.
fn call(app: &App, line: &Arc<EventLine>) {
    if !line.is_called.swap(true, Ordering::SeqCst) {
        line.errands.join(Box::new(Batch {
            app: app.clone(),
            line: Arc::clone(line),
            has_been_there: false,
            taken: Vec::new(),
            decisions: Vec::new(),
        }));
    }
}

/// Those who are decided together.
struct Batch {
    app: App,
    line: Arc<EventLine>,
    has_been_there: bool,
    taken: Vec<Applicant>,
    decisions: Vec<Result<Answer, Refusal>>,
}

impl Batch {
    /// Takes along whoever stands there by now.
    fn take(&mut self) {
        if !self.has_been_there {
            self.has_been_there = true;
            self.line.is_called.store(false, Ordering::SeqCst);
            self.taken = self.line.standing.head(TOGETHER_MAX);
            // Whoever went away before anything was decided is not signed up.
            self.taken.retain(|one| !one.has_left());
        }
    }
}

impl Errand for Batch {
    fn has_left(&self) -> bool {
        self.line.standing.all(Waiting::has_left)
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        self.take();
        if self.taken.is_empty() {
            return Ran::Well;
        }
        if self.taken.iter_mut().any(is_repeat()) {
            return Ran::Alone;
        }
        let visitors: Vec<Visitor> = self.taken.iter().map(|one| one.wish.clone()).collect();
        match EventTx::in_turn(tx, self.line.event, |tx| decide(&self.app, tx, &visitors)) {
            Ok(decisions) => {
                self.decisions = decisions;
                Ran::Well
            }
            Err(stop) if is_trouble(&stop) => Ran::InTrouble,
            Err(_) => Ran::Alone,
        }
    }

    fn run_alone(mut self: Box<Self>, door: &mut Door) {
        self.take();
        decide_together(&self.app, door, self.line.event, std::mem::take(&mut self.taken));
        self.app.signals.work_saved();
    }

    fn tell(mut self: Box<Self>) {
        let decisions = std::mem::take(&mut self.decisions);
        for (one, decision) in std::mem::take(&mut self.taken).into_iter().zip(decisions) {
            tell(&self.app, one, decision.map_err(Stop::from));
        }
        self.app.signals.work_saved();
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if !self.has_been_there {
            self.line.is_called.store(false, Ordering::SeqCst);
        }
        // More stood there than it took, or came when it was given up.
        if !self.line.standing.all(Waiting::has_left) {
            call(&self.app, &self.line);
        }
        self.app.desk.leave(self.line.event);
    }
}

fn decide_together(app: &App, door: &mut Door, event: EventId, mut standing: Vec<Applicant>) {
    if standing.is_empty() {
        return;
    }
    // They are told what the request was answered.
    let again: Vec<Applicant> = standing.extract_if(.., is_repeat()).collect();
    let visitors: Vec<Visitor> = standing.iter().map(|one| one.wish.clone()).collect();
    match door.write(event, &|tx| decide(app, tx, &visitors)) {
        Ok(decisions) => {
            for (one, decision) in standing.into_iter().zip(decisions) {
                tell(app, one, decision.map_err(Stop::from));
            }
        }
        // The database is in trouble, or there is nobody else: trying each alone would only take longer.
        Err(stop) if standing.len() <= 1 || is_trouble(&stop) => {
            let mut standing = standing.into_iter();
            if let Some(first) = standing.next() {
                tell(app, first, Err(stop));
            }
            for other in standing {
                tell(app, other, Err(Refusal::Overloaded.into()));
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

/// Tells those who send a request that stands there already, asked about one after the other.
fn is_repeat() -> impl FnMut(&mut Applicant) -> bool {
    let mut seen = HashSet::new();
    move |one| one.wish.once.as_ref().is_some_and(|once| !seen.insert((once.caller, once.key.clone())))
}

fn is_trouble(stop: &Stop) -> bool {
    matches!(stop, Stop::Store(error) if error.is_trouble())
}

fn tell(app: &App, one: Applicant, decision: Decision) {
    app.metrics.decided(match &decision {
        Ok(answer) if answer.replayed => Decided::Repeated,
        Ok(_) => Decided::Admitted,
        Err(Stop::Refused(Refusal::Overloaded) | Stop::Store(_)) => Decided::Failed,
        Err(Stop::Refused(_)) => Decided::Refused,
    });
    one.tell(decision);
}
