//! Lists of orders with their sums: those of one event, or everything somebody may read.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::states::{self, State};
use super::voice::{Voice, named};
use super::{Managed, address, said};
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ids::EventId;
use crate::domain::money::{Money, Ore};
use crate::domain::order::{self, OrderStatus};
use crate::domain::permission::Permission;
use crate::domain::registration::Status;
use crate::domain::sales_unit::Provider;
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render};
use crate::store::events::EventFilter;
use crate::store::orders::{OrderFilter, OrderView, Total};

/// How many orders a page has.
const ROWS: i64 = 50;

/// So many of the newest paid events are offered to choose from.
const EVENTS_OFFERED: i64 = 50;

/// What the query says. A field that the form left empty says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrdersQuery {
    event_id: Option<String>,
    status: Option<String>,
    needs_attention: Option<bool>,
    q: Option<String>,
}

/// What was asked for, understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) event: Option<EventId>,
    pub(super) status: Option<OrderStatus>,
    pub(super) needs_attention: bool,
    pub(super) words: Option<String>,
}

impl Asked {
    fn read(query: &OrdersQuery) -> Result<Self, ApiError> {
        let event = said(query.event_id.as_ref()).map(|id| id.parse()).transpose();
        let status = said(query.status.as_ref()).map(|word| {
            OrderStatus::ALL
                .into_iter()
                .find(|status| status.word() == word)
                .ok_or_else(|| ApiError::bad_query("status", Fault::Unreadable))
        });
        Ok(Self {
            event: event.map_err(|_no_id| ApiError::bad_query("event_id", Fault::NoId))?,
            status: status.transpose()?,
            needs_attention: query.needs_attention.unwrap_or_default(),
            words: said(query.q.as_ref()),
        })
    }

    fn filter(&self, organizers: Option<Vec<String>>) -> OrderFilter {
        OrderFilter {
            event_id: self.event,
            user_id: None,
            status: self.status.map(|status| status.word().to_owned()),
            needs_attention: self.needs_attention.then_some(true),
            words: self.words.clone(),
            organizers,
        }
    }

    fn path(&self, list: &str, names_event: bool, cursor: Option<&str>) -> String {
        let event = self.event.filter(|_| names_event).map(|event| event.to_string());
        let query = [
            ("event_id", event.as_deref()),
            ("status", self.status.map(OrderStatus::word)),
            ("needs_attention", self.needs_attention.then_some("true")),
            ("q", self.words.as_deref()),
            ("cursor", cursor),
        ];
        address(list, &query)
    }
}

/// The sums of one currency, in words.
#[derive(Debug)]
pub(super) struct SumsInWords {
    pub(super) test_mode: bool,
    pub(super) count: i64,
    pub(super) kept: String,
    pub(super) outstanding: String,
    pub(super) reserved: String,
    pub(super) captured: String,
    pub(super) refunded: String,
    pub(super) outside: String,
    /// What was recorded as given back outside; empty when nothing was.
    pub(super) outside_refunded: Option<String>,
}

/// One order, in words.
#[derive(Debug)]
pub(super) struct OrderRow {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) event: String,
    pub(super) status: State,
    /// What does not follow from the status: the seat is gone, or waits for the provider.
    pub(super) seat: Option<String>,
    pub(super) attention: Option<String>,
    pub(super) test_mode: bool,
    pub(super) price: String,
    pub(super) refunded: Option<String>,
    pub(super) made: String,
}

/// Something to choose.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "manage/orders.html")]
pub(super) struct OrdersPage<'a> {
    pub(super) frame: &'a Frame,
    /// The event, where all orders are of one.
    pub(super) event: Option<String>,
    pub(super) people_path: Option<String>,
    pub(super) path: String,
    pub(super) sums: Vec<SumsInWords>,
    pub(super) events: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    pub(super) needs_attention: bool,
    pub(super) words: Option<String>,
    pub(super) is_narrowed: bool,
    pub(super) rows: Vec<OrderRow>,
    pub(super) is_continued: bool,
    pub(super) first_path: String,
    pub(super) next_path: Option<String>,
}

/// What a list shows.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) views: Vec<OrderView>,
    pub(super) totals: Vec<Total>,
    pub(super) next: Option<String>,
    /// The events to choose from.
    pub(super) events: Vec<Event>,
}

/// `GET /manage/orders`.
pub(crate) async fn show_all(visitor: Visitor, mut page: Page<OrdersQuery>) -> Answered {
    page.limit = ROWS;
    let organizers = visitor.needs_caller()?.standing.needs_somewhere(Permission::OrdersRead)?;
    let asked = Asked::read(&page.filter)?;
    let (filter, chosen) = (asked.filter(organizers.clone()), asked.event);
    let (after, fetch) = (page.after()?, page.fetch());
    let (views, totals, events) = visitor
        .app
        .store
        .read(move |tx| {
            let offered = EventFilter { is_paid_event: Some(true), organizers, ..EventFilter::default() };
            let mut events = tx.events_backwards(&offered, None, EVENTS_OFFERED)?;
            if let Some(chosen) = chosen.filter(|chosen| events.iter().all(|event| event.id != *chosen)) {
                let may_be_named = |event: &Event| {
                    offered.organizers.as_ref().is_none_or(|groups| groups.contains(&event.details.organizer))
                };
                events.extend(tx.event_by_id(chosen)?.filter(may_be_named));
            }
            Ok((tx.orders(&filter, after, fetch)?, tx.order_sums(&filter)?, events))
        })
        .await?;
    let (views, next) = page.cut(views, |view| (view.order.created_at.timestamp_millis(), view.order.id));
    let listed = Listed { views, totals, next, events };
    let voice = Voice::for_visitor(&visitor);
    let mut template = orders_page(&visitor.frame, "/manage/orders", &asked, listed, voice);
    template.is_continued = page.cursor().is_some();
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

/// `GET /manage/events/{event_id}/orders`.
pub(crate) async fn show_of_event(visitor: Visitor, id: Path<EventId>, mut page: Page<OrdersQuery>) -> Answered {
    page.limit = ROWS;
    let managed = Managed::find(&visitor, *id, Permission::OrdersRead).await?;
    let mut asked = Asked::read(&page.filter)?;
    asked.event = Some(*id);
    let filter = asked.filter(None);
    let (after, fetch) = (page.after()?, page.fetch());
    let (views, totals) =
        visitor.app.store.read(move |tx| Ok((tx.orders(&filter, after, fetch)?, tx.order_sums(&filter)?))).await?;
    let (views, next) = page.cut(views, |view| (view.order.created_at.timestamp_millis(), view.order.id));
    let listed = Listed { views, totals, next, events: Vec::new() };
    let (voice, path) = (Voice::for_visitor(&visitor), format!("/manage/events/{id}/orders"));
    let mut template = orders_page(&visitor.frame, &path, &asked, listed, voice);
    template.event = Some(managed.event.details.title.clone());
    template.people_path = managed.may(Permission::RegistrationsManage).then(|| format!("/manage/events/{id}"));
    template.is_continued = page.cursor().is_some();
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

/// The page, in words.
pub(super) fn orders_page<'a>(
    frame: &'a Frame,
    path: &str,
    asked: &Asked,
    listed: Listed,
    voice: Voice,
) -> OrdersPage<'a> {
    let names_event = path == "/manage/orders";
    let is_narrowed = asked.status.is_some()
        || asked.needs_attention
        || asked.words.is_some()
        || (names_event && asked.event.is_some());
    let statuses = OrderStatus::ALL.into_iter().map(|status| Choice {
        value: status.word().to_owned(),
        name: states::order_status(status, voice).text,
        is_chosen: asked.status == Some(status),
    });
    let events = listed.events.into_iter().map(|event| Choice {
        value: event.id.to_string(),
        is_chosen: asked.event == Some(event.id),
        name: format!("{} – {}", event.details.title, voice.short(event.details.start_date)),
    });
    OrdersPage {
        frame,
        event: None,
        people_path: None,
        path: path.to_owned(),
        sums: listed.totals.iter().map(|total| in_words(total, voice)).collect(),
        events: events.collect(),
        statuses: statuses.collect(),
        needs_attention: asked.needs_attention,
        words: asked.words.clone(),
        is_narrowed,
        rows: listed.views.iter().map(|view| row(view, voice)).collect(),
        is_continued: false,
        first_path: asked.path(path, names_event, None),
        next_path: listed.next.map(|next| asked.path(path, names_event, Some(&next))),
    }
}

fn in_words(total: &Total, voice: Voice) -> SumsInWords {
    let Total { currency, test_mode, sums } = *total;
    let price = |amount: Ore| voice.price(Money { amount, currency });
    SumsInWords {
        test_mode,
        count: sums.count,
        kept: price(sums.kept()),
        outstanding: price(sums.outstanding),
        reserved: price(sums.reserved),
        captured: price(sums.captured),
        refunded: price(sums.refunded),
        outside: price(sums.outside),
        outside_refunded: sums.outside_refunded.is_positive().then(|| price(sums.outside_refunded)),
    }
}

fn row(view: &OrderView, voice: Voice) -> OrderRow {
    let order = &view.order;
    let sums = order::sums(order, &view.attempts, &view.refunds);
    let tells_more = match view.registration {
        Status::AwaitingPayment { .. } | Status::Ended(_) | Status::Waitlisted { .. } => true,
        Status::Confirmed => false,
    };
    let refunded = Money { amount: sums.refunded, ..order.price };
    let provider = view.attempts.last().map_or(Provider::VippsEpayment, |attempt| attempt.provider);
    OrderRow {
        path: format!("/manage/orders/{}", order.id),
        name: format!("{} {}", view.first_name, view.last_name),
        event: view.event_title.clone(),
        status: states::order_status(order.status, voice),
        seat: tells_more.then(|| states::seat(&view.registration, None, voice).at(provider).text),
        attention: order.needs_attention.as_ref().map(|about| named(states::attention(about.reason, voice), provider)),
        test_mode: order.test_mode,
        price: voice.price(order.price),
        refunded: sums.refunded.is_positive().then(|| voice.price(refunded)),
        made: voice.short(order.created_at),
    }
}
