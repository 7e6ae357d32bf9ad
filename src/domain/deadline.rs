//! Until when a seat can be paid, and when it is too late to offer one. Deadlines are fixed once given; nothing here
//! moves one.

use chrono::TimeDelta;

use super::event::{EventDetails, PaidInformation};
use super::time::Timestamp;

/// Nobody is offered a paid seat with less than this left until the start, so that the last evening does not run
/// through the whole queue in a second.
pub const MINIMUM_PAYTIME: TimeDelta = TimeDelta::minutes(30);

/// True when too little time is left before the start to offer a paid seat.
pub fn is_too_late_to_pay(event: &EventDetails, now: Timestamp) -> bool {
    event.paid_information.is_some() && event.start_date - now < MINIMUM_PAYTIME
}

/// Until when somebody pays who signs up now.
pub fn after_sign_up(event: &EventDetails, paid: &PaidInformation, now: Timestamp) -> Timestamp {
    (now + paid.paytime).min(event.start_date)
}

/// Until when somebody pays who gets a seat from the waiting list now.
pub fn after_promotion(event: &EventDetails, paid: &PaidInformation, now: Timestamp) -> Timestamp {
    (now + paid.paytime.max(paid.promotion_paytime)).min(event.start_date)
}

#[cfg(test)]
mod tests {
    use super::super::event::tests::event_in;
    use super::*;

    #[track_caller]
    fn check(hours_to_start: i64, paytime: i64, promotion: i64, expected: (i64, i64)) {
        let (event, now) = event_in(TimeDelta::hours(hours_to_start), Some((paytime, promotion)));
        let paid = event.paid_information.unwrap();
        let hours = |deadline: Timestamp| (deadline - now).num_hours();
        assert_eq!((hours(after_sign_up(&event, &paid, now)), hours(after_promotion(&event, &paid, now))), expected);
    }

    #[test]
    fn a_promotion_gives_the_longer_time() {
        check(100, 2, 12, (2, 12));
        check(100, 24, 12, (24, 24));
    }

    #[test]
    fn no_deadline_passes_the_start() {
        check(1, 2, 12, (1, 1));
        check(5, 2, 12, (2, 5));
    }

    #[test]
    fn half_an_hour_before_the_start_it_is_too_late() {
        for (minutes, paid, expected) in
            [(31, true, false), (30, true, false), (29, true, true), (-5, true, true), (5, false, false)]
        {
            let (event, now) = event_in(TimeDelta::minutes(minutes), paid.then_some((2, 12)));
            assert_eq!(is_too_late_to_pay(&event, now), expected, "{minutes} {paid}");
        }
    }
}
