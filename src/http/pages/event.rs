//! The page of an event: what it is, and what the one who reads it has there and can do. Signing up and off end here
//! again; a no is said on the page itself. Nobody's name is on it.

pub mod facts;
pub mod said;
pub mod sign_off;
pub mod stand;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::visitor::Visitor;
use super::voice::Voice;
use super::{Frame, html, render, see_other};
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::refusal::Refusal;
use crate::domain::registration::Status;
use crate::flows::sign_up::{Render, SignUp, sign_up};
use crate::http::error::ApiError;
use crate::http::{Answered, write_time};
use crate::store::Stop;
use crate::store::orders::OrderView;
use crate::store::registrations::RegistrationView;
use facts::{Facts, facts};
use said::{Act, Reading, Said, say};
use stand::{Stand, door, stand};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// What stands around it.
    pub frame: Frame,
    /// The event.
    pub event: Event,
    /// The name of the group that organizes it.
    pub organizer: String,
    /// What the reader has.
    pub stand: Stand,
    /// The time, the zone and the language.
    pub voice: Voice,
    /// What the reader usually says about pictures.
    pub allow_photo: bool,
    /// Why what was just tried did not work.
    pub alert: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/event.html")]
struct EventTemplate<'a> {
    frame: &'a Frame,
    path: String,
    facts: Facts,
    said: Said,
    alert: Option<&'a str>,
    allow_photo: bool,
    now: String,
}

/// Renders the page.
pub fn render_event(page: &EventPage) -> String {
    let reading = Reading { event: &page.event, voice: page.voice, is_known: page.frame.reader().is_some() };
    let template = EventTemplate {
        frame: &page.frame,
        path: path_of(page.event.id),
        facts: facts(&page.event, &page.organizer, page.voice),
        said: say(&page.stand, door(&page.event, page.voice.now), reading),
        alert: page.alert.as_deref(),
        allow_photo: page.allow_photo,
        now: write_time(page.voice.now),
    };
    render(&template, page.frame.language)
}

fn path_of(event: EventId) -> String {
    format!("/events/{event}")
}

/// What is known about an event and about one person there.
struct Found {
    event: Event,
    organizer: String,
    view: Option<RegistrationView>,
    order: Option<OrderView>,
    voice: Voice,
}

impl Found {
    async fn at(visitor: &Visitor, id: EventId) -> Result<Self, ApiError> {
        let user = visitor.caller.as_ref().map(|caller| caller.user.id);
        let (zone, language) = (visitor.app.settings.time_zone, visitor.frame.language);
        let found = visitor.app.store.read(move |tx| {
            let event = tx.event_by_id(id)?.ok_or(Refusal::NotFound)?;
            let group = tx.group_by_slug(&event.details.organizer)?;
            let organizer = group.map_or_else(|| event.details.organizer.clone(), |group| group.name);
            let registration = match user {
                Some(user) => tx.newest_registration(id, user)?,
                None => None,
            };
            let view = registration.map(|registration| tx.view_registration(registration)).transpose()?;
            let order = view.as_ref().and_then(|view| view.order.clone());
            let order = order.map(|order| tx.view_order(order)).transpose()?;
            Ok(Self { event, organizer, view, order, voice: Voice { now: tx.now(), zone, language } })
        });
        Ok(found.await?)
    }

    fn stand(&self) -> Stand {
        let order = self.order.as_ref();
        self.view.as_ref().map_or(Stand::Nothing, |view| stand(&self.event, view, order, self.voice.now))
    }
}

fn page(visitor: Visitor, found: Found, status: StatusCode, alert: Option<String>) -> HttpResponse {
    let stand = found.stand();
    let allow_photo = visitor.caller.as_ref().is_some_and(|caller| caller.user.profile.allow_photo_by_default);
    // A no is the answer to a form; whoever goes on from it goes on from the event's own address.
    let frame = Frame { address: path_of(found.event.id), ..visitor.frame };
    let Found { event, organizer, voice, .. } = found;
    html(status, render_event(&EventPage { frame, event, organizer, stand, voice, allow_photo, alert }))
}

/// `GET /events/{event_id}`.
pub(crate) async fn show(visitor: Visitor, id: Path<EventId>) -> Answered {
    let found = Found::at(&visitor, *id).await?;
    Ok(page(visitor, found, StatusCode::OK, None))
}

/// A no comes back as the event's page, with the no on top. What is not there at all, or broken, has a page of its own.
async fn refused(visitor: Visitor, id: EventId, refusal: Refusal) -> Answered {
    let error = ApiError::from(refusal);
    let told = error.detail(visitor.frame.language);
    let found = Found::at(&visitor, id).await?;
    Ok(page(visitor, found, error.status(), Some(told)))
}

/// `GET /events/{event_id}/sign-up`: whoever loads a no again sees how things stand.
pub(crate) async fn go_back(id: Path<EventId>) -> Answered {
    Ok(see_other(&path_of(*id)))
}

/// What somebody says who signs up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningUp {
    allow_photo: Option<Ticked>,
}

/// A box that is ticked; one that is not is not sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ticked {
    On,
}

/// `POST /events/{event_id}/sign-up`.
pub(crate) async fn enter(visitor: Visitor, id: Path<EventId>, form: Form<SigningUp>) -> Answered {
    let Some(user) = visitor.caller.as_ref().map(|caller| caller.user.id) else { return Ok(to_login(*id)) };
    let allow_photo = matches!(form.read()?.allow_photo, Some(Ticked::On));
    let wish = SignUp { event: *id, user, allow_photo: Some(allow_photo), asked_by: user, paid_outside: None };
    match sign_up(&visitor.app, wish, None, where_to_pay()).await {
        Ok(answer) => {
            let token: Option<String> = serde_json::from_str(&answer.body).unwrap_or_default();
            Ok(see_other(&match token {
                Some(token) => format!("/pay/{token}"),
                None => format!("{}#state", path_of(*id)),
            }))
        }
        Err(Stop::Refused(refusal)) => refused(visitor, *id, refusal).await,
        Err(stop) => Err(stop.into()),
    }
}

/// Whoever is not signed in any more does that first, and comes back to the event.
fn to_login(id: EventId) -> HttpResponse {
    see_other(&format!("/login?next={}", path_of(id)))
}

/// Whoever got a seat that costs something goes on to its payment link.
fn where_to_pay() -> Render<RegistrationView> {
    Arc::new(|view, _now| match (&view.order, view.registration.status) {
        (Some(order), Status::AwaitingPayment { .. }) => json!(order.pay_token),
        _ => Value::Null,
    })
}
