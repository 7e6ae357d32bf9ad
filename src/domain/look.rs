//! When to ask the provider about an order again, and about which of its attempts. An order that can still change is
//! never without a next look. Nothing here asks.

use chrono::TimeDelta;

use super::attempt::{Attempt, AttemptState, End, SESSION_LIFE};
use super::effect::EffectKind;
use super::ledger;
use super::order::{self, RefundStatus};
use super::registration::Status;
use super::settlement::Case;
use super::time::Timestamp;

/// Vipps allows 120 questions a minute per reference; one a second leaves half of it to people.
pub const LOOKS_APART_MIN: TimeDelta = TimeDelta::seconds(1);
/// The longest pause between looks while the provider does not answer.
const BACKOFF_MAX: TimeDelta = TimeDelta::minutes(15);

/// When to look at the order again; empty when nothing can change by itself.
pub fn next_look(case: &Case, now: Timestamp) -> Option<Timestamp> {
    let gives_back = !case.registration.status.holds_seat() || case.order.sale || case.order.give_back_all;
    let mut next: Option<Timestamp> = None;
    let mut consider = |at: Timestamp| next = Some(next.map_or(at, |known: Timestamp| known.min(at)));
    for attempt in &case.attempts {
        if let Some(pause) = pause(case, attempt, gives_back, now) {
            consider(now + pause);
        }
        if let Some(at) = next_retry(case, attempt) {
            consider(at.max(now));
        }
        if is_worth_asking(attempt, false) && !ledger::agrees(&case.ledger, attempt) {
            consider(now + until_the_log_tells(now - attempt.created_at));
        }
    }
    if case.refunds.iter().any(|refund| refund.status == RefundStatus::Pending) && !case.order.sale {
        consider(now + TimeDelta::seconds(60));
    }
    if let Status::AwaitingPayment { payment_expiredate } = case.registration.status
        && payment_expiredate > now
    {
        consider(payment_expiredate);
    }
    next
}

/// When the job tries a failed charge again: that begins with a look.
pub fn next_retry(case: &Case, attempt: &Attempt) -> Option<Timestamp> {
    let Status::AwaitingPayment { payment_expiredate } = case.registration.status else { return None };
    let has_effect = case.effects.iter().any(|effect| effect.attempt == attempt.id);
    let wanted = attempt.has_failed() && !attempt.giving_up && !has_effect && !case.order.sale;
    if wanted { attempt.charge.next_retry(payment_expiredate) } else { None }
}

fn pause(case: &Case, attempt: &Attempt, gives_back: bool, now: Timestamp) -> Option<TimeDelta> {
    let open = |wanted: fn(EffectKind) -> bool| {
        case.effects.iter().any(|effect| effect.attempt == attempt.id && !effect.parked && wanted(effect.kind))
    };
    // The end of a money call rings by itself; the pause is only the safety net.
    if open(EffectKind::is_money) {
        return Some(TimeDelta::seconds(60));
    }
    let age = now - attempt.created_at;
    let by_hand = order::is_settled_elsewhere(&case.order, &case.attempts);
    match attempt.state {
        AttemptState::Planned => None,
        AttemptState::Authorized if by_hand => Some(TimeDelta::days(1)),
        AttemptState::Sent if open(|kind| kind == EffectKind::Create) => Some(TimeDelta::seconds(60)),
        AttemptState::Sent => Some(TimeDelta::seconds(15)),
        // Nothing is under way; somebody may try it again in the portal.
        AttemptState::Open if attempt.has_failed() => Some(TimeDelta::minutes(15)),
        AttemptState::Open => Some(while_open(attempt, now)),
        // Whoever parked its effect must look; until then ask now and then.
        AttemptState::Authorized if age > TimeDelta::days(1) => Some(TimeDelta::hours(6)),
        AttemptState::Authorized => Some(TimeDelta::minutes(15)),
        AttemptState::Settled | AttemptState::Dead(End::Abandoned | End::Failed) => {
            let money = attempt.amounts.kept() + attempt.amounts.reserved();
            let goes_back = gives_back || matches!(attempt.state, AttemptState::Dead(_));
            if goes_back && !by_hand {
                return if money.is_positive() { Some(TimeDelta::minutes(15)) } else { after_the_end(attempt, age) };
            }
            routine(attempt, age)
        }
        AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => None,
    }
}

/// A payment over a stored card that is over for us may be tried again in the portal, or have come late: it is asked
/// about for a while, so that its money goes back even if the webhook is lost.
fn after_the_end(attempt: &Attempt, age: TimeDelta) -> Option<TimeDelta> {
    if !can_come_back(attempt) || attempt.amounts.captured.is_positive() || age > TimeDelta::days(7) {
        return None;
    }
    let failed = attempt.state == AttemptState::Dead(End::Failed);
    Some(if failed { TimeDelta::days(1) } else { TimeDelta::minutes(15) })
}

/// True when a payment that is over for us is known to the provider and could still charge a card. Of one that failed
/// the provider said so itself, also when its create was never answered and we do not have its id.
fn can_come_back(attempt: &Attempt) -> bool {
    let is_known = match attempt.state {
        AttemptState::Dead(End::Failed) => true,
        AttemptState::Dead(End::Abandoned) => attempt.provider_id.is_some(),
        AttemptState::Planned
        | AttemptState::Sent
        | AttemptState::Open
        | AttemptState::Authorized
        | AttemptState::Settled
        | AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => false,
    };
    is_known && attempt.provider.charges_stored_cards()
}

/// How long the provider refunds what was taken: a year (Vipps ePayment, "Refund").
pub const REFUNDABLE_FOR: TimeDelta = TimeDelta::days(365);

/// When to ask again about money that was taken and stays: somebody may refund it in the provider's portal, and the
/// webhook may be lost. Slower with age. Five thousand orders of one day make 83 questions a minute at first and 4 from
/// the next day on; the provider counts them by reference. Each has its own pace, so that a crowd that paid at noon
/// does not come back all at once.
fn routine(attempt: &Attempt, age: TimeDelta) -> Option<TimeDelta> {
    if !attempt.amounts.kept().is_positive() || age >= REFUNDABLE_FOR {
        return None;
    }
    let pause = if age < TimeDelta::days(1) {
        TimeDelta::hours(1)
    } else if age < TimeDelta::days(30) {
        TimeDelta::days(1)
    } else {
        TimeDelta::weeks(1)
    };
    let own = i64::from(attempt.id.0.as_bytes().last().copied().unwrap_or_default());
    Some(pause + TimeDelta::milliseconds(pause.num_milliseconds() / 2_048 * own))
}

/// The provider's log did not explain its sums, or did not answer: it is read again, ever slower.
fn until_the_log_tells(age: TimeDelta) -> TimeDelta {
    (age / 10).clamp(TimeDelta::minutes(1), TimeDelta::hours(6))
}

/// A session that was handed out is asked about often, one that was not cannot be paid (Vipps checklist: "poll from 5
/// seconds, every 2 seconds").
fn while_open(attempt: &Attempt, now: Timestamp) -> TimeDelta {
    let began = attempt.session_began_at.unwrap_or(attempt.created_at);
    let dead_by = began + SESSION_LIFE + TimeDelta::seconds(5);
    let left = dead_by - now;
    let usual = match attempt.opened_at.map(|opened| now - opened) {
        _ if attempt.giving_up => TimeDelta::seconds(5),
        Some(age) if age < TimeDelta::seconds(3) => TimeDelta::seconds(5),
        Some(age) if age < TimeDelta::minutes(5) => TimeDelta::seconds(2),
        Some(age) if age < TimeDelta::minutes(15) => TimeDelta::seconds(10),
        Some(_) => TimeDelta::minutes(1),
        None if left > TimeDelta::zero() => left,
        None => TimeDelta::minutes(1),
    };
    if left > TimeDelta::zero() { usual.min(left) } else { usual }
}

/// The pause after `failures` looks in a row that got no answer: 5 seconds, doubled up to 15 minutes.
pub fn backoff(failures: i64) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 12) - 1).unwrap_or_default();
    (TimeDelta::seconds(5) * 2_i32.pow(doublings)).min(BACKOFF_MAX)
}

/// True when a look should ask about this attempt. `rung` means that somebody said something may have happened.
pub fn is_worth_asking(attempt: &Attempt, rung: bool) -> bool {
    match attempt.state {
        AttemptState::Sent | AttemptState::Open | AttemptState::Authorized => true,
        // Its create may have been done all the same: a bell may be the payment's own.
        AttemptState::Dead(End::Abandoned | End::Failed) => {
            let was_sent = attempt.session_began_at.is_some() || attempt.create_ended_at.is_some();
            (rung && was_sent) || attempt.amounts.authorized.is_positive() || can_come_back(attempt)
        }
        AttemptState::Settled => true,
        AttemptState::Planned | AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::tests::attempt_in;
    use super::super::ids::AttemptId;
    use super::super::money::Ore;
    use super::super::sales_unit::Provider;
    use super::*;

    #[test]
    fn looks_without_an_answer_come_ever_slower() {
        let pauses: Vec<i64> = [0, 1, 2, 3, 8, 9, 1_000].map(|failures| backoff(failures).num_seconds()).into();
        assert_eq!(pauses, [5, 5, 10, 20, 640, 900, 900]);
    }

    #[test]
    fn what_can_change_is_asked_about() {
        for state in AttemptState::ALL {
            let mut attempt = attempt_in(state);
            let expected = match state {
                AttemptState::Sent | AttemptState::Open | AttemptState::Authorized | AttemptState::Settled => true,
                AttemptState::Planned | AttemptState::Dead(_) => false,
            };
            assert_eq!(is_worth_asking(&attempt, false), expected, "{state:?}");
            assert_eq!(is_worth_asking(&attempt, true), expected, "{state:?}, rung, never sent");
            attempt.session_began_at = Some(attempt.created_at);
            let came_late = matches!(state, AttemptState::Dead(End::Abandoned | End::Failed));
            assert_eq!(is_worth_asking(&attempt, true), expected || came_late, "{state:?}, rung");
        }
        let mut revived = attempt_in(AttemptState::Dead(End::Abandoned));
        revived.amounts.authorized = Ore(100);
        assert!(is_worth_asking(&revived, false), "money on an abandoned attempt is watched until it is gone");
    }

    #[test]
    fn a_charge_that_failed_is_asked_about_also_when_its_create_was_never_answered() {
        let day = TimeDelta::days(1);
        for (end, id, expected) in [
            (End::Failed, None, Some(day)),
            (End::Failed, Some("id"), Some(day)),
            (End::Abandoned, None, None),
            (End::Abandoned, Some("id"), Some(TimeDelta::minutes(15))),
        ] {
            let mut attempt = attempt_in(AttemptState::Dead(end));
            assert_eq!(after_the_end(&attempt, day), None, "{end:?}, without a card");
            attempt.provider = Provider::Askell;
            attempt.provider_id = id.map(str::to_owned);
            assert_eq!(after_the_end(&attempt, day), expected, "{end:?} {id:?}");
            assert_eq!(is_worth_asking(&attempt, false), expected.is_some(), "{end:?} {id:?}");
            assert_eq!(after_the_end(&attempt, day * 8), None, "{end:?} {id:?}, after a week");
        }
    }

    #[track_caller]
    fn check_routine(age: TimeDelta, captured: i64, refunded: i64, expected: Option<TimeDelta>) {
        let mut attempt = attempt_in(AttemptState::Settled);
        attempt.amounts.authorized = Ore(100);
        attempt.amounts.captured = Ore(captured);
        attempt.amounts.refunded = Ore(refunded);
        assert_eq!(routine(&attempt, age), expected, "{age}");
        attempt.id = AttemptId(uuid::Uuid::max());
        let latest = expected.map(|pause| pause + pause / 8);
        assert!(routine(&attempt, age) <= latest, "{age}: a pace of one's own is at most an eighth slower");
    }

    #[test]
    fn money_that_stays_is_asked_about_ever_more_seldom_until_it_cannot_go_back() {
        let (second, hour) = (TimeDelta::seconds(1), TimeDelta::hours(1));
        let (day, week, month) = (TimeDelta::days(1), TimeDelta::weeks(1), TimeDelta::days(30));
        for (age, expected) in [
            (TimeDelta::zero(), Some(hour)),
            (day - second, Some(hour)),
            (day, Some(day)),
            (month - second, Some(day)),
            (month, Some(week)),
            (REFUNDABLE_FOR - second, Some(week)),
            (REFUNDABLE_FOR, None),
        ] {
            check_routine(age, 100, 0, expected);
            check_routine(age, 100, 99, expected);
            check_routine(age, 100, 100, None);
            check_routine(age, 0, 0, None);
        }
    }

    #[test]
    fn a_log_that_does_not_tell_is_read_ever_more_seldom() {
        for (age, minutes) in [(0, 1), (10, 1), (60, 6), (60 * 24, 144), (60 * 24 * 30, 360)] {
            assert_eq!(until_the_log_tells(TimeDelta::minutes(age)), TimeDelta::minutes(minutes));
        }
    }

    #[track_caller]
    fn check_open(opened: Option<i64>, age: i64, giving_up: bool, expected: i64) {
        let mut attempt = attempt_in(AttemptState::Open);
        let now = attempt.created_at + TimeDelta::seconds(age);
        attempt.session_began_at = Some(attempt.created_at);
        attempt.opened_at = opened.map(|ago| now - TimeDelta::seconds(ago));
        attempt.giving_up = giving_up;
        assert_eq!(while_open(&attempt, now).num_seconds(), expected);
    }

    #[test]
    fn a_session_that_was_handed_out_is_asked_about_often() {
        for (opened, expected) in [(0, 5), (3, 2), (299, 2), (300, 10), (899, 10), (900, 60)] {
            check_open(Some(opened), 1_000, false, expected);
        }
        check_open(Some(30), 603, false, 2);
    }

    #[test]
    fn a_session_that_nobody_has_is_asked_about_when_it_must_be_dead() {
        check_open(None, 5, false, 600);
        check_open(None, 605, false, 60);
        check_open(None, 5, true, 5);
    }
}
