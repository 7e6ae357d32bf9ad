//! Moments, and spans of time as the API writes them: `HH:MM:SS`, where the hours may pass 23. Nothing here reads a clock.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// A moment in UTC, cut to milliseconds: what both databases and every client can hold.
pub type Timestamp = DateTime<Utc>;

/// The moment `millis` milliseconds after 1970 began.
pub fn at_millis(millis: i64) -> Timestamp {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().trunc_subsecs(3)
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMoment {
    /// Not RFC 3339 with an offset.
    NotRfc3339,
    /// A year that not everybody can hold.
    OutOfRange,
}

/// The longest span a setting may have, 31 days.
pub const SPAN_MAX: TimeDelta = TimeDelta::hours(744);

/// Why a text is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSpan {
    /// Not of the form `HH:MM` or `HH:MM:SS`.
    NotClock,
    /// Nothing, or more than 744 hours.
    OutOfRange,
}

/// Reads `HH:MM` or `HH:MM:SS`; zero and more than 744 hours are refused.
pub fn parse_span(text: &str) -> Result<TimeDelta, NoSpan> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (*hours, *minutes, "00"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return Err(NoSpan::NotClock),
    };
    let number = |part: &str, width: std::ops::RangeInclusive<usize>| {
        let plain = width.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<i64>().ok()).flatten().ok_or(NoSpan::NotClock)
    };
    let (hours, minutes, seconds) = (number(hours, 1..=5)?, number(minutes, 2..=2)?, number(seconds, 2..=2)?);
    if minutes > 59 || seconds > 59 {
        return Err(NoSpan::NotClock);
    }
    let span = TimeDelta::seconds(hours * 3600 + minutes * 60 + seconds);
    if span <= TimeDelta::zero() || span > SPAN_MAX { Err(NoSpan::OutOfRange) } else { Ok(span) }
}

/// Writes a span as `HH:MM:SS`.
pub fn write_span(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, NoSpan>) {
        assert_eq!(parse_span(text), expected.map(TimeDelta::seconds), "{text:?}");
    }

    #[test]
    fn spans_are_read_with_and_without_seconds() {
        check("02:00:00", Ok(7_200));
        check("2:30", Ok(9_000));
        check("100:00:01", Ok(360_001));
        check("744:00:00", Ok(744 * 3_600));
    }

    #[test]
    fn zero_negative_and_endless_spans_are_refused() {
        check("00:00:00", Err(NoSpan::OutOfRange));
        check("744:00:01", Err(NoSpan::OutOfRange));
        for text in ["", "5", "-1:00", "1:60", "1:0", "1:00:60", "1:00:00:00", "aa:bb", " 1:00"] {
            check(text, Err(NoSpan::NotClock));
        }
    }

    #[test]
    fn spans_are_written_the_way_they_are_read() {
        for text in ["00:30:00", "12:00:00", "744:00:00"] {
            assert_eq!(parse_span(text).map(write_span), Ok(text.to_owned()));
        }
    }
}
