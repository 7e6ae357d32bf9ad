//! What one person has signed up for, with the events: first what is to come, then what was. Nothing here writes.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::StoreError;
use super::columns::millis;
use super::events::EventRow;
use super::registrations::{RegistrationRow, RegistrationView};
use super::schema::{events, registrations};
use super::tx::Reader;
use super::uid::Key;
use crate::domain::event::Event;
use crate::domain::ids::{EventId, UserId};
use crate::domain::registration::Registration;

/// Which of a person's registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Those that have not ended, of events that are not over: the next one first.
    Coming,
    /// All others: the last one first.
    Earlier,
}

/// A registration with its event.
#[derive(Clone, Debug)]
pub struct OwnRegistration {
    /// The registration.
    pub view: RegistrationView,
    /// What it is for.
    pub event: Event,
}

impl OwnRegistration {
    /// Its place in the list.
    pub fn place(&self) -> (i64, uuid::Uuid) {
        (millis(self.event.details.start_date), self.view.registration.id.0)
    }
}

impl Reader<'_> {
    /// The newest registration of a user at each event, one part of them, after a start and an id.
    pub fn own_registrations(
        &mut self,
        user: UserId,
        part: Part,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<OwnRegistration>, StoreError> {
        let newer = diesel::alias!(registrations as newer);
        let created = newer.field(registrations::created_at);
        let is_later = created
            .gt(registrations::created_at)
            .or(created.eq(registrations::created_at).and(newer.field(registrations::id).gt(registrations::id)));
        let has_newer = newer
            .filter(newer.field(registrations::event_id).eq(registrations::event_id))
            .filter(newer.field(registrations::user_id).eq(registrations::user_id))
            .filter(is_later);
        let is_coming = events::end_date.gt(millis(self.now())).and(registrations::status.ne("ended"));
        let query = registrations::table
            .inner_join(events::table.on(events::id.eq(registrations::event_id)))
            .filter(registrations::user_id.eq(Key::from(user)))
            .filter(not(exists(has_newer)))
            .select((registrations::all_columns, events::all_columns))
            .into_boxed();
        let starts = events::start_date;
        let query = match part {
            Part::Coming => {
                let query = query.filter(is_coming).order((starts, registrations::id));
                match after {
                    Some((start, id)) => {
                        let same = starts.eq(start).and(registrations::id.gt(Key(id)));
                        query.filter(starts.gt(start).or(same))
                    }
                    None => query,
                }
            }
            Part::Earlier => {
                let query = query.filter(not(is_coming)).order((starts.desc(), registrations::id.desc()));
                match after {
                    Some((start, id)) => {
                        let same = starts.eq(start).and(registrations::id.lt(Key(id)));
                        query.filter(starts.lt(start).or(same))
                    }
                    None => query,
                }
            }
        };
        let rows: Vec<(RegistrationRow, EventRow)> = query.limit(limit).load(self.conn)?;
        rows.into_iter()
            .map(|(registration, event)| {
                let view = self.view_registration(Registration::try_from(registration)?)?;
                Ok(OwnRegistration { view, event: Event::try_from(event)? })
            })
            .collect()
    }

    /// The registrations of a user at some events that have not ended.
    pub fn active_registrations(&mut self, user: UserId, at: &[EventId]) -> Result<Vec<RegistrationView>, StoreError> {
        let keys: Vec<Key> = at.iter().copied().map(Key::from).collect();
        let rows: Vec<RegistrationRow> = registrations::table
            .filter(registrations::user_id.eq(Key::from(user)))
            .filter(registrations::event_id.eq_any(keys))
            .filter(registrations::status.ne("ended"))
            .load(self.conn)?;
        rows.into_iter().map(|row| self.view_registration(row.try_into()?)).collect()
    }
}
