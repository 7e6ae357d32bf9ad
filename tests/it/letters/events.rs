//! Events that change: who hears of it, of what, and how often.

use chrono::TimeDelta;
use plass::http::write_time;
use serde_json::{Value, json};

use super::{english, in_calendar};
use crate::support::world::{Person, World};

async fn edit(world: &World, organizer: &Person, event: &str, change: Value) {
    let reply = world.patch(organizer, &format!("/events/{event}"), &change).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// An event with one seat, which Ida has; Ola waits.
async fn ida_comes_and_ola_waits() -> (World, Person, String, Person, Person) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({ "location": "Kjelleren" })).await;
    let (ida, ola) = (world.person("ida").await, english(&world, "ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::hours(1)).await;
    (world, organizer, event, ida, ola)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_in_quick_succession_are_told_as_one_to_everybody() {
    let (world, organizer, event, ida, ola) = ida_comes_and_ola_waits().await;
    edit(&world, &organizer, &event, json!({ "location": "Parken" })).await;
    world.pass(TimeDelta::minutes(4)).await;
    edit(&world, &organizer, &event, json!({ "location": "Festsalen" })).await;
    edit(&world, &organizer, &event, json!({ "limit": 1, "description": "Med mat." })).await;
    world.pass(TimeDelta::minutes(4)).await;
    assert_eq!((world.told(&ida).len(), world.told(&ola).len()), (1, 1), "the last change is fresh");
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.told(&ida), ["Du har plass", "Endret"]);
    assert_eq!(world.told(&ola), ["You are on the waiting list", "Changed"]);
    let (to_ida, to_ola) = (&world.letters_to(&ida)[1], &world.letters_to(&ola)[1]);
    assert!(to_ida.text.contains("Sted\nFør: Kjelleren\nNå: Festsalen\n"), "{}", to_ida.text);
    assert!(to_ola.text.contains("Place\nBefore: Kjelleren\nNow: Festsalen\n"), "{}", to_ola.text);
    // Who has the seat has the event in a calendar; who waits has not.
    let number = |letter| in_calendar(letter, "SEQUENCE").unwrap().parse::<i64>().unwrap();
    assert!(number(to_ida) > number(&world.letters_to(&ida)[0]));
    assert_eq!(in_calendar(to_ida, "LOCATION").as_deref(), Some("Festsalen"));
    assert!(to_ola.attachments.is_empty());
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.mail.letters().len(), 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_as_it_was_or_is_not_seen_by_members_is_not_told() {
    let (world, organizer, event, ida, _ola) = ida_comes_and_ola_waits().await;
    edit(&world, &organizer, &event, json!({ "title": "Jlebord" })).await;
    world.pass(TimeDelta::minutes(1)).await;
    edit(&world, &organizer, &event, json!({ "title": "Julebord" })).await;
    edit(&world, &organizer, &event, json!({ "closed": true, "description": "Med mat." })).await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.told(&ida), ["Du har plass"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_never_stops_changing_is_told_about_all_the_same() {
    let (world, organizer, event, ida, _ola) = ida_comes_and_ola_waits().await;
    for number in 0..12 {
        edit(&world, &organizer, &event, json!({ "location": format!("Rom {number}") })).await;
        world.pass(TimeDelta::minutes(3)).await;
    }
    let letters = world.letters_to(&ida);
    assert_eq!(letters.len(), 2, "once within half an hour");
    assert!(letters[1].text.contains("Før: Kjelleren\nNå: Rom 9\n"), "{}", letters[1].text);
    world.pass(TimeDelta::minutes(10)).await;
    let letters = world.letters_to(&ida);
    assert!(letters.len() == 3 && letters[2].text.contains("Før: Rom 9\nNå: Rom 11\n"), "{}", letters[2].text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shortly_before_the_start_a_change_is_told_at_once() {
    let (world, organizer, event, ida, ola) = ida_comes_and_ola_waits().await;
    let starts = world.clock.now() + TimeDelta::hours(2);
    let soon = json!({ "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(4)) });
    edit(&world, &organizer, &event, soon).await;
    world.settle().await;
    assert_eq!((world.told(&ida).len(), world.told(&ola).len()), (2, 2));
    let text = &world.letters_to(&ida)[1].text;
    assert!(text.contains("Start\nFør: ") && text.contains("Slutt\nFør: "), "{text}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_or_came_after_the_change_is_not_told() {
    let (world, organizer, event, ida, ola) = ida_comes_and_ola_waits().await;
    edit(&world, &organizer, &event, json!({ "location": "Parken" })).await;
    world.pass(TimeDelta::minutes(1)).await;
    world.sign_off(&ida, &event).await;
    let kari = world.person("kari").await;
    world.sign_up(&kari, &event).await;
    world.pass(TimeDelta::minutes(10)).await;
    assert_eq!(world.told(&ida), ["Du har plass", "Du er meldt av"]);
    assert_eq!(world.told(&kari), ["Du står på ventelista"]);
    assert_eq!(world.told(&ola)[1..], ["You got a seat", "Changed"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_nobody_needs_to_hear_of_stays_in_no_way() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    edit(&world, &organizer, &event, json!({ "location": "Parken" })).await;
    assert_eq!(world.delete(&organizer, &format!("/events/{event}")).await.status, 204);
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.mail.letters().len(), 0);
    world.end().await;
}
