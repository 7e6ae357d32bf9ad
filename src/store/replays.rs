//! Requests that are answered once: the key is inserted first in the same write as the change, so that a repeat finds
//! either nothing or the answer. Only what succeeded is remembered.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::columns::ROWS_PER_INSERT;
use super::conn::each_backend;
use super::schema::replays;
use super::tx::{EventTx, Tx};
use super::uid::Key;
use super::{Stop, Store, StoreError};
use crate::domain::ids::{EventId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// How long an answer is remembered, in domain time.
pub const REPLAYS_KEPT: TimeDelta = TimeDelta::hours(24);

/// A request that must not have its effect twice.
#[derive(Clone, Debug)]
pub struct Once {
    /// Who asks; keys of different callers do not meet.
    pub caller: UserId,
    /// The caller's key.
    pub key: String,
    /// A digest of method, path and body.
    pub fingerprint: Vec<u8>,
}

/// An answer as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; empty for none.
    pub body: String,
    /// True when this is the first answer again.
    pub replayed: bool,
}

impl Answer {
    /// A fresh answer.
    pub fn new(status: u16, body: &serde_json::Value) -> Self {
        Self { status, body: body.to_string(), replayed: false }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = replays)]
struct ReplayRow {
    caller: Key,
    replay_key: String,
    fingerprint: Vec<u8>,
    status: i64,
    body: String,
    created_at: i64,
}

impl ReplayRow {
    fn new(once: &Once, answer: Option<&Answer>, now: Timestamp) -> Self {
        Self {
            caller: once.caller.into(),
            replay_key: once.key.clone(),
            fingerprint: once.fingerprint.clone(),
            status: answer.map_or(0, |answer| i64::from(answer.status)),
            body: answer.map(|answer| answer.body.clone()).unwrap_or_default(),
            created_at: now.timestamp_millis(),
        }
    }

    fn answer_to(self, once: &Once) -> Result<Answer, Refusal> {
        if self.fingerprint != once.fingerprint {
            return Err(Refusal::IdempotencyKeyReused);
        }
        match u16::try_from(self.status) {
            Ok(status) if status > 0 => Ok(Answer { status, body: self.body, replayed: true }),
            _ => Err(Refusal::RequestInProgress),
        }
    }
}

impl Store {
    /// Like [`Store::write`], for a request with a key: a known one ends before the turn is taken.
    pub async fn write_once<W>(&self, event: EventId, once: Option<Once>, work: W) -> Result<Answer, Stop>
    where
        W: Fn(&mut EventTx<'_>) -> Result<Answer, Stop> + Send + Sync + 'static,
    {
        self.change_once(once, move |tx| EventTx::in_turn(tx, event, &work)).await
    }

    /// Like [`Store::change`], for a request with a key.
    pub async fn change_once<W>(&self, once: Option<Once>, work: W) -> Result<Answer, Stop>
    where
        W: Fn(&mut Tx<'_>) -> Result<Answer, Stop> + Send + Sync + 'static,
    {
        self.change(move |tx| {
            let Some(once) = &once else { return work(tx) };
            if let Some(known) = tx.begin_once(once)? {
                return Ok(known);
            }
            let answer = work(tx)?;
            tx.remember(once, &answer)?;
            Ok(answer)
        })
        .await
    }
}

impl Tx<'_> {
    fn begin_once(&mut self, once: &Once) -> Result<Option<Answer>, Stop> {
        let now = self.now();
        let row = ReplayRow::new(once, None, now);
        let of_this_key = replays::caller.eq(row.caller).and(replays::replay_key.eq(once.key.clone()));
        let too_old = replays::created_at.le((now - REPLAYS_KEPT).timestamp_millis());
        diesel::delete(replays::table.filter(of_this_key.clone().and(too_old)))
            .execute(self.conn)
            .map_err(StoreError::from)?;
        let insert = diesel::insert_into(replays::table).values(&row);
        let inserted: usize = each_backend!(&mut *self.conn, c => insert.on_conflict_do_nothing().execute(c))
            .map_err(StoreError::from)?;
        if inserted == 1 {
            return Ok(None);
        }
        let known: ReplayRow = replays::table.filter(of_this_key).first(self.conn).map_err(StoreError::from)?;
        Ok(Some(known.answer_to(once)?))
    }

    /// What is known about these requests, in their order; empty where nothing is.
    pub fn known_answers(&mut self, asked: &[&Once]) -> Result<Vec<Option<Result<Answer, Refusal>>>, StoreError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let callers: Vec<Key> = asked.iter().map(|once| once.caller.into()).collect();
        let keys: Vec<&str> = asked.iter().map(|once| once.key.as_str()).collect();
        let of_these = replays::caller.eq_any(&callers).and(replays::replay_key.eq_any(&keys));
        let too_old = replays::created_at.le((self.now() - REPLAYS_KEPT).timestamp_millis());
        diesel::delete(replays::table.filter(of_these.clone().and(too_old))).execute(self.conn)?;
        let rows: Vec<ReplayRow> = replays::table.filter(of_these).load(self.conn)?;
        let mut known: HashMap<(UserId, String), ReplayRow> =
            rows.into_iter().map(|row| ((row.caller.into(), row.replay_key.clone()), row)).collect();
        Ok(asked
            .iter()
            .map(|once| known.remove(&(once.caller, once.key.clone())).map(|row| row.answer_to(once)))
            .collect())
    }

    /// Stores answers under their keys, which nobody has used.
    pub fn remember_all(&mut self, answered: &[(&Once, &Answer)]) -> Result<(), StoreError> {
        let now = self.now();
        let rows: Vec<ReplayRow> =
            answered.iter().map(|(once, answer)| ReplayRow::new(once, Some(answer), now)).collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            each_backend!(&mut *self.conn, c => diesel::insert_into(replays::table).values(rows).execute(c))?;
        }
        Ok(())
    }

    /// Stores the answer under its key; called again, it replaces it.
    pub fn remember(&mut self, once: &Once, answer: &Answer) -> Result<(), StoreError> {
        let of_this_key = replays::caller.eq(Key::from(once.caller)).and(replays::replay_key.eq(once.key.clone()));
        diesel::update(replays::table.filter(of_this_key))
            .set((replays::status.eq(i64::from(answer.status)), replays::body.eq(answer.body.clone())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Forgets answers that are too old to be repeated.
    pub fn forget_replays(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let too_old = replays::created_at.le((now - REPLAYS_KEPT).timestamp_millis());
        Ok(diesel::delete(replays::table.filter(too_old)).execute(self.conn)?)
    }
}
