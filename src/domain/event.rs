//! An event: what it is, when one may sign up, what it costs, and how full it is. Nothing here knows who asks.

use chrono::TimeDelta;

use super::fault::{Fault, FieldError};
use super::ids::{EventId, SalesUnitId};
use super::money::{Money, Ore};
use super::time::Timestamp;

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What organizers decide.
    pub details: EventDetails,
    /// Grows with every write that touches a seat: the version that caches compare.
    pub turn: i64,
    /// How full it is.
    pub occupancy: Occupancy,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its details changed last.
    pub updated_at: Timestamp,
}

/// What organizers decide about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDetails {
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
    /// Where it happens.
    pub location: String,
    /// When it starts.
    pub start_date: Timestamp,
    /// When it ends.
    pub end_date: Timestamp,
    /// The slug of the group that organizes it.
    pub organizer: String,
    /// How many seats there are; 0 means no limit.
    pub limit: i64,
    /// False when the event takes no sign-ups at all.
    pub sign_up: bool,
    /// True when an organizer stopped sign-ups.
    pub closed: bool,
    /// When sign-up opens; empty means it is open.
    pub start_registration_at: Option<Timestamp>,
    /// When sign-up ends; empty means at the start.
    pub end_registration_at: Option<Timestamp>,
    /// Until when a confirmed member may sign off; empty means until the start.
    pub sign_off_deadline: Option<Timestamp>,
    /// True when signing off gives the money back.
    pub refund_on_sign_off: bool,
    /// What it costs; empty means it is free.
    pub paid_information: Option<PaidInformation>,
    /// Set once it is cancelled, for good; no edit touches it.
    pub cancellation: Option<Cancellation>,
}

/// That an event was cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// When.
    pub at: Timestamp,
    /// Why, in the organizer's words.
    pub reason: String,
}

/// What a paid event costs, and how long one has to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidInformation {
    /// The price of a seat.
    pub price: Money,
    /// How long one has after sign-up.
    pub paytime: TimeDelta,
    /// How long one has at least after a seat from the waiting list.
    pub promotion_paytime: TimeDelta,
    /// Where the money of new orders goes; empty means to the group's default, and failing that to the house's own.
    pub sales_unit: Option<SalesUnitId>,
}

/// How long one has at least after a seat from the waiting list, unless the event says otherwise.
pub const PROMOTION_PAYTIME_DEFAULT: TimeDelta = TimeDelta::hours(12);

/// The most seats that a limit may name.
pub const LIMIT_MAX: i64 = 1_000_000;

/// How full an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Seats held: confirmed and awaiting payment.
    pub seats_held: i64,
    /// People on the waiting list.
    pub waiting: i64,
    /// The number the next one in the queue draws.
    pub next_queue_no: i64,
}

impl Occupancy {
    /// True while fewer than `limit` seats are held; 0 means no limit.
    pub fn has_room(&self, limit: i64) -> bool {
        limit == 0 || self.seats_held < limit
    }
}

impl EventDetails {
    /// When sign-up ends.
    pub fn registration_ends_at(&self) -> Timestamp {
        self.end_registration_at.unwrap_or(self.start_date)
    }

    /// Until when a confirmed member may sign off.
    pub fn sign_off_ends_at(&self) -> Timestamp {
        self.sign_off_deadline.unwrap_or(self.start_date)
    }

    /// What is wrong with it: limits of names, and times that make no sense.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, fault| errors.push(FieldError::new(pointer, fault));
        if self.title.trim().is_empty() {
            wrong("/title", Fault::Required);
        }
        for (pointer, text, most) in [
            ("/title", &self.title, 200),
            ("/description", &self.description, 20_000),
            ("/location", &self.location, 200),
        ] {
            if text.chars().count() > most {
                wrong(pointer, Fault::TooLong(most));
            }
        }
        if !(0..=LIMIT_MAX).contains(&self.limit) {
            wrong("/limit", Fault::NumberOutOfRange(0, LIMIT_MAX));
        }
        if self.end_date <= self.start_date {
            wrong("/end_date", Fault::EndsBeforeItStarts);
        }
        if let (Some(opens), Some(ends)) = (self.start_registration_at, self.end_registration_at)
            && ends <= opens
        {
            wrong("/end_registration_at", Fault::ClosesBeforeItOpens);
        }
        for (pointer, moment) in
            [("/end_registration_at", self.end_registration_at), ("/sign_off_deadline", self.sign_off_deadline)]
        {
            if moment.is_some_and(|moment| moment > self.end_date) {
                wrong(pointer, Fault::AfterTheEnd);
            }
        }
        if let Some(paid) = &self.paid_information
            && !paid.price.amount.is_price()
        {
            wrong("/paid_information/price", Fault::PriceOutOfRange(Ore::PRICE_MIN, Ore::PRICE_MAX));
        }
        if let Some(paid) = &self.paid_information
            && !paid.price.currency.has(paid.price.amount)
        {
            wrong("/paid_information/price", Fault::WholeOnly);
        }
        errors
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::money::Currency;
    use super::super::time::at_millis;
    use super::*;

    /// An open event without limit that starts in `to_start`, and the time now; `paid` is paytime and promotion
    /// paytime in hours.
    pub(crate) fn event_in(to_start: TimeDelta, paid: Option<(i64, i64)>) -> (EventDetails, Timestamp) {
        let now = at_millis(1_800_000_000_000);
        let event = EventDetails {
            title: "Julebord".to_owned(),
            description: String::new(),
            location: String::new(),
            start_date: now + to_start,
            end_date: now + to_start + TimeDelta::hours(4),
            organizer: "sosialen".to_owned(),
            limit: 0,
            sign_up: true,
            closed: false,
            start_registration_at: None,
            end_registration_at: None,
            sign_off_deadline: None,
            refund_on_sign_off: false,
            cancellation: None,
            paid_information: paid.map(|(paytime, promotion)| PaidInformation {
                price: Money { amount: Ore(25_000), currency: Currency::Nok },
                paytime: TimeDelta::hours(paytime),
                promotion_paytime: TimeDelta::hours(promotion),
                sales_unit: None,
            }),
        };
        (event, now)
    }

    #[track_caller]
    fn check(change: impl Fn(&mut EventDetails), expected: &[&str]) {
        let (mut event, _) = event_in(TimeDelta::days(3), Some((2, 12)));
        change(&mut event);
        let pointers: Vec<String> = event.errors().into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, expected);
    }

    #[test]
    fn times_must_make_sense() {
        check(|_| {}, &[]);
        check(|event| event.end_date = event.start_date, &["/end_date"]);
        check(
            |event| event.sign_off_deadline = Some(event.end_date + TimeDelta::milliseconds(1)),
            &["/sign_off_deadline"],
        );
        check(
            |event| {
                event.start_registration_at = Some(event.start_date);
                event.end_registration_at = Some(event.start_date);
            },
            &["/end_registration_at"],
        );
        check(|event| event.end_registration_at = Some(event.end_date + TimeDelta::days(1)), &["/end_registration_at"]);
    }

    #[test]
    fn names_and_numbers_have_limits() {
        check(|event| event.title = " ".to_owned(), &["/title"]);
        check(|event| event.title = "x".repeat(201), &["/title"]);
        check(|event| event.limit = -1, &["/limit"]);
        check(|event| event.paid_information.as_mut().unwrap().price.amount = Ore(99), &["/paid_information/price"]);
        check(
            |event| {
                event.paid_information.as_mut().unwrap().price = Money { amount: Ore(150), currency: Currency::Isk }
            },
            &["/paid_information/price"],
        );
    }
}
