//! The whole world of a story: a house over a fresh database, the sandbox next door, a clock that stands still until
//! the story moves it, and people. A world must be ended with [`World::end`], which checks what always holds.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use plass::boot::{App, House, NextDoor, fill_with_demo, furnish};
use plass::clock::{Clock, Timestamp, at_millis};
use plass::config::{Settings, VippsSettings};
use plass::domain::grant::Grantee;
use plass::domain::group::{Group, GroupKind};
use plass::domain::ids::UserId;
use plass::domain::permission::{Role, Scope};
use plass::domain::sales_unit::Provider;
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::give_role::{NewGrant, save_grant};
use plass::flows::passwords::Passwords;
use plass::http::write_time;
use plass::jobs::Duties;
use plass::keys::Keys;
use plass::mail::memory::MemoryMail;
use plass::sandbox::{self, Neighbor, Sandbox};
use plass::store::Stop;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::database::TestDatabase;
use super::invariants;
use super::people::PASSWORD;
use super::steps::Steps;

/// A server hangs up on who says nothing for a while: a connection that was idle for longer is not used again.
pub(crate) const KEPT_OPEN: std::time::Duration = std::time::Duration::from_secs(2);

/// The group that organizes the events of the stories.
pub(crate) const ORGANIZER: &str = "sosialen";

/// Everything a story needs.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) mail: Arc<MemoryMail>,
    pub(crate) client: reqwest::Client,
    pub(crate) database: TestDatabase,
    pub(crate) app: App,
    /// Counts what the house does, and harms it where a story says so.
    pub(crate) steps: Arc<Steps>,
    pub(super) sandbox: Sandbox,
    house: Option<House>,
    second: Option<House>,
    pub(super) address: SocketAddr,
    hash: String,
    /// Over which provider the organizing group is paid.
    pub(crate) over: Provider,
}

/// A process next door, as long as it lives: nobody waits for a dead one.
struct Living(Arc<NextDoor>, Arc<Steps>);

#[async_trait]
impl Neighbor for Living {
    async fn run_until_idle(&self) -> bool {
        tokio::select! {
            biased;
            () = self.1.death() => false,
            worked = self.0.run_until_idle() => worked,
        }
    }
    async fn next_due(&self) -> Option<Timestamp> {
        if self.1.is_dead() { None } else { self.0.next_due().await }
    }
}

/// Two processes next door.
struct Both(Arc<dyn Neighbor>, Arc<dyn Neighbor>);

#[async_trait]
impl Neighbor for Both {
    async fn run_until_idle(&self) -> bool {
        let (first, second) = tokio::join!(self.0.run_until_idle(), self.1.run_until_idle());
        first || second
    }
    async fn next_due(&self) -> Option<Timestamp> {
        let (first, second) = tokio::join!(self.0.next_due(), self.1.next_due());
        first.into_iter().chain(second).min()
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) email: String,
}

/// What is next door while the server is dead.
struct NobodyNextDoor;

#[async_trait]
impl Neighbor for NobodyNextDoor {
    async fn run_until_idle(&self) -> bool {
        false
    }
    async fn next_due(&self) -> Option<Timestamp> {
        None
    }
}

fn still() -> Clock {
    Clock::still(at_millis(1_800_000_000_000))
}

impl World {
    /// A world at a quarter past eleven on a winter's day; nobody has signed up for anything.
    pub(crate) async fn begin() -> Self {
        Self::begin_with(still(), false).await
    }

    /// A world with a clock of its own. Where the sandbox is ticking, it acts by itself, as it does in the demo.
    pub(crate) async fn begin_with(clock: Clock, ticking: bool) -> Self {
        let world = Self::empty(clock, ticking).await;
        world.found_group(ORGANIZER).await;
        world.settle().await;
        world
    }

    /// A world with the demo organization in it.
    pub(crate) async fn demo() -> Self {
        let world = Self::empty(still(), false).await;
        fill_with_demo(&world.app).await.unwrap();
        world.settle().await;
        world
    }

    async fn empty(clock: Clock, ticking: bool) -> Self {
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = sandbox::Settings { clock: clock.clone(), data: None, ticking };
        let sandbox = Sandbox::start(settings, here).await.unwrap();
        let database = TestDatabase::create();
        let listener = std::net::TcpListener::bind(here).unwrap();
        let address = listener.local_addr().unwrap();
        let mail = Arc::new(MemoryMail::default());
        let steps = Steps::new(&clock);
        let app = steps.watch(app(&clock, &sandbox, &database, address, Arc::clone(&mail)).await);
        let hash = app.passwords.hash_password(PASSWORD).await.unwrap();
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .pool_idle_timeout(KEPT_OPEN)
            .build()
            .unwrap();
        let house = House::open(app.clone(), listener, Duties::All).unwrap();
        sandbox.set_neighbor(Arc::new(Living(house.next_door(), Arc::clone(&steps))));
        let over = Provider::VippsEpayment;
        Self {
            clock,
            mail,
            client,
            database,
            app,
            steps,
            sandbox,
            house: Some(house),
            second: None,
            address,
            hash,
            over,
        }
    }

    /// Ends the story: everything comes to rest, and what always holds is checked.
    pub(crate) async fn end(mut self) {
        self.settle().await;
        invariants::check(&self).await;
        for house in self.house.take().into_iter().chain(self.second.take()) {
            house.close().await;
        }
        self.sandbox.stop().await;
    }

    /// A second process serves the same database; its steps.
    pub(crate) async fn open_second(&mut self) -> Arc<Steps> {
        let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        // The way in from outside is one for both.
        let app = app(&self.clock, &self.sandbox, &self.database, self.address, Arc::clone(&self.mail)).await;
        let steps = Steps::new(&self.clock);
        self.second = Some(House::open(steps.watch(app), listener, Duties::All).unwrap());
        self.listen_to_both();
        steps
    }

    /// Both processes are waited for from now on.
    pub(crate) fn listen_to_both(&self) {
        let [first, second] = [&self.house, &self.second].map(|house| house.as_ref().unwrap().next_door());
        let first = Living(first, Arc::clone(&self.steps));
        self.sandbox.set_neighbor(Arc::new(Both(Arc::new(first), second)));
    }

    /// Nobody waits for the first process any more.
    pub(crate) fn listen_to_second(&self) {
        self.sandbox.set_neighbor(self.second.as_ref().unwrap().next_door());
    }

    /// Nobody waits for the first process any more, and everybody asks the second one.
    pub(crate) fn turn_to_second(&mut self) {
        self.listen_to_second();
        self.address = self.second.as_ref().unwrap().address();
    }

    /// True when the process that is asked is dead.
    pub(crate) fn is_alone_and_dead(&self) -> bool {
        self.steps.is_dead() && self.house.is_some()
    }

    /// Kills the first process; the second one goes on.
    pub(crate) async fn kill_first(&mut self) {
        self.turn_to_second();
        self.house.take().unwrap().kill().await;
    }

    /// The server shows its metrics from now on; where.
    pub(crate) fn shows_metrics(&mut self) -> SocketAddr {
        let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        self.house.as_mut().unwrap().show_metrics(listener).unwrap()
    }

    /// Kills the server in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) {
        self.sandbox.set_neighbor(Arc::new(NobodyNextDoor));
        self.house.take().unwrap().kill().await;
    }

    /// Starts the server again on what it left behind; a minute or two of the machine's time have passed.
    pub(crate) async fn start_again(&mut self) {
        self.clock.advance_machine(TimeDelta::minutes(3));
        let listener = std::net::TcpListener::bind(self.address).unwrap();
        let app = app(&self.clock, &self.sandbox, &self.database, self.address, Arc::clone(&self.mail)).await;
        self.steps.born();
        self.app = self.steps.watch(app);
        let house = House::open(self.app.clone(), listener, Duties::All).unwrap();
        self.sandbox.set_neighbor(Arc::new(Living(house.next_door(), Arc::clone(&self.steps))));
        self.house = Some(house);
        self.settle().await;
    }

    // ---- people and events

    async fn found_group(&self, slug: &str) {
        let now = self.clock.now();
        let group = Group {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            kind: GroupKind::Committee,
            members_may_manage: false,
            created_at: now,
            updated_at: now,
        };
        self.app.store.change(move |tx| tx.insert_group(&group)).await.unwrap();
    }

    /// Somebody new, signed in.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let (_, person) = self.newcomer(name).await;
        person
    }

    /// Somebody new who holds a role everywhere.
    pub(crate) async fn officer(&self, name: &str, role: Role) -> Person {
        let (id, person) = self.newcomer(name).await;
        let new = NewGrant { role, to: Grantee::User(id), scope: Scope::Everywhere };
        let saved: Result<_, Stop> = self.app.store.change(move |tx| save_grant(tx, new.clone(), |_| Ok(()))).await;
        saved.unwrap();
        person
    }

    pub(crate) async fn organizer(&self) -> Person {
        self.officer("organizer", Role::Organizer).await
    }

    pub(crate) async fn treasurer(&self) -> Person {
        self.officer("treasurer", Role::Treasurer).await
    }

    async fn newcomer(&self, name: &str) -> (UserId, Person) {
        self.newcomer_like(Profile {
            email: format!("{name}@example.org"),
            first_name: name.to_owned(),
            last_name: "Berg".to_owned(),
            phone: None,
            locale: "nb".to_owned(),
            allow_photo_by_default: true,
        })
        .await
    }

    /// Somebody new with this profile, signed in.
    pub(crate) async fn newcomer_like(&self, profile: Profile) -> (UserId, Person) {
        let email = profile.email.clone();
        let hash = self.hash.clone();
        let user =
            self.app.store.change(move |tx| save_new_user(tx, profile.clone(), Some(hash.clone()))).await.unwrap();
        let body = json!({ "email": email, "password": PASSWORD });
        let reply = self.send(self.request("POST", "/auth/login", None).json(&body)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let token = reply.json["access_token"].as_str().unwrap().to_owned();
        (user.id, Person { id: user.id.to_string(), token, email })
    }

    /// A paid event of 250.00 that starts in ten days; two hours to pay.
    pub(crate) async fn paid_event(&self, organizer: &Person, seats: i64) -> String {
        let currency = match self.over {
            Provider::VippsEpayment | Provider::VippsEcom => "NOK",
            Provider::Askell => "ISK",
        };
        let paid = json!({ "price": "250.00", "currency": currency, "paytime": "02:00:00" });
        self.event(organizer, seats, json!({ "paid_information": paid })).await
    }

    /// An event that starts in ten days; `more` adds to it or changes it.
    pub(crate) async fn event(&self, organizer: &Person, seats: i64, more: Value) -> String {
        let starts = self.clock.now() + TimeDelta::days(10);
        let mut event = json!({
            "title": "Julebord", "organizer": ORGANIZER, "limit": seats,
            "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(4)),
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        let reply = self.post(organizer, "/events", &event).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json["id"].as_str().unwrap().to_owned()
    }
}

async fn app(
    clock: &Clock,
    sandbox: &Sandbox,
    database: &TestDatabase,
    address: SocketAddr,
    mail: Arc<MemoryMail>,
) -> App {
    let settings = Settings {
        listen: address,
        public_url: format!("http://{address}"),
        vipps: VippsSettings {
            base_url: sandbox.url(),
            client_id: "sandbox".to_owned(),
            client_secret: "sandbox".to_owned(),
            subscription_key: "sandbox".to_owned(),
            merchant_serial_number: "123456".to_owned(),
            ..Settings::default().vipps
        },
        ..Settings::default()
    };
    let store = database.store(clock).await;
    let mut app = furnish(settings, store, clock.clone(), Keys::for_tests(), mail.clone()).unwrap();
    app.letterbox = Some(mail);
    app.passwords = Arc::new(Passwords::cheap_for_tests().unwrap());
    app
}
