//! What the database holds of one event's seats and money, read as plain rows: nothing of the house's own reading is
//! believed here.

use std::collections::BTreeMap;

use diesel::prelude::*;
use plass::store::conn::Conn;
use plass::store::schema::{attempts, events, orders, outbox, refunds, registrations};
use plass::store::uid::Key;
use uuid::Uuid;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct EventRow {
    pub(crate) id: Key,
    pub(crate) seat_limit: i64,
    pub(crate) turn: i64,
    pub(crate) seats_held: i64,
    pub(crate) waiting: i64,
    pub(crate) start_date: i64,
    pub(crate) price: Option<i64>,
    pub(crate) paytime: Option<i64>,
    pub(crate) promotion_paytime: Option<i64>,
    pub(crate) cancelled_at: Option<i64>,
}

/// One registration.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct Seat {
    pub(crate) id: Key,
    pub(crate) user: Key,
    pub(crate) status: String,
    pub(crate) ended_reason: Option<String>,
    pub(crate) deadline: Option<i64>,
    pub(crate) queue_no: Option<i64>,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct OrderRow {
    pub(crate) id: Key,
    pub(crate) seat: Key,
    pub(crate) user: Key,
    pub(crate) price: i64,
    pub(crate) status: String,
    pub(crate) sale: bool,
    pub(crate) give_back_all: bool,
    pub(crate) needs_attention: Option<String>,
    pub(crate) check_at: Option<i64>,
    pub(crate) bells: i64,
    pub(crate) bells_heard: i64,
    pub(crate) look_failures: i64,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct AttemptRow {
    pub(crate) id: Key,
    pub(crate) order: Key,
    pub(crate) user: Key,
    pub(crate) reference: String,
    pub(crate) state: String,
    pub(crate) opened_at: Option<i64>,
    pub(crate) sums: (i64, i64, i64, i64),
}

/// One wish to give money back.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct RefundRow {
    pub(crate) id: Key,
    pub(crate) order: Key,
    pub(crate) amount: i64,
    pub(crate) status: String,
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct EffectRow {
    pub(crate) id: Key,
    pub(crate) kind: String,
    pub(crate) order: Option<Key>,
    pub(crate) attempt: Option<Key>,
    pub(crate) refund: Option<Key>,
    pub(crate) amount: Option<i64>,
    pub(crate) parked_at: Option<i64>,
}

/// One event with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) event: EventRow,
    pub(crate) seats: BTreeMap<Uuid, Seat>,
    pub(crate) orders: BTreeMap<Uuid, OrderRow>,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) refunds: Vec<RefundRow>,
    pub(crate) effects: BTreeMap<Uuid, EffectRow>,
}

impl AttemptRow {
    /// True while it may take money, as far as the house knows.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state.as_str(), "sent" | "open" | "authorized")
    }
}

impl Seat {
    /// True when the limit counts it.
    pub(crate) fn holds(&self) -> bool {
        matches!(self.status.as_str(), "awaiting_payment" | "confirmed")
    }
}

/// All events, by id.
pub(crate) fn read_events(conn: &mut Conn) -> Vec<EventRow> {
    use events::dsl;
    let columns = (
        dsl::id,
        dsl::seat_limit,
        dsl::turn,
        dsl::seats_held,
        dsl::waiting,
        dsl::start_date,
        dsl::price,
        dsl::paytime,
        dsl::promotion_paytime,
        dsl::cancelled_at,
    );
    events::table.order(dsl::id).select(columns).load(conn).unwrap()
}

/// Everything of one event.
pub(crate) fn read(conn: &mut Conn, event: EventRow) -> Picture {
    let seats: Vec<Seat> = {
        use registrations::dsl;
        let columns = (dsl::id, dsl::user_id, dsl::status, dsl::ended_reason, dsl::payment_expiredate, dsl::queue_no);
        registrations::table.filter(dsl::event_id.eq(event.id)).select(columns).load(conn).unwrap()
    };
    let orders: Vec<OrderRow> = {
        use orders::dsl;
        let columns = (
            dsl::id,
            dsl::registration_id,
            dsl::user_id,
            dsl::price,
            dsl::status,
            dsl::sale,
            dsl::give_back_all,
            dsl::needs_attention,
            dsl::check_at,
            dsl::bells,
            dsl::bells_heard,
            dsl::look_failures,
        );
        orders::table.filter(dsl::event_id.eq(event.id)).select(columns).load(conn).unwrap()
    };
    let attempts: Vec<AttemptRow> = {
        use attempts::dsl;
        let sums = (dsl::authorized, dsl::captured, dsl::refunded, dsl::cancelled);
        let columns = (dsl::id, dsl::order_id, dsl::user_id, dsl::reference, dsl::state, dsl::opened_at, sums);
        attempts::table.filter(dsl::event_id.eq(event.id)).order(dsl::id).select(columns).load(conn).unwrap()
    };
    let refunds: Vec<RefundRow> = {
        use refunds::dsl;
        let columns = (dsl::id, dsl::order_id, dsl::amount, dsl::status);
        let of = orders::table.filter(orders::event_id.eq(event.id)).select(orders::id);
        refunds::table.filter(dsl::order_id.eq_any(of)).order(dsl::id).select(columns).load(conn).unwrap()
    };
    let effects: Vec<EffectRow> = {
        use outbox::dsl;
        let columns = (dsl::id, dsl::kind, dsl::order_id, dsl::attempt_id, dsl::refund_id, dsl::amount, dsl::parked_at);
        let of_money = outbox::table.filter(dsl::event_id.eq(event.id)).filter(dsl::kind.ne("letter"));
        of_money.select(columns).load(conn).unwrap()
    };
    Picture {
        event,
        seats: seats.into_iter().map(|seat| (seat.id.0, seat)).collect(),
        orders: orders.into_iter().map(|order| (order.id.0, order)).collect(),
        attempts,
        refunds,
        effects: effects.into_iter().map(|effect| (effect.id.0, effect)).collect(),
    }
}
