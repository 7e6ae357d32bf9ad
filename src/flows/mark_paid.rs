//! An organizer records that a seat was paid outside the provider. An open attempt is given up, and whatever it still
//! brings goes back.

use super::app::App;
use super::open_case::OpenCase;
use super::owe;
use super::sign_up::Render;
use super::tell;
use crate::domain::ids::{EventId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{Registration, Status};
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::registrations::RegistrationView;
use crate::store::replays::{Answer, Once};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop};

/// Whose seat was paid, and how.
#[derive(Clone, Debug)]
pub struct PaidOutside {
    /// At which event.
    pub event: EventId,
    /// Whose seat.
    pub user: UserId,
    /// Who records it.
    pub organizer: UserId,
    /// Why, in the organizer's words.
    pub reason: String,
}

/// Records a payment.
pub async fn mark_paid(
    app: &App,
    paid: PaidOutside,
    once: Option<Once>,
    render: Render<RegistrationView>,
) -> Result<Answer, Stop> {
    let house = app.clone();
    let answer = app
        .store
        .write_once(paid.event, once, move |tx| {
            if tx.event().details.cancellation.is_some() {
                return Err(Refusal::EventCancelled.into());
            }
            let registration = tx.newest_registration(paid.event, paid.user)?.ok_or(Refusal::NotRegistered)?;
            let registration = record(&house, tx, registration, &paid)?;
            let view = tx.view_registration(registration)?;
            Ok(Answer::new(200, &render(&view, tx.now())))
        })
        .await?;
    app.signals.work_saved();
    Ok(answer)
}

fn record(
    app: &App,
    tx: &mut EventTx<'_>,
    registration: Registration,
    paid: &PaidOutside,
) -> Result<Registration, Stop> {
    let open = OpenCase::of_registration(tx, &registration)?;
    if open.is_none() && tx.event().details.paid_information.is_none() {
        return Err(Refusal::NotAPaidEvent.into());
    }
    let by = ActedBy::Organizer(paid.organizer);
    match (registration.status, open) {
        (Status::Ended(_), _) => Err(Refusal::RegistrationEnded.into()),
        (Status::Confirmed, _) => Err(Refusal::AlreadyPaid.into()),
        (Status::Waitlisted { .. }, _) => seat_from_queue(app, tx, registration, paid),
        (Status::AwaitingPayment { .. }, None) => Err(Refusal::NotAPaidEvent.into()),
        (Status::AwaitingPayment { .. }, Some(mut open)) => {
            open.case.registration.status = Status::Confirmed;
            open.case.registration.status_since = tx.now();
            open.case.order.sale = true;
            let price = open.case.order.price.amount;
            open.note(Happening::PaidOutside, Cause::Said(paid.reason.clone()), Some(price));
            Ok(open.settle(app, tx, &[], by)?.registration)
        }
    }
}

fn seat_from_queue(
    app: &App,
    tx: &mut EventTx<'_>,
    mut registration: Registration,
    paid: &PaidOutside,
) -> Result<Registration, Stop> {
    let event = tx.event();
    if !event.occupancy.has_room(event.details.limit) {
        return Err(Refusal::EventFull.into());
    }
    let before = registration.status;
    registration.status = Status::Confirmed;
    registration.status_since = tx.now();
    tx.save_registration(&before, &registration)?;
    let order = owe::record_sale(app, tx, &registration)?;
    tell::about_seat(tx, Some(before), &registration, order.as_ref());
    let about = About {
        event: Some(registration.event_id),
        registration: Some(registration.id),
        order: order.as_ref().map(|order| order.id),
    };
    let amount = order.map(|order| order.price.amount);
    let note = Note { kind: Happening::PaidOutside, cause: Cause::Said(paid.reason.clone()), amount };
    tx.write_down(about, ActedBy::Organizer(paid.organizer), &[note])?;
    Ok(registration)
}
