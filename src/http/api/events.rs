//! Events: anybody may read them; who may make and change them depends on the organizing group.

pub(crate) mod cancel;
mod details;
pub(crate) mod stream;

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::Page;
use super::super::public::{Public, Said};
use super::super::values::{Length, Stamp, Sum, query_moment};
use super::super::words::CurrencyWord;
use super::super::{Answered, write_answer, written};
use crate::domain::event::{Event, EventDetails, PaidInformation};
use crate::domain::ids::{EventId, SalesUnitId};
use crate::domain::patch::Patch;
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::edit_event;
use crate::store::events::EventFilter;
pub(crate) use details::{EventPatch, NewEvent};

/// An event.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventAnswer<'e> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// The title.
    title: &'e str,
    /// The description; may be empty.
    description: &'e str,
    /// Where it happens; may be empty.
    location: &'e str,
    /// When it starts.
    start_date: Stamp,
    /// When it ends.
    end_date: Stamp,
    /// The slug of the group that organizes it.
    organizer: &'e str,
    /// How many seats there are; 0 means no limit.
    #[schema(minimum = 0)]
    limit: i64,
    /// False when the event takes no sign-ups at all.
    sign_up: bool,
    /// True when an organizer stopped sign-ups.
    closed: bool,
    /// When sign-up opens; null means that it is open.
    #[schema(required)]
    start_registration_at: Option<Stamp>,
    /// When sign-up ends; null means at the start.
    #[schema(required)]
    end_registration_at: Option<Stamp>,
    /// Until when a confirmed member may sign off; null means until the start.
    #[schema(required)]
    sign_off_deadline: Option<Stamp>,
    /// True when signing off gives the money back.
    refund_on_sign_off: bool,
    /// True when a seat costs something.
    is_paid_event: bool,
    /// What a seat costs; null means that the event is free.
    #[schema(required)]
    paid_information: Option<PaidAnswer>,
    /// When it was cancelled; null unless it was.
    #[schema(required)]
    cancelled_at: Option<Stamp>,
    /// Why it was cancelled, in the organizer's words; null unless it was.
    #[schema(required)]
    cancellation_reason: Option<&'e str>,
    /// How many seats are held: confirmed, and awaiting payment.
    #[schema(minimum = 0)]
    list_count: i64,
    /// How many wait for a seat.
    #[schema(minimum = 0)]
    waiting_list_count: i64,
    /// When it was made.
    created_at: Stamp,
    /// When its details changed last.
    updated_at: Stamp,
}

/// What a seat at a paid event costs, and how long one has to pay.
#[derive(Serialize, ToSchema)]
#[schema(as = PaidInformation)]
pub(crate) struct PaidAnswer {
    /// The price of a seat.
    price: Sum,
    /// Its currency.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// How long one has to pay after sign-up.
    paytime: Length,
    /// How long one has at least to pay for a seat from the waiting list.
    promotion_paytime: Length,
    /// The sales unit that the money of new orders goes to; null means the group's default, and failing that the
    /// house's own.
    #[schema(required, value_type = Option<uuid::Uuid>)]
    sales_unit: Option<SalesUnitId>,
}

impl From<&PaidInformation> for PaidAnswer {
    fn from(paid: &PaidInformation) -> Self {
        Self {
            price: Sum(paid.price.amount),
            currency: paid.price.currency.code(),
            paytime: Length(paid.paytime),
            promotion_paytime: Length(paid.promotion_paytime),
            sales_unit: paid.sales_unit,
        }
    }
}

/// How an event goes out.
pub(crate) fn write_event(event: &Event) -> Value {
    let details = &event.details;
    written(&EventAnswer {
        id: event.id,
        title: &details.title,
        description: &details.description,
        location: &details.location,
        start_date: Stamp(details.start_date),
        end_date: Stamp(details.end_date),
        organizer: &details.organizer,
        limit: details.limit,
        sign_up: details.sign_up,
        closed: details.closed,
        start_registration_at: details.start_registration_at.map(Stamp),
        end_registration_at: details.end_registration_at.map(Stamp),
        sign_off_deadline: details.sign_off_deadline.map(Stamp),
        refund_on_sign_off: details.refund_on_sign_off,
        is_paid_event: details.paid_information.is_some(),
        paid_information: details.paid_information.as_ref().map(PaidAnswer::from),
        cancelled_at: details.cancellation.as_ref().map(|cancellation| Stamp(cancellation.at)),
        cancellation_reason: details.cancellation.as_ref().map(|cancellation| cancellation.reason.as_str()),
        list_count: event.occupancy.seats_held,
        waiting_list_count: event.occupancy.waiting,
        created_at: Stamp(event.created_at),
        updated_at: Stamp(event.updated_at),
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
pub(crate) async fn list(app: Data<App>, public: Data<Public>, request: HttpRequest, page: Page<Filter>) -> Answered {
    public.show(&app, &request, listed(&app, page)).await
}

async fn listed(app: &App, page: Page<Filter>) -> Result<Said, ApiError> {
    let now = app.clock.now();
    let filter = EventFilter {
        from: Some(query_moment("from", page.filter.from.as_ref())?.unwrap_or(now)),
        to: query_moment("to", page.filter.to.as_ref())?,
        ended_before: None,
        organizers: None,
        organizer: page.filter.organizer.clone(),
        words: page.filter.q.clone(),
        is_paid_event: page.filter.is_paid_event,
        open: page.filter.open.map(|open| (open, now)),
    };
    let (after, fetch) = (page.after()?, page.fetch());
    let events = app.store.read(move |tx| Ok(tx.events(&filter, after, fetch)?)).await?;
    Ok(page.said(events, write_event, |event| (event.details.start_date.timestamp_millis(), event.id)))
}

/// `GET /events/{event_id}`.
pub(crate) async fn show(app: Data<App>, public: Data<Public>, request: HttpRequest, id: Path<EventId>) -> Answered {
    let said = async { Ok(Said { body: write_event(&find(&app, *id).await?), link: None }) };
    public.show(&app, &request, said).await
}

/// The event, or 404.
pub(super) async fn find(app: &App, id: EventId) -> Result<Event, ApiError> {
    let event = app.store.read(move |tx| Ok(tx.event_by_id(id)?)).await?;
    event.ok_or_else(|| Refusal::NotFound.into())
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

/// `PATCH /events/{event_id}`.
pub(crate) async fn edit(app: Data<App>, actor: Actor, id: Path<EventId>, body: Body) -> Answered {
    let event = find(&app, *id).await?;
    actor.needs(Permission::EventsManage, &Scope::EventsOf(event.details.organizer.clone()))?;
    let patch: EventPatch = body.json()?;
    if let Patch::Value(organizer) = patch.organizer()
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
