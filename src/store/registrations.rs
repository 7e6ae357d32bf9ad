//! Registrations as rows. Whoever saves one also keeps the event's counts right; nothing else writes them.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{corrupt, ended_reason, millis, opt_millis};
use super::schema::{orders, registrations, users};
use super::tx::{EventTx, Reader};
use super::uid::Key;
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::registration::{Registration, Status};
use crate::domain::time::at_millis;

#[derive(Queryable, Insertable)]
#[diesel(table_name = registrations)]
struct RegistrationRow {
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

// Seats come first, by the time the seat was given; confirming a payment does not move anybody. Then the queue by its
// numbers, then the ended by their end.
fn place_in_list(registration: &Registration) -> (i64, Option<i64>) {
    match registration.status {
        Status::AwaitingPayment { .. } => (0, Some(millis(registration.status_since))),
        Status::Confirmed => (0, None),
        Status::Waitlisted { queue_no } => (1, Some(queue_no)),
        Status::Ended(_) => (2, Some(millis(registration.status_since))),
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
    pub order: Option<crate::domain::order::Order>,
    /// The place in the queue, from 1.
    pub wait_queue_number: Option<i64>,
}

/// Which registrations of an event to list.
#[derive(Clone, Debug, Default)]
pub struct RegistrationFilter {
    /// Those with this status; empty means the active ones.
    pub status: Option<String>,
    /// Those that are paid, or not.
    pub has_paid: Option<bool>,
    /// Those who were there, or not.
    pub has_attended: Option<bool>,
    /// Those whose name says this.
    pub words: Option<String>,
}

/// A place in the list of an event's registrations: rank, number, id.
pub type ListPlace = (i64, i64, uuid::Uuid);

impl Reader<'_> {
    /// One registration.
    pub fn registration_by_id(&mut self, id: RegistrationId) -> Result<Registration, StoreError> {
        let row: RegistrationRow = registrations::table.find(Key::from(id)).first(self.conn)?;
        row.try_into()
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

    /// What an answer about the registration shows.
    pub fn view_registration(&mut self, registration: Registration) -> Result<RegistrationView, StoreError> {
        let (first_name, last_name) = users::table
            .find(Key::from(registration.user_id))
            .select((users::first_name, users::last_name))
            .first::<(String, String)>(self.conn)?;
        let order = self.order_of_registration(registration.id)?;
        let is_paid_event = order.is_some() || self.event_is_paid(registration.event_id)?;
        let wait_queue_number = match registration.status {
            Status::Waitlisted { queue_no } => Some(self.place_in_queue(registration.event_id, queue_no)?),
            Status::AwaitingPayment { .. } | Status::Confirmed | Status::Ended(_) => None,
        };
        Ok(RegistrationView { registration, first_name, last_name, is_paid_event, order, wait_queue_number })
    }

    fn event_is_paid(&mut self, event: EventId) -> Result<bool, StoreError> {
        use super::schema::events;
        let price: Option<i64> = events::table.find(Key::from(event)).select(events::price).first(self.conn)?;
        Ok(price.is_some())
    }

    /// How many wait before this number, plus one.
    pub fn place_in_queue(&mut self, event: EventId, queue_no: i64) -> Result<i64, StoreError> {
        let before: i64 = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::status.eq("waitlisted"))
            .filter(registrations::queue_no.lt(queue_no))
            .count()
            .get_result(self.conn)?;
        Ok(before + 1)
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
            .select(registrations::all_columns)
            .into_boxed();
        query = match &filter.status {
            Some(status) => query.filter(registrations::status.eq(status.clone())),
            None => query.filter(registrations::list_rank.lt(2)),
        };
        if let Some(attended) = filter.has_attended {
            query = query.filter(registrations::has_attended.eq(attended));
        }
        let paid_words = ["RESERVED", "CAPTURE", "SALE"];
        match filter.has_paid {
            Some(true) => query = query.filter(orders::status.eq_any(paid_words)),
            Some(false) => query = query.filter(orders::status.is_null().or(orders::status.ne_all(paid_words))),
            None => {}
        }
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
        let rows: Vec<RegistrationRow> = query.load(self.conn)?;
        let mut found = Vec::new();
        for row in rows {
            let place = (row.list_rank, row.list_no, row.id.0);
            let view = self.view_registration(row.try_into()?)?;
            let name = format!("{} {}", view.first_name, view.last_name).to_lowercase();
            if filter.words.as_ref().is_none_or(|words| name.contains(&words.to_lowercase())) {
                found.push((place, view));
            }
            if i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit {
                break;
            }
        }
        Ok(found)
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
            .filter(registrations::user_id.eq(Key::from(user)))
            .filter(diesel::dsl::not(diesel::dsl::exists(has_newer)))
            .into_boxed();
        if active_only {
            query = query.filter(registrations::status.ne("ended"));
        }
        if let Some((created, id)) = after {
            let earlier = registrations::created_at.lt(created);
            let same = registrations::created_at.eq(created).and(registrations::id.lt(Key(id)));
            query = query.filter(earlier.or(same));
        }
        let rows: Vec<RegistrationRow> =
            query.order((registrations::created_at.desc(), registrations::id.desc())).limit(limit).load(self.conn)?;
        rows.into_iter()
            .map(|row| Registration::try_from(row).and_then(|found| self.view_registration(found)))
            .collect()
    }
}

impl EventTx<'_> {
    /// Whoever is next in the queue.
    pub fn first_in_queue(&mut self) -> Result<Option<Registration>, StoreError> {
        let event = self.event.id;
        let row: Option<RegistrationRow> = registrations::table
            .filter(registrations::event_id.eq(Key::from(event)))
            .filter(registrations::status.eq("waitlisted"))
            .order(registrations::queue_no)
            .first(self.conn)
            .optional()?;
        row.map(Registration::try_from).transpose()
    }

    /// Saves a new registration and counts it.
    pub fn insert_registration(&mut self, registration: &Registration) -> Result<(), StoreError> {
        diesel::insert_into(registrations::table).values(RegistrationRow::from(registration)).execute(self.conn)?;
        self.count(None, &registration.status);
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
