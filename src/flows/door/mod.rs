//! Payments at the door: an organizer with the list open sends a request to a phone, or waits for the next scan of a code.
//! Either starts an ordinary attempt on the person's order, which goes the way of all others.

pub mod codes;
pub mod scan;
pub mod take;

use super::app::App;
use super::open_case::OpenCase;
use super::owe;
use super::pay::{check_pace, check_payable};
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::ids::OrderId;
use crate::domain::refusal::Refusal;
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::Approach;

/// Plans a payment at the door in the place of whatever was open: that is ended first, so that nobody pays twice.
fn plan(app: &App, tx: &mut EventTx<'_>, order: OrderId, approach: Approach, by: ActedBy) -> Result<Attempt, Stop> {
    give_way(app, tx, order, by)?;
    let order = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
    owe::plan_attempt(app, tx, &order, approach)
}

/// Gives up what is open of an order that can be paid. Money that is on its way is not given up: that is a payment.
fn give_way(app: &App, tx: &mut EventTx<'_>, order: OrderId, by: ActedBy) -> Result<(), Stop> {
    let mut open = OpenCase::of_order(tx, order)?.ok_or(Refusal::NotFound)?;
    let now = tx.now();
    check_payable(&open.case, now)?;
    check_pace(&open.case.attempts, now)?;
    if open.case.attempts.iter().any(|attempt| attempt.state == AttemptState::Authorized) {
        return Err(Refusal::AlreadyPaid.into());
    }
    give_up(&mut open);
    open.settle(app, tx, &[], by)?;
    Ok(())
}

fn give_up(open: &mut OpenCase) {
    for attempt in &mut open.case.attempts {
        attempt.giving_up |= attempt.state.is_live() || attempt.state == AttemptState::Planned;
    }
}
