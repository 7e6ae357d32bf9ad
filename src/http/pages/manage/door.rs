//! An organizer takes a payment at the door: sends a request to a phone, or waits for the next scan of a code. The page
//! turns green by itself.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::Managed;
use super::paid::find_registration;
use super::place::{ListQuery, Place, name_of};
use super::refused::{alert, wrong_field};
use super::voice::Voice;
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::Permission;
use crate::flows::door::take::{DoorState, DoorView, Payer, call_off, order_at, see_payment, take_payment};
use crate::http::Answered;
use crate::http::api::door::sheet;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::event::said::Countdown;
use crate::http::pages::form::{Form, NoFields};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render, see_other};
use crate::http::write_time;
use crate::words;

/// A code to wait at.
#[derive(Debug)]
struct Code {
    id: String,
    location: String,
    sheet: String,
}

#[derive(Template)]
#[template(path = "manage/door.html")]
struct DoorPage<'a> {
    frame: &'a Frame,
    name: String,
    title: String,
    price: String,
    tone: Tone,
    heading: &'static str,
    text: String,
    /// Until when a scan is waited for, and what time it is.
    countdown: Option<(Countdown, String)>,
    /// True when a payment can be started.
    can_start: bool,
    /// True when there is something to call off.
    is_under_way: bool,
    codes: Vec<Code>,
    action: String,
    abort_action: String,
    back_path: String,
    phone: String,
    alert: Option<String>,
    wrong: &'a str,
}

/// `GET /manage/events/{event_id}/registrations/{user_id}/door`.
pub(crate) async fn show(visitor: Visitor, path: Path<(EventId, UserId)>, page: Page<ListQuery>) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    answer(&visitor, &managed, user, &Place::of(event, &page), String::new(), None).await
}

async fn answer(
    visitor: &Visitor,
    managed: &Managed,
    user: UserId,
    place: &Place,
    phone: String,
    refused: Option<&ApiError>,
) -> Answered {
    let voice = Voice::for_visitor(visitor);
    let event = managed.event.id;
    let registration = find_registration(visitor, event, user).await?;
    let view = see_payment(&visitor.app, order_at(&visitor.app, event, user).await?).await?;
    let (tone, heading, text) = words_of(&view, voice);
    let is_under_way =
        matches!(view.state, DoorState::WaitingForScan { .. } | DoorState::Starting | DoorState::OnThePhone { .. });
    let codes = view.codes.iter().map(|code| Code {
        id: code.id.clone(),
        location: code.location.clone(),
        sheet: format!("/manage/events/{event}/qrs/{}/sheet.svg", code.id),
    });
    let template = DoorPage {
        frame: &visitor.frame,
        name: name_of(&registration),
        title: managed.event.details.title.clone(),
        price: voice.price(view.order.price),
        tone,
        heading,
        text,
        countdown: countdown(visitor, &view, voice),
        can_start: matches!(view.state, DoorState::Idle | DoorState::NotReached | DoorState::NotApproved),
        is_under_way,
        codes: codes.collect(),
        action: place.act(user, "door"),
        abort_action: place.act(user, "door/abort"),
        back_path: place.path(),
        phone,
        alert: refused.and_then(|error| said(error, voice)),
        wrong: wrong_field(refused),
    };
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

fn countdown(visitor: &Visitor, view: &DoorView, voice: Voice) -> Option<(Countdown, String)> {
    let DoorState::WaitingForScan { until } = view.state else { return None };
    let now = visitor.app.clock.now();
    let label = voice.pick("Venter enda:", "Waiting for another:").to_owned();
    let countdown = Countdown { label, until, words: words::span(until - now, voice.language) };
    Some((countdown, write_time(now)))
}

fn words_of(view: &DoorView, voice: Voice) -> (Tone, &'static str, String) {
    let place = view.code.as_ref().map(|code| code.location.as_str()).unwrap_or_default();
    let (tone, heading, text) = match view.state {
        DoorState::Idle => (
            Tone::Open,
            voice.pick("Ikke betalt ennå", "Not paid yet"),
            voice.pick(
                "Send et krav til telefonen, eller la personen skanne en QR-kode.",
                "Send a request to the phone, or let the person scan a QR code.",
            ),
        ),
        DoorState::WaitingForScan { .. } => {
            let text = match voice.language.is_nb() {
                true => format!("Be personen skanne QR-koden ved «{place}» med Vipps eller MobilePay."),
                false => format!("Ask the person to scan the QR code at “{place}” with Vipps or MobilePay."),
            };
            return (Tone::Waiting, voice.pick("Venter på skann …", "Waiting for a scan …"), text);
        }
        DoorState::Starting => (
            Tone::Waiting,
            voice.pick("Starter betalingen …", "Starting the payment …"),
            voice.pick(
                "Var en betaling åpen fra før, avsluttes den først, så ingen betaler to ganger.",
                "If a payment was open before, it is ended first, so that nobody pays twice.",
            ),
        ),
        DoorState::OnThePhone { .. } => (
            Tone::Waiting,
            voice.pick("Venter på godkjenning …", "Waiting for approval …"),
            voice.pick(
                "Kravet er på telefonen. Vises det ikke, ligger det i appen.",
                "The request is on the phone. If it does not show, it is in the app.",
            ),
        ),
        DoorState::NotReached => (
            Tone::Open,
            voice.pick("Vipps kunne ikke be om betaling", "Vipps could not ask for the payment"),
            voice.pick(
                "Vipps sier ikke hvorfor. Prøv med en QR-kode, eller be personen bruke betalingslenka.",
                "Vipps does not say why. Try a QR code, or ask the person to use the payment link.",
            ),
        ),
        DoorState::NotApproved => (
            Tone::Open,
            voice.pick("Ikke godkjent", "Not approved"),
            voice.pick(
                "Kravet ble avbrutt på telefonen, eller tida gikk ut. Ingenting er trukket.",
                "The request was cancelled on the phone, or its time ran out. Nothing was taken.",
            ),
        ),
        DoorState::Paid => {
            (Tone::Good, voice.pick("Betalt", "Paid"), voice.pick("Plassen er bekreftet.", "The seat is confirmed."))
        }
        DoorState::Over => (
            Tone::Over,
            voice.pick("Kan ikke betales nå", "Cannot be paid now"),
            voice.pick(
                "Påmeldingen er avsluttet, står på venteliste, eller betalingsfristen er ute.",
                "The registration has ended or waits, or the time to pay is over.",
            ),
        ),
    };
    (tone, heading, text.to_owned())
}

/// What was refused, in words that fit at a door.
fn said(error: &ApiError, voice: Voice) -> Option<String> {
    let first = error.errors().first().map(|field| field.pointer.as_str());
    match (error.code(), first) {
        ("invalid_fields", Some("/phone")) => Some(
            voice
                .pick("Skriv nummeret, med landkode om det ikke er norsk.", "Write the number, with its country code.")
                .to_owned(),
        ),
        ("invalid_fields", Some("/qr_id")) => {
            Some(voice.pick("Velg en av QR-kodene.", "Choose one of the QR codes.").to_owned())
        }
        ("qr_in_use" | "door_not_available" | "payment_deadline_passed" | "order_ended" | "too_many_attempts", _) => {
            Some(error.detail(voice.language))
        }
        _ => alert(error, voice),
    }
}

/// How the person pays: whichever of the two was filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeForm {
    phone: Option<String>,
    qr_id: Option<String>,
}

/// `POST /manage/events/{event_id}/registrations/{user_id}/door`.
pub(crate) async fn take(
    visitor: Visitor,
    path: Path<(EventId, UserId)>,
    page: Page<ListQuery>,
    form: Form<TakeForm>,
) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    let TakeForm { phone, qr_id } = form.read()?;
    let place = Place::of(event, &page);
    let payer = match &qr_id {
        Some(code) => Payer::Code(code.clone()),
        None => Payer::Phone(phone.clone().unwrap_or_default()),
    };
    let order = order_at(&visitor.app, event, user).await?;
    let taken = take_payment(&visitor.app, order, payer, managed.user_id()).await;
    after(&visitor, &managed, user, &place, phone.unwrap_or_default(), taken.map_err(ApiError::from)).await
}

/// `POST /manage/events/{event_id}/registrations/{user_id}/door/abort`.
pub(crate) async fn abort(
    visitor: Visitor,
    path: Path<(EventId, UserId)>,
    page: Page<ListQuery>,
    form: Form<NoFields>,
) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    form.read()?;
    let order = order_at(&visitor.app, event, user).await?;
    let ended = call_off(&visitor.app, order, managed.user_id()).await.map_err(ApiError::from);
    after(&visitor, &managed, user, &Place::of(event, &page), String::new(), ended).await
}

async fn after(
    visitor: &Visitor,
    managed: &Managed,
    user: UserId,
    place: &Place,
    phone: String,
    done: Result<DoorView, ApiError>,
) -> Answered {
    match done {
        Ok(_) => Ok(see_other(&place.act(user, "door"))),
        Err(error) if said(&error, Voice::for_visitor(visitor)).is_some() => {
            answer(visitor, managed, user, place, phone, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

/// `GET /manage/events/{event_id}/qrs/{qr_id}/sheet.svg`.
pub(crate) async fn print(visitor: Visitor, path: Path<(EventId, String)>) -> Answered {
    let (event, code) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    sheet(&visitor.app, &managed.event, &code, Voice::for_visitor(&visitor).language).await
}
