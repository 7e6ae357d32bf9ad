//! What letters say. Facts that are fixed at the moment of their cause travel in here; names, addresses and whatever may
//! still change are looked up when the letter is sent, and never kept.

use serde::{Deserialize, Serialize};

use super::event::EventDetails;
use super::ids::{EventId, RegistrationId, UserId};
use super::money::Money;
use super::time::Timestamp;

/// A letter to one person about one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub user_id: UserId,
    /// About what.
    pub event_id: EventId,
    /// About which sign-up for it.
    pub registration_id: RegistrationId,
    /// What it says.
    pub news: News,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// You have the seat.
    SeatConfirmed {
        /// What was paid for it; empty when it is free.
        paid: Option<Paid>,
        /// True when an organizer signed the person up just now.
        by_organizer: bool,
    },
    /// A seat is held for you; pay before the deadline.
    PayBefore {
        /// What, and until when.
        due: PaymentDue,
        /// True when an organizer signed the person up just now.
        by_organizer: bool,
    },
    /// The deadline comes closer, and the seat is not paid yet.
    PaymentReminder {
        /// What, and until when.
        due: PaymentDue,
    },
    /// You are on the waiting list.
    OnWaitingList {
        /// True when an organizer signed the person up just now.
        by_organizer: bool,
    },
    /// A seat came free and is yours; pay before the deadline, if it costs something.
    SeatFromWaitingList {
        /// What, and until when; empty when it is free.
        due: Option<PaymentDue>,
    },
    /// The seat was not paid in time and is not yours any more.
    SeatLostUnpaid {
        /// True when somebody waited for it.
        to_next_in_line: bool,
    },
    /// You signed off.
    SignedOff {
        /// What you left.
        left: Left,
        /// What becomes of the money.
        money: MoneyThen,
    },
    /// An organizer removed you.
    Removed {
        /// What you had.
        left: Left,
        /// What becomes of the money.
        money: MoneyThen,
    },
    /// Money was given back.
    Refunded {
        /// How much.
        amount: Money,
        /// How.
        way: Way,
        /// True when the person still has the seat.
        keeps_seat: bool,
    },
    /// Money that was only reserved was let go; nothing had been taken.
    ReservationReleased {
        /// How much.
        amount: Money,
    },
    /// Time, place or title changed.
    EventChanged {
        /// What was, and what is.
        changes: Vec<Change>,
    },
    /// The event does not take place.
    EventCancelled {
        /// Why, in the organizer's words; may be empty.
        reason: String,
        /// What you had.
        left: Left,
        /// What becomes of the money.
        money: MoneyThen,
    },
}

/// What is owed for a seat that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDue {
    /// How much.
    pub price: Money,
    /// Until when.
    pub payment_expiredate: Timestamp,
    /// The unguessable part of the payment link.
    pub pay_token: String,
    /// When to remind of it; empty when the time is too short for a reminder.
    pub remind_at: Option<Timestamp>,
}

/// What was paid for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// How much.
    pub price: Money,
    /// How.
    pub way: Way,
}

/// How money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Through the payment provider.
    Vipps,
    /// Between people, and an organizer wrote it down.
    Outside,
}

/// What somebody had before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// A place on the waiting list.
    Queue,
    /// A seat that was held for a payment.
    HeldSeat,
    /// A seat, with its calendar file.
    Seat,
}

/// What becomes of the money when a registration ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "money", rename_all = "snake_case")]
pub enum MoneyThen {
    /// Nothing was owed.
    NothingOwed,
    /// Nothing was paid.
    NothingPaid,
    /// It was only reserved, and is let go.
    Reserved {
        /// How much.
        amount: Money,
    },
    /// It is on its way back through the payment provider.
    OnItsWay {
        /// How much.
        amount: Money,
    },
    /// It was paid between people and goes back between people.
    Outside {
        /// How much.
        amount: Money,
    },
    /// All of it was given back before.
    BackAlready,
}

/// One thing about an event that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// What it is called.
    Title {
        /// Then.
        before: String,
        /// Now.
        after: String,
    },
    /// When it starts.
    Start {
        /// Then.
        before: Timestamp,
        /// Now.
        after: Timestamp,
    },
    /// When it ends.
    End {
        /// Then.
        before: Timestamp,
        /// Now.
        after: Timestamp,
    },
    /// Where it is.
    Location {
        /// Then.
        before: String,
        /// Now.
        after: String,
    },
}

/// A change of an event that everybody who is signed up must hear of. One waits at a time for each event: changes that
/// follow each other quickly are told as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Which event.
    pub event_id: EventId,
    /// What everybody knew before the first of the changes.
    pub told: Told,
    /// When the last of them was made.
    pub changed_at: Timestamp,
}

/// What members are told about an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The title.
    pub title: String,
    /// Where it happens.
    pub location: String,
    /// When it starts.
    pub start_date: Timestamp,
    /// When it ends.
    pub end_date: Timestamp,
}

impl Told {
    /// What members are told about an event with these details.
    pub fn of(details: &EventDetails) -> Self {
        Self {
            title: details.title.clone(),
            location: details.location.clone(),
            start_date: details.start_date,
            end_date: details.end_date,
        }
    }

    /// What differs, in the order in which it is told.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.title != now.title {
            changes.push(Change::Title { before: self.title.clone(), after: now.title.clone() });
        }
        if self.start_date != now.start_date {
            changes.push(Change::Start { before: self.start_date, after: now.start_date });
        }
        if self.end_date != now.end_date {
            changes.push(Change::End { before: self.end_date, after: now.end_date });
        }
        if self.location != now.location {
            changes.push(Change::Location { before: self.location.clone(), after: now.location.clone() });
        }
        changes
    }
}
