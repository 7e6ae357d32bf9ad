//! The only place where a seat and its money meet. What a look saw is joined into the attempts; then the seat decides
//! what happens with the money. Nothing here calls the provider: wishes come out as effects, and results are observed
//! by the next look, never assumed.

use std::borrow::Cow;

use super::attempt::{self, ABSENCE_COUNTS_AFTER, Attempt, AttemptState, End, Sighting};
use super::effect::{Effect, EffectKind, MoneyAct};
use super::ids::{AttemptId, RefundId};
use super::look;
use super::money::Ore;
use super::order::{self, Attention, Order, OrderStatus, Refund, RefundStatus};
use super::registration::{EndedReason, Registration, Status};
use super::time::Timestamp;

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

/// One line for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What happened.
    pub kind: &'static str,
    /// Why.
    pub cause: Cow<'static, str>,
    /// How much, where money is concerned.
    pub amount: Option<Ore>,
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
    desk.confirm_if_paid(now);
    desk.finish_refunds();
    if desk.gives_back() {
        desk.give_back();
    } else {
        desk.end_if_unpaid(now);
        desk.take_or_release();
        desk.send_next_refund();
    }
    desk.notice_vanished_money(now);
    desk.conclude(now);
    desk
}

impl Settled {
    fn note(&mut self, kind: &'static str, cause: &'static str, amount: Option<Ore>) {
        self.trail.push(Note { kind, cause: cause.into(), amount });
    }

    fn reach(&mut self, status: Status, now: Timestamp) {
        self.case.registration.status = status;
        self.case.registration.status_since = now;
    }

    fn wants_attention(&mut self, reason: &str, now: Timestamp) {
        if self.case.order.needs_attention.is_none() {
            self.case.order.needs_attention = Some(Attention { reason: reason.to_owned(), since: now });
            self.note("needs_attention", "observed", None);
        }
    }

    /// True when whatever the order brings goes back: the seat is gone, or was settled otherwise.
    fn gives_back(&self) -> bool {
        let order = &self.case.order;
        !self.case.registration.status.holds_seat() || order.sale || order.give_back_all
    }

    fn create_is_waiting(&self, attempt: AttemptId) -> bool {
        self.case.effects.iter().any(|effect| effect.attempt == attempt && effect.kind == EffectKind::Create)
    }

    fn join(&mut self, sighting: &Sighting, now: Timestamp) {
        let create_is_waiting = self.create_is_waiting(sighting.attempt);
        let price = self.case.order.price;
        let Some(attempt) = self.case.attempts.iter_mut().find(|attempt| attempt.id == sighting.attempt) else {
            return;
        };
        let before = (attempt.state, attempt.amounts);
        let Some(snapshot) = &sighting.seen else {
            // While a create may still be sent, "not found" means "not there yet"; and a call that just ended may
            // still be on its way through the provider.
            let ended = attempt.create_ended_at.unwrap_or(attempt.created_at);
            let counts = !create_is_waiting && sighting.asked_at >= ended + ABSENCE_COUNTS_AFTER;
            if attempt.state == AttemptState::Sent && counts {
                attempt.state = AttemptState::Dead(End::Abandoned);
                self.note("attempt_abandoned", "provider_knows_no_such_payment", None);
            }
            return;
        };
        if let Err(anomaly) = attempt::join(attempt, snapshot, price) {
            self.wants_attention(anomaly.code(), now);
            return;
        }
        let after = (attempt.state, attempt.amounts);
        if after.0 != AttemptState::Sent {
            // The provider knows it: nothing is left to create.
            self.withdraw_create(sighting.attempt);
        }
        self.note_movements(before, after);
    }

    fn note_movements(
        &mut self,
        before: (AttemptState, super::snapshot::Amounts),
        after: (AttemptState, super::snapshot::Amounts),
    ) {
        for (kind, was, is) in [
            ("authorized", before.1.authorized, after.1.authorized),
            ("captured", before.1.captured, after.1.captured),
            ("refunded", before.1.refunded, after.1.refunded),
            ("released", before.1.cancelled, after.1.cancelled),
        ] {
            // A session that ended unapproved shows its price as cancelled: no money moved.
            if is > was && after.1.authorized.is_positive() {
                self.note(kind, "observed", Some(is - was));
            }
        }
        if before.0 != after.0 {
            match after.0 {
                AttemptState::Open => self.note("attempt_opened", "observed", None),
                AttemptState::Dead(End::Aborted) => self.note("attempt_aborted", "observed", None),
                AttemptState::Dead(End::Expired) => self.note("attempt_expired", "observed", None),
                AttemptState::Dead(End::Terminated) => self.note("attempt_terminated", "observed", None),
                AttemptState::Dead(End::Abandoned)
                | AttemptState::Planned
                | AttemptState::Sent
                | AttemptState::Authorized
                | AttemptState::Settled => {}
            }
        }
    }

    /// Money for the seat is there: the seat is confirmed. A payer who was late but faster than our question stays.
    fn confirm_if_paid(&mut self, now: Timestamp) {
        let order = &self.case.order;
        if order.sale || order.give_back_all || !matches!(self.case.registration.status, Status::AwaitingPayment { .. })
        {
            return;
        }
        let price = order.price.amount;
        let pays = |attempt: &Attempt| {
            !matches!(attempt.state, AttemptState::Dead(_))
                && (attempt.amounts.reserved() >= price || attempt.amounts.kept() >= price)
        };
        if self.case.attempts.iter().any(pays) {
            self.reach(Status::Confirmed, now);
            self.note("confirmed", "payment_authorized", Some(price));
        }
    }

    /// A refund is done when its call was answered and the provider's sum shows it.
    fn finish_refunds(&mut self) {
        let refunded: Ore = self.case.attempts.iter().map(|attempt| attempt.amounts.refunded).sum();
        let mut done = Vec::new();
        for refund in self.case.refunds.iter_mut().filter(|refund| refund.status == RefundStatus::Pending) {
            let in_flight = self.case.effects.iter().any(|effect| effect.refund == Some(refund.id));
            let shown = refund.refunded_before.is_some_and(|before| refunded >= before + refund.amount);
            if !in_flight && shown {
                refund.status = RefundStatus::Done;
                done.push(refund.amount);
            }
        }
        for amount in done {
            self.note("refund_done", "observed", Some(amount));
        }
    }

    /// After the deadline the seat is freed when nothing can pay for it any more, and the provider said so.
    fn end_if_unpaid(&mut self, now: Timestamp) {
        let Status::AwaitingPayment { payment_expiredate } = self.case.registration.status else {
            return;
        };
        if now < payment_expiredate {
            return;
        }
        self.withdraw_planned();
        for attempt in &mut self.case.attempts {
            // The seat stays held: the payer may be approving right now, and only the provider can say no.
            attempt.giving_up |= attempt.state.is_live();
        }
        let sent: Vec<AttemptId> = self.ids_in(|attempt| attempt.state == AttemptState::Sent);
        for attempt in sent {
            self.withdraw_create(attempt);
        }
        if !self.case.attempts.iter().any(|attempt| attempt.state.is_live()) {
            self.reach(Status::Ended(EndedReason::Unpaid), now);
            self.note("ended_unpaid", "deadline_passed", None);
        }
    }

    fn ids_in(&self, wanted: impl Fn(&Attempt) -> bool) -> Vec<AttemptId> {
        self.case.attempts.iter().filter(|attempt| wanted(attempt)).map(|attempt| attempt.id).collect()
    }

    /// A plan that was never sent dies in this write.
    fn withdraw_planned(&mut self) {
        for id in self.ids_in(|attempt| attempt.state == AttemptState::Planned) {
            self.withdraw_create(id);
            for attempt in self.case.attempts.iter_mut().filter(|attempt| attempt.id == id) {
                attempt.state = AttemptState::Dead(End::Abandoned);
            }
            self.note("attempt_abandoned", "never_sent", None);
        }
    }

    fn withdraw_create(&mut self, attempt: AttemptId) {
        if self.create_is_waiting(attempt) {
            self.case.effects.retain(|effect| effect.attempt != attempt || effect.kind != EffectKind::Create);
            self.effects.push(Effect::WithdrawCreate(attempt));
        }
    }

    /// The seat is gone or settled otherwise: nothing may stay, whatever state it is in.
    fn give_back(&mut self) {
        self.withdraw_planned();
        for id in self.ids_in(|attempt| attempt.state == AttemptState::Sent) {
            self.withdraw_create(id);
        }
        for attempt in &mut self.case.attempts {
            attempt.giving_up |= attempt.state.is_live();
        }
        for attempt in self.case.attempts.clone() {
            let amounts = attempt.amounts;
            if amounts.reserved().is_positive() {
                self.wish(attempt.id, MoneyAct::Release);
            } else if amounts.kept().is_positive() {
                self.wish(attempt.id, MoneyAct::Refund { amount: amounts.kept(), refund: None });
            } else {
                self.close_if_given_up(&attempt);
            }
        }
        self.finish_covered_refunds();
    }

    /// Wishes that were never sent are covered once everything went back.
    fn finish_covered_refunds(&mut self) {
        let kept: Ore = self.case.attempts.iter().map(|attempt| attempt.amounts.kept()).sum();
        if self.case.order.sale || kept.is_positive() {
            return;
        }
        let effects = &self.case.effects;
        for refund in self.case.refunds.iter_mut().filter(|refund| refund.status == RefundStatus::Pending) {
            if !effects.iter().any(|effect| effect.refund == Some(refund.id)) {
                refund.status = RefundStatus::Done;
            }
        }
    }

    fn close_if_given_up(&mut self, attempt: &Attempt) {
        // An abandoned attempt that turns out to live at the provider was never handed to anybody: it is closed.
        let came_late = attempt.state == AttemptState::Dead(End::Abandoned) && attempt.redirect_url.is_some();
        if (attempt.giving_up && attempt.state == AttemptState::Open) || came_late {
            self.wish(attempt.id, MoneyAct::Close);
        }
    }

    /// The seat is held: its money is taken once it is confirmed, and only once.
    fn take_or_release(&mut self) {
        let confirmed = self.case.registration.status == Status::Confirmed;
        let price = self.case.order.price.amount;
        let mut missing = price.less(self.case.attempts.iter().map(|attempt| attempt.amounts.captured).sum());
        for attempt in self.case.attempts.clone() {
            let reserved = attempt.amounts.reserved();
            let dead = matches!(attempt.state, AttemptState::Dead(_));
            if !reserved.is_positive() {
                self.close_if_given_up(&attempt);
            } else if confirmed && !dead && missing.is_positive() {
                let amount = reserved.min(missing);
                self.wish(attempt.id, MoneyAct::Capture(amount));
                missing = missing.less(amount);
            } else if confirmed || dead || attempt.giving_up {
                self.wish(attempt.id, MoneyAct::Release);
            }
        }
    }

    /// Sends the next wish when the one before was observed.
    fn send_next_refund(&mut self) {
        let refunded: Ore = self.case.attempts.iter().map(|attempt| attempt.amounts.refunded).sum();
        let Some(position) = self.case.refunds.iter().position(|refund| refund.status == RefundStatus::Pending) else {
            return;
        };
        let Some(refund) = self.case.refunds.get(position).cloned() else { return };
        let carried = self.case.effects.iter().any(|effect| effect.refund == Some(refund.id));
        let called = refund.refunded_before.is_some();
        if carried || called {
            return;
        }
        let source = self.case.attempts.iter().find(|attempt| attempt.amounts.kept() >= refund.amount);
        let Some(source) = source.map(|attempt| attempt.id) else {
            // Somebody gave the money back elsewhere in the meantime.
            if let Some(refund) = self.case.refunds.get_mut(position) {
                refund.status = RefundStatus::Refused;
            }
            self.note("refund_refused", "nothing_left_to_refund", Some(refund.amount));
            return;
        };
        if self.wish(source, MoneyAct::Refund { amount: refund.amount, refund: Some(refund.id) })
            && let Some(refund) = self.case.refunds.get_mut(position)
        {
            refund.refunded_before = Some(refunded);
        }
    }

    /// Enqueues an act unless one is open for the attempt, or the same act waits for a person. True when enqueued.
    fn wish(&mut self, attempt: AttemptId, act: MoneyAct) -> bool {
        let kind = act.kind();
        let in_the_way = |effect: &OpenEffect| {
            effect.attempt == attempt && effect.kind.is_money() && (!effect.parked || effect.kind == kind)
        };
        if self.case.effects.iter().any(in_the_way) {
            return false;
        }
        let refund = match act {
            MoneyAct::Refund { refund, .. } => refund,
            MoneyAct::Close | MoneyAct::Capture(_) | MoneyAct::Release => None,
        };
        self.case.effects.push(OpenEffect { attempt, kind, parked: false, refund });
        self.effects.push(Effect::Money { attempt, act });
        true
    }

    /// A confirmed seat is never unmade by a snapshot; a person must look when its money vanished elsewhere.
    fn notice_vanished_money(&mut self, now: Timestamp) {
        let order = &self.case.order;
        let confirmed = self.case.registration.status == Status::Confirmed;
        if !confirmed || order.sale || order.give_back_all {
            return;
        }
        let there =
            |attempt: &Attempt| attempt.amounts.reserved().is_positive() || attempt.amounts.captured.is_positive();
        if !self.case.attempts.iter().any(there) {
            self.wants_attention("payment_vanished", now);
        }
    }

    fn conclude(&mut self, now: Timestamp) {
        let case = &mut self.case;
        let before = case.order.status;
        case.order.status = order::status(&case.order, &case.registration.status, &case.attempts, &case.refunds);
        case.order.check_at = look::next_look(case, now);
        let after = case.order.status;
        if before != after {
            self.note(
                match after {
                    OrderStatus::Initiate => "order_open",
                    OrderStatus::Reserved => "order_reserved",
                    OrderStatus::Capture => "order_captured",
                    OrderStatus::Refund => "order_refunded",
                    OrderStatus::Void => "order_void",
                    OrderStatus::Cancel => "order_cancelled",
                    OrderStatus::Sale => "order_sale",
                },
                "settled",
                None,
            );
        }
    }
}
