//! Figures for whoever watches the house: how much waits, and for how long. A few counts, no rows.

use diesel::dsl::{count_star, min};
use diesel::prelude::*;

use super::StoreError;
use super::columns::millis;
use super::schema::{orders, outbox};
use super::tx::Reader;
use crate::domain::time::Timestamp;

/// How much of one kind the outbox holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxCount {
    /// The kind's word.
    pub kind: String,
    /// True for those that wait for a person.
    pub is_parked: bool,
    /// How many.
    pub count: i64,
    /// When the oldest was enqueued, in milliseconds.
    pub oldest: i64,
}

impl Reader<'_> {
    /// How many orders need a person, by reason.
    pub fn count_needing_attention(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let found: Vec<(Option<String>, i64)> = orders::table
            .filter(orders::needs_attention.is_not_null())
            .group_by(orders::needs_attention)
            .select((orders::needs_attention, count_star()))
            .load(self.conn)?;
        Ok(found.into_iter().filter_map(|(reason, count)| Some((reason?, count))).collect())
    }

    /// What the outbox holds, by kind.
    pub fn outbox_by_kind(&mut self) -> Result<Vec<OutboxCount>, StoreError> {
        type Counted = Vec<(String, i64, Option<i64>)>;
        let waiting: Counted = outbox::table
            .filter(outbox::parked_at.is_null())
            .group_by(outbox::kind)
            .select((outbox::kind, count_star(), min(outbox::created_at)))
            .load(self.conn)?;
        let parked: Counted = outbox::table
            .filter(outbox::parked_at.is_not_null())
            .group_by(outbox::kind)
            .select((outbox::kind, count_star(), min(outbox::created_at)))
            .load(self.conn)?;
        let mut counts = Vec::new();
        for (is_parked, found) in [(false, waiting), (true, parked)] {
            counts.extend(found.into_iter().map(|(kind, count, oldest)| OutboxCount {
                kind,
                is_parked,
                count,
                oldest: oldest.unwrap_or_default(),
            }));
        }
        Ok(counts)
    }

    /// How many orders are due for a look, and since when the longest due is, in milliseconds.
    pub fn count_looks_due(&mut self, now: Timestamp) -> Result<(i64, Option<i64>), StoreError> {
        let found: (i64, Option<i64>) = orders::table
            .filter(orders::check_at.le(millis(now)))
            .select((count_star(), min(orders::check_at)))
            .first(self.conn)?;
        Ok(found)
    }
}
