//! Registrations: members sign themselves up and off, organizers see the list, add, remove, and mark people.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::{Page, Query};
use super::super::values::{Stamp, Sum};
use super::super::words::{
    CurrencyWord, EndedReasonWord, OrderStatusWord, REGISTRATION_STATUSES, RegistrationStatusWord,
};
use super::super::{Answered, write_answer, written};
use super::events::find;
use crate::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ids::{EventId, OrderId, RegistrationId, UserId};
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{Registration, Status};
use crate::flows::app::App;
use crate::flows::give_up::{self, RefundAll};
use crate::flows::mark_paid::{self, PaidOutside};
use crate::flows::mark_registration::{self, Marks};
use crate::flows::open_case::is_payable;
use crate::flows::sign_up::{self, Render, SignUp};
use crate::store::registrations::{ListPlace, RegistrationFilter, RegistrationView};

/// One person's place at one event.
#[derive(Serialize, ToSchema)]
#[schema(as = Registration)]
pub(crate) struct RegistrationAnswer<'r> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    registration_id: RegistrationId,
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// Who.
    user: PersonAnswer<'r>,
    /// Where it stands. Awaiting payment with a deadline in the past: the provider is being asked.
    #[schema(value_type = RegistrationStatusWord)]
    status: &'static str,
    /// Why it ended; null until it has.
    #[schema(required, value_type = Option<EndedReasonWord>)]
    ended_reason: Option<&'static str>,
    /// True while it waits for a seat.
    is_on_wait: bool,
    /// The place in the queue, from 1; null unless waiting.
    #[schema(required, minimum = 1)]
    wait_queue_number: Option<i64>,
    /// Until when the seat must be paid; null unless awaiting payment.
    #[schema(required)]
    payment_expiredate: Option<Stamp>,
    /// True when the person was there.
    has_attended: bool,
    /// True when pictures may be taken.
    allow_photo: bool,
    /// True when an organizer signed the person up.
    created_by_admin: bool,
    /// True when the seat is paid; null when the event is free.
    #[schema(required)]
    has_paid: Option<bool>,
    /// When it was made.
    created_at: Stamp,
    /// What is owed for it; null while waiting and when it is free.
    #[schema(required)]
    order: Option<OwedAnswer>,
}

/// A person, as those see it who may.
#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct PersonAnswer<'p> {
    /// The id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) user_id: UserId,
    /// The first name.
    pub(super) first_name: &'p str,
    /// The last name.
    pub(super) last_name: &'p str,
}

/// What is owed for a registration.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationOrder)]
pub(crate) struct OwedAnswer {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// Where the order stands.
    #[schema(value_type = OrderStatusWord)]
    status: &'static str,
    /// How much.
    price: Sum,
    /// Its currency.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// True when no money is real.
    test_mode: bool,
    /// Where it can be paid; null unless it can be paid now.
    #[schema(required, format = "uri")]
    payment_link: Option<String>,
}

/// How a registration goes out.
pub(crate) fn write_registration(view: &RegistrationView, public_url: &str, now: Timestamp) -> Value {
    let registration = &view.registration;
    let (payment_expiredate, ended_reason) = match registration.status {
        Status::AwaitingPayment { payment_expiredate } => (Some(payment_expiredate), None),
        Status::Ended(reason) => (None, Some(reason.word())),
        Status::Waitlisted { .. } | Status::Confirmed => (None, None),
    };
    let order = view.order.as_ref().map(|order| {
        let payable = is_payable(&registration.status, order, now);
        OwedAnswer {
            order_id: order.id,
            status: order.status.word(),
            price: Sum(order.price.amount),
            currency: order.price.currency.code(),
            test_mode: order.test_mode,
            payment_link: payable.then(|| format!("{public_url}/pay/{}", order.pay_token)),
        }
    });
    let has_paid = view.order.as_ref().is_some_and(|order| order.status.has_paid());
    written(&RegistrationAnswer {
        registration_id: registration.id,
        event_id: registration.event_id,
        user: PersonAnswer { user_id: registration.user_id, first_name: &view.first_name, last_name: &view.last_name },
        status: registration.status.word(),
        ended_reason,
        is_on_wait: registration.status.is_waiting(),
        wait_queue_number: view.wait_queue_number,
        payment_expiredate: payment_expiredate.map(Stamp),
        has_attended: registration.has_attended,
        allow_photo: registration.allow_photo,
        created_by_admin: registration.created_by_admin,
        has_paid: view.is_paid_event.then_some(has_paid),
        created_at: Stamp(registration.created_at),
        order,
    })
}

fn render(app: &App) -> Render<RegistrationView> {
    let settings = Arc::clone(&app.settings);
    Arc::new(move |view, now| write_registration(view, &settings.public_url, now))
}

fn manages(actor: &Actor, event: &Event) -> bool {
    actor.may_for(Permission::RegistrationsManage, &event.details.organizer)
}

fn needs_to_manage(actor: &Actor, event: &Event) -> Result<(), ApiError> {
    Ok(actor.needs(Permission::RegistrationsManage, &Scope::EventsOf(event.details.organizer.clone()))?)
}

/// Somebody to be signed up: oneself, unless an organizer says who.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRegistration {
    /// Who; oneself unless given. Needs `registrations.manage`.
    #[schema(value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
    /// Whether pictures may be taken; as the person usually decides unless given.
    allow_photo: Option<bool>,
    /// Says that the seat was paid outside the provider. Needs `registrations.manage`.
    paid_outside: Option<Reason>,
}

/// Why, in somebody's words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// How long a reason may be, in characters.
const REASON_LENGTH_MAX: usize = 500;

/// A reason in somebody's words, within its limits.
pub(in crate::http) fn read_reason(reason: &str, pointer: &str) -> Result<String, ApiError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(ApiError::invalid(pointer, Fault::Required));
    }
    if reason.chars().count() > REASON_LENGTH_MAX {
        return Err(ApiError::invalid(pointer, Fault::TooLong(REASON_LENGTH_MAX)));
    }
    Ok(reason.to_owned())
}

/// `POST /events/{event_id}/registrations`.
pub(crate) async fn add(app: Data<App>, actor: Actor, id: Path<EventId>, body: Body) -> Answered {
    let new: NewRegistration = body.json()?;
    if new.user_id.is_some() || new.paid_outside.is_some() {
        needs_to_manage(&actor, &find(&app, *id).await?)?;
    }
    let reason = new.paid_outside.map(|paid| read_reason(&paid.reason, "/paid_outside/reason")).transpose()?;
    let wish = SignUp {
        event: *id,
        user: new.user_id.unwrap_or(actor.user_id()),
        allow_photo: new.allow_photo,
        asked_by: actor.user_id(),
        paid_outside: reason,
    };
    let once = body.once(actor.user_id())?;
    write_answer(sign_up::sign_up(&app, wish, once, render(&app)).await?)
}

/// The filters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    status: Option<String>,
    has_paid: Option<bool>,
    has_attended: Option<bool>,
    q: Option<String>,
}

/// `GET /events/{event_id}/registrations`.
pub(crate) async fn list(app: Data<App>, actor: Actor, id: Path<EventId>, page: Page<Filter>) -> Answered {
    let event = find(&app, *id).await?;
    needs_to_manage(&actor, &event)?;
    if page.filter.status.as_deref().is_some_and(|status| !REGISTRATION_STATUSES.contains(&status)) {
        return Err(ApiError::bad_query("status", Fault::NoneOf(REGISTRATION_STATUSES.to_vec())));
    }
    let filter = RegistrationFilter {
        status: page.filter.status.clone(),
        holds_seat: None,
        has_paid: page.filter.has_paid,
        has_attended: page.filter.has_attended,
        words: page.filter.q.clone(),
    };
    let (event, after, fetch) = (*id, page.after::<ListPlace>()?, page.fetch());
    let (rows, now) =
        app.store.read(move |tx| Ok((tx.registrations_of_event(event, &filter, after, fetch)?, tx.now()))).await?;
    let public_url = &app.settings.public_url;
    Ok(page.answer(rows, |(_, view)| write_registration(view, public_url, now), |(place, _)| *place))
}

/// `GET /events/{event_id}/registrations/{user_id}`.
pub(crate) async fn show(app: Data<App>, actor: Actor, path: Path<(EventId, UserId)>) -> Answered {
    let (event, user) = path.into_inner();
    readable(&app, &actor, event, user).await?;
    show_newest(&app, event, user).await
}

/// `GET /events/{event_id}/registrations/me`.
pub(crate) async fn show_own(app: Data<App>, actor: Actor, event: Path<EventId>) -> Answered {
    find(&app, *event).await?;
    show_newest(&app, *event, actor.user_id()).await
}

// Somebody else's registration does not exist for whoever may not read it.
async fn readable(app: &App, actor: &Actor, event: EventId, user: UserId) -> Result<Event, ApiError> {
    let event = find(app, event).await?;
    if user == actor.user_id() || manages(actor, &event) { Ok(event) } else { Err(Refusal::NotFound.into()) }
}

async fn show_newest(app: &App, event: EventId, user: UserId) -> Answered {
    let (view, now) = app
        .store
        .read(move |tx| {
            let registration = tx.newest_registration(event, user)?.ok_or(Refusal::NotFound)?;
            Ok((tx.view_registration(registration)?, tx.now()))
        })
        .await?;
    Ok(HttpResponse::Ok().json(write_registration(&view, &app.settings.public_url, now)))
}

/// What changes about a registration; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RegistrationPatch)]
pub(crate) struct MarksPatch {
    /// True when the person was there. For organizers.
    has_attended: Option<bool>,
    /// True when pictures may be taken. For the person.
    allow_photo: Option<bool>,
}

/// `PATCH /events/{event_id}/registrations/{user_id}`.
pub(crate) async fn edit(app: Data<App>, actor: Actor, path: Path<(EventId, UserId)>, body: Body) -> Answered {
    let (event, user) = path.into_inner();
    mark(&app, &actor, event, user, &body).await
}

/// `PATCH /events/{event_id}/registrations/me`.
pub(crate) async fn edit_own(app: Data<App>, actor: Actor, event: Path<EventId>, body: Body) -> Answered {
    let user = actor.user_id();
    mark(&app, &actor, *event, user, &body).await
}

async fn mark(app: &App, actor: &Actor, event: EventId, user: UserId, body: &Body) -> Answered {
    let found = readable(app, actor, event, user).await?;
    let marks: MarksPatch = body.json()?;
    if marks.has_attended.is_some() {
        needs_to_manage(actor, &found)?;
    }
    if marks.allow_photo.is_some() && user != actor.user_id() {
        return Err(Refusal::Forbidden.into());
    }
    let marks = Marks { has_attended: marks.has_attended, allow_photo: marks.allow_photo };
    let registration: Registration = mark_registration::mark_registration(app, event, user, marks).await?;
    show_newest(app, registration.event_id, registration.user_id).await
}

/// `POST /events/{event_id}/registrations/{user_id}/mark-paid`.
pub(crate) async fn mark_paid(app: Data<App>, actor: Actor, path: Path<(EventId, UserId)>, body: Body) -> Answered {
    let (event, user) = path.into_inner();
    let found = readable(&app, &actor, event, user).await?;
    needs_to_manage(&actor, &found)?;
    let reason = read_reason(&body.json::<Reason>()?.reason, "/reason")?;
    let paid = PaidOutside { event, user, organizer: actor.user_id(), reason };
    let once = body.once(actor.user_id())?;
    write_answer(mark_paid::mark_paid(&app, paid, once, render(&app)).await?)
}

/// `DELETE /events/{event_id}/registrations/me`.
pub(crate) async fn give_up(app: Data<App>, actor: Actor, event: Path<EventId>) -> Answered {
    give_up::give_up(&app, *event, actor.user_id()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a removal does with the money.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveQuery {
    refund: Option<Full>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Full {
    Full,
}

/// `DELETE /events/{event_id}/registrations/{user_id}`.
pub(crate) async fn remove(
    app: Data<App>,
    actor: Actor,
    path: Path<(EventId, UserId)>,
    query: Query<RemoveQuery>,
) -> Answered {
    let (event, user) = path.into_inner();
    let found = readable(&app, &actor, event, user).await?;
    needs_to_manage(&actor, &found)?;
    let refund_all = match query.0.refund {
        Some(Full::Full) => {
            actor.needs(Permission::OrdersRefund, &Scope::EventsOf(found.details.organizer.clone()))?;
            RefundAll::Yes
        }
        None => RefundAll::No,
    };
    give_up::remove(&app, event, user, actor.user_id(), refund_all).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The filter of one's own registrations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnFilter {
    active: Option<bool>,
}

/// `GET /me/registrations`.
pub(crate) async fn list_own(app: Data<App>, actor: Actor, page: Page<OwnFilter>) -> Answered {
    let user = actor.user_id();
    let (active, after, fetch) = (page.filter.active == Some(true), page.after()?, page.fetch());
    let (rows, now) =
        app.store.read(move |tx| Ok((tx.registrations_of_user(user, active, after, fetch)?, tx.now()))).await?;
    let public_url = &app.settings.public_url;
    Ok(page.answer(
        rows,
        |view| write_registration(view, public_url, now),
        |view| (view.registration.created_at.timestamp_millis(), view.registration.id),
    ))
}
