//! Who gets a seat that came free, and until when. Nothing here frees one.

use super::deadline;
use super::event::{EventDetails, Occupancy};
use super::registration::Status;
use super::time::Timestamp;

/// The status that the next one in line gets now; empty while no seat may be given.
pub fn next_in_line(event: &EventDetails, occupancy: &Occupancy, now: Timestamp) -> Option<Status> {
    if event.cancellation.is_some() || occupancy.waiting == 0 || !occupancy.has_room(event.limit) {
        return None;
    }
    match &event.paid_information {
        None => Some(Status::Confirmed),
        Some(_) if deadline::is_too_late_to_pay(event, now) => None,
        Some(paid) => Some(Status::AwaitingPayment { payment_expiredate: deadline::after_promotion(event, paid, now) }),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::event::tests::event_in;
    use super::*;

    #[track_caller]
    fn check(limit: i64, held: i64, waiting: i64, minutes_to_start: i64, expected: (bool, bool)) {
        let offered = |paid| {
            let (mut event, now) = event_in(TimeDelta::minutes(minutes_to_start), paid);
            event.limit = limit;
            next_in_line(&event, &Occupancy { seats_held: held, waiting, next_queue_no: 9 }, now).is_some()
        };
        assert_eq!((offered(None), offered(Some((2, 12)))), expected, "free and paid");
    }

    #[test]
    fn nobody_gets_a_seat_that_is_held() {
        check(3, 3, 2, 600, (false, false));
        check(3, 4, 2, 600, (false, false));
    }

    #[test]
    fn a_free_seat_goes_to_whoever_waits() {
        check(3, 2, 2, 600, (true, true));
        check(0, 2, 2, 600, (true, true));
        check(3, 2, 0, 600, (false, false));
    }

    #[test]
    fn a_paid_seat_is_not_offered_on_the_last_half_hour() {
        check(3, 2, 2, 29, (true, false));
        check(3, 2, 2, 30, (true, true));
        check(3, 2, 2, -1, (true, false));
    }
}
