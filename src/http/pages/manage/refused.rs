//! A polite no in words for organizers and treasurers: what they tried was about somebody else. What is said to everybody
//! alike is said in the words of all pages.

use super::voice::Voice;
use crate::http::error::ApiError;

/// Why it did not work, in a sentence or two; empty when that is no matter of this page but of a page of its own.
pub(super) fn alert(error: &ApiError, voice: Voice) -> Option<String> {
    let words = match error.code() {
        "already_registered" => voice.pick("Personen er allerede påmeldt.", "The person is already signed up."),
        "not_registered" => voice.pick("Personen er ikke påmeldt lenger.", "The person is no longer signed up."),
        "registration_ended" => voice
            .pick("Påmeldingen er avsluttet og kan ikke endres.", "The registration has ended and cannot be changed."),
        "event_full" => voice.pick(
            "Arrangementet er fullt. Øk antallet plasser, eller vent til en blir ledig.",
            "The event is full. Add seats, or wait until one comes free.",
        ),
        "too_late_to_pay" => voice.pick(
            "Det er for kort tid igjen til å betale med Vipps. Ta imot pengene på en annen måte, og før dem her.",
            "Too little time is left to pay with Vipps. Take the money another way, and record it here.",
        ),
        "event_cancelled" => voice.pick("Arrangementet er avlyst.", "The event is cancelled."),
        "already_paid" => voice.pick("Plassen er allerede betalt.", "The seat is paid already."),
        "not_a_paid_event" => voice.pick("Arrangementet er gratis.", "The event is free."),
        "paid_registration_needs_refund" => voice.pick(
            "Plassen er betalt. Den som fjerner personen, må samtidig betale pengene tilbake.",
            "The seat is paid. Whoever removes the person must refund the money at the same time.",
        ),
        "event_closed" | "sign_up_disabled" | "not_open_yet" | "registration_closed" => voice.pick(
            "Påmeldingen er ikke åpen. Andre enn deg selv kan du likevel legge til.",
            "Sign-up is not open. You can still add others than yourself.",
        ),
        "refund_exceeds_captured" => voice.pick(
            "Beløpet er større enn det som er igjen å betale tilbake.",
            "The amount is larger than what is left to refund.",
        ),
        "not_captured_yet" => voice.pick(
            "Ingenting er trukket ennå, så det er ingenting å betale tilbake.",
            "Nothing has been taken yet, so there is nothing to refund.",
        ),
        "nothing_to_resolve" => voice
            .pick("Det er ikke lenger noe å ordne på denne måten.", "There is nothing left to resolve in this way."),
        "idempotency_key_reused" => voice.pick(
            "Skjemaet er allerede sendt én gang. Se over siden, og fyll det ut på nytt om du vil gjøre noe mer.",
            "The form was sent once already. Look over the page, and fill it in anew if you want to do more.",
        ),
        "invalid_fields" => return Some(wrong_fields(error, voice).to_owned()),
        "request_in_progress" | "payment_provider_unavailable" => {
            return Some(error.detail(voice.language));
        }
        _ => return None,
    };
    Some(words.to_owned())
}

fn wrong_fields(error: &ApiError, voice: Voice) -> &'static str {
    let first = error.errors().first();
    match first.map(|field| (field.pointer.as_str(), field.code())) {
        Some(("/reason", "too_long")) => {
            voice.pick("Begrunnelsen kan ha opptil 500 tegn.", "The reason has up to 500 characters.")
        }
        Some(("/reason", _)) => voice.pick("Skriv en kort begrunnelse.", "Write a short reason."),
        Some(("/amount", _)) => voice
            .pick("Skriv et beløp over null, som 250 eller 99,50.", "Write an amount above zero, like 250 or 99.50."),
        Some(("/user_id", "required")) => voice.pick("Velg hvem du vil legge til.", "Choose whom to add."),
        Some(("/user_id", _)) => voice.pick("Personen finnes ikke.", "There is no such person."),
        Some(_) | None => voice.pick("Se over det du skrev, og prøv igjen.", "Look over what you wrote and try again."),
    }
}

/// The field that an alert is about.
pub(super) fn wrong_field(error: Option<&ApiError>) -> &str {
    let first = error.and_then(|error| error.errors().first());
    first.map_or("", |field| field.pointer.trim_start_matches('/'))
}
