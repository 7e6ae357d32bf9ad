//! The only place where a seat and its money meet. What a look saw is joined into the attempts; then the seat decides
//! what happens with the money. Nothing here calls the provider: wishes come out as effects, and results are observed
//! by the next look, never assumed.

mod charge;
mod money;
mod seat;
mod sight;

use super::attempt::{Attempt, Sighting};
use super::attention::{Attention, AttentionReason};
use super::effect::{Effect, EffectKind};
use super::ids::{AttemptId, RefundId};
use super::ledger::Booked;
use super::look;
use super::money::Ore;
use super::order::{self, Order, Refund};
use super::registration::{Registration, Status};
use super::time::Timestamp;
use super::trail::{Cause, Happening, Note};

/// A seat with its money, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The seat.
    pub registration: Registration,
    /// What is owed for it.
    pub order: Order,
    /// The payments, oldest first.
    pub attempts: Vec<Attempt>,
    /// The wishes to give money back, oldest first.
    pub refunds: Vec<Refund>,
    /// What the outbox still holds for the attempts.
    pub effects: Vec<OpenEffect>,
    /// What the ledger holds of the attempts.
    pub ledger: Vec<Booked>,
}

/// An effect that waits in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenEffect {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// What it does.
    pub kind: EffectKind,
    /// True when it waits for a person.
    pub parked: bool,
    /// The wish it carries out, if any.
    pub refund: Option<RefundId>,
}

/// The case after settling, what must be done outside, and what goes into the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The case as it is now.
    pub case: Case,
    /// What to enqueue.
    pub effects: Vec<Effect>,
    /// What to write down.
    pub trail: Vec<Note>,
}

/// Joins what was seen, lets the seat decide, and says when to look again.
pub fn settle(case: Case, sightings: &[Sighting], now: Timestamp) -> Settled {
    let mut desk = Settled { case, effects: Vec::new(), trail: Vec::new() };
    for sighting in sightings {
        desk.join(sighting, now);
    }
    desk.let_go();
    desk.confirm_if_paid(now);
    desk.end_if_unpaid(now);
    desk.retry_charges(now);
    desk.finish_refunds();
    if order::is_settled_elsewhere(&desk.case.order, &desk.case.attempts) {
        // A person answers for what is left. What could still be approved is ended all the same.
        desk.close_given_up();
        desk.send_next_refund();
    } else {
        desk.take_or_give_back();
        desk.send_next_refund();
        desk.notice_odd_money(now);
    }
    desk.conclude(now);
    desk
}

impl Settled {
    fn note(&mut self, kind: Happening, cause: Cause, amount: Option<Ore>) {
        self.trail.push(Note { kind, cause, amount });
    }

    fn reach(&mut self, status: Status, now: Timestamp) {
        self.case.registration.status = status;
        self.case.registration.status_since = now;
    }

    fn wants_attention(&mut self, reason: AttentionReason, now: Timestamp) {
        if self.case.order.needs_attention.is_none() {
            self.case.order.needs_attention = Some(Attention { reason, since: now });
            self.note(Happening::NeedsAttention, Cause::Attention(reason), None);
        }
    }

    fn take_or_give_back(&mut self) {
        if self.gives_back() {
            self.give_back();
        } else {
            self.take_or_release();
        }
    }

    /// True when whatever the order brings goes back: the seat is gone, or was settled otherwise.
    fn gives_back(&self) -> bool {
        let order = &self.case.order;
        !self.case.registration.status.holds_seat() || order.sale || order.give_back_all
    }

    fn conclude(&mut self, now: Timestamp) {
        let case = &mut self.case;
        let before = case.order.status;
        case.order.status = order::status(&case.order, &case.registration.status, &case.attempts, &case.refunds);
        case.order.check_at = look::next_look(case, now);
        let after = case.order.status;
        if before != after {
            self.note(Happening::OrderIs(after), Cause::Settled, None);
        }
    }
}

#[cfg(test)]
mod walk;
