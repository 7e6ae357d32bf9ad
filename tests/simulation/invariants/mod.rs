//! What must hold after every step and in the end. The house's books are compared with what they were a step before, and
//! with what the provider truly holds.

pub(crate) mod charges;
pub(crate) mod money;
pub(crate) mod seats;

use std::collections::HashMap;

use plass::sandbox::{ChargeSeen, PaymentSeen};
use plass::store::uid::Key;

use crate::picture::{AttemptRow, OrderRow, Picture, Seat};

/// One step of one event: how it was, how it is, and what the provider holds.
pub(crate) struct Moment<'m> {
    /// Empty when the event is seen for the first time.
    pub(crate) before: Option<&'m Picture>,
    pub(crate) after: &'m Picture,
    /// The provider's payments, by reference.
    pub(crate) truth: &'m HashMap<String, PaymentSeen>,
    /// Those of them that charge a stored card, one by one.
    pub(crate) charges: &'m [ChargeSeen],
    /// What people did in the portal: given back, by reference.
    pub(crate) portal: &'m HashMap<String, i64>,
    pub(crate) now: i64,
}

impl<'m> Moment<'m> {
    /// The registration as it was.
    pub(crate) fn seat_before(&self, id: Key) -> Option<&'m Seat> {
        self.before?.seats.get(&id.0)
    }

    /// The registrations that reached another status in this step.
    pub(crate) fn changed_seats(&self) -> Vec<Key> {
        let is_other = |seat: &&Seat| self.seat_before(seat.id).is_none_or(|before| before.status != seat.status);
        self.after.seats.values().filter(is_other).map(|seat| seat.id).collect()
    }

    /// What is owed for a seat.
    pub(crate) fn order_of(&self, seat: Key) -> Option<&'m OrderRow> {
        self.after.orders.values().find(|order| order.seat == seat)
    }

    /// The payments of an order.
    pub(crate) fn attempts_of(&self, order: Key) -> impl Iterator<Item = &'m AttemptRow> {
        self.after.attempts.iter().filter(move |attempt| attempt.order == order)
    }

    /// The payments of an order as the provider holds them.
    pub(crate) fn true_payments(&self, order: Key) -> impl Iterator<Item = &'m PaymentSeen> {
        let truth = self.truth;
        self.attempts_of(order).filter_map(move |attempt| truth.get(&attempt.reference))
    }

    /// True when somebody acted on the order's payments in the portal.
    pub(crate) fn was_in_portal(&self, order: Key) -> bool {
        self.attempts_of(order).any(|attempt| self.portal.contains_key(&attempt.reference))
    }

    /// True for a payment that charges a stored card.
    pub(crate) fn is_charge(&self, reference: &str) -> bool {
        self.charges.iter().any(|charge| charge.reference == reference)
    }

    /// True for one that somebody charged, or tried again, in the portal: the house hears of it afterwards.
    pub(crate) fn is_charged_by_hand(&self, reference: &str) -> bool {
        self.portal.contains_key(reference) && self.is_charge(reference)
    }

    /// What was given back in the portal of an order's payments.
    pub(crate) fn given_back_in_portal(&self, order: Key) -> i64 {
        self.attempts_of(order).filter_map(|attempt| self.portal.get(&attempt.reference)).sum()
    }
}
