//! Events as rows. The turn and the counts are written by [`EventTx`] alone.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::columns::{currency, millis, opt_millis, opt_moment, sales_unit_id, seconds};
use super::conn::MultiBackend;
use super::schema::{events, registrations};
use super::tx::{EventTx, Reader, Tx};
use super::uid::Key;
use super::{Stop, StoreError};
use crate::domain::event::{Cancellation, Event, EventDetails, Occupancy, PaidInformation};
use crate::domain::ids::EventId;
use crate::domain::money::{Money, Ore};
use crate::domain::time::{Timestamp, at_millis};

#[derive(Queryable, Insertable)]
#[diesel(table_name = events)]
pub(super) struct EventRow {
    id: Key,
    title: String,
    description: String,
    location: String,
    start_date: i64,
    end_date: i64,
    organizer: String,
    seat_limit: i64,
    sign_up: bool,
    closed: bool,
    start_registration_at: Option<i64>,
    end_registration_at: Option<i64>,
    sign_off_deadline: Option<i64>,
    refund_on_sign_off: bool,
    price: Option<i64>,
    currency: String,
    paytime: Option<i64>,
    promotion_paytime: Option<i64>,
    turn: i64,
    next_queue_no: i64,
    seats_held: i64,
    waiting: i64,
    created_at: i64,
    updated_at: i64,
    cancelled_at: Option<i64>,
    cancel_reason: Option<String>,
    sales_unit: Option<String>,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;
    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let paid_information = match (row.price, row.paytime, row.promotion_paytime) {
            (Some(price), Some(paytime), Some(promotion)) => Some(PaidInformation {
                price: Money { amount: Ore(price), currency: currency(&row.currency)? },
                paytime: TimeDelta::seconds(paytime),
                promotion_paytime: TimeDelta::seconds(promotion),
                sales_unit: row.sales_unit.as_deref().map(sales_unit_id).transpose()?,
            }),
            _ => None,
        };
        Ok(Self {
            id: row.id.into(),
            details: EventDetails {
                title: row.title,
                description: row.description,
                location: row.location,
                start_date: at_millis(row.start_date),
                end_date: at_millis(row.end_date),
                organizer: row.organizer,
                limit: row.seat_limit,
                sign_up: row.sign_up,
                closed: row.closed,
                start_registration_at: opt_moment(row.start_registration_at),
                end_registration_at: opt_moment(row.end_registration_at),
                sign_off_deadline: opt_moment(row.sign_off_deadline),
                refund_on_sign_off: row.refund_on_sign_off,
                paid_information,
                cancellation: opt_moment(row.cancelled_at)
                    .map(|at| Cancellation { at, reason: row.cancel_reason.unwrap_or_default() }),
            },
            turn: row.turn,
            occupancy: Occupancy { seats_held: row.seats_held, waiting: row.waiting, next_queue_no: row.next_queue_no },
            created_at: at_millis(row.created_at),
            updated_at: at_millis(row.updated_at),
        })
    }
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        let details = &event.details;
        let paid = details.paid_information.as_ref();
        Self {
            id: event.id.into(),
            title: details.title.clone(),
            description: details.description.clone(),
            location: details.location.clone(),
            start_date: millis(details.start_date),
            end_date: millis(details.end_date),
            organizer: details.organizer.clone(),
            seat_limit: details.limit,
            sign_up: details.sign_up,
            closed: details.closed,
            start_registration_at: opt_millis(details.start_registration_at),
            end_registration_at: opt_millis(details.end_registration_at),
            sign_off_deadline: opt_millis(details.sign_off_deadline),
            refund_on_sign_off: details.refund_on_sign_off,
            price: paid.map(|paid| paid.price.amount.0),
            currency: paid.map(|paid| paid.price.currency).unwrap_or_default().code().to_owned(),
            paytime: paid.map(|paid| seconds(paid.paytime)),
            promotion_paytime: paid.map(|paid| seconds(paid.promotion_paytime)),
            turn: event.turn,
            next_queue_no: event.occupancy.next_queue_no,
            seats_held: event.occupancy.seats_held,
            waiting: event.occupancy.waiting,
            created_at: millis(event.created_at),
            updated_at: millis(event.updated_at),
            cancelled_at: details.cancellation.as_ref().map(|cancellation| millis(cancellation.at)),
            cancel_reason: details.cancellation.as_ref().map(|cancellation| cancellation.reason.clone()),
            sales_unit: paid.and_then(|paid| paid.sales_unit).map(|unit| unit.to_string()),
        }
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Those that end at or after it.
    pub from: Option<Timestamp>,
    /// Those that start before it.
    pub to: Option<Timestamp>,
    /// Those that ended before it.
    pub ended_before: Option<Timestamp>,
    /// Those of one group.
    pub organizer: Option<String>,
    /// Those of these groups.
    pub organizers: Option<Vec<String>>,
    /// Those that say this in title, description or location, without regard to case.
    pub words: Option<String>,
    /// Those that cost something, or nothing.
    pub is_paid_event: Option<bool>,
    /// Those one could sign up for at this moment, or could not.
    pub open: Option<(bool, Timestamp)>,
}

impl Reader<'_> {
    /// One event.
    pub fn event_by_id(&mut self, id: EventId) -> Result<Option<Event>, StoreError> {
        let row: Option<EventRow> = events::table.find(Key::from(id)).first(self.conn).optional()?;
        row.map(Event::try_from).transpose()
    }

    /// Events by start, after the one with this start and id; one more than `limit` tells that there is more.
    pub fn events(
        &mut self,
        filter: &EventFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let mut query = narrowed(filter);
        if let Some((start, id)) = after {
            let later = events::start_date.gt(start);
            query = query.filter(later.or(events::start_date.eq(start).and(events::id.gt(Key(id)))));
        }
        let mut query = query.order((events::start_date, events::id));
        if !needs_reading(filter) {
            query = query.limit(limit);
        }
        wanted(query.load(self.conn)?, filter, limit)
    }

    /// Events by start, the latest first, after the one with this start and id.
    pub fn events_backwards(
        &mut self,
        filter: &EventFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let mut query = narrowed(filter);
        if let Some((start, id)) = after {
            let earlier = events::start_date.lt(start);
            query = query.filter(earlier.or(events::start_date.eq(start).and(events::id.lt(Key(id)))));
        }
        let mut query = query.order((events::start_date.desc(), events::id.desc()));
        if !needs_reading(filter) {
            query = query.limit(limit);
        }
        wanted(query.load(self.conn)?, filter, limit)
    }

    /// A cancelled event that somebody is still signed up for.
    pub fn event_to_wind_down(&mut self) -> Result<Option<EventId>, StoreError> {
        let id: Option<Key> = events::table
            .filter(events::cancelled_at.is_not_null())
            .filter((events::seats_held + events::waiting).gt(0))
            .order(events::cancelled_at)
            .select(events::id)
            .first(self.conn)
            .optional()?;
        Ok(id.map(EventId::from))
    }

    /// True when anybody ever signed up for the event.
    pub fn event_has_history(&mut self, id: EventId) -> Result<bool, StoreError> {
        let any = registrations::table.filter(registrations::event_id.eq(Key::from(id)));
        Ok(diesel::select(diesel::dsl::exists(any)).get_result(self.conn)?)
    }
}

fn narrowed(filter: &EventFilter) -> events::BoxedQuery<'_, MultiBackend> {
    let mut query = events::table.into_boxed();
    if let Some(from) = filter.from {
        query = query.filter(events::end_date.ge(millis(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(events::start_date.lt(millis(to)));
    }
    if let Some(before) = filter.ended_before {
        query = query.filter(events::end_date.lt(millis(before)));
    }
    if let Some(organizer) = &filter.organizer {
        query = query.filter(events::organizer.eq(organizer));
    }
    if let Some(organizers) = &filter.organizers {
        query = query.filter(events::organizer.eq_any(organizers));
    }
    match filter.is_paid_event {
        Some(true) => query.filter(events::price.is_not_null()),
        Some(false) => query.filter(events::price.is_null()),
        None => query,
    }
}

// What the database cannot tell is told by reading every row.
fn needs_reading(filter: &EventFilter) -> bool {
    filter.words.is_some() || filter.open.is_some()
}

fn wanted(rows: Vec<EventRow>, filter: &EventFilter, limit: i64) -> Result<Vec<Event>, StoreError> {
    let mut found = Vec::new();
    for row in rows {
        let event = Event::try_from(row)?;
        if is_wanted(&event, filter) {
            found.push(event);
        }
        if i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit {
            break;
        }
    }
    Ok(found)
}

// Upper and lower case beyond ASCII differ between the databases, so the words are compared here.
fn is_wanted(event: &Event, filter: &EventFilter) -> bool {
    let details = &event.details;
    let says = |words: &String| {
        let words = words.to_lowercase();
        [&details.title, &details.description, &details.location]
            .iter()
            .any(|text| text.to_lowercase().contains(&words))
    };
    filter.words.as_ref().is_none_or(says)
        && filter.open.is_none_or(|(open, at)| open == crate::domain::admission::is_open_at(details, at))
}

impl Tx<'_> {
    /// Saves a new event.
    pub fn insert_event(&mut self, event: &Event) -> Result<(), StoreError> {
        diesel::insert_into(events::table).values(EventRow::from(event)).execute(self.conn)?;
        self.touches_events = true;
        Ok(())
    }
}

impl EventTx<'_> {
    /// Saves what organizers changed.
    pub fn save_details(&mut self, details: EventDetails) -> Result<(), StoreError> {
        self.event.details = details;
        self.unit = None;
        self.event.updated_at = self.now();
        let row = EventRow::from(&self.event);
        diesel::update(events::table.find(row.id))
            .set((
                (
                    events::title.eq(row.title),
                    events::description.eq(row.description),
                    events::location.eq(row.location),
                    events::start_date.eq(row.start_date),
                    events::end_date.eq(row.end_date),
                    events::organizer.eq(row.organizer),
                    events::seat_limit.eq(row.seat_limit),
                    events::sign_up.eq(row.sign_up),
                    events::closed.eq(row.closed),
                ),
                (
                    events::start_registration_at.eq(row.start_registration_at),
                    events::end_registration_at.eq(row.end_registration_at),
                    events::sign_off_deadline.eq(row.sign_off_deadline),
                    events::refund_on_sign_off.eq(row.refund_on_sign_off),
                    events::price.eq(row.price),
                    events::currency.eq(row.currency),
                    events::paytime.eq(row.paytime),
                    events::promotion_paytime.eq(row.promotion_paytime),
                    events::updated_at.eq(row.updated_at),
                    events::cancelled_at.eq(row.cancelled_at),
                    events::cancel_reason.eq(row.cancel_reason),
                    events::sales_unit.eq(row.sales_unit),
                ),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Deletes an event that nobody ever signed up for.
    pub fn delete_event(&mut self) -> Result<(), Stop> {
        let id = self.event.id;
        if self.event_has_history(id)? {
            return Err(crate::domain::refusal::Refusal::EventInUse.into());
        }
        diesel::delete(events::table.find(Key::from(id))).execute(self.conn)?;
        Ok(())
    }
}
