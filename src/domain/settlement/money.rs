//! What the money gets from the seat: taken once for a confirmed one, given back for one that is gone, and refunded as
//! the treasurer wishes. One wish at a time for an attempt; the next comes when its result was observed.

use super::super::attempt::{Attempt, AttemptState, End};
use super::super::effect::{Effect, MoneyAct};
use super::super::ids::AttemptId;
use super::super::ledger::{self, Returner};
use super::super::money::Ore;
use super::super::order::{self, RefundStatus};
use super::super::registration::Status;
use super::super::trail::{Cause, Happening};
use super::{OpenEffect, Settled};

impl Settled {
    /// The seat is gone or settled otherwise: nothing may stay, whatever state it is in.
    pub(super) fn give_back(&mut self) {
        self.give_up_all();
        for attempt in self.case.attempts.clone() {
            self.give_back_all_of(&attempt);
        }
        self.finish_covered_refunds();
    }

    fn give_back_all_of(&mut self, attempt: &Attempt) {
        let amounts = attempt.amounts;
        if amounts.reserved().is_positive() {
            self.wish(attempt.id, MoneyAct::Release);
        } else if amounts.kept().is_positive() {
            self.wish(attempt.id, MoneyAct::Refund { amount: amounts.kept(), refund: None });
        } else {
            self.close_if_given_up(attempt);
        }
    }

    /// Wishes that were never sent are over once everything went back: covered by what we gave back, or without anything
    /// left for them when somebody did so elsewhere. Who did it is known once the ledger holds all of it.
    fn finish_covered_refunds(&mut self) {
        let case = &mut self.case;
        let kept: Ore = case.attempts.iter().map(|attempt| attempt.amounts.kept()).sum();
        let is_booked = case.attempts.iter().all(|attempt| ledger::agrees(&case.ledger, attempt));
        if case.order.sale || kept.is_positive() || !is_booked {
            return;
        }
        let ours = ledger::returns(&case.ledger).filter(|returned| returned.by != Returner::Elsewhere);
        let claimed = case.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
        let claimed: Ore = claimed.map(|refund| refund.amount).sum();
        let mut left = ours.map(|returned| returned.amount).sum::<Ore>().less(claimed);
        let mut ended = Vec::new();
        for refund in case.refunds.iter_mut().filter(|refund| refund.status == RefundStatus::Pending) {
            // One that was sent may have been carried out: its own line of the log says so.
            if refund.refunded_before.is_some() {
                continue;
            }
            let is_covered = refund.amount <= left;
            refund.status = if is_covered { RefundStatus::Done } else { RefundStatus::Refused };
            left = if is_covered { left.less(refund.amount) } else { left };
            ended.push((is_covered, refund.amount));
        }
        for (is_covered, amount) in ended {
            if is_covered {
                self.note(Happening::RefundDone, Cause::AllWasGivenBack, Some(amount));
            } else {
                self.note(Happening::RefundRefused, Cause::NothingLeftToRefund, Some(amount));
            }
        }
    }

    /// Ends what is given up and still open at the provider.
    pub(super) fn close_given_up(&mut self) {
        if self.gives_back() {
            self.give_up_all();
        }
        for attempt in self.case.attempts.clone() {
            self.close_if_given_up(&attempt);
        }
    }

    fn close_if_given_up(&mut self, attempt: &Attempt) {
        // An abandoned attempt that turns out to live at the provider was never handed to anybody: it is closed.
        let came_late = attempt.state == AttemptState::Dead(End::Abandoned)
            && attempt.redirect_url.is_some()
            && !attempt.amounts.authorized.is_positive();
        // Where no call ends a charge that is under way, closing is to look and to wait.
        let can_end = attempt.provider.ends_sessions();
        if can_end && ((attempt.giving_up && attempt.state == AttemptState::Open) || came_late) {
            self.wish(attempt.id, MoneyAct::Close);
        }
    }

    /// The seat is held: its money is taken once it is confirmed, and only once. What no seat needs goes back: that of
    /// an abandoned attempt, and what is left of a reservation that somebody cut by hand.
    pub(super) fn take_or_release(&mut self) {
        let confirmed = self.case.registration.status == Status::Confirmed;
        let is_dead = |attempt: &Attempt| matches!(attempt.state, AttemptState::Dead(_));
        let kept = self.case.attempts.iter().filter(|attempt| !is_dead(attempt)).map(|a| a.amounts.kept()).sum();
        let mut missing = self.case.order.price.amount.less(kept);
        for attempt in self.case.attempts.clone() {
            let reserved = attempt.amounts.reserved();
            if is_dead(&attempt) {
                self.give_back_all_of(&attempt);
            } else if !reserved.is_positive() {
                self.close_if_given_up(&attempt);
            } else if confirmed && missing.is_positive() {
                let amount = reserved.min(missing);
                self.wish(attempt.id, MoneyAct::Capture(amount));
                missing = missing.less(amount);
            } else {
                self.wish(attempt.id, MoneyAct::Release);
            }
        }
    }

    /// Sends the next wish when the one before was observed.
    pub(super) fn send_next_refund(&mut self) {
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
        let has_it = |attempt: &&Attempt| attempt.amounts.kept() >= refund.amount;
        let Some(source) = self.case.attempts.iter().find(has_it).map(|attempt| attempt.id) else {
            // Somebody gave the money back elsewhere in the meantime.
            if let Some(refund) = self.case.refunds.get_mut(position) {
                refund.status = RefundStatus::Refused;
            }
            self.note(Happening::RefundRefused, Cause::NothingLeftToRefund, Some(refund.amount));
            return;
        };
        if self.wish(source, MoneyAct::Refund { amount: refund.amount, refund: Some(refund.id) })
            && let Some(refund) = self.case.refunds.get_mut(position)
        {
            refund.refunded_before = Some(refunded);
        }
    }

    /// Enqueues an act unless one is open for the attempt, or the same act waits for a person; a treasurer's wish is a
    /// person's word and does not wait for another. True when enqueued.
    fn wish(&mut self, attempt: AttemptId, act: MoneyAct) -> bool {
        let kind = act.kind();
        let refund = match act {
            MoneyAct::Refund { refund, .. } => refund,
            MoneyAct::Close | MoneyAct::Capture(_) | MoneyAct::Release => None,
        };
        let in_the_way = |effect: &OpenEffect| {
            let waits_for_a_person = effect.kind == kind && refund.is_none();
            effect.attempt == attempt && effect.kind.is_money() && (!effect.parked || waits_for_a_person)
        };
        if self.case.effects.iter().any(in_the_way) {
            return false;
        }
        self.case.effects.push(OpenEffect { attempt, kind, parked: false, refund });
        self.effects.push(Effect::Money { attempt, act });
        true
    }

    /// A refund is done when its call was answered and the provider's log shows it.
    pub(super) fn finish_refunds(&mut self) {
        let wishes = self.case.refunds.clone();
        let mut done = Vec::new();
        for refund in self.case.refunds.iter_mut().filter(|refund| refund.status == RefundStatus::Pending) {
            let in_flight = self.case.effects.iter().any(|effect| effect.refund == Some(refund.id));
            if !in_flight && order::shows(refund, &wishes, ledger::returns(&self.case.ledger)) {
                refund.status = RefundStatus::Done;
                done.push(refund.amount);
            }
        }
        for amount in done {
            self.note(Happening::RefundDone, Cause::Observed, Some(amount));
        }
    }
}
