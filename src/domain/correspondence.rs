//! Which letters are due, when, and which are moot by the time they would go. A change of a seat is worth one letter at
//! most; money that moved is worth one of its own, when it was seen to have moved. Nothing here sends one.

use chrono::TimeDelta;

use super::deadline;
use super::event::EventDetails;
use super::letter::{Left, Letter, MoneyThen, News, Paid, PaymentDue, Told, Way};
use super::money::{Money, Ore};
use super::order::{self, Order, RefundStatus};
use super::registration::{EndedReason, Registration, Status};
use super::settlement::Case;
use super::snapshot::Amounts;
use super::time::Timestamp;

/// A change of an event is told this long after the last of several: an organizer who corrects a slip at once sends
/// one letter and not two.
const CHANGES_REST: TimeDelta = TimeDelta::minutes(5);
/// Whoever never stops changing is told about after this time all the same.
const CHANGES_WAIT_MAX: TimeDelta = TimeDelta::minutes(30);
/// So close to the start nothing waits: people may be on their way.
const TOLD_AT_ONCE: TimeDelta = TimeDelta::hours(3);

/// What one write did to one seat.
#[derive(Clone, Copy, Debug)]
pub struct SeatChange<'a> {
    /// Where it stood; empty for somebody new.
    pub before: Option<Status>,
    /// The registration as it is now.
    pub registration: &'a Registration,
    /// What is owed for it, if anything.
    pub order: Option<&'a Order>,
    /// What the order had brought before the change.
    pub money: Amounts,
    /// True when somebody waits who gets a seat that came free.
    pub somebody_is_next: bool,
    /// Why an event was cancelled, in the organizer's words.
    pub reason: &'a str,
}

/// The letter about a seat, if the change is worth one.
pub fn of_seat(change: &SeatChange<'_>) -> Option<News> {
    let registration = change.registration;
    let by_organizer = change.before.is_none() && registration.created_by_admin;
    let left = change.before.and_then(left);
    match registration.status {
        Status::Waitlisted { .. } => change.before.is_none().then_some(News::OnWaitingList { by_organizer }),
        Status::AwaitingPayment { payment_expiredate } => {
            let due = change.order.map(|order| due(registration, order, payment_expiredate))?;
            match change.before {
                None => Some(News::PayBefore { due, by_organizer }),
                Some(Status::Waitlisted { .. }) => Some(News::SeatFromWaitingList { due: Some(due) }),
                Some(Status::AwaitingPayment { .. } | Status::Confirmed | Status::Ended(_)) => None,
            }
        }
        Status::Confirmed => {
            let paid = change.order.map(|order| Paid { price: order.price, way: way(order) });
            match change.before {
                Some(Status::Waitlisted { .. }) if paid.is_none() => Some(News::SeatFromWaitingList { due: None }),
                None | Some(Status::Waitlisted { .. } | Status::AwaitingPayment { .. }) => {
                    Some(News::SeatConfirmed { paid, by_organizer })
                }
                Some(Status::Confirmed | Status::Ended(_)) => None,
            }
        }
        Status::Ended(ended) => {
            let (left, money) = (left?, money_then(change.order, change.money));
            Some(match ended {
                EndedReason::Unpaid => News::SeatLostUnpaid { to_next_in_line: change.somebody_is_next },
                EndedReason::Withdrawn => News::SignedOff { left, money },
                EndedReason::Removed => News::Removed { left, money },
                EndedReason::EventCancelled => News::EventCancelled { reason: change.reason.to_owned(), left, money },
            })
        }
    }
}

fn left(before: Status) -> Option<Left> {
    match before {
        Status::Waitlisted { .. } => Some(Left::Queue),
        Status::AwaitingPayment { .. } => Some(Left::HeldSeat),
        Status::Confirmed => Some(Left::Seat),
        Status::Ended(_) => None,
    }
}

fn way(order: &Order) -> Way {
    if order.sale { Way::Outside } else { Way::Vipps }
}

fn due(registration: &Registration, order: &Order, payment_expiredate: Timestamp) -> PaymentDue {
    PaymentDue {
        price: order.price,
        payment_expiredate,
        pay_token: order.pay_token.clone(),
        remind_at: deadline::remind_at(registration.status_since, payment_expiredate),
    }
}

fn money_then(order: Option<&Order>, sums: Amounts) -> MoneyThen {
    let Some(order) = order else { return MoneyThen::NothingOwed };
    let money = |amount: Ore| Money { amount, currency: order.price.currency };
    if sums.kept().is_positive() {
        match way(order) {
            Way::Vipps => MoneyThen::OnItsWay { amount: money(sums.kept()) },
            Way::Outside => MoneyThen::Outside { amount: money(sums.kept()) },
        }
    } else if sums.reserved().is_positive() {
        MoneyThen::Reserved { amount: money(sums.reserved()) }
    } else if sums.captured.is_positive() {
        MoneyThen::BackAlready
    } else {
        MoneyThen::NothingPaid
    }
}

/// The letters about money that went back between two states of a case: what the provider shows, whoever caused it, and
/// what was recorded. A record that ends with the seat is told in the letter about the seat.
pub fn of_money(before: &Case, after: &Case) -> Vec<News> {
    let money = |amount: Ore| Money { amount, currency: after.order.price.currency };
    let keeps_seat = after.registration.status.holds_seat();
    let ends_now = before.registration.status.is_active() && !after.registration.status.is_active();
    let (mut refunded, mut released) = (Ore::ZERO, Ore::ZERO);
    for attempt in &after.attempts {
        let known = before.attempts.iter().find(|known| known.id == attempt.id);
        let was = known.map_or_else(Amounts::default, |known| known.amounts);
        refunded = refunded + attempt.amounts.refunded.less(was.refunded);
        // A session that ended unapproved shows its price as cancelled: no money moved.
        if attempt.amounts.authorized.is_positive() {
            released = released + attempt.amounts.cancelled.less(was.cancelled);
        }
    }
    let recorded = if ends_now { Ore::ZERO } else { recorded(after).less(recorded(before)) };
    let mut news = Vec::new();
    for (amount, way) in [(refunded, Way::Vipps), (recorded, Way::Outside)] {
        if amount.is_positive() {
            news.push(News::Refunded { amount: money(amount), way, keeps_seat });
        }
    }
    if released.is_positive() {
        news.push(News::ReservationReleased { amount: money(released) });
    }
    news
}

/// What was given back by record only.
fn recorded(case: &Case) -> Ore {
    let by_record = case
        .refunds
        .iter()
        .filter(|refund| case.order.sale && refund.status == RefundStatus::Done && refund.refunded_before.is_none());
    by_record.map(|refund| refund.amount).sum()
}

/// What the order of a case has brought, for [`SeatChange::money`].
pub fn brought(case: &Case) -> Amounts {
    order::sums(&case.order, &case.attempts, &case.refunds)
}

/// The letter that follows one that was just sent, and when it is due: whoever was told to pay is reminded once.
pub fn follows(letter: &Letter, sent_at: Timestamp) -> Option<(Letter, Timestamp)> {
    let due = match &letter.news {
        News::PayBefore { due, .. } | News::SeatFromWaitingList { due: Some(due) } => due,
        News::SeatFromWaitingList { due: None }
        | News::SeatConfirmed { .. }
        | News::PaymentReminder { .. }
        | News::OnWaitingList { .. }
        | News::SeatLostUnpaid { .. }
        | News::SignedOff { .. }
        | News::Removed { .. }
        | News::Refunded { .. }
        | News::ReservationReleased { .. }
        | News::EventChanged { .. }
        | News::EventCancelled { .. } => return None,
    };
    // A letter that came so late is reminder enough.
    let remind_at = due.remind_at.filter(|at| *at > sent_at)?;
    Some((Letter { news: News::PaymentReminder { due: due.clone() }, ..letter.clone() }, remind_at))
}

/// True when a letter is no longer true, or no longer of use, now that the registration stands like this. What ended
/// and what became of money stays true.
pub fn is_moot(news: &News, status: Status, event: &EventDetails, now: Timestamp) -> bool {
    let is_true = match news {
        News::PayBefore { due, .. } | News::PaymentReminder { due } | News::SeatFromWaitingList { due: Some(due) } => {
            let payment_expiredate = due.payment_expiredate;
            now < payment_expiredate && status == Status::AwaitingPayment { payment_expiredate }
        }
        News::SeatConfirmed { .. } | News::SeatFromWaitingList { due: None } => status == Status::Confirmed,
        News::OnWaitingList { .. } => status.is_waiting(),
        News::EventChanged { .. } => status.is_active(),
        News::SeatLostUnpaid { .. }
        | News::SignedOff { .. }
        | News::Removed { .. }
        | News::Refunded { .. }
        | News::ReservationReleased { .. }
        | News::EventCancelled { .. } => return false,
    };
    // The registrations of a cancelled event end a few at a time: until then nobody is told to come or to pay.
    !is_true || event.cancellation.is_some()
}

/// When to tell everybody that an event changed: `first` is the first change they do not know of. Empty when it is
/// over either way.
pub fn announce_at(first: Timestamp, now: Timestamp, before: &Told, after: &Told) -> Option<Timestamp> {
    if before.end_date.max(after.end_date) <= now {
        return None;
    }
    if before.start_date.min(after.start_date) - now < TOLD_AT_ONCE {
        return Some(now);
    }
    Some((now + CHANGES_REST).min((first + CHANGES_WAIT_MAX).max(now)))
}

#[cfg(test)]
mod tests;
