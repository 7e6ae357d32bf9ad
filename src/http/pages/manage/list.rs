//! The people of one event: who has a seat, who waits, who was there. Marking somebody as having been there leads back
//! to the same place in the list.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::Managed;
use super::events::seats;
use super::place::{Done, ListQuery, Place, Tab, name_of, row_id};
use super::refused::alert;
use super::states::{self, State};
use super::voice::Voice;
use crate::domain::event::Event;
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::Permission;
use crate::domain::registration::Status;
use crate::flows::mark_registration::{Marks, mark_registration};
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::Form;
use crate::http::pages::frame::home_of;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};
use crate::store::registrations::{ListPlace, RegistrationView, Tallies};

/// How many people a page has: an organizer at the door wants to see many, and 500 are five pages.
const ROWS: i64 = 100;

/// One part of the list.
#[derive(Debug)]
pub(super) struct TabLink {
    pub(super) name: &'static str,
    pub(super) count: i64,
    pub(super) path: String,
    pub(super) is_here: bool,
}

/// One person, in words.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) notes: Vec<&'static str>,
    pub(super) state: State,
    pub(super) since: String,
    pub(super) payment: Option<State>,
    pub(super) order_path: Option<String>,
    pub(super) has_attended: bool,
    /// Where the mark is set; empty when it cannot be.
    pub(super) attended_path: Option<String>,
    /// Where a payment is taken at the door; empty when nothing can be paid.
    pub(super) door_path: Option<String>,
    pub(super) paid_path: Option<String>,
    pub(super) remove_path: Option<String>,
    /// What was just done to this person.
    pub(super) done: Option<String>,
}

#[derive(Template)]
#[template(path = "manage/list.html")]
pub(super) struct ListPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) title: String,
    pub(super) when: String,
    pub(super) seats: String,
    pub(super) home_path: String,
    pub(super) path: String,
    /// Where somebody is added; empty once the event is cancelled.
    pub(super) add_path: Option<String>,
    pub(super) is_cancelled: bool,
    pub(super) orders_path: Option<String>,
    pub(super) is_paid_event: bool,
    pub(super) tab_word: &'static str,
    pub(super) tab_name: &'static str,
    pub(super) tabs: Vec<TabLink>,
    pub(super) words: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) done: Option<String>,
    pub(super) alert: Option<String>,
    pub(super) is_continued: bool,
    pub(super) first_path: String,
    pub(super) next_path: Option<String>,
}

/// What a list page shows.
pub(super) struct Listed {
    pub(super) tallies: Tallies,
    pub(super) views: Vec<RegistrationView>,
    pub(super) next: Option<String>,
    pub(super) done: Option<(Done, RegistrationView)>,
}

/// `GET /manage/events/{event_id}`.
pub(crate) async fn show(visitor: Visitor, id: Path<EventId>, page: Page<ListQuery>) -> Answered {
    let managed = Managed::find(&visitor, *id, Permission::RegistrationsManage).await?;
    answer(&visitor, &managed, page, None).await
}

async fn answer(
    visitor: &Visitor,
    managed: &Managed,
    mut page: Page<ListQuery>,
    refused: Option<&ApiError>,
) -> Answered {
    page.limit = ROWS;
    let (event, place) = (managed.event.id, Place::of(managed.event.id, &page));
    let (filter, after, fetch) = (place.tab.filter(place.words.clone()), page.after::<ListPlace>()?, page.fetch());
    let done = page.filter.done.zip(page.filter.at);
    let (tallies, rows, done) = visitor
        .app
        .store
        .read(move |tx| {
            let tallies = tx.tallies_of_event(event)?;
            let rows = tx.registrations_of_event(event, &filter, after, fetch)?;
            let touched = match done {
                Some((done, user)) => tx.newest_registration(event, user)?.map(|registration| (done, registration)),
                None => None,
            };
            let done = match touched {
                Some((done, registration)) => Some((done, tx.view_registration(registration)?)),
                None => None,
            };
            Ok((tallies, rows, done))
        })
        .await?;
    let (rows, next) = page.cut(rows, |(place, _)| *place);
    let listed = Listed { tallies, views: rows.into_iter().map(|(_, view)| view).collect(), next, done };
    let voice = Voice::for_visitor(visitor);
    let mut template = list_page(&visitor.frame, managed, &place, listed, voice);
    template.home_path = home_of(&visitor.app, event);
    template.alert = refused.and_then(|error| alert(error, voice));
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// The page, in words.
pub(super) fn list_page<'a>(
    frame: &'a Frame,
    managed: &Managed,
    place: &Place,
    listed: Listed,
    voice: Voice,
) -> ListPage<'a> {
    let event = &managed.event;
    let (is_paid_event, reads_orders) = (event.details.paid_information.is_some(), managed.may(Permission::OrdersRead));
    let is_cancelled = event.details.cancellation.is_some();
    let has_money = is_paid_event || listed.views.iter().any(|view| view.order.is_some());
    let mut rows: Vec<Row> = listed.views.iter().map(|view| row(view, event, place, reads_orders, voice)).collect();
    let words =
        |(done, view): (Done, RegistrationView)| Some((row_id(view.registration.user_id), done.words(&view, voice)?));
    let mut done = listed.done.and_then(words);
    // It is said in the row itself where that is on this page.
    if let Some((id, words)) = &mut done
        && let Some(row) = rows.iter_mut().find(|row| row.id == *id)
    {
        row.done = Some(std::mem::take(words));
        done = None;
    }
    let tabs = Tab::ALL.into_iter().filter(|tab| has_money || !tab.is_about_money());
    ListPage {
        frame,
        title: event.details.title.clone(),
        when: voice.stretch(event.details.start_date, event.details.end_date),
        seats: seats(event, voice),
        home_path: String::new(),
        path: format!("/manage/events/{}", event.id),
        add_path: (!is_cancelled).then(|| format!("/manage/events/{}/add", event.id)),
        is_cancelled,
        orders_path: (has_money && reads_orders).then(|| format!("/manage/events/{}/orders", event.id)),
        is_paid_event: has_money,
        tab_word: place.tab.word(),
        tab_name: place.tab.name(voice),
        tabs: tabs
            .map(|tab| TabLink {
                name: tab.name(voice),
                count: tab.count(&listed.tallies),
                path: place.tab(tab),
                is_here: tab == place.tab,
            })
            .collect(),
        words: place.words.clone(),
        rows,
        done: done.map(|(_, words)| words),
        alert: None,
        is_continued: place.cursor.is_some(),
        first_path: place.page(None),
        next_path: listed.next.map(|next| place.page(Some(next))),
    }
}

fn row(view: &RegistrationView, event: &Event, place: &Place, reads_orders: bool, voice: Voice) -> Row {
    let registration = &view.registration;
    let (user, is_active) = (registration.user_id, registration.status.is_active());
    let can_be_recorded = match registration.status {
        Status::AwaitingPayment { .. } => true,
        Status::Waitlisted { .. } => event.details.paid_information.is_some(),
        Status::Confirmed | Status::Ended(_) => false,
    };
    let mut notes = Vec::new();
    if registration.created_by_admin {
        notes.push(voice.pick("Lagt til av arrangør", "Added by an organizer"));
    }
    if is_active && !registration.allow_photo {
        notes.push(voice.pick("Vil ikke være på bilder", "Wants to be in no pictures"));
    }
    Row {
        id: if is_active { row_id(user) } else { format!("ended-{}", registration.id) },
        name: name_of(view),
        notes,
        state: states::seat(&registration.status, view.wait_queue_number, voice),
        since: voice.short(registration.status_since),
        payment: states::payment(view, voice),
        order_path: view.order.as_ref().filter(|_| reads_orders).map(|order| format!("/manage/orders/{}", order.id)),
        has_attended: registration.has_attended,
        attended_path: is_active.then(|| place.act(user, "attended")),
        door_path: matches!(registration.status, Status::AwaitingPayment { .. }).then(|| place.act(user, "door")),
        paid_path: can_be_recorded.then(|| place.act(user, "paid")),
        remove_path: is_active.then(|| place.act(user, "remove")),
        done: None,
    }
}

/// Whether somebody was there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attended {
    attended: bool,
}

/// `POST /manage/events/{event_id}/registrations/{user_id}/attended`.
pub(crate) async fn mark(
    mut visitor: Visitor,
    path: Path<(EventId, UserId)>,
    page: Page<ListQuery>,
    form: Form<Attended>,
) -> Answered {
    let (event, user) = path.into_inner();
    let managed = Managed::find(&visitor, event, Permission::RegistrationsManage).await?;
    let attended = form.read()?.attended;
    let place = Place::of(event, &page);
    let marks = Marks { has_attended: Some(attended), allow_photo: None };
    match mark_registration(&visitor.app, event, user, marks).await {
        Ok(_) => {
            let done = if attended { Done::Attended } else { Done::NotAttended };
            Ok(see_other(&place.after(done, user)))
        }
        Err(stop) => {
            let error = ApiError::from(stop);
            if alert(&error, Voice::for_visitor(&visitor)).is_none() {
                return Err(error);
            }
            visitor.frame.address = place.path();
            answer(&visitor, &managed, page, Some(&error)).await
        }
    }
}
