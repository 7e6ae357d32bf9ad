//! The books as the doctor reads them: page by page, each page as of one moment, in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;

use super::StoreError;
use super::columns::{millis, opt_moment};
use super::events::EventRow;
use super::ledger::{LedgerLine, booked};
use super::orders::OrderRow;
use super::schema::{attempts, events, orders, outbox, registrations, trail};
use super::tx::{EventTx, Reader};
use super::uid::Key;
use crate::domain::attempt::Attempt;
use crate::domain::checkup::{CountedEvent, OrderBooks};
use crate::domain::event::Event;
use crate::domain::ids::{EventId, OrderId, RegistrationId};
use crate::domain::money::Currency;
use crate::domain::order::{Order, Refund};
use crate::domain::settlement::{Case, OpenEffect};
use crate::domain::time::Timestamp;

/// What belongs to each of some orders.
#[derive(Default)]
struct Gathered {
    attempts: HashMap<OrderId, Vec<Attempt>>,
    refunds: HashMap<OrderId, Vec<Refund>>,
    lines: HashMap<OrderId, Vec<LedgerLine>>,
    effects: HashMap<OrderId, Vec<OpenEffect>>,
    longest_due: HashMap<Key, Option<i64>>,
    told_of: BTreeSet<uuid::Uuid>,
}

impl Reader<'_> {
    /// Events with what their rows come to, by id, after one.
    pub fn counted_events(&mut self, after: Option<EventId>, limit: i64) -> Result<Vec<CountedEvent>, StoreError> {
        let mut query = events::table.into_boxed();
        if let Some(after) = after {
            query = query.filter(events::id.gt(Key::from(after)));
        }
        let rows: Vec<EventRow> = query.order(events::id).limit(limit).load(self.conn)?;
        let known = rows.into_iter().map(Event::try_from).collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<Key> = known.iter().map(|event| Key::from(event.id)).collect();
        let counts: Vec<(Key, String, i64, Option<i64>)> = registrations::table
            .filter(registrations::event_id.eq_any(keys))
            .group_by((registrations::event_id, registrations::status))
            .select((registrations::event_id, registrations::status, count_star(), max(registrations::queue_no)))
            .load(self.conn)?;
        let mut counted = Vec::new();
        for event in known {
            let mut one = CountedEvent { event, seats_held: 0, waiting: 0, highest_queue_no: None };
            for (of, status, count, highest) in &counts {
                if *of == Key::from(one.event.id) {
                    match status.as_str() {
                        "waitlisted" => (one.waiting, one.highest_queue_no) = (*count, *highest),
                        "awaiting_payment" | "confirmed" => one.seats_held += count,
                        _ => {}
                    }
                }
            }
            counted.push(one);
        }
        Ok(counted)
    }

    /// The books of orders, by id, after one; with the ledger's lines of each.
    pub fn books(
        &mut self,
        after: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<(OrderBooks, Vec<LedgerLine>)>, StoreError> {
        let mut query = orders::table.into_boxed();
        if let Some(after) = after {
            query = query.filter(orders::id.gt(Key::from(after)));
        }
        let rows: Vec<OrderRow> = query.order(orders::id).limit(limit).load(self.conn)?;
        self.books_of_rows(rows)
    }

    /// The books of one order.
    pub fn books_of(&mut self, order: OrderId) -> Result<Option<(OrderBooks, Vec<LedgerLine>)>, StoreError> {
        let row: Option<OrderRow> = orders::table.find(Key::from(order)).first(self.conn).optional()?;
        Ok(self.books_of_rows(row.into_iter().collect())?.pop())
    }

    /// The orders that the provider has most to say about: those with a payment that can still change, then those with
    /// money that were made since, the newest of each first.
    pub fn orders_to_compare(&mut self, since: Timestamp, limit: i64) -> Result<Vec<OrderId>, StoreError> {
        let live: Vec<Key> = attempts::table
            .filter(attempts::state.eq_any(["sent", "open", "authorized"]))
            .order(attempts::order_id.desc())
            .limit(limit)
            .select(attempts::order_id)
            .load(self.conn)?;
        let paid: Vec<Key> = orders::table
            .filter(orders::status.eq_any(["RESERVED", "CAPTURE", "REFUND", "VOID"]))
            .filter(orders::created_at.ge(millis(since)))
            .order(orders::id.desc())
            .limit(limit)
            .select(orders::id)
            .load(self.conn)?;
        let mut chosen: Vec<OrderId> = Vec::new();
        for id in live.into_iter().chain(paid).map(OrderId::from) {
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        chosen.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(chosen)
    }

    fn books_of_rows(&mut self, rows: Vec<OrderRow>) -> Result<Vec<(OrderBooks, Vec<LedgerLine>)>, StoreError> {
        let found = rows.into_iter().map(Order::try_from).collect::<Result<Vec<_>, _>>()?;
        let mut gathered = self.gather(&found)?;
        let seats: Vec<RegistrationId> = found.iter().map(|order| order.registration_id).collect();
        let mut seats: BTreeMap<uuid::Uuid, _> =
            self.registrations_by_id(&seats)?.into_iter().map(|seat| (seat.id.0, seat)).collect();
        let mut books = Vec::new();
        for order in found {
            let registration = seats.remove(&order.registration_id.0).ok_or(diesel::result::Error::NotFound)?;
            let lines = gathered.lines.remove(&order.id).unwrap_or_default();
            let one = OrderBooks {
                currencies: lines.iter().map(|line| line.amount.currency).collect::<Vec<Currency>>(),
                longest_due: opt_moment(gathered.longest_due.get(&Key::from(order.id)).copied().flatten()),
                has_trail: gathered.told_of.contains(&order.registration_id.0),
                case: Case {
                    registration,
                    attempts: gathered.attempts.remove(&order.id).unwrap_or_default(),
                    refunds: gathered.refunds.remove(&order.id).unwrap_or_default(),
                    effects: gathered.effects.remove(&order.id).unwrap_or_default(),
                    ledger: booked(&lines),
                    order,
                },
            };
            books.push((one, lines));
        }
        Ok(books)
    }

    fn gather(&mut self, of: &[Order]) -> Result<Gathered, StoreError> {
        let ids: Vec<OrderId> = of.iter().map(|order| order.id).collect();
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let seats: Vec<Option<Key>> = of.iter().map(|order| Some(Key::from(order.registration_id))).collect();
        let mut gathered = Gathered::default();
        for attempt in self.attempts_of_orders(&ids)? {
            gathered.attempts.entry(attempt.order_id).or_default().push(attempt);
        }
        for (order, refund) in self.refunds_of_orders(&ids)? {
            gathered.refunds.entry(order).or_default().push(refund);
        }
        for line in self.ledger_of_orders(&ids)? {
            gathered.lines.entry(line.order).or_default().push(line);
        }
        for (order, effect) in self.open_effects_of(&ids)? {
            gathered.effects.entry(order).or_default().push(effect);
        }
        let due: Vec<(Option<Key>, Option<i64>)> = outbox::table
            .filter(outbox::order_id.eq_any(keys))
            .filter(outbox::parked_at.is_null())
            .group_by(outbox::order_id)
            .select((outbox::order_id, min(outbox::due_at)))
            .load(self.conn)?;
        gathered.longest_due = due.into_iter().filter_map(|(order, at)| Some((order?, at))).collect();
        let told: Vec<Option<Key>> = trail::table
            .filter(trail::registration_id.eq_any(seats))
            .select(trail::registration_id)
            .distinct()
            .load(self.conn)?;
        gathered.told_of = told.into_iter().flatten().map(|key| key.0).collect();
        Ok(gathered)
    }
}

impl EventTx<'_> {
    /// Counts the seats, the queue and its numbers anew; true when something was wrong.
    pub fn count_again(&mut self) -> Result<bool, StoreError> {
        let of_event = registrations::table.filter(registrations::event_id.eq(Key::from(self.event.id)));
        let seats_held: i64 = of_event
            .filter(registrations::status.eq_any(["awaiting_payment", "confirmed"]))
            .count()
            .get_result(self.conn)?;
        let waiting: i64 = of_event.filter(registrations::status.eq("waitlisted")).count().get_result(self.conn)?;
        let highest: Option<i64> = of_event.select(max(registrations::queue_no)).first(self.conn)?;
        let before = self.event.occupancy;
        let occupancy = &mut self.event.occupancy;
        (occupancy.seats_held, occupancy.waiting) = (seats_held, waiting);
        occupancy.next_queue_no = occupancy.next_queue_no.max(highest.map_or(0, |highest| highest + 1));
        self.counted = true;
        Ok(before != self.event.occupancy)
    }
}
