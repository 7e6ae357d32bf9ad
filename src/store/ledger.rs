//! The ledger as rows. Lines are added and never changed: the database refuses it, whoever asks.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::StoreError;
use super::columns::{currency, millis, movement_kind};
use super::conn::each_backend;
use super::schema::ledger;
use super::tx::{EventTx, Reader};
use super::uid::Key;
use crate::domain::attempt::Attempt;
use crate::domain::ids::{AttemptId, OrderId};
use crate::domain::ledger::{Booked, Movement, MovementKind, Return, Returner, sums};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::time::{Timestamp, at_millis};

#[derive(Queryable, Insertable)]
#[diesel(table_name = ledger, treat_none_as_default_value = false)]
struct LedgerRow {
    id: Key,
    attempt_id: Key,
    order_id: Key,
    event_id: Key,
    kind: String,
    currency: String,
    amount: i64,
    provider_event: String,
    provider_key: Option<String>,
    happened_at: i64,
    recorded_at: i64,
    elsewhere: bool,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// Of which order.
    pub order: OrderId,
    /// What the amount did.
    pub kind: MovementKind,
    /// How much.
    pub amount: Money,
    /// The provider's id of it.
    pub provider_event: String,
    /// The key of the call that moved it, where the log told.
    pub provider_key: Option<String>,
    /// When it happened, by the provider's clock.
    pub happened_at: Timestamp,
    /// When it was written here.
    pub recorded_at: Timestamp,
    /// True when somebody moved it in the provider's portal.
    pub elsewhere: bool,
}

impl TryFrom<LedgerRow> for LedgerLine {
    type Error = StoreError;
    fn try_from(row: LedgerRow) -> Result<Self, StoreError> {
        Ok(Self {
            attempt: row.attempt_id.into(),
            order: row.order_id.into(),
            kind: movement_kind(&row.kind)?,
            amount: Money { amount: Ore(row.amount), currency: currency(&row.currency)? },
            provider_event: row.provider_event,
            provider_key: row.provider_key,
            happened_at: at_millis(row.happened_at),
            recorded_at: at_millis(row.recorded_at),
            elsewhere: row.elsewhere,
        })
    }
}

impl Reader<'_> {
    /// The ledger's lines of some orders, as they happened.
    pub fn ledger_of_orders(&mut self, of: &[OrderId]) -> Result<Vec<LedgerLine>, StoreError> {
        let keys: Vec<Key> = of.iter().copied().map(Key::from).collect();
        let rows: Vec<LedgerRow> = ledger::table
            .filter(ledger::order_id.eq_any(keys))
            .order((ledger::happened_at, ledger::id))
            .load(self.conn)?;
        rows.into_iter().map(LedgerLine::try_from).collect()
    }

    /// What the ledger holds of each attempt of an order.
    pub fn booked_of_order(&mut self, order: OrderId) -> Result<Vec<Booked>, StoreError> {
        Ok(booked(&self.ledger_of_orders(&[order])?))
    }
}

/// What some lines come to, for each attempt.
pub fn booked(lines: &[LedgerLine]) -> Vec<Booked> {
    let mut of_attempts: BTreeMap<AttemptId, Vec<&LedgerLine>> = BTreeMap::new();
    for line in lines {
        of_attempts.entry(line.attempt).or_default().push(line);
    }
    let one = |(attempt, lines): (AttemptId, Vec<&LedgerLine>)| Booked {
        attempt,
        sums: sums(lines.iter().map(|line| (line.kind, line.amount.amount))),
        returns: lines.iter().filter_map(|line| returned(line)).collect(),
    };
    of_attempts.into_iter().map(one).collect()
}

fn returned(line: &LedgerLine) -> Option<Return> {
    let by = Returner::of(line.provider_key.as_deref(), line.elsewhere);
    (line.kind == MovementKind::Refunded).then_some(Return { amount: line.amount.amount, by })
}

impl EventTx<'_> {
    /// Books what moved on an attempt; answers what was not booked yet.
    pub fn book(
        &mut self,
        attempt: &Attempt,
        currency: Currency,
        movements: &[Movement],
    ) -> Result<Vec<Movement>, StoreError> {
        let mut new = Vec::new();
        for movement in movements {
            let row = LedgerRow {
                id: Key(self.clock().id()),
                attempt_id: attempt.id.into(),
                order_id: attempt.order_id.into(),
                event_id: attempt.event_id.into(),
                kind: movement.kind.word().to_owned(),
                currency: currency.code().to_owned(),
                amount: movement.amount.0,
                provider_event: movement.provider_event.clone(),
                provider_key: movement.provider_key.clone(),
                happened_at: millis(movement.at),
                recorded_at: millis(self.now()),
                elsewhere: movement.elsewhere,
            };
            let insert = diesel::insert_into(ledger::table).values(&row);
            if each_backend!(&mut *self.conn, c => insert.on_conflict_do_nothing().execute(c))? == 1 {
                new.push(movement.clone());
            }
        }
        Ok(new)
    }
}
