//! Whoever watches: keeps the last picture of every event, takes a new one when its turn has moved, and has both
//! compared with each other and with what the provider truly holds.

use std::collections::{BTreeMap, HashMap};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use plass::domain::ids::{EventId, OrderId, UserId};
use plass::sandbox::InProcess;
use plass::store::conn::Conn;
use plass::store::schema::trail;
use plass::store::uid::Key;
use uuid::Uuid;

use crate::askell::truth_of;
use crate::invariants::{Moment, charges, money, seats};
use crate::never;
use crate::picture::{self, EventRow, OrderRow, Picture};
use crate::world::{Violation, broken};

/// What is known, and how it was looked at.
pub(crate) struct Watch {
    conn: Conn,
    pictures: BTreeMap<Uuid, Picture>,
    /// What was given back in the portal, by reference; also those that were only cancelled there.
    pub(crate) portal: HashMap<String, i64>,
    /// The last number that the database gave its own changes; it stands still while nobody writes.
    version: i64,
    /// How often a change was checked.
    pub(crate) checks: u64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Watch {
    /// Nothing seen yet.
    pub(crate) fn new(mut conn: Conn) -> Self {
        if let Conn::Sqlite(_) = conn {
            conn.batch_execute("PRAGMA query_only = ON").unwrap();
        }
        Self { conn, pictures: BTreeMap::new(), portal: HashMap::new(), version: -1, checks: 0 }
    }

    /// Somebody acted on a payment in the provider's portal.
    pub(crate) fn seen_in_portal(&mut self, reference: &str, given_back: i64) {
        *self.portal.entry(reference.to_owned()).or_default() += given_back;
    }

    /// Looks whether anything has changed, and checks what did.
    pub(crate) fn check(&mut self, desk: &InProcess, now: i64) -> Result<(), Violation> {
        if !self.has_moved() {
            return Ok(());
        }
        for event in picture::read_events(&mut self.conn) {
            if self.pictures.get(&event.id.0).is_some_and(|known| known.event == event) {
                continue;
            }
            self.checks += 1;
            self.check_event(event, desk, now)?;
        }
        Ok(())
    }

    /// Takes new pictures without comparing them.
    pub(crate) fn refresh(&mut self) {
        for event in picture::read_events(&mut self.conn) {
            let taken = picture::read(&mut self.conn, event);
            self.pictures.insert(taken.event.id.0, taken);
        }
    }

    fn has_moved(&mut self) -> bool {
        let Conn::Sqlite(conn) = &mut self.conn else { return true };
        let version: Version = diesel::sql_query("PRAGMA data_version").get_result(conn).unwrap();
        let moved = version.data_version != self.version;
        self.version = version.data_version;
        moved
    }

    fn check_event(&mut self, event: EventRow, desk: &InProcess, now: i64) -> Result<(), Violation> {
        let id = event.id.0;
        let after = picture::read(&mut self.conn, event);
        let (truth, charges) = (truth_of(desk), desk.charges());
        let before = self.pictures.get(&id);
        let moment = Moment { before, after: &after, truth: &truth, charges: &charges, portal: &self.portal, now };
        seats::check(&moment)?;
        money::check(&moment)?;
        charges::check(&moment)?;
        let changed = moment.changed_seats();
        for seat in changed {
            self.check_trail(seat, now)?;
        }
        self.pictures.insert(id, after);
        Ok(())
    }

    /// Every transition is in the trail, with its cause.
    fn check_trail(&mut self, seat: Key, now: i64) -> Result<(), Violation> {
        let told: i64 = trail::table
            .filter(trail::registration_id.eq(seat))
            .filter(trail::at.eq(now))
            .filter(trail::cause.ne(""))
            .count()
            .get_result(&mut self.conn)
            .unwrap();
        if told == 0 {
            return broken("every transition is in the trail", format!("registration {}", seat.0));
        }
        Ok(())
    }

    /// What must hold whenever nothing is left to do at this moment.
    pub(crate) fn check_at_ease(&mut self, desk: &InProcess, now: i64) -> Result<(), Violation> {
        self.refresh();
        let (truth, charges) = (truth_of(desk), desk.charges());
        for after in self.pictures.values() {
            let moment =
                Moment { before: Some(after), after, truth: &truth, charges: &charges, portal: &self.portal, now };
            money::check_at_ease(&moment)?;
        }
        Ok(())
    }

    /// What must hold whenever everything has come to rest and the provider has answered for a while.
    pub(crate) fn check_at_rest(&mut self, desk: &InProcess, now: i64) -> Result<(), Violation> {
        self.refresh();
        let (truth, charges) = (truth_of(desk), desk.charges());
        for after in self.pictures.values() {
            let moment =
                Moment { before: Some(after), after, truth: &truth, charges: &charges, portal: &self.portal, now };
            seats::check_at_rest(&moment)?;
            money::check_at_rest(&moment)?;
        }
        if let Some(found) = never::found(&mut self.conn) {
            return broken("the rules of the stories", found);
        }
        let due = "SELECT kind || ' ' || COALESCE(last_error, '') AS line FROM outbox WHERE parked_at IS NULL AND due_at <= $1";
        let due: Vec<Line> = diesel::sql_query(due).bind::<BigInt, _>(now).load(&mut self.conn).unwrap();
        match due.first() {
            Some(first) => broken("nothing that is due stays in the outbox", first.line.clone()),
            None => Ok(()),
        }
    }

    /// What must hold when every deadline has passed and every event has begun.
    pub(crate) fn check_at_the_end(&mut self, desk: &InProcess, now: i64) -> Result<(), Violation> {
        let (truth, charges) = (truth_of(desk), desk.charges());
        for after in self.pictures.values() {
            let moment =
                Moment { before: Some(after), after, truth: &truth, charges: &charges, portal: &self.portal, now };
            money::check_at_the_end(&moment)?;
            charges::check_at_the_end(&moment)?;
        }
        let known: Vec<&str> = self.attempts().map(|attempt| attempt.reference.as_str()).collect();
        if let Some(strange) = truth.values().find(|payment| !known.contains(&payment.reference.as_str())) {
            return broken("every payment at the provider is known", strange.reference.clone());
        }
        let left = "SELECT kind || ' ' || COALESCE(last_error, '') AS line FROM outbox WHERE parked_at IS NULL";
        let left: Vec<Line> = diesel::sql_query(left).load(&mut self.conn).unwrap();
        match left.first() {
            Some(first) => broken("the outbox is empty in the end", first.line.clone()),
            None => Ok(()),
        }
    }

    fn attempts(&self) -> impl Iterator<Item = &picture::AttemptRow> {
        self.pictures.values().flat_map(|picture| &picture.attempts)
    }

    /// An order as it was last seen.
    pub(crate) fn order(&self, id: OrderId) -> Option<OrderRow> {
        self.pictures.values().find_map(|picture| picture.orders.get(&id.0)).cloned()
    }

    /// An order of an event whose money was taken.
    pub(crate) fn paid_order(&self, event: EventId) -> Option<OrderRow> {
        let mut orders = self.pictures.get(&event.0)?.orders.values();
        orders.find(|order| order.status == "CAPTURE").cloned()
    }

    /// The newest order of a user at an event.
    pub(crate) fn newest_order(&self, event: EventId, user: UserId) -> Option<OrderId> {
        let mut orders = self.pictures.get(&event.0)?.orders.values();
        orders.rfind(|order| order.user.0 == user.0).map(|order| OrderId(order.id.0))
    }

    /// True when a user's seat at an event awaits payment.
    pub(crate) fn awaits(&self, event: EventId, user: UserId) -> bool {
        let mut seats = self.pictures.get(&event.0).into_iter().flat_map(|picture| picture.seats.values());
        seats.any(|seat| seat.user.0 == user.0 && seat.status == "awaiting_payment")
    }

    /// The next deadline of an event after `now`.
    pub(crate) fn next_deadline(&self, event: EventId, now: i64) -> Option<i64> {
        let seats = self.pictures.get(&event.0).into_iter().flat_map(|picture| picture.seats.values());
        seats.filter_map(|seat| seat.deadline).filter(|deadline| *deadline > now).min()
    }

    /// The references of a user's payments at an event, oldest first.
    pub(crate) fn references(&self, event: EventId, user: UserId) -> Vec<String> {
        let attempts = self.pictures.get(&event.0).into_iter().flat_map(|picture| &picture.attempts);
        attempts.filter(|attempt| attempt.user.0 == user.0).map(|attempt| attempt.reference.clone()).collect()
    }

    /// All that the tables say in the end, to be compared byte for byte.
    pub(crate) fn books(&mut self) -> Vec<String> {
        let mut books = Vec::new();
        for (table, columns) in [
            ("registrations", "id, status, ended_reason, payment_expiredate, queue_no, updated_at"),
            ("orders", "id, status, sale, give_back_all, needs_attention, bells, bells_heard, updated_at"),
            ("attempts", "id, state, authorized, captured, refunded, cancelled, updated_at"),
            ("refunds", "id, amount, status, updated_at"),
            ("trail", "id, at, kind, cause, amount"),
        ] {
            let columns: Vec<String> =
                columns.split(", ").map(|name| format!("COALESCE(CAST({name} AS TEXT), '-')")).collect();
            let columns = columns.join(" || ' ' || ").replace("CAST(id AS TEXT)", self.text_of_id());
            let sql = format!("SELECT {columns} AS line FROM {table} ORDER BY id");
            let lines: Vec<Line> = diesel::sql_query(sql).load(&mut self.conn).unwrap();
            books.extend(lines.into_iter().map(|row| format!("{table}: {}", row.line)));
        }
        books
    }

    fn text_of_id(&self) -> &'static str {
        match self.conn {
            Conn::Sqlite(_) => "HEX(id)",
            Conn::Pg(_) => "CAST(id AS TEXT)",
        }
    }
}
