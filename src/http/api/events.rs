//! Events: anybody may read them; who may make and change them depends on the organizing group.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::body::Body;
use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::Page;
use super::super::values::{Amount, CurrencyCode, Moment, Span, query_moment};
use super::super::{Answered, write_answer, write_time};
use crate::domain::event::{Event, EventDetails, PROMOTION_PAYTIME_DEFAULT, PaidInformation};
use crate::domain::ids::EventId;
use crate::domain::money::Money;
use crate::domain::patch::Patch;
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::{FieldError, Refusal};
use crate::domain::time::write_span;
use crate::flows::app::App;
use crate::flows::edit_event;
use crate::store::events::EventFilter;

/// How an event goes out.
pub(crate) fn write_event(event: &Event) -> Value {
    let details = &event.details;
    let paid = details.paid_information.as_ref().map(|paid| {
        json!({
            "price": paid.price.amount.to_string(),
            "currency": paid.price.currency.code(),
            "paytime": write_span(paid.paytime),
            "promotion_paytime": write_span(paid.promotion_paytime),
        })
    });
    json!({
        "id": event.id,
        "title": details.title,
        "description": details.description,
        "location": details.location,
        "start_date": write_time(details.start_date),
        "end_date": write_time(details.end_date),
        "organizer": details.organizer,
        "limit": details.limit,
        "sign_up": details.sign_up,
        "closed": details.closed,
        "start_registration_at": details.start_registration_at.map(write_time),
        "end_registration_at": details.end_registration_at.map(write_time),
        "sign_off_deadline": details.sign_off_deadline.map(write_time),
        "refund_on_sign_off": details.refund_on_sign_off,
        "is_paid_event": paid.is_some(),
        "paid_information": paid,
        "list_count": event.occupancy.seats_held,
        "waiting_list_count": event.occupancy.waiting,
        "created_at": write_time(event.created_at),
        "updated_at": write_time(event.updated_at),
    })
}

/// The filters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    from: Option<String>,
    to: Option<String>,
    organizer: Option<String>,
    q: Option<String>,
    is_paid_event: Option<bool>,
    open: Option<bool>,
}

/// `GET /events`.
pub(crate) async fn list(app: Data<App>, page: Page<Filter>) -> Answered {
    let now = app.clock.now();
    let filter = EventFilter {
        from: Some(query_moment("from", page.filter.from.as_ref())?.unwrap_or(now)),
        to: query_moment("to", page.filter.to.as_ref())?,
        organizer: page.filter.organizer.clone(),
        words: page.filter.q.clone(),
        is_paid_event: page.filter.is_paid_event,
        open: page.filter.open.map(|open| (open, now)),
    };
    let (after, fetch) = (page.after()?, page.fetch());
    let events = app.store.read(move |tx| Ok(tx.events(&filter, after, fetch)?)).await?;
    Ok(page.answer(events, write_event, |event| (event.details.start_date.timestamp_millis(), event.id)))
}

/// `GET /events/{event_id}`.
pub(crate) async fn show(app: Data<App>, id: Path<EventId>) -> Answered {
    let event = find(&app, *id).await?;
    Ok(HttpResponse::Ok().json(write_event(&event)))
}

/// The event, or 404.
pub(super) async fn find(app: &App, id: EventId) -> Result<Event, ApiError> {
    let event = app.store.read(move |tx| Ok(tx.event_by_id(id)?)).await?;
    event.ok_or_else(|| Refusal::NotFound.into())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    title: String,
    description: Option<String>,
    location: Option<String>,
    start_date: Moment,
    end_date: Moment,
    organizer: String,
    limit: Option<i64>,
    sign_up: Option<bool>,
    closed: Option<bool>,
    start_registration_at: Option<Moment>,
    end_registration_at: Option<Moment>,
    sign_off_deadline: Option<Moment>,
    refund_on_sign_off: Option<bool>,
    paid_information: Option<NewPaidInformation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPaidInformation {
    price: Amount,
    currency: Option<CurrencyCode>,
    paytime: Span,
    promotion_paytime: Option<Span>,
}

impl From<NewPaidInformation> for PaidInformation {
    fn from(new: NewPaidInformation) -> Self {
        Self {
            price: Money { amount: new.price.0, currency: new.currency.map(|code| code.0).unwrap_or_default() },
            paytime: new.paytime.0,
            promotion_paytime: new.promotion_paytime.map_or(PROMOTION_PAYTIME_DEFAULT, |span| span.0),
        }
    }
}

impl From<NewEvent> for EventDetails {
    fn from(new: NewEvent) -> Self {
        Self {
            title: new.title,
            description: new.description.unwrap_or_default(),
            location: new.location.unwrap_or_default(),
            start_date: new.start_date.0,
            end_date: new.end_date.0,
            organizer: new.organizer,
            limit: new.limit.unwrap_or_default(),
            sign_up: new.sign_up.unwrap_or(true),
            closed: new.closed.unwrap_or_default(),
            start_registration_at: new.start_registration_at.map(|moment| moment.0),
            end_registration_at: new.end_registration_at.map(|moment| moment.0),
            sign_off_deadline: new.sign_off_deadline.map(|moment| moment.0),
            refund_on_sign_off: new.refund_on_sign_off.unwrap_or_default(),
            paid_information: new.paid_information.map(PaidInformation::from),
        }
    }
}

/// `POST /events`.
pub(crate) async fn add(app: Data<App>, actor: Actor, body: Body) -> Answered {
    if actor.groups_where(Permission::EventsCreate).is_empty() && !actor.may_everywhere(Permission::EventsCreate) {
        return Err(Refusal::Forbidden.into());
    }
    let details = EventDetails::from(body.json::<NewEvent>()?);
    actor.needs(Permission::EventsCreate, &Scope::EventsOf(details.organizer.clone()))?;
    let once = body.once(actor.user_id())?;
    let answer =
        edit_event::add_event(&app, details, once, std::sync::Arc::new(|event, _now| write_event(event))).await?;
    let location = serde_json::from_str::<Value>(&answer.body)
        .ok()
        .and_then(|event| Some(format!("{}/api/v1/events/{}", app.settings.public_url, event.get("id")?.as_str()?)));
    let mut response = write_answer(answer)?;
    if let Some(location) = location.and_then(|location| header::HeaderValue::from_str(&location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct EventPatch {
    title: Patch<String>,
    description: Patch<String>,
    location: Patch<String>,
    start_date: Patch<Moment>,
    end_date: Patch<Moment>,
    organizer: Patch<String>,
    limit: Patch<i64>,
    sign_up: Patch<bool>,
    closed: Patch<bool>,
    start_registration_at: Patch<Moment>,
    end_registration_at: Patch<Moment>,
    sign_off_deadline: Patch<Moment>,
    refund_on_sign_off: Patch<bool>,
    paid_information: Patch<PaidPatch>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct PaidPatch {
    price: Patch<Amount>,
    currency: Patch<CurrencyCode>,
    paytime: Patch<Span>,
    promotion_paytime: Patch<Span>,
}

impl EventPatch {
    fn apply(self, mut event: EventDetails) -> Result<EventDetails, Refusal> {
        let mut errors = Vec::new();
        self.title.apply_filled(&mut event.title, "/title", &mut errors);
        self.description.apply_filled(&mut event.description, "/description", &mut errors);
        self.location.apply_filled(&mut event.location, "/location", &mut errors);
        self.start_date.map(|at| at.0).apply_filled(&mut event.start_date, "/start_date", &mut errors);
        self.end_date.map(|at| at.0).apply_filled(&mut event.end_date, "/end_date", &mut errors);
        self.organizer.apply_filled(&mut event.organizer, "/organizer", &mut errors);
        self.limit.apply_filled(&mut event.limit, "/limit", &mut errors);
        self.sign_up.apply_filled(&mut event.sign_up, "/sign_up", &mut errors);
        self.closed.apply_filled(&mut event.closed, "/closed", &mut errors);
        self.start_registration_at.map(|at| at.0).apply(&mut event.start_registration_at);
        self.end_registration_at.map(|at| at.0).apply(&mut event.end_registration_at);
        self.sign_off_deadline.map(|at| at.0).apply(&mut event.sign_off_deadline);
        self.refund_on_sign_off.apply_filled(&mut event.refund_on_sign_off, "/refund_on_sign_off", &mut errors);
        match self.paid_information {
            Patch::Absent => {}
            Patch::Null => event.paid_information = None,
            Patch::Value(patch) => {
                event.paid_information = patch.apply(event.paid_information, &mut errors).or(event.paid_information);
            }
        }
        if errors.is_empty() { Ok(event) } else { Err(Refusal::Invalid(errors)) }
    }
}

impl PaidPatch {
    /// The price as it becomes; an event that was free needs all that a new one needs.
    fn apply(self, before: Option<PaidInformation>, errors: &mut Vec<FieldError>) -> Option<PaidInformation> {
        let mut price = before.map(|paid| Amount(paid.price.amount));
        let mut paytime = before.map(|paid| Span(paid.paytime));
        let mut currency = CurrencyCode(before.map(|paid| paid.price.currency).unwrap_or_default());
        let mut promotion = Span(before.map_or(PROMOTION_PAYTIME_DEFAULT, |paid| paid.promotion_paytime));
        self.price.apply(&mut price);
        self.paytime.apply(&mut paytime);
        self.currency.apply_filled(&mut currency, "/paid_information/currency", errors);
        self.promotion_paytime.apply_filled(&mut promotion, "/paid_information/promotion_paytime", errors);
        for (missing, pointer) in
            [(price.is_none(), "/paid_information/price"), (paytime.is_none(), "/paid_information/paytime")]
        {
            if missing {
                errors.push(FieldError::new(pointer, "required", "a paid event needs this"));
            }
        }
        Some(PaidInformation {
            price: Money { amount: price?.0, currency: currency.0 },
            paytime: paytime?.0,
            promotion_paytime: promotion.0,
        })
    }
}

/// `PATCH /events/{event_id}`.
pub(crate) async fn edit(app: Data<App>, actor: Actor, id: Path<EventId>, body: Body) -> Answered {
    let event = find(&app, *id).await?;
    actor.needs(Permission::EventsManage, &Scope::EventsOf(event.details.organizer.clone()))?;
    let patch: EventPatch = body.json()?;
    if let Patch::Value(organizer) = &patch.organizer
        && *organizer != event.details.organizer
    {
        actor.needs(Permission::EventsManage, &Scope::EventsOf(organizer.clone()))?;
    }
    let organizer = event.details.organizer;
    let event = edit_event::edit_event(&app, *id, move |before| {
        // Somebody moved the event to another group since the permission was read.
        if before.organizer != organizer {
            return Err(Refusal::Forbidden);
        }
        patch.clone().apply(before)
    })
    .await?;
    Ok(HttpResponse::Ok().json(write_event(&event)))
}

/// `DELETE /events/{event_id}`.
pub(crate) async fn remove(app: Data<App>, actor: Actor, id: Path<EventId>) -> Answered {
    let event = find(&app, *id).await?;
    actor.needs(Permission::EventsManage, &Scope::EventsOf(event.details.organizer))?;
    edit_event::delete_event(&app, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
