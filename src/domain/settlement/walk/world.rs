//! A case with everything around it: the provider's own truth, the outbox and calls under way. The time stands still;
//! what lies in the past moves further back instead, so that the number of worlds is finite.

use std::fmt;

use chrono::TimeDelta;
use uuid::Uuid;

use super::super::super::attempt::{Attempt, AttemptState, End, Sighting};

use super::super::super::attention::{Attention, AttentionReason};
use super::super::super::charge::Charge;
use super::super::super::effect::{Effect, EffectKind, MoneyAct};
use super::super::super::flow::Flow;
use super::super::super::ids::{AttemptId, EventId, OrderId, Reference, RegistrationId, SalesUnitId, UserId};
use super::super::super::ledger::{Booked, moved};
use super::super::super::look::is_worth_asking;
use super::super::super::money::{Currency, Money};
use super::super::super::order::{Order, OrderStatus, RefundStatus};
use super::super::super::registration::{Registration, Status};
use super::super::super::sales_unit::Provider;
use super::super::super::snapshot::Amounts;
use super::super::super::time::{Timestamp, at_millis};
use super::super::{Case, OpenEffect, Settled, settle};
use super::provider::{PRICE, Payment, Stage};

/// What the outbox knows about a money effect beside its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) attempt: AttemptId,
    pub(super) act: MoneyAct,
    /// The provider did it, and the answer was lost: the same key gets the same answer.
    pub(super) done: bool,
}

/// A case and the world around it.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) case: Case,
    /// The provider's payments, in the order of the case's attempts.
    pub(super) payments: Vec<Payment>,
    pub(super) calls: Vec<Call>,
    /// Attempts whose create call is under way.
    pub(super) flying: Vec<bool>,
    /// True while an attempt of an older order of the same person can take money.
    pub(super) older_is_live: bool,
}

/// One run of `settle` as it happened.
pub(super) struct Run {
    pub(super) before: Case,
    pub(super) sightings: Vec<Sighting>,
    pub(super) settled: Settled,
}

pub(super) fn now() -> Timestamp {
    at_millis(1_800_000_000_000)
}

/// Long enough ago for a 404 to count.
pub(super) fn a_minute_ago() -> Timestamp {
    now() - TimeDelta::seconds(60)
}

pub(super) fn attempt_id(index: usize) -> AttemptId {
    AttemptId(Uuid::from_u128(1 + u128::try_from(index).unwrap()))
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = &self.case.order;
        writeln!(f, "{:?} sale {} give back {}", self.case.registration.status, order.sale, order.give_back_all)?;
        writeln!(f, "check at {:?}, attention {:?}", order.check_at, order.needs_attention)?;
        for ((attempt, payment), flying) in self.case.attempts.iter().zip(&self.payments).zip(&self.flying) {
            writeln!(f, "{:?} giving up {} {:?}", attempt.state, attempt.giving_up, attempt.amounts)?;
            writeln!(f, "  at the provider {payment:?}, create under way {flying}")?;
        }
        writeln!(f, "{:?}\n{:?}\n{:?}", self.case.refunds, self.case.effects, self.calls)
    }
}

impl World {
    /// A seat that was just given, with its first attempt.
    pub(super) fn after_sign_up(older_is_live: bool) -> Self {
        let (registration_id, event_id) = (RegistrationId(Uuid::nil()), EventId(Uuid::nil()));
        let user_id = UserId(Uuid::nil());
        let deadline = now() + TimeDelta::hours(2);
        let registration = Registration {
            id: registration_id,
            event_id,
            user_id,
            status: Status::AwaitingPayment { payment_expiredate: deadline },
            status_since: now(),
            allow_photo: true,
            has_attended: false,
            created_by_admin: false,
            created_at: now(),
        };
        let order = Order {
            id: OrderId(Uuid::nil()),
            registration_id,
            event_id,
            user_id,
            price: Money { amount: PRICE, currency: Currency::Nok },
            status: OrderStatus::Initiate,
            pay_token: String::new(),
            sale: false,
            give_back_all: false,
            needs_attention: None,
            settled_elsewhere: None,
            sales_unit: SalesUnitId::HOUSE,
            test_mode: false,
            check_at: Some(deadline),
            bells: 0,
            bells_heard: 0,
            looked_at: None,
            look_failures: 0,
            created_at: now(),
        };
        let case = Case { registration, order, attempts: vec![], refunds: vec![], effects: vec![], ledger: vec![] };
        let mut world = Self { case, payments: vec![], calls: vec![], flying: vec![], older_is_live };
        world.plan_attempt();
        world
    }

    /// As the click on "pay" does it: the create is enqueued unless another attempt can take money.
    pub(super) fn plan_attempt(&mut self) {
        let id = attempt_id(self.case.attempts.len());
        self.case.attempts.push(Attempt {
            id,
            order_id: self.case.order.id,
            event_id: self.case.order.event_id,
            user_id: self.case.order.user_id,
            charge: Charge::default(),
            provider: Provider::VippsEpayment,
            flow: Flow::Web,
            provider_id: None,
            reference: Reference(String::new()),
            state: AttemptState::Planned,
            request_body: String::new(),
            create_key: String::new(),
            redirect_url: None,
            create_ended_at: None,
            session_began_at: None,
            opened_at: None,
            giving_up: false,
            paced_until: None,
            amounts: Amounts::default(),
            created_at: now(),
        });
        self.payments.push(Payment::absent());
        self.flying.push(false);
        if !self.has_live() && !self.older_is_live {
            self.enqueue_create(id);
        }
    }

    pub(super) fn enqueue_create(&mut self, attempt: AttemptId) {
        self.case.effects.push(OpenEffect { attempt, kind: EffectKind::Create, parked: false, refund: None });
    }

    pub(super) fn has_live(&self) -> bool {
        self.case.attempts.iter().any(|attempt| attempt.state.is_live())
    }

    /// True while a 404 about some attempt would be too early.
    pub(super) fn is_recent(&self) -> bool {
        let recent = |at: Timestamp| at > a_minute_ago();
        // The others were created, or never will be.
        let waits = |attempt: &&Attempt| matches!(attempt.state, AttemptState::Planned | AttemptState::Sent);
        let mut waiting = self.case.attempts.iter().filter(waits);
        waiting.any(|attempt| {
            let moments = [Some(attempt.created_at), attempt.session_began_at, attempt.create_ended_at];
            moments.into_iter().flatten().any(recent)
        })
    }

    pub(super) fn is_payable(&self) -> bool {
        match self.case.registration.status {
            Status::AwaitingPayment { payment_expiredate } => now() < payment_expiredate && !self.case.order.sale,
            Status::Waitlisted { .. } | Status::Confirmed | Status::Ended(_) => false,
        }
    }

    pub(super) fn is_rung(&self) -> bool {
        self.case.order.bells > self.case.order.bells_heard
    }

    /// Somebody says that something may have happened.
    pub(super) fn ring(&mut self) {
        self.case.order.bells = 1;
        self.case.order.check_at = Some(now());
    }

    pub(super) fn has_effect(&self, attempt: AttemptId, kind: EffectKind) -> bool {
        self.case.effects.iter().any(|effect| effect.attempt == attempt && effect.kind == kind)
    }

    pub(super) fn remove_effect(&mut self, attempt: AttemptId, kind: EffectKind) {
        self.case.effects.retain(|effect| effect.attempt != attempt || effect.kind != kind || effect.parked);
        self.calls.retain(|call| call.attempt != attempt || call.act.kind() != kind);
    }

    pub(super) fn alarm(&mut self, reason: AttentionReason) {
        let attention = Attention { reason, since: now() };
        self.case.order.needs_attention.get_or_insert(attention);
    }

    /// Asks the provider about every attempt worth it, and settles.
    pub(super) fn look(&mut self, rung: bool) -> Run {
        let asked = self.case.attempts.iter().zip(&self.payments);
        let sightings: Vec<Sighting> = asked
            .filter(|(attempt, _)| is_worth_asking(attempt, rung))
            .map(|(attempt, payment)| {
                let (attempt, seen) = (attempt.id, payment.snapshot());
                Sighting { attempt, asked_at: now(), seen, moved: Vec::new() }
            })
            .collect();
        self.read_logs(&sightings);
        (self.case.order.bells, self.case.order.bells_heard) = (0, 0);
        self.settle(sightings)
    }

    // A look reads the log beside the sums, and books what it tells.
    fn read_logs(&mut self, sightings: &[Sighting]) {
        for sighting in sightings {
            if let Some(snapshot) = &sighting.seen {
                self.case.ledger.retain(|booked| booked.attempt != sighting.attempt);
                let of_it = (0..self.payments.len()).filter(|index| attempt_id(*index) == sighting.attempt);
                let returns = of_it.flat_map(|index| self.payments[index].returns()).collect();
                self.case.ledger.push(Booked { attempt: sighting.attempt, sums: moved(snapshot.amounts), returns });
            }
        }
    }

    /// Settles and saves, as every flow does.
    pub(super) fn settle(&mut self, sightings: Vec<Sighting>) -> Run {
        let before = self.case.clone();
        let was_live = self.has_live();
        let settled = settle(before.clone(), &sightings, now());
        self.case.clone_from(&settled.case);
        for effect in &settled.effects {
            match effect {
                Effect::Money { attempt, act } => self.calls.push(Call { attempt: *attempt, act: *act, done: false }),
                Effect::Create(_) | Effect::WithdrawCreate(_) => {}
            }
        }
        if self.is_rung() {
            self.case.order.check_at = Some(now());
        }
        if was_live && !self.has_live() {
            self.start_waiting_attempt();
        }
        Run { before, sightings, settled }
    }

    /// The write that ends the last live attempt of a person starts the one that waited for it.
    pub(super) fn start_waiting_attempt(&mut self) {
        let waits = self.case.attempts.iter().find(|attempt| attempt.state == AttemptState::Planned);
        let Some(id) = waits.map(|attempt| attempt.id).filter(|_| self.is_payable()) else { return };
        if !self.has_effect(id, EffectKind::Create) {
            self.enqueue_create(id);
        }
    }

    /// What tells this world from others, as bytes.
    pub(super) fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(64);
        let order = &self.case.order;
        key.push(match self.case.registration.status {
            Status::Waitlisted { .. } => 0,
            Status::AwaitingPayment { payment_expiredate } => 1 + u8::from(payment_expiredate <= now()),
            Status::Confirmed => 3,
            Status::Ended(reason) => 4 + u8::try_from(reason.word().len()).unwrap(),
        });
        let flags = [order.sale, order.give_back_all, order.check_at.is_some(), self.is_rung(), self.older_is_live];
        key.push(flags.iter().fold(0, |bits, flag| bits * 2 + u8::from(*flag)));
        // The reasons differ in length.
        key.push(
            order.needs_attention.as_ref().map_or(0, |attention| u8::try_from(attention.reason.word().len()).unwrap()),
        );
        for refund in &self.case.refunds {
            key.push(match refund.status {
                RefundStatus::Pending => 1,
                RefundStatus::Done => 2,
                RefundStatus::Refused => 3,
            });
            key.push(refund.refunded_before.map_or(u8::MAX, |before| u8::try_from(before.0).unwrap()));
        }
        for (index, attempt) in self.case.attempts.iter().enumerate() {
            self.push_attempt(&mut key, index, attempt);
        }
        key
    }

    /// What no longer makes a difference makes no other world.
    fn push_attempt(&self, key: &mut Vec<u8>, index: usize, attempt: &Attempt) {
        let payment = &self.payments[index];
        let ended = matches!(payment.stage, Stage::Aborted | Stage::Expired | Stage::Terminated);
        if ended && matches!(attempt.state, AttemptState::Dead(End::Aborted | End::Expired | End::Terminated)) {
            key.extend([u8::MAX, u8::from(self.flying[index])]);
        } else {
            let state = AttemptState::ALL.iter().position(|state| *state == attempt.state).unwrap();
            let stage = Stage::ALL.iter().position(|stage| *stage == payment.stage).unwrap();
            key.extend([u8::try_from(state).unwrap(), u8::try_from(stage).unwrap()]);
            push_flags(key, attempt, payment, self.flying[index]);
        }
        self.push_effects(key, attempt.id);
    }

    fn push_effects(&self, key: &mut Vec<u8>, attempt: AttemptId) {
        for effect in self.case.effects.iter().filter(|effect| effect.attempt == attempt) {
            let its = |call: &&Call| call.attempt == attempt && call.act.kind() == effect.kind && !effect.parked;
            let call = self.calls.iter().find(its);
            let amount = call.map_or(0, |call| match call.act {
                MoneyAct::Capture(amount) | MoneyAct::Refund { amount, .. } => u8::try_from(amount.0).unwrap(),
                MoneyAct::Close | MoneyAct::Release => 0,
            });
            let kind = EffectKind::ALL.iter().position(|kind| *kind == effect.kind).unwrap();
            let done = call.is_some_and(|call| call.done);
            let flags = u8::from(effect.parked) * 4 + u8::from(effect.refund.is_some()) * 2 + u8::from(done);
            key.extend([200 + u8::try_from(kind).unwrap(), flags, amount]);
        }
    }
}

fn push_flags(key: &mut Vec<u8>, attempt: &Attempt, payment: &Payment, flying: bool) {
    let recent = |at: Option<Timestamp>| at.is_some_and(|at| at > a_minute_ago());
    let waits = matches!(attempt.state, AttemptState::Planned | AttemptState::Sent);
    let over = matches!(attempt.state, AttemptState::Settled | AttemptState::Dead(_));
    let abandoned = attempt.state == AttemptState::Dead(End::Abandoned);
    let flags = [
        abandoned && attempt.redirect_url.is_some(),
        abandoned && (attempt.session_began_at.is_some() || attempt.create_ended_at.is_some()),
        waits && recent(Some(attempt.created_at)),
        waits && attempt.session_began_at.is_some(),
        waits && recent(attempt.session_began_at),
        waits && attempt.create_ended_at.is_some(),
        waits && recent(attempt.create_ended_at),
        attempt.opened_at.is_some() && attempt.state == AttemptState::Open,
        attempt.giving_up && !over,
        payment.handed_out && payment.is_undecided(),
        flying,
    ];
    let bits = flags.iter().fold(0, |bits: u16, flag| bits * 2 + u16::from(*flag));
    key.extend(bits.to_le_bytes());
    key.extend([payment.wished, payment.elsewhere].map(|amount| u8::try_from(amount.0).unwrap()));
    for sums in [attempt.amounts, payment.sums] {
        for amount in [sums.authorized, sums.captured, sums.refunded, sums.cancelled] {
            key.push(u8::try_from(amount.0).unwrap());
        }
    }
}
