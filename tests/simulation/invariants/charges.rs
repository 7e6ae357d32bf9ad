//! What must hold where stored cards are charged, and no key makes two calls one: nobody is charged unasked, with another
//! amount, or twice for one order.

use std::collections::HashMap;

use plass::domain::charge::customer_reference;
use plass::domain::ids::UserId;
use plass::sandbox::ChargeSeen;

use super::Moment;
use crate::askell::hundredths;
use crate::picture::{AttemptRow, OrderRow};
use crate::world::{Violation, broken};

/// After every step.
pub(crate) fn check(moment: &Moment<'_>) -> Result<(), Violation> {
    let mut known: HashMap<&str, &AttemptRow> = HashMap::new();
    if moment.charges.is_empty() {
        return Ok(());
    }
    for attempt in &moment.after.attempts {
        known.insert(attempt.reference.as_str(), attempt);
    }
    let (mut names, mut charged) = (HashMap::new(), HashMap::new());
    for charge in moment.charges {
        // Whatever belongs to the other event is checked with that.
        let Some(attempt) = known.get(charge.reference.as_str()) else { continue };
        let Some(order) = moment.after.orders.get(&attempt.order.0) else { continue };
        as_asked(charge, attempt, order)?;
        if let Some(other) = names.insert(charge.reference.as_str(), charge) {
            return broken("a charge is asked for once", format!("{other:?} {charge:?}"));
        }
        let is_kept = charge.state == "settled" && !charge.is_refunded;
        if is_kept
            && let Some(other) = charged.insert(order.id.0, charge)
            && !moment.was_in_portal(order.id)
        {
            return broken("no card is charged twice for one order", format!("{other:?} {charge:?}"));
        }
    }
    Ok(())
}

fn as_asked(charge: &ChargeSeen, attempt: &AttemptRow, order: &OrderRow) -> Result<(), Violation> {
    if attempt.opened_at.is_none() {
        return broken("nobody is charged who did not press", format!("{charge:?} {attempt:?}"));
    }
    let is_his = charge.customer == customer_reference(UserId(attempt.user.0));
    if !is_his || hundredths(&charge.amount).0 != order.price {
        return broken("who owes is charged what is owed", format!("{charge:?} {order:?}"));
    }
    Ok(())
}

/// When every deadline has passed: nothing is under way.
pub(crate) fn check_at_the_end(moment: &Moment<'_>) -> Result<(), Violation> {
    match moment.charges.iter().find(|charge| matches!(charge.state, "pending" | "retrying")) {
        Some(charge) => broken("every charge comes to its end", format!("{charge:?}")),
        None => Ok(()),
    }
}
