//! Times, spans and prices in words, in the two languages that members read. Nothing here reads a clock or knows who
//! reads; pages and letters say the same thing the same way.

use chrono::{DateTime, Datelike, TimeDelta, Timelike};
use chrono_tz::Tz;

use crate::domain::money::{Currency, Money, Ore};
use crate::domain::time::Timestamp;

/// A language that pages and letters are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Norwegian bokmål.
    #[default]
    Nb,
    /// English.
    En,
}

impl Language {
    /// The language of a user's locale; who wants neither Norwegian nor its neighbors gets English.
    pub fn of_locale(locale: &str) -> Self {
        Self::of_tag(locale).unwrap_or(Self::En)
    }

    /// The tag for `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::En => "en",
        }
    }

    /// True for Norwegian, which templates ask.
    pub fn is_nb(self) -> bool {
        self == Self::Nb
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            // Danes and Swedes read Norwegian.
            "nb" | "no" | "nn" | "da" | "sv" | "*" => Some(Self::Nb),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// The language that an `Accept-Language` header likes best. Without a header Norwegian; with one that wants something
/// else, English.
pub fn pick_language(header: Option<&str>) -> Language {
    let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Language::Nb };
    let mut best: Option<(u32, Language)> = None;
    for range in header.split(',').take(20) {
        let (tag, parameter) = range.split_once(';').map_or((range, ""), |(tag, parameter)| (tag, parameter));
        let Some(language) = Language::of_tag(tag.trim()) else { continue };
        let weight = thousandths(parameter.trim());
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map_or(Language::En, |(_, language)| language)
}

/// `q=0.8` in thousandths; nothing means 1.
fn thousandths(parameter: &str) -> u32 {
    let Some(weight) = parameter.strip_prefix("q=") else { return 1000 };
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{fraction}").parse().unwrap_or(0).min(1000)
}

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

fn day(local: &DateTime<Tz>, language: Language) -> String {
    let named = |names: &'static [(&str, &str)], place: u32| {
        let (nb, en) = usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default();
        language.pick(nb, en)
    };
    let weekday = named(&WEEKDAYS, local.weekday().num_days_from_monday());
    let month = named(&MONTHS, local.month0());
    match language {
        Language::Nb => format!("{weekday} {}. {month}", local.day()),
        Language::En => format!("{weekday} {} {month}", local.day()),
    }
}

fn clock(local: &DateTime<Tz>, language: Language) -> String {
    match language {
        Language::Nb => format!("kl. {:02}.{:02}", local.hour(), local.minute()),
        Language::En => format!("at {:02}:{:02}", local.hour(), local.minute()),
    }
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
        (Language::Nb, Currency::Dkk | Currency::Eur) => format!("{sign}{grouped}{point}{rest}\u{a0}{currency}"),
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
    fn the_reader_gets_the_language_that_is_liked_best() {
        for (header, expected) in [
            (None, Language::Nb),
            (Some(""), Language::Nb),
            (Some("nb-NO,nb;q=0.9,en;q=0.8"), Language::Nb),
            (Some("en-US,en;q=0.9,no;q=0.3"), Language::En),
            (Some("de-DE,nn;q=0.4,en;q=0.7"), Language::En),
            (Some("de-DE,de;q=0.9"), Language::En),
            (Some("en;q=0,*"), Language::Nb),
            (Some("en; q=0.5, nb; q=0.51"), Language::Nb),
            (Some("sv-SE"), Language::Nb),
            (Some(";;;,q=,=;q=9999999999999"), Language::En),
        ] {
            assert_eq!(pick_language(header), expected, "{header:?}");
        }
    }

    #[test]
    fn titles_fit_on_one_line() {
        assert_eq!(one_line(" Jule\r\nbord\u{2028}\tfor \u{0} alle "), "Jule bord for alle");
    }
}
