//! An organizer removes somebody, having read what becomes of the money.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::Managed;
use super::paid::find_registration;
use super::place::{Done, ListQuery, Place, name_of};
use super::refused::alert;
use super::states;
use super::voice::{Voice, named};
use crate::domain::ids::{EventId, UserId};
use crate::domain::money::{Money, Ore};
use crate::domain::order;
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::flows::give_up::{self, RefundAll};
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::Form;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};
use crate::store::orders::OrderView;
use crate::store::registrations::RegistrationView;

#[derive(Template)]
#[template(path = "manage/remove.html")]
pub(super) struct RemovePage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) state: states::State,
    /// What becomes of the seat and of the money.
    pub(super) meaning: Vec<String>,
    pub(super) button: Option<String>,
    /// True when the removal gives the money back.
    pub(super) refunds: bool,
    pub(super) action: String,
    pub(super) back_path: String,
    pub(super) alert: Option<String>,
}

/// What a removal does with the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoneyThen {
    /// The registration has ended already.
    Nothing,
    /// There is none.
    None,
    /// None was taken, but a payment may be under way.
    MayCome,
    /// It goes back through the provider.
    GoesBack(Money),
    /// It was settled elsewhere, and is recorded as given back there.
    IsRecorded(Money),
}

/// What a removal would do with the money, as the flow decides it.
pub(super) fn money_then(view: &RegistrationView, order: Option<&OrderView>) -> MoneyThen {
    let status = view.registration.status;
    let Some(order) = order.filter(|_| status.is_active()) else {
        return if status.is_active() { MoneyThen::None } else { MoneyThen::Nothing };
    };
    let sums = order::sums(&order.order, &order.attempts, &order.refunds);
    let left = Money { amount: sums.kept() + sums.reserved(), ..order.order.price };
    match (left.amount > Ore::ZERO, status) {
        (true, Status::Confirmed) if order.order.sale => MoneyThen::IsRecorded(left),
        (true, Status::Confirmed) => MoneyThen::GoesBack(left),
        (_, Status::AwaitingPayment { .. }) => MoneyThen::MayCome,
        (_, Status::Confirmed | Status::Waitlisted { .. } | Status::Ended(_)) => MoneyThen::None,
    }
}

/// `GET /manage/events/{event_id}/registrations/{user_id}/remove`.
pub(crate) async fn show(visitor: Visitor, path: Path<(EventId, UserId)>, page: Page<ListQuery>) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    answer(&visitor, &managed, user, &Place::of(event, &page), None).await
}

async fn answer(
    visitor: &Visitor,
    managed: &Managed,
    user: UserId,
    place: &Place,
    refused: Option<&ApiError>,
) -> Answered {
    let voice = Voice::for_visitor(visitor);
    let view = find_registration(visitor, managed.event.id, user).await?;
    let its_order = view.order.clone();
    let (registration, event) = (view.registration.id, managed.event.clone());
    let (order, provider) = visitor
        .app
        .store
        .read(move |tx| {
            let order = its_order.map(|order| tx.view_order(order)).transpose()?;
            Ok((order, tx.provider_for(registration, &event)?))
        })
        .await?;
    let money = money_then(&view, order.as_ref());
    let mut template = page(&visitor.frame, &view, money, managed.may(Permission::OrdersRefund), voice);
    template.title.clone_from(&managed.event.details.title);
    template.state = template.state.at(provider);
    template.meaning.iter_mut().for_each(|words| *words = named(words, provider));
    template.action = place.act(user, "remove");
    template.back_path = place.path();
    template.alert = refused.and_then(|error| alert(error, voice)).map(|words| named(&words, provider));
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// The page, in words.
pub(super) fn page<'a>(
    frame: &'a Frame,
    view: &RegistrationView,
    money: MoneyThen,
    may_refund: bool,
    voice: Voice,
) -> RemovePage<'a> {
    let name = name_of(view);
    let refunds = matches!(money, MoneyThen::GoesBack(_) | MoneyThen::IsRecorded(_));
    let can = money != MoneyThen::Nothing && (may_refund || !refunds);
    let button = match money {
        MoneyThen::GoesBack(left) if voice.language.is_nb() => format!("Fjern, og betal tilbake {}", voice.price(left)),
        MoneyThen::GoesBack(left) => format!("Remove, and refund {}", voice.price(left)),
        MoneyThen::Nothing | MoneyThen::None | MoneyThen::MayCome | MoneyThen::IsRecorded(_) => {
            format!("{} {}", voice.pick("Fjern", "Remove"), view.first_name)
        }
    };
    RemovePage {
        frame,
        name,
        title: String::new(),
        state: states::seat(&view.registration.status, view.wait_queue_number, voice),
        meaning: meaning(view, money, may_refund, voice),
        button: can.then_some(button),
        refunds,
        action: String::new(),
        back_path: String::new(),
        alert: None,
    }
}

fn meaning(view: &RegistrationView, money: MoneyThen, may_refund: bool, voice: Voice) -> Vec<String> {
    let mut said = Vec::new();
    let seat = match view.registration.status {
        Status::Waitlisted { .. } => voice.pick("Plassen i køen blir borte.", "The place in the queue is lost."),
        Status::AwaitingPayment { .. } | Status::Confirmed => voice.pick(
            "Plassen blir ledig med en gang og går til den som står først på ventelista.",
            "The seat is free at once and goes to whoever is first on the waiting list.",
        ),
        Status::Ended(_) => voice.pick("Påmeldingen er allerede avsluttet.", "The registration has ended already."),
    };
    said.push(seat.to_owned());
    let is_nb = voice.language.is_nb();
    match money {
        MoneyThen::Nothing | MoneyThen::None => {}
        MoneyThen::MayCome => said.push(
            voice
                .pick(
                    "Ingenting er betalt. En åpen Vipps-betaling blir avsluttet, og kommer det likevel penger, sendes de tilbake.",
                    "Nothing is paid. An open Vipps payment is ended, and should money still arrive, it is sent back.",
                )
                .to_owned(),
        ),
        MoneyThen::GoesBack(left) if is_nb => {
            said.push(format!("{} blir betalt tilbake med Vipps.", voice.price(left)));
        }
        MoneyThen::GoesBack(left) => said.push(format!("{} is refunded with Vipps.", voice.price(left))),
        MoneyThen::IsRecorded(left) if is_nb => said.push(format!(
            "{} ble betalt utenom Vipps. Vi fører at pengene er gitt tilbake; selve pengene må du gi tilbake selv.",
            voice.price(left)
        )),
        MoneyThen::IsRecorded(left) => said.push(format!(
            "{} was paid outside Vipps. We record that it is given back; the money itself you must give back yourself.",
            voice.price(left)
        )),
    }
    if !may_refund && matches!(money, MoneyThen::GoesBack(_) | MoneyThen::IsRecorded(_)) {
        said.push(
            voice
                .pick(
                    "Det kan bare en kasserer gjøre. Be kassereren om å fjerne personen.",
                    "Only a treasurer can do that. Ask the treasurer to remove the person.",
                )
                .to_owned(),
        );
    }
    said
}

/// What becomes of the money, as the page said it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveForm {
    refund: Option<Full>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Full {
    Full,
}

/// `POST /manage/events/{event_id}/registrations/{user_id}/remove`.
pub(crate) async fn remove(
    visitor: Visitor,
    path: Path<(EventId, UserId)>,
    page: Page<ListQuery>,
    form: Form<RemoveForm>,
) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    let form = form.read()?;
    let place = Place::of(event, &page);
    let refund_all = match form.refund {
        Some(Full::Full) => {
            let scope = Scope::EventsOf(managed.event.details.organizer.clone());
            managed.caller.standing.needs(Permission::OrdersRefund, &scope)?;
            RefundAll::Yes
        }
        None => RefundAll::No,
    };
    let error = match give_up::remove(&visitor.app, event, user, managed.user_id(), refund_all).await {
        Ok(()) => return Ok(see_other(&place.after(Done::Removed, user))),
        Err(stop) => ApiError::from(stop),
    };
    let view = find_registration(&visitor, event, user).await?;
    // Pressed twice: it is as it was to be.
    if view.registration.status == Status::Ended(EndedReason::Removed)
        && matches!(error, ApiError::Refused(Refusal::NotRegistered))
    {
        return Ok(see_other(&place.after(Done::Removed, user)));
    }
    if alert(&error, Voice::for_visitor(&visitor)).is_none() {
        return Err(error);
    }
    answer(&visitor, &managed, user, &place, Some(&error)).await
}
