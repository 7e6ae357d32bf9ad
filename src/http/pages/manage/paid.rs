//! An organizer records that a seat was paid outside the provider, and says how.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::Managed;
use super::one_time::{new_key, once};
use super::place::{Done, ListQuery, Place, name_of};
use super::refused::{alert, wrong_field};
use super::states;
use super::voice::{Voice, named};
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::flows::mark_paid::{PaidOutside, mark_paid};
use crate::http::Answered;
use crate::http::api::registrations::read_reason;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::Form;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};
use crate::store::registrations::RegistrationView;

#[derive(Template)]
#[template(path = "manage/paid.html")]
pub(super) struct PaidPage<'a> {
    pub(super) frame: &'a Frame,
    /// Over whom it would be paid.
    pub(super) provider: Provider,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) state: states::State,
    pub(super) price: String,
    pub(super) action: String,
    pub(super) back_path: String,
    pub(super) key: String,
    pub(super) reason: String,
    pub(super) alert: Option<String>,
    pub(super) wrong: &'a str,
}

impl PaidPage<'_> {
    /// Words of ours with the provider's name.
    fn named(&self, words: &str) -> String {
        named(words, self.provider)
    }
}

/// The registration that an address names; there is none for whoever was never signed up.
pub(super) async fn find_registration(
    visitor: &Visitor,
    event: EventId,
    user: UserId,
) -> Result<RegistrationView, ApiError> {
    let view = visitor.app.store.read(move |tx| {
        let registration = tx.newest_registration(event, user)?.ok_or(Refusal::NotFound)?;
        Ok(tx.view_registration(registration)?)
    });
    Ok(view.await?)
}

/// `GET /manage/events/{event_id}/registrations/{user_id}/paid`.
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
    reason: String,
    refused: Option<&ApiError>,
) -> Answered {
    let voice = Voice::for_visitor(visitor);
    let view = find_registration(visitor, managed.event.id, user).await?;
    let (registration, event) = (view.registration.id, managed.event.clone());
    let provider = visitor.app.store.read(move |tx| Ok(tx.provider_for(registration, &event)?)).await?;
    let price = view.order.as_ref().map(|order| order.price);
    let price = price.or_else(|| managed.event.details.paid_information.as_ref().map(|paid| paid.price));
    let template = PaidPage {
        frame: &visitor.frame,
        provider,
        name: name_of(&view),
        title: managed.event.details.title.clone(),
        state: states::seat(&view.registration.status, view.wait_queue_number, voice).at(provider),
        price: price.map(|price| voice.price(price)).unwrap_or_default(),
        action: place.act(user, "paid"),
        back_path: place.path(),
        key: new_key(&visitor.app),
        reason,
        alert: refused.and_then(|error| alert(error, voice)).map(|words| named(&words, provider)),
        wrong: wrong_field(refused),
    };
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// How it was paid.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaidForm {
    reason: String,
    key: String,
}

/// `POST /manage/events/{event_id}/registrations/{user_id}/paid`.
pub(crate) async fn record(
    visitor: Visitor,
    path: Path<(EventId, UserId)>,
    page: Page<ListQuery>,
    form: Form<PaidForm>,
) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    let PaidForm { reason, key } = form.read()?;
    let place = Place::of(event, &page);
    match try_record(&visitor, &managed, user, &reason, &key).await {
        Ok(()) => Ok(see_other(&place.after(Done::Paid, user))),
        Err(error) if alert(&error, Voice::for_visitor(&visitor)).is_some() => {
            answer(&visitor, &managed, user, &place, reason, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn try_record(
    visitor: &Visitor,
    managed: &Managed,
    user: UserId,
    reason: &str,
    key: &str,
) -> Result<(), ApiError> {
    let (event, organizer) = (managed.event.id, managed.user_id());
    let reason = read_reason(reason, "/reason")?;
    let asked = ["paid", &event.to_string(), &user.to_string(), &reason];
    let once = once(&visitor.app, organizer, key, &asked)?;
    let paid = PaidOutside { event, user, organizer, reason };
    mark_paid(&visitor.app, paid, Some(once), std::sync::Arc::new(|_view, _now| Value::Null)).await?;
    Ok(())
}
