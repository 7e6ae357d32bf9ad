//! A charge of a stored card at the provider: the first call, which is looked for before it is ever sent again, and the
//! retries of a charge that failed. There is no key that makes two calls one, so nothing is sent while an earlier call
//! may have been done.

use tracing::{info, warn};

use super::app::App;
use super::create_payment::Payment;
use super::open_case::{OpenCase, is_payable};
use super::run_effect::retry_later;
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::charge::Charge;
use crate::domain::operation::Ending;
use crate::store::outbox::{Job, Retry, TRIES_APART};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::{Created, PaymentProvider, ProviderError};

/// What an earlier create call came to.
pub(super) enum Earlier {
    /// The provider has the payment.
    Found(Created),
    /// It certainly has none, and enough time has passed: the call may go out again.
    Absent,
    /// Nobody knows yet. The next look at it comes later.
    Unknown(Retry),
}

/// Looks for what an earlier call may have made.
pub(super) async fn look_for(
    app: &App,
    job: &Job,
    provider: &dyn PaymentProvider,
    attempt: &Attempt,
    ended_at: Timestamp,
) -> Earlier {
    let asked_at = app.clock.now();
    match provider.find(&attempt.payment()).await {
        Ok(Some(found)) => Earlier::Found(found),
        Ok(None) if asked_at >= ended_at + attempt.provider.absence_counts_after(attempt.flow) => {
            warn!(attempt = %attempt.id, "the provider certainly has no such payment; it is asked for once more");
            Earlier::Absent
        }
        Ok(None) => {
            let due_at =
                (ended_at + attempt.provider.absence_counts_after(attempt.flow)).min(asked_at + TRIES_APART * 4);
            Earlier::Unknown(Retry {
                due_at: due_at.max(asked_at + TRIES_APART),
                why: "not there yet".to_owned(),
                unanswered: true,
                new_key: None,
            })
        }
        Err(error) => Earlier::Unknown(retry_later(app, job, &error)),
    }
}

/// Tries a charge again that failed, if anybody still wants it. It counts as sent from the moment before it leaves; what
/// became of it a look says, and it is never repeated by itself.
pub(super) async fn charge_again(
    app: &App,
    job: &Job,
    payment: Payment,
    provider: &dyn PaymentProvider,
) -> Result<(), Stop> {
    let (house, its_job) = (app.clone(), job.clone());
    let attempt = app.store.write(payment.event, move |tx| begin(&house, tx, &its_job, payment)).await?;
    let Some(attempt) = attempt else { return Ok(()) };
    let result = provider.retry(&attempt.payment()).await;
    let ended = match result {
        Ok(()) => Ended::Taken,
        Err(ProviderError::Refused { status, title, .. }) => {
            info!(attempt = %attempt.id, status, title, "the provider tries this charge no more");
            Ended::NeverAgain
        }
        Err(error @ ProviderError::Unknown { .. }) => {
            info!(attempt = %attempt.id, %error, "a retry was not answered; it is looked at");
            Ended::Unheard
        }
        Err(error @ ProviderError::Unavailable { .. }) => Ended::Later(retry_later(app, job, &error)),
    };
    let (house, its_job, now) = (app.clone(), job.clone(), app.clock.now());
    app.store.write(payment.event, move |tx| end(&house, tx, &its_job, payment, &ended, now)).await
}

enum Ended {
    Taken,
    /// It may have been done, or may still arrive.
    Unheard,
    NeverAgain,
    Later(Retry),
}

fn begin(app: &App, tx: &mut EventTx<'_>, job: &Job, payment: Payment) -> Result<Option<Attempt>, Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(None) };
    let now = tx.now();
    let payable = is_payable(&open.case.registration.status, &open.case.order, now);
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(None) };
    let may_go =
        payable && attempt.state == AttemptState::Open && !attempt.giving_up && attempt.charge.can_be_retried();
    if !may_go {
        // Also when an earlier try of this effect was cut off: a look says what became of it.
        let is_first_charge = attempt.charge == Charge::default();
        tx.drop_effect(job, if is_first_charge { Ending::Done } else { Ending::GivenUp })?;
        open.forget_create(payment.attempt);
        open.settle(app, tx, &[], ActedBy::System)?;
        tx.ring(payment.order)?;
        return Ok(None);
    }
    attempt.charge.begin_retry(now);
    let sent = attempt.clone();
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(Some(sent))
}

fn end(
    app: &App,
    tx: &mut EventTx<'_>,
    job: &Job,
    payment: Payment,
    ended: &Ended,
    now: Timestamp,
) -> Result<(), Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(()) };
    let Some(attempt) = open.attempt_mut(payment.attempt) else { return Ok(()) };
    let ending = match ended {
        Ended::Taken => {
            attempt.charge.retry_was_taken(now);
            Ending::Done
        }
        Ended::Unheard => {
            attempt.charge.retry_went_unheard(now);
            Ending::Unanswered
        }
        Ended::NeverAgain => {
            attempt.charge.use_up(now);
            Ending::Refused
        }
        Ended::Later(retry) => {
            if attempt.state == AttemptState::Open {
                attempt.charge.take_back_retry(now);
            }
            tx.retry_effect(job, retry.clone())?;
            open.settle(app, tx, &[], ActedBy::System)?;
            return Ok(());
        }
    };
    tx.finish_effect(job, ending)?;
    open.forget_create(payment.attempt);
    open.settle(app, tx, &[], ActedBy::System)?;
    tx.ring(payment.order)?;
    Ok(())
}
