//! Orders: what was owed, paid and given back. Nobody edits or deletes one, whatever the role.

mod answer;
pub(crate) mod log;

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::{NoFilter, Page};
use super::super::values::Amount;
use super::super::words::ActWord;
use super::super::{Answered, write_answer};
use super::registrations::read_reason;
use crate::domain::attention::Act;
use crate::domain::fault::Fault;
use crate::domain::ids::{EventId, OrderId, UserId};
use crate::domain::money::Ore;
use crate::domain::order::OrderStatus;
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::look::{Looked, look_now};
use crate::flows::pay::{self, NoPayment, Way};
use crate::flows::refund::{self, Wish};
use crate::flows::resolve::{self, Resolution};
use crate::flows::sign_up::Render;
use crate::store::orders::{OrderFilter, OrderView};
use crate::store::trail::ActedBy;
use answer::write_line;
pub(crate) use answer::{LineAnswer, OrderAnswer, write_order};

/// How long a person waits for the provider's answer.
pub(in crate::http) const PATIENCE: Duration = Duration::from_secs(10);

fn render(app: &App) -> Render<OrderView> {
    let settings = Arc::clone(&app.settings);
    Arc::new(move |view, now| write_order(view, &settings.public_url, now))
}

/// The filters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    event_id: Option<EventId>,
    user_id: Option<UserId>,
    status: Option<String>,
    needs_attention: Option<bool>,
    q: Option<String>,
}

/// `GET /orders`.
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page<Filter>) -> Answered {
    let organizers = actor.needs_somewhere(Permission::OrdersRead)?;
    let known = OrderStatus::ALL.map(OrderStatus::word);
    if page.filter.status.as_deref().is_some_and(|status| !known.contains(&status)) {
        return Err(ApiError::bad_query("status", Fault::NoneOf(known.to_vec())));
    }
    let filter = OrderFilter {
        event_id: page.filter.event_id,
        user_id: page.filter.user_id,
        status: page.filter.status.clone(),
        needs_attention: page.filter.needs_attention,
        words: page.filter.q.clone(),
        organizers,
    };
    answer_list(&app, &page, filter).await
}

/// `GET /me/orders`.
pub(crate) async fn list_own(app: Data<App>, actor: Actor, page: Page<NoFilter>) -> Answered {
    let filter = OrderFilter { user_id: Some(actor.user_id()), ..OrderFilter::default() };
    answer_list(&app, &page, filter).await
}

async fn answer_list<Q>(app: &App, page: &Page<Q>, filter: OrderFilter) -> Answered {
    let (after, fetch) = (page.after()?, page.fetch());
    let (rows, now) = app.store.read(move |tx| Ok((tx.orders(&filter, after, fetch)?, tx.now()))).await?;
    let public_url = &app.settings.public_url;
    Ok(page.answer(
        rows,
        |view| write_order(view, public_url, now),
        |view| (view.order.created_at.timestamp_millis(), view.order.id),
    ))
}

/// What the actor may do with an order that he may read.
struct Readable {
    organizer: String,
    is_owner: bool,
}

// Somebody else's order does not exist for whoever may not read it.
async fn readable(app: &App, actor: &Actor, id: OrderId) -> Result<Readable, ApiError> {
    let (order, organizer) = app
        .store
        .read(move |tx| {
            let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
            let event = tx.event_by_id(order.event_id)?.ok_or(Refusal::NotFound)?;
            Ok((order, event.details.organizer))
        })
        .await?;
    let is_owner = order.user_id == actor.user_id();
    if is_owner || actor.may_for(Permission::OrdersRead, &organizer) {
        Ok(Readable { organizer, is_owner })
    } else {
        Err(Refusal::NotFound.into())
    }
}

async fn show_now(app: &App, id: OrderId) -> Answered {
    let (view, now) = app
        .store
        .read(move |tx| {
            let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
            Ok((tx.view_order(order)?, tx.now()))
        })
        .await?;
    Ok(HttpResponse::Ok().json(write_order(&view, &app.settings.public_url, now)))
}

/// `GET /orders/{order_id}`.
pub(crate) async fn show(app: Data<App>, actor: Actor, id: Path<OrderId>) -> Answered {
    readable(&app, &actor, *id).await?;
    show_now(&app, *id).await
}

/// `GET /orders/{order_id}/events`.
pub(crate) async fn trail(app: Data<App>, actor: Actor, id: Path<OrderId>, page: Page<NoFilter>) -> Answered {
    readable(&app, &actor, *id).await?;
    let (id, after, fetch) = (*id, page.after()?, page.fetch());
    let lines = app.store.read(move |tx| Ok(tx.trail_of_order(id, after, fetch)?)).await?;
    Ok(page.answer(lines, write_line, |line| line.id))
}

/// Where to pay.
#[derive(Serialize, ToSchema)]
pub(crate) struct Redirect {
    /// The provider's page for this payment.
    #[schema(format = "uri")]
    redirect_url: String,
}

/// `POST /orders/{order_id}/pay`.
pub(crate) async fn pay(app: Data<App>, actor: Actor, id: Path<OrderId>, body: Body) -> Answered {
    let found = readable(&app, &actor, *id).await?;
    if !found.is_owner {
        return Err(Refusal::Forbidden.into());
    }
    body.json::<NoFilter>()?;
    let redirect_url = pay::pay(&app, *id, Way::Page, ActedBy::Member(actor.user_id())).await.map_err(no_payment)?;
    Ok(HttpResponse::Ok().json(Redirect { redirect_url }))
}

/// How a click that opened nothing is answered.
pub(crate) fn no_payment(cause: NoPayment) -> ApiError {
    match cause {
        NoPayment::Stop(stop) => stop.into(),
        NoPayment::ProviderUnavailable => provider_unavailable(),
    }
}

pub(in crate::http) fn provider_unavailable() -> ApiError {
    ApiError::Unavailable { code: "payment_provider_unavailable", retry_after: 5 }
}

/// `POST /orders/{order_id}/sync`.
pub(crate) async fn sync(app: Data<App>, actor: Actor, id: Path<OrderId>, body: Body) -> Answered {
    readable(&app, &actor, *id).await?;
    body.json::<NoFilter>()?;
    match look_now(&app, *id, PATIENCE).await? {
        Looked::Answered => show_now(&app, *id).await,
        Looked::Unanswered | Looked::NotDue => Err(provider_unavailable()),
    }
}

/// What a person does about an order that needs one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewResolution {
    /// What to do, one of the order's `needs_attention.acts`.
    #[schema(value_type = ActWord)]
    act: String,
    /// Why, for the order's story.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// `POST /orders/{order_id}/resolve`.
pub(crate) async fn resolve(app: Data<App>, actor: Actor, id: Path<OrderId>, body: Body) -> Answered {
    let found = readable(&app, &actor, *id).await?;
    actor.needs(Permission::OrdersRefund, &Scope::EventsOf(found.organizer))?;
    let once = body.once(actor.user_id())?;
    let new: NewResolution = body.json()?;
    let act = Act::from_word(&new.act)
        .ok_or_else(|| ApiError::invalid("/act", Fault::NoneOf(Act::ALL.map(Act::word).to_vec())))?;
    let reason = read_reason(&new.reason, "/reason")?;
    let resolution = Resolution { order: *id, act, reason, treasurer: actor.user_id() };
    write_answer(resolve::resolve(&app, resolution, once, render(&app)).await.map_err(no_payment)?)
}

/// Money to be given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefund {
    /// How much, at least 0.01; all that is left unless given.
    amount: Option<Amount>,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// `POST /orders/{order_id}/refund`.
pub(crate) async fn refund(app: Data<App>, actor: Actor, id: Path<OrderId>, body: Body) -> Answered {
    let found = readable(&app, &actor, *id).await?;
    actor.needs(Permission::OrdersRefund, &Scope::EventsOf(found.organizer))?;
    let once = body.once(actor.user_id())?.ok_or(Refusal::IdempotencyKeyRequired)?;
    let new: NewRefund = body.json()?;
    let reason = read_reason(&new.reason, "/reason")?;
    if new.amount.is_some_and(|amount| !amount.0.is_positive()) {
        return Err(ApiError::invalid("/amount", Fault::AmountTooSmall(Ore(1))));
    }
    let wish = Wish { order: *id, amount: new.amount.map(|amount| amount.0), reason, treasurer: actor.user_id() };
    write_answer(refund::refund(&app, wish, once, render(&app)).await?)
}
