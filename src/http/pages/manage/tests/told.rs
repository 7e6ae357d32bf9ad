//! Every word: what happened and why, where things stand, what was done, and why something did not work.

use std::collections::{BTreeSet, HashMap};

use super::super::place::Done;
use super::super::refused::alert;
use super::super::states;
use super::super::story::{By, Story};
use super::*;
use crate::domain::registration::EndedReason;
use crate::domain::sales_unit::Provider;
use crate::domain::trail::{Cause, Happening};
use crate::http::error::ApiError;
use crate::http::problems::problems;
use crate::store::trail::TrailLine;

const BOTH: [Language; 2] = [Language::Nb, Language::En];

/// A line of the trail.
pub(super) fn line(kind: &str, cause: &str, actor_kind: &str) -> TrailLine {
    TrailLine {
        id: Uuid::nil(),
        at: now(),
        kind: kind.to_owned(),
        cause: cause.to_owned(),
        actor_kind: actor_kind.to_owned(),
        actor_user: Some(UserId(Uuid::from_u128(9))),
        amount: Some(Ore(25_000)),
    }
}

#[track_caller]
fn check_told(what: &str, said: [String; 2]) {
    let [nb, en] = &said;
    for text in &said {
        assert!(!text.trim().is_empty() && !text.contains("  ") && !text.contains(" ."), "{what}: {text:?}");
        assert!(text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()), "{what}: {text:?}");
        assert!(text.ends_with(['.', '»', '”']), "{what}: {text:?}");
    }
    assert_ne!(nb, en, "{what}");
}

#[test]
fn everything_that_can_happen_has_words_for_every_cause_and_everybody() {
    let names = HashMap::from([(UserId(Uuid::from_u128(9)), ("Oda".to_owned(), "Ravndal".to_owned()))]);
    let mut told = BTreeSet::new();
    for happening in Happening::ALL {
        for cause in Cause::all().chain([Cause::Said("fikk kontant på kontoret".to_owned())]) {
            for actor in ["member", "organizer", "system", "payer"] {
                let what = format!("{happening:?} {cause:?} {actor}");
                let said = BOTH.map(|language| {
                    let story = Story {
                        person: "Ida Nygård",
                        provider: Provider::VippsEpayment,
                        currency: Currency::Nok,
                        names: &names,
                        voice: voice(language),
                    };
                    let sentence = story.tell(&line(happening.word(), &cause.word(), actor));
                    assert_eq!(sentence.is_summary, matches!(happening, Happening::OrderIs(_)), "{what}");
                    assert_eq!(sentence.machine_at, "2026-12-01T10:00:00.000Z");
                    sentence.text
                });
                told.insert((happening.word(), said[0].clone()));
                check_told(&what, said);
            }
        }
    }
    // No two things that happen are told alike.
    for (kind, text) in &told {
        let others = told.iter().filter(|(other, same)| other != kind && same == text);
        assert_eq!(others.count(), 0, "{kind}: {text}");
    }
}

#[track_caller]
fn check_story(kind: &str, cause: &str, actor: &str, nb: &str, en: &str) {
    let names = HashMap::from([(UserId(Uuid::from_u128(9)), ("Oda".to_owned(), "Ravndal".to_owned()))]);
    let said = BOTH.map(|language| {
        let story = Story {
            person: "Ida Nygård",
            provider: Provider::VippsEpayment,
            currency: Currency::Nok,
            names: &names,
            voice: voice(language),
        };
        story.tell(&line(kind, cause, actor)).text.replace('\u{a0}', " ")
    });
    assert_eq!(said, [nb, en], "{kind} {cause} {actor}");
}

#[test]
fn the_story_is_told_as_a_person_would() {
    check_story(
        "seat_held",
        "sign_up",
        "member",
        "Oda Ravndal meldte seg på og fikk holdt av en plass.",
        "Oda Ravndal signed up: a seat is held.",
    );
    check_story(
        "waitlisted",
        "sign_up",
        "organizer",
        "Oda Ravndal meldte på Ida Nygård, som kom på ventelista.",
        "Oda Ravndal signed Ida Nygård up: is on the waiting list.",
    );
    check_story(
        "paid_outside",
        "kontant",
        "organizer",
        "Oda Ravndal førte 250 kr som betalt utenom Vipps: «kontant»",
        "Oda Ravndal recorded NOK 250 as paid outside Vipps: “kontant”",
    );
    check_story(
        "refund_asked",
        "ble syk",
        "organizer",
        "Oda Ravndal ba om å betale tilbake 250 kr: «ble syk»",
        "Oda Ravndal asked to refund NOK 250: “ble syk”",
    );
    check_story(
        "payment_opened",
        "clicked",
        "payer",
        "Noen med betalingslenka gikk til Vipps for å betale.",
        "Somebody with the payment link went to Vipps to pay.",
    );
    check_story("removed", "asked", "organizer", "Oda Ravndal fjernet Ida Nygård.", "Oda Ravndal removed Ida Nygård.");
    check_story(
        "was_abducted",
        "by_aliens",
        "system",
        "Notert: was_abducted: by_aliens",
        "Noted: was_abducted: by_aliens",
    );
}

#[test]
fn a_story_over_another_provider_is_told_in_its_name() {
    let names = HashMap::new();
    for (provider, is_vipps) in [(Provider::VippsEcom, true), (Provider::Askell, false)] {
        let story =
            Story { person: "Ida", provider, currency: Currency::Isk, names: &names, voice: voice(Language::En) };
        let text = story.tell(&line("payment_opened", "clicked", "payer")).text;
        assert_eq!((text.contains("Vipps"), text.contains("Áskell")), (is_vipps, !is_vipps), "{text}");
    }
}

#[test]
fn somebody_whose_name_is_gone_is_somebody() {
    let names = HashMap::new();
    let story = Story {
        person: "Ida",
        provider: Provider::VippsEpayment,
        currency: Currency::Nok,
        names: &names,
        voice: voice(Language::En),
    };
    assert_eq!(
        story.sentence(Happening::Ended(EndedReason::Removed), &Cause::Asked, &By::System, ""),
        "Ida was removed."
    );
    assert_eq!(story.tell(&line("removed", "asked", "organizer")).text, "Somebody removed Ida.");
}

#[test]
fn every_state_has_words_in_both_languages() {
    let mut said: Vec<[String; 2]> = Vec::new();
    let mut both = |words: &dyn Fn(Voice) -> String| said.push(BOTH.map(|language| words(voice(language))));
    for status in OrderStatus::ALL {
        both(&|voice| states::order_status(status, voice).text);
    }
    for state in AttemptState::ALL {
        both(&|voice| states::attempt(state, voice).text);
    }
    for status in [RefundStatus::Pending, RefundStatus::Done, RefundStatus::Refused] {
        both(&|voice| states::refund(status, voice).text);
    }
    for reason in AttentionReason::ALL {
        both(&|voice| states::attention(reason, voice).to_owned());
    }
    for reason in EndedReason::ALL {
        both(&|voice| states::seat(&Status::Ended(reason), None, voice).text);
    }
    for words in &said {
        assert!(words.iter().all(|text| !text.is_empty()) && words[0] != words[1], "{words:?}");
    }
    let seat = |status, place| states::seat(&status, place, voice(Language::Nb)).text;
    assert_eq!(seat(Status::Waitlisted { queue_no: 12 }, Some(3)), "Venteliste, nr. 3");
    let until = now() + TimeDelta::hours(2);
    assert_eq!(seat(Status::AwaitingPayment { payment_expiredate: until }, None), "Betaler innen i dag kl. 13.00");
}

#[test]
fn what_was_done_is_said_only_while_it_is_so() {
    for done in Done::ALL {
        let so: RegistrationView = match done {
            Done::Attended => {
                let mut view = view(Status::Confirmed, None);
                view.registration.has_attended = true;
                view
            }
            Done::Paid => view(Status::Confirmed, Some(OrderStatus::Sale)),
            Done::Removed => view(Status::Ended(EndedReason::Removed), Some(OrderStatus::Refund)),
            Done::NotAttended | Done::Added => view(Status::Confirmed, None),
        };
        let not_so = match done {
            Done::NotAttended => {
                let mut view = view(Status::Confirmed, None);
                view.registration.has_attended = true;
                view
            }
            Done::Attended | Done::Paid | Done::Removed => view(Status::Confirmed, None),
            Done::Added => view(Status::Ended(EndedReason::Withdrawn), None),
        };
        let said = BOTH.map(|language| done.words(&so, voice(language)).unwrap());
        check_told(&format!("{done:?}"), said);
        assert_eq!(done.words(&not_so, voice(Language::Nb)), None, "{done:?}");
    }
}

#[test]
fn what_is_said_above_a_form_is_about_somebody_else() {
    let mut told = 0;
    for kind in problems() {
        let error = ApiError::Unavailable { code: kind.code, retry_after: 1 };
        let said = BOTH.map(|language| alert(&error, voice(language)));
        if let [Some(nb), Some(en)] = said {
            assert!(!nb.contains("Du er ") && nb != en && !en.is_empty(), "{}: {nb}", kind.code);
            told += 1;
        }
    }
    assert!(told >= 15, "{told} are not all");
    let forbidden = ApiError::from(crate::domain::refusal::Refusal::Forbidden);
    assert_eq!(alert(&forbidden, voice(Language::Nb)), None);
}
