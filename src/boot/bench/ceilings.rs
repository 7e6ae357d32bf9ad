//! What this machine can do at best: the same rows without people, and one write that must reach the disk.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::super::BootError;
use super::crowd::Measured;
use super::stage::Stage;
use crate::clock::Stopwatch;
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::registration::{Registration, Status};
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::Stop;
use crate::store::trail::{About, ActedBy};

/// How many rows go into one write.
const TOGETHER: usize = 256;
/// How often a page is written.
const SYNCS: usize = 200;

/// Registrations with a line of the trail each, for people who are there already.
pub(super) async fn inserts(stage: &Stage) -> Result<Measured, BootError> {
    let event = stage.event(0, None).await?;
    let (app, limit) = (&stage.app, stage.people());
    let users = app.store.read(move |reader| Ok(reader.users(None, limit)?)).await?;
    let users: Vec<UserId> = users.into_iter().map(|user| user.id).collect();
    let clock = app.clock.clone();
    let all = Stopwatch::start();
    let latencies = app
        .store
        .at_the_door(move |door| {
            let mut latencies = Vec::new();
            for users in users.chunks(TOGETHER) {
                let one = Stopwatch::start();
                let registrations: Vec<Registration> = users
                    .iter()
                    .map(|user| registration(RegistrationId(clock.id()), event, *user, clock.now()))
                    .collect();
                let note = Note { kind: Happening::Confirmed, cause: Cause::SignUp, amount: None };
                door.write(event, &|tx| {
                    tx.insert_registrations(&registrations)?;
                    let lines: Vec<(About, ActedBy, &Note)> =
                        registrations.iter().map(|one| (about(one), ActedBy::Member(one.user_id), &note)).collect();
                    Ok::<(), Stop>(tx.write_all_down(&lines)?)
                })?;
                latencies.extend(users.iter().map(|_| one.elapsed()));
            }
            Ok(latencies)
        })
        .await?;
    Ok(Measured::new(latencies, all.elapsed(), 0))
}

fn about(registration: &Registration) -> About {
    About { event: Some(registration.event_id), registration: Some(registration.id), order: None }
}

fn registration(id: RegistrationId, event: EventId, user: UserId, now: crate::clock::Timestamp) -> Registration {
    Registration {
        id,
        event_id: event,
        user_id: user,
        status: Status::Confirmed,
        status_since: now,
        allow_photo: true,
        has_attended: false,
        created_by_admin: false,
        created_at: now,
    }
}

/// One page that reaches the disk, again and again.
pub(super) fn syncs(folder: &Path) -> Result<Measured, BootError> {
    let path = folder.join("page");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(path)
        .map_err(BootError::io("writing a page"))?;
    let page = [0_u8; 4_096];
    one_by_one(SYNCS, || {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()
    })
    .map_err(BootError::io("writing a page"))
}

/// Measures one act many times, one after the other.
fn one_by_one(times: usize, mut act: impl FnMut() -> std::io::Result<()>) -> std::io::Result<Measured> {
    let all = Stopwatch::start();
    let mut latencies = Vec::with_capacity(times);
    for _ in 0..times {
        let one = Stopwatch::start();
        act()?;
        latencies.push(one.elapsed());
    }
    Ok(Measured::new(latencies, all.elapsed(), 0))
}
