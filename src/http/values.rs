//! Times, spans and amounts as requests write them, and as answers do. What is no such value is refused; nothing is
//! guessed.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::error::ApiError;
use super::write_time;
use crate::domain::fault::Fault;
use crate::domain::money::{Currency, Ore, parse_amount};
use crate::domain::time::{NoMoment, Timestamp, parse_span, write_span};

/// A moment: RFC 3339 with any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// A span: `HH:MM:SS` or `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub TimeDelta);

/// An amount: a decimal string, or a JSON integer of whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Ore);

/// A currency's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyCode(pub Currency);

/// A moment as answers write it: UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub Timestamp);

/// A span as answers write it: `HH:MM:SS`, where the hours may pass 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub TimeDelta);

/// An amount as answers write it: always two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum(pub Ore);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write_time(self.0))
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write_span(self.0))
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Reads a moment; without an offset it is none.
pub fn parse_moment(text: &str) -> Result<Timestamp, NoMoment> {
    let moment = DateTime::parse_from_rfc3339(text).map_err(|_not_a_time| NoMoment::NotRfc3339)?;
    let moment = moment.with_timezone(&Utc).trunc_subsecs(3);
    // Both databases and every client can hold these years.
    if (1970..=9000).contains(&chrono::Datelike::year(&moment)) { Ok(moment) } else { Err(NoMoment::OutOfRange) }
}

/// Reads a moment from a query, where `+` may have become a space.
pub fn query_moment(name: &str, text: Option<&String>) -> Result<Option<Timestamp>, ApiError> {
    let wrong = |why| ApiError::bad_query(name, Fault::NoMoment(why));
    text.map(|text| parse_moment(&text.replace(' ', "+")).map_err(wrong)).transpose()
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_moment(&text).map(Self).map_err(|why| Fault::NoMoment(why).into_serde())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_span(&text).map(Self).map_err(|why| Fault::NoSpan(why).into_serde())
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Currency::from_code(&text).map(Self).ok_or_else(|| Fault::NoCurrency.into_serde())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an amount like \"250.00\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
        parse_amount(text).map(Amount).map_err(|why| Fault::NoAmount(why).into_serde())
    }

    fn visit_u64<E: de::Error>(self, units: u64) -> Result<Amount, E> {
        self.visit_str(&units.to_string())
    }

    fn visit_i64<E: de::Error>(self, units: i64) -> Result<Amount, E> {
        self.visit_str(&units.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_amount(json: &str, expected: Option<i64>) {
        let read: Result<Amount, _> = serde_json::from_str(json);
        assert_eq!(read.ok().map(|amount| amount.0.0), expected, "{json}");
    }

    #[test]
    fn amounts_are_strings_or_whole_numbers() {
        for (json, ore) in [("\"250\"", 25_000), ("\"250.5\"", 25_050), ("250", 25_000), ("\"0.01\"", 1)] {
            check_amount(json, Some(ore));
        }
        for json in ["250.5", "250.0", "-1", "\"-1\"", "\"NaN\"", "\"\"", "null", "true", "1e3", "\"1.001\""] {
            check_amount(json, None);
        }
    }

    #[track_caller]
    fn check_moment(text: &str, expected: Option<&str>) {
        assert_eq!(parse_moment(text).ok().map(super::super::write_time).as_deref(), expected, "{text}");
    }

    #[test]
    fn moments_have_an_offset_and_milliseconds() {
        check_moment("2026-12-01T18:00:00+01:00", Some("2026-12-01T17:00:00.000Z"));
        check_moment("2026-12-01T18:00:00.123456Z", Some("2026-12-01T18:00:00.123Z"));
        for text in ["2026-12-01T18:00:00", "2026-12-01", "", "yesterday", "0001-01-01T00:00:00Z"] {
            check_moment(text, None);
        }
    }
}
