//! Registrations as rows. Whoever saves one also keeps the event's counts right; nothing else writes them.

mod views;

use std::collections::HashSet;

use diesel::prelude::*;

use super::StoreError;
use super::columns::{ROWS_PER_INSERT, corrupt, ended_reason, millis, opt_millis};
use super::conn::each_backend;
use super::schema::registrations;
use super::tx::{EventTx, Reader};
use super::uid::Key;
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::registration::{EndedReason, Registration, Status};
use crate::domain::time::at_millis;
pub use views::{ListPlace, RegistrationFilter, RegistrationView, Tallies};

#[derive(Queryable, Insertable)]
#[diesel(table_name = registrations, treat_none_as_default_value = false)]
pub(super) struct RegistrationRow {
    id: Key,
    event_id: Key,
    user_id: Key,
    status: String,
    ended_reason: Option<String>,
    payment_expiredate: Option<i64>,
    queue_no: Option<i64>,
    list_rank: i64,
    list_no: i64,
    allow_photo: bool,
    has_attended: bool,
    created_by_admin: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = StoreError;
    fn try_from(row: RegistrationRow) -> Result<Self, StoreError> {
        let status = match (row.status.as_str(), row.queue_no, row.payment_expiredate, row.ended_reason.as_deref()) {
            ("waitlisted", Some(queue_no), _, _) => Status::Waitlisted { queue_no },
            ("awaiting_payment", _, Some(deadline), _) => {
                Status::AwaitingPayment { payment_expiredate: at_millis(deadline) }
            }
            ("confirmed", _, _, _) => Status::Confirmed,
            ("ended", _, _, Some(reason)) => Status::Ended(ended_reason(reason)?),
            _ => return Err(corrupt("registration status", &row.status)),
        };
        Ok(Self {
            id: row.id.into(),
            event_id: row.event_id.into(),
            user_id: row.user_id.into(),
            status,
            status_since: at_millis(row.updated_at),
            allow_photo: row.allow_photo,
            has_attended: row.has_attended,
            created_by_admin: row.created_by_admin,
            created_at: at_millis(row.created_at),
        })
    }
}

/// The ranks of the list: seats come first, by the time the seat was given; confirming a payment does not move anybody.
/// Then the queue by its numbers, then the ended by their end.
const SEAT: i64 = 0;
const QUEUE: i64 = 1;
const END: i64 = 2;

fn place_in_list(registration: &Registration) -> (i64, Option<i64>) {
    match registration.status {
        Status::AwaitingPayment { .. } => (SEAT, Some(millis(registration.status_since))),
        Status::Confirmed => (SEAT, None),
        Status::Waitlisted { queue_no } => (QUEUE, Some(queue_no)),
        Status::Ended(_) => (END, Some(millis(registration.status_since))),
    }
}

impl From<&Registration> for RegistrationRow {
    fn from(registration: &Registration) -> Self {
        let (list_rank, list_no) = place_in_list(registration);
        let (ended_reason, payment_expiredate, queue_no) = match registration.status {
            Status::Waitlisted { queue_no } => (None, None, Some(queue_no)),
            Status::AwaitingPayment { payment_expiredate } => (None, Some(payment_expiredate), None),
            Status::Confirmed => (None, None, None),
            Status::Ended(reason) => (Some(reason.word().to_owned()), None, None),
        };
        Self {
            id: registration.id.into(),
            event_id: registration.event_id.into(),
            user_id: registration.user_id.into(),
            status: registration.status.word().to_owned(),
            ended_reason,
            payment_expiredate: opt_millis(payment_expiredate),
            queue_no,
            list_rank,
            list_no: list_no.unwrap_or_else(|| millis(registration.status_since)),
            allow_photo: registration.allow_photo,
            has_attended: registration.has_attended,
            created_by_admin: registration.created_by_admin,
            created_at: millis(registration.created_at),
            updated_at: millis(registration.status_since),
        }
    }
}

impl Reader<'_> {
    /// One registration.
    pub fn registration_by_id(&mut self, id: RegistrationId) -> Result<Registration, StoreError> {
        let row: RegistrationRow = registrations::table.find(Key::from(id)).first(self.conn)?;
        row.try_into()
    }

    /// Some registrations.
    pub fn registrations_by_id(&mut self, ids: &[RegistrationId]) -> Result<Vec<Registration>, StoreError> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let rows: Vec<RegistrationRow> = registrations::table.filter(registrations::id.eq_any(keys)).load(self.conn)?;
        rows.into_iter().map(Registration::try_from).collect()
    }

    /// The registration of a user at an event that has not ended.
    pub fn active_registration(&mut self, event: EventId, user: UserId) -> Result<Option<Registration>, StoreError> {
        let row: Option<RegistrationRow> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::user_id.eq(Key::from(user)))
            .filter(registrations::status.ne("ended"))
            .first(self.conn)
            .optional()?;
        row.map(Registration::try_from).transpose()
    }

    /// Those of the users who have a registration at the event that has not ended.
    pub fn signed_up_among(&mut self, event: EventId, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let keys: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let found: Vec<Key> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::user_id.eq_any(keys))
            .filter(registrations::status.ne("ended"))
            .select(registrations::user_id)
            .load(self.conn)?;
        Ok(found.into_iter().map(UserId::from).collect())
    }

    /// The newest registration of a user at an event, ended or not.
    pub fn newest_registration(&mut self, event: EventId, user: UserId) -> Result<Option<Registration>, StoreError> {
        let row: Option<RegistrationRow> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::user_id.eq(Key::from(user)))
            .order((registrations::created_at.desc(), registrations::id.desc()))
            .first(self.conn)
            .optional()?;
        row.map(Registration::try_from).transpose()
    }

    /// How many registrations of an event ended for this reason.
    pub fn count_ended(&mut self, event: EventId, reason: EndedReason) -> Result<i64, StoreError> {
        let ended = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::ended_reason.eq(reason.word()));
        Ok(ended.count().get_result(self.conn)?)
    }
}

impl EventTx<'_> {
    /// Whoever is next in the queue.
    pub fn first_in_queue(&mut self) -> Result<Option<Registration>, StoreError> {
        let event = self.event.id;
        let row: Option<RegistrationRow> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::list_rank.eq(QUEUE))
            .order((registrations::list_no, registrations::id))
            .first(self.conn)
            .optional()?;
        row.map(Registration::try_from).transpose()
    }

    /// Some of the registrations that have not ended, in list order.
    pub fn active_registrations(&mut self, limit: i64) -> Result<Vec<Registration>, StoreError> {
        let event = self.event.id;
        let rows: Vec<RegistrationRow> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::list_rank.lt(END))
            .order((registrations::list_rank, registrations::list_no, registrations::id))
            .limit(limit)
            .load(self.conn)?;
        rows.into_iter().map(Registration::try_from).collect()
    }

    /// Saves a new registration and counts it.
    pub fn insert_registration(&mut self, registration: &Registration) -> Result<(), StoreError> {
        self.insert_registrations(std::slice::from_ref(registration))
    }

    /// Saves new registrations and counts them.
    pub fn insert_registrations(&mut self, registrations: &[Registration]) -> Result<(), StoreError> {
        let rows: Vec<RegistrationRow> = registrations.iter().map(RegistrationRow::from).collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            each_backend!(&mut *self.conn, c => diesel::insert_into(registrations::table).values(rows).execute(c))?;
        }
        for registration in registrations {
            self.count(None, &registration.status);
        }
        Ok(())
    }

    /// Saves a registration that was `before`, and counts the difference.
    pub fn save_registration(&mut self, before: &Status, registration: &Registration) -> Result<(), StoreError> {
        let row = RegistrationRow::from(registration);
        // A seat keeps its place in the list when it is confirmed.
        let keeps_place = before.holds_seat() && registration.status.holds_seat();
        let list_no = if keeps_place {
            registrations::table.find(row.id).select(registrations::list_no).first(self.conn)?
        } else {
            row.list_no
        };
        diesel::update(registrations::table.find(row.id))
            .set((
                registrations::status.eq(row.status),
                registrations::ended_reason.eq(row.ended_reason),
                registrations::payment_expiredate.eq(row.payment_expiredate),
                registrations::queue_no.eq(row.queue_no),
                registrations::list_rank.eq(row.list_rank),
                registrations::list_no.eq(list_no),
                registrations::allow_photo.eq(row.allow_photo),
                registrations::has_attended.eq(row.has_attended),
                registrations::updated_at.eq(row.updated_at),
            ))
            .execute(self.conn)?;
        self.count(Some(before), &registration.status);
        Ok(())
    }

    fn count(&mut self, before: Option<&Status>, after: &Status) {
        let occupancy = &mut self.event.occupancy;
        occupancy.seats_held += i64::from(after.holds_seat()) - i64::from(before.is_some_and(Status::holds_seat));
        occupancy.waiting += i64::from(after.is_waiting()) - i64::from(before.is_some_and(Status::is_waiting));
        if let Status::Waitlisted { queue_no } = after {
            occupancy.next_queue_no = occupancy.next_queue_no.max(queue_no + 1);
        }
        self.counted = true;
    }
}
