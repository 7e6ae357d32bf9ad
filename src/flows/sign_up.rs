//! A person signs up, or an organizer adds one. The answer is final: a seat, a place in the queue, or a polite no.

use std::sync::Arc;

use super::app::App;
use super::owe;
use super::promote;
use super::tell;
use crate::clock::Timestamp;
use crate::domain::admission::{self, Applicant, Door};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{Registration, Status};
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::registrations::RegistrationView;
use crate::store::replays::{Answer, Once};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop};

/// Turns what a flow found into the JSON that goes out, and that a repeat of the request gets again.
pub type Render<T> = Arc<dyn Fn(&T, Timestamp) -> serde_json::Value + Send + Sync>;

/// Who wants to come, and through which door.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// To which event.
    pub event: EventId,
    /// Who.
    pub user: UserId,
    /// Whether pictures may be taken; empty means as the person usually decides.
    pub allow_photo: Option<bool>,
    /// Who asks; somebody else than `user` when an organizer adds them.
    pub asked_by: UserId,
    /// For a payment that was settled outside: why, in the organizer's words.
    pub paid_outside: Option<String>,
}

impl SignUp {
    fn door(&self) -> Door {
        if self.asked_by == self.user && self.paid_outside.is_none() {
            Door::Own
        } else if self.paid_outside.is_some() {
            Door::PaidOutside
        } else {
            Door::Organizer
        }
    }
}

/// Signs somebody up.
pub async fn sign_up(
    app: &App,
    wish: SignUp,
    once: Option<Once>,
    render: Render<RegistrationView>,
) -> Result<Answer, Stop> {
    let house = app.clone();
    let answer = app
        .store
        .write_once(wish.event, once, move |tx| {
            let registration = decide(&house, tx, &wish)?;
            let view = tx.view_registration(registration)?;
            Ok(Answer::new(201, &render(&view, tx.now())))
        })
        .await?;
    app.signals.work_saved();
    Ok(answer)
}

fn decide(app: &App, tx: &mut EventTx<'_>, wish: &SignUp) -> Result<Registration, Stop> {
    let now = tx.now();
    let Some(photo_default) = tx.user_by_id(wish.user)?.map(|user| user.profile.allow_photo_by_default) else {
        let unknown = FieldError::new("/user_id", Fault::UnknownUser);
        return Err(Refusal::Invalid(vec![unknown]).into());
    };
    // Whoever waits while a seat is free comes first: a limit that grew by thousands is handed out in several writes,
    // and the process may have stopped between two of them.
    promote::promote(app, tx)?;
    let door = wish.door();
    let already_registered = tx.active_registration(wish.event, wish.user)?.is_some();
    let mut occupancy = tx.event().occupancy;
    let applicant = Applicant { already_registered, door };
    let decision = admission::admit(&tx.event().details, &mut occupancy, &[applicant], now).pop();
    let status = decision.unwrap_or(Err(Refusal::NotFound))?;
    let registration = Registration {
        id: RegistrationId(app.clock.id()),
        event_id: wish.event,
        user_id: wish.user,
        status,
        status_since: now,
        allow_photo: wish.allow_photo.unwrap_or(photo_default),
        has_attended: false,
        created_by_admin: wish.asked_by != wish.user,
        created_at: now,
    };
    tx.insert_registration(&registration)?;
    let (order, cause) = match &wish.paid_outside {
        Some(reason) => (owe::record_sale(app, tx, &registration)?, Cause::Said(reason.clone())),
        None => (owe::owe(app, tx, &registration)?, Cause::SignUp),
    };
    tell::about_seat(tx, None, &registration, order.as_ref());
    let kind = match status {
        Status::Waitlisted { .. } => Happening::Waitlisted,
        Status::AwaitingPayment { .. } => Happening::SeatHeld,
        Status::Confirmed | Status::Ended(_) => Happening::Confirmed,
    };
    let about =
        About { event: Some(wish.event), registration: Some(registration.id), order: order.map(|order| order.id) };
    let by = if door == Door::Own { ActedBy::Member(wish.user) } else { ActedBy::Organizer(wish.asked_by) };
    tx.write_down(about, by, &[Note { kind, cause, amount: None }])?;
    Ok(registration)
}
