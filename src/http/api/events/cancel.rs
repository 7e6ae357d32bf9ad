//! Cancelling an event: what it would do, the act itself, and how far it has come.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::registrations::{PersonAnswer, read_reason};
use super::find;
use crate::domain::ids::EventId;
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::cancel_event::{self, Cancel, GetsBack, Progress};
use crate::http::body::Body;
use crate::http::extract::Actor;
use crate::http::values::{Stamp, Sum};
use crate::http::words::{CurrencyWord, RegistrationStatusWord};
use crate::http::{Answered, write_answer, written};

/// An event to be cancelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCancellation {
    /// Why; everybody who is signed up reads it.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// True to learn what it would do, and change nothing.
    dry_run: Option<bool>,
}

/// What a cancellation has done and still does, or what it would do.
#[derive(Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub(crate) struct CancellationAnswer<'p> {
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// True when this only says what would happen.
    dry_run: bool,
    /// When it was cancelled; null unless it was.
    #[schema(required)]
    cancelled_at: Option<Stamp>,
    /// Why, in the organizer's words; null unless it was cancelled.
    #[schema(required)]
    reason: Option<&'p str>,
    /// True when every registration has ended and all money is back, as far as it goes back by itself.
    is_done: bool,
    /// How many registrations the cancellation has ended.
    #[schema(minimum = 0)]
    registrations_ended: i64,
    /// How many registrations are still to end.
    #[schema(minimum = 0)]
    registrations_left: i64,
    /// What went back through the provider.
    returned: Sum,
    /// What is still to go back through the provider.
    to_return: Sum,
    /// What was paid outside the provider: it goes back by hand.
    by_hand: Sum,
    /// The currency of the amounts.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// How many of the orders need a person.
    #[schema(minimum = 0)]
    needs_attention: i64,
    /// Who gets what back; only when this says what would happen.
    people: Vec<GetsBackAnswer<'p>>,
}

/// What a cancellation means for one person.
#[derive(Serialize, ToSchema)]
#[schema(as = GetsBack)]
pub(crate) struct GetsBackAnswer<'p> {
    /// Who.
    user: PersonAnswer<'p>,
    /// Where the registration stands.
    #[schema(value_type = RegistrationStatusWord)]
    status: &'static str,
    /// What goes back.
    amount: Sum,
    /// True when it was paid outside the provider, and goes back by hand.
    by_hand: bool,
}

impl<'p> From<&'p GetsBack> for GetsBackAnswer<'p> {
    fn from(one: &'p GetsBack) -> Self {
        Self {
            user: PersonAnswer { user_id: one.user, first_name: &one.first_name, last_name: &one.last_name },
            status: one.status.word(),
            amount: Sum(one.amount.amount),
            by_hand: one.by_hand,
        }
    }
}

fn write(progress: &Progress, dry_run: bool) -> Value {
    let cancellation = progress.cancellation.as_ref();
    written(&CancellationAnswer {
        event_id: progress.event,
        dry_run,
        cancelled_at: cancellation.map(|cancellation| Stamp(cancellation.at)),
        reason: cancellation.map(|cancellation| cancellation.reason.as_str()),
        is_done: cancellation.is_some() && progress.left == 0 && !progress.to_return.amount.is_positive(),
        registrations_ended: progress.ended,
        registrations_left: progress.left,
        returned: Sum(progress.returned.amount),
        to_return: Sum(progress.to_return.amount),
        by_hand: Sum(progress.by_hand.amount),
        currency: progress.to_return.currency.code(),
        needs_attention: progress.needs_attention,
        people: progress.people.iter().map(GetsBackAnswer::from).collect(),
    })
}

/// `POST /events/{event_id}/cancel`.
pub(crate) async fn cancel(app: Data<App>, actor: Actor, id: Path<EventId>, body: Body) -> Answered {
    let event = find(&app, *id).await?;
    let scope = Scope::EventsOf(event.details.organizer);
    actor.needs(Permission::EventsManage, &scope)?;
    let new: NewCancellation = body.json()?;
    let reason = read_reason(&new.reason, "/reason")?;
    let once = body.once(actor.user_id())?;
    if new.dry_run == Some(true) {
        let plan = cancel_event::plan(&app, *id).await?;
        return Ok(HttpResponse::Ok().json(write(&plan, true)));
    }
    let may_refund = actor.may(Permission::OrdersRefund, &scope);
    let wish = Cancel { event: *id, organizer: actor.user_id(), reason, may_refund };
    let render = Arc::new(|progress: &Progress, _now| write(progress, false));
    write_answer(cancel_event::cancel_event(&app, wish, once, render).await?)
}

/// `GET /events/{event_id}/cancellation`.
pub(crate) async fn show_progress(app: Data<App>, actor: Actor, id: Path<EventId>) -> Answered {
    let event = find(&app, *id).await?;
    actor.needs(Permission::EventsManage, &Scope::EventsOf(event.details.organizer))?;
    if event.details.cancellation.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let progress = cancel_event::progress(&app, *id).await?;
    Ok(HttpResponse::Ok().json(write(&progress, false)))
}
