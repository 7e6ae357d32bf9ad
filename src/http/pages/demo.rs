//! The demo's own page parts: whom to sign in as, what to try, and the clock. Nothing here is on a real server.

use actix_web::web::Data;
use serde::Deserialize;

use super::form::Form;
use super::see_other;
use super::session::path_within;
use crate::domain::event::Event;
use crate::flows::app::App;
use crate::flows::demo_data::DEMO_PASSWORD;
use crate::flows::move_time::{Demo, move_time};
use crate::http::Answered;
use crate::words::Language;

/// What the start page of a demo shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Whom to sign in as.
    pub people: Vec<Persona>,
    /// What to try, in order.
    pub tries: Vec<Try>,
    /// Everybody's password.
    pub password: &'static str,
    /// Where the sandbox lists its payments.
    pub payments_url: String,
}

/// Somebody to sign in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// The first name.
    pub name: &'static str,
    /// The address.
    pub email: &'static str,
    /// Who that is.
    pub is: &'static str,
    /// Where to begin.
    pub next: String,
}

/// Something to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// What.
    pub heading: &'static str,
    /// How, and what happens.
    pub text: &'static str,
    /// Where.
    pub path: Option<String>,
    /// What the link says.
    pub link: &'static str,
}

/// The titles of the demo's events that the guide leads to.
const FEAST: &str = "Julebord";
const CABIN: &str = "Hyttetur";

/// The guide, with ways to those of the events that are still to come.
pub fn guide(demo: &Demo, events: &[Event], language: Language) -> Guide {
    let path_of = |title: &str| {
        let found = events.iter().find(|event| event.details.title == title);
        found.map(|event| format!("/events/{}", event.id))
    };
    Guide {
        people: people(language, path_of),
        tries: tries(language, path_of),
        password: DEMO_PASSWORD,
        payments_url: format!("{}/control/payments", demo.sandbox_url),
    }
}

fn people(language: Language, path_of: impl Fn(&str) -> Option<String>) -> Vec<Persona> {
    let start = || "/".to_owned();
    let persona = |name, email, nb, en, next| Persona { name, email, is: language.pick(nb, en), next };
    vec![
        persona(
            "Ida",
            "member01@demo.plass",
            "medlem, ikke påmeldt noe ennå",
            "a member, not signed up for anything yet",
            path_of(FEAST).unwrap_or_else(start),
        ),
        persona(
            "Amina",
            "member27@demo.plass",
            "medlem, har en plass på hytteturen som ikke er betalt",
            "a member with a seat on the cabin trip that is not paid",
            path_of(CABIN).unwrap_or_else(start),
        ),
        persona(
            "Adrian",
            "member32@demo.plass",
            "medlem, først på ventelista til hytteturen",
            "a member, first on the waiting list for the cabin trip",
            path_of(CABIN).unwrap_or_else(start),
        ),
        persona(
            "Oda",
            "organizer@demo.plass",
            "arrangerer: lister, oppmøte, betalinger",
            "organizes: lists, attendance, payments",
            "/manage".to_owned(),
        ),
        persona(
            "Torbjørn",
            "treasurer@demo.plass",
            "kasserer: ser betalinger og gir penger tilbake",
            "treasurer: sees payments and gives money back",
            "/manage/orders".to_owned(),
        ),
        persona(
            "Astrid",
            "admin@demo.plass",
            "leder for hovedstyret, får lov til alt",
            "chairs the board and may do everything",
            "/manage".to_owned(),
        ),
    ]
}

fn tries(language: Language, path_of: impl Fn(&str) -> Option<String>) -> Vec<Try> {
    let to_feast = ("Til julebordet", "To the Christmas dinner");
    let to_cabin = ("Til hytteturen", "To the cabin trip");
    let what = |heading: (&'static str, &'static str), text: (&'static str, &'static str), path, link: (_, _)| Try {
        heading: language.pick(heading.0, heading.1),
        text: language.pick(text.0, text.1),
        path,
        link: language.pick(link.0, link.1),
    };
    vec![
        what(
            ("Meld deg på og betal", "Sign up and pay"),
            (
                "Logg inn som Ida, meld deg på julebordet og trykk «Betal med Vipps». Der spiller du betaleren selv.",
                "Sign in as Ida, sign up for “Julebord” and press “Pay with Vipps”. There you play the payer yourself.",
            ),
            path_of(FEAST),
            to_feast,
        ),
        what(
            ("La fristen gå ut", "Let the deadline pass"),
            (
                "Meld deg på uten å betale, og flytt klokka to timer fram nederst på siden. Plassen går til neste i køen.",
                "Sign up without paying, and move the clock two hours forward below. The seat goes to the next in line.",
            ),
            path_of(FEAST),
            to_feast,
        ),
        what(
            ("Stå på venteliste", "Wait in line"),
            (
                "Hytteturen er full. Still deg i kø, og se plassen din i den. Når Amina ikke betaler, rykker køen fram.",
                "“Hyttetur” is full. Join the queue and see your place in it. When Amina does not pay, it moves on.",
            ),
            path_of(CABIN),
            to_cabin,
        ),
        what(
            ("Arranger", "Organize"),
            (
                "Logg inn som Oda: se hvem som kommer, merk noen som betalt eller frammøtt, eller gi hytta flere plasser.",
                "Sign in as Oda: see who comes, mark somebody paid or present, or give the cabin more seats.",
            ),
            Some("/manage".to_owned()),
            ("Til arrangørsidene", "To the organizers’ pages"),
        ),
        what(
            ("Gi penger tilbake", "Give money back"),
            (
                "Logg inn som Torbjørn, finn en betaling og gi tilbake hele eller noe av den.",
                "Sign in as Torbjørn, find a payment and give back all or some of it.",
            ),
            Some("/manage/orders".to_owned()),
            ("Til betalingene", "To the payments"),
        ),
        what(
            ("Les brevene", "Read the letters"),
            (
                "Ingen e-post forlater maskinen. Alt medlemmene ville ha fått, ligger i brevkassa her.",
                "No mail leaves this machine. Whatever members would have got is in the letterbox here.",
            ),
            Some("/letters".to_owned()),
            ("Til brevkassa", "To the letterbox"),
        ),
    ]
}

/// How far to move the clock, and where to go back to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journey {
    minutes: i64,
    back: Option<String>,
}

/// `POST /demo/clock`.
pub(crate) async fn move_clock(app: Data<App>, form: Form<Journey>) -> Answered {
    let Journey { minutes, back } = form.read()?;
    move_time(&app, minutes).await?;
    Ok(see_other(&path_within(back)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::at_millis;
    use crate::flows::demo_data::organization;

    #[test]
    fn everybody_and_everything_in_the_guide_is_in_the_demo() {
        let demo = organization(at_millis(1_800_000_000_000));
        for persona in people(Language::Nb, |_| None) {
            let known = demo.users.iter().find(|user| user.email == persona.email);
            assert_eq!(known.map(|user| user.first_name), Some(persona.name));
        }
        for title in [FEAST, CABIN] {
            assert!(demo.events.iter().any(|event| event.details.title == title), "{title}");
        }
        let cabin = demo.events.iter().find(|event| event.details.title == CABIN).unwrap();
        let place_of = |email| cabin.sign_ups.iter().position(|one| one.email == email).unwrap();
        assert_eq!(place_of("member32@demo.plass"), place_of("member27@demo.plass") + 1);
    }
}
