//! The books: what the lines of the ledger come to, for whoever keeps the accounts. A line is filed under the day on
//! which it happened, as the house's clocks show it. Money that is not real is kept in books of its own.

use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::ledger::{self, MovementKind};
use super::money::Ore;
use super::snapshot::Amounts;
use super::time::{Timestamp, at_millis};

/// What a report is filed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The day on which it happened.
    Day,
    /// The event.
    Event,
    /// The group that organizes the event.
    Group,
    /// The sales unit.
    SalesUnit,
    /// The payment provider.
    Provider,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Day, Self::Event, Self::Group, Self::SalesUnit, Self::Provider];

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Event => "event",
            Self::Group => "group",
            Self::SalesUnit => "sales_unit",
            Self::Provider => "provider",
        }
    }

    /// What is filed by this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.word() == word)
    }
}

/// The first and the last day of a report. What is empty has no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day that counts.
    pub from: Option<NaiveDate>,
    /// The last day that counts.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// The moment at which it begins.
    pub fn since(&self, zone: Tz) -> Option<Timestamp> {
        self.from.map(|day| begins(day, zone))
    }

    /// The moment at which it is over: this one no longer counts.
    pub fn until(&self, zone: Tz) -> Option<Timestamp> {
        let next = self.to?.succ_opt()?;
        Some(begins(next, zone))
    }
}

/// The first moment of a day. Where clocks skip midnight, the day begins when they strike again.
fn begins(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.and_time(NaiveTime::MIN);
    let hours = (0..24).map(|hours| midnight + TimeDelta::hours(hours));
    let first = hours.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    first.map_or_else(|| midnight.and_utc(), |local| local.to_utc())
}

/// So long is the smallest part of time that is wholly of one day, wherever the clocks stand: no offset of a time zone
/// that is in use is anything but quarters of an hour.
pub const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// The day of a quarter of an hour, counted from 1970.
pub fn day_of_quarter(quarter: i64, zone: Tz) -> NaiveDate {
    let at = at_millis(quarter.saturating_mul(QUARTER.num_milliseconds()));
    at.with_timezone(&zone).date_naive()
}

/// What some lines of one currency come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many amounts were taken.
    pub payments: i64,
    /// The sums of all that moved.
    pub moved: Amounts,
}

impl Figures {
    /// Adds lines of one kind: how many there are, and what they come to.
    pub fn add(&mut self, kind: MovementKind, lines: i64, amount: Ore) {
        if kind == MovementKind::Captured {
            self.payments += lines;
        }
        ledger::add(&mut self.moved, kind, amount);
    }

    /// Taken, and not given back.
    pub fn net(&self) -> Ore {
        self.moved.captured - self.moved.refunded
    }

    /// Adds up.
    pub fn plus(&mut self, other: &Self) {
        self.payments += other.payments;
        let (sum, more) = (&mut self.moved, &other.moved);
        sum.authorized = sum.authorized + more.authorized;
        sum.captured = sum.captured + more.captured;
        sum.refunded = sum.refunded + more.refunded;
        sum.cancelled = sum.cancelled + more.cancelled;
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::Asuncion;
    use chrono_tz::Asia::Kathmandu;
    use chrono_tz::Europe::Oslo;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_day(zone: Tz, text: &str, begins_at: &str, lasts_hours: i64) {
        let period = Period { from: Some(day(text)), to: Some(day(text)) };
        let (since, until) = (period.since(zone).unwrap(), period.until(zone).unwrap());
        assert_eq!(since.to_rfc3339(), begins_at, "{zone} {text}");
        assert_eq!((until - since).num_hours(), lasts_hours, "{zone} {text}");
    }

    #[test]
    fn a_day_is_as_long_as_the_clocks_make_it() {
        check_day(Oslo, "2026-01-15", "2026-01-14T23:00:00+00:00", 24);
        check_day(Oslo, "2026-07-15", "2026-07-14T22:00:00+00:00", 24);
        check_day(Oslo, "2026-03-29", "2026-03-28T23:00:00+00:00", 23);
        check_day(Oslo, "2026-10-25", "2026-10-24T22:00:00+00:00", 25);
        check_day(Kathmandu, "2026-01-15", "2026-01-14T18:15:00+00:00", 24);
        // There is no midnight on this day.
        check_day(Asuncion, "2023-10-01", "2023-10-01T04:00:00+00:00", 23);
    }

    #[test]
    fn no_quarter_of_an_hour_is_of_two_days() {
        for zone in [Oslo, Kathmandu, Asuncion] {
            for text in ["2023-10-01", "2026-03-29", "2026-07-15", "2026-10-25"] {
                let period = Period { from: Some(day(text)), to: Some(day(text)) };
                let millis = |at: Option<Timestamp>| at.unwrap().timestamp_millis();
                let (since, until) = (millis(period.since(zone)), millis(period.until(zone)));
                let quarter = |millis: i64| millis.div_euclid(QUARTER.num_milliseconds());
                for at in [since, since + 1, (since + until) / 2, until - 1] {
                    assert_eq!(day_of_quarter(quarter(at), zone), day(text), "{zone} {text} {at}");
                }
                assert_ne!(day_of_quarter(quarter(since - 1), zone), day(text));
                assert_ne!(day_of_quarter(quarter(until), zone), day(text));
            }
        }
    }

    #[test]
    fn figures_add_up_by_kind() {
        let mut figures = Figures::default();
        for (kind, lines, amount) in [
            (MovementKind::Authorized, 3, 75_000),
            (MovementKind::Captured, 2, 50_000),
            (MovementKind::Refunded, 1, 9_950),
            (MovementKind::Cancelled, 1, 25_000),
        ] {
            figures.add(kind, lines, Ore(amount));
        }
        assert_eq!((figures.payments, figures.net(), figures.moved.reserved()), (2, Ore(40_050), Ore(0)));
        let mut twice = figures;
        twice.plus(&figures);
        assert_eq!((twice.payments, twice.net()), (4, Ore(80_100)));
    }

    #[test]
    fn every_filing_has_its_word() {
        for by in By::ALL {
            assert_eq!(By::from_word(by.word()), Some(by));
        }
        assert_eq!(By::from_word("week"), None);
    }
}
