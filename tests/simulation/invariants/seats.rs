//! What must hold of seats: who may get one, who may lose one, and that nobody waits for nothing.

use std::collections::HashMap;

use super::Moment;
use crate::picture::Seat;
use crate::world::{Violation, broken};

/// After every step.
pub(crate) fn check(moment: &Moment<'_>) -> Result<(), Violation> {
    counters_are_rows(moment)?;
    one_active_registration(moment)?;
    let given: Vec<&Seat> = moment.after.seats.values().filter(|seat| is_given_now(moment, seat)).collect();
    if !given.is_empty() {
        within_the_limit(moment, &given)?;
    }
    for seat in &given {
        in_order(moment, seat)?;
        with_a_deadline(moment, seat)?;
    }
    for seat in moment.after.seats.values() {
        if let Some(before) = moment.seat_before(seat.id).filter(|before| *before != seat) {
            only_lawful_changes(before, seat)?;
        }
    }
    Ok(())
}

fn is_given_now(moment: &Moment<'_>, seat: &Seat) -> bool {
    seat.holds() && moment.seat_before(seat.id).is_none_or(|before| !before.holds())
}

fn counters_are_rows(moment: &Moment<'_>) -> Result<(), Violation> {
    let event = &moment.after.event;
    let count = |wanted: fn(&Seat) -> bool| {
        i64::try_from(moment.after.seats.values().filter(|seat| wanted(seat)).count()).unwrap()
    };
    let (held, waiting) = (count(Seat::holds), count(|seat| seat.status == "waitlisted"));
    if (held, waiting) != (event.seats_held, event.waiting) {
        let says = format!("{held} held and {waiting} waiting, counted {} and {}", event.seats_held, event.waiting);
        return broken("the event's counters are its rows", says);
    }
    Ok(())
}

fn one_active_registration(moment: &Moment<'_>) -> Result<(), Violation> {
    let mut active: HashMap<_, u32> = HashMap::new();
    for seat in moment.after.seats.values().filter(|seat| seat.status != "ended") {
        *active.entry(seat.user).or_default() += 1;
    }
    match active.iter().find(|(_, count)| **count > 1) {
        Some((user, count)) => broken("one active registration per user and event", format!("{}: {count}", user.0)),
        None => Ok(()),
    }
}

fn within_the_limit(moment: &Moment<'_>, given: &[&Seat]) -> Result<(), Violation> {
    let event = &moment.after.event;
    if event.cancelled_at.is_some() {
        return broken("nobody gets a seat at a cancelled event", format!("{given:?}"));
    }
    if event.seat_limit > 0 && event.seats_held > event.seat_limit {
        let says = format!("{} of {} seats", event.seats_held, event.seat_limit);
        return broken("no seat is given beyond the limit in force", says);
    }
    Ok(())
}

fn in_order(moment: &Moment<'_>, seat: &Seat) -> Result<(), Violation> {
    // Who pays an organizer is seated by name.
    if moment.order_of(seat.id).is_some_and(|order| order.sale) {
        return Ok(());
    }
    let drew = moment.seat_before(seat.id).and_then(|before| before.queue_no).unwrap_or(i64::MAX);
    let passed_over = |other: &&Seat| other.queue_no.is_some_and(|number| number < drew);
    match moment.after.seats.values().find(passed_over) {
        Some(other) => broken("the queue is served in order", format!("{other:?} was passed over by {seat:?}")),
        None => Ok(()),
    }
}

fn with_a_deadline(moment: &Moment<'_>, seat: &Seat) -> Result<(), Violation> {
    let Some(deadline) = seat.deadline else { return Ok(()) };
    let event = &moment.after.event;
    let (paytime, promotion) = (event.paytime.unwrap_or_default(), event.promotion_paytime.unwrap_or_default());
    let was_promoted = moment.seat_before(seat.id).is_some();
    let time = if was_promoted { paytime.max(promotion) } else { paytime };
    let expected = (moment.now + time * 1_000).min(event.start_date);
    if deadline != expected {
        let says = format!("{seat:?} at {}, expected {expected}", moment.now);
        return broken("a seat is given with the deadline of its kind", says);
    }
    match moment.order_of(seat.id) {
        Some(order) if order.check_at.is_some_and(|at| at <= deadline) => Ok(()),
        Some(order) => broken("an order is looked at by its deadline", format!("{order:?}, deadline {deadline}")),
        None => broken("a seat that awaits payment has an order", format!("{seat:?}")),
    }
}

fn only_lawful_changes(before: &Seat, after: &Seat) -> Result<(), Violation> {
    let lawful = match (before.status.as_str(), after.status.as_str()) {
        ("waitlisted", "awaiting_payment" | "confirmed") => true,
        ("waitlisted" | "confirmed", "ended") => after.ended_reason.as_deref() != Some("unpaid"),
        ("awaiting_payment", "confirmed" | "ended") => true,
        ("awaiting_payment", "awaiting_payment") => before.deadline == after.deadline,
        ("waitlisted", "waitlisted") => before.queue_no == after.queue_no,
        ("confirmed", "confirmed") => true,
        _ => false,
    };
    if lawful { Ok(()) } else { broken("a registration goes only lawful ways", format!("{before:?} -> {after:?}")) }
}

/// Whenever everything has come to rest.
pub(crate) fn check_at_rest(moment: &Moment<'_>) -> Result<(), Violation> {
    let event = &moment.after.event;
    let has_room = event.seat_limit == 0 || event.seats_held < event.seat_limit;
    let too_late = event.price.is_some() && event.start_date - moment.now < 30 * 60 * 1_000;
    if event.waiting > 0 && has_room && !too_late && event.cancelled_at.is_none() {
        return broken("nobody waits while a seat is free", format!("{event:?}"));
    }
    if event.cancelled_at.is_some() && event.seats_held + event.waiting > 0 {
        return broken("a cancelled event is wound down", format!("{event:?}"));
    }
    let late = |seat: &&Seat| seat.deadline.is_some_and(|deadline| deadline < moment.now);
    match moment.after.seats.values().find(late) {
        Some(seat) => broken("no order is open past its deadline", format!("{seat:?}")),
        None => Ok(()),
    }
}
