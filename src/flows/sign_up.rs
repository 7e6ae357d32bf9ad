//! A person signs up, or an organizer adds one. The answer is final: a seat, a place in the queue, or a polite no.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::app::App;
use super::desk::Visitor;
use super::owe;
use super::promote;
use super::tell;
use crate::clock::Timestamp;
use crate::domain::admission::{self, Applicant, Door};
use crate::domain::event::Occupancy;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::registration::{Registration, Status};
use crate::domain::trail::{Cause, Happening, Note};
use crate::domain::user::User;
use crate::store::registrations::RegistrationView;
use crate::store::replays::{Answer, Once};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop, StoreError};

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
    app.desk.decide(app, Visitor { wish, once, render }).await
}

/// Decides about people in order of arrival, in one write. Each gets an answer of their own.
pub(super) fn decide(
    app: &App,
    tx: &mut EventTx<'_>,
    visitors: &[Visitor],
) -> Result<Vec<Result<Answer, Refusal>>, Stop> {
    let known = known_answers(tx, visitors)?;
    let ids: Vec<UserId> = visitors.iter().map(|visitor| visitor.wish.user).collect();
    let users = tx.users_by_id(&ids)?;
    // Whoever waits while a seat is free comes first: a limit that grew by thousands is handed out in several writes,
    // and the process may have stopped between two of them.
    promote::promote(app, tx)?;
    let event = tx.event().id;
    let mut signed_up = tx.signed_up_among(event, &ids)?;
    let mut occupancy = tx.event().occupancy;
    let mut admitted = Vec::new();
    let mut answers: Vec<Option<Result<Answer, Refusal>>> = Vec::with_capacity(visitors.len());
    for (visitor, known) in visitors.iter().zip(known) {
        answers.push(match known {
            Some(answer) => Some(answer),
            None => match admit(app, tx, visitor, &users, &signed_up, &mut occupancy) {
                Ok(newcomer) => {
                    signed_up.insert(newcomer.registration.user_id);
                    admitted.push(newcomer);
                    None
                }
                Err(refusal) => Some(Err(refusal)),
            },
        });
    }
    let mut seated = seat(app, tx, admitted)?.into_iter();
    let nobody = || Err(Refusal::NotFound);
    Ok(answers.into_iter().map(|answer| answer.or_else(|| seated.next().map(Ok)).unwrap_or_else(nobody)).collect())
}

/// What was answered before under the visitors' keys.
fn known_answers(
    tx: &mut EventTx<'_>,
    visitors: &[Visitor],
) -> Result<Vec<Option<Result<Answer, Refusal>>>, StoreError> {
    let asked: Vec<&Once> = visitors.iter().filter_map(|visitor| visitor.once.as_ref()).collect();
    let mut known = tx.known_answers(&asked)?.into_iter();
    Ok(visitors.iter().map(|visitor| visitor.once.as_ref().and_then(|_| known.next().flatten())).collect())
}

/// Somebody who is let in, with what an answer shows.
struct Newcomer<'v> {
    visitor: &'v Visitor,
    registration: Registration,
    first_name: String,
    last_name: String,
    wait_queue_number: Option<i64>,
}

fn admit<'v>(
    app: &App,
    tx: &EventTx<'_>,
    visitor: &'v Visitor,
    users: &HashMap<UserId, User>,
    signed_up: &HashSet<UserId>,
    occupancy: &mut Occupancy,
) -> Result<Newcomer<'v>, Refusal> {
    let (wish, now) = (&visitor.wish, tx.now());
    let Some(user) = users.get(&wish.user) else {
        return Err(Refusal::Invalid(vec![FieldError::new("/user_id", Fault::UnknownUser)]));
    };
    let applicant = Applicant { already_registered: signed_up.contains(&wish.user), door: wish.door() };
    let decision = admission::admit(&tx.event().details, occupancy, &[applicant], now).pop();
    let status = decision.unwrap_or(Err(Refusal::NotFound))?;
    Ok(Newcomer {
        visitor,
        registration: Registration {
            id: RegistrationId(app.clock.id()),
            event_id: wish.event,
            user_id: wish.user,
            status,
            status_since: now,
            allow_photo: wish.allow_photo.unwrap_or(user.profile.allow_photo_by_default),
            has_attended: false,
            created_by_admin: wish.asked_by != wish.user,
            created_at: now,
        },
        first_name: user.profile.first_name.clone(),
        last_name: user.profile.last_name.clone(),
        // Whoever comes last has everybody who waits before them.
        wait_queue_number: status.is_waiting().then_some(occupancy.waiting),
    })
}

/// Saves those who were let in, with what they owe, what they are told and what they are answered.
fn seat(app: &App, tx: &mut EventTx<'_>, newcomers: Vec<Newcomer<'_>>) -> Result<Vec<Answer>, Stop> {
    let registrations: Vec<Registration> = newcomers.iter().map(|newcomer| newcomer.registration.clone()).collect();
    tx.insert_registrations(&registrations)?;
    let is_paid_event = tx.event().details.paid_information.is_some();
    let (mut answers, mut lines, mut once) = (Vec::new(), Vec::new(), Vec::new());
    for newcomer in newcomers {
        let (wish, registration) = (&newcomer.visitor.wish, newcomer.registration);
        let (order, cause) = match &wish.paid_outside {
            Some(reason) => (owe::record_sale(app, tx, &registration)?, Cause::Said(reason.clone())),
            None => (owe::owe(app, tx, &registration)?, Cause::SignUp),
        };
        tell::about_seat(tx, None, &registration, order.as_ref());
        lines.push(line(wish, &registration, order.as_ref(), cause));
        let view = RegistrationView {
            registration,
            first_name: newcomer.first_name,
            last_name: newcomer.last_name,
            is_paid_event,
            order,
            wait_queue_number: newcomer.wait_queue_number,
        };
        answers.push(Answer::new(201, &(newcomer.visitor.render)(&view, tx.now())));
        once.push(newcomer.visitor.once.as_ref());
    }
    let lines: Vec<(About, ActedBy, &Note)> = lines.iter().map(|(about, by, note)| (*about, *by, note)).collect();
    tx.write_all_down(&lines)?;
    let to_remember: Vec<(&Once, &Answer)> =
        once.into_iter().zip(&answers).filter_map(|(once, answer)| Some((once?, answer))).collect();
    tx.remember_all(&to_remember)?;
    Ok(answers)
}

fn line(wish: &SignUp, registration: &Registration, order: Option<&Order>, cause: Cause) -> (About, ActedBy, Note) {
    let kind = match registration.status {
        Status::Waitlisted { .. } => Happening::Waitlisted,
        Status::AwaitingPayment { .. } => Happening::SeatHeld,
        Status::Confirmed | Status::Ended(_) => Happening::Confirmed,
    };
    let about =
        About { event: Some(wish.event), registration: Some(registration.id), order: order.map(|order| order.id) };
    let by = if wish.door() == Door::Own { ActedBy::Member(wish.user) } else { ActedBy::Organizer(wish.asked_by) };
    (about, by, Note { kind, cause, amount: None })
}
