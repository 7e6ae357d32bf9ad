//! When to ask the provider about an order again, and about which of its attempts. An order that can still change is
//! never without a next look. Nothing here asks.

use chrono::TimeDelta;

use super::attempt::{Attempt, AttemptState, End, SESSION_LIFE};
use super::effect::EffectKind;
use super::order::RefundStatus;
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

fn pause(case: &Case, attempt: &Attempt, gives_back: bool, now: Timestamp) -> Option<TimeDelta> {
    let open = |wanted: fn(EffectKind) -> bool| {
        case.effects.iter().any(|effect| effect.attempt == attempt.id && !effect.parked && wanted(effect.kind))
    };
    // The end of a money call rings by itself; the pause is only the safety net.
    if open(EffectKind::is_money) {
        return Some(TimeDelta::seconds(60));
    }
    match attempt.state {
        AttemptState::Planned => None,
        AttemptState::Sent if open(|kind| kind == EffectKind::Create) => Some(TimeDelta::seconds(60)),
        AttemptState::Sent => Some(TimeDelta::seconds(15)),
        AttemptState::Open => Some(while_open(attempt, now)),
        // Whoever parked its effect must look; until then ask now and then.
        AttemptState::Authorized => Some(TimeDelta::minutes(15)),
        AttemptState::Settled | AttemptState::Dead(End::Abandoned) => {
            let money = attempt.amounts.kept() + attempt.amounts.reserved();
            (gives_back && money.is_positive()).then_some(TimeDelta::minutes(15))
        }
        AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => None,
    }
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
        // A late answer may show that it lives after all.
        AttemptState::Dead(End::Abandoned) => rung && attempt.create_ended_at.is_some(),
        AttemptState::Settled => true,
        AttemptState::Planned | AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => false,
    }
}
