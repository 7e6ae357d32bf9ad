//! Attempts and refunds as rows. Only who holds the event's turn writes them.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{attempt_state, ended_how, flow, millis, opt_millis, opt_moment, provider, refund_status};
use super::schema::{attempts, orders, refunds};
use super::tx::{EventTx, Reader};
use super::uid::Key;
use crate::domain::attempt::{Attempt, AttemptState, End};
use crate::domain::charge::Charge;
use crate::domain::ids::{AttemptId, EventId, OrderId, Reference, RegistrationId, UserId};
use crate::domain::money::Ore;
use crate::domain::order::Refund;
use crate::domain::sales_unit::Provider;
use crate::domain::snapshot::Amounts;
use crate::domain::time::{Timestamp, at_millis};

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = attempts, treat_none_as_null = true)]
struct AttemptRow {
    id: Key,
    order_id: Key,
    event_id: Key,
    user_id: Key,
    reference: String,
    state: String,
    request_body: String,
    create_key: String,
    redirect_url: Option<String>,
    create_ended_at: Option<i64>,
    session_began_at: Option<i64>,
    opened_at: Option<i64>,
    giving_up: bool,
    paced_until: Option<i64>,
    authorized: i64,
    captured: i64,
    refunded: i64,
    cancelled: i64,
    created_at: i64,
    updated_at: i64,
    provider: String,
    provider_id: Option<String>,
    flow: String,
    retries: i64,
    failed_at: Option<i64>,
    retried_at: Option<i64>,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = StoreError;
    fn try_from(row: AttemptRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            order_id: row.order_id.into(),
            event_id: row.event_id.into(),
            user_id: row.user_id.into(),
            provider: provider(&row.provider)?,
            flow: flow(&row.flow)?,
            reference: Reference(row.reference),
            provider_id: row.provider_id,
            state: ended_how(attempt_state(&row.state)?, row.failed_at),
            request_body: row.request_body,
            create_key: row.create_key,
            redirect_url: row.redirect_url,
            create_ended_at: opt_moment(row.create_ended_at),
            session_began_at: opt_moment(row.session_began_at),
            opened_at: opt_moment(row.opened_at),
            giving_up: row.giving_up,
            paced_until: opt_moment(row.paced_until),
            amounts: Amounts {
                authorized: Ore(row.authorized),
                captured: Ore(row.captured),
                refunded: Ore(row.refunded),
                cancelled: Ore(row.cancelled),
            },
            created_at: at_millis(row.created_at),
            charge: Charge {
                retries: row.retries,
                failed_at: opt_moment(row.failed_at),
                retried_at: opt_moment(row.retried_at),
            },
        })
    }
}

fn state_word(state: AttemptState) -> &'static str {
    let written = if state == AttemptState::Dead(End::Failed) { AttemptState::Dead(End::Terminated) } else { state };
    written.word()
}

impl AttemptRow {
    fn new(attempt: &Attempt, now: Timestamp) -> Self {
        Self {
            id: attempt.id.into(),
            order_id: attempt.order_id.into(),
            event_id: attempt.event_id.into(),
            user_id: attempt.user_id.into(),
            reference: attempt.reference.0.clone(),
            state: state_word(attempt.state).to_owned(),
            request_body: if attempt.forgets_request() { String::new() } else { attempt.request_body.clone() },
            create_key: attempt.create_key.clone(),
            redirect_url: attempt.redirect_url.clone(),
            create_ended_at: opt_millis(attempt.create_ended_at),
            session_began_at: opt_millis(attempt.session_began_at),
            opened_at: opt_millis(attempt.opened_at),
            giving_up: attempt.giving_up,
            paced_until: opt_millis(attempt.paced_until),
            authorized: attempt.amounts.authorized.0,
            captured: attempt.amounts.captured.0,
            refunded: attempt.amounts.refunded.0,
            cancelled: attempt.amounts.cancelled.0,
            created_at: millis(attempt.created_at),
            updated_at: millis(now),
            provider: attempt.provider.word().to_owned(),
            provider_id: attempt.provider_id.clone(),
            flow: attempt.flow.word().to_owned(),
            retries: attempt.charge.retries,
            failed_at: opt_millis(attempt.charge.failed_at),
            retried_at: opt_millis(attempt.charge.retried_at),
        }
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = refunds, treat_none_as_null = true)]
struct RefundRow {
    id: Key,
    order_id: Key,
    amount: i64,
    reason: String,
    status: String,
    refunded_before: Option<i64>,
    requested_by: Option<Key>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<RefundRow> for Refund {
    type Error = StoreError;
    fn try_from(row: RefundRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            amount: Ore(row.amount),
            reason: row.reason,
            status: refund_status(&row.status)?,
            refunded_before: row.refunded_before.map(Ore),
            requested_by: row.requested_by.map(UserId::from),
            created_at: at_millis(row.created_at),
        })
    }
}

impl RefundRow {
    fn new(order: OrderId, refund: &Refund, now: Timestamp) -> Self {
        Self {
            id: refund.id.into(),
            order_id: order.into(),
            amount: refund.amount.0,
            reason: refund.reason.clone(),
            status: refund.status.word().to_owned(),
            refunded_before: refund.refunded_before.map(|amount| amount.0),
            requested_by: refund.requested_by.map(Key::from),
            created_at: millis(refund.created_at),
            updated_at: millis(now),
        }
    }
}

impl Reader<'_> {
    /// One attempt.
    pub fn attempt_by_id(&mut self, id: AttemptId) -> Result<Attempt, StoreError> {
        let row: AttemptRow = attempts::table.find(Key::from(id)).first(self.conn)?;
        row.try_into()
    }

    /// The attempts of an order, oldest first.
    pub fn attempts_of_order(&mut self, order: OrderId) -> Result<Vec<Attempt>, StoreError> {
        let rows: Vec<AttemptRow> = attempts::table
            .filter(attempts::order_id.eq(Key::from(order)))
            .order((attempts::created_at, attempts::id))
            .load(self.conn)?;
        rows.into_iter().map(Attempt::try_from).collect()
    }

    /// The attempts of some orders, oldest first.
    pub fn attempts_of_orders(&mut self, of: &[OrderId]) -> Result<Vec<Attempt>, StoreError> {
        let keys: Vec<Key> = of.iter().copied().map(Key::from).collect();
        let rows: Vec<AttemptRow> = attempts::table
            .filter(attempts::order_id.eq_any(keys))
            .order((attempts::created_at, attempts::id))
            .load(self.conn)?;
        rows.into_iter().map(Attempt::try_from).collect()
    }

    /// True when some attempt of the user at the event can take money.
    pub fn has_live_attempt(&mut self, event: EventId, user: UserId) -> Result<bool, StoreError> {
        Ok(self.order_of_live_attempt(event, user)?.is_some())
    }

    /// The order whose attempt holds back the plans of a user at an event: it can take money.
    pub fn order_of_live_attempt(&mut self, event: EventId, user: UserId) -> Result<Option<OrderId>, StoreError> {
        let order: Option<Key> = attempts::table
            .filter(attempts::event_id.eq(Key::from(event)))
            .filter(attempts::user_id.eq(Key::from(user)))
            .filter(attempts::state.eq_any(["sent", "open", "authorized"]))
            .select(attempts::order_id)
            .first(self.conn)
            .optional()?;
        Ok(order.map(OrderId::from))
    }

    /// Over which provider the newest payment for a registration was planned; empty when none was.
    pub fn provider_of_registration(&mut self, id: RegistrationId) -> Result<Option<Provider>, StoreError> {
        let word: Option<String> = attempts::table
            .inner_join(orders::table.on(attempts::order_id.eq(orders::id)))
            .filter(orders::registration_id.eq(Key::from(id)))
            .order((attempts::created_at.desc(), attempts::id.desc()))
            .select(attempts::provider)
            .first(self.conn)
            .optional()?;
        word.map(|word| provider(&word)).transpose()
    }

    /// The planned attempts of a user at an event, oldest first.
    pub fn planned_attempts(&mut self, event: EventId, user: UserId) -> Result<Vec<Attempt>, StoreError> {
        let rows: Vec<AttemptRow> = attempts::table
            .filter(attempts::event_id.eq(Key::from(event)))
            .filter(attempts::user_id.eq(Key::from(user)))
            .filter(attempts::state.eq("planned"))
            .order((attempts::created_at, attempts::id))
            .load(self.conn)?;
        rows.into_iter().map(Attempt::try_from).collect()
    }

    /// The refunds of an order, oldest first.
    pub fn refunds_of_order(&mut self, order: OrderId) -> Result<Vec<Refund>, StoreError> {
        let rows: Vec<RefundRow> = refunds::table
            .filter(refunds::order_id.eq(Key::from(order)))
            .order((refunds::created_at, refunds::id))
            .load(self.conn)?;
        rows.into_iter().map(Refund::try_from).collect()
    }

    /// The refunds of some orders, oldest first, each with its order.
    pub fn refunds_of_orders(&mut self, of: &[OrderId]) -> Result<Vec<(OrderId, Refund)>, StoreError> {
        let keys: Vec<Key> = of.iter().copied().map(Key::from).collect();
        let rows: Vec<RefundRow> = refunds::table
            .filter(refunds::order_id.eq_any(keys))
            .order((refunds::created_at, refunds::id))
            .load(self.conn)?;
        rows.into_iter().map(|row| Ok((row.order_id.into(), Refund::try_from(row)?))).collect()
    }
}

impl EventTx<'_> {
    /// Saves a new attempt.
    pub fn insert_attempt(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        let row = AttemptRow::new(attempt, self.now());
        diesel::insert_into(attempts::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves an attempt.
    pub fn save_attempt(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        let row = AttemptRow::new(attempt, self.now());
        diesel::update(attempts::table.find(row.id)).set(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves a new refund.
    pub fn insert_refund(&mut self, order: OrderId, refund: &Refund) -> Result<(), StoreError> {
        let row = RefundRow::new(order, refund, self.now());
        diesel::insert_into(refunds::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves a refund.
    pub fn save_refund(&mut self, order: OrderId, refund: &Refund) -> Result<(), StoreError> {
        let row = RefundRow::new(order, refund, self.now());
        diesel::update(refunds::table.find(row.id)).set(row).execute(self.conn)?;
        Ok(())
    }
}
