//! Makes a payment at the provider. `Sent` is written under the turn before the call leaves; the same stored body goes
//! out under the same key until there is an answer. Whoever gave up meanwhile gets no payment.

use super::app::App;
use super::open_case::{OpenCase, is_payable};
use super::run_effect::retry_later;
use super::units::provider_of;
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, AttemptState, End};
use crate::domain::attention::{Attention, AttentionReason};
use crate::domain::effect::EffectKind;
use crate::domain::ids::{AttemptId, EventId, OrderId, SalesUnitId};
use crate::domain::trail::{Cause, Happening};
use crate::store::outbox::Job;
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::{Created, ProviderError};

/// Which payment an effect is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    /// The event whose turn is taken.
    pub(super) event: EventId,
    /// The order.
    pub(super) order: OrderId,
    /// The attempt.
    pub(super) attempt: AttemptId,
}

/// Makes the payment, if anybody still wants it.
pub(super) async fn create_payment(app: &App, job: &Job, payment: Payment, key: &str) -> Result<(), Stop> {
    let (house, its_job) = (app.clone(), job.clone());
    let attempt = app.store.write(payment.event, move |tx| begin(&house, tx, &its_job, payment)).await?;
    let Some((attempt, unit)) = attempt else { return Ok(()) };
    let vipps = provider_of(app, unit).await?;
    let result = vipps.create(&attempt.reference, &attempt.request_body, key).await;
    let ended_at = app.clock.now();
    let (house, its_job) = (app.clone(), job.clone());
    let outcome = match result {
        Ok(created) => Outcome::Created(created),
        Err(ProviderError::Refused { status, code, title, .. }) => {
            tracing::error!(attempt = %attempt.id, status, code = ?code, title, "the provider refuses to make a payment");
            Outcome::Refused
        }
        Err(error) => {
            let (due_at, why) = retry_later(app, job, &error);
            let certainly_not_done = matches!(error, ProviderError::Unavailable { .. });
            Outcome::Later { due_at, why, certainly_not_done }
        }
    };
    app.store.write(payment.event, move |tx| end(&house, tx, &its_job, payment, &outcome, ended_at)).await
}

fn forget_create(open: &mut OpenCase, attempt: AttemptId) {
    open.case.effects.retain(|effect| effect.attempt != attempt || effect.kind != EffectKind::Create);
}

enum Outcome {
    Created(Created),
    Refused,
    Later { due_at: Timestamp, why: String, certainly_not_done: bool },
}

/// Writes `Sent` before the call leaves; empty when there is nothing to send any more.
fn begin(app: &App, tx: &mut EventTx<'_>, job: &Job, payment: Payment) -> Result<Option<(Attempt, SalesUnitId)>, Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(None) };
    let payable = is_payable(&open.case.registration.status, &open.case.order, tx.now());
    let others_live = tx.has_live_attempt(payment.event, open.case.order.user_id)?;
    let now = tx.now();
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(None) };
    let wanted = payable && !attempt.giving_up;
    let may_go = match attempt.state {
        AttemptState::Planned => wanted && !others_live,
        AttemptState::Sent => wanted,
        AttemptState::Open | AttemptState::Authorized | AttemptState::Settled | AttemptState::Dead(_) => false,
    };
    if !may_go {
        // A plan that waits for another attempt to die is started by the write that ends it.
        tx.finish_effect(job)?;
        forget_create(&mut open, payment.attempt);
        open.settle(app, tx, &[], ActedBy::System)?;
        return Ok(None);
    }
    attempt.state = AttemptState::Sent;
    // The session is as old as the first call that may have made it.
    attempt.session_began_at.get_or_insert(now);
    // Until the call has ended for certain, "not found" proves nothing.
    attempt.create_ended_at = Some(now);
    let sent = attempt.clone();
    let unit = open.settle(app, tx, &[], ActedBy::System)?.order.sales_unit;
    Ok(Some((sent, unit)))
}

fn end(
    app: &App,
    tx: &mut EventTx<'_>,
    job: &Job,
    payment: Payment,
    outcome: &Outcome,
    ended_at: Timestamp,
) -> Result<(), Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(()) };
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(()) };
    attempt.create_ended_at = Some(ended_at);
    match outcome {
        Outcome::Created(created) => {
            if attempt.redirect_url.is_none() {
                attempt.redirect_url.clone_from(&created.redirect_url);
            }
            if attempt.state == AttemptState::Sent {
                attempt.state = AttemptState::Open;
                open.note(Happening::AttemptOpened, Cause::ProviderAnswered, None);
            }
        }
        Outcome::Refused => {
            if attempt.state == AttemptState::Sent {
                attempt.state = AttemptState::Dead(End::Abandoned);
                open.note(Happening::AttemptAbandoned, Cause::ProviderRefused, None);
            }
            let since = tx.now();
            open.case.order.needs_attention.get_or_insert(Attention { reason: AttentionReason::PaymentRefused, since });
        }
        Outcome::Later { due_at, why, certainly_not_done } => {
            if *certainly_not_done && job.tries == 0 {
                attempt.session_began_at = None;
            }
            tx.retry_effect(job, *due_at, why, None)?;
            open.settle(app, tx, &[], ActedBy::System)?;
            // The call may have been done: a look may know sooner than the next try.
            if !certainly_not_done {
                tx.ring(payment.order)?;
            }
            return Ok(());
        }
    }
    tx.finish_effect(job)?;
    forget_create(&mut open, payment.attempt);
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(())
}
