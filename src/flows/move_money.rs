//! Closes, captures, releases or refunds at the provider. The result is never assumed: an answer rings, and the next
//! look observes. A refund that was refused is asked about before anything is sent again.

use tracing::error;

use super::app::App;
use super::create_payment::Payment;
use super::open_case::OpenCase;
use super::run_effect::retry_later;
use super::units::provider_of;
use crate::clock::Timestamp;
use crate::domain::attempt::Attempt;
use crate::domain::attention::{Attention, AttentionReason};
use crate::domain::effect::{MoneyAct, provider_key};
use crate::domain::ids::RefundId;
use crate::domain::ledger::{as_booked, movements, returns_among};
use crate::domain::money::{Money, Ore};
use crate::domain::operation::Ending;
use crate::domain::order::{self, RefundStatus};
use crate::domain::trail::{Cause, Happening};
use crate::store::outbox::{Job, Retry, TRIES_APART};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::{Meaning, PaymentProvider, ProviderError};

/// How a call about money ended, as far as the outbox is concerned.
enum Verdict {
    /// Answered: look.
    Done,
    /// Answered that it is so already, or that the world is not as we thought: look, and do not repeat it at once.
    LookFirst(Ending),
    /// Try again later.
    Later { retry: Retry, new_key: bool },
    /// The provider will not carry out the wish.
    WishRefused(RefundId),
    /// Less is left than the wish asks for: somebody gave money back elsewhere.
    WishTooLarge(RefundId),
    /// It will never work this way: a person must look.
    Parked(String),
}

/// Does what the effect says.
pub(super) async fn move_money(app: &App, job: &Job, payment: Payment, act: MoneyAct, key: &str) -> Result<(), Stop> {
    let (attempt, owed) = app
        .store
        .read(move |tx| {
            let attempt = tx.attempt_by_id(payment.attempt)?;
            let owed = tx.order_by_id(payment.order)?.map(|order| (order.price, order.sales_unit));
            Ok((attempt, owed))
        })
        .await?;
    let Some((price, unit)) = owed else { return Ok(()) };
    let vipps = provider_of(app, unit).await?;
    let of = |amount: Ore| Money { amount, currency: price.currency };
    let paid = &attempt.payment();
    let result = match act {
        MoneyAct::Close => vipps.close(paid, key).await,
        MoneyAct::Release => vipps.release(paid, key).await,
        MoneyAct::Capture(amount) => vipps.capture(paid, of(amount), key).await,
        MoneyAct::Refund { amount, .. } => vipps.refund(paid, of(amount), key).await,
    };
    let verdict = match result {
        Ok(()) => Verdict::Done,
        Err(error) => weigh(app, (&*vipps, job), &attempt, act, &error).await?,
    };
    let (house, its_job) = (app.clone(), job.clone());
    app.store.write(payment.event, move |tx| write_down(&house, tx, &its_job, payment, act, &verdict)).await
}

/// What an error means. What its code says, the provider's adapter knows.
async fn weigh(
    app: &App,
    (vipps, job): (&dyn PaymentProvider, &Job),
    attempt: &Attempt,
    act: MoneyAct,
    error: &ProviderError,
) -> Result<Verdict, Stop> {
    let later = |new_key| {
        let retry = retry_later(app, job, error);
        Verdict::Later { retry, new_key }
    };
    let ProviderError::Refused { code, .. } = error else { return Ok(later(false)) };
    let meaning = vipps.meaning(act.kind(), code.as_deref().unwrap_or_default());
    let busy = meaning == Meaning::Busy;
    Ok(match act {
        MoneyAct::Refund { amount, refund: None } => match vipps.get(&attempt.payment()).await {
            // All of it was to go back: when the sum is another one by now, what is left is wished anew.
            Ok(Some(seen)) if seen.amounts.kept() != amount => Verdict::LookFirst(Ending::GivenUp),
            Ok(Some(_)) if busy => later(true),
            Ok(Some(_)) => Verdict::Parked(error.to_string()),
            Ok(None) | Err(_) => later(false),
        },
        MoneyAct::Refund { amount, refund: Some(wish) } => match ask_about(app, vipps, attempt, wish).await? {
            None => later(false),
            Some(Shown::CarriedOut) => Verdict::LookFirst(Ending::Done),
            Some(Shown::Kept(_)) if busy => later(true),
            Some(Shown::Kept(kept)) if kept < amount => Verdict::WishTooLarge(wish),
            Some(Shown::Kept(_)) => Verdict::WishRefused(wish),
        },
        MoneyAct::Close | MoneyAct::Release | MoneyAct::Capture(_) => match meaning {
            Meaning::Busy => later(true),
            Meaning::NotSo => Verdict::LookFirst(Ending::GivenUp),
            Meaning::Later => later(false),
            Meaning::Final => Verdict::Parked(error.to_string()),
        },
    })
}

/// What the provider shows of a wish whose call it refused.
enum Shown {
    /// An earlier try was done unheard.
    CarriedOut,
    /// It was never done; so much could still be given back.
    Kept(Ore),
}

/// Asks before anything is sent again or given up. The log knows our calls by their keys, and so tells a try that was done
/// unheard from what somebody gave back elsewhere. Empty when the provider does not tell.
async fn ask_about(
    app: &App,
    vipps: &dyn PaymentProvider,
    attempt: &Attempt,
    wish: RefundId,
) -> Result<Option<Shown>, Stop> {
    let Ok(Some(snapshot)) = vipps.get(&attempt.payment()).await else { return Ok(None) };
    let Ok(log) = vipps.events(&attempt.payment()).await else { return Ok(None) };
    let order = attempt.order_id;
    let (order, wishes, booked) = app
        .store
        .read(move |tx| Ok((tx.order_by_id(order)?, tx.refunds_of_order(order)?, tx.booked_of_order(order)?)))
        .await?;
    let Some(price) = order.map(|order| order.price) else { return Ok(None) };
    let moved = movements(&as_booked(attempt.provider, log), price);
    let here = returns_among(&moved);
    if returns_among(&moved).map(|returned| returned.amount).sum::<Ore>() != snapshot.amounts.refunded {
        // The log lags behind its own sums, or has run ahead of them.
        return Ok(None);
    }
    let elsewhere = booked.into_iter().filter(|booked| booked.attempt != attempt.id).flat_map(|booked| booked.returns);
    let Some(its) = wishes.iter().find(|other| other.id == wish) else { return Ok(None) };
    let is_carried_out = order::shows(its, &wishes, here.chain(elsewhere));
    Ok(Some(if is_carried_out { Shown::CarriedOut } else { Shown::Kept(snapshot.amounts.kept()) }))
}

fn write_down(
    app: &App,
    tx: &mut EventTx<'_>,
    job: &Job,
    payment: Payment,
    act: MoneyAct,
    verdict: &Verdict,
) -> Result<(), Stop> {
    let now = tx.now();
    match verdict {
        Verdict::Done => {
            tx.finish_effect(job, Ending::Done)?;
        }
        Verdict::LookFirst(ending) => {
            tx.finish_effect(job, *ending)?;
            pace(tx, payment, now + TRIES_APART)?;
        }
        Verdict::Later { retry, new_key } => {
            let new_key = new_key.then(|| anew(app, job, act));
            tx.retry_effect(job, Retry { new_key, ..retry.clone() })?;
        }
        Verdict::WishRefused(refund) => {
            tx.finish_effect(job, Ending::Refused)?;
            refuse_wish(app, tx, payment, (*refund, Cause::ProviderRefused))?;
        }
        Verdict::WishTooLarge(refund) => {
            tx.finish_effect(job, Ending::Refused)?;
            refuse_wish(app, tx, payment, (*refund, Cause::NothingLeftToRefund))?;
        }
        Verdict::Parked(why) => {
            error!(order = %payment.order, attempt = %payment.attempt, why, "an effect is parked: a person must look");
            tx.park_effect(job, why)?;
            attention(app, tx, payment, act)?;
        }
    }
    tx.ring(payment.order)?;
    Ok(())
}

/// The key of a call that was refused and goes out once more. A wish stays known by its id.
fn anew(app: &App, job: &Job, act: MoneyAct) -> String {
    match act {
        MoneyAct::Refund { refund: Some(wish), .. } => provider_key(act.kind(), wish.0, Some(job.tries + 1)),
        MoneyAct::Refund { refund: None, .. } | MoneyAct::Close | MoneyAct::Capture(_) | MoneyAct::Release => {
            provider_key(act.kind(), app.clock.id(), None)
        }
    }
}

fn pace(tx: &mut EventTx<'_>, payment: Payment, until: Timestamp) -> Result<(), Stop> {
    let mut attempt = tx.attempt_by_id(payment.attempt)?;
    attempt.paced_until = Some(until);
    tx.save_attempt(&attempt)?;
    Ok(())
}

fn refuse_wish(
    app: &App,
    tx: &mut EventTx<'_>,
    payment: Payment,
    (refund, why): (RefundId, Cause),
) -> Result<(), Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(()) };
    let since = tx.now();
    let mut amount = None;
    for wish in open.case.refunds.iter_mut().filter(|wish| wish.id == refund) {
        wish.status = RefundStatus::Refused;
        amount = Some(wish.amount);
    }
    // Money that went back elsewhere needs nobody; money that the provider will not give back does.
    if why == Cause::ProviderRefused {
        open.case.order.needs_attention.get_or_insert(Attention { reason: AttentionReason::RefundRefused, since });
    }
    open.note(Happening::RefundRefused, why, amount);
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(())
}

fn attention(app: &App, tx: &mut EventTx<'_>, payment: Payment, act: MoneyAct) -> Result<(), Stop> {
    let Some(mut open) = OpenCase::of_order(tx, payment.order)? else { return Ok(()) };
    let reason = AttentionReason::refused(act);
    let since = tx.now();
    open.case.order.needs_attention.get_or_insert(Attention { reason, since });
    open.note(Happening::NeedsAttention, Cause::Attention(reason), None);
    open.settle(app, tx, &[], ActedBy::System)?;
    Ok(())
}
