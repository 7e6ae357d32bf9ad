//! The first page: what is coming, and in a demo also what to do here.

use actix_web::http::StatusCode;
use askama::Template;

use super::demo::{Guide, guide};
use super::event::facts::{EventLine, event_line};
use super::event::stand::stand;
use super::own::tag;
use super::visitor::Visitor;
use super::voice::Voice;
use super::{Frame, Tone, html, render};
use crate::domain::event::Event;
use crate::http::Answered;
use crate::http::page::{NoFilter, Page};
use crate::store::events::EventFilter;
use crate::store::orders::OrderView;
use crate::store::registrations::RegistrationView;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPage {
    /// What stands around it.
    pub frame: Frame,
    /// What is coming.
    pub events: Vec<StartLine>,
    /// Where more of it is.
    pub more: Option<String>,
    /// True on the first page.
    pub is_first: bool,
    /// What to do here, in a demo.
    pub guide: Option<Guide>,
}

/// An event, and what the reader has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartLine {
    /// The event.
    pub event: EventLine,
    /// What the reader has there, in a few words and with a color.
    pub own: Option<(String, Tone)>,
}

#[derive(Template)]
#[template(path = "pages/start.html")]
struct StartTemplate<'a> {
    frame: &'a Frame,
    page: &'a StartPage,
}

/// Renders the page.
pub fn render_start(page: &StartPage) -> String {
    render(&StartTemplate { frame: &page.frame, page }, page.frame.language)
}

/// `GET /`.
pub(crate) async fn show(visitor: Visitor, page: Page<NoFilter>) -> Answered {
    let filter = EventFilter { from: Some(visitor.app.clock.now()), ..EventFilter::default() };
    let (after, fetch) = (page.after::<(i64, uuid::Uuid)>()?, page.fetch());
    let user = visitor.caller.as_ref().map(|caller| caller.user.id);
    let (events, own, now) = visitor
        .app
        .store
        .read(move |tx| {
            let events = tx.events(&filter, after, fetch)?;
            let ids: Vec<_> = events.iter().map(|event| event.id).collect();
            let mut own: Vec<(RegistrationView, Option<OrderView>)> = Vec::new();
            for view in user.map(|user| tx.active_registrations(user, &ids)).transpose()?.unwrap_or_default() {
                let order = view.order.clone().map(|order| tx.view_order(order)).transpose()?;
                own.push((view, order));
            }
            Ok((events, own, tx.now()))
        })
        .await?;
    let voice = Voice::at(&visitor, now);
    let own_at = |event: &Event| {
        let found = own.iter().find(|(view, _)| view.registration.event_id == event.id);
        found.map(|(view, order)| tag(&stand(event, view, order.as_ref(), now), voice))
    };
    let (events, next) = page.cut(events, |event| (event.details.start_date.timestamp_millis(), event.id));
    let is_first = after.is_none();
    let demo = visitor.app.demo.as_ref().filter(|_| is_first);
    let page = StartPage {
        guide: demo.map(|demo| guide(demo, &events, voice.language)),
        events: events.iter().map(|event| StartLine { event: event_line(event, voice), own: own_at(event) }).collect(),
        more: next.map(|cursor| format!("/?cursor={cursor}")),
        is_first,
        frame: visitor.frame,
    };
    Ok(html(StatusCode::OK, render_start(&page)))
}
