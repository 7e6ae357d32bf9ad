//! The append-only story of every seat and order. Nothing here changes or deletes a line.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{ROWS_PER_INSERT, millis};
use super::conn::each_backend;
use super::schema::{orders, trail};
use super::tx::{Reader, Tx};
use super::uid::Key;
use crate::domain::ids::{EventId, OrderId, RegistrationId, UserId};
use crate::domain::money::Ore;
use crate::domain::time::{Timestamp, at_millis};
use crate::domain::trail::Note;

/// Who caused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActedBy {
    /// The person whose seat it is.
    Member(UserId),
    /// Somebody who organizes the event, or a treasurer.
    Organizer(UserId),
    /// The house itself: a deadline, a look.
    System,
    /// The payer, through the payment link.
    Payer,
}

impl ActedBy {
    fn columns(self) -> (&'static str, Option<Key>) {
        match self {
            Self::Member(user) => ("member", Some(user.into())),
            Self::Organizer(user) => ("organizer", Some(user.into())),
            Self::System => ("system", None),
            Self::Payer => ("payer", None),
        }
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// The event.
    pub event: Option<EventId>,
    /// The registration.
    pub registration: Option<RegistrationId>,
    /// The order.
    pub order: Option<OrderId>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = trail, treat_none_as_default_value = false)]
struct TrailRow {
    id: Key,
    at: i64,
    event_id: Option<Key>,
    registration_id: Option<Key>,
    order_id: Option<Key>,
    kind: String,
    cause: String,
    actor_kind: String,
    actor_user: Option<Key>,
    amount: Option<i64>,
}

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailLine {
    /// Its id.
    pub id: uuid::Uuid,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// Why.
    pub cause: String,
    /// What kind of somebody caused it.
    pub actor_kind: String,
    /// Who, if it was a known person.
    pub actor_user: Option<UserId>,
    /// How much, where money is concerned.
    pub amount: Option<Ore>,
}

impl Tx<'_> {
    /// Adds lines to the trail.
    pub fn write_down(&mut self, about: About, by: ActedBy, notes: &[Note]) -> Result<(), StoreError> {
        let lines: Vec<(About, ActedBy, &Note)> = notes.iter().map(|note| (about, by, note)).collect();
        self.write_all_down(&lines)
    }

    /// Adds lines about different things to the trail.
    pub fn write_all_down(&mut self, lines: &[(About, ActedBy, &Note)]) -> Result<(), StoreError> {
        let row = |(about, by, note): &(About, ActedBy, &Note)| {
            let (actor_kind, actor_user) = by.columns();
            TrailRow {
                id: Key(self.clock().id()),
                at: millis(self.now()),
                event_id: about.event.map(Key::from),
                registration_id: about.registration.map(Key::from),
                order_id: about.order.map(Key::from),
                kind: note.kind.word().to_owned(),
                cause: note.cause.word().into_owned(),
                actor_kind: actor_kind.to_owned(),
                actor_user,
                amount: note.amount.map(|amount| amount.0),
            }
        };
        let rows: Vec<TrailRow> = lines.iter().map(row).collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            each_backend!(&mut *self.conn, c => diesel::insert_into(trail::table).values(rows).execute(c))?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The trail of an order and of the seat it pays for, oldest first, after a line.
    pub fn trail_of_order(
        &mut self,
        order: OrderId,
        after: Option<uuid::Uuid>,
        limit: i64,
    ) -> Result<Vec<TrailLine>, StoreError> {
        // The seat's own lines belong to the story: whoever waited first has no order yet.
        let seat = orders::table.find(Key::from(order)).select(orders::registration_id).single_value();
        let mut query = trail::table.filter(trail::registration_id.nullable().eq(seat)).into_boxed();
        if let Some(after) = after {
            query = query.filter(trail::id.gt(Key(after)));
        }
        let rows: Vec<TrailRow> = query.order(trail::id).limit(limit).load(self.conn)?;
        Ok(rows
            .into_iter()
            .map(|row| TrailLine {
                id: row.id.0,
                at: at_millis(row.at),
                kind: row.kind,
                cause: row.cause,
                actor_kind: row.actor_kind,
                actor_user: row.actor_user.map(UserId::from),
                amount: row.amount.map(Ore),
            })
            .collect())
    }
}
