//! What the seat gets from its money: it is confirmed when the money is there, and freed when none can come any more.

use super::super::attempt::{Attempt, AttemptState};
use super::super::attention::AttentionReason;
use super::super::money::Ore;
use super::super::registration::{EndedReason, Status};
use super::super::time::Timestamp;
use super::super::trail::{Cause, Happening};
use super::Settled;

impl Settled {
    /// Money for the seat is there: the seat is confirmed. A payer who was late but faster than our question stays.
    pub(super) fn confirm_if_paid(&mut self, now: Timestamp) {
        if self.gives_back() || !matches!(self.case.registration.status, Status::AwaitingPayment { .. }) {
            return;
        }
        let price = self.case.order.price.amount;
        let pays = |attempt: &Attempt| {
            !matches!(attempt.state, AttemptState::Dead(_))
                && attempt.amounts.reserved() + attempt.amounts.kept() >= price
        };
        if self.case.attempts.iter().any(pays) {
            self.reach(Status::Confirmed, now);
            self.note(Happening::Confirmed, Cause::PaymentAuthorized, Some(price));
        }
    }

    /// After the deadline the seat is freed when nothing can pay for it any more, and the provider said so.
    pub(super) fn end_if_unpaid(&mut self, now: Timestamp) {
        let Status::AwaitingPayment { payment_expiredate } = self.case.registration.status else {
            return;
        };
        if now < payment_expiredate || self.gives_back() {
            return;
        }
        // The seat stays held: the payer may be approving right now, and only the provider can say no.
        self.give_up_all();
        if !self.case.attempts.iter().any(|attempt| attempt.state.is_live()) {
            self.reach(Status::Ended(EndedReason::Unpaid), now);
            self.note(Happening::Ended(EndedReason::Unpaid), Cause::DeadlinePassed, None);
        }
    }

    /// A confirmed seat is never unmade by a snapshot; a person must look when its money vanished elsewhere, or when
    /// somebody took more than the price by hand.
    pub(super) fn notice_odd_money(&mut self, now: Timestamp) {
        if self.gives_back() || self.case.registration.status != Status::Confirmed {
            return;
        }
        let price = self.case.order.price.amount;
        let alive = || self.case.attempts.iter().filter(|attempt| !matches!(attempt.state, AttemptState::Dead(_)));
        // A refund is no loss: it never takes a seat.
        let came: Ore = alive().map(|attempt| attempt.amounts.captured + attempt.amounts.reserved()).sum();
        let kept: Ore = alive().map(|attempt| attempt.amounts.kept()).sum();
        if came < price {
            self.wants_attention(AttentionReason::PaymentVanished, now);
        } else if kept > price {
            self.wants_attention(AttentionReason::PaidTooMuch, now);
        }
    }
}
