//! A charge of a stored card that failed, and when it is tried again. While `failed_at` is set nothing is under way at the
//! provider; it is cleared before a retry leaves. Nothing here charges anybody.

use chrono::TimeDelta;

use super::attempt::{Attempt, AttemptState, SESSION_LIFE};
use super::ids::UserId;
use super::snapshot::ProviderState;
use super::time::Timestamp;

/// How often the provider tries a failed payment again (Áskell, "Stakar greiðslur").
pub const RETRIES_MAX: i64 = 4;
/// Retries by the job are at least so far apart: a card that was declined just now is declined again.
const APART_MIN: TimeDelta = TimeDelta::minutes(15);
/// They are at most so far apart: a member with a week to pay hears of it sooner.
const APART_MAX: TimeDelta = TimeDelta::hours(12);
/// The last retry by the job leaves so much time before the deadline: to be answered, and for the member to act.
const BEFORE_DEADLINE: TimeDelta = TimeDelta::minutes(10);

/// What is known of the charge behind an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Charge {
    /// How many retries were sent, or may have been.
    pub retries: i64,
    /// When it was seen to have failed; empty while it may be under way.
    pub failed_at: Option<Timestamp>,
    /// Answers to questions from before this say nothing about the last retry.
    pub retried_at: Option<Timestamp>,
}

impl Charge {
    /// Takes in what the provider says, to a question that left at `asked_at`.
    pub fn saw(&mut self, state: ProviderState, asked_at: Timestamp) {
        match state {
            ProviderState::Failed => {
                let is_about_now = self.retried_at.is_none_or(|retried| asked_at >= retried);
                if self.failed_at.is_none() && is_about_now {
                    self.failed_at = Some(asked_at);
                }
            }
            ProviderState::Created
            | ProviderState::Authorized
            | ProviderState::Aborted
            | ProviderState::Expired
            | ProviderState::Terminated => self.failed_at = None,
        }
    }

    /// True when it failed and can be tried again.
    pub fn can_be_retried(&self) -> bool {
        self.failed_at.is_some() && self.retries < RETRIES_MAX
    }

    /// A retry is about to leave: from here on it may be under way, also if nobody ever hears how it ended.
    pub fn begin_retry(&mut self, now: Timestamp) {
        self.retries += 1;
        self.failed_at = None;
        self.retry_went_unheard(now);
    }

    /// The provider took the retry: what it says from now on is about it.
    pub fn retry_was_taken(&mut self, now: Timestamp) {
        self.retried_at = Some(now);
    }

    /// The retry was not answered, and may still arrive: until it has, "failed" is the word from before it. It is given
    /// the time after which a payment that is not there proves that none was made.
    pub fn retry_went_unheard(&mut self, now: Timestamp) {
        self.retried_at = Some(now + SESSION_LIFE);
    }

    /// The retry certainly never reached the provider: it does not count.
    pub fn take_back_retry(&mut self, now: Timestamp) {
        self.retries = (self.retries - 1).max(0);
        self.failed_at = Some(now);
        self.retried_at = Some(now);
    }

    /// The provider tries it no more.
    pub fn use_up(&mut self, now: Timestamp) {
        self.retries = RETRIES_MAX;
        self.retried_at = Some(now);
    }

    /// When the job tries again: the retries that are left are spread evenly over the time that is left. Empty when
    /// there is no failure, no retry or no time.
    pub fn next_retry(&self, deadline: Timestamp) -> Option<Timestamp> {
        let failed_at = self.failed_at?;
        let left = RETRIES_MAX - self.retries;
        let room = deadline - BEFORE_DEADLINE - failed_at;
        if left <= 0 || room < APART_MIN {
            return None;
        }
        // Whole seconds: a moment between two milliseconds would be due for ever and never reached.
        let apart = TimeDelta::seconds(room.num_seconds() / left);
        Some(failed_at + apart.clamp(APART_MIN, APART_MAX))
    }
}

impl Attempt {
    /// True when it charges a stored card and nobody has pressed yet: nothing is sent by itself.
    pub fn is_before_its_press(&self) -> bool {
        self.provider.charges_stored_cards() && self.opened_at.is_none()
    }

    /// True when its charge failed and nothing is under way: it can be tried again, or ended.
    pub fn has_failed(&self) -> bool {
        self.state == AttemptState::Open && self.charge.failed_at.is_some()
    }
}

/// How a person is called at a provider that keeps cards.
pub fn customer_reference(user: UserId) -> String {
    format!("plass-{}", user.0.simple())
}

#[cfg(test)]
mod tests {
    use super::super::time::at_millis;
    use super::*;

    #[track_caller]
    fn check(retries: i64, minutes_left: i64, expected: Option<i64>) {
        let failed_at = at_millis(1_800_000_000_000);
        let charge = Charge { retries, failed_at: Some(failed_at), retried_at: None };
        let next = charge.next_retry(failed_at + TimeDelta::minutes(minutes_left));
        assert_eq!(next.map(|at| (at - failed_at).num_minutes()), expected, "{retries}, {minutes_left}");
    }

    #[test]
    fn retries_are_spread_over_the_time_that_is_left() {
        for (retries, minutes_left, expected) in [
            (0, 130, Some(30)),
            (1, 100, Some(30)),
            (2, 70, Some(30)),
            (3, 40, Some(30)),
            (4, 40, None),
            (0, 60, Some(15)),
            (0, 25, Some(15)),
            (0, 24, None),
            (0, 0, None),
            (0, -60, None),
            (0, 7 * 24 * 60, Some(12 * 60)),
            (3, 7 * 24 * 60, Some(12 * 60)),
        ] {
            check(retries, minutes_left, expected);
        }
    }

    #[test]
    fn a_charge_that_did_not_fail_is_not_tried_again() {
        let charge = Charge::default();
        assert_eq!(charge.next_retry(at_millis(i64::from(i32::MAX))), None);
        assert!(!charge.can_be_retried());
    }

    #[test]
    fn an_answer_from_before_a_retry_says_nothing_about_it() {
        let (early, late) = (at_millis(1_000), at_millis(2_000));
        let mut charge = Charge { failed_at: Some(early), ..Charge::default() };
        charge.begin_retry(late);
        charge.retry_was_taken(late);
        charge.saw(ProviderState::Failed, early);
        assert_eq!((charge.failed_at, charge.retries), (None, 1));
        charge.saw(ProviderState::Failed, late);
        assert_eq!(charge.failed_at, Some(late));
        charge.saw(ProviderState::Created, late);
        assert_eq!(charge.failed_at, None);
    }

    #[test]
    fn a_retry_that_nobody_heard_of_may_still_arrive() {
        let now = at_millis(1_000);
        let mut charge = Charge { failed_at: Some(now), ..Charge::default() };
        charge.begin_retry(now);
        charge.retry_went_unheard(now);
        let soon = now + SESSION_LIFE - TimeDelta::seconds(1);
        charge.saw(ProviderState::Failed, soon);
        assert_eq!(charge.failed_at, None);
        charge.saw(ProviderState::Failed, now + SESSION_LIFE);
        assert_eq!(charge.failed_at, Some(now + SESSION_LIFE));
    }
}
