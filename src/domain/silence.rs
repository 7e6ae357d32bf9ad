//! When a webhook registration is given up for dead. The provider deletes one that nobody has answered for two weeks; it
//! does not say so beforehand, so the time is counted from what was heard last.

use chrono::TimeDelta;

use super::time::Timestamp;

/// The provider deletes a registration that was dead for two weeks (Vipps, March 2026).
pub const DEAD_AFTER: TimeDelta = TimeDelta::days(14);
/// So long before that a person is told.
pub const WARNED_BEFORE: TimeDelta = TimeDelta::days(4);

/// What its silence may mean for a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Since when nothing came.
    pub since: Timestamp,
    /// When the provider may delete it, if what it sends finds nobody.
    pub may_be_deleted_at: Timestamp,
    /// True when that is near.
    pub is_about_to_be_deleted: bool,
}

impl Silence {
    /// The silence of a registration that was made and last heard at these times.
    pub fn of(made_at: Timestamp, last_heard_at: Option<Timestamp>, now: Timestamp) -> Self {
        let since = last_heard_at.map_or(made_at, |heard| heard.max(made_at));
        let may_be_deleted_at = since + DEAD_AFTER;
        Self { since, may_be_deleted_at, is_about_to_be_deleted: now >= may_be_deleted_at - WARNED_BEFORE }
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::at_millis;
    use super::*;

    #[track_caller]
    fn check(heard_after_days: Option<i64>, now_after_days: i64, expected: bool) {
        let made_at = at_millis(0);
        let heard = heard_after_days.map(|days| made_at + TimeDelta::days(days));
        let silence = Silence::of(made_at, heard, made_at + TimeDelta::days(now_after_days));
        assert_eq!(silence.is_about_to_be_deleted, expected, "{heard_after_days:?} {now_after_days}");
    }

    #[test]
    fn two_silent_weeks_end_a_registration() {
        check(None, 9, false);
        check(None, 10, true);
        check(Some(8), 17, false);
        check(Some(8), 18, true);
        check(Some(8), 30, true);
    }
}
