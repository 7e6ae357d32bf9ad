//! An organizer signs somebody up: first finds the person, then says how the seat is paid. Whom one finds is decided in
//! `flows/find_people.rs`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::events::seats;
use super::one_time::{new_key, once};
use super::place::{Done, Place};
use super::refused::{alert, wrong_field};
use super::voice::{Voice, named};
use super::{Managed, address, said};
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::Permission;
use crate::domain::sales_unit::Provider;
use crate::flows::find_people::{Search, find_people};
use crate::flows::sign_up::{SignUp, sign_up};
use crate::http::Answered;
use crate::http::api::registrations::read_reason;
use crate::http::error::ApiError;
use crate::http::page::Query;
use crate::http::pages::form::Form;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};

/// Whom to look for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddQuery {
    q: Option<String>,
}

/// Somebody who may be added.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) is_signed_up: bool,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "manage/add.html")]
pub(super) struct AddPage<'a> {
    pub(super) frame: &'a Frame,
    /// Over whom the event's new orders are paid.
    pub(super) provider: Provider,
    pub(super) title: String,
    pub(super) seats: String,
    /// What somebody who is added now gets, in a sentence.
    pub(super) meaning: &'static str,
    pub(super) is_paid_event: bool,
    pub(super) has_room: bool,
    pub(super) price: String,
    pub(super) path: String,
    /// Where the chosen one is sent; a reload of it finds the same people.
    pub(super) action: String,
    pub(super) back_path: String,
    pub(super) words: Option<String>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) can_be_added: bool,
    pub(super) has_more: bool,
    pub(super) key: String,
    pub(super) was_paid: bool,
    pub(super) reason: String,
    pub(super) alert: Option<String>,
    pub(super) wrong: &'a str,
}

/// `GET /manage/events/{event_id}/add`.
pub(crate) async fn show(visitor: Visitor, id: Path<EventId>, query: Query<AddQuery>) -> Answered {
    let managed = Managed::find(&visitor, *id, Permission::RegistrationsManage).await?;
    answer(&visitor, &managed, query.0, AddForm::default(), None).await
}

async fn answer(
    visitor: &Visitor,
    managed: &Managed,
    query: AddQuery,
    form: AddForm,
    refused: Option<&ApiError>,
) -> Answered {
    let words = said(query.q.as_ref());
    let search = match &words {
        Some(words) => find_people(&visitor.app, &managed.caller.standing, managed.event.id, words).await?,
        None => Search::default(),
    };
    let voice = Voice::for_visitor(visitor);
    let mut template = page(&visitor.frame, &managed.event, words, &search, voice);
    for candidate in &mut template.candidates {
        candidate.is_chosen |= form.user_id.is_some_and(|user| user.to_string() == candidate.id);
    }
    let event = managed.event.clone();
    template.provider = visitor.app.store.read(move |tx| Ok(tx.provider_of_event(&event)?)).await?;
    template.key = new_key(&visitor.app);
    template.was_paid = form.payment == Payment::Outside;
    template.reason = form.reason;
    template.alert = refused.and_then(|error| alert(error, voice)).map(|words| named(&words, template.provider));
    template.wrong = wrong_field(refused);
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// The page, in words.
pub(super) fn page<'a>(
    frame: &'a Frame,
    event: &Event,
    words: Option<String>,
    search: &Search,
    voice: Voice,
) -> AddPage<'a> {
    let paid = event.details.paid_information.as_ref();
    let open: Vec<UserId> =
        search.found.iter().filter(|found| found.registration.is_none()).map(|found| found.id).collect();
    let is_only = open.len() == 1;
    let candidates = search.found.iter().map(|found| Candidate {
        id: found.id.to_string(),
        name: found.name.clone(),
        hint: found.hint.clone(),
        is_signed_up: found.registration.is_some(),
        is_chosen: is_only && found.registration.is_none(),
    });
    let path = format!("/manage/events/{}/add", event.id);
    AddPage {
        frame,
        provider: Provider::VippsEpayment,
        title: event.details.title.clone(),
        seats: seats(event, voice),
        meaning: meaning(event, voice),
        is_paid_event: paid.is_some(),
        has_room: event.occupancy.has_room(event.details.limit),
        price: paid.map(|paid| voice.price(paid.price)).unwrap_or_default(),
        action: address(&path, &[("q", words.as_deref())]),
        path,
        back_path: Place::start(event.id).path(),
        words,
        candidates: candidates.collect(),
        can_be_added: !open.is_empty(),
        has_more: search.has_more,
        key: String::new(),
        was_paid: false,
        reason: String::new(),
        alert: None,
        wrong: "",
    }
}

fn meaning(event: &Event, voice: Voice) -> &'static str {
    let has_room = event.occupancy.has_room(event.details.limit);
    match (has_room && event.occupancy.waiting == 0, event.details.paid_information.is_some()) {
        (false, _) => voice.pick(
            "Det er ingen ledig plass, så den du legger til, havner sist på ventelista.",
            "No seat is free, so whomever you add comes last on the waiting list.",
        ),
        (true, true) => voice.pick(
            "Plassen holdes av til betalingsfristen, som for alle andre.",
            "The seat is held until the payment deadline, as for everybody else.",
        ),
        (true, false) => {
            voice.pick("Den du legger til, får plass med en gang.", "Whomever you add has a seat at once.")
        }
    }
}

/// Whom to add, and how the seat is paid.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddForm {
    user_id: Option<UserId>,
    #[serde(default)]
    payment: Payment,
    #[serde(default)]
    reason: String,
    key: String,
}

/// How a seat is paid.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Payment {
    /// By the person, with the provider, or not at all when the event is free.
    #[default]
    Later,
    /// It was, outside the provider.
    Outside,
}

/// `POST /manage/events/{event_id}/add`.
pub(crate) async fn add(visitor: Visitor, id: Path<EventId>, query: Query<AddQuery>, form: Form<AddForm>) -> Answered {
    let managed = Managed::find(&visitor, *id, Permission::RegistrationsManage).await?;
    let form = form.read()?;
    match try_add(&visitor, &managed, &form).await {
        Ok(user) => Ok(see_other(&Place::start(*id).after(Done::Added, user))),
        Err(error) if alert(&error, Voice::for_visitor(&visitor)).is_some() => {
            answer(&visitor, &managed, query.0, form, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn try_add(visitor: &Visitor, managed: &Managed, form: &AddForm) -> Result<UserId, ApiError> {
    let (event, organizer) = (managed.event.id, managed.user_id());
    let user = form.user_id.ok_or_else(|| ApiError::invalid("/user_id", Fault::Required))?;
    let paid_outside = match form.payment {
        Payment::Later => None,
        Payment::Outside => Some(read_reason(&form.reason, "/reason")?),
    };
    let how = paid_outside.as_ref().map_or_else(|| "later".to_owned(), |reason| format!("outside {reason}"));
    let once = once(&visitor.app, organizer, &form.key, &["add", &event.to_string(), &user.to_string(), &how])?;
    let wish = SignUp { event, user, allow_photo: None, asked_by: organizer, paid_outside };
    sign_up(&visitor.app, wish, Some(once), std::sync::Arc::new(|_view, _now| Value::Null)).await?;
    Ok(user)
}
