//! A person resolves what the house could not mend by itself: has it tried again, records that the seat was paid
//! outside the provider, or answers for what was settled elsewhere. What is tried again is asked about first: what was
//! refused is forgotten, and settling decides anew, under a new key, what is still missing.

use std::time::Duration;

use super::app::App;
use super::look::{Looked, look_now};
use super::open_case::OpenCase;
use super::pay::NoPayment;
use super::sign_up::Render;
use crate::domain::attention::{Act, AttentionReason, acts};
use crate::domain::ids::{OrderId, UserId};
use crate::domain::order;
use crate::domain::refusal::Refusal;
use crate::domain::trail::{Cause, Happening};
use crate::store::orders::OrderView;
use crate::store::outbox::TRIES_APART;
use crate::store::replays::{Answer, Once};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};

/// How long a person waits for the provider's answer before anything is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a person does about an order.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// Which order.
    pub order: OrderId,
    /// What is done.
    pub act: Act,
    /// Why, in the person's words.
    pub reason: String,
    /// Who does it.
    pub treasurer: UserId,
}

/// Resolves; the answer is the order as it then stands. Calls to the provider follow.
pub async fn resolve(
    app: &App,
    resolution: Resolution,
    once: Option<Once>,
    render: Render<OrderView>,
) -> Result<Answer, NoPayment> {
    let order = resolution.order;
    let found = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await?.ok_or(Refusal::NotFound)?;
    if resolution.act == Act::TryAgain && look_now(app, order, PATIENCE).await? != Looked::Answered {
        return Err(NoPayment::ProviderUnavailable);
    }
    let house = app.clone();
    let answer = app
        .store
        .write_once(found.event_id, once, move |tx| {
            record(&house, tx, &resolution)?;
            let order = tx.order_by_id(resolution.order)?.ok_or(Refusal::NotFound)?;
            let view = tx.view_order(order)?;
            Ok(Answer::new(200, &render(&view, tx.now())))
        })
        .await?;
    app.signals.work_saved();
    Ok(answer)
}

fn record(app: &App, tx: &mut EventTx<'_>, resolution: &Resolution) -> Result<(), Stop> {
    let mut open = OpenCase::of_order(tx, resolution.order)?.ok_or(Refusal::NotFound)?;
    let case = &open.case;
    if !acts(&case.order, &case.registration.status, &case.attempts).contains(&resolution.act) {
        return Err(Refusal::NothingToResolve.into());
    }
    forget_parked(tx, &mut open)?;
    let attention = open.case.order.needs_attention.take();
    let said = Cause::Said(resolution.reason.clone());
    match resolution.act {
        Act::TryAgain => open.note(Happening::TriedAgain, said, None),
        Act::PaidOutside => {
            open.case.order.sale = true;
            let price = open.case.order.price.amount;
            open.note(Happening::PaidOutside, said, Some(price));
        }
        Act::SettledElsewhere => {
            let left = order::left(&open.case.attempts);
            open.case.order.settled_elsewhere = Some(left);
            open.note(Happening::SettledElsewhere, said, Some(left));
        }
    }
    open.settle(app, tx, &[], ActedBy::Organizer(resolution.treasurer))?;
    // What the provider shows and cannot be true is noticed by a look: it is looked at once more, without the mark.
    if attention.is_some_and(|attention| is_seen_by_looking(attention.reason)) {
        tx.ring(resolution.order)?;
    }
    Ok(())
}

/// What was refused is not repeated under its key. The next call keeps its distance from the one before.
fn forget_parked(tx: &mut EventTx<'_>, open: &mut OpenCase) -> Result<(), Stop> {
    for (attempt, tried_at) in tx.forget_parked(open.case.order.id)? {
        if let (Some(attempt), Some(tried_at)) = (open.attempt_mut(attempt), tried_at) {
            let soonest = tried_at + TRIES_APART;
            attempt.paced_until = Some(attempt.paced_until.map_or(soonest, |paced| paced.max(soonest)));
        }
    }
    open.case.effects.retain(|effect| !effect.parked);
    Ok(())
}

fn is_seen_by_looking(reason: AttentionReason) -> bool {
    match reason {
        AttentionReason::OtherPrice | AttentionReason::ImpossibleSums | AttentionReason::TwoEnds => true,
        AttentionReason::PaymentRefused
        | AttentionReason::CloseRefused
        | AttentionReason::CaptureRefused
        | AttentionReason::ReleaseRefused
        | AttentionReason::RefundRefused
        | AttentionReason::PaymentVanished
        | AttentionReason::PaidTooMuch => false,
    }
}
