//! The books: the ledger's lines with what they are filed under, one by one and summed up by the database.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::StoreError;
use super::columns::{IDS_AT_ONCE, currency, millis, movement_kind, sales_unit_id};
use super::schema::{attempts, events, ledger, orders};
use super::tx::Reader;
use super::uid::{Key, Uid};
use crate::domain::ids::{EventId, OrderId, SalesUnitId};
use crate::domain::ledger::MovementKind;
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::time::{Timestamp, at_millis};

/// Which lines count.
#[derive(Clone, Debug, Default)]
pub struct BooksFilter {
    /// Those that happened then or later.
    pub since: Option<Timestamp>,
    /// Those that happened before.
    pub until: Option<Timestamp>,
    /// Those of this event.
    pub event: Option<EventId>,
    /// Those of events of these groups.
    pub organizers: Option<Vec<String>>,
    /// Those of these sales units.
    pub sales_units: Option<Vec<SalesUnitId>>,
    /// True for money that is not real, which has books of its own.
    pub test_mode: bool,
}

/// What the lines of one kind come to that are filed under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed<K> {
    /// The name.
    pub under: K,
    /// Of which currency.
    pub currency: Currency,
    /// What the amounts did.
    pub kind: MovementKind,
    /// How many lines there are.
    pub lines: i64,
    /// What they come to.
    pub amount: Ore,
}

/// One line, with what it is filed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookLine {
    /// Its own id.
    pub id: uuid::Uuid,
    /// When it happened, by the provider's clock.
    pub happened_at: Timestamp,
    /// What the amount did.
    pub kind: MovementKind,
    /// How much.
    pub amount: Money,
    /// The provider's id of it.
    pub provider_event: String,
    /// The payment's name at the provider.
    pub reference: String,
    /// The order.
    pub order: OrderId,
    /// The event.
    pub event: EventId,
    /// What the event is called.
    pub event_title: String,
    /// The group that organizes it.
    pub organizer: String,
    /// The sales unit.
    pub sales_unit: SalesUnitId,
    /// True when somebody moved it in the provider's portal.
    pub elsewhere: bool,
}

/// A query over the ledger with orders and events, narrowed to what the filter wants.
macro_rules! narrowed {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter) = ($query, $filter);
        query = query.filter(orders::test_mode.eq(filter.test_mode));
        if let Some(since) = filter.since {
            query = query.filter(ledger::happened_at.ge(millis(since)));
        }
        if let Some(until) = filter.until {
            query = query.filter(ledger::happened_at.lt(millis(until)));
        }
        if let Some(event) = filter.event {
            query = query.filter(ledger::event_id.eq(Key::from(event)));
        }
        if let Some(groups) = &filter.organizers {
            query = query.filter(events::organizer.eq_any(groups.clone()));
        }
        if let Some(units) = &filter.sales_units {
            let units: Vec<String> = units.iter().map(SalesUnitId::to_string).collect();
            query = query.filter(orders::sales_unit.eq_any(units));
        }
        query
    }};
}

/// The sums of what the filter wants, filed under an expression; answers rows of name, currency, kind, count and sum.
/// Columns of several tables stand in one grouping, so they are named as the statement names them.
macro_rules! filed {
    ($reader:expr, $filter:expr, $under:literal is $kind:ty) => {{
        let query = ledger::table
            .inner_join(orders::table.on(ledger::order_id.eq(orders::id)))
            .inner_join(events::table.on(ledger::event_id.eq(events::id)))
            .group_by(sql::<Text>(concat!($under, ", ledger.currency, ledger.kind")))
            .select((
                sql::<$kind>($under),
                sql::<Text>("ledger.currency"),
                sql::<Text>("ledger.kind"),
                sql::<BigInt>("COUNT(*)"),
                sql::<BigInt>("CAST(SUM(ledger.amount) AS BIGINT)"),
            ))
            .into_boxed();
        narrowed!(query, $filter).load($reader.conn)?
    }};
}

type Sums<K> = Vec<(K, String, String, i64, i64)>;

fn read<K, N>(rows: Sums<K>, name: impl Fn(K) -> Result<N, StoreError>) -> Result<Vec<Filed<N>>, StoreError> {
    let one = |(under, code, kind, lines, amount): (K, String, String, i64, i64)| {
        let (currency, kind) = (currency(&code)?, movement_kind(&kind)?);
        Ok(Filed { under: name(under)?, currency, kind, lines, amount: Ore(amount) })
    };
    rows.into_iter().map(one).collect()
}

impl Reader<'_> {
    /// Filed by quarters of an hour, counted from 1970.
    pub fn books_by_quarter(&mut self, filter: &BooksFilter) -> Result<Vec<Filed<i64>>, StoreError> {
        let rows: Sums<i64> = filed!(self, filter, "ledger.happened_at / 900000" is BigInt);
        read(rows, Ok)
    }

    /// Filed by event.
    pub fn books_by_event(&mut self, filter: &BooksFilter) -> Result<Vec<Filed<EventId>>, StoreError> {
        let rows: Sums<Key> = filed!(self, filter, "ledger.event_id" is Uid);
        read(rows, |key| Ok(key.into()))
    }

    /// Filed by the slug of the group that organizes.
    pub fn books_by_group(&mut self, filter: &BooksFilter) -> Result<Vec<Filed<String>>, StoreError> {
        let rows: Sums<String> = filed!(self, filter, "events.organizer" is Text);
        read(rows, Ok)
    }

    /// Filed by sales unit.
    pub fn books_by_unit(&mut self, filter: &BooksFilter) -> Result<Vec<Filed<SalesUnitId>>, StoreError> {
        let rows: Sums<String> = filed!(self, filter, "orders.sales_unit" is Text);
        read(rows, |text| sales_unit_id(&text))
    }

    /// The lines themselves, as they happened.
    pub fn book_lines(
        &mut self,
        filter: &BooksFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<BookLine>, StoreError> {
        type Columns = ((Key, i64, String, i64, String, String, bool), String, (Key, String), (Key, String, String));
        let query = ledger::table
            .inner_join(orders::table.on(ledger::order_id.eq(orders::id)))
            .inner_join(events::table.on(ledger::event_id.eq(events::id)))
            .inner_join(attempts::table.on(ledger::attempt_id.eq(attempts::id)))
            .select((
                (
                    ledger::id,
                    ledger::happened_at,
                    ledger::kind,
                    ledger::amount,
                    ledger::currency,
                    ledger::provider_event,
                    ledger::elsewhere,
                ),
                attempts::reference,
                (orders::id, orders::sales_unit),
                (events::id, events::title, events::organizer),
            ))
            .into_boxed();
        let mut query = narrowed!(query, filter);
        if let Some((at, id)) = after {
            let later = ledger::happened_at.gt(at);
            query = query.filter(later.or(ledger::happened_at.eq(at).and(ledger::id.gt(Key(id)))));
        }
        let rows: Vec<Columns> = query.order((ledger::happened_at, ledger::id)).limit(limit).load(self.conn)?;
        let one = |(line, reference, (order, unit), (event, event_title, organizer)): Columns| {
            let (id, at, kind, amount, code, provider_event, elsewhere) = line;
            Ok(BookLine {
                id: id.0,
                happened_at: at_millis(at),
                kind: movement_kind(&kind)?,
                amount: Money { amount: Ore(amount), currency: currency(&code)? },
                provider_event,
                reference,
                order: order.into(),
                event: event.into(),
                event_title,
                organizer,
                sales_unit: sales_unit_id(&unit)?,
                elsewhere,
            })
        };
        rows.into_iter().map(one).collect()
    }

    /// What some events are called.
    pub fn titles_of_events(&mut self, ids: &[EventId]) -> Result<HashMap<EventId, String>, StoreError> {
        let mut titles = HashMap::new();
        for some in ids.chunks(IDS_AT_ONCE) {
            let keys: Vec<Key> = some.iter().copied().map(Key::from).collect();
            let rows: Vec<(Key, String)> =
                events::table.filter(events::id.eq_any(keys)).select((events::id, events::title)).load(self.conn)?;
            titles.extend(rows.into_iter().map(|(id, title)| (EventId::from(id), title)));
        }
        Ok(titles)
    }
}
