//! What goes or went to payment providers, newest first: the outbox has what is under way, and beside it stands what
//! ended. Both are read in the order of an index, and one page of both takes two statements.

use std::cmp::Reverse;

use diesel::prelude::*;

use super::StoreError;
use super::columns::{attempt_state, corrupt, currency, effect_kind, ended_how, opt_moment, provider, sales_unit_id};
use super::schema::{attempts, ended_effects, events, orders, outbox};
use super::tx::Reader;
use super::uid::Key;
use crate::domain::effect::EffectKind;
use crate::domain::ids::{EventId, OrderId, SalesUnitId};
use crate::domain::money::Ore;
use crate::domain::operation::{Ending, Operation, OperationState};
use crate::domain::sales_unit::Provider;
use crate::domain::time::at_millis;

/// Which of them to list.
#[derive(Clone, Debug, Default)]
pub struct OperationFilter {
    /// Those that stand so.
    pub state: Option<OperationState>,
    /// Those of this kind.
    pub kind: Option<EffectKind>,
    /// Those of one event.
    pub event: Option<EventId>,
    /// Those for one order.
    pub order: Option<OrderId>,
    /// Those of one sales unit.
    pub sales_unit: Option<SalesUnitId>,
    /// Those with one provider.
    pub provider: Option<Provider>,
    /// Only those of events of these groups; empty means of all.
    pub organizers: Option<Vec<String>>,
}

/// What both tables tell: id, kind, amount and when it was first wanted.
type Told = (Key, String, Option<i64>, i64);
/// The order: its id, price, currency, sales unit, and whether its money is made up.
type OfOrder = (Key, i64, String, String, Option<bool>);
/// The payment: its reference, provider, state and when its charge failed; what was reserved and what taken.
type OfAttempt = (String, String, String, Option<i64>, i64, i64);
/// The event: its id, title and group.
type OfEvent = (Key, String, String);

/// Where it stands, how often it was tried, when it is tried next, and when it ended.
struct Stands {
    state: OperationState,
    tries: Option<i64>,
    next_try_at: Option<i64>,
    ended_at: Option<i64>,
}

/// The rows of one of the two tables with what belongs to them, narrowed, newest first. `$own` are that table's own
/// columns, and `$narrowed` narrows it by where things stand.
macro_rules! rows {
    ($reader:expr, $table:ident, $own:expr, $filter:expr, $after:expr, $limit:expr, $narrowed:ident) => {{
        let (filter, after): (&OperationFilter, Option<(i64, uuid::Uuid)>) = ($filter, $after);
        let query = $table::table
            .inner_join(orders::table.on($table::order_id.nullable().eq(orders::id.nullable())))
            .inner_join(attempts::table.on($table::attempt_id.nullable().eq(attempts::id.nullable())))
            .inner_join(events::table.on(orders::event_id.eq(events::id)))
            // So that the outbox is read by the index that has no letters.
            .filter($table::attempt_id.is_not_null())
            .select((
                ($table::id, $table::kind, $table::amount, $table::created_at),
                $own,
                (orders::id, orders::price, orders::currency, orders::sales_unit, orders::test_mode),
                (
                    attempts::reference,
                    attempts::provider,
                    attempts::state,
                    attempts::failed_at,
                    attempts::authorized,
                    attempts::captured,
                ),
                (events::id, events::title, events::organizer),
            ))
            .into_boxed();
        let mut query = $narrowed!(query);
        if let Some(kind) = filter.kind {
            query = query.filter($table::kind.eq(kind.word()));
        }
        if let Some(event) = filter.event {
            query = query.filter(orders::event_id.eq(Key::from(event)));
        }
        if let Some(order) = filter.order {
            query = query.filter($table::order_id.eq(Key::from(order)));
        }
        if let Some(unit) = filter.sales_unit {
            query = query.filter(orders::sales_unit.eq(unit.to_string()));
        }
        if let Some(provider) = filter.provider {
            query = query.filter(attempts::provider.eq(provider.word()));
        }
        if let Some(groups) = &filter.organizers {
            query = query.filter(events::organizer.eq_any(groups.clone()));
        }
        if let Some((created, id)) = after {
            let earlier = $table::created_at.lt(created);
            query = query.filter(earlier.or($table::created_at.eq(created).and($table::id.lt(Key(id)))));
        }
        query.order(($table::created_at.desc(), $table::id.desc())).limit($limit).load($reader.conn)?
    }};
}

impl Reader<'_> {
    /// What goes or went to payment providers, newest first, after a time and an id.
    pub fn operations(
        &mut self,
        filter: &OperationFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<Operation>, StoreError> {
        // In this order: what leaves the outbox meanwhile is found twice, and not missed.
        let mut found = self.under_way(filter, after, limit)?;
        for ended in self.ended(filter, after, limit)? {
            found.retain(|known| known.id != ended.id);
            found.push(ended);
        }
        found.sort_by_key(|one| Reverse((one.wanted_at, one.id)));
        found.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(found)
    }

    fn under_way(
        &mut self,
        filter: &OperationFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<Operation>, StoreError> {
        type Own = (i64, i64, Option<i64>, Option<Key>, bool);
        let own = (outbox::tries, outbox::due_at, outbox::parked_at, outbox::claim, outbox::unanswered);
        macro_rules! of_state {
            ($query:expr) => {{
                let going = outbox::parked_at.is_null();
                match filter.state {
                    None => $query,
                    Some(OperationState::Waiting) => {
                        $query.filter(going).filter(outbox::claim.is_null()).filter(outbox::unanswered.eq(false))
                    }
                    // Whoever holds the claim may be calling at this moment.
                    Some(OperationState::Unanswered) => {
                        $query.filter(going.and(outbox::claim.is_not_null().or(outbox::unanswered.eq(true))))
                    }
                    Some(OperationState::Refused) => $query.filter(outbox::parked_at.is_not_null()),
                    Some(OperationState::Done | OperationState::GivenUp) => return Ok(Vec::new()),
                }
            }};
        }
        let rows: Vec<(Told, Own, OfOrder, OfAttempt, OfEvent)> =
            rows!(self, outbox, own, filter, after, limit, of_state);
        let one = |(told, own, order, attempt, event): (Told, Own, OfOrder, OfAttempt, OfEvent)| {
            let (tries, due_at, parked_at, claim, unanswered) = own;
            let state = if parked_at.is_some() {
                OperationState::Refused
            } else if unanswered || claim.is_some() {
                OperationState::Unanswered
            } else {
                OperationState::Waiting
            };
            let next_try_at = Some(due_at).filter(|_| parked_at.is_none());
            written(told, Stands { state, tries: Some(tries), next_try_at, ended_at: parked_at }, order, attempt, event)
        };
        rows.into_iter().map(one).collect()
    }

    fn ended(
        &mut self,
        filter: &OperationFilter,
        after: Option<(i64, uuid::Uuid)>,
        limit: i64,
    ) -> Result<Vec<Operation>, StoreError> {
        type Own = (String, Option<i64>, i64);
        let own = (ended_effects::ending, ended_effects::tries, ended_effects::ended_at);
        macro_rules! of_state {
            ($query:expr) => {
                match filter.state {
                    None => $query,
                    Some(OperationState::Waiting) => return Ok(Vec::new()),
                    Some(state) => $query.filter(ended_effects::ending.eq(state.word())),
                }
            };
        }
        let rows: Vec<(Told, Own, OfOrder, OfAttempt, OfEvent)> =
            rows!(self, ended_effects, own, filter, after, limit, of_state);
        let one = |(told, own, order, attempt, event): (Told, Own, OfOrder, OfAttempt, OfEvent)| {
            let (ending, tries, ended_at) = own;
            let known = Ending::ALL.into_iter().map(Ending::state).find(|known| known.word() == ending);
            let state = known.ok_or_else(|| corrupt("ending", &ending))?;
            written(told, Stands { state, tries, next_try_at: None, ended_at: Some(ended_at) }, order, attempt, event)
        };
        rows.into_iter().map(one).collect()
    }
}

fn written(
    (id, kind, amount, wanted_at): Told,
    stands: Stands,
    (order, price, code, unit, test_mode): OfOrder,
    (reference, with, state, failed_at, authorized, captured): OfAttempt,
    (event, event_title, organizer): OfEvent,
) -> Result<Operation, StoreError> {
    let kind = effect_kind(&kind)?;
    let amount = match kind {
        EffectKind::Create => Some(price),
        EffectKind::Capture | EffectKind::Refund => amount,
        // All that was reserved and not taken goes.
        EffectKind::Release => amount.or(Some(authorized - captured)),
        EffectKind::Close | EffectKind::Letter => None,
    };
    Ok(Operation {
        id: id.into(),
        kind,
        state: stands.state,
        amount: amount.map(Ore),
        currency: currency(&code)?,
        order: order.into(),
        event: event.into(),
        event_title,
        organizer,
        sales_unit: sales_unit_id(&unit)?,
        provider: provider(&with)?,
        reference,
        attempt: ended_how(attempt_state(&state)?, failed_at),
        test_mode: test_mode.unwrap_or_default(),
        wanted_at: at_millis(wanted_at),
        tries: stands.tries,
        next_try_at: opt_moment(stands.next_try_at),
        ended_at: opt_moment(stands.ended_at),
    })
}
