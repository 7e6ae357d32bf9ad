//! What must leave the process, saved with the change that wants it. A claim is a random token for a while; whoever
//! finishes an effect writes its result under that token. Done rows go (`ended_effects.rs`). Calls to the provider and
//! letters have lanes of their own.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::StoreError;
use super::columns::{corrupt, effect_kind, millis, opt_moment};
use super::conn::each_backend;
use super::letters::Mailing;
use super::schema::outbox;
use super::tx::{EventTx, Reader, Tx};
use super::uid::Key;
use crate::domain::effect::{Effect, EffectKind, MoneyAct, provider_key};
use crate::domain::ids::{AttemptId, EffectId, EventId, OrderId, RefundId};
use crate::domain::letter::{Announcement, Letter};
use crate::domain::money::Ore;
use crate::domain::settlement::OpenEffect;
use crate::domain::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(super) struct OutboxRow {
    id: Key,
    kind: String,
    event_id: Option<Key>,
    order_id: Option<Key>,
    attempt_id: Option<Key>,
    refund_id: Option<Key>,
    amount: Option<i64>,
    provider_key: Option<String>,
    letter: Option<String>,
    due_at: i64,
    tries: i64,
    tried_at: Option<i64>,
    last_error: Option<String>,
    parked_at: Option<i64>,
    claim: Option<Key>,
    claimed_until: i64,
    created_at: i64,
    unanswered: bool,
}

/// How far apart the tries of one call are: the provider takes five a minute per reference and operation, and one of
/// them is left to people.
pub const TRIES_APART: TimeDelta = TimeDelta::seconds(15);

/// An effect that one executor holds for now.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: EffectId,
    /// The token its result is written under.
    pub claim: uuid::Uuid,
    /// What to do.
    pub task: Task,
    /// How often it was tried before.
    pub tries: i64,
}

/// When and how an effect is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// When.
    pub due_at: Timestamp,
    /// Why, in one line.
    pub why: String,
    /// True when the call may have been done.
    pub unanswered: bool,
    /// Under which key, if not under the same.
    pub new_key: Option<String>,
}

/// What an executor does.
#[derive(Clone, Debug)]
pub enum Task {
    /// Something at the provider.
    Payment {
        /// Of which event.
        event: EventId,
        /// For which order.
        order: OrderId,
        /// Which payment.
        attempt: AttemptId,
        /// The key of the call, stored before it leaves.
        key: String,
        /// What to do; empty means: make the payment.
        act: Option<MoneyAct>,
    },
    /// A letter.
    Letter(Letter),
    /// Something that everybody at an event hears of.
    Announcement(Announcement),
}

/// Which effects to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Calls to the provider.
    Payments,
    /// Letters.
    Letters,
}

impl TryFrom<OutboxRow> for Job {
    type Error = StoreError;
    fn try_from(row: OutboxRow) -> Result<Self, StoreError> {
        let broken = || corrupt("outbox", &row.kind);
        let kind = effect_kind(&row.kind)?;
        let amount = row.amount.map(Ore);
        let act = match kind {
            EffectKind::Letter | EffectKind::Create => None,
            EffectKind::Close => Some(MoneyAct::Close),
            EffectKind::Release => Some(MoneyAct::Release),
            EffectKind::Capture => Some(MoneyAct::Capture(amount.ok_or_else(broken)?)),
            EffectKind::Refund => {
                Some(MoneyAct::Refund { amount: amount.ok_or_else(broken)?, refund: row.refund_id.map(RefundId::from) })
            }
        };
        let task = if kind == EffectKind::Letter {
            let text = row.letter.as_deref().ok_or_else(broken)?;
            match Mailing::read(text)? {
                Mailing::One(letter) => Task::Letter(letter),
                Mailing::All(announcement) => Task::Announcement(announcement),
            }
        } else {
            Task::Payment {
                event: row.event_id.ok_or_else(broken)?.into(),
                order: row.order_id.ok_or_else(broken)?.into(),
                attempt: row.attempt_id.ok_or_else(broken)?.into(),
                key: row.provider_key.clone().ok_or_else(broken)?,
                act,
            }
        };
        Ok(Self { id: row.id.into(), claim: row.claim.ok_or_else(broken)?.0, task, tries: row.tries })
    }
}

impl Reader<'_> {
    /// What the outbox holds for an order's attempts.
    pub fn open_effects(&mut self, order: OrderId) -> Result<Vec<OpenEffect>, StoreError> {
        Ok(self.open_effects_of(&[order])?.into_iter().map(|(_order, effect)| effect).collect())
    }

    /// What the outbox holds for the attempts of some orders, each with its order.
    pub fn open_effects_of(&mut self, orders: &[OrderId]) -> Result<Vec<(OrderId, OpenEffect)>, StoreError> {
        type Columns = (Option<Key>, String, Option<Key>, Option<Key>, Option<i64>);
        let keys: Vec<Key> = orders.iter().copied().map(Key::from).collect();
        let rows: Vec<Columns> = outbox::table
            .filter(outbox::order_id.eq_any(keys))
            .order(outbox::id)
            .select((outbox::order_id, outbox::kind, outbox::attempt_id, outbox::refund_id, outbox::parked_at))
            .load(self.conn)?;
        let mut effects = Vec::new();
        for (order, kind, attempt, refund, parked_at) in rows {
            if let (Some(order), Some(attempt)) = (order, attempt) {
                let effect = OpenEffect {
                    attempt: attempt.into(),
                    kind: effect_kind(&kind)?,
                    parked: parked_at.is_some(),
                    refund: refund.map(RefundId::from),
                };
                effects.push((order.into(), effect));
            }
        }
        Ok(effects)
    }

    /// The effects of a lane that are due, the longest due first.
    pub fn effects_due(
        &mut self,
        lane: Lane,
        now: Timestamp,
        machine_now: Timestamp,
        limit: i64,
    ) -> Result<Vec<EffectId>, StoreError> {
        let letter = EffectKind::Letter.word();
        let of_lane = outbox::table.filter(outbox::parked_at.is_null()).into_boxed();
        let of_lane = match lane {
            // As an equation, so that the index brings them in order.
            Lane::Letters => of_lane.filter(outbox::kind.eq(letter)),
            Lane::Payments => {
                let payments = EffectKind::ALL.into_iter().map(EffectKind::word).filter(|kind| *kind != letter);
                of_lane.filter(outbox::kind.eq_any(payments))
            }
        };
        let ids: Vec<Key> = of_lane
            .filter(outbox::due_at.le(millis(now)))
            .filter(outbox::claimed_until.lt(millis(machine_now)))
            .order((outbox::due_at, outbox::id))
            .limit(limit)
            .select(outbox::id)
            .load(self.conn)?;
        Ok(ids.into_iter().map(EffectId::from).collect())
    }

    /// When the next effect is due.
    pub fn next_effect_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = outbox::table
            .filter(outbox::parked_at.is_null())
            .select(diesel::dsl::min(outbox::due_at))
            .first(self.conn)?;
        Ok(opt_moment(next))
    }

    /// How often the effects of an order were tried in vain, all together.
    pub fn vain_tries(&mut self, order: OrderId) -> Result<i64, StoreError> {
        let tries: Vec<i64> =
            outbox::table.filter(outbox::order_id.eq(Key::from(order))).select(outbox::tries).load(self.conn)?;
        Ok(tries.into_iter().sum())
    }
}

impl Tx<'_> {
    /// Takes a due effect for a while; empty when somebody else has it.
    pub fn claim_effect(&mut self, id: EffectId, for_how_long: TimeDelta) -> Result<Option<Job>, StoreError> {
        let machine_now = self.clock().machine_now();
        let claim = self.clock().id();
        let now = millis(self.now());
        let rows: Vec<OutboxRow> = diesel::update(outbox::table.find(Key::from(id)))
            .filter(outbox::claimed_until.lt(millis(machine_now)))
            .filter(outbox::parked_at.is_null())
            .filter(outbox::due_at.le(now))
            .set((outbox::claim.eq(Key(claim)), outbox::claimed_until.eq(millis(machine_now + for_how_long))))
            .returning(outbox::all_columns)
            .load(self.conn)?;
        rows.into_iter().next().map(Job::try_from).transpose()
    }

    /// Puts an effect back for later, under the same key or a new one.
    pub fn retry_effect(&mut self, job: &Job, retry: Retry) -> Result<(), StoreError> {
        let now = millis(self.now());
        let mine = outbox::table.find(Key::from(job.id)).filter(outbox::claim.eq(Key(job.claim)));
        // A call that may have been done stays so, whatever the next one says; under a new key it was answered.
        let unanswered = if retry.new_key.is_some() { Some(false) } else { retry.unanswered.then_some(true) };
        diesel::update(mine)
            .set((
                // Under the claim too: whoever took the effect over is using the key that stands there.
                retry.new_key.map(|key| outbox::provider_key.eq(key)),
                unanswered.map(|known| outbox::unanswered.eq(known)),
                outbox::due_at.eq(millis(retry.due_at)),
                outbox::tries.eq(outbox::tries + 1),
                outbox::tried_at.eq(now),
                outbox::last_error.eq(retry.why),
                outbox::claim.eq(None::<Key>),
                outbox::claimed_until.eq(0),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Tries the effects of an order sooner, because somebody waits; never more than four times a minute. Answers
    /// when the first of them is due: a cancel that must wait holds up no create.
    pub fn hasten_effects(&mut self, order: OrderId) -> Result<Option<Timestamp>, StoreError> {
        let now = millis(self.now());
        let rows: Vec<(Key, i64, Option<i64>)> = outbox::table
            .filter(outbox::order_id.eq(Key::from(order)))
            .filter(outbox::parked_at.is_null())
            .select((outbox::id, outbox::due_at, outbox::tried_at))
            .load(self.conn)?;
        let mut first: Option<i64> = None;
        for (id, due_at, tried_at) in rows {
            let soonest = tried_at.map_or(now, |at| now.max(at + TRIES_APART.num_milliseconds()));
            if soonest < due_at {
                diesel::update(outbox::table.find(id)).set(outbox::due_at.eq(soonest)).execute(self.conn)?;
            }
            let due_at = due_at.min(soonest);
            first = Some(first.map_or(due_at, |known| known.min(due_at)));
        }
        Ok(opt_moment(first))
    }

    /// Puts an effect aside until a person has looked.
    pub fn park_effect(&mut self, job: &Job, error: &str) -> Result<(), StoreError> {
        let now = millis(self.now());
        let mine = outbox::table.find(Key::from(job.id)).filter(outbox::claim.eq(Key(job.claim)));
        diesel::update(mine)
            .set((
                outbox::parked_at.eq(now),
                outbox::tries.eq(outbox::tries + 1),
                outbox::tried_at.eq(now),
                outbox::last_error.eq(error),
                outbox::claim.eq(None::<Key>),
                outbox::claimed_until.eq(0),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}

/// A row for something to be said about an event.
pub(super) fn letter_row(id: uuid::Uuid, event: EventId, text: String, due_at: Timestamp, now: Timestamp) -> OutboxRow {
    OutboxRow {
        letter: Some(text),
        event_id: Some(event.into()),
        due_at: millis(due_at),
        ..empty_row(id, EffectKind::Letter, millis(now))
    }
}

fn empty_row(id: uuid::Uuid, kind: EffectKind, now: i64) -> OutboxRow {
    OutboxRow {
        id: Key(id),
        kind: kind.word().to_owned(),
        event_id: None,
        order_id: None,
        attempt_id: None,
        refund_id: None,
        amount: None,
        provider_key: None,
        letter: None,
        due_at: now,
        tries: 0,
        tried_at: None,
        last_error: None,
        parked_at: None,
        claim: None,
        claimed_until: 0,
        created_at: now,
        unanswered: false,
    }
}

impl EventTx<'_> {
    /// Saves what settling wished for an order.
    pub fn enqueue(&mut self, order: OrderId, effects: &[Effect]) -> Result<(), StoreError> {
        for effect in effects {
            match effect {
                Effect::Create(attempt) => self.enqueue_create(order, *attempt)?,
                Effect::WithdrawCreate(attempt) => self.withdraw_create(*attempt)?,
                Effect::Money { attempt, act } => self.enqueue_money(order, *attempt, *act)?,
            }
        }
        Ok(())
    }

    /// Enqueues the create of an attempt, unless it waits already.
    fn enqueue_create(&mut self, order: OrderId, attempt: AttemptId) -> Result<(), StoreError> {
        let create_key = self.attempt_by_id(attempt)?.create_key;
        let id = self.clock().id();
        let now = millis(self.now());
        let row = OutboxRow {
            event_id: Some(self.event.id.into()),
            order_id: Some(order.into()),
            attempt_id: Some(attempt.into()),
            provider_key: Some(create_key),
            ..empty_row(id, EffectKind::Create, now)
        };
        let insert = diesel::insert_into(outbox::table).values(&row);
        each_backend!(&mut *self.conn, c => insert.on_conflict_do_nothing().execute(c))?;
        Ok(())
    }

    fn enqueue_money(&mut self, order: OrderId, attempt: AttemptId, act: MoneyAct) -> Result<(), StoreError> {
        let paced_until = self.attempt_by_id(attempt)?.paced_until;
        let (amount, refund) = match act {
            MoneyAct::Close | MoneyAct::Release => (None, None),
            MoneyAct::Capture(amount) => (Some(amount), None),
            MoneyAct::Refund { amount, refund } => (Some(amount), refund),
        };
        let id = self.clock().id();
        let now = self.now();
        let row = OutboxRow {
            event_id: Some(self.event.id.into()),
            order_id: Some(order.into()),
            attempt_id: Some(attempt.into()),
            refund_id: refund.map(Key::from),
            amount: amount.map(|amount| amount.0),
            // A wish is known again in the provider's log by its id.
            provider_key: Some(provider_key(act.kind(), refund.map_or(id, |refund| refund.0), None)),
            due_at: millis(paced_until.map_or(now, |paced| paced.max(now))),
            ..empty_row(id, act.kind(), millis(now))
        };
        diesel::insert_into(outbox::table).values(row).execute(self.conn)?;
        Ok(())
    }
}
