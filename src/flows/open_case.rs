//! A seat with its money, opened under the event's turn, changed, settled and saved as one. Every flow that touches a
//! seat or an order goes through here, so that nothing is saved without having been settled.

use super::app::App;
use super::promote;
use super::tell;
use crate::domain::attempt::{Attempt, Sighting};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::ids::OrderId;
use crate::domain::money::Ore;
use crate::domain::order::Order;
use crate::domain::registration::{Registration, Status};
use crate::domain::settlement::{self, Case};
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop};

/// A case that is being worked on.
pub struct OpenCase {
    before: Case,
    /// The case, to be changed.
    pub case: Case,
    notes: Vec<Note>,
}

impl OpenCase {
    /// Opens the case of an order.
    pub fn of_order(tx: &mut EventTx<'_>, id: OrderId) -> Result<Option<Self>, Stop> {
        let Some(order) = tx.order_by_id(id)? else { return Ok(None) };
        let registration = tx.registration_by_id(order.registration_id)?;
        Self::open(tx, registration, order).map(Some)
    }

    /// Opens the case of a registration, if anything is owed for it.
    pub fn of_registration(tx: &mut EventTx<'_>, registration: &Registration) -> Result<Option<Self>, Stop> {
        match tx.order_of_registration(registration.id)? {
            Some(order) => Self::open(tx, registration.clone(), order).map(Some),
            None => Ok(None),
        }
    }

    fn open(tx: &mut EventTx<'_>, registration: Registration, order: Order) -> Result<Self, Stop> {
        let attempts = tx.attempts_of_order(order.id)?;
        let refunds = tx.refunds_of_order(order.id)?;
        let effects = tx.open_effects(order.id)?;
        let ledger = tx.booked_of_order(order.id)?;
        let case = Case { registration, order, attempts, refunds, effects, ledger };
        Ok(Self { before: case.clone(), case, notes: Vec::new() })
    }

    /// Adds a line for the trail.
    pub fn note(&mut self, kind: Happening, cause: Cause, amount: Option<Ore>) {
        self.notes.push(Note { kind, cause, amount });
    }

    /// The attempt with this id, to be changed.
    pub fn attempt_mut(&mut self, id: crate::domain::ids::AttemptId) -> Option<&mut Attempt> {
        self.case.attempts.iter_mut().find(|attempt| attempt.id == id)
    }

    /// The create of an attempt is not in the outbox any more.
    pub fn forget_create(&mut self, attempt: crate::domain::ids::AttemptId) {
        self.case.effects.retain(|effect| effect.attempt != attempt || effect.kind != EffectKind::Create);
    }

    /// Settles the case, saves what differs, enqueues what is wished, and hands a freed seat to the next in line.
    pub fn settle(
        mut self,
        app: &App,
        tx: &mut EventTx<'_>,
        sightings: &[Sighting],
        by: ActedBy,
    ) -> Result<Case, Stop> {
        let settled = settlement::settle(self.case, sightings, tx.now());
        let case = settled.case;
        self.notes.extend(settled.trail);
        save_differences(tx, &self.before, &case)?;
        tx.enqueue(case.order.id, &settled.effects)?;
        tx.write_down(about(&case), by, &self.notes)?;
        follow_up(app, tx, &self.before, &case)?;
        Ok(case)
    }
}

fn about(case: &Case) -> About {
    About { event: Some(case.order.event_id), registration: Some(case.registration.id), order: Some(case.order.id) }
}

fn save_differences(tx: &mut EventTx<'_>, before: &Case, after: &Case) -> Result<(), Stop> {
    if before.registration != after.registration {
        tx.save_registration(&before.registration.status, &after.registration)?;
    }
    // The dying come first: for a moment two live attempts would stand side by side.
    let (living, dying): (Vec<&Attempt>, Vec<&Attempt>) =
        after.attempts.iter().partition(|attempt| attempt.state.is_live());
    for attempt in dying.into_iter().chain(living) {
        match before.attempts.iter().find(|known| known.id == attempt.id) {
            Some(known) if known == attempt => {}
            Some(_) => tx.save_attempt(attempt)?,
            None => tx.insert_attempt(attempt)?,
        }
    }
    for refund in &after.refunds {
        match before.refunds.iter().find(|known| known.id == refund.id) {
            Some(known) if known == refund => {}
            Some(_) => tx.save_refund(after.order.id, refund)?,
            None => tx.insert_refund(after.order.id, refund)?,
        }
    }
    tx.save_order(&after.order)?;
    Ok(())
}

fn follow_up(app: &App, tx: &mut EventTx<'_>, before: &Case, after: &Case) -> Result<(), Stop> {
    tell::about_case(tx, before, after);
    let was_live = before.attempts.iter().any(|attempt| attempt.state.is_live());
    let is_live = after.attempts.iter().any(|attempt| attempt.state.is_live());
    if was_live && !is_live {
        start_waiting_attempt(tx, after)?;
    }
    if before.registration.status != Status::Confirmed && after.registration.status == Status::Confirmed {
        // A cancel that waits for its next try would hold up the capture of a payer who was late but faster.
        tx.hasten_effects(after.order.id)?;
    }
    if before.registration.status.holds_seat() && !after.registration.status.holds_seat() {
        promote::promote(app, tx)?;
    }
    Ok(())
}

/// The write that ends the last live attempt of a user starts the one that waited for it, if its order can be paid.
fn start_waiting_attempt(tx: &mut EventTx<'_>, ended: &Case) -> Result<(), Stop> {
    for attempt in tx.planned_attempts(ended.order.event_id, ended.order.user_id)? {
        if attempt.is_before_its_press() {
            continue;
        }
        let Some(order) = tx.order_by_id(attempt.order_id)? else { continue };
        let registration = tx.registration_by_id(order.registration_id)?;
        if is_payable(&registration.status, &order, tx.now()) {
            tx.enqueue(order.id, &[Effect::Create(attempt.id)])?;
            return Ok(());
        }
    }
    Ok(())
}

/// True while a click may open a payment.
pub fn is_payable(registration: &Status, order: &Order, now: crate::clock::Timestamp) -> bool {
    match registration {
        Status::AwaitingPayment { payment_expiredate } => now < *payment_expiredate && !order.sale,
        Status::Waitlisted { .. } | Status::Confirmed | Status::Ended(_) => false,
    }
}
