//! What becomes of a charge that failed: tried again in time, or given up. Nothing is under way while it has failed, so
//! giving it up ends it at once.

use super::super::attempt::{Attempt, AttemptState, End};
use super::super::charge::RETRIES_MAX;
use super::super::effect::{Effect, EffectKind};
use super::super::look;
use super::super::time::Timestamp;
use super::super::trail::{Cause, Happening};
use super::{OpenEffect, Settled};

impl Settled {
    /// Ends the failed charges that are used up, and tries those again whose time has come.
    pub(super) fn retry_charges(&mut self, now: Timestamp) {
        let is_over = |attempt: &Attempt| attempt.giving_up || attempt.charge.retries >= RETRIES_MAX;
        self.end_failed(is_over);
        for attempt in self.case.attempts.clone() {
            if look::next_retry(&self.case, &attempt).is_some_and(|at| at <= now) {
                let effect = OpenEffect { attempt: attempt.id, kind: EffectKind::Create, parked: false, refund: None };
                self.case.effects.push(effect);
                self.effects.push(Effect::Create(attempt.id));
            }
        }
    }

    /// Ends the failed charges of which this is true.
    pub(super) fn end_failed(&mut self, is_over: impl Fn(&Attempt) -> bool) {
        for id in self.ids_of(|attempt| attempt.has_failed() && is_over(attempt)) {
            self.withdraw_create(id);
            for attempt in self.case.attempts.iter_mut().filter(|attempt| attempt.id == id) {
                attempt.state = AttemptState::Dead(End::Failed);
            }
            self.note(Happening::AttemptFailed, Cause::Observed, None);
        }
    }
}
