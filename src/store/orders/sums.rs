//! What became of the money of many orders, summed up by the database. The rules are those of one order, in
//! `domain/order.rs`: a sale counts by its record, everything else by its attempts.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::views::{OrderFilter, narrowed};
use crate::domain::money::{Currency, Ore};
use crate::store::StoreError;
use crate::store::columns::{IDS_AT_ONCE, currency};
use crate::store::schema::{attempts, events, orders, refunds, registrations, users};
use crate::store::tx::Reader;
use crate::store::uid::Key;

/// What many orders in one currency come to. Real money and test money are never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// Of all of it.
    pub currency: Currency,
    /// True where none of it is real.
    pub test_mode: bool,
    /// How much.
    pub sums: OrderSums,
}

/// The sums of many orders in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderSums {
    /// How many orders.
    pub count: i64,
    /// What is owed for seats that are held and not paid.
    pub outstanding: Ore,
    /// Approved, and neither taken nor released yet.
    pub reserved: Ore,
    /// Taken by the provider.
    pub captured: Ore,
    /// Given back by the provider.
    pub refunded: Ore,
    /// Recorded as paid outside the provider.
    pub outside: Ore,
    /// Recorded as given back outside the provider.
    pub outside_refunded: Ore,
}

impl OrderSums {
    /// What came in and stayed.
    pub fn kept(&self) -> Ore {
        self.captured + self.outside - self.refunded - self.outside_refunded
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.outstanding = self.outstanding + other.outstanding;
        self.reserved = self.reserved + other.reserved;
        self.captured = self.captured + other.captured;
        self.refunded = self.refunded + other.refunded;
        self.outside = self.outside + other.outside;
        self.outside_refunded = self.outside_refunded + other.outside_refunded;
    }
}

/// The sums of each currency that there is, the real ones first.
type Sums = BTreeMap<(bool, &'static str), Total>;

/// The currency of a sum, and whether it is of test money.
type Kind = (String, Option<bool>);

const OUTSTANDING: &str = "CAST(SUM(CASE WHEN NOT orders.sale AND registrations.status = 'awaiting_payment' \
    THEN orders.price ELSE 0 END) AS BIGINT)";
const OUTSIDE: &str = "CAST(SUM(CASE WHEN orders.sale THEN orders.price ELSE 0 END) AS BIGINT)";
const RESERVED: &str = "CAST(SUM(CASE WHEN attempts.authorized > attempts.captured + attempts.cancelled \
    THEN attempts.authorized - attempts.captured - attempts.cancelled ELSE 0 END) AS BIGINT)";

impl Reader<'_> {
    /// What all orders come to that the filter wants, for each currency and for real and test money.
    pub fn order_sums(&mut self, filter: &OrderFilter) -> Result<Vec<Total>, StoreError> {
        let mut sums = Sums::new();
        if filter.words.is_none() {
            self.add_sums(&mut sums, filter, None)?;
        } else {
            let found = self.orders_about(filter)?;
            for some in found.chunks(IDS_AT_ONCE) {
                self.add_sums(&mut sums, filter, Some(some))?;
            }
        }
        Ok(sums.into_values().collect())
    }

    // The orders that the words of the filter are about.
    fn orders_about(&mut self, filter: &OrderFilter) -> Result<Vec<Key>, StoreError> {
        let query = orders::table
            .inner_join(events::table)
            .inner_join(users::table)
            .select((orders::id, events::title, users::first_name, users::last_name))
            .into_boxed();
        let mut rows: Vec<(Key, String, String, String)> = narrowed!(query, filter).load(self.conn)?;
        rows.retain(|(id, title, first, last)| filter.is_about(*id, title, first, last));
        Ok(rows.into_iter().map(|(id, ..)| id).collect())
    }

    fn add_sums(&mut self, sums: &mut Sums, filter: &OrderFilter, only: Option<&[Key]>) -> Result<(), StoreError> {
        let of_orders = orders::table
            .inner_join(events::table)
            .inner_join(registrations::table)
            .group_by((orders::currency, orders::test_mode))
            .select((
                (orders::currency, orders::test_mode),
                sql::<BigInt>("COUNT(*)"),
                sql::<BigInt>(OUTSTANDING),
                sql::<BigInt>(OUTSIDE),
            ))
            .into_boxed();
        let mut of_orders = narrowed!(of_orders, filter);
        let of_attempts = attempts::table
            .inner_join(orders::table.on(attempts::order_id.eq(orders::id)))
            .inner_join(events::table.on(orders::event_id.eq(events::id)))
            .filter(orders::sale.eq(false))
            .filter(attempts::authorized.gt(0))
            .group_by((orders::currency, orders::test_mode))
            .select((
                (orders::currency, orders::test_mode),
                sql::<BigInt>(RESERVED),
                sql::<BigInt>("CAST(SUM(attempts.captured) AS BIGINT)"),
                sql::<BigInt>("CAST(SUM(attempts.refunded) AS BIGINT)"),
            ))
            .into_boxed();
        let mut of_attempts = narrowed!(of_attempts, filter);
        let of_records = refunds::table
            .inner_join(orders::table.on(refunds::order_id.eq(orders::id)))
            .inner_join(events::table.on(orders::event_id.eq(events::id)))
            .filter(orders::sale.eq(true))
            .filter(refunds::status.eq("done"))
            .group_by((orders::currency, orders::test_mode))
            .select(((orders::currency, orders::test_mode), sql::<BigInt>("CAST(SUM(refunds.amount) AS BIGINT)")))
            .into_boxed();
        let mut of_records = narrowed!(of_records, filter);
        if let Some(only) = only {
            of_orders = of_orders.filter(orders::id.eq_any(only.to_vec()));
            of_attempts = of_attempts.filter(orders::id.eq_any(only.to_vec()));
            of_records = of_records.filter(orders::id.eq_any(only.to_vec()));
        }
        for (kind, count, outstanding, outside) in of_orders.load::<(Kind, i64, i64, i64)>(self.conn)? {
            let part =
                OrderSums { count, outstanding: Ore(outstanding), outside: Ore(outside), ..OrderSums::default() };
            add_part(sums, &kind, &part)?;
        }
        for (kind, reserved, captured, refunded) in of_attempts.load::<(Kind, i64, i64, i64)>(self.conn)? {
            let part = OrderSums {
                reserved: Ore(reserved),
                captured: Ore(captured),
                refunded: Ore(refunded),
                ..OrderSums::default()
            };
            add_part(sums, &kind, &part)?;
        }
        for (kind, recorded) in of_records.load::<(Kind, i64)>(self.conn)? {
            add_part(sums, &kind, &OrderSums { outside_refunded: Ore(recorded), ..OrderSums::default() })?;
        }
        Ok(())
    }
}

fn add_part(sums: &mut Sums, (code, test_mode): &Kind, part: &OrderSums) -> Result<(), StoreError> {
    let (currency, test_mode) = (currency(code)?, test_mode.unwrap_or_default());
    let none_yet = Total { currency, test_mode, sums: OrderSums::default() };
    sums.entry((test_mode, currency.code())).or_insert(none_yet).sums.add(part);
    Ok(())
}
