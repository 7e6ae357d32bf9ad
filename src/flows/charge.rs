//! A press on "pay" where a stored card is charged: the first one leads to the provider's page on which a card is
//! registered, the next ones charge it. What became of a charge is seen on our own page; no request waits for it, and
//! none makes it: the outbox does.

use super::app::App;
use super::cards::{Card, card_of, open_page};
use super::open_case::OpenCase;
use super::owe::plan_attempt;
use super::pay::{NoPayment, check_pace, check_payable};
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::effect::Effect;
use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::trail::{Cause, Happening};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::Approach;

/// Presses; answers where the person goes on.
pub(super) async fn press(app: &App, order: &Order, by: ActedBy) -> Result<String, NoPayment> {
    let id = order.id;
    let event = order.event_id;
    // Who cannot pay is not sent to register a card.
    app.store.write(event, move |tx| payable(tx, id).map(|_case| ())).await?;
    match card_of(app, order).await? {
        Card::OnFile => {}
        Card::None | Card::BeingRegistered => return open_page(app, order).await,
    }
    let house = app.clone();
    app.store.write(event, move |tx| charge(&house, tx, id, by)).await?;
    app.signals.work_saved();
    Ok(return_url(app, order))
}

/// Our page that shows what becomes of a payment.
pub(super) fn return_url(app: &App, order: &Order) -> String {
    format!("{}/pay/{}/return", app.settings.public_url, order.pay_token)
}

/// Opens the case of an order that can be paid now.
pub(super) fn payable(tx: &mut EventTx<'_>, order: OrderId) -> Result<OpenCase, Stop> {
    let open = OpenCase::of_order(tx, order)?.ok_or(Refusal::NotFound)?;
    check_payable(&open.case, tx.now())?;
    Ok(open)
}

/// Wishes a charge, unless one is under way: a second press is the first one.
fn charge(app: &App, tx: &mut EventTx<'_>, order: OrderId, by: ActedBy) -> Result<(), Stop> {
    let mut open = payable(tx, order)?;
    let now = tx.now();
    let is_current = |attempt: &&Attempt| attempt.state.is_live() || attempt.state == AttemptState::Planned;
    let current = match open.case.attempts.iter().rev().find(is_current).cloned() {
        Some(current) => current,
        None => {
            check_pace(&open.case.attempts, now)?;
            let planned = plan_attempt(app, tx, &open.case.order, Approach::Web)?;
            open = payable(tx, order)?;
            planned
        }
    };
    let starts = current.state == AttemptState::Planned && current.opened_at.is_none();
    if starts || current.charge.can_be_retried() && current.has_failed() {
        if let Some(attempt) = open.attempt_mut(current.id) {
            attempt.opened_at = Some(now);
        }
        open.note(Happening::PaymentOpened, Cause::Clicked, None);
        let settled = open.settle(app, tx, &[], by)?;
        let still = settled.attempts.iter().find(|attempt| attempt.id == current.id);
        let is_wanted = still.is_some_and(|attempt| attempt.state == current.state && !attempt.giving_up);
        // While another attempt of the person at this event can take money, this one waits: whoever ends that starts it.
        let held_up = starts && tx.has_live_attempt(settled.order.event_id, settled.order.user_id)?;
        if is_wanted && !held_up {
            tx.enqueue(order, &[Effect::Create(current.id)])?;
        }
    }
    // A retry that waits for a provider that was away goes out now.
    tx.hasten_effects(order)?;
    Ok(())
}
