//! What is measured, one scene each.

use super::super::BootError;
use super::crowd::{self, Measured, Opened, Request};
use super::row::Row;
use super::stage::Stage;
use super::{ceilings, history, money, process};
use crate::domain::ids::EventId;

/// The seats of an event that does not have room for everybody.
pub(super) const SEATS: i64 = 50;
/// How many read while others sign up.
const READERS: usize = 16;
/// How many events the list shows.
const LISTED: i64 = 100;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    Hello,
    Inserts,
    Sync,
    Room,
    Full,
    Paid,
    PaidSlowly,
    Event,
    List,
    Burst,
    Webhooks,
    Expiry,
    OneMoment,
    Pages,
    Process,
    Listeners,
}

impl Scene {
    /// All of them, in the order of the table.
    pub(super) const ALL: [Self; 16] = [
        Self::Hello,
        Self::Inserts,
        Self::Sync,
        Self::Room,
        Self::Full,
        Self::Paid,
        Self::PaidSlowly,
        Self::Event,
        Self::List,
        Self::Burst,
        Self::Webhooks,
        Self::Expiry,
        Self::OneMoment,
        Self::Pages,
        Self::Process,
        Self::Listeners,
    ];

    /// What its row is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello (HTTP alone)",
            Self::Inserts => "bare inserts of the same rows, in batches",
            Self::Sync => "fsync of one page",
            Self::Room => "free sign-ups, room for all",
            Self::Full => "free sign-ups, 50 seats",
            Self::Paid => "paid sign-ups, 100 seats",
            Self::PaidSlowly => "paid sign-ups, Vipps answers in 200 ms",
            Self::Event => "an event, read",
            Self::List => "the list of 100 events, read",
            Self::Burst => "an event, read while all sign up",
            Self::Webhooks => "webhooks",
            Self::Expiry => "seats that expire at once, looked at",
            Self::OneMoment => "one connection each, at one moment",
            Self::Pages => "pages of all orders, one after the other",
            Self::Process => "a process of its own",
            Self::Listeners => "who listens hears of a sign-up",
        }
    }

    /// Measures it once.
    pub(super) async fn play(self, stage: &Stage) -> Result<Row, BootError> {
        let name = self.name();
        match self {
            Self::Hello => Ok(Row::of(name, reads(stage, "/health/live").await?)),
            Self::Inserts => Ok(Row::of(name, ceilings::inserts(stage).await?)),
            Self::Sync => Ok(Row::of(name, ceilings::syncs(&stage.folder)?)),
            Self::Room => sign_ups(stage, name, 0, Opened::Before).await,
            Self::Full => sign_ups(stage, name, SEATS, Opened::Before).await,
            Self::Paid => money::sign_ups(stage, name, 0).await,
            Self::PaidSlowly => money::sign_ups(stage, name, 200).await,
            Self::Event => {
                let event = stage.event(SEATS, None).await?;
                Ok(Row::of(name, reads(stage, &path_of(event)).await?))
            }
            Self::List => {
                // As many as a page shows, on an empty database too.
                for _ in 0..LISTED {
                    stage.event(SEATS, None).await?;
                }
                Ok(Row::of(name, reads(stage, &format!("/api/v1/events?limit={LISTED}")).await?))
            }
            Self::Burst => burst(stage, name).await,
            Self::Webhooks => money::webhooks(stage, name).await,
            Self::Expiry => money::expiry(stage, name).await,
            Self::OneMoment => sign_ups(stage, name, SEATS, Opened::AtOnce).await,
            Self::Pages => history::pages(stage, name).await,
            Self::Process => process::alone(stage, name).await,
            Self::Listeners => process::listeners(stage, name).await,
        }
    }
}

pub(super) fn path_of(event: EventId) -> String {
    format!("/api/v1/events/{}", event.0)
}

/// Everybody signs up for a new event.
async fn sign_ups(stage: &Stage, name: &'static str, limit: i64, opened: Opened) -> Result<Row, BootError> {
    let event = stage.event(limit, None).await?;
    let row = Row::of(name, press(stage, event, opened).await?);
    seated(stage, row, event, limit).await
}

/// Everybody signs up for this event.
pub(super) async fn press(stage: &Stage, event: EventId, opened: Opened) -> Result<Measured, BootError> {
    let host = stage.app.settings.listen;
    let requests = stage.tokens.iter().map(|token| Request::sign_up(host, event, token)).collect();
    let connections = match opened {
        Opened::Before => stage.options.connections,
        Opened::AtOnce => stage.options.people.min(2_000),
    };
    crowd::press(host, requests, connections, opened).await
}

/// The row, with what is wrong if not exactly so many have a seat and all others wait.
pub(super) async fn seated(stage: &Stage, row: Row, event: EventId, limit: i64) -> Result<Row, BootError> {
    let (people, found) = (stage.people(), stage.occupancy(event).await?);
    let seats = if limit == 0 { people } else { limit.min(people) };
    let row = row.expecting("seats held", seats, found.seats_held);
    Ok(row.expecting("people waiting", people - seats, found.waiting))
}

async fn reads(stage: &Stage, path: &str) -> Result<Measured, BootError> {
    let host = stage.app.settings.listen;
    // Reading is quick: a few of them would measure the beginning only.
    let requests = (0..stage.options.people * 10).map(|_| Request::get(host, path)).collect();
    crowd::press(host, requests, stage.options.connections, Opened::Before).await
}

/// Some read the event again and again while everybody signs up for it.
async fn burst(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let event = stage.event(SEATS, None).await?;
    let host = stage.app.settings.listen;
    let requests = (0..stage.options.people * 2).map(|_| Request::get(host, &path_of(event))).collect();
    let readers = crowd::press(host, requests, READERS, Opened::Before);
    let (read, pressed) = tokio::join!(readers, press(stage, event, Opened::Before));
    let pressed = pressed?;
    let row = Row::of(name, read?)
        .with("sign-ups_per_second", pressed.per_second())
        .with("sign-ups_p99_us", pressed.percentile(99).as_micros());
    seated(stage, row, event, SEATS).await
}
