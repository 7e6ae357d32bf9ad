//! Registrations with what an answer about them shows. A list takes a few statements, however long it is.

use std::collections::{HashMap, HashSet};

use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::{END, QUEUE, RegistrationRow, SEAT};
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::registration::{Registration, Status};
use crate::store::StoreError;
use crate::store::columns::order_status;
use crate::store::schema::{events, orders, registrations, users};
use crate::store::tx::Reader;
use crate::store::uid::Key;

/// A registration with what an answer about it shows.
#[derive(Clone, Debug)]
pub struct RegistrationView {
    /// The registration.
    pub registration: Registration,
    /// The person's first name.
    pub first_name: String,
    /// The person's last name.
    pub last_name: String,
    /// True when the event costs something.
    pub is_paid_event: bool,
    /// What is owed for the seat, if anything.
    pub order: Option<Order>,
    /// The place in the queue, from 1.
    pub wait_queue_number: Option<i64>,
}

/// Which registrations of an event to list.
#[derive(Clone, Debug, Default)]
pub struct RegistrationFilter {
    /// Those with this status; empty means the active ones.
    pub status: Option<String>,
    /// Those that hold a seat, or not.
    pub holds_seat: Option<bool>,
    /// Those that are paid, or not.
    pub has_paid: Option<bool>,
    /// Those who were there, or not.
    pub has_attended: Option<bool>,
    /// Those whose name says this.
    pub words: Option<String>,
}

/// How many registrations of an event there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// Those that have not ended.
    pub active: i64,
    /// Seats that are paid.
    pub paid: i64,
    /// Seats that are not.
    pub unpaid: i64,
    /// Those that wait.
    pub waiting: i64,
    /// Those who were there.
    pub attended: i64,
    /// Those that have ended.
    pub ended: i64,
}

/// A place in the list of an event's registrations: rank, number, id.
pub type ListPlace = (i64, i64, uuid::Uuid);

/// A registration and the person's two names.
type Named = (RegistrationRow, String, String);

impl Reader<'_> {
    /// What an answer about the registration shows.
    pub fn view_registration(&mut self, registration: Registration) -> Result<RegistrationView, StoreError> {
        let (first_name, last_name) = users::table
            .find(Key::from(registration.user_id))
            .select((users::first_name, users::last_name))
            .first::<(String, String)>(self.conn)?;
        let order = self.order_of_registration(registration.id)?;
        let is_paid_event = order.is_some() || self.paid_among(&[registration.event_id])?.len() == 1;
        let wait_queue_number = match registration.status {
            Status::Waitlisted { queue_no } => Some(self.place_in_queue(registration.event_id, queue_no)?),
            Status::AwaitingPayment { .. } | Status::Confirmed | Status::Ended(_) => None,
        };
        Ok(RegistrationView { registration, first_name, last_name, is_paid_event, order, wait_queue_number })
    }

    /// How many wait before this number, plus one.
    pub fn place_in_queue(&mut self, event: EventId, queue_no: i64) -> Result<i64, StoreError> {
        let before: i64 = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::list_rank.eq(QUEUE))
            .filter(registrations::list_no.lt(queue_no))
            .count()
            .get_result(self.conn)?;
        Ok(before + 1)
    }

    // Those of the events that cost something.
    fn paid_among(&mut self, among: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        let ids: Vec<Key> = events::table
            .filter(events::id.eq_any(keys(among)))
            .filter(events::price.is_not_null())
            .select(events::id)
            .load(self.conn)?;
        Ok(ids.into_iter().map(EventId::from).collect())
    }

    // The place of each who waits at one of these events, from 1.
    fn places_in_queues(&mut self, at: &[EventId]) -> Result<HashMap<RegistrationId, i64>, StoreError> {
        if at.is_empty() {
            return Ok(HashMap::new());
        }
        let queues: Vec<(Key, Key)> = registrations::table
            .filter(registrations::event_id.eq_any(keys(at)))
            .filter(registrations::list_rank.eq(QUEUE))
            .order((registrations::event_id, registrations::list_no))
            .select((registrations::event_id, registrations::id))
            .load(self.conn)?;
        let (mut places, mut before) = (HashMap::new(), None);
        for (event, registration) in queues {
            let place = match before {
                Some((of, place)) if of == event => place + 1,
                Some(_) | None => 1,
            };
            before = Some((event, place));
            places.insert(registration.into(), place);
        }
        Ok(places)
    }

    fn view_all(&mut self, rows: Vec<Named>) -> Result<Vec<RegistrationView>, StoreError> {
        let mut found = Vec::new();
        for (row, first_name, last_name) in rows {
            found.push((Registration::try_from(row)?, first_name, last_name));
        }
        let ids: Vec<RegistrationId> = found.iter().map(|(registration, ..)| registration.id).collect();
        let mut orders: HashMap<RegistrationId, Order> =
            self.orders_of_registrations(&ids)?.into_iter().map(|order| (order.registration_id, order)).collect();
        let at = |wanted: fn(&Registration) -> bool| {
            let of = found.iter().filter(|(registration, ..)| wanted(registration));
            let events: HashSet<EventId> = of.map(|(registration, ..)| registration.event_id).collect();
            events.into_iter().collect::<Vec<EventId>>()
        };
        let (all, with_queue) = (at(|_| true), at(|registration| registration.status.is_waiting()));
        let paid = self.paid_among(&all)?;
        let places = self.places_in_queues(&with_queue)?;
        let view = |(registration, first_name, last_name): (Registration, String, String)| {
            let order = orders.remove(&registration.id);
            RegistrationView {
                first_name,
                last_name,
                is_paid_event: order.is_some() || paid.contains(&registration.event_id),
                order,
                wait_queue_number: places.get(&registration.id).copied(),
                registration,
            }
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// The registrations of an event in list order, after a place; with the place of each.
    pub fn registrations_of_event(
        &mut self,
        event: EventId,
        filter: &RegistrationFilter,
        after: Option<ListPlace>,
        limit: i64,
    ) -> Result<Vec<(ListPlace, RegistrationView)>, StoreError> {
        let mut query = registrations::table
            .inner_join(users::table)
            .left_join(orders::table.on(orders::registration_id.eq(registrations::id)))
            .filter(registrations::event_id.eq(Key::from(event)))
            .select((registrations::all_columns, users::first_name, users::last_name))
            .into_boxed();
        query = match &filter.status {
            Some(status) => query.filter(registrations::status.eq(status.clone())),
            None => query.filter(registrations::list_rank.lt(END)),
        };
        query = match filter.holds_seat {
            Some(true) => query.filter(registrations::list_rank.eq(SEAT)),
            Some(false) => query.filter(registrations::list_rank.ne(SEAT)),
            None => query,
        };
        if let Some(attended) = filter.has_attended {
            query = query.filter(registrations::has_attended.eq(attended));
        }
        query = match filter.has_paid {
            Some(true) => query.filter(orders::status.eq_any(paid_words())),
            Some(false) => query.filter(orders::status.is_null().or(orders::status.ne_all(paid_words()))),
            None => query,
        };
        if let Some((rank, number, id)) = after {
            let same_rank = registrations::list_rank.eq(rank);
            let later = registrations::list_no.gt(number);
            let same_number = registrations::list_no.eq(number).and(registrations::id.gt(Key(id)));
            query = query.filter(registrations::list_rank.gt(rank).or(same_rank.and(later.or(same_number))));
        }
        let mut query = query.order((registrations::list_rank, registrations::list_no, registrations::id));
        if filter.words.is_none() {
            query = query.limit(limit);
        }
        let mut rows: Vec<Named> = query.load(self.conn)?;
        if let Some(words) = &filter.words {
            // Upper and lower case beyond ASCII differ between the databases, so the words are compared here.
            let words = words.to_lowercase();
            rows.retain(|(_, first, last)| format!("{first} {last}").to_lowercase().contains(&words));
            rows.truncate(usize::try_from(limit).unwrap_or_default());
        }
        let places: Vec<ListPlace> = rows.iter().map(|(row, ..)| (row.list_rank, row.list_no, row.id.0)).collect();
        Ok(places.into_iter().zip(self.view_all(rows)?).collect())
    }

    /// How many registrations of the event there are of each sort.
    pub fn tallies_of_event(&mut self, event: EventId) -> Result<Tallies, StoreError> {
        let counted: Vec<(String, bool, Option<String>, i64)> = registrations::table
            .left_join(orders::table.on(orders::registration_id.eq(registrations::id)))
            .filter(registrations::event_id.eq(Key::from(event)))
            .group_by((registrations::status, registrations::has_attended, orders::status))
            .select((registrations::status, registrations::has_attended, orders::status.nullable(), count_star()))
            .load(self.conn)?;
        let mut tallies = Tallies::default();
        for (status, has_attended, order, count) in counted {
            let has_paid = order.map(|word| order_status(&word)).transpose()?.is_some_and(OrderStatus::has_paid);
            match status.as_str() {
                "ended" => {
                    tallies.ended += count;
                    continue;
                }
                "waitlisted" => tallies.waiting += count,
                _ if has_paid => tallies.paid += count,
                _ => tallies.unpaid += count,
            }
            tallies.active += count;
            if has_attended {
                tallies.attended += count;
            }
        }
        Ok(tallies)
    }

    /// The newest registration of a user at each event, newest first, after a creation time and id.
    pub fn registrations_of_user(
        &mut self,
        user: UserId,
        active_only: bool,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<RegistrationView>, StoreError> {
        let newer = diesel::alias!(registrations as newer);
        let has_newer = newer
            .filter(newer.field(registrations::event_id).eq(registrations::event_id))
            .filter(newer.field(registrations::user_id).eq(registrations::user_id))
            .filter(
                newer.field(registrations::created_at).gt(registrations::created_at).or(newer
                    .field(registrations::created_at)
                    .eq(registrations::created_at)
                    .and(newer.field(registrations::id).gt(registrations::id))),
            );
        let mut query = registrations::table
            .inner_join(users::table)
            .filter(registrations::user_id.eq(Key::from(user)))
            .filter(not(exists(has_newer)))
            .select((registrations::all_columns, users::first_name, users::last_name))
            .into_boxed();
        if active_only {
            query = query.filter(registrations::status.ne("ended"));
        }
        if let Some((created, id)) = after {
            let earlier = registrations::created_at.lt(created);
            let same = registrations::created_at.eq(created).and(registrations::id.lt(Key(id)));
            query = query.filter(earlier.or(same));
        }
        let rows: Vec<Named> =
            query.order((registrations::created_at.desc(), registrations::id.desc())).limit(limit).load(self.conn)?;
        self.view_all(rows)
    }
}

fn keys(ids: &[EventId]) -> Vec<Key> {
    ids.iter().copied().map(Key::from).collect()
}

fn paid_words() -> Vec<&'static str> {
    OrderStatus::ALL.into_iter().filter(|status| status.has_paid()).map(OrderStatus::word).collect()
}
