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

/// Whoever gets less time than this is not reminded: the letter about the seat is still fresh.
const REMINDER_WORTH: TimeDelta = TimeDelta::hours(1);

/// A reminder comes no earlier than this before the deadline, so that it can be acted upon at once.
const REMINDER_AHEAD_MAX: TimeDelta = TimeDelta::hours(24);

/// When to remind of a deadline for a seat that is held since `held_since`: half-way, but not more than a day ahead.
/// Empty when the time is too short for it.
pub fn remind_at(held_since: Timestamp, payment_expiredate: Timestamp) -> Option<Timestamp> {
    let time = payment_expiredate - held_since;
    (time >= REMINDER_WORTH).then(|| payment_expiredate - (time / 2).min(REMINDER_AHEAD_MAX))
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

    #[test]
    fn a_reminder_comes_half_way_but_at_most_a_day_ahead_and_never_for_a_short_time() {
        let held_since = event_in(TimeDelta::days(3), None).1;
        for (minutes, expected) in [
            (-5, None),
            (0, None),
            (1, None),
            (59, None),
            (60, Some(30)),
            (120, Some(60)),
            (720, Some(360)),
            (48 * 60, Some(24 * 60)),
            (49 * 60, Some(25 * 60)),
            (744 * 60, Some(720 * 60)),
        ] {
            let deadline = held_since + TimeDelta::minutes(minutes);
            let reminded = remind_at(held_since, deadline).map(|at| (at - held_since).num_minutes());
            assert_eq!(reminded, expected, "{minutes} minutes to pay");
        }
    }
}
