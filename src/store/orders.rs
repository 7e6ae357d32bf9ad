//! Orders as rows, and the bells that ask for a look at one. Who holds the turn writes the order; anybody may ring.

mod sums;
mod views;

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::StoreError;
use super::columns::{attention_reason, currency, millis, opt_millis, opt_moment, order_status, sales_unit_id};
use super::schema::{attempts, orders};
use super::tx::{EventTx, Reader, Tx};
use super::uid::Key;
use crate::domain::attention::Attention;
use crate::domain::ids::{EventId, OrderId, RegistrationId, SalesUnitId};
use crate::domain::money::{Money, Ore};
use crate::domain::order::Order;
use crate::domain::time::{Timestamp, at_millis};
pub use sums::{OrderSums, Total};
pub use views::{OrderFilter, OrderView};

#[derive(Queryable, Insertable)]
#[diesel(table_name = orders)]
pub(super) struct OrderRow {
    id: Key,
    registration_id: Key,
    event_id: Key,
    user_id: Key,
    price: i64,
    currency: String,
    status: String,
    pay_token: String,
    sale: bool,
    give_back_all: bool,
    needs_attention: Option<String>,
    needs_attention_since: Option<i64>,
    check_at: Option<i64>,
    bells: i64,
    bells_heard: i64,
    looked_at: Option<i64>,
    look_failures: i64,
    claim: Option<Key>,
    claimed_until: i64,
    created_at: i64,
    updated_at: i64,
    settled_elsewhere: Option<i64>,
    sales_unit: String,
    test_mode: Option<bool>,
}

impl TryFrom<OrderRow> for Order {
    type Error = StoreError;
    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let needs_attention = match (row.needs_attention, row.needs_attention_since) {
            (Some(reason), Some(since)) => {
                Some(Attention { reason: attention_reason(&reason)?, since: at_millis(since) })
            }
            _ => None,
        };
        Ok(Self {
            id: row.id.into(),
            registration_id: row.registration_id.into(),
            event_id: row.event_id.into(),
            user_id: row.user_id.into(),
            price: Money { amount: Ore(row.price), currency: currency(&row.currency)? },
            status: order_status(&row.status)?,
            pay_token: row.pay_token,
            sale: row.sale,
            give_back_all: row.give_back_all,
            needs_attention,
            settled_elsewhere: row.settled_elsewhere.map(Ore),
            sales_unit: sales_unit_id(&row.sales_unit)?,
            // Until the server has said it, what is from before is taken for real.
            test_mode: row.test_mode.unwrap_or_default(),
            check_at: opt_moment(row.check_at),
            bells: row.bells,
            bells_heard: row.bells_heard,
            looked_at: opt_moment(row.looked_at),
            look_failures: row.look_failures,
            created_at: at_millis(row.created_at),
        })
    }
}

/// A look that one process may do now.
#[derive(Clone, Debug)]
pub struct Look {
    /// At which order.
    pub order: OrderId,
    /// Of which event.
    pub event: EventId,
    /// Whose provider is asked.
    pub sales_unit: SalesUnitId,
    /// What the look's result is written under.
    pub claim: uuid::Uuid,
    /// The bells that this look answers.
    pub bells: i64,
    /// True when somebody rang since the last look.
    pub rung: bool,
}

impl Reader<'_> {
    /// One order.
    pub fn order_by_id(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row: Option<OrderRow> = orders::table.find(Key::from(id)).first(self.conn).optional()?;
        row.map(Order::try_from).transpose()
    }

    /// The order with this payment link.
    pub fn order_by_token(&mut self, token: &str) -> Result<Option<Order>, StoreError> {
        let row: Option<OrderRow> = orders::table.filter(orders::pay_token.eq(token)).first(self.conn).optional()?;
        row.map(Order::try_from).transpose()
    }

    /// The order of a registration.
    pub fn order_of_registration(&mut self, id: RegistrationId) -> Result<Option<Order>, StoreError> {
        let row: Option<OrderRow> =
            orders::table.filter(orders::registration_id.eq(Key::from(id))).first(self.conn).optional()?;
        row.map(Order::try_from).transpose()
    }

    /// The orders whose look is due: those somebody rang for, and then the longest due. A bell does not wait behind a
    /// thousand routine questions.
    pub fn orders_due(
        &mut self,
        now: Timestamp,
        machine_now: Timestamp,
        limit: i64,
    ) -> Result<Vec<OrderId>, StoreError> {
        let due = || {
            orders::table
                .filter(orders::check_at.le(millis(now)))
                .filter(orders::claimed_until.lt(millis(machine_now)))
                .order(orders::check_at)
                .select(orders::id)
        };
        // Each in the order of an index: sorting what is due would take longer the more there is.
        let mut ids: Vec<Key> = due().filter(orders::bells.gt(orders::bells_heard)).limit(limit).load(self.conn)?;
        let routine: Vec<Key> = due().limit(limit).load(self.conn)?;
        ids.extend(routine);
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        ids.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(ids.into_iter().map(OrderId::from).collect())
    }

    /// When the next look is due.
    pub fn next_look_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = orders::table
            .filter(orders::check_at.is_not_null())
            .select(diesel::dsl::min(orders::check_at))
            .first(self.conn)?;
        Ok(opt_moment(next))
    }

    /// The nearest look that answers a bell: what a ring caused and is only held back by the pace of questions.
    pub fn next_rung_look_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = orders::table
            .filter(orders::check_at.is_not_null())
            .filter(orders::bells.gt(orders::bells_heard))
            .filter(orders::look_failures.eq(0))
            .select(diesel::dsl::min(orders::check_at))
            .first(self.conn)?;
        Ok(opt_moment(next))
    }
}

/// What a bell changes about an order. One question a second: a ring within that second is served by the next question.
macro_rules! rung {
    ($now:expr) => {{
        let apart = crate::domain::look::LOOKS_APART_MIN.num_milliseconds();
        let next_question = orders::looked_at + Some(apart);
        let now = $now.into_sql::<Nullable<BigInt>>();
        (
            orders::bells.eq(orders::bells + 1),
            orders::check_at.eq(case_when(orders::looked_at.gt($now - apart), next_question).otherwise(now)),
        )
    }};
}

impl Tx<'_> {
    /// Says that something may have happened: the order is looked at soon. Answers the number of this bell.
    pub fn ring(&mut self, order: OrderId) -> Result<i64, StoreError> {
        let now = millis(self.now());
        let rung = diesel::update(orders::table.find(Key::from(order))).set(rung!(now)).returning(orders::bells);
        let bells: Option<i64> = rung.get_result(self.conn).optional()?;
        Ok(bells.unwrap_or_default())
    }

    /// Rings for the attempt with this reference; false when nobody knows it.
    pub fn ring_reference(&mut self, reference: &str) -> Result<bool, StoreError> {
        let now = millis(self.now());
        let order = attempts::table.filter(attempts::reference.eq(reference)).select(attempts::order_id);
        let of_reference = orders::table.filter(orders::id.eq_any(order));
        Ok(diesel::update(of_reference).set(rung!(now)).execute(self.conn)? > 0)
    }

    /// Takes a due order for one look; empty when somebody else has it or it is no longer due.
    pub fn claim_look(&mut self, order: OrderId, for_how_long: TimeDelta) -> Result<Option<Look>, StoreError> {
        let (now, machine_now) = (millis(self.now()), self.clock().machine_now());
        let claim = self.clock().id();
        let rows: Vec<(Key, String, i64, i64)> = diesel::update(orders::table.find(Key::from(order)))
            .filter(orders::claimed_until.lt(millis(machine_now)))
            .filter(orders::check_at.le(now))
            .set((
                orders::claim.eq(Key(claim)),
                orders::claimed_until.eq(millis(machine_now + for_how_long)),
                orders::looked_at.eq(now),
            ))
            .returning((orders::event_id, orders::sales_unit, orders::bells, orders::bells_heard))
            .load(self.conn)?;
        let Some((event, unit, bells, heard)) = rows.into_iter().next() else { return Ok(None) };
        let sales_unit = sales_unit_id(&unit)?;
        Ok(Some(Look { order, event: event.into(), sales_unit, claim, bells, rung: bells > heard }))
    }

    /// Ends a look that got no answer: the bells stay unheard, and the next look comes after a pause that grows
    /// and is never shorter than what the provider asks for. A bell that rang meanwhile may be the provider, back
    /// again: it waits only for what the provider asks. Answers how many failed in a row.
    pub fn postpone_look(&mut self, look: &Look, asks_for: TimeDelta) -> Result<i64, StoreError> {
        let target = orders::table.find(Key::from(look.order)).filter(orders::claim.eq(Key(look.claim)));
        let failures: Option<i64> = target.select(orders::look_failures).first(self.conn).optional()?;
        let failures = failures.unwrap_or_default() + 1;
        let soonest = millis(self.now() + asks_for);
        let later = millis(self.now() + crate::domain::look::backoff(failures).max(asks_for));
        let rung = || orders::bells.gt(look.bells);
        let check_at = case_when(rung().and(orders::check_at.ge(soonest)), orders::check_at)
            .when(rung(), soonest.into_sql::<Nullable<BigInt>>())
            .otherwise(later.into_sql::<Nullable<BigInt>>());
        diesel::update(target)
            .set((
                orders::claim.eq(None::<Key>),
                orders::claimed_until.eq(0),
                orders::look_failures.eq(failures),
                orders::check_at.eq(check_at),
            ))
            .execute(self.conn)?;
        Ok(failures)
    }
}

impl EventTx<'_> {
    /// Saves a new order.
    pub fn insert_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let row = OrderRow {
            id: order.id.into(),
            registration_id: order.registration_id.into(),
            event_id: order.event_id.into(),
            user_id: order.user_id.into(),
            price: order.price.amount.0,
            currency: order.price.currency.code().to_owned(),
            status: order.status.word().to_owned(),
            pay_token: order.pay_token.clone(),
            sale: order.sale,
            give_back_all: order.give_back_all,
            needs_attention: None,
            needs_attention_since: None,
            check_at: opt_millis(order.check_at),
            bells: 0,
            bells_heard: 0,
            looked_at: None,
            look_failures: 0,
            claim: None,
            claimed_until: 0,
            created_at: millis(order.created_at),
            updated_at: millis(order.created_at),
            settled_elsewhere: None,
            sales_unit: order.sales_unit.to_string(),
            test_mode: Some(order.test_mode),
        };
        diesel::insert_into(orders::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Saves an order. While a bell is unheard the time of its look stays: somebody may have rung just now.
    pub fn save_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let attention = order.needs_attention.as_ref();
        let check_at = opt_millis(order.check_at).into_sql::<Nullable<BigInt>>();
        let unless_rung = case_when(orders::bells.gt(orders::bells_heard), orders::check_at).otherwise(check_at);
        diesel::update(orders::table.find(Key::from(order.id)))
            .set((
                orders::status.eq(order.status.word()),
                orders::sale.eq(order.sale),
                orders::give_back_all.eq(order.give_back_all),
                orders::needs_attention.eq(attention.map(|attention| attention.reason.word())),
                orders::needs_attention_since.eq(attention.map(|attention| millis(attention.since))),
                orders::settled_elsewhere.eq(order.settled_elsewhere.map(|left| left.0)),
                orders::check_at.eq(unless_rung),
                orders::updated_at.eq(millis(self.now())),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// True while this look's claim still stands.
    pub fn holds_look(&mut self, look: &Look) -> Result<bool, StoreError> {
        let claim: Option<Key> = orders::table.find(Key::from(look.order)).select(orders::claim).first(self.conn)?;
        Ok(claim == Some(Key(look.claim)))
    }

    /// Ends a look whose questions were answered: its bells are heard. Comes before the order is saved.
    pub fn end_look(&mut self, look: &Look) -> Result<(), StoreError> {
        diesel::update(orders::table.find(Key::from(look.order)))
            .set((
                orders::claim.eq(None::<Key>),
                orders::claimed_until.eq(0),
                orders::bells_heard.eq(look.bells),
                orders::look_failures.eq(0),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}
