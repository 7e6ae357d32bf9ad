//! Organizers and their people, on the pages: who is there, who has paid, who comes and who goes.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::sign_up::{SignUp, sign_up};
use plass::store::Stop;
use serde_json::{Value, json};

use crate::support::pages::Browser;
use crate::support::world::{Person, World};

fn row(event: &str, who: &Person, act: &str) -> String {
    format!("/manage/events/{event}/registrations/{}/{act}", who.id)
}

/// A paid event with three seats: Ida has paid, Ola has not, Kari has and Per waits.
async fn event_with_people() -> (World, Person, String, Vec<Person>) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 3).await;
    let mut people = Vec::new();
    for name in ["ida", "ola", "kari", "per"] {
        people.push(world.person(name).await);
    }
    world.pays_for_a_seat(&people[0], &event).await;
    world.sign_up(&people[1], &event).await;
    world.pays_for_a_seat(&people[2], &event).await;
    world.sign_up(&people[3], &event).await;
    world.settle().await;
    (world, organizer, event, people)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organizer_finds_the_events_and_their_people() {
    let (world, organizer, event, people) = event_with_people().await;
    let mut browser = Browser::of(&world, &organizer).await;
    let start = browser.open("/manage").await;
    start.expect(200, &["Arrangere", "Julebord", "3 av 3 plasser", "1 på venteliste", "250 kr", "sosialen"]);
    assert!(start.has_link(&format!("/manage/events/{event}")));
    browser.open("/manage?when=past").await.expect(200, &["Her havner arrangementene når de er over."]);
    let list = browser.open(&format!("/manage/events/{event}")).await;
    list.expect(200, &["Alle 4", "Betalt 2", "Ikke betalt 1", "Venteliste 1", "Møtt opp 0", "Avsluttet 0"]);
    list.expect(200, &["ida Berg Har plass", "Betaler innen i dag kl. 11.00", "Venteliste, nr. 1"]);
    for (query, there, missing) in [
        ("tab=paid", vec!["ida Berg", "kari Berg"], vec!["ola Berg", "per Berg"]),
        ("tab=unpaid", vec!["ola Berg"], vec!["ida Berg", "per Berg"]),
        ("tab=waiting", vec!["per Berg"], vec!["ola Berg"]),
        ("q=KAR", vec!["kari Berg"], vec!["ida Berg"]),
        ("tab=unpaid&q=berg", vec!["ola Berg"], vec!["ida Berg"]),
        ("q=nobody", vec!["Ingen her heter «nobody»."], vec!["ida Berg"]),
        ("tab=ended", vec!["Ingen har meldt seg av eller mistet plassen."], vec!["ida Berg"]),
    ] {
        let page = browser.open(&format!("/manage/events/{event}?{query}")).await;
        page.expect(200, &there);
        assert!(missing.iter().all(|words| !page.says(words)), "{query}: {}", page.text());
    }
    browser.open(&format!("/manage/events/{event}?tab=rich")).await.expect(400, &[]);
    browser.open(&format!("/manage/events/{event}?cursor=x")).await.expect(400, &[]);
    browser.language = "en";
    browser.open(&format!("/manage/events/{event}")).await.expect(200, &["Not paid 1", "Waiting list, no. 1"]);
    assert_eq!(world.sign_off(&people[3], &event).await.status, 204);
    browser.open(&format!("/manage/events/{event}?tab=ended")).await.expect(200, &["per Berg", "Signed off"]);
    world.pass(TimeDelta::days(11)).await;
    browser.open("/manage").await.expect(200, &["No coming events."]);
    browser.open("/manage?when=past").await.expect(200, &["Julebord"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_is_ticked_off_and_the_list_stays_where_it_was() {
    let (world, organizer, event, people) = event_with_people().await;
    let mut browser = Browser::of(&world, &organizer).await;
    let here = format!("/manage/events/{event}?tab=paid&q=ida");
    let list = browser.open(&here).await;
    let action = format!("{}?tab=paid&q=ida", row(&event, &people[0], "attended"));
    let pressed = browser.press(&list, &action, &[]).await;
    let id = &people[0].id;
    let back = format!("{here}&done=attended&at={id}#person-{id}");
    assert_eq!(pressed.leads_to(), (303, back.as_str()));
    let list = browser.follow(&pressed).await;
    list.expect(200, &["ida Berg", "ida Berg er merket som møtt.", "Angre"]);
    assert_eq!(world.registration(&people[0], &event).await["has_attended"], true);
    browser.open(&format!("/manage/events/{event}?tab=attended")).await.expect(200, &["ida Berg", "Møtt opp 1"]);
    let pressed = browser.press(&list, &action, &[]).await;
    browser.follow(&pressed).await.expect(200, &["ida Berg er ikke lenger merket som møtt.", "Kryss av"]);
    assert_eq!(world.registration(&people[0], &event).await["has_attended"], false);
    // Whoever left meanwhile is not ticked off; the same page says why.
    let list = browser.open(&format!("/manage/events/{event}")).await;
    assert_eq!(world.sign_off(&people[3], &event).await.status, 204);
    let pressed = browser.press(&list, &row(&event, &people[3], "attended"), &[]).await;
    pressed.expect(409, &["Påmeldingen er avsluttet og kan ikke endres.", "Alle 3"]);
    assert!(pressed.has_link(&format!("/language/en?back=/manage/events/{event}")), "{}", pressed.reply.text);
    // What an address claims is said only while it is so.
    let claimed = format!("/manage/events/{event}?done=removed&at={id}");
    assert!(!browser.open(&claimed).await.says("er fjernet"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_made_elsewhere_is_recorded_once_with_its_reason() {
    let (world, organizer, event, people) = event_with_people().await;
    let mut browser = Browser::of(&world, &organizer).await;
    let action = row(&event, &people[1], "paid");
    assert!(browser.open(&format!("/manage/events/{event}")).await.has_link(&action));
    let form = browser.open(&action).await;
    form.expect(200, &["ola Berg", "250 kr", "Hvordan ble det betalt?"]);
    browser.press(&form, &action, &[("reason", "  ")]).await.expect(422, &["Skriv en kort begrunnelse.", "ola Berg"]);
    let long = "x".repeat(501);
    browser.press(&form, &action, &[("reason", &long)]).await.expect(422, &["opptil 500 tegn"]);
    let done = browser.press(&form, &action, &[("reason", "kontant")]).await;
    browser.follow(&done).await.expect(200, &["ola Berg har betalt. Det er ført.", "Betalt utenom"]);
    assert_eq!(world.seen(&people[1], &event).await, "confirmed SALE");
    // A second press finds the first answer; the same form with other words does nothing.
    let again = browser.press(&form, &action, &[("reason", "kontant")]).await;
    assert_eq!(again.leads_to(), done.leads_to());
    browser
        .press(&form, &action, &[("reason", "på konto")])
        .await
        .expect(422, &["Skjemaet er allerede sendt én gang."]);
    let fresh = browser.open(&action).await;
    browser.press(&fresh, &action, &[("reason", "på konto")]).await.expect(409, &["Plassen er allerede betalt."]);
    let order = world.order_id(&people[1], &event).await;
    let recorded = world.trail(&organizer, &order).await;
    assert_eq!(recorded.iter().filter(|line| *line == "paid_outside: kontant").count(), 1, "{recorded:?}");
    // A form that is older than what we remember is not taken.
    let waits = row(&event, &people[3], "paid");
    let old = browser.open(&waits).await;
    browser.press(&old, &waits, &[("reason", "x")]).await.expect(409, &["Arrangementet er fullt."]);
    world.pass(TimeDelta::hours(13)).await;
    browser.press(&old, &waits, &[("reason", "x")]).await.expect(403, &["Skjemaet er for gammelt"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_says_what_becomes_of_the_money_and_hands_the_seat_on() {
    let (world, organizer, event, people) = event_with_people().await;
    let admin = world.officer("admin", Role::Admin).await;
    let mut browser = Browser::of(&world, &organizer).await;
    // An organizer may not give money back.
    let paid = row(&event, &people[0], "remove");
    let page = browser.open(&paid).await;
    page.expect(200, &["Fjerne ida Berg?", "250 kr blir betalt tilbake med Vipps.", "Det kan bare en kasserer gjøre."]);
    assert!(!page.has_form(&paid));
    let token = page.fields("/logout").swap_remove(0);
    browser.post(&paid, std::slice::from_ref(&token)).await.expect(409, &["Plassen er betalt.", "Fjerne ida Berg?"]);
    let full = [token, ("refund".to_owned(), "full".to_owned())];
    assert_eq!(browser.post(&paid, &full).await.status(), 403);
    assert_eq!(world.seen(&people[0], &event).await, "confirmed CAPTURE");
    // Whoever has not paid can be removed, and the next in line gets the seat.
    let unpaid = row(&event, &people[1], "remove");
    let page = browser.open(&format!("{unpaid}?tab=unpaid")).await;
    page.expect(200, &["Ingenting er betalt.", "Fjern ola"]);
    let done = browser.press(&page, &format!("{unpaid}?tab=unpaid"), &[]).await;
    let list = browser.follow(&done).await;
    list.expect(200, &["ola Berg er fjernet.", "Betaler innen"]);
    assert!(list.address.starts_with(&format!("/manage/events/{event}?tab=unpaid&done=removed")));
    world.settle().await;
    assert_eq!(world.seen(&people[1], &event).await, "ended removed CANCEL");
    assert_eq!(world.seen(&people[3], &event).await, "awaiting_payment INITIATE");
    // Pressed twice it is as it was to be.
    assert_eq!(browser.press(&page, &format!("{unpaid}?tab=unpaid"), &[]).await.leads_to(), done.leads_to());
    browser.open(&unpaid).await.expect(200, &["Påmeldingen er allerede avsluttet."]);
    // Whoever may give money back removes a paid seat.
    let mut browser = Browser::of(&world, &admin).await;
    let page = browser.open(&paid).await;
    page.expect(200, &["Fjern, og betal tilbake 250 kr"]);
    let done = browser.press(&page, &paid, &[]).await;
    world.settle().await;
    browser.follow(&done).await.expect(200, &["ida Berg er fjernet, og pengene er gitt tilbake."]);
    assert_eq!(world.seen(&people[0], &event).await, "ended removed REFUND");
    world.end().await;
}

/// Somebody else of a name.
async fn namesake(world: &World, email: &str, first: &str, last: &str) {
    let profile = Profile {
        email: email.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        phone: None,
        locale: "nb".to_owned(),
        allow_photo_by_default: true,
    };
    world.app.store.change(move |tx| save_new_user(tx, profile.clone(), None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_whoever_knows_them_and_not_leafed_through() {
    let (world, organizer, event, people) = event_with_people().await;
    let mut browser = Browser::of(&world, &organizer).await;
    let add = format!("/manage/events/{event}/add");
    namesake(&world, "ida.marie@example.org", "Ida Marie", "Ødegård").await;
    for number in 0..7 {
        namesake(&world, &format!("bo{number}@example.org"), "Bo", "Li").await;
    }
    for nobody in ["ida", "Ødegård", "Ida Øde", "marie ødegård", "ida.marie", "@example.org", "%25 %25", "b b"] {
        let page = browser.open(&format!("{add}?q={nobody}")).await;
        page.expect(200, &["Fant ingen for"]);
        assert!(!page.says("Er det riktig person?"), "{nobody}");
    }
    for found in ["ida%20%C3%B8deg%C3%A5rd", "IDA.MARIE@EXAMPLE.ORG", "Ida%20Marie%20%C3%98deg%C3%A5rd"] {
        let page = browser.open(&format!("{add}?q={found}")).await;
        page.expect(200, &["Er det riktig person?", "Ida Marie Ødegård", "i…@example.org"]);
        assert!(!page.says("ida.marie@example.org"), "an address is only glimpsed");
    }
    let page = browser.open(&format!("{add}?q=bo%20li")).await;
    page.expect(200, &["Flere heter det samme."]);
    assert_eq!(page.text().matches("b…@example.org").count(), 5);
    browser.open(&format!("{add}?q=ida%20berg")).await.expect(200, &["ida Berg", "er allerede påmeldt"]);
    let left = json!({ "refund_on_sign_off": true });
    assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &left).await.status, 200);
    assert_eq!(world.sign_off(&people[0], &event).await.status, 204);
    let back = format!("{add}?q=ida%20berg");
    let page = browser.open(&back).await;
    let again = browser.press(&page, &back, &[]).await;
    browser.follow(&again).await.expect(200, &["ida Berg er satt på ventelista."]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_added_owing_paid_or_waiting() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 2).await;
    let add = format!("/manage/events/{event}/add");
    let mut browser = Browser::of(&world, &organizer).await;
    let people = [world.person("ida").await, world.person("ola").await, world.person("kari").await];
    let of = |name: &str| format!("{add}?q={name}%40example.org");
    let page = browser.open(&of("ida")).await;
    page.expect(200, &["0 av 2 plasser", "Plassen holdes av til betalingsfristen"]);
    let owing = browser.press(&page, &of("ida"), &[]).await;
    browser.follow(&owing).await.expect(200, &["ida Berg er lagt til, og plassen må betales.", "Lagt til av arrangør"]);
    assert_eq!(world.seen(&people[0], &event).await, "awaiting_payment INITIATE");
    let again = browser.press(&page, &of("ida"), &[]).await;
    assert_eq!(again.leads_to(), owing.leads_to(), "a second press finds the first answer");
    let page = browser.open(&of("ola")).await;
    let asked = browser.press(&page, &of("ola"), &[("payment", "outside"), ("reason", "")]).await;
    asked.expect(422, &["Skriv en kort begrunnelse.", "ola Berg"]);
    let paid = [("payment", "outside"), ("reason", "på konto")];
    let done = browser.press(&asked, &of("ola"), &paid).await;
    browser.follow(&done).await.expect(200, &["ola Berg er lagt til og har plass.", "Betalt utenom"]);
    assert_eq!(world.seen(&people[1], &event).await, "confirmed SALE");
    // Now it is full.
    let page = browser.open(&of("kari")).await;
    page.expect(200, &["havner sist på ventelista", "Går bare når det er en ledig plass."]);
    browser.press(&page, &of("kari"), &paid).await.expect(409, &["Arrangementet er fullt."]);
    let waits = browser.press(&page, &of("kari"), &[]).await;
    browser.follow(&waits).await.expect(200, &["kari Berg er satt på ventelista."]);
    assert_eq!(world.seen(&people[2], &event).await, "waitlisted 1");
    let fresh = browser.open(&format!("{add}?q=nobody@example.org")).await;
    let token = fresh.fields("/logout").swap_remove(0);
    let key = ("key".to_owned(), world.clock.id().to_string());
    let chosen = |user: &str| [token.clone(), key.clone(), ("user_id".to_owned(), user.to_owned())];
    browser.post(&add, &chosen(&people[0].id)).await.expect(409, &["Personen er allerede påmeldt."]);
    let nobody = "00000000-0000-0000-0000-000000000000";
    browser.post(&add, &chosen(nobody)).await.expect(422, &["Personen finnes ikke."]);
    browser.post(&add, &[token.clone(), key.clone()]).await.expect(422, &["Velg hvem du vil legge til."]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_walked_without_gaps() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 0, json!({ "title": "Åpen dag" })).await;
    let (id, by) = (event.parse().unwrap(), organizer.id.parse().unwrap());
    let users: Result<Vec<_>, Stop> = world
        .app
        .store
        .change(|tx| {
            (0..230)
                .map(|number| {
                    let profile = Profile {
                        email: format!("guest{number}@example.org"),
                        first_name: format!("Gjest{number:03}"),
                        last_name: "Li".to_owned(),
                        phone: None,
                        locale: "nb".to_owned(),
                        allow_photo_by_default: number % 2 == 0,
                    };
                    Ok(save_new_user(tx, profile, None)?.id)
                })
                .collect()
        })
        .await;
    for user in users.unwrap() {
        let wish = SignUp { event: id, user, allow_photo: None, asked_by: by, paid_outside: None };
        sign_up(&world.app, wish, None, std::sync::Arc::new(|_, _| Value::Null)).await.unwrap();
    }
    let mut browser = Browser::of(&world, &organizer).await;
    let (mut path, mut seen, mut sizes) = (format!("/manage/events/{event}?q=Li"), Vec::new(), Vec::new());
    loop {
        let page = browser.open(&path).await;
        page.expect(200, &["Alle 230"]);
        let text = page.text();
        let names: Vec<String> =
            text.split_whitespace().filter(|word| word.starts_with("Gjest")).map(str::to_owned).collect();
        let mut rows = names.clone();
        rows.dedup();
        sizes.push(rows.len());
        seen.extend(rows);
        assert_eq!(page.says("Til første side"), sizes.len() > 1);
        let html = page.reply.text.clone();
        let Some((_, next)) = html.split_once("rel=\"next\" href=\"") else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(sizes, [100, 100, 30]);
    let expected: Vec<String> = (0..230).map(|number| format!("Gjest{number:03}")).collect();
    assert_eq!(seen, expected);
    // Who cannot be seen in the part of the list that one returns to is named above it.
    let last = seen.last().unwrap();
    let found = browser.open(&format!("/manage/events/{event}?q={last}")).await;
    found.expect(200, &["Vil ikke være på bilder"]);
    world.end().await;
}
