//! The whole world of one history: a house over a database of its own, the provider next door, people with payments in
//! hand, and whoever writes down what happened.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use plass::boot::App;
use plass::clock::{Clock, Timestamp, at_millis};
use plass::config::Settings;
use plass::domain::event::{EventDetails, PaidInformation};
use plass::domain::group::{Group, GroupKind};
use plass::domain::ids::{EventId, SalesUnitId, UserId};
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::edit_event::add_event;
use plass::flows::passwords::Passwords;
use plass::flows::units::Units;
use plass::jobs::{self, Due, Jobs};
use plass::keys::Keys;
use plass::sandbox::{Asked, InProcess, OfAskell};
use plass::store::conn::{Conn, Place as DatabasePlace};
use plass::store::{Stop, Store, StoreError};
use plass::vipps::PaymentProvider;

use crate::acts::{EVENTS, EventPlan, Over, PEOPLE, Plan};
use crate::askell::{ToAskell, agree};
use crate::cards::hand_out_cards;
use crate::chance::Chance;
use crate::database::Database;
use crate::ecom::SimulatedEcom;
use crate::engine::{Engine, Flow};
use crate::provider::SimulatedProvider;
use crate::watch::Watch;
use crate::wire::Wire;

/// A quarter past eleven on a winter's day.
const BEGIN: i64 = 1_800_000_000_000;

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Which rule is broken.
    pub(crate) rule: &'static str,
    /// By what.
    pub(crate) detail: String,
}

/// A broken rule.
pub(crate) fn broken<T>(rule: &'static str, detail: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, detail: detail.into() })
}

/// How a flow ended.
pub(crate) enum Ended {
    /// Somebody got an answer.
    Said(Result<String, Stop>),
    /// Somebody got a payment page.
    Opened { who: usize, url: String },
    /// A job is done.
    Job(Due, Result<(), Stop>),
    /// The duties are done; true when there were any.
    Duties(bool),
}

/// One process: what it works with, and what it has under way.
pub(crate) struct Process {
    pub(crate) app: App,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) flows: Vec<Flow<Ended>>,
    pub(crate) under_way: HashSet<Due>,
    pub(crate) duties: Duties,
}

/// Where the duties stand; one process does them one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duties {
    Due,
    UnderWay,
    Done,
}

/// Everything.
pub(crate) struct World {
    // Dropped first: what is under way must not outlive its runtime.
    pub(crate) process: Process,
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    pub(crate) desk: Arc<InProcess>,
    pub(crate) wire: Arc<Mutex<Wire>>,
    pub(crate) people: Vec<UserId>,
    pub(crate) organizer: UserId,
    pub(crate) events: Vec<EventId>,
    /// The payments that each person was sent to, oldest first; over Áskell the pages for a card.
    pub(crate) hands: Vec<Vec<String>>,
    /// The sales unit that the events take.
    pub(crate) unit: SalesUnitId,
    pub(crate) over: Over,
    pub(crate) watch: Watch,
    pub(crate) history: Vec<String>,
    place: DatabasePlace,
    _database: Database,
}

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) fn begin(plan: &Plan) -> Self {
        let database = Database::fresh();
        let place = database.place();
        let clock = Clock::seeded(at_millis(BEGIN), plan.seed);
        let desk = Arc::new(InProcess::new(clock.clone(), plan.seed));
        let wire = Arc::new(Mutex::new(Wire::new(plan.seed)));
        let mut engine = Engine::new();
        let process = start(&place, (&clock, plan.over), &desk, &wire);
        let conn = Conn::open(&place).unwrap();
        let (people, organizer) = found(&mut engine, &process.app);
        let (unit, currency) = match plan.over {
            Over::Epayment | Over::Ecom => (SalesUnitId::HOUSE, Currency::Nok),
            Over::Askell => (agree(&mut engine, &process.app, (GROUP, organizer)), Currency::Isk),
        };
        if plan.over == Over::Askell {
            let mut chance = Chance::new(plan.seed ^ 2);
            hand_out_cards(&mut engine, (&process.app, &desk), (&people, unit), &mut chance);
        }
        let events = plan.events.iter().enumerate();
        let events = events.map(|(number, event)| {
            let details = details(number, event, currency, process.app.clock.now());
            make_event(&mut engine, &process.app, details)
        });
        let events = events.collect();
        Self {
            process,
            engine,
            clock,
            desk,
            wire,
            hands: people.iter().map(|_| Vec::new()).collect(),
            people,
            organizer,
            unit,
            over: plan.over,
            events,
            watch: Watch::new(conn),
            history: Vec::new(),
            place,
            _database: database,
        }
    }

    /// The process dies with all it has under way, and another starts on what it left behind.
    pub(crate) fn kill(&mut self) {
        let under_way: Vec<&str> = self.process.flows.iter().map(|flow| flow.name.as_str()).collect();
        self.history.push(format!("        killed with {} under way: {}", under_way.len(), under_way.join(", ")));
        self.process.flows.clear();
        let store = self.process.app.store.clone();
        self.engine.finish(async move { store.close().await });
        self.process = start(&self.place, (&self.clock, self.over), &self.desk, &self.wire);
    }

    /// Both times go on.
    pub(crate) fn pass(&self, by: TimeDelta) {
        self.clock.advance_machine(by);
        self.jump(by);
    }

    /// The time that members live by goes on, and what was on its way meanwhile arrives.
    pub(crate) fn jump(&self, by: TimeDelta) {
        let then = self.clock.now() + by;
        loop {
            let Some(late) = self.wire.lock().unwrap().next_late(then) else { break };
            self.clock.advance(late.due_at - self.clock.now());
            if late.operation == OfAskell::Retry {
                self.wire.lock().unwrap().count_retry(&late.name);
            }
            let arrived = self.desk.ask(Asked::OfAskell(late.operation, &late.name), None, &late.body);
            let told = format!("{:?}, given up before, arrives: {}", late.operation, arrived.status);
            self.wire.lock().unwrap().calls.push(told);
        }
        self.clock.advance(then - self.clock.now());
    }

    /// Writes down how something ended.
    pub(crate) fn tell(&mut self, what: &str) {
        self.history.push(format!("        {what}"));
    }

    /// Takes in what a flow brought: people hear, jobs are done; trouble that must not be is a violation.
    pub(crate) fn take(&mut self, name: &str, ended: Ended) -> Result<(), Violation> {
        let calls = std::mem::take(&mut self.wire.lock().unwrap().calls);
        for call in calls {
            self.tell(&call);
        }
        match ended {
            Ended::Opened { who, url } if self.over == Over::Askell => self.sent_by_askell(name, who, &url),
            Ended::Opened { who, url } => {
                let reference = self.desk.reference_behind(&url);
                let Some(reference) = reference else { return broken("a payment page leads nowhere", url) };
                self.tell(&format!("{name} -> sent to {}", short(&reference)));
                self.hands[who].push(reference);
            }
            Ended::Said(Ok(said)) => self.tell(&format!("{name} -> {said}")),
            Ended::Said(Err(Stop::Refused(refusal))) => self.tell(&format!("{name} -> {}", refusal.code())),
            Ended::Said(Err(Stop::Store(error))) => return broken("a flow failed", format!("{name}: {error:?}")),
            Ended::Job(due, result) => {
                self.process.under_way.remove(&due);
                if let Err(stop) = result {
                    return broken("a job failed", format!("{name}: {}", cause(&stop)));
                }
            }
            Ended::Duties(any) => self.process.duties = if any { Duties::Due } else { Duties::Done },
        }
        Ok(())
    }
}

fn cause(stop: &Stop) -> String {
    match stop {
        Stop::Store(StoreError::Taken(error) | StoreError::Query(error)) => format!("{stop}: {error}"),
        Stop::Store(_) | Stop::Refused(_) => stop.to_string(),
    }
}

/// The end of a reference, which is enough to know it by.
pub(crate) fn short(reference: &str) -> &str {
    reference.get(reference.len().saturating_sub(6)..).unwrap_or(reference)
}

/// Whose events they are.
const GROUP: &str = "sosialen";

fn start(
    place: &DatabasePlace,
    (clock, over): (&Clock, Over),
    desk: &Arc<InProcess>,
    wire: &Arc<Mutex<Wire>>,
) -> Process {
    let provider = SimulatedProvider { desk: Arc::clone(desk), wire: Arc::clone(wire), clock: clock.clone() };
    let provider = Arc::new(provider);
    // The house's own unit is with Vipps in any case.
    let vipps: Arc<dyn PaymentProvider> = match over {
        Over::Ecom => Arc::new(SimulatedEcom(provider.clone())),
        Over::Epayment | Over::Askell => provider.clone(),
    };
    let units = match over {
        Over::Epayment | Over::Ecom => Units::default(),
        Over::Askell => Units::over(Arc::new(ToAskell(provider.clone()))),
    };
    let settings = Settings { public_url: "https://plass.example".to_owned(), ..Settings::default() };
    let app = App {
        store: Store::new(place.clone(), 2, clock.clone()),
        vipps,
        units: Arc::new(units),
        mail: provider,
        letterbox: None,
        demo: None,
        clock: clock.clone(),
        settings: Arc::new(settings),
        keys: Arc::new(Keys::for_tests()),
        passwords: Arc::new(Passwords::cheap_for_tests().unwrap()),
        signals: Arc::default(),
        desk: Arc::default(),
        porter: Arc::default(),
        metrics: Arc::default(),
    };
    let jobs = Arc::new(Jobs::new(app.clone(), jobs::Duties::All));
    Process { app, jobs, flows: Vec::new(), under_way: HashSet::new(), duties: Duties::Done }
}

fn found(engine: &mut Engine, app: &App) -> (Vec<UserId>, UserId) {
    let now = app.clock.now();
    let group = Group {
        slug: GROUP.to_owned(),
        name: "Sosialen".to_owned(),
        kind: GroupKind::Committee,
        members_may_manage: false,
        created_at: now,
        updated_at: now,
    };
    let store = app.store.clone();
    let names: Vec<String> = PEOPLE.iter().copied().chain(["organizer"]).map(str::to_owned).collect();
    let saved = engine.finish(async move {
        store
            .change(move |tx| {
                tx.insert_group(&group)?;
                names.iter().map(|name| save_new_user(tx, profile(name), None).map(|user| user.id)).collect()
            })
            .await
    });
    let mut people: Vec<UserId> = saved.unwrap();
    let organizer = people.pop().unwrap();
    (people, organizer)
}

fn profile(name: &str) -> Profile {
    Profile {
        email: format!("{name}@example.org"),
        first_name: name.to_owned(),
        last_name: "Berg".to_owned(),
        phone: None,
        locale: "en".to_owned(),
        allow_photo_by_default: true,
    }
}

fn make_event(engine: &mut Engine, app: &App, details: EventDetails) -> EventId {
    let app = app.clone();
    let answer = engine.finish(async move {
        add_event(&app, details, None, Arc::new(|event, _| serde_json::json!(event.id.to_string()))).await
    });
    serde_json::from_str::<String>(&answer.unwrap().body).unwrap().parse().unwrap()
}

fn details(number: usize, plan: &EventPlan, currency: Currency, now: Timestamp) -> EventDetails {
    let start = now + TimeDelta::hours(plan.hours_to_start);
    EventDetails {
        title: EVENTS[number].to_owned(),
        description: String::new(),
        location: String::new(),
        start_date: start,
        end_date: start + TimeDelta::hours(4),
        organizer: GROUP.to_owned(),
        limit: plan.seats,
        sign_up: true,
        closed: false,
        start_registration_at: None,
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: plan.refund_on_sign_off,
        cancellation: None,
        paid_information: plan.price.map(|price| PaidInformation {
            price: Money { amount: Ore(price), currency },
            paytime: TimeDelta::minutes(plan.paytime_minutes),
            promotion_paytime: TimeDelta::minutes(plan.promotion_minutes),
            sales_unit: None,
        }),
    }
}
