//! Effects that leave the outbox. What went to a payment provider is kept with what became of it, in the same write and
//! under the same id; what became of the money is not told here, the ledger does that.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{millis, opt_moment};
use super::outbox::Job;
use super::schema::{ended_effects, outbox};
use super::tx::{EventTx, Tx};
use super::uid::Key;
use crate::domain::effect::EffectKind;
use crate::domain::ids::{AttemptId, OrderId};
use crate::domain::operation::{Ending, KINDS};
use crate::domain::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = ended_effects, treat_none_as_default_value = false)]
struct EndedRow {
    id: Key,
    kind: String,
    event_id: Key,
    order_id: Key,
    attempt_id: Key,
    amount: Option<i64>,
    ending: &'static str,
    tries: Option<i64>,
    created_at: i64,
    ended_at: i64,
}

/// What is kept of a row of the outbox: id, kind, event, order, attempt, amount, tries, when it was last tried and when it
/// was first wanted.
type Leaving = (Key, String, Option<Key>, Option<Key>, Option<Key>, Option<i64>, i64, Option<i64>, i64);

/// Removes rows of the outbox and answers what is kept of them.
macro_rules! removed {
    ($tx:expr, $rows:expr) => {{
        let gone = diesel::delete($rows).returning((
            outbox::id,
            outbox::kind,
            outbox::event_id,
            outbox::order_id,
            outbox::attempt_id,
            outbox::amount,
            outbox::tries,
            outbox::tried_at,
            outbox::created_at,
        ));
        gone.load::<Leaving>($tx.conn)?
    }};
}

impl Tx<'_> {
    /// Removes an effect after a call that ended it; false when its claim is gone, and somebody else will find the result.
    pub fn finish_effect(&mut self, job: &Job, ending: Ending) -> Result<bool, StoreError> {
        self.remove_effect(job, ending, 1)
    }

    /// Removes an effect that needs no other call; false when its claim is gone.
    pub fn drop_effect(&mut self, job: &Job, ending: Ending) -> Result<bool, StoreError> {
        self.remove_effect(job, ending, 0)
    }

    fn remove_effect(&mut self, job: &Job, ending: Ending, calls: i64) -> Result<bool, StoreError> {
        let mine = outbox::table.find(Key::from(job.id)).filter(outbox::claim.eq(Key(job.claim)));
        let gone = removed!(self, mine);
        let was_mine = !gone.is_empty();
        self.keep_ended(gone, ending, calls)?;
        Ok(was_mine)
    }

    /// Keeps what went to a provider. Letters are not kept.
    fn keep_ended(&mut self, gone: Vec<Leaving>, ending: Ending, calls: i64) -> Result<(), StoreError> {
        let now = millis(self.now());
        for (id, kind, event, order, attempt, amount, tries, _tried_at, created_at) in gone {
            let (Some(event_id), Some(order_id), Some(attempt_id)) = (event, order, attempt) else { continue };
            let ended = EndedRow {
                id,
                kind,
                event_id,
                order_id,
                attempt_id,
                amount,
                ending: ending.state().word(),
                tries: Some(tries + calls),
                created_at,
                ended_at: now,
            };
            diesel::insert_into(ended_effects::table).values(ended).execute(self.conn)?;
        }
        Ok(())
    }
}

impl EventTx<'_> {
    /// Removes the create of an attempt that nobody wants any more.
    pub(super) fn withdraw_create(&mut self, attempt: AttemptId) -> Result<(), StoreError> {
        let create = outbox::table
            .filter(outbox::attempt_id.eq(Key::from(attempt)))
            .filter(outbox::kind.eq(EffectKind::Create.word()));
        let gone = removed!(self, create);
        self.keep_ended(gone, Ending::GivenUp, 0)
    }

    /// Removes what waits for a person about an order's money; answers whose it was, and when it was last tried.
    pub fn forget_parked(&mut self, order: OrderId) -> Result<Vec<(AttemptId, Option<Timestamp>)>, StoreError> {
        let money = KINDS.into_iter().filter(|kind| kind.is_money()).map(EffectKind::word);
        let parked = outbox::table
            .filter(outbox::order_id.eq(Key::from(order)))
            .filter(outbox::parked_at.is_not_null())
            .filter(outbox::kind.eq_any(money));
        let gone = removed!(self, parked);
        let whose = |row: &Leaving| Some((row.4?.into(), opt_moment(row.7)));
        let whose = gone.iter().filter_map(whose).collect();
        self.keep_ended(gone, Ending::GivenUp, 0)?;
        Ok(whose)
    }
}
