//! Writes to people: what a write did to a seat and its money goes into the outbox with that write. The rules of
//! which letter is due are the domain's.

use super::app::App;
use crate::domain::correspondence::{self, SeatChange};
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::letter::{Announcement, Letter, News, Told};
use crate::domain::operation::Ending;
use crate::domain::order::Order;
use crate::domain::registration::{Registration, Status};
use crate::domain::settlement::Case;
use crate::domain::snapshot::Amounts;
use crate::domain::waitlist;
use crate::store::outbox::Job;
use crate::store::{EventTx, Stop};

/// Tells somebody what became of a seat that has no money yet, or none at all.
pub(super) fn about_seat(
    tx: &mut EventTx<'_>,
    before: Option<Status>,
    registration: &Registration,
    order: Option<&Order>,
) {
    let reason = reason(tx);
    let money = Amounts::default();
    let change = SeatChange { before, registration, order, money, somebody_is_next: false, reason: &reason };
    if let Some(news) = correspondence::of_seat(&change) {
        tx.tell(about(registration, news));
    }
}

/// Tells somebody what became of a seat with its money. Comes before the seat goes to the next in line.
pub(super) fn about_case(tx: &mut EventTx<'_>, before: &Case, after: &Case) {
    let event = tx.event();
    let change = SeatChange {
        before: Some(before.registration.status),
        registration: &after.registration,
        order: Some(&after.order),
        money: correspondence::brought(before),
        somebody_is_next: waitlist::next_in_line(&event.details, &event.occupancy, tx.now()).is_some(),
        reason: &reason(tx),
    };
    let about_seat = correspondence::of_seat(&change);
    for news in about_seat.into_iter().chain(correspondence::of_money(before, after)) {
        tx.tell(about(&after.registration, news));
    }
}

/// Why the event was cancelled, in the organizer's words; empty when it was not.
fn reason(tx: &EventTx<'_>) -> String {
    tx.event().details.cancellation.as_ref().map_or_else(String::new, |cancellation| cancellation.reason.clone())
}

/// Tells everybody at the event that it changed, a little later and together with changes that follow: the outbox keeps
/// what people know, and compares when it is due.
pub(super) fn about_event(tx: &mut EventTx<'_>, before: &Event) -> Result<(), Stop> {
    let (now, after) = (tx.now(), Told::of(&tx.event().details));
    if Told::of(&before.details) == after {
        return Ok(());
    }
    let is_cancelled = tx.event().details.cancellation.is_some();
    let (told, first) = match tx.untold()? {
        Some((waiting, since)) => (waiting.told, since),
        None => (Told::of(&before.details), now),
    };
    let occupancy = tx.event().occupancy;
    if is_cancelled || told == after || occupancy.seats_held + occupancy.waiting == 0 {
        tx.withdraw_announcement()?;
        return Ok(());
    }
    let Some(due_at) = correspondence::announce_at(first, now, &told, &after) else { return Ok(()) };
    tx.announce(&Announcement { event_id: before.id, told, changed_at: now }, due_at)?;
    Ok(())
}

/// One letter to each who is signed up, about what differs from what they know. Who signed up after the change knows.
pub(super) async fn announce(app: &App, job: &Job, event: EventId) -> Result<(), Stop> {
    let job = job.clone();
    app.store
        .write(event, move |tx| {
            let Some((announcement, _since)) = tx.untold()? else { return Ok(()) };
            if !tx.finish_effect(&job, Ending::Done)? {
                return Ok(());
            }
            let changes = announcement.told.changes(&Told::of(&tx.event().details));
            // Who hears that it is cancelled needs no word about the rest.
            if changes.is_empty() || tx.event().details.cancellation.is_some() {
                return Ok(());
            }
            for (registration_id, user_id) in tx.signed_up(announcement.changed_at)? {
                let news = News::EventChanged { changes: changes.clone() };
                tx.tell(Letter { user_id, event_id: event, registration_id, news });
            }
            Ok(())
        })
        .await
}

fn about(registration: &Registration, news: News) -> Letter {
    Letter { user_id: registration.user_id, event_id: registration.event_id, registration_id: registration.id, news }
}
