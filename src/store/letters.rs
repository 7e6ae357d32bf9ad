//! Letters in the outbox. Those of one write are put there together, at its end; a change that a whole event hears of
//! is one row until it is told, whoever is signed up.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::columns::{ROWS_PER_INSERT, corrupt, millis};
use super::conn::each_backend;
use super::outbox::letter_row;
use super::schema::{outbox, registrations};
use super::tx::{EventTx, Tx};
use super::uid::Key;
use crate::domain::ids::{RegistrationId, UserId};
use crate::domain::letter::{Announcement, Letter};
use crate::domain::time::{Timestamp, at_millis};

/// What the column `letter` holds.
#[derive(Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub(super) enum Mailing {
    /// A letter to one person.
    One(Letter),
    /// What everybody at an event hears of.
    All(Announcement),
}

impl Mailing {
    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|error| corrupt("letter", &error.to_string()))
    }

    fn write(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| corrupt("letter", &error.to_string()))
    }
}

impl Tx<'_> {
    /// Puts letters into the outbox, each with the time at which it is due.
    pub fn post(&mut self, letters: &[(Letter, Timestamp)]) -> Result<(), StoreError> {
        let now = self.now();
        let mut rows = Vec::with_capacity(letters.len());
        for (letter, due_at) in letters {
            let text = Mailing::One(letter.clone()).write()?;
            rows.push(letter_row(self.clock().id(), letter.event_id, text, *due_at, now));
        }
        for chunk in rows.chunks(ROWS_PER_INSERT) {
            each_backend!(&mut *self.conn, c => diesel::insert_into(outbox::table).values(chunk).execute(c))?;
        }
        Ok(())
    }
}

impl EventTx<'_> {
    /// Writes to somebody, if this write is saved.
    pub fn tell(&mut self, letter: Letter) {
        self.letters.push(letter);
    }

    /// The change of this event that people have not heard of yet, and since when it waits. An event has one at most:
    /// its row has the event's own id.
    pub fn untold(&mut self) -> Result<Option<(Announcement, Timestamp)>, StoreError> {
        let row: Option<(Option<String>, i64)> = outbox::table
            .find(Key::from(self.event.id))
            .select((outbox::letter, outbox::created_at))
            .first(self.conn)
            .optional()?;
        let Some((text, since)) = row else { return Ok(None) };
        match Mailing::read(&text.unwrap_or_default())? {
            Mailing::All(announcement) => Ok(Some((announcement, at_millis(since)))),
            Mailing::One(_) => Err(corrupt("announcement", "a letter")),
        }
    }

    /// Tells everybody at this event at `due_at`, together with what they have not heard of yet.
    pub fn announce(&mut self, announcement: &Announcement, due_at: Timestamp) -> Result<(), StoreError> {
        let text = Mailing::All(announcement.clone()).write()?;
        let event = self.event.id;
        let known = diesel::update(outbox::table.find(Key::from(event)))
            .set((outbox::letter.eq(&text), outbox::due_at.eq(millis(due_at))))
            .execute(self.conn)?;
        if known == 0 {
            let row = letter_row(event.0, event, text, due_at, self.now());
            diesel::insert_into(outbox::table).values(row).execute(self.conn)?;
        }
        Ok(())
    }

    /// Nothing is left to tell: what changed is as it was.
    pub fn withdraw_announcement(&mut self) -> Result<(), StoreError> {
        diesel::delete(outbox::table.find(Key::from(self.event.id))).execute(self.conn)?;
        Ok(())
    }

    /// Everybody who has a seat or waits, and signed up no later than `until`.
    pub fn signed_up(&mut self, until: Timestamp) -> Result<Vec<(RegistrationId, UserId)>, StoreError> {
        let rows: Vec<(Key, Key)> = registrations::table
            .filter(registrations::event_id.eq(Key::from(self.event.id)))
            .filter(registrations::list_rank.lt(2))
            .filter(registrations::created_at.le(millis(until)))
            .order((registrations::list_rank, registrations::list_no, registrations::id))
            .select((registrations::id, registrations::user_id))
            .load(self.conn)?;
        Ok(rows.into_iter().map(|(id, user)| (id.into(), user.into())).collect())
    }
}
