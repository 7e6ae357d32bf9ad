//! What a look saw, joined into the attempts. An attempt that is given up is let go as far as we can by ourselves; only
//! the provider ends a session.

use super::super::attempt::{self, Attempt, AttemptState, End, Sighting};
use super::super::effect::{Effect, EffectKind};
use super::super::ids::AttemptId;
use super::super::ledger::{self, Movement, MovementKind};
use super::super::money::Ore;
use super::super::snapshot::Amounts;
use super::super::time::Timestamp;
use super::super::trail::{Cause, Happening};
use super::Settled;

impl Settled {
    pub(super) fn join(&mut self, sighting: &Sighting, now: Timestamp) {
        let create_is_waiting = self.create_is_waiting(sighting.attempt);
        let price = self.case.order.price;
        let Some(attempt) = self.case.attempts.iter_mut().find(|attempt| attempt.id == sighting.attempt) else {
            return;
        };
        let before = (attempt.state, attempt.amounts);
        let Some(snapshot) = &sighting.seen else {
            // While a create may still be sent, "not found" means "not there yet"; and a call that just ended may
            // still be on its way through the provider.
            let ended = attempt.create_ended_at.or(attempt.session_began_at).unwrap_or(attempt.created_at);
            let counts_after = attempt.provider.absence_counts_after(attempt.flow);
            let counts = !create_is_waiting && sighting.asked_at >= ended + counts_after;
            if attempt.state == AttemptState::Sent && counts {
                attempt.state = AttemptState::Dead(End::Abandoned);
                self.note(Happening::AttemptAbandoned, Cause::ProviderKnowsNoSuchPayment, None);
            }
            return;
        };
        if let Err(anomaly) = attempt::join(attempt, snapshot, price) {
            self.wants_attention(anomaly.into(), now);
            return;
        }
        // While a retry is on its way, an answer says nothing about it; what is over keeps how it ended.
        let is_retry = before.0 == AttemptState::Open && create_is_waiting;
        if !is_retry && before.0 != AttemptState::Dead(End::Failed) {
            attempt.charge.saw(snapshot.state, sighting.asked_at);
        }
        let after = (attempt.state, attempt.amounts);
        let may_retry = before.0 == AttemptState::Open && after.0 == AttemptState::Open;
        if after.0 != AttemptState::Sent && !(may_retry && attempt.provider.charges_stored_cards()) {
            // The provider knows it: nothing is left to create.
            self.withdraw_create(sighting.attempt);
        }
        self.note_movements(before, after, &sighting.moved);
    }

    fn note_movements(&mut self, before: (AttemptState, Amounts), after: (AttemptState, Amounts), moved: &[Movement]) {
        let (was, is) = (ledger::moved(before.1), ledger::moved(after.1));
        for (happening, kind, grown) in [
            (Happening::Authorized, MovementKind::Authorized, is.authorized.less(was.authorized)),
            (Happening::Captured, MovementKind::Captured, is.captured.less(was.captured)),
            (Happening::Refunded, MovementKind::Refunded, is.refunded.less(was.refunded)),
            (Happening::Released, MovementKind::Cancelled, is.cancelled.less(was.cancelled)),
        ] {
            self.note_growth(happening, grown, moved.iter().filter(|movement| movement.kind == kind).collect());
        }
        if before.0 != after.0 {
            match after.0 {
                AttemptState::Open => self.note(Happening::AttemptOpened, Cause::Observed, None),
                AttemptState::Dead(End::Aborted) => self.note(Happening::AttemptAborted, Cause::Observed, None),
                AttemptState::Dead(End::Expired) => self.note(Happening::AttemptExpired, Cause::Observed, None),
                AttemptState::Dead(End::Terminated) => self.note(Happening::AttemptTerminated, Cause::Observed, None),
                AttemptState::Dead(End::Failed) => self.note(Happening::AttemptFailed, Cause::Observed, None),
                AttemptState::Dead(End::Abandoned)
                | AttemptState::Planned
                | AttemptState::Sent
                | AttemptState::Authorized
                | AttemptState::Settled => {}
            }
        }
    }

    /// The log tells each movement and who caused it; where it does not explain the sum, the sum alone is told.
    fn note_growth(&mut self, happening: Happening, grown: Ore, moved: Vec<&Movement>) {
        if !grown.is_positive() {
            return;
        }
        if moved.iter().map(|movement| movement.amount).sum::<Ore>() != grown {
            self.note(happening, Cause::Observed, Some(grown));
            return;
        }
        for movement in moved {
            let cause = if movement.elsewhere { Cause::InThePortal } else { Cause::Observed };
            self.note(happening, cause, Some(movement.amount));
        }
    }

    /// Ends what was planned for an attempt that is given up: a plan dies in this write, and no create is sent any more.
    pub(super) fn let_go(&mut self) {
        for id in self.ids_of(|attempt| attempt.giving_up && attempt.state == AttemptState::Sent) {
            self.withdraw_create(id);
        }
        for id in self.ids_of(|attempt| attempt.giving_up && attempt.state == AttemptState::Planned) {
            self.withdraw_create(id);
            for attempt in self.case.attempts.iter_mut().filter(|attempt| attempt.id == id) {
                attempt.state = AttemptState::Dead(End::Abandoned);
            }
            self.note(Happening::AttemptAbandoned, Cause::NeverSent, None);
        }
        self.end_failed(|attempt| attempt.giving_up);
    }

    /// Wants all of them dead.
    pub(super) fn give_up_all(&mut self) {
        for attempt in &mut self.case.attempts {
            attempt.giving_up |= attempt.state.is_live() || attempt.state == AttemptState::Planned;
        }
        self.let_go();
    }

    pub(super) fn ids_of(&self, wanted: impl Fn(&Attempt) -> bool) -> Vec<AttemptId> {
        self.case.attempts.iter().filter(|attempt| wanted(attempt)).map(|attempt| attempt.id).collect()
    }

    fn create_is_waiting(&self, attempt: AttemptId) -> bool {
        self.case.effects.iter().any(|effect| effect.attempt == attempt && effect.kind == EffectKind::Create)
    }

    pub(super) fn withdraw_create(&mut self, attempt: AttemptId) {
        if self.create_is_waiting(attempt) {
            self.case.effects.retain(|effect| effect.attempt != attempt || effect.kind != EffectKind::Create);
            self.effects.push(Effect::WithdrawCreate(attempt));
        }
    }
}
