//! The events that somebody manages: what is coming first, what is over behind a link.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use super::address;
use super::states::State;
use super::voice::Voice;
use crate::domain::event::Event;
use crate::domain::permission::Permission;
use crate::flows::page_session::PageCaller;
use crate::http::Answered;
use crate::http::page::Page;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render};
use crate::store::events::EventFilter;

/// How many events a page has.
const ROWS: i64 = 20;

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    when: Option<When>,
}

/// Which events are meant.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum When {
    /// Those that are not over.
    #[default]
    Coming,
    /// Those that are.
    Past,
}

/// One event, in words.
#[derive(Debug)]
pub(super) struct EventCard {
    pub(super) title: String,
    pub(super) when: String,
    pub(super) organizer: String,
    pub(super) path: String,
    /// Where its orders are, for whoever may read them.
    pub(super) orders_path: Option<String>,
    pub(super) seats: String,
    /// How full it is, in hundredths; empty without a limit.
    pub(super) fullness: Option<i64>,
    pub(super) tags: Vec<State>,
}

#[derive(Template)]
#[template(path = "manage/events.html")]
pub(super) struct EventsPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) is_past: bool,
    pub(super) cards: Vec<EventCard>,
    pub(super) is_continued: bool,
    pub(super) first_path: String,
    pub(super) next_path: Option<String>,
}

/// `GET /manage`.
pub(crate) async fn show(visitor: Visitor, mut page: Page<EventsQuery>) -> Answered {
    page.limit = ROWS;
    let caller = visitor.needs_caller()?;
    let organizers = caller.standing.needs_somewhere(Permission::RegistrationsManage)?;
    let (when, voice) = (page.filter.when.unwrap_or_default(), Voice::for_visitor(&visitor));
    let filter = match when {
        When::Coming => EventFilter { from: Some(voice.now), organizers, ..EventFilter::default() },
        When::Past => EventFilter { ended_before: Some(voice.now), organizers, ..EventFilter::default() },
    };
    let (after, fetch) = (page.after()?, page.fetch());
    let (events, groups) = visitor
        .app
        .store
        .read(move |tx| {
            let events = match when {
                When::Coming => tx.events(&filter, after, fetch)?,
                When::Past => tx.events_backwards(&filter, after, fetch)?,
            };
            let slugs: Vec<String> = events.iter().map(|event| event.details.organizer.clone()).collect();
            let groups = tx.groups(Some(slugs), None, fetch)?;
            Ok((events, groups))
        })
        .await?;
    let names: HashMap<String, String> = groups.into_iter().map(|group| (group.slug, group.name)).collect();
    let (events, next) = page.cut(events, |event| (event.details.start_date.timestamp_millis(), event.id));
    let when_word = (when == When::Past).then_some("past");
    let template = EventsPage {
        frame: &visitor.frame,
        is_past: when == When::Past,
        cards: events.iter().map(|event| card(event, &names, caller, voice)).collect(),
        is_continued: page.cursor().is_some(),
        first_path: address("/manage", &[("when", when_word)]),
        next_path: next.map(|next| address("/manage", &[("when", when_word), ("cursor", Some(&next))])),
    };
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

pub(super) fn card(event: &Event, groups: &HashMap<String, String>, caller: &PageCaller, voice: Voice) -> EventCard {
    let (details, path) = (&event.details, format!("/manage/events/{}", event.id));
    let reads_orders =
        details.paid_information.is_some() && caller.standing.may_for(Permission::OrdersRead, &details.organizer);
    EventCard {
        title: details.title.clone(),
        when: voice.stretch(details.start_date, details.end_date),
        organizer: groups.get(&details.organizer).unwrap_or(&details.organizer).clone(),
        orders_path: reads_orders.then(|| format!("{path}/orders")),
        path,
        seats: seats(event, voice),
        fullness: (details.limit > 0)
            .then(|| (event.occupancy.seats_held.saturating_mul(100) / details.limit).clamp(0, 100)),
        tags: tags(event, voice),
    }
}

/// How full an event is, in words.
pub(super) fn seats(event: &Event, voice: Voice) -> String {
    let (held, limit) = (event.occupancy.seats_held, event.details.limit);
    match (limit, voice.language.is_nb()) {
        (0, true) => format!("{held} påmeldt, ingen grense"),
        (0, false) => format!("{held} signed up, no limit"),
        (_, true) => format!("{held} av {limit} plasser"),
        (_, false) => format!("{held} of {limit} seats"),
    }
}

fn tags(event: &Event, voice: Voice) -> Vec<State> {
    let (details, mut tags) = (&event.details, Vec::new());
    let mut tag = |tone, text: String| tags.push(State { tone, text });
    match &details.paid_information {
        Some(paid) => tag(Tone::Over, voice.price(paid.price)),
        None => tag(Tone::Over, voice.pick("Gratis", "Free").to_owned()),
    }
    if event.occupancy.waiting > 0 {
        tag(Tone::Waiting, format!("{} {}", event.occupancy.waiting, voice.pick("på venteliste", "waiting")));
    }
    if details.cancellation.is_some() {
        tag(Tone::Over, voice.pick("Avlyst", "Cancelled").to_owned());
    } else if let Some(opens) = details.start_registration_at.filter(|opens| voice.now < *opens) {
        tag(Tone::Open, format!("{} {}", voice.pick("Åpner", "Opens"), voice.short(opens)));
    } else if details.closed || !details.sign_up {
        tag(Tone::Open, voice.pick("Påmeldingen er stengt", "Sign-up is closed").to_owned());
    }
    tags
}
