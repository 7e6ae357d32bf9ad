//! How often the provider may be called about one payment, in domain time.
//!
//! A call over the limit is refused by the gateway and does not count, so whoever waits gets through. A call that
//! names no reference is counted with all others that name none.

use std::collections::{HashMap, VecDeque};

use chrono::TimeDelta;

use super::call::{Call, Operation};
use crate::clock::Timestamp;

const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Windows that are remembered before the empty ones are swept out.
const WINDOWS_MAX: usize = 10_000;

/// The calls of the last minute.
#[derive(Debug, Default)]
pub(super) struct Limits {
    seen: HashMap<(Operation, String, String), VecDeque<Timestamp>>,
}

impl Limits {
    /// Counts the call, or says after how many seconds it may come again.
    pub(super) fn admit(&mut self, call: &Call, now: Timestamp) -> Result<(), i64> {
        let Some(most) = calls_per_minute(call.operation) else { return Ok(()) };
        let caller = match call.operation {
            Operation::Get | Operation::Events => call.subscription_key.clone(),
            Operation::Create
            | Operation::Cancel
            | Operation::Capture
            | Operation::Refund
            | Operation::Approve
            | Operation::Token
            | Operation::Register
            | Operation::List
            | Operation::Unregister => call.msn.clone(),
        };
        self.count((call.operation, caller, call.reference.clone()), most, now)
    }

    /// Counts a call of this kind, of which only so many are let through in a minute.
    pub(super) fn count(&mut self, kind: (Operation, String, String), most: usize, now: Timestamp) -> Result<(), i64> {
        if self.seen.len() > WINDOWS_MAX {
            self.seen.retain(|_, times| times.back().is_some_and(|last| *last + WINDOW > now));
        }
        let times = self.seen.entry(kind).or_default();
        while times.front().is_some_and(|first| *first + WINDOW <= now) {
            times.pop_front();
        }
        if times.len() >= most {
            let free_at = times.front().map_or(now, |first| *first + WINDOW);
            return Err(((free_at - now).num_milliseconds() + 999).div_euclid(1_000).max(1));
        }
        times.push_back(now);
        Ok(())
    }
}

fn calls_per_minute(operation: Operation) -> Option<usize> {
    match operation {
        Operation::Create | Operation::Cancel | Operation::Capture | Operation::Refund => Some(5),
        Operation::Get | Operation::Events => Some(120),
        Operation::Token | Operation::Approve | Operation::Register | Operation::List | Operation::Unregister => None,
    }
}
