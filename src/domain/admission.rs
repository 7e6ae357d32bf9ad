//! Who gets a seat. One function decides over a list of applicants in order of arrival, so that people who arrive
//! together can be decided together. Nothing here saves anything.

use super::deadline;
use super::event::{EventDetails, Occupancy};
use super::refusal::Refusal;
use super::registration::Status;
use super::time::Timestamp;

/// Somebody who wants to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// True when this person has an active registration.
    pub already_registered: bool,
    /// Who brings the person.
    pub door: Door,
}

/// Through which door somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// By themselves: windows count.
    Own,
    /// An organizer adds them: windows do not count, the limit does.
    Organizer,
    /// An organizer adds them and has settled the payment outside: a seat now or a no.
    PaidOutside,
}

/// Decides over `applicants` in order of arrival, and counts them in.
pub fn admit(
    event: &EventDetails,
    occupancy: &mut Occupancy,
    applicants: &[Applicant],
    now: Timestamp,
) -> Vec<Result<Status, Refusal>> {
    applicants.iter().map(|applicant| admit_one(event, occupancy, applicant, now)).collect()
}

fn admit_one(
    event: &EventDetails,
    occupancy: &mut Occupancy,
    applicant: &Applicant,
    now: Timestamp,
) -> Result<Status, Refusal> {
    if applicant.already_registered {
        return Err(Refusal::AlreadyRegistered);
    }
    if event.cancellation.is_some() {
        return Err(Refusal::EventCancelled);
    }
    if applicant.door == Door::Own {
        check_window(event, now)?;
    }
    if applicant.door == Door::PaidOutside {
        if event.paid_information.is_none() {
            return Err(Refusal::NotAPaidEvent);
        }
        if !occupancy.has_room(event.limit) {
            return Err(Refusal::EventFull);
        }
        occupancy.seats_held += 1;
        return Ok(Status::Confirmed);
    }
    if deadline::is_too_late_to_pay(event, now) {
        return Err(Refusal::TooLateToPay);
    }
    // Whoever waits already comes first, even if a seat is free at this moment.
    if occupancy.has_room(event.limit) && occupancy.waiting == 0 {
        occupancy.seats_held += 1;
        return Ok(match &event.paid_information {
            Some(paid) => Status::AwaitingPayment { payment_expiredate: deadline::after_sign_up(event, paid, now) },
            None => Status::Confirmed,
        });
    }
    let queue_no = occupancy.next_queue_no;
    occupancy.next_queue_no += 1;
    occupancy.waiting += 1;
    Ok(Status::Waitlisted { queue_no })
}

fn check_window(event: &EventDetails, now: Timestamp) -> Result<(), Refusal> {
    if event.closed {
        return Err(Refusal::EventClosed);
    }
    if !event.sign_up {
        return Err(Refusal::SignUpDisabled);
    }
    if let Some(opens_at) = event.start_registration_at.filter(|opens_at| now < *opens_at) {
        return Err(Refusal::NotOpenYet { opens_at });
    }
    if now >= event.registration_ends_at() {
        return Err(Refusal::RegistrationClosed);
    }
    Ok(())
}

/// What a stranger would hear who signed up now.
pub fn may_sign_up_at(event: &EventDetails, now: Timestamp) -> Result<(), Refusal> {
    if event.cancellation.is_some() {
        return Err(Refusal::EventCancelled);
    }
    check_window(event, now)?;
    if deadline::is_too_late_to_pay(event, now) { Err(Refusal::TooLateToPay) } else { Ok(()) }
}

/// True when a stranger could sign up now, as the filter `open` means it.
pub fn is_open_at(event: &EventDetails, now: Timestamp) -> bool {
    may_sign_up_at(event, now).is_ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::event::tests::event_in;
    use super::*;

    const OWN: Applicant = Applicant { already_registered: false, door: Door::Own };

    /// One letter per applicant: `s` seat, `p` seat to pay, `q` queue, `n` refused.
    #[track_caller]
    fn check(limit: i64, held: i64, waiting: i64, paid: bool, applicants: &[Applicant], expected: &str) {
        let (mut event, now) = event_in(TimeDelta::days(3), paid.then_some((2, 12)));
        event.limit = limit;
        let mut occupancy = Occupancy { seats_held: held, waiting, next_queue_no: waiting + 1 };
        let decisions = admit(&event, &mut occupancy, applicants, now);
        let letters: String = decisions
            .iter()
            .map(|decision| match decision {
                Ok(Status::Confirmed) => 's',
                Ok(Status::AwaitingPayment { .. }) => 'p',
                Ok(Status::Waitlisted { .. }) => 'q',
                Ok(Status::Ended(_)) | Err(_) => 'n',
            })
            .collect();
        assert_eq!(letters, expected);
        if limit > 0 {
            assert!(occupancy.seats_held <= limit.max(held));
        }
    }

    #[test]
    fn seats_go_in_order_of_arrival_and_then_the_queue_begins() {
        check(3, 1, 0, false, &[OWN; 4], "ssqq");
        check(3, 1, 0, true, &[OWN; 4], "ppqq");
    }

    #[test]
    fn without_a_limit_everybody_gets_a_seat() {
        check(0, 5_000, 0, false, &[OWN; 3], "sss");
    }

    #[test]
    fn nobody_passes_those_who_wait() {
        check(5, 3, 2, false, &[OWN], "q");
    }

    #[test]
    fn a_limit_below_the_seats_held_gives_nobody_a_seat() {
        check(2, 5, 0, false, &[OWN], "q");
    }

    #[test]
    fn whoever_is_signed_up_is_not_signed_up_twice() {
        check(5, 0, 0, false, &[Applicant { already_registered: true, door: Door::Own }, OWN], "ns");
    }

    #[test]
    fn paid_outside_is_a_seat_or_a_no() {
        let outside = Applicant { already_registered: false, door: Door::PaidOutside };
        check(1, 0, 0, true, &[outside, outside], "sn");
        check(1, 0, 0, false, &[outside], "n");
    }

    #[track_caller]
    fn check_window(change: impl Fn(&mut EventDetails, Timestamp), door: Door, expected: Option<&str>) {
        let (mut event, now) = event_in(TimeDelta::days(3), Some((2, 12)));
        change(&mut event, now);
        let mut occupancy = Occupancy::default();
        let applicant = Applicant { already_registered: false, door };
        let decision = admit(&event, &mut occupancy, &[applicant], now).remove(0);
        assert_eq!(decision.err().map(|refusal| refusal.code()), expected);
    }

    #[test]
    fn the_window_binds_members_and_not_organizers() {
        type Change = fn(&mut EventDetails, Timestamp);
        let cases: [(Change, &str); 5] = [
            (|event, _| event.closed = true, "event_closed"),
            (|event, _| event.sign_up = false, "sign_up_disabled"),
            (|event, now| event.start_registration_at = Some(now + TimeDelta::hours(1)), "not_open_yet"),
            (|event, now| event.end_registration_at = Some(now), "registration_closed"),
            (|event, _| (event.closed, event.sign_up) = (true, false), "event_closed"),
        ];
        for (change, code) in cases {
            check_window(change, Door::Own, Some(code));
            check_window(change, Door::Organizer, None);
        }
    }

    #[test]
    fn too_late_to_pay_binds_organizers_too_but_not_who_paid_outside() {
        let late = |event: &mut EventDetails, now: Timestamp| event.start_date = now + TimeDelta::minutes(29);
        check_window(late, Door::Own, Some("too_late_to_pay"));
        check_window(late, Door::Organizer, Some("too_late_to_pay"));
        check_window(late, Door::PaidOutside, None);
    }
}
