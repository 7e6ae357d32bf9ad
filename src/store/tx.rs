//! What a closure holds while it reads or writes. A [`Reader`] reads; a [`Tx`] also writes what is neither seat nor
//! money; an [`EventTx`] holds the event's turn and may write those too. Each builds on the one before.

use std::ops::{Deref, DerefMut};

use diesel::prelude::*;

use super::conn::Conn;
use super::events::EventRow;
use super::sales_units::Payee;
use super::schema::events;
use super::uid::Key;
use super::{Stop, StoreError};
use crate::clock::{Clock, Timestamp};
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::letter::Letter;
use crate::domain::refusal::Refusal;

/// Reads.
pub struct Reader<'c> {
    pub(super) conn: &'c mut Conn,
    clock: &'c Clock,
    now: Timestamp,
}

impl<'c> Reader<'c> {
    pub(super) fn new(conn: &'c mut Conn, clock: &'c Clock) -> Self {
        let now = clock.now();
        Self { conn, clock, now }
    }

    /// Domain time when this began; a rerun has a newer one.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The clock, for machine time and new ids.
    pub fn clock(&self) -> &Clock {
        self.clock
    }
}

/// Writes what is neither seat nor money.
pub struct Tx<'c> {
    reader: Reader<'c>,
    /// True once a row of an event may have changed.
    pub(super) touches_events: bool,
}

impl<'c> Tx<'c> {
    pub(super) fn new(reader: Reader<'c>) -> Self {
        Self { reader, touches_events: false }
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}

/// Holds the event's turn: whoever else wants to write seats or money of this event waits.
pub struct EventTx<'t> {
    tx: EventTxInner<'t>,
    /// The event as it is within this write; counts and queue numbers are kept here and put back at the end.
    pub(super) event: Event,
    pub(super) counted: bool,
    /// What there is to tell people, put into the outbox at the end.
    pub(super) letters: Vec<Letter>,
    /// Where the money of new orders goes, once somebody asked.
    pub(super) unit: Option<Payee>,
}

// The two lifetimes of `&'t mut Tx<'c>` folded into one by reborrowing the reader.
type EventTxInner<'t> = Tx<'t>;

impl<'t> EventTx<'t> {
    /// Takes the turn: the first statement of every write on an event.
    fn take_turn(tx: &'t mut Tx<'_>, id: EventId) -> Result<Self, Stop> {
        let rows: Vec<EventRow> = diesel::update(events::table.find(Key::from(id)))
            .set(events::turn.eq(events::turn + 1))
            .returning(events::all_columns)
            .load(tx.conn)
            .map_err(StoreError::from)?;
        let row = rows.into_iter().next().ok_or(Refusal::NotFound)?;
        let event = Event::try_from(row)?;
        let reader = Reader { conn: &mut *tx.reader.conn, clock: tx.reader.clock, now: tx.reader.now };
        Ok(Self { tx: Tx::new(reader), event, counted: false, letters: Vec::new(), unit: None })
    }

    /// Takes the turn, runs `work` and saves what it gathered.
    pub fn in_turn<T>(
        tx: &'t mut Tx<'_>,
        id: EventId,
        work: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        tx.touches_events = true;
        let mut tx = Self::take_turn(tx, id)?;
        let result = work(&mut tx)?;
        tx.put_back()?;
        Ok(result)
    }

    /// The event whose turn this is.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Saves what was gathered meanwhile: the letters, and the counts and the next queue number if they moved.
    fn put_back(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        let letters: Vec<(Letter, Timestamp)> =
            std::mem::take(&mut self.letters).into_iter().map(|letter| (letter, now)).collect();
        self.post(&letters)?;
        if !self.counted {
            return Ok(());
        }
        diesel::update(events::table.find(Key::from(self.event.id)))
            .set((
                events::seats_held.eq(self.event.occupancy.seats_held),
                events::waiting.eq(self.event.occupancy.waiting),
                events::next_queue_no.eq(self.event.occupancy.next_queue_no),
            ))
            .execute(self.tx.conn)?;
        Ok(())
    }
}

impl<'t> Deref for EventTx<'t> {
    type Target = Tx<'t>;
    fn deref(&self) -> &Self::Target {
        &self.tx
    }
}

impl DerefMut for EventTx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.tx
    }
}
