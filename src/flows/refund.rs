//! A treasurer gives money back, all of it or a part. The wish is saved first; the provider's own sum says when it is
//! done. Two treasurers at once cannot give back more than was taken.

use std::time::Duration;

use super::app::App;
use super::look::{Looked, look_now};
use super::open_case::OpenCase;
use super::sign_up::Render;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{OrderId, RefundId, UserId};
use crate::domain::money::Ore;
use crate::domain::order::{self, Refund, RefundStatus};
use crate::domain::refusal::Refusal;
use crate::domain::trail::{Cause, Happening};
use crate::store::orders::OrderView;
use crate::store::replays::{Answer, Once};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};

/// How long a treasurer waits for the provider before the answer is "on its way".
const PATIENCE: Duration = Duration::from_secs(4);

/// What to give back.
#[derive(Clone, Debug)]
pub struct Wish {
    /// From which order.
    pub order: OrderId,
    /// How much; empty means all that is left.
    pub amount: Option<Ore>,
    /// Why, in the treasurer's words.
    pub reason: String,
    /// Who wishes it.
    pub treasurer: UserId,
}

/// Refunds; 200 once it is done or refused, 202 while it is on its way.
pub async fn refund(app: &App, wish: Wish, once: Once, render: Render<OrderView>) -> Result<Answer, Stop> {
    let order = wish.order;
    let event = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await?.ok_or(Refusal::NotFound)?.event_id;
    let refund = RefundId(app.clock.id());
    let (house, its_render) = (app.clone(), render.clone());
    let its_wish = wish.clone();
    let first = app
        .store
        .write_once(event, Some(once.clone()), move |tx| {
            record(&house, tx, &its_wish, refund)?;
            answer(tx, order, &its_render)
        })
        .await?;
    app.signals.work_saved();
    if first.status != 202 {
        return Ok(first);
    }
    let mut now = wait(app, order, &render).await?;
    now.replayed = first.replayed;
    if now.status == 200 {
        let its_answer = now.clone();
        app.store.change(move |tx| Ok(tx.remember(&once, &its_answer)?)).await?;
    }
    Ok(now)
}

fn record(app: &App, tx: &mut EventTx<'_>, wish: &Wish, id: RefundId) -> Result<(), Stop> {
    let mut open = OpenCase::of_order(tx, wish.order)?.ok_or(Refusal::NotFound)?;
    let case = &open.case;
    let sums = order::sums(&case.order, &case.attempts, &case.refunds);
    if !sums.captured.is_positive() {
        return Err(Refusal::NotCapturedYet.into());
    }
    let refundable = order::refundable(&case.order, &case.attempts, &case.refunds);
    let amount = wish.amount.unwrap_or(refundable);
    if amount > refundable || !amount.is_positive() {
        return Err(Refusal::RefundExceedsCaptured.into());
    }
    let its_provider =
        case.attempts.iter().find(|attempt| attempt.amounts.kept().is_positive()).map(|one| one.provider);
    if !case.order.sale && amount != refundable && its_provider.is_some_and(|provider| !provider.refunds_parts()) {
        return Err(Refusal::RefundOnlyInFull.into());
    }
    if !case.order.price.currency.has(amount) {
        return Err(Refusal::Invalid(vec![FieldError::new("/amount", Fault::WholeOnly)]).into());
    }
    let status = if case.order.sale { RefundStatus::Done } else { RefundStatus::Pending };
    open.case.refunds.push(Refund {
        id,
        amount,
        reason: wish.reason.clone(),
        status,
        refunded_before: None,
        requested_by: Some(wish.treasurer),
        created_at: tx.now(),
    });
    let kind = if status == RefundStatus::Done { Happening::RefundDone } else { Happening::RefundAsked };
    open.note(kind, Cause::Said(wish.reason.clone()), Some(amount));
    open.settle(app, tx, &[], ActedBy::Organizer(wish.treasurer))?;
    Ok(())
}

fn answer(tx: &mut crate::store::Reader<'_>, order: OrderId, render: &Render<OrderView>) -> Result<Answer, Stop> {
    let order = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
    let view = tx.view_order(order)?;
    let pending = view.refunds.iter().any(|refund| refund.status == RefundStatus::Pending);
    let now = tx.now();
    Ok(Answer::new(if pending { 202 } else { 200 }, &render(&view, now)))
}

async fn wait(app: &App, order: OrderId, render: &Render<OrderView>) -> Result<Answer, Stop> {
    let watch = app.clock.stopwatch();
    let mut done = app.signals.watch();
    let mut vain_before = None;
    loop {
        done.borrow_and_update();
        let its_render = render.clone();
        let now = app.store.read(move |tx| answer(tx, order, &its_render)).await?;
        let Some(left) = PATIENCE.checked_sub(watch.elapsed()) else { return Ok(now) };
        if now.status == 200 {
            return Ok(now);
        }
        let (vain_tries, rung) = app
            .store
            .read(move |tx| {
                let rung = tx.order_by_id(order)?.is_some_and(|order| order.bells > order.bells_heard);
                Ok((tx.vain_tries(order)?, rung))
            })
            .await?;
        // A try that failed while we waited: the provider will not answer soon.
        if vain_tries > *vain_before.get_or_insert(vain_tries) {
            return Ok(now);
        }
        if rung {
            if look_now(app, order, left).await? != Looked::Answered {
                return Ok(now);
            }
        } else if tokio::time::timeout(left.min(Duration::from_millis(500)), done.changed()).await.is_err()
            && left <= Duration::from_millis(500)
        {
            return Ok(now);
        }
    }
}
