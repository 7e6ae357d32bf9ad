//! What must hold of money: the provider's own sums are the truth, and every øre is where it belongs or on its way.

use std::collections::HashMap;

use plass::sandbox::PaymentSeen;

use super::Moment;
use crate::picture::{EffectRow, OrderRow, Seat};
use crate::world::{Violation, broken, short};

/// After every step.
pub(crate) fn check(moment: &Moment<'_>) -> Result<(), Violation> {
    for seat in moment.after.seats.values() {
        let before = moment.seat_before(seat.id).map(|before| before.status.as_str());
        if before == Some("awaiting_payment") && seat.status != "awaiting_payment" {
            no_payer_loses_the_seat(moment, seat)?;
            no_seat_without_money(moment, seat)?;
        }
    }
    for effect in moment.after.effects.values() {
        if moment.before.is_some_and(|before| !before.effects.contains_key(&effect.id.0)) {
            only_lawful_wishes(moment, effect)?;
        }
    }
    for order in moment.after.orders.values() {
        no_order_is_forgotten(moment, order)?;
        not_more_than_was_asked(moment, order)?;
    }
    one_payment_at_a_time(moment)?;
    nothing_is_claimed_that_is_not_so(moment)
}

/// A seat is freed for non-payment only when the provider has nothing that could still pay for it.
fn no_payer_loses_the_seat(moment: &Moment<'_>, seat: &Seat) -> Result<(), Violation> {
    if seat.ended_reason.as_deref() != Some("unpaid") {
        return Ok(());
    }
    if moment.seat_before(seat.id).and_then(|before| before.deadline).is_some_and(|deadline| moment.now < deadline) {
        return broken("nobody loses a seat before the deadline", format!("{seat:?} at {}", moment.now));
    }
    let Some(order) = moment.order_of(seat.id) else { return Ok(()) };
    let could_pay = |payment: &&PaymentSeen| {
        (payment.state == "CREATED" || left(payment) > 0) && !moment.is_charged_by_hand(&payment.reference)
    };
    match moment.true_payments(order.id).find(could_pay) {
        Some(payment) => broken("no payer loses a seat while the provider could take money", told(payment)),
        None => Ok(()),
    }
}

/// A paid seat is confirmed only when the money was there.
fn no_seat_without_money(moment: &Moment<'_>, seat: &Seat) -> Result<(), Violation> {
    let Some(order) = moment.order_of(seat.id).filter(|order| seat.status == "confirmed" && !order.sale) else {
        return Ok(());
    };
    if moment.true_payments(order.id).any(|payment| payment.authorized >= order.price) {
        return Ok(());
    }
    broken("a seat is confirmed when its money is there", format!("{order:?}"))
}

/// Money is taken only for a confirmed seat, and given back only of one that is gone, or as somebody wished.
fn only_lawful_wishes(moment: &Moment<'_>, effect: &EffectRow) -> Result<(), Violation> {
    let Some(order) = effect.order.and_then(|order| moment.after.orders.get(&order.0)) else { return Ok(()) };
    let Some(seat) = moment.after.seats.get(&order.seat.0) else { return Ok(()) };
    let keeps = seat.status == "confirmed" && !order.sale && !order.give_back_all;
    // The column's word for a charge that failed is "terminated".
    let is_over = |state: &str| matches!(state, "abandoned" | "terminated");
    let is_dead =
        moment.attempts_of(order.id).any(|attempt| Some(attempt.id) == effect.attempt && is_over(&attempt.state));
    let lawful = match effect.kind.as_str() {
        "capture" => keeps,
        "refund" => !keeps || effect.refund.is_some() || is_dead,
        "create" => seat.status == "awaiting_payment" && !order.sale,
        _ => true,
    };
    if lawful {
        Ok(())
    } else {
        broken("money is taken only for a confirmed seat", format!("{effect:?} for {seat:?} {order:?}"))
    }
}

/// What can still change has a next look.
fn no_order_is_forgotten(moment: &Moment<'_>, order: &OrderRow) -> Result<(), Violation> {
    if order.check_at.is_some() {
        return Ok(());
    }
    let awaits = moment.after.seats.get(&order.seat.0).is_some_and(|seat| seat.status == "awaiting_payment");
    let lives = moment.attempts_of(order.id).any(|attempt| attempt.is_live());
    let wished = moment.after.refunds.iter().any(|refund| refund.order == order.id && refund.status == "pending");
    if awaits || lives || (wished && !order.sale) {
        return broken("an open order has a next look", format!("{order:?}"));
    }
    Ok(())
}

/// An order takes its price once, and gives back what was asked for and no more.
fn not_more_than_was_asked(moment: &Moment<'_>, order: &OrderRow) -> Result<(), Violation> {
    // What somebody charges in the portal beside a payment of ours goes back.
    let by_hand = |payment: &&PaymentSeen| moment.is_charged_by_hand(&payment.reference);
    let captured: i64 =
        moment.true_payments(order.id).filter(|payment| !by_hand(payment)).map(|payment| payment.captured).sum();
    if captured > order.price {
        return broken("no money is taken twice", format!("{captured} of {order:?}"));
    }
    let Some(seat) = moment.after.seats.get(&order.seat.0) else { return Ok(()) };
    if seat.status != "confirmed" || order.give_back_all || order.sale {
        return Ok(());
    }
    let refunded: i64 = moment.true_payments(order.id).map(|payment| payment.refunded).sum();
    let by_us = refunded - moment.given_back_in_portal(order.id);
    if by_us > wished(moment, order, &["pending", "done"]) {
        return broken(
            "no more is given back than was wished",
            format!("{by_us} of {order:?} {:?}", moment.after.refunds),
        );
    }
    Ok(())
}

fn wished(moment: &Moment<'_>, order: &OrderRow, statuses: &[&str]) -> i64 {
    let of_order = moment.after.refunds.iter().filter(|refund| refund.order == order.id);
    of_order.filter(|refund| statuses.contains(&refund.status.as_str())).map(|refund| refund.amount).sum()
}

/// At most one payment of a user at an event can take money, in our books and at the provider.
fn one_payment_at_a_time(moment: &Moment<'_>) -> Result<(), Violation> {
    let (mut ours, mut theirs): (HashMap<_, u32>, HashMap<_, Vec<String>>) = (HashMap::new(), HashMap::new());
    for attempt in &moment.after.attempts {
        *ours.entry(attempt.user).or_default() += u32::from(attempt.is_live());
        let can_take = |payment: &&PaymentSeen| payment.state == "CREATED" || reserved(payment) > 0;
        let by_hand = moment.is_charged_by_hand(&attempt.reference);
        if let Some(payment) = moment.truth.get(&attempt.reference).filter(|payment| can_take(payment) && !by_hand) {
            theirs.entry(attempt.user).or_default().push(told(payment));
        }
    }
    if let Some((user, count)) = ours.iter().find(|(_, count)| **count > 1) {
        return broken("one live attempt per user and event", format!("{}: {count}", user.0));
    }
    match theirs.values().find(|payments| payments.len() > 1) {
        Some(payments) => broken("one payment per user and event can take money", payments.join("; ")),
        None => Ok(()),
    }
}

/// Our books never know of money that the provider does not.
fn nothing_is_claimed_that_is_not_so(moment: &Moment<'_>) -> Result<(), Violation> {
    for attempt in &moment.after.attempts {
        let theirs = moment.truth.get(&attempt.reference).map(sums).unwrap_or_default();
        let (a, c, r, x) = attempt.sums;
        if a > theirs.0 || c > theirs.1 || r > theirs.2 || x > theirs.3 {
            return broken("our books claim nothing that is not so", format!("{attempt:?}, truly {theirs:?}"));
        }
    }
    Ok(())
}

/// Whenever everything has come to rest for now and the provider answers: what was done is looked at, at once.
pub(crate) fn check_at_ease(moment: &Moment<'_>) -> Result<(), Violation> {
    for attempt in &moment.after.attempts {
        let Some(payment) = moment.truth.get(&attempt.reference) else { continue };
        let Some(order) = moment.after.orders.get(&attempt.order.0) else { continue };
        let waits = order.bells > order.bells_heard || order.look_failures > 0;
        let is_open = moment.after.effects.values().any(|effect| effect.attempt == Some(attempt.id));
        // A stored card is charged when the bank likes: that is asked for.
        let is_asked = moment.is_charge(&payment.reference) && order.check_at.is_some();
        if payment.captured > attempt.sums.1 && !waits && !is_open && !is_asked {
            return broken("what was taken is looked at", format!("{attempt:?}, truly {}", told(payment)));
        }
    }
    Ok(())
}

/// Whenever everything has come to rest, faults and all.
pub(crate) fn check_at_rest(moment: &Moment<'_>) -> Result<(), Violation> {
    for attempt in &moment.after.attempts {
        let Some(payment) = moment.truth.get(&attempt.reference) else { continue };
        // What people do in the portal is seen when the house looks; a signal may have been lost.
        if moment.portal.contains_key(&attempt.reference) {
            continue;
        }
        let is_over = matches!(attempt.state.as_str(), "aborted" | "expired" | "terminated")
            && !moment.is_charge(&attempt.reference);
        if !is_over && attempt.sums != sums(payment) && !is_excused(moment, attempt.order) {
            return broken("our books are the provider's", format!("{attempt:?}, truly {}", told(payment)));
        }
        if payment.state == "CREATED" && !attempt.is_live() {
            return broken("no session that could be approved is forgotten", format!("{attempt:?}"));
        }
    }
    Ok(())
}

/// When every deadline has passed: every øre is where it belongs.
pub(crate) fn check_at_the_end(moment: &Moment<'_>) -> Result<(), Violation> {
    for order in moment.after.orders.values() {
        let Some(seat) = moment.after.seats.get(&order.seat.0) else { continue };
        let reason = order.needs_attention.as_deref();
        if reason.is_some() && !moment.was_in_portal(order.id) {
            return broken("nobody is called without a cause", format!("{order:?}"));
        }
        if is_excused(moment, order.id) {
            continue;
        }
        let payments: Vec<&PaymentSeen> = moment.true_payments(order.id).collect();
        let reserved: i64 = payments.iter().map(|payment| reserved(payment)).sum();
        if reserved > 0 {
            return broken("no money stays reserved", format!("{reserved} of {order:?}"));
        }
        let kept: i64 = payments.iter().map(|payment| payment.captured - payment.refunded).sum();
        let keeps = seat.status == "confirmed" && !order.sale && !order.give_back_all;
        let (wished, elsewhere) = (wished(moment, order, &["done"]), moment.given_back_in_portal(order.id));
        // What somebody gave back in the portal carries out no wish: both count.
        let expected = if keeps { order.price - wished - elsewhere } else { 0 };
        // All of a charge goes back or nothing, and no log says whose call that was: one return is for both.
        let is_of_charges = payments.iter().any(|payment| moment.is_charge(&payment.reference));
        let expected = if is_of_charges { expected.max(0) } else { expected };
        if kept != expected {
            let says = format!("{kept} kept, {expected} expected, of {order:?} {seat:?}");
            return broken("every øre is where it belongs", says);
        }
        if seat.status == "awaiting_payment" {
            return broken("every order comes to its end", format!("{order:?}"));
        }
    }
    match moment.after.refunds.iter().find(|refund| refund.status == "pending") {
        Some(refund) => broken("every wish is carried out or refused", format!("{refund:?}")),
        None => Ok(()),
    }
}

/// A person must look, because of what was done in the portal.
fn is_excused(moment: &Moment<'_>, order: plass::store::uid::Key) -> bool {
    moment.was_in_portal(order)
        && moment.after.orders.get(&order.0).is_some_and(|order| order.needs_attention.is_some())
}

fn sums(payment: &PaymentSeen) -> (i64, i64, i64, i64) {
    (payment.authorized, payment.captured, payment.refunded, payment.cancelled)
}

fn reserved(payment: &PaymentSeen) -> i64 {
    if payment.state == "AUTHORIZED" { payment.authorized - payment.captured - payment.cancelled } else { 0 }
}

fn left(payment: &PaymentSeen) -> i64 {
    reserved(payment) + payment.captured - payment.refunded
}

fn told(payment: &PaymentSeen) -> String {
    let (a, c, r, x) = sums(payment);
    let name = short(&payment.reference);
    format!("{name} {} authorized {a} captured {c} refunded {r} cancelled {x}", payment.state)
}
