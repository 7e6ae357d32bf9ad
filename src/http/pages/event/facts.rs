//! An event in words, the same for everybody who reads it: when, where, what it costs, how full it is, and until when one
//! may sign up and off.

use super::super::voice::Voice;
use super::super::{Language, Tone};
use super::stand::{Door, door};
use crate::domain::event::{Event, EventDetails};
use crate::words;

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The title.
    pub title: String,
    /// When.
    pub when: String,
    /// Where; may be empty.
    pub location: String,
    /// Who organizes it.
    pub organizer: String,
    /// What a seat costs, and how long one has to pay.
    pub price: String,
    /// How many seats are free.
    pub seats: String,
    /// When one may sign up; empty when nobody may.
    pub sign_up: String,
    /// Until when one may sign off; empty when nobody can be signed up.
    pub sign_off: String,
    /// The description, with its line breaks; may be empty.
    pub description: String,
}

/// The event in words; `organizer` is the group's name.
pub fn facts(event: &Event, organizer: &str, voice: Voice) -> Facts {
    let details = &event.details;
    Facts {
        title: words::one_line(&details.title),
        when: voice.stretch(details.start_date, details.end_date),
        location: words::one_line(&details.location),
        organizer: organizer.to_owned(),
        price: price(details, voice.language),
        seats: seats(event, voice.language),
        sign_up: sign_up(details, voice),
        sign_off: sign_off(details, voice),
        description: details.description.trim().to_owned(),
    }
}

fn price(details: &EventDetails, language: Language) -> String {
    let Some(paid) = &details.paid_information else { return language.pick("Gratis", "Free").to_owned() };
    let (price, paytime) = (words::price(paid.price, language), words::span(paid.paytime, language));
    match language {
        Language::Nb => format!("{price}, betales innen {paytime}"),
        Language::En => format!("{price}, to be paid within {paytime}"),
    }
}

/// How many seats are free, in words.
pub fn seats(event: &Event, language: Language) -> String {
    let (limit, held, waiting) = (event.details.limit, event.occupancy.seats_held, event.occupancy.waiting);
    if limit == 0 {
        return language.pick("Plass til alle", "Room for everybody").to_owned();
    }
    let free = limit - held;
    if free <= 0 || waiting > 0 {
        return match (waiting, language) {
            (0, Language::Nb) => "Fullt, ingen på venteliste".to_owned(),
            (0, Language::En) => "Full, nobody is waiting".to_owned(),
            (_, Language::Nb) => format!("Fullt, {waiting} på venteliste"),
            (_, Language::En) => format!("Full, {waiting} on the waiting list"),
        };
    }
    match language {
        Language::Nb => format!("{free} av {limit} plasser {}", if free == 1 { "er ledig" } else { "er ledige" }),
        Language::En => format!("{free} of {limit} seats {}", if free == 1 { "is free" } else { "are free" }),
    }
}

fn sign_up(details: &EventDetails, voice: Voice) -> String {
    if !details.sign_up || details.cancellation.is_some() {
        return String::new();
    }
    let ends = voice.moment(details.registration_ends_at());
    let opens = details.start_registration_at.filter(|opens| *opens > voice.now).map(|opens| voice.moment(opens));
    match (opens, details.registration_ends_at() > voice.now, voice.language) {
        (Some(opens), _, Language::Nb) => format!("Fra {opens} til {ends}"),
        (Some(opens), _, Language::En) => format!("From {opens} until {ends}"),
        (None, true, Language::Nb) => format!("Til {ends}"),
        (None, true, Language::En) => format!("Until {ends}"),
        (None, false, Language::Nb) => format!("Stengte {ends}"),
        (None, false, Language::En) => format!("Ended {ends}"),
    }
}

fn sign_off(details: &EventDetails, voice: Voice) -> String {
    if !details.sign_up || details.cancellation.is_some() {
        return String::new();
    }
    let ends = voice.moment(details.sign_off_ends_at());
    let until = match (details.sign_off_ends_at() > voice.now, voice.language) {
        (true, Language::Nb) => format!("Til {ends}"),
        (true, Language::En) => format!("Until {ends}"),
        (false, Language::Nb) => format!("Fristen gikk ut {ends}"),
        (false, Language::En) => format!("The deadline passed {ends}"),
    };
    if details.paid_information.is_none() {
        return until;
    }
    match (details.refund_on_sign_off, voice.language) {
        (true, Language::Nb) => format!("{until}, og da får du pengene tilbake"),
        (true, Language::En) => format!("{until}, and you get your money back"),
        (false, Language::Nb) => format!("{until}, men ikke når plassen er betalt"),
        (false, Language::En) => format!("{until}, but not once the seat is paid"),
    }
}

/// An event as one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// Where its page is.
    pub path: String,
    /// The title.
    pub title: String,
    /// The day and the month, as on a calendar's leaf.
    pub leaf: (String, String),
    /// When.
    pub when: String,
    /// Where; may be empty.
    pub location: String,
    /// What it costs.
    pub price: String,
    /// Whether one may sign up, in a few words, with a color.
    pub door: (String, Tone),
}

/// An event as one line of a list.
pub fn event_line(event: &Event, voice: Voice) -> EventLine {
    let details = &event.details;
    let language = voice.language;
    EventLine {
        path: format!("/events/{}", event.id),
        title: words::one_line(&details.title),
        leaf: words::calendar_leaf(details.start_date, voice.zone, language),
        when: voice.stretch(details.start_date, details.end_date),
        location: words::one_line(&details.location),
        price: match &details.paid_information {
            Some(paid) => words::price(paid.price, language),
            None => language.pick("Gratis", "Free").to_owned(),
        },
        door: door_words(event, voice),
    }
}

fn door_words(event: &Event, voice: Voice) -> (String, Tone) {
    let pick = |nb: &str, en: &str| voice.pick(nb, en).to_owned();
    match door(event, voice.now) {
        Door::Open => (seats(event, voice.language), Tone::Good),
        Door::WaitingList => (seats(event, voice.language), Tone::Open),
        Door::OpensAt(at) => (format!("{} {}", voice.pick("Åpner", "Opens"), voice.moment(at)), Tone::Waiting),
        Door::Closed => (pick("Påmeldingen er stengt", "Sign-up is closed"), Tone::Over),
        Door::NoSignUp => (pick("Ingen påmelding", "No sign-up"), Tone::Over),
        Door::SignUpOver => (pick("Påmeldingsfristen er ute", "Sign-up is over"), Tone::Over),
        Door::TooLateToPay => (pick("For sent å melde seg på", "Too late to sign up"), Tone::Over),
        Door::Over => (pick("Er over", "Is over"), Tone::Over),
        Door::Cancelled => (pick("Avlyst", "Cancelled"), Tone::Over),
    }
}
