//! How each state of each page comes about: who is there, what they did before, and where to look. Every scene is played
//! in a house of its own, and its clock stands still: a picture shows the same today and tomorrow.

mod cards;
mod door;
mod members;
mod organizers;
mod payers;
mod settings;

use std::cell::{Cell, OnceCell};

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::domain::user::Profile;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::child::Demo;
use crate::support::people::PASSWORD;
use crate::support::world::{Person, World};

/// The cookie of a login.
const SESSION: &str = "plass_session";

/// First and last names; a scene takes the next ones.
const NAMES: &[(&str, &str)] = &[
    ("Ida", "Berg"),
    ("Ola", "Nordli"),
    ("Kari", "Dahl-Hansen"),
    ("Jonas", "Moe"),
    ("Sofie", "Aas"),
    ("Ravn", "Bjørnstad"),
    ("Áile", "Sara"),
    ("Emil", "Østby"),
    ("Nora", "Lie"),
    ("Mathilde", "Fredriksen Solbakken"),
];

/// The house that a scene is played in.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) organizer: Person,
    people: Cell<usize>,
    demo: OnceCell<Demo>,
}

/// What there is to see, and for whom.
pub(crate) struct View {
    /// Where.
    pub(crate) url: String,
    /// The login of whoever looks; nobody in particular if there is none.
    pub(crate) session: Option<String>,
    /// True when its policy lets nobody look closer, not even a test.
    pub(crate) is_locked: bool,
    /// What is done on the page before it looks like this.
    pub(crate) acts: Vec<Act>,
}

/// Something done on a page.
pub(crate) enum Act {
    /// Writes into the field of this name.
    Write(&'static str, String),
    /// Sends the form, whatever the browser thinks of what is in it.
    Send(&'static str),
    /// Clicks on what the selector names.
    Click(&'static str),
    /// Runs a script, where no hand would do it.
    Run(&'static str),
    /// What somebody else does meanwhile: a change through the API.
    Change(Person, String, Value),
}

impl View {
    /// A page that anybody sees.
    pub(crate) fn of(url: impl Into<String>) -> Self {
        Self { url: url.into(), session: None, is_locked: false, acts: Vec::new() }
    }

    /// After this was done.
    pub(crate) fn after(self, acts: impl Into<Vec<Act>>) -> Self {
        Self { acts: acts.into(), ..self }
    }
}

impl Act {
    /// Does it.
    pub(crate) async fn is_done(&self, stage: &Stage, browser: &Browser) {
        match self {
            Self::Run(script) => drop(browser.run(script, vec![]).await),
            Self::Change(who, path, body) => {
                let reply = stage.world.patch(who, path, body).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
            }
            Self::Write(name, text) => browser.writes_into(&format!("[name={name}]"), text).await,
            Self::Click(css) => browser.clicks_on(css).await,
            Self::Send(css) => {
                browser.run("document.querySelector(arguments[0]).noValidate = true", vec![json!(css)]).await;
                browser.clicks_on(&format!("{css} button")).await;
            }
        }
    }
}

impl Stage {
    /// A house with an organizer in it.
    pub(crate) async fn set() -> Self {
        let world = World::begin().await;
        let organizer = world.organizer().await;
        Self { world, organizer, people: Cell::new(0), demo: OnceCell::new() }
    }

    /// Ends the scene: the provider works again, and everything comes to rest.
    pub(crate) async fn strike(self) {
        self.world.no_more_faults().await;
        self.world.pass(TimeDelta::hours(1)).await;
        self.world.end().await;
    }

    /// Somebody new.
    pub(crate) async fn somebody(&self) -> Person {
        let number = self.people.replace(self.people.get() + 1);
        let (first, last) = NAMES[number % NAMES.len()];
        let profile = Profile {
            email: format!("medlem{number}@example.org"),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            phone: None,
            locale: "nb".to_owned(),
            allow_photo_by_default: true,
        };
        let (_, person) = self.world.newcomer_like(profile).await;
        person
    }

    /// An event with so many seats, at six in the evening ten days from now; `more` adds to it or changes it.
    pub(crate) async fn event(&self, seats: i64, more: Value) -> String {
        let day = self.world.clock.now().date_naive() + TimeDelta::days(10);
        let starts = day.and_hms_opt(17, 0, 0).unwrap().and_utc();
        let mut event = json!({
            "title": "Julebord i Kjelleren", "location": "Kjelleren, Storgata 1",
            "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(5)),
            "description": "Treretters, quiz og dans. Dørene åpner en halvtime før.\nSi fra om allergier når du melder deg på.",
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        self.world.event(&self.organizer, seats, event).await
    }

    /// An event of 250.00 with so many seats and two hours to pay.
    pub(crate) async fn paid_event(&self, seats: i64) -> String {
        self.event(seats, json!({ "paid_information": { "price": "250.00", "paytime": "02:00:00" } })).await
    }

    /// Somebody who may do what a role allows, everywhere.
    pub(crate) async fn officer(&self, role: Role) -> Person {
        let number = self.people.replace(self.people.get() + 1);
        self.world.officer(&format!("{role:?}{number}").to_lowercase(), role).await
    }

    /// What this person sees at a path.
    pub(crate) async fn seen_by(&self, who: &Person, path: &str) -> View {
        let form = format!("email={}&password={}", who.email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
        let login = self.world.client.post(format!("{}/login", self.world.url())).body(form);
        let reply = self.world.send(login.header("Content-Type", "application/x-www-form-urlencoded")).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let cookie = reply.header("set-cookie").split(';').next().unwrap();
        let session = cookie.strip_prefix(&format!("{SESSION}=")).unwrap().to_owned();
        View { session: Some(session), ..self.seen(path) }
    }

    /// What anybody sees at a path.
    pub(crate) fn seen(&self, path: &str) -> View {
        View::of(format!("{}{path}", self.world.url()))
    }
}
