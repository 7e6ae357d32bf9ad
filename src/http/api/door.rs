//! Payments at the door: the codes of a sales unit for those who manage the settings, those of an event and the payments
//! themselves for whoever manages its registrations.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Nothing;
use super::sales_units::unanswered;
use crate::domain::door::DoorCode;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ids::{EventId, OrderId, SalesUnitId};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::door::codes::{CodeView, delete_code, put_code, see_codes, sync_codes};
use crate::flows::door::take::{DoorState, DoorView, Payer, call_off, codes_of_event, see_payment, take_payment};
use crate::http::body::Body;
use crate::http::drawn::{Sheet, draw, lines};
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::values::Stamp;
use crate::http::words::DoorStateWord;
use crate::http::{Answered, written};
use crate::words::{Language, pick_language};

/// A code at the door.
#[derive(Serialize, ToSchema)]
#[schema(as = DoorCode)]
pub(crate) struct CodeAnswer<'c> {
    /// Its id at the provider.
    qr_id: &'c str,
    /// Where it hangs.
    location: &'c str,
    /// What it says: draw it as a QR code, or take our sheet.
    content: &'c str,
    /// True when it is ours. One that is not can be taken over.
    own: bool,
    /// When it was scanned last; null when it never was, or is not ours.
    #[schema(required)]
    scanned_at: Option<Stamp>,
}

/// All codes of a sales unit.
#[derive(Serialize, ToSchema)]
#[schema(as = DoorCodes)]
pub(crate) struct SyncedAnswer<'c> {
    /// As the provider lists them.
    codes: Vec<CodeAnswer<'c>>,
}

/// What is said about a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PutDoorCode)]
pub(crate) struct PutCode {
    /// Where it hangs, for people who see it in the app.
    #[schema(min_length = 1, max_length = 36)]
    location: String,
}

/// How the person at the door pays: by one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TakePayment)]
pub(crate) struct Take {
    /// A request goes to this phone. Eight digits are Norwegian; others need their country code.
    #[schema(write_only)]
    phone: Option<String>,
    /// The next scan of this code pays.
    qr_id: Option<String>,
}

/// How a payment at the door stands.
#[derive(Serialize, ToSchema)]
#[schema(as = DoorPayment)]
pub(crate) struct DoorAnswer<'d> {
    /// What is paid.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// How it stands.
    #[schema(value_type = DoorStateWord)]
    state: &'static str,
    /// The code that is waited at; null when none is.
    #[schema(required)]
    qr_id: Option<&'d str>,
    /// Until when a scan is waited for; null when none is.
    #[schema(required)]
    until: Option<Stamp>,
}

/// `GET /sales-units/{sales_unit_id}/qrs`
pub(crate) async fn list(app: Data<App>, actor: Actor, id: Path<SalesUnitId>, page: Page) -> Answered {
    let found = see_codes(&app, actor.standing(), *id).await?;
    answer_codes(&page, found)
}

/// `POST /sales-units/{sales_unit_id}/qrs/sync`
pub(crate) async fn sync(app: Data<App>, actor: Actor, id: Path<SalesUnitId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    body.json::<Nothing>()?;
    let found = sync_codes(&app, actor.standing(), *id).await.map_err(unanswered)?;
    Ok(HttpResponse::Ok().json(SyncedAnswer { codes: found.iter().map(view).collect() }))
}

/// `PUT /sales-units/{sales_unit_id}/qrs/{qr_id}`
pub(crate) async fn put(app: Data<App>, actor: Actor, path: Path<(SalesUnitId, String)>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let (unit, id) = path.into_inner();
    let PutCode { location } = body.json()?;
    let code = put_code(&app, actor.standing(), unit, (id, location)).await.map_err(unanswered)?;
    Ok(HttpResponse::Ok().json(write_code(&code)))
}

/// `DELETE /sales-units/{sales_unit_id}/qrs/{qr_id}`
pub(crate) async fn remove(app: Data<App>, actor: Actor, path: Path<(SalesUnitId, String)>) -> Answered {
    let (unit, id) = path.into_inner();
    delete_code(&app, actor.standing(), unit, id).await.map_err(unanswered)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /events/{event_id}/qrs`
pub(crate) async fn list_at_event(app: Data<App>, actor: Actor, id: Path<EventId>, page: Page) -> Answered {
    managed_event(&app, &actor, *id).await?;
    answer_codes(&page, codes_of_event(&app, *id).await?)
}

/// `GET /events/{event_id}/qrs/{qr_id}/sheet.svg`
pub(crate) async fn print(
    app: Data<App>,
    actor: Actor,
    request: HttpRequest,
    path: Path<(EventId, String)>,
) -> Answered {
    let (id, code) = path.into_inner();
    let event = managed_event(&app, &actor, id).await?;
    let wanted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    sheet(&app, &event, &code, pick_language(wanted)).await
}

/// A sheet with a code of an event's sales unit.
pub(in crate::http) async fn sheet(app: &App, event: &Event, code: &str, language: Language) -> Answered {
    let call = language.pick("Skann med Vipps eller MobilePay", "Scan with Vipps or MobilePay");
    let codes = codes_of_event(app, event.id).await?;
    let code = codes.iter().find(|known| known.id == code).ok_or(Refusal::NotFound)?;
    let (drawn, title) = (draw(&code.content)?, lines(&event.details.title));
    let sheet = Sheet { call, title: &title, location: &code.location, drawn: &drawn };
    let svg = sheet.render().map_err(|error| ApiError::Bug(format!("a sheet could not be drawn: {error}")))?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"))
        .body(svg))
}

/// `GET /orders/{order_id}/door`
pub(crate) async fn show(app: Data<App>, actor: Actor, id: Path<OrderId>) -> Answered {
    managed_order(&app, &actor, *id).await?;
    answer(&see_payment(&app, *id).await?)
}

/// `POST /orders/{order_id}/door`
pub(crate) async fn take(app: Data<App>, actor: Actor, id: Path<OrderId>, body: Body) -> Answered {
    managed_order(&app, &actor, *id).await?;
    let payer = match body.json()? {
        Take { phone: Some(phone), qr_id: None } => Payer::Phone(phone),
        Take { phone: None, qr_id: Some(code) } => Payer::Code(code),
        Take { phone: None, qr_id: None } => {
            return Err(ApiError::invalid("/phone", Fault::OneNeeded(&["phone", "qr_id"])));
        }
        Take { phone: Some(_), qr_id: Some(_) } => {
            return Err(ApiError::invalid("/qr_id", Fault::OneTooMany(&["phone", "qr_id"])));
        }
    };
    answer(&take_payment(&app, *id, payer, actor.user_id()).await?)
}

/// `DELETE /orders/{order_id}/door`
pub(crate) async fn abort(app: Data<App>, actor: Actor, id: Path<OrderId>) -> Answered {
    managed_order(&app, &actor, *id).await?;
    answer(&call_off(&app, *id, actor.user_id()).await?)
}

/// Refuses whoever may not manage the registrations of an order's event; who may not read the order does not learn that
/// there is one.
async fn managed_order(app: &App, actor: &Actor, id: OrderId) -> Result<(), ApiError> {
    let (order, organizer) = app
        .store
        .read(move |tx| {
            let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
            let event = tx.event_by_id(order.event_id)?.ok_or(Refusal::NotFound)?;
            Ok((order, event.details.organizer))
        })
        .await?;
    if actor.may_for(Permission::RegistrationsManage, &organizer) {
        return Ok(());
    }
    let may_read = order.user_id == actor.user_id() || actor.may_for(Permission::OrdersRead, &organizer);
    Err(if may_read { Refusal::Forbidden } else { Refusal::NotFound }.into())
}

async fn managed_event(app: &App, actor: &Actor, id: EventId) -> Result<Event, ApiError> {
    let event = app.store.read(move |tx| Ok(tx.event_by_id(id)?.ok_or(Refusal::NotFound)?)).await?;
    if actor.may_for(Permission::RegistrationsManage, &event.details.organizer) {
        Ok(event)
    } else {
        Err(Refusal::Forbidden.into())
    }
}

fn answer_codes(page: &Page, mut found: Vec<DoorCode>) -> Answered {
    let after: Option<String> = page.after()?;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found.retain(|code| after.as_ref().is_none_or(|after| code.id > *after));
    Ok(page.answer(found, write_code, |code| code.id.clone()))
}

fn answer(view: &DoorView) -> Answered {
    let until = match view.state {
        DoorState::WaitingForScan { until } => Some(Stamp(until)),
        DoorState::Idle
        | DoorState::Starting
        | DoorState::OnThePhone { .. }
        | DoorState::NotReached
        | DoorState::NotApproved
        | DoorState::Paid
        | DoorState::Over => None,
    };
    Ok(HttpResponse::Ok().json(DoorAnswer {
        order_id: view.order.id,
        state: view.state.word(),
        qr_id: view.code.as_ref().map(|code| code.id.as_str()),
        until,
    }))
}

fn write_code(code: &DoorCode) -> Value {
    written(&own(code))
}

fn own(code: &DoorCode) -> CodeAnswer<'_> {
    CodeAnswer {
        qr_id: &code.id,
        location: &code.location,
        content: &code.content,
        own: true,
        scanned_at: code.scanned_at.map(Stamp),
    }
}

fn view(view: &CodeView) -> CodeAnswer<'_> {
    match view {
        CodeView::Own(code) => own(code),
        CodeView::Strange(code) => CodeAnswer {
            qr_id: &code.id,
            location: &code.location,
            content: &code.content,
            own: false,
            scanned_at: None,
        },
    }
}
