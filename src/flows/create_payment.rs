//! Makes a payment at the provider. `Sent` is written under the turn before the call leaves; the same stored body goes
//! out under the same key until there is an answer. Whoever gave up meanwhile gets no payment.

use chrono::TimeDelta;

use super::app::App;
use super::charge_again::{Earlier, charge_again, look_for};
use super::open_case::{OpenCase, is_payable};
use super::run_effect::retry_later;
use super::units::client_for_create;
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, AttemptState, End};
use crate::domain::attention::{Attention, AttentionReason};
use crate::domain::charge::Charge;
use crate::domain::door::TOKEN_LIFE;
use crate::domain::flow::Flow;
use crate::domain::ids::{AttemptId, EventId, OrderId, SalesUnitId};
use crate::domain::operation::{Ending, ending_of_create};
use crate::domain::trail::{Cause, Happening};
use crate::store::outbox::{Job, Retry};
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
    let Some(begun) = attempt else { return Ok(()) };
    let (attempt, unit) = (begun.attempt, begun.unit);
    let provider = client_for_create(app, unit, attempt.provider).await?;
    if attempt.state == AttemptState::Open {
        return charge_again(app, job, payment, &*provider).await;
    }
    let mut at = begun.at;
    if let Some(ended_at) = begun.may_have_been_done {
        let known = match look_for(app, job, &*provider, &attempt, ended_at).await {
            Earlier::Found(found) => Some(Outcome::Created(found)),
            Earlier::Unknown(retry) => Some(Outcome::Waits(retry)),
            Earlier::Absent => None,
        };
        let (house, its_job) = (app.clone(), job.clone());
        at = app.clock.machine_now();
        if let Some(outcome) = known {
            return app
                .store
                .write(payment.event, move |tx| end(&house, tx, &its_job, payment, &outcome, ended_at))
                .await;
        }
        if !app.store.write(payment.event, move |tx| send_anew(&house, tx, payment, ended_at)).await? {
            return Ok(());
        }
    }
    if app.clock.machine_now() > at + SENT_WITHIN && !attempt.provider.knows_creates_by_their_key() {
        // Somebody else may have taken over while this process stood still: whoever holds the claim looks first.
        tracing::warn!(attempt = %attempt.id, "a charge was not sent: this process stood still");
        return Ok(());
    }
    let result = provider.create(&attempt.payment(), &attempt.request_body, key).await;
    let ended_at = app.clock.now();
    let (house, its_job) = (app.clone(), job.clone());
    let outcome = match result {
        Ok(created) => Outcome::Created(created),
        Err(ProviderError::Refused { status, code, title, .. }) => {
            tracing::error!(attempt = %attempt.id, status, code = ?code, title, "the provider refuses to make a payment");
            Outcome::Refused
        }
        Err(error) => {
            let certainly_not_done = matches!(error, ProviderError::Unavailable { .. });
            Outcome::Later { retry: retry_later(app, job, &error), certainly_not_done }
        }
    };
    app.store.write(payment.event, move |tx| end(&house, tx, &its_job, payment, &outcome, ended_at)).await
}

/// True for a scan whose token is no longer good.
fn is_too_late(open: &OpenCase, attempt: AttemptId, now: Timestamp) -> bool {
    let planned = open.case.attempts.iter().find(|known| known.id == attempt);
    planned.is_some_and(|known| known.flow == Flow::Scan && now >= known.created_at + TOKEN_LIFE)
}

/// How old a begun create may be when it leaves, where no key makes two calls one: a process that stood still for longer
/// has lost its claim.
const SENT_WITHIN: TimeDelta = TimeDelta::seconds(10);

/// A create that was begun.
struct Begun {
    attempt: Attempt,
    unit: SalesUnitId,
    /// When an earlier call ended, or began, that may have been done; only where a repeated one would be a second one.
    may_have_been_done: Option<Timestamp>,
    /// When it was begun, in machine time.
    at: Timestamp,
}

enum Outcome {
    Created(Created),
    Refused,
    /// An earlier call may have been done, and nobody knows yet; nothing was sent.
    Waits(Retry),
    Later {
        retry: Retry,
        certainly_not_done: bool,
    },
}

/// Writes `Sent` before the call leaves; empty when there is nothing to send any more.
fn begin(app: &App, tx: &mut EventTx<'_>, job: &Job, payment: Payment) -> Result<Option<Begun>, Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(None) };
    let is_dead = is_too_late(&open, payment.attempt, tx.now());
    let payable = is_payable(&open.case.registration.status, &open.case.order, tx.now());
    let others_live = tx.has_live_attempt(payment.event, open.case.order.user_id)?;
    let now = tx.now();
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(None) };
    let wanted = payable && !attempt.giving_up;
    let may_go = match attempt.state {
        AttemptState::Planned => wanted && !others_live && !is_dead && !attempt.is_before_its_press(),
        AttemptState::Sent => wanted && !is_dead,
        // A retry begins in its own write.
        AttemptState::Open if attempt.provider.charges_stored_cards() => true,
        AttemptState::Open | AttemptState::Authorized | AttemptState::Settled | AttemptState::Dead(_) => false,
    };
    if !may_go {
        // The token of a scan cannot be had anew: the next scan starts another.
        attempt.giving_up |= is_dead;
        // Another try of a charge that failed made nothing: what there is, an earlier call made.
        let is_first = attempt.charge == Charge::default();
        let ending = if is_first { ending_of_create(attempt.state) } else { Ending::GivenUp };
        // A plan that waits for another attempt to die is started by the write that ends it.
        tx.drop_effect(job, ending)?;
        open.forget_create(payment.attempt);
        open.settle(app, tx, &[], ActedBy::System)?;
        return Ok(None);
    }
    let at = app.clock.machine_now();
    if attempt.state == AttemptState::Open {
        let (attempt, unit) = (attempt.clone(), open.case.order.sales_unit);
        return Ok(Some(Begun { attempt, unit, may_have_been_done: None, at }));
    }
    let may_have_been_done = attempt.create_ended_at.filter(|_| !attempt.provider.knows_creates_by_their_key());
    attempt.state = AttemptState::Sent;
    // The session is as old as the first call that may have made it.
    attempt.session_began_at.get_or_insert(now);
    if attempt.flow.is_on_the_phone() {
        attempt.opened_at.get_or_insert(now);
    }
    // Until the call has ended for certain, "not found" proves nothing.
    if may_have_been_done.is_none() {
        attempt.create_ended_at = Some(now);
    }
    let sent = attempt.clone();
    let unit = open.settle(app, tx, &[], ActedBy::System)?.order.sales_unit;
    Ok(Some(Begun { attempt: sent, unit, may_have_been_done, at }))
}

/// Writes down that the call goes out once more, after its absence was proven. False when somebody else did so, or when
/// it is not wanted any more: then nothing is sent.
fn send_anew(app: &App, tx: &mut EventTx<'_>, payment: Payment, ended_at: Timestamp) -> Result<bool, Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(false) };
    let now = tx.now();
    let payable = is_payable(&open.case.registration.status, &open.case.order, now);
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(false) };
    let is_same = attempt.state == AttemptState::Sent && attempt.create_ended_at == Some(ended_at);
    if !is_same || !payable || attempt.giving_up {
        return Ok(false);
    }
    attempt.create_ended_at = Some(now);
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(true)
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
    if !matches!(outcome, Outcome::Waits(_)) {
        attempt.create_ended_at = Some(ended_at);
    }
    let ending = match outcome {
        Outcome::Waits(retry) => {
            tx.retry_effect(job, retry.clone())?;
            open.settle(app, tx, &[], ActedBy::System)?;
            return Ok(());
        }
        Outcome::Created(created) => {
            if attempt.redirect_url.is_none() {
                attempt.redirect_url.clone_from(&created.redirect_url);
            }
            if attempt.provider_id.is_none() {
                attempt.provider_id.clone_from(&created.provider_id);
            }
            if attempt.state == AttemptState::Sent {
                attempt.state = AttemptState::Open;
                open.note(Happening::AttemptOpened, Cause::ProviderAnswered, None);
            }
            Ending::Done
        }
        Outcome::Refused => {
            let is_on_the_phone = attempt.flow.is_on_the_phone();
            if is_on_the_phone && job.tries > 0 {
                // An earlier call was not answered: what it made may be on the phone, so looks find it and close it.
                attempt.giving_up = true;
            } else if attempt.state == AttemptState::Sent {
                attempt.state = AttemptState::Dead(End::Abandoned);
                open.note(Happening::AttemptAbandoned, Cause::ProviderRefused, None);
            }
            // Somebody's number or token was not good: who stands at the door sees it, and tries another way.
            if !is_on_the_phone {
                let (reason, since) = (AttentionReason::PaymentRefused, tx.now());
                open.case.order.needs_attention.get_or_insert(Attention { reason, since });
            }
            Ending::Refused
        }
        Outcome::Later { retry, certainly_not_done } => {
            if *certainly_not_done && job.tries == 0 {
                attempt.session_began_at = None;
            }
            if *certainly_not_done && !attempt.provider.knows_creates_by_their_key() {
                // Nothing was made before this call, or it would not have left: nothing has to be looked for.
                attempt.create_ended_at = None;
            }
            tx.retry_effect(job, retry.clone())?;
            open.settle(app, tx, &[], ActedBy::System)?;
            // The call may have been done: a look may know sooner than the next try.
            if !certainly_not_done {
                tx.ring(payment.order)?;
            }
            return Ok(());
        }
    };
    tx.finish_effect(job, ending)?;
    open.forget_create(payment.attempt);
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(())
}
