//! A throw-away house with its sandbox, and the people who press the button.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeDelta;

use super::super::house::{self, House};
use super::super::{App, BootError, demo, furnish, open_store};
use super::BenchOptions;
use crate::clock::{Clock, Stopwatch, sleep};
use crate::config::{Settings, temporary_folder};
use crate::domain::effect::EffectKind;
use crate::domain::event::{Event, EventDetails, Occupancy, PROMOTION_PAYTIME_DEFAULT, PaidInformation};
use crate::domain::grant::Grantee;
use crate::domain::group::{Group, GroupKind};
use crate::domain::ids::{EventId, SessionId};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::permission::{Role, Scope};
use crate::domain::user::Profile;
use crate::flows::access_token::issue_access_token;
use crate::flows::add_user::save_new_user;
use crate::flows::give_role::{NewGrant, save_grant};
use crate::jobs::Duties;
use crate::keys::Keys;
use crate::mail::memory::MemoryMail;
use crate::sandbox::{self, Sandbox};
use crate::store::Stop;
use crate::store::outbox::Lane;

/// Who organizes every event.
pub(super) const GROUP: &str = "bench";
/// How long one has to pay: longer than any run takes.
pub(super) const PAYTIME: TimeDelta = TimeDelta::hours(2);

/// How long anything may take before it counts as stuck, and how long a question about it waits.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);
const BREATH: std::time::Duration = std::time::Duration::from_millis(2);

/// The house, the sandbox next door, and the people.
pub(super) struct Stage {
    pub(super) options: BenchOptions,
    pub(super) app: App,
    pub(super) sandbox: Sandbox,
    pub(super) folder: PathBuf,
    /// One login for each of the people; the first may do everything.
    pub(super) tokens: Vec<String>,
    /// Opens what the house has sealed.
    pub(super) master_key: String,
    house: House,
}

impl Stage {
    /// Opens a house over the database that is asked for.
    pub(super) async fn open(options: BenchOptions) -> Result<Self, BootError> {
        let folder = temporary_folder();
        std::fs::create_dir_all(&folder).map_err(BootError::io("making a folder for the benchmark"))?;
        let clock = Clock::running(TimeDelta::zero());
        let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let sandbox_settings = sandbox::Settings { clock: clock.clone(), data: None, ticking: true };
        let sandbox = Sandbox::start(sandbox_settings, here).await?;
        let listener = house::bind(here)?;
        let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
        let settings = Settings {
            listen: address,
            public_url: format!("http://{address}"),
            database_url: options.database_url.clone().unwrap_or_else(|| file_in(&folder, "plass.db")),
            vipps: demo::sandbox_keys(&sandbox.url()),
            ..Settings::default()
        };
        let (keys, master_key) = Keys::generate()?;
        let store = open_store(&settings, &clock)?;
        store.migrate().await?;
        let app = furnish(settings, store, clock, keys, Arc::new(MemoryMail::default()))?;
        let tokens = invite(&app, options.people).await?;
        let house = House::open(app.clone(), listener, Duties::All)?;
        sandbox.set_neighbor(house.next_door());
        Ok(Self { options, app, sandbox, folder, tokens, master_key, house })
    }

    /// Ends everything and leaves nothing behind.
    pub(super) async fn close(self) -> Result<(), BootError> {
        self.house.close().await;
        self.sandbox.stop().await;
        std::fs::remove_dir_all(&self.folder).map_err(BootError::io("removing the benchmark's folder"))
    }

    /// An event with so many seats, 0 for no limit, that costs nothing or this.
    pub(super) async fn event(&self, limit: i64, price: Option<Ore>) -> Result<EventId, BootError> {
        new_event(&self.app, limit, price).await
    }

    /// The event's counts as they are saved.
    pub(super) async fn occupancy(&self, event: EventId) -> Result<Occupancy, BootError> {
        let found = self.app.store.read(move |reader| Ok(reader.event_by_id(event)?)).await?;
        found.map(|event| event.occupancy).ok_or_else(|| BootError::Unexpected("an event is gone".to_owned()))
    }

    /// How many effects wait at the provider's door.
    pub(super) async fn calls_waiting(&self) -> Result<i64, BootError> {
        let counts = self.app.store.read(|reader| Ok(reader.outbox_by_kind()?)).await?;
        Ok(counts.iter().filter(|one| one.kind != EffectKind::Letter.word()).map(|one| one.count).sum())
    }

    /// Waits until this is so.
    pub(super) async fn until(&self, mut is_so: impl AsyncFnMut() -> Result<bool, BootError>) -> Result<(), BootError> {
        let watch = Stopwatch::start();
        while !is_so().await? {
            if watch.elapsed() > PATIENCE {
                return Err(BootError::Unexpected("what was waited for does not come".to_owned()));
            }
            sleep(BREATH).await;
        }
        Ok(())
    }

    /// Waits until nothing is due or under way, so that one measurement does not pay for another.
    pub(super) async fn until_quiet(&self) -> Result<(), BootError> {
        // What somebody works on is claimed for a while.
        let free_again = self.app.clock.machine_now() + TimeDelta::days(1);
        self.until(async || {
            let now = self.app.clock.now();
            let due = self.app.store.read(move |reader| {
                let calls = reader.effects_due(Lane::Payments, now, free_again, 1)?;
                let letters = reader.effects_due(Lane::Letters, now, free_again, 1)?;
                Ok(calls.len() + letters.len() + reader.orders_due(now, free_again, 1)?.len())
            });
            Ok(due.await? == 0)
        })
        .await
    }

    /// How many people there are.
    pub(super) fn people(&self) -> i64 {
        i64::try_from(self.options.people).unwrap_or(i64::MAX)
    }
}

/// The address of a SQLite file.
pub(super) fn file_in(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// Makes the people, each with a login. The first may do everything.
pub(super) async fn invite(app: &App, people: usize) -> Result<Vec<String>, BootError> {
    let now = app.clock.now();
    let group = Group {
        slug: GROUP.to_owned(),
        name: GROUP.to_owned(),
        kind: GroupKind::Committee,
        members_may_manage: false,
        created_at: now,
        updated_at: now,
    };
    // A database of one's own may hold the group already.
    let known = app.store.read(|reader| Ok(reader.group_by_slug(GROUP)?)).await?;
    if known.is_none() {
        app.store.change(move |tx| tx.insert_group(&group)).await?;
    }
    let mut tokens = Vec::with_capacity(people);
    let numbers: Vec<usize> = (0..people).collect();
    let run = app.clock.id();
    for chunk in numbers.chunks(500) {
        let chunk = chunk.to_vec();
        let made: Result<_, Stop> = app
            .store
            .change(move |tx| {
                let mut made = Vec::with_capacity(chunk.len());
                for number in &chunk {
                    let user = save_new_user(tx, person(*number, run), None)?;
                    if *number == 0 {
                        let new = NewGrant { role: Role::Admin, to: Grantee::User(user.id), scope: Scope::Everywhere };
                        save_grant(tx, new, |_grant| Ok(()))?;
                    }
                    let session = SessionId(tx.clock().id());
                    tx.insert_session(session, user.id, tx.now())?;
                    made.push((user.id, session));
                }
                Ok(made)
            })
            .await;
        for (user, session) in made? {
            tokens.push(issue_access_token(app, user, session)?);
        }
    }
    Ok(tokens)
}

fn person(number: usize, run: uuid::Uuid) -> Profile {
    Profile {
        email: format!("{number}-{}@bench.plass", run.simple()),
        first_name: format!("Person {number}"),
        last_name: "Berg".to_owned(),
        phone: None,
        locale: "nb".to_owned(),
        allow_photo_by_default: true,
    }
}

/// An event with so many seats, 0 for no limit, that costs nothing or this.
pub(super) async fn new_event(app: &App, limit: i64, price: Option<Ore>) -> Result<EventId, BootError> {
    let (id, now) = (EventId(app.clock.id()), app.clock.now());
    let details = EventDetails {
        title: "Immatrikuleringsball".to_owned(),
        description: "Tre retter, band og dans.".to_owned(),
        location: "Festsalen".to_owned(),
        start_date: now + TimeDelta::days(30),
        end_date: now + TimeDelta::days(30) + TimeDelta::hours(5),
        organizer: GROUP.to_owned(),
        limit,
        sign_up: true,
        closed: false,
        start_registration_at: None,
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: false,
        paid_information: price.map(|amount| PaidInformation {
            price: Money { amount, currency: Currency::Nok },
            paytime: PAYTIME,
            promotion_paytime: PROMOTION_PAYTIME_DEFAULT,
            sales_unit: None,
        }),
        cancellation: None,
    };
    let occupancy = Occupancy { next_queue_no: 1, ..Occupancy::default() };
    let event = Event { id, details, turn: 0, occupancy, created_at: now, updated_at: now };
    let saved: Result<(), Stop> = app.store.change(move |tx| Ok(tx.insert_event(&event)?)).await;
    saved?;
    Ok(id)
}
