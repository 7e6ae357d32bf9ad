//! Orders with what an answer about them shows. A list takes a few statements, however long it is.

use std::collections::HashMap;

use diesel::prelude::*;

use super::OrderRow;
use crate::domain::attempt::Attempt;
use crate::domain::ids::{EventId, OrderId, RegistrationId, UserId};
use crate::domain::order::{Order, Refund};
use crate::domain::registration::{Registration, Status};
use crate::store::StoreError;
use crate::store::schema::{events, orders, users};
use crate::store::tx::Reader;
use crate::store::uid::Key;

/// An order with what an answer about it shows.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// The event's title.
    pub event_title: String,
    /// The person's first name.
    pub first_name: String,
    /// The person's last name.
    pub last_name: String,
    /// The status of the registration it pays for.
    pub registration: Status,
    /// The payments, oldest first.
    pub attempts: Vec<Attempt>,
    /// The refunds, oldest first.
    pub refunds: Vec<Refund>,
}

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Those of one event.
    pub event_id: Option<EventId>,
    /// Those of one user.
    pub user_id: Option<UserId>,
    /// Those with this status.
    pub status: Option<String>,
    /// Those that need a person, or not.
    pub needs_attention: Option<bool>,
    /// Those whose person, event or id says this.
    pub words: Option<String>,
    /// Only those of events of these groups; empty means of all.
    pub organizers: Option<Vec<String>>,
}

/// An order, its event's title, and the person's two names.
type Named = (OrderRow, String, String, String);

impl OrderFilter {
    // Upper and lower case beyond ASCII differ between the databases, so the words are compared here.
    pub(super) fn is_about(&self, id: Key, title: &str, first_name: &str, last_name: &str) -> bool {
        let says = |words: &String| {
            format!("{first_name} {last_name} {title} {}", id.0).to_lowercase().contains(&words.to_lowercase())
        };
        self.words.as_ref().is_none_or(says)
    }
}

/// Narrows a query over orders and their events to what the filter wants; its words are left to the caller.
macro_rules! narrowed {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter) = ($query, $filter);
        if let Some(event) = filter.event_id {
            query = query.filter(orders::event_id.eq(Key::from(event)));
        }
        if let Some(user) = filter.user_id {
            query = query.filter(orders::user_id.eq(Key::from(user)));
        }
        if let Some(status) = &filter.status {
            query = query.filter(orders::status.eq(status.clone()));
        }
        query = match filter.needs_attention {
            Some(true) => query.filter(orders::needs_attention.is_not_null()),
            Some(false) => query.filter(orders::needs_attention.is_null()),
            None => query,
        };
        if let Some(groups) = &filter.organizers {
            query = query.filter(events::organizer.eq_any(groups.clone()));
        }
        query
    }};
}
pub(super) use narrowed;

impl Reader<'_> {
    /// What an answer about the order shows.
    pub fn view_order(&mut self, order: Order) -> Result<OrderView, StoreError> {
        let (first_name, last_name) = users::table
            .find(Key::from(order.user_id))
            .select((users::first_name, users::last_name))
            .first::<(String, String)>(self.conn)?;
        let event_title = events::table.find(Key::from(order.event_id)).select(events::title).first(self.conn)?;
        let registration = self.registration_by_id(order.registration_id)?.status;
        let attempts = self.attempts_of_order(order.id)?;
        let refunds = self.refunds_of_order(order.id)?;
        Ok(OrderView { order, event_title, first_name, last_name, registration, attempts, refunds })
    }

    /// The orders of some registrations.
    pub fn orders_of_registrations(&mut self, of: &[RegistrationId]) -> Result<Vec<Order>, StoreError> {
        let keys: Vec<Key> = of.iter().copied().map(Key::from).collect();
        let rows: Vec<OrderRow> = orders::table.filter(orders::registration_id.eq_any(keys)).load(self.conn)?;
        rows.into_iter().map(Order::try_from).collect()
    }

    /// Orders, newest first, after a creation time and id.
    pub fn orders(
        &mut self,
        filter: &OrderFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<OrderView>, StoreError> {
        let query = orders::table
            .inner_join(events::table)
            .inner_join(users::table)
            .select((orders::all_columns, events::title, users::first_name, users::last_name))
            .into_boxed();
        let mut query = narrowed!(query, filter);
        if let Some((created, id)) = after {
            let earlier = orders::created_at.lt(created);
            query = query.filter(earlier.or(orders::created_at.eq(created).and(orders::id.lt(Key(id)))));
        }
        let mut query = query.order((orders::created_at.desc(), orders::id.desc()));
        if filter.words.is_none() {
            query = query.limit(limit);
        }
        let mut rows: Vec<Named> = query.load(self.conn)?;
        rows.retain(|(row, title, first, last)| filter.is_about(row.id, title, first, last));
        rows.truncate(usize::try_from(limit).unwrap_or_default());
        self.view_all_orders(rows)
    }

    fn view_all_orders(&mut self, rows: Vec<Named>) -> Result<Vec<OrderView>, StoreError> {
        let (mut ids, mut seats) = (Vec::new(), Vec::new());
        for (row, ..) in &rows {
            ids.push(OrderId::from(row.id));
            seats.push(RegistrationId::from(row.registration_id));
        }
        let mut attempts: HashMap<OrderId, Vec<Attempt>> = HashMap::new();
        for attempt in self.attempts_of_orders(&ids)? {
            attempts.entry(attempt.order_id).or_default().push(attempt);
        }
        let mut refunds: HashMap<OrderId, Vec<Refund>> = HashMap::new();
        for (order, refund) in self.refunds_of_orders(&ids)? {
            refunds.entry(order).or_default().push(refund);
        }
        let seats: HashMap<RegistrationId, Registration> =
            self.registrations_by_id(&seats)?.into_iter().map(|seat| (seat.id, seat)).collect();
        let mut views = Vec::new();
        for (row, event_title, first_name, last_name) in rows {
            let order = Order::try_from(row)?;
            let seat = seats.get(&order.registration_id);
            views.push(OrderView {
                registration: seat.map(|seat| seat.status).ok_or(diesel::result::Error::NotFound)?,
                attempts: attempts.remove(&order.id).unwrap_or_default(),
                refunds: refunds.remove(&order.id).unwrap_or_default(),
                order,
                event_title,
                first_name,
                last_name,
            });
        }
        Ok(views)
    }
}
