//! Twelve o'clock, measured: a throw-away house is filled, and a crowd presses the button over real HTTP, on this very
//! machine. Beside each figure stands what the machine could do at best, measured in the same run. One line of JSON for
//! each row follows the table, for programs.

mod ceilings;
mod crowd;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::house::{self, House};
use super::{App, BootError, furnish, open_store};
use crate::clock::Clock;
use crate::config::{Settings, temporary_folder};
use crate::domain::event::{Event, EventDetails, Occupancy};
use crate::domain::group::{Group, GroupKind};
use crate::domain::ids::{EventId, SessionId};
use crate::domain::user::Profile;
use crate::flows::access_token::issue_access_token;
use crate::flows::add_user::save_new_user;
use crate::jobs::Duties;
use crate::keys::Keys;
use crate::mail::memory::MemoryMail;
use crate::sandbox::{self, Sandbox};
use crate::store::Stop;
use crowd::{Measured, Request};

/// How large the crowd is.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// How many people there are.
    pub people: usize,
    /// How many connections they share.
    pub connections: usize,
    /// How often everything is measured; the median counts.
    pub runs: usize,
    /// The database; a file in a folder that goes afterwards unless given.
    pub database_url: Option<String>,
}

const GROUP: &str = "bench";

/// One row of the table.
struct Row {
    what: &'static str,
    measured: Measured,
    seats: Option<(i64, i64)>,
}

/// Measures, prints the table, and fails when anything was oversold or answered with an error of ours.
pub async fn bench(options: BenchOptions) -> Result<(), BootError> {
    let folder = temporary_folder();
    std::fs::create_dir_all(&folder).map_err(BootError::io("making a folder for the benchmark"))?;
    let told = open_and_measure(&options, &folder).await;
    std::fs::remove_dir_all(&folder).map_err(BootError::io("removing the benchmark's folder"))?;
    told
}

async fn open_and_measure(options: &BenchOptions, folder: &Path) -> Result<(), BootError> {
    let clock = Clock::running(TimeDelta::zero());
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox_settings = sandbox::Settings { clock: clock.clone(), data: None, ticking: true };
    let sandbox = Sandbox::start(sandbox_settings, here).await?;
    let listener = house::bind(here)?;
    let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
    let own = format!("sqlite:{}", folder.join("plass.db").display());
    let settings = Settings {
        listen: address,
        public_url: format!("http://{address}"),
        database_url: options.database_url.clone().unwrap_or(own),
        vipps: super::demo::sandbox_keys(&sandbox.url()),
        ..Settings::default()
    };
    let store = open_store(&settings, &clock)?;
    store.migrate().await?;
    let app = furnish(settings, store, clock, Keys::generate()?.0, Arc::new(MemoryMail::default()))?;
    let tokens = seat_everybody_outside(&app, options.people).await?;
    let house = House::open(app.clone(), listener, Duties::All)?;
    sandbox.set_neighbor(house.next_door());
    let measured = measure(&app, options, &tokens, folder).await;
    house.close().await;
    sandbox.stop().await;
    measured
}

/// Makes the people, each with a login.
async fn seat_everybody_outside(app: &App, people: usize) -> Result<Vec<String>, BootError> {
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
    for chunk in numbers.chunks(500) {
        let chunk = chunk.to_vec();
        let run = app.clock.id();
        let made: Result<_, Stop> = app
            .store
            .change(move |tx| {
                let mut made = Vec::with_capacity(chunk.len());
                for number in &chunk {
                    let user = save_new_user(tx, person(*number, run), None)?;
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

async fn measure(app: &App, options: &BenchOptions, tokens: &[String], folder: &Path) -> Result<(), BootError> {
    let limit = 50;
    let crowd = i64::try_from(options.people).unwrap_or(i64::MAX);
    let mut rows = vec![
        median(options, "hello (HTTP alone)", async || reads(app, options, "/health/live").await).await?,
        Row {
            what: "bare inserts of the same rows, in batches",
            measured: ceilings::inserts(app, options, new_event(app, 0).await?).await?,
            seats: None,
        },
        Row { what: "fsync of one page", measured: ceilings::syncs(folder)?, seats: None },
        median(options, "free sign-ups, room for all", async || sign_ups(app, options, tokens, 0).await).await?,
        median(options, "free sign-ups, 50 seats", async || sign_ups(app, options, tokens, limit).await).await?,
    ];
    let read = new_event(app, limit).await?;
    let path = format!("/api/v1/events/{}", read.0);
    rows.push(median(options, "an event, read", async || reads(app, options, &path).await).await?);
    let path = "/api/v1/events?limit=100";
    rows.push(median(options, "the list of events, read", async || reads(app, options, path).await).await?);
    let everybody = BenchOptions { connections: options.people.min(2_000), ..options.clone() };
    rows.push(
        median(options, "one connection each, at one moment", async || sign_ups(app, &everybody, tokens, limit).await)
            .await?,
    );
    print(&rows, options).map_err(BootError::io("printing"))?;
    for row in &rows {
        if let Some((expected, held)) = row.seats
            && expected.min(crowd) != held
        {
            return Err(BootError::Unexpected(format!("{}: {held} seats held, not {expected}", row.what)));
        }
        if row.measured.failed > 0 {
            return Err(BootError::Unexpected(format!("{}: {} were not answered well", row.what, row.measured.failed)));
        }
    }
    Ok(())
}

async fn median(
    options: &BenchOptions,
    what: &'static str,
    mut run: impl AsyncFnMut() -> Result<(Measured, Option<(i64, i64)>), BootError>,
) -> Result<Row, BootError> {
    let mut all = Vec::new();
    for _ in 0..options.runs.max(1) {
        let (measured, seats) = run().await?;
        all.push(Row { what, measured, seats });
    }
    all.sort_by_key(|row| row.measured.per_second());
    let middle = all.len() / 2;
    Ok(all.swap_remove(middle))
}

/// Everybody signs up for a new event.
async fn sign_ups(
    app: &App,
    options: &BenchOptions,
    tokens: &[String],
    limit: i64,
) -> Result<(Measured, Option<(i64, i64)>), BootError> {
    let event = new_event(app, limit).await?;
    let requests = tokens.iter().map(|token| Request::sign_up(app, event, token)).collect();
    let measured = crowd::press(app.settings.listen, requests, options.connections).await?;
    let held = app.store.read(move |reader| Ok(reader.event_by_id(event)?)).await?;
    let held = held.map_or(0, |event| event.occupancy.seats_held);
    let expected = if limit == 0 { i64::try_from(tokens.len()).unwrap_or(i64::MAX) } else { limit };
    Ok((measured, Some((expected, held))))
}

async fn reads(app: &App, options: &BenchOptions, path: &str) -> Result<(Measured, Option<(i64, i64)>), BootError> {
    let requests = (0..options.people).map(|_| Request::get(app, path)).collect();
    Ok((crowd::press(app.settings.listen, requests, options.connections).await?, None))
}

async fn new_event(app: &App, limit: i64) -> Result<EventId, BootError> {
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
        paid_information: None,
        cancellation: None,
    };
    let occupancy = Occupancy { next_queue_no: 1, ..Occupancy::default() };
    let event = Event { id, details, turn: 0, occupancy, created_at: now, updated_at: now };
    let saved: Result<(), Stop> = app.store.change(move |tx| Ok(tx.insert_event(&event)?)).await;
    saved?;
    Ok(id)
}

fn print(rows: &[Row], options: &BenchOptions) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let (people, connections) = (options.people, options.connections);
    writeln!(
        out,
        "{people} people, {connections} connections, median of {} runs, load and server on the same cores\n",
        options.runs
    )?;
    writeln!(out, "{:<44} {:>10} {:>9} {:>9} {:>9} {:>7}", "", "a second", "p50 ms", "p99 ms", "all ms", "failed")?;
    for row in rows {
        let measured = &row.measured;
        let (p50, p99) = (measured.percentile(50), measured.percentile(99));
        writeln!(
            out,
            "{:<44} {:>10} {:>9} {:>9} {:>9} {:>7}",
            row.what,
            measured.per_second(),
            in_millis(p50),
            in_millis(p99),
            measured.took.as_millis(),
            measured.failed
        )?;
    }
    writeln!(out)?;
    for row in rows {
        let measured = &row.measured;
        let line = json!({
            "what": row.what, "people": people, "connections": connections, "per_second": measured.per_second(),
            "p50_us": measured.percentile(50).as_micros(), "p99_us": measured.percentile(99).as_micros(),
            "took_ms": measured.took.as_millis(), "failed": measured.failed,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn in_millis(span: std::time::Duration) -> String {
    format!("{}.{:02}", span.as_millis(), (span.as_micros() % 1_000) / 10)
}
