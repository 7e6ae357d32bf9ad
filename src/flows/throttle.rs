//! Slows down who guesses passwords. Failures are counted per account and client address under a keyed hash, so every
//! process counts the same and nothing personal is kept; no account is ever locked for others.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::app::App;
use crate::clock::Timestamp;
use crate::domain::refusal::Refusal;
use crate::keys::Purpose;
use crate::store::{Reader, Stop};

/// How many failures are free.
const FAILURES_MAX: i64 = 5;
/// How long a failure counts.
const FAILURES_COUNT: TimeDelta = TimeDelta::minutes(15);

/// Whose failures are counted together. Whoever has one IPv6 address has its whole /64.
pub(super) fn subject_of(app: &App, account: &str, from: IpAddr) -> Vec<u8> {
    let network = match from.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => (u128::from(address) >> 64).to_string(),
    };
    app.keys.keyed_hash(Purpose::Throttle, format!("{account} {network}").as_bytes())
}

/// Refuses whoever failed too often lately.
pub(super) fn refuse_the_hasty(reader: &mut Reader<'_>, subject: &[u8]) -> Result<(), Stop> {
    let since = reader.clock().machine_now() - FAILURES_COUNT;
    let failures = reader.failures(subject, since, FAILURES_MAX)?;
    if i64::try_from(failures.len()).is_ok_and(|count| count < FAILURES_MAX) {
        return Ok(());
    }
    // The oldest of the last five is the first to be forgotten.
    let retry_at: Timestamp = failures.last().map_or(since, |oldest| *oldest) + FAILURES_COUNT;
    Err(Refusal::TooManyRequests { retry_at }.into())
}

/// Counts a failure. Guesses made at the same moment are counted one after the other.
pub(super) async fn note_failure(app: &App, subject: Vec<u8>) -> Result<(), Stop> {
    app.store
        .change(move |tx| {
            tx.take_turn_for_subject(&subject)?;
            refuse_the_hasty(tx, &subject)?;
            let now = tx.clock().machine_now();
            Ok(tx.insert_failure(&subject, now)?)
        })
        .await
}
