//! Times, spans and prices in words, in the two languages that members read. Nothing here reads a clock or knows who
//! reads; pages and letters say the same thing the same way.

pub mod faults;
mod language;

use chrono::{DateTime, Datelike, TimeDelta, Timelike};
use chrono_tz::Tz;

use crate::domain::money::{Currency, Money, Ore};
use crate::domain::time::Timestamp;

pub use language::{Language, pick_language, problem_language};

const WEEKDAYS: [(&str, &str); 7] = [
    ("mandag", "Monday"),
    ("tirsdag", "Tuesday"),
    ("onsdag", "Wednesday"),
    ("torsdag", "Thursday"),
    ("fredag", "Friday"),
    ("lørdag", "Saturday"),
    ("søndag", "Sunday"),
];

const MONTHS: [(&str, &str); 12] = [
    ("januar", "January"),
    ("februar", "February"),
    ("mars", "March"),
    ("april", "April"),
    ("mai", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("desember", "December"),
];

const MONTHS_IN_SHORT: [(&str, &str); 12] = [
    ("jan.", "Jan"),
    ("feb.", "Feb"),
    ("mars", "Mar"),
    ("apr.", "Apr"),
    ("mai", "May"),
    ("juni", "Jun"),
    ("juli", "Jul"),
    ("aug.", "Aug"),
    ("sep.", "Sep"),
    ("okt.", "Oct"),
    ("nov.", "Nov"),
    ("des.", "Dec"),
];

/// "lørdag 12. desember kl. 18.00", "Saturday 12 December at 18:00".
pub fn moment(at: Timestamp, zone: Tz, language: Language) -> String {
    let local = at.with_timezone(&zone);
    format!("{} {}", day(&local, language), clock(&local, language))
}

/// Like [`moment`], with "today" and "tomorrow" where they are shorter.
pub fn moment_from(now: Timestamp, at: Timestamp, zone: Tz, language: Language) -> String {
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone).date_naive());
    let clock = clock(&local, language);
    if local.date_naive() == today {
        format!("{} {clock}", language.pick("i dag", "today"))
    } else if Some(local.date_naive()) == today.succ_opt() {
        format!("{} {clock}", language.pick("i morgen", "tomorrow"))
    } else {
        format!("{} {clock}", day(&local, language))
    }
}

/// "12. des. kl. 18.00", "12 Dec at 18:00": for rows of a table. Today has no date, and another year has a number.
pub fn short_moment(now: Timestamp, at: Timestamp, zone: Tz, language: Language) -> String {
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone).date_naive());
    let clock = clock(&local, language);
    if local.date_naive() == today {
        return format!("{} {clock}", language.pick("i dag", "today"));
    }
    let month = name(&MONTHS_IN_SHORT, local.month0(), language);
    let year = if local.year() == today.year() { String::new() } else { format!(" {}", local.year()) };
    let point = language.pick(".", "");
    format!("{}{point} {month}{year} {clock}", local.day())
}

/// From when to when, with the year where it is not this one: "lørdag 12. desember kl. 18.00–21.00".
pub fn stretch(now: Timestamp, from: Timestamp, to: Timestamp, zone: Tz, language: Language) -> String {
    let (from, to) = (from.with_timezone(&zone), to.with_timezone(&zone));
    let this_year = now.with_timezone(&zone).year();
    let day = |local: &DateTime<Tz>| match local.year() == this_year {
        true => day(local, language),
        false => format!("{} {}", day(local, language), local.year()),
    };
    let start = format!("{} {}", day(&from), clock(&from, language));
    if from.date_naive() == to.date_naive() {
        return format!("{start}–{}", hour(&to, language));
    }
    let until = language.pick("til", "to");
    // A night out ends on the morning after; nobody needs the name of that day.
    let is_the_next_morning = Some(to.date_naive()) == from.date_naive().succ_opt() && to.hour() < 6;
    if is_the_next_morning {
        return format!("{start}–{}", hour(&to, language));
    }
    format!("{start} {until} {} {}", day(&to), clock(&to, language))
}

/// The day of the month and the month in short, as on a page torn off a calendar: "12", "des".
pub fn calendar_leaf(at: Timestamp, zone: Tz, language: Language) -> (String, String) {
    let local = at.with_timezone(&zone);
    let month: String = name(&MONTHS, local.month0(), language).chars().take(3).collect();
    (local.day().to_string(), month)
}

fn name(names: &'static [(&str, &str)], place: u32, language: Language) -> &'static str {
    let (nb, en) = usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default();
    language.pick(nb, en)
}

fn day(local: &DateTime<Tz>, language: Language) -> String {
    let weekday = name(&WEEKDAYS, local.weekday().num_days_from_monday(), language);
    let month = name(&MONTHS, local.month0(), language);
    match language {
        Language::Nb => format!("{weekday} {}. {month}", local.day()),
        Language::En => format!("{weekday} {} {month}", local.day()),
    }
}

fn clock(local: &DateTime<Tz>, language: Language) -> String {
    format!("{} {}", language.pick("kl.", "at"), hour(local, language))
}

fn hour(local: &DateTime<Tz>, language: Language) -> String {
    format!("{:02}{}{:02}", local.hour(), language.pick(".", ":"), local.minute())
}

/// "2 dager og 3 timer", "1 hour and 20 minutes": the two largest parts, never more than is left.
pub fn span(span: TimeDelta, language: Language) -> String {
    let minutes = span.num_minutes().max(0);
    let parts = [
        (minutes / 1440, ("dag", "dager"), ("day", "days")),
        (minutes / 60 % 24, ("time", "timer"), ("hour", "hours")),
        (minutes % 60, ("minutt", "minutter"), ("minute", "minutes")),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .skip_while(|(count, ..)| *count == 0)
        .take(2)
        .filter(|(count, ..)| *count > 0)
        .map(|(count, nb, en)| {
            let (one, many) = if language.is_nb() { nb } else { en };
            format!("{count} {}", if count == 1 { one } else { many })
        })
        .collect();
    if said.is_empty() {
        return language.pick("under ett minutt", "less than a minute").to_owned();
    }
    said.join(language.pick(" og ", " and "))
}

/// "250 kr", "1 250,50 kr"; "NOK 250", "NOK 1,250.50". The spaces do not break.
pub fn price(price: Money, language: Language) -> String {
    let text = price.amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push_str(language.pick("\u{a0}", ","));
        }
        grouped.push(digit);
    }
    let rest = if Ore(price.amount.0 % 100) == Ore::ZERO { "" } else { fraction };
    let point = if rest.is_empty() { "" } else { language.pick(",", ".") };
    let currency = price.currency.code();
    match (language, price.currency) {
        (Language::Nb, Currency::Nok) => format!("{sign}{grouped}{point}{rest}\u{a0}kr"),
        (Language::Nb, Currency::Dkk | Currency::Eur | Currency::Isk) => {
            format!("{sign}{grouped}{point}{rest}\u{a0}{currency}")
        }
        (Language::En, _) => format!("{currency}\u{a0}{sign}{grouped}{point}{rest}"),
    }
}

/// The text on one line: control characters and runs of blanks become one space.
pub fn one_line(text: &str) -> String {
    let is_break = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.split(is_break).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Oslo;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_moment(utc: &str, nb: &str, en: &str) {
        assert_eq!(moment(at(utc), Oslo, Language::Nb), nb);
        assert_eq!(moment(at(utc), Oslo, Language::En), en);
    }

    #[test]
    fn moments_are_said_in_the_zone_and_language() {
        check_moment("2026-12-12T17:00:00Z", "lørdag 12. desember kl. 18.00", "Saturday 12 December at 18:00");
        check_moment("2026-06-30T22:05:00Z", "onsdag 1. juli kl. 00.05", "Wednesday 1 July at 00:05");
        check_moment("2026-03-29T01:00:00Z", "søndag 29. mars kl. 03.00", "Sunday 29 March at 03:00");
    }

    #[test]
    fn near_moments_are_today_and_tomorrow() {
        let now = at("2026-12-11T22:30:00Z");
        let said = |utc: &str, language| moment_from(now, at(utc), Oslo, language);
        assert_eq!(said("2026-12-11T22:45:00Z", Language::Nb), "i dag kl. 23.45");
        assert_eq!(said("2026-12-11T23:15:00Z", Language::Nb), "i morgen kl. 00.15");
        assert_eq!(said("2026-12-11T23:15:00Z", Language::En), "tomorrow at 00:15");
        assert_eq!(said("2026-12-12T23:15:00Z", Language::En), "Sunday 13 December at 00:15");
    }

    #[test]
    fn moments_in_tables_are_short() {
        let now = at("2026-12-11T22:30:00Z");
        for (utc, nb, en) in [
            ("2026-12-11T08:05:00Z", "i dag kl. 09.05", "today at 09:05"),
            ("2026-12-12T08:05:00Z", "12. des. kl. 09.05", "12 Dec at 09:05"),
            ("2027-05-01T08:05:00Z", "1. mai 2027 kl. 10.05", "1 May 2027 at 10:05"),
        ] {
            assert_eq!(short_moment(now, at(utc), Oslo, Language::Nb), nb);
            assert_eq!(short_moment(now, at(utc), Oslo, Language::En), en);
        }
    }

    #[track_caller]
    fn check_stretch(from: &str, to: &str, nb: &str, en: &str) {
        let now = at("2026-12-11T22:30:00Z");
        assert_eq!(stretch(now, at(from), at(to), Oslo, Language::Nb), nb);
        assert_eq!(stretch(now, at(from), at(to), Oslo, Language::En), en);
    }

    #[test]
    fn stretches_name_a_day_twice_only_when_there_are_two() {
        let evening = "2026-12-12T17:00:00Z";
        check_stretch(
            evening,
            "2026-12-12T20:00:00Z",
            "lørdag 12. desember kl. 18.00–21.00",
            "Saturday 12 December at 18:00–21:00",
        );
        check_stretch(
            evening,
            "2026-12-13T01:00:00Z",
            "lørdag 12. desember kl. 18.00–02.00",
            "Saturday 12 December at 18:00–02:00",
        );
        check_stretch(
            evening,
            "2027-01-02T11:00:00Z",
            "lørdag 12. desember kl. 18.00 til lørdag 2. januar 2027 kl. 12.00",
            "Saturday 12 December at 18:00 to Saturday 2 January 2027 at 12:00",
        );
    }

    #[test]
    fn leaves_of_a_calendar_are_short() {
        let leaf = |language| calendar_leaf(at("2026-05-31T22:00:00Z"), Oslo, language);
        assert_eq!(leaf(Language::Nb), ("1".to_owned(), "jun".to_owned()));
        assert_eq!(leaf(Language::En), ("1".to_owned(), "Jun".to_owned()));
    }

    #[test]
    fn spans_name_their_two_largest_parts() {
        for (seconds, nb, en) in [
            (59, "under ett minutt", "less than a minute"),
            (-5, "under ett minutt", "less than a minute"),
            (60, "1 minutt", "1 minute"),
            (7_199, "1 time og 59 minutter", "1 hour and 59 minutes"),
            (7_200, "2 timer", "2 hours"),
            (86_460, "1 dag", "1 day"),
            (2 * 86_400 + 3 * 3_600 + 60, "2 dager og 3 timer", "2 days and 3 hours"),
        ] {
            assert_eq!(span(TimeDelta::seconds(seconds), Language::Nb), nb);
            assert_eq!(span(TimeDelta::seconds(seconds), Language::En), en);
        }
    }

    #[test]
    fn prices_are_said_as_people_write_them() {
        for (ore, currency, nb, en) in [
            (25_000, Currency::Nok, "250_kr", "NOK_250"),
            (5, Currency::Nok, "0,05_kr", "NOK_0.05"),
            (125_050, Currency::Nok, "1_250,50_kr", "NOK_1,250.50"),
            (10_000_000, Currency::Eur, "100_000_EUR", "EUR_100,000"),
        ] {
            let money = Money { amount: Ore(ore), currency };
            assert_eq!(price(money, Language::Nb).replace('\u{a0}', "_"), nb);
            assert_eq!(price(money, Language::En).replace('\u{a0}', "_"), en);
        }
    }

    #[test]
    fn titles_fit_on_one_line() {
        assert_eq!(one_line(" Jule\r\nbord\u{2028}\tfor \u{0} alle "), "Jule bord for alle");
    }
}
