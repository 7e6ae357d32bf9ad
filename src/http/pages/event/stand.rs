//! How things stand at an event: what its door says to anybody, and what one person has. Plain values, made from what is
//! kept and the time; nothing here says a word.

use super::super::MoneyBack;
use crate::clock::Timestamp;
use crate::domain::admission::may_sign_up_at;
use crate::domain::event::Event;
use crate::domain::money::{Money, Ore};
use crate::domain::order::{self, OrderStatus};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::flows::give_up::may_sign_off;
use crate::flows::open_case::is_payable;
use crate::store::orders::OrderView;
use crate::store::registrations::RegistrationView;

/// What anybody meets who wants to sign up now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// There is a seat.
    Open,
    /// There is a place in the queue.
    WaitingList,
    /// It opens then.
    OpensAt(Timestamp),
    /// An organizer closed it.
    Closed,
    /// There never was one.
    NoSignUp,
    /// It was open.
    SignUpOver,
    /// Too little time is left to pay.
    TooLateToPay,
    /// The event is over.
    Over,
    /// The event is cancelled.
    Cancelled,
}

impl Door {
    /// True when one may come in, to a seat or to the queue.
    pub fn lets_in(self) -> bool {
        matches!(self, Self::Open | Self::WaitingList)
    }
}

/// What anybody meets at this event now.
pub fn door(event: &Event, now: Timestamp) -> Door {
    let details = &event.details;
    if details.cancellation.is_some() {
        return Door::Cancelled;
    }
    if now >= details.end_date {
        return Door::Over;
    }
    match may_sign_up_at(details, now) {
        Ok(()) if event.occupancy.has_room(details.limit) && event.occupancy.waiting == 0 => Door::Open,
        Ok(()) => Door::WaitingList,
        Err(Refusal::EventClosed) => Door::Closed,
        Err(Refusal::SignUpDisabled) => Door::NoSignUp,
        Err(Refusal::NotOpenYet { opens_at }) => Door::OpensAt(opens_at),
        Err(Refusal::TooLateToPay) => Door::TooLateToPay,
        Err(_) => Door::SignUpOver,
    }
}

/// What one person has at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Nothing, and never had.
    Nothing,
    /// A place in the queue.
    Waiting {
        /// Counted from 1.
        place: i64,
    },
    /// A seat that can be paid now.
    Payable {
        /// Until when.
        until: Timestamp,
        /// How much.
        price: Money,
        /// Where, as a path.
        pay_path: String,
    },
    /// A seat whose time to pay is over; the provider is being asked.
    Checking {
        /// Where it can be watched, as a path.
        pay_path: String,
    },
    /// A seat.
    Seated {
        /// What was paid for it.
        paid: Paid,
        /// Whether it can be given up.
        sign_off: SignOff,
    },
    /// Nothing any more.
    Ended {
        /// Why.
        reason: EndedReason,
        /// Where the money is; empty when nothing was ever owed.
        money: Option<MoneyBack>,
    },
}

/// What was paid for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// It is free.
    Free,
    /// This much is paid through the provider.
    Through(Money),
    /// This much was paid in another way.
    Outside(Money),
    /// All of it was given back, and the seat stays.
    GivenBack,
}

/// Whether a seat can be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOff {
    /// Until then.
    Until(Timestamp),
    /// The deadline passed.
    TooLate,
    /// It is paid, and the money does not come back by itself.
    AskOrganizer,
}

/// What the person has whose newest registration this is.
pub fn stand(event: &Event, view: &RegistrationView, order: Option<&OrderView>, now: Timestamp) -> Stand {
    let pay_path = || order.map(|view| format!("/pay/{}", view.order.pay_token)).unwrap_or_default();
    match (view.registration.status, order) {
        (Status::Waitlisted { .. }, _) => Stand::Waiting { place: view.wait_queue_number.unwrap_or(1) },
        (status @ Status::AwaitingPayment { payment_expiredate }, Some(owed))
            if is_payable(&status, &owed.order, now) =>
        {
            Stand::Payable { until: payment_expiredate, price: owed.order.price, pay_path: pay_path() }
        }
        (Status::AwaitingPayment { .. }, _) => Stand::Checking { pay_path: pay_path() },
        (Status::Confirmed, _) => Stand::Seated { paid: paid(order), sign_off: sign_off(event, order, now) },
        (Status::Ended(reason), _) => Stand::Ended { reason, money: order.map(MoneyBack::of) },
    }
}

fn paid(order: Option<&OrderView>) -> Paid {
    let Some(view) = order else { return Paid::Free };
    match view.order.status {
        OrderStatus::Sale => Paid::Outside(view.order.price),
        OrderStatus::Refund => Paid::GivenBack,
        OrderStatus::Capture
        | OrderStatus::Reserved
        | OrderStatus::Initiate
        | OrderStatus::Void
        | OrderStatus::Cancel => Paid::Through(Money { amount: left(view), currency: view.order.price.currency }),
    }
}

fn left(view: &OrderView) -> Ore {
    order::sums(&view.order, &view.attempts, &view.refunds).left()
}

fn sign_off(event: &Event, order: Option<&OrderView>, now: Timestamp) -> SignOff {
    match may_sign_off(&event.details, &Status::Confirmed, order.map_or(Ore::ZERO, left), now) {
        Ok(()) => SignOff::Until(event.details.sign_off_ends_at()),
        Err(Refusal::PaidRegistrationNeedsRefund) => SignOff::AskOrganizer,
        Err(_) => SignOff::TooLate,
    }
}
