//! What every client of a provider does alike, whatever its API: how it connects, how it names things in a path, and what
//! it keeps of an answer or of a call that broke.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::HeaderValue;

/// The most of a title or detail that is kept, in characters.
pub(super) const TEXT_MAX: usize = 200;
/// The longest wait that an answer can ask for.
const RETRY_AFTER_MAX_SECONDS: i64 = 24 * 60 * 60;
/// How long an unused connection is kept: below the minutes after which gateways close it.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Said where a body could be and none is: some gateways answer 411 to a POST that does not say it.
pub(crate) const LENGTH_OF_NOTHING: HeaderValue = HeaderValue::from_static("0");

/// A client that makes each call once: what went out twice could be done twice.
pub(crate) fn client(
    timeout: Duration,
    connect_timeout: Duration,
    calls_at_once: usize,
) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(calls_at_once)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // A proxy would be taken from the environment, which only the settings may read.
        .no_proxy()
        .build()
}

/// How long an answer asks to wait, in seconds; a date is not read.
pub(crate) fn retry_after(value: &HeaderValue) -> Option<TimeDelta> {
    let seconds: i64 = value.to_str().ok()?.trim().parse().ok()?;
    (seconds >= 0).then(|| TimeDelta::seconds(seconds.min(RETRY_AFTER_MAX_SECONDS)))
}

/// The causes of a broken call in one line, without its URL.
pub(crate) fn transport_reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        reason = format!("{reason}: {inner}");
        cause = inner.source();
    }
    short(&reason)
}

/// A text cut short, on one line.
pub(crate) fn short(text: &str) -> String {
    text.trim().chars().take(TEXT_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// An id as one segment of a path, so that no id can lead elsewhere.
pub(crate) fn segment(id: &str) -> String {
    id.bytes().fold(String::new(), |path, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            format!("{path}{}", char::from(byte))
        } else {
            format!("{path}%{byte:02X}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_in_its_segment() {
        for (id, path) in
            [("plass-01_A", "plass-01_A"), ("a/../b?c#d", "a%2F%2E%2E%2Fb%3Fc%23d"), ("å", "%C3%A5"), ("", "")]
        {
            assert_eq!(segment(id), path);
        }
    }

    #[test]
    fn the_wait_that_is_asked_for_is_read_in_seconds() {
        for (text, seconds) in [
            ("0", Some(0)),
            (" 30 ", Some(30)),
            ("999999999999", Some(RETRY_AFTER_MAX_SECONDS)),
            ("-1", None),
            ("1.5", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("", None),
        ] {
            let read = retry_after(&HeaderValue::from_str(text).unwrap());
            assert_eq!(read, seconds.map(TimeDelta::seconds), "{text:?}");
        }
    }
}
