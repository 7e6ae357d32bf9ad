//! Seats: had, held for a payment, waited for, lost.

use chrono::TimeDelta;
use serde_json::json;

use super::{english, in_calendar};
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_and_a_place_in_line_are_told_in_the_readers_language() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({ "location": "Festsalen" })).await;
    let (ida, ola, kari) = (world.person("ida").await, english(&world, "ola").await, world.person("kari").await);
    for person in [&ida, &ola, &kari] {
        world.sign_up(person, &event).await;
    }
    world.settle().await;
    assert_eq!(world.told(&ida), ["Du har plass"]);
    assert_eq!(world.told(&ola), ["You are on the waiting list"]);
    assert_eq!(world.told(&kari), ["Du står på ventelista"]);
    let seat = &world.letters_to(&ida)[0];
    assert_eq!(in_calendar(seat, "UID").as_ref(), Some(&event));
    assert!(seat.text.contains("Hei ida!") && seat.text.contains("Hvor: Festsalen"), "{}", seat.text);
    assert!(world.letters_to(&ola)[0].text.contains("You are number 1 in line."));
    let third = &world.letters_to(&kari)[0];
    assert!(third.text.contains("Du står som nummer 2 på ventelista.") && third.attachments.is_empty());
    assert_eq!(world.mail.letters().len(), 3, "nobody else hears of it");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_at_once_hears_twice_and_is_not_reminded() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let link = world.link(&ida, &event).await;
    let letter = world.letters_to(&ida).remove(0);
    assert!(letter.text.contains(&link) && letter.text.contains("250\u{a0}kr"), "{}", letter.text);
    assert!(letter.text.contains("om 2 timer") && letter.attachments.is_empty(), "{}", letter.text);
    world.pays(&ida, &event).await;
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.told(&ida), ["Betal i tide, så er plassen din", "Du har plass"]);
    let paid = &world.letters_to(&ida)[1];
    assert!(paid.text.contains("Du har betalt 250\u{a0}kr med Vipps"), "{}", paid.text);
    assert_eq!(in_calendar(paid, "METHOD").as_deref(), Some("PUBLISH"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_not_paid_half_way_is_reminded_once_and_then_loses_the_seat() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = english(&world, "ida").await;
    let began = world.clock.now();
    world.sign_up(&ida, &event).await;
    world.pass(TimeDelta::minutes(59)).await;
    assert_eq!(world.told(&ida), ["Pay in time, and the seat is yours"]);
    world.pass(TimeDelta::minutes(1)).await;
    let reminder = &world.letters_to(&ida)[1];
    assert_eq!(reminder.sent_at, began + TimeDelta::hours(1));
    assert!(reminder.text.contains("The deadline is in 1 hour."), "{}", reminder.text);
    assert!(reminder.text.contains(&world.link(&ida, &event).await));
    world.pass(TimeDelta::hours(10)).await;
    // Nobody was in line.
    let expected = ["Pay in time, and the seat is yours", "Remember to pay for your seat", "You have lost your seat"];
    assert_eq!(world.told(&ida), expected);
    assert!(!world.letters_to(&ida)[2].text.contains("next in line"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_or_settled_it_otherwise_is_not_reminded() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 3).await;
    let (ida, ola, per) = (world.person("ida").await, world.person("ola").await, world.person("per").await);
    for person in [&ida, &ola, &per] {
        world.sign_up(person, &event).await;
    }
    world.settle().await;
    world.sign_off(&ida, &event).await;
    let paid = json!({ "reason": "cash at the door" });
    let path = format!("/events/{event}/registrations/{}/mark-paid", ola.id);
    assert_eq!(world.post(&organizer, &path, &paid).await.status, 200);
    world.delete(&organizer, &format!("/events/{event}/registrations/{}", per.id)).await;
    // Whoever comes back has a deadline of a new seat, and is reminded of that one only.
    world.pass(TimeDelta::minutes(30)).await;
    world.sign_up(&per, &event).await;
    world.pass(TimeDelta::minutes(45)).await;
    let held = "Betal i tide, så er plassen din";
    assert_eq!(world.told(&ida), [held, "Du er meldt av"]);
    assert_eq!(world.told(&ola), [held, "Du har plass"]);
    assert!(world.letters_to(&ola)[1].text.contains("Arrangøren har registrert at du har betalt 250\u{a0}kr."));
    assert_eq!(world.told(&per), [held, "Arrangøren har meldt deg av", held]);
    world.pass(TimeDelta::minutes(15)).await;
    assert_eq!(world.told(&per)[3..], ["Husk å betale for plassen din"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_from_the_waiting_list_has_a_deadline_and_a_reminder_of_its_own() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::hours(2)).await;
    let reminded = "Husk å betale for plassen din";
    assert_eq!(world.told(&ida), ["Betal i tide, så er plassen din", reminded, "Plassen din gikk til nestemann"]);
    assert_eq!(world.told(&ola), ["Du står på ventelista", "Du har fått plass – betal i tide"]);
    world.pass(TimeDelta::hours(5)).await;
    assert_eq!(world.told(&ola).len(), 2);
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.told(&ola)[2], reminded);
    world.pays(&ola, &event).await;
    world.settle().await;
    assert_eq!(world.told(&ola)[3], "Du har plass");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_very_short_time_to_pay_has_no_reminder() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({ "paid_information": { "price": "250", "paytime": "00:50" } });
    let event = world.event(&organizer, 1, paid).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.pass(TimeDelta::hours(2)).await;
    assert_eq!(world.told(&ida), ["Betal i tide, så er plassen din", "Du har mistet plassen din"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_signed_up_by_an_organizer_hears_that() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (ida, ola, per) = (world.person("ida").await, english(&world, "ola").await, world.person("per").await);
    let event = world.paid_event(&organizer, 2).await;
    let path = format!("/events/{event}/registrations");
    for body in [
        json!({ "user_id": ida.id, "paid_outside": { "reason": "cash" } }),
        json!({ "user_id": ola.id }),
        json!({ "user_id": per.id }),
    ] {
        assert_eq!(world.post(&organizer, &path, &body).await.status, 201);
    }
    world.settle().await;
    let text = |who| world.letters_to(who).remove(0).text;
    assert!(text(&ida).contains("Arrangøren har meldt deg på og registrert at du har betalt 250\u{a0}kr."));
    assert!(text(&ola).contains("An organizer signed you up, and we are holding a seat for you."));
    assert!(text(&per).contains("Arrangøren har satt deg på ventelista."));
    assert_eq!(world.letters_to(&organizer).len(), 0);
    // The seat is paid by oneself after all: nobody else did that.
    world.pays(&ola, &event).await;
    world.settle().await;
    assert!(world.letters_to(&ola)[1].text.contains("You paid NOK\u{a0}250 with Vipps"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_no_letter_and_a_repeated_request_no_second_one() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let ida = world.person("ida").await;
    for status in [201, 201] {
        let request = world.request("POST", &format!("/events/{event}/registrations"), Some(&ida));
        let reply = world.send(request.header("Idempotency-Key", "once").json(&json!({}))).await;
        assert_eq!(reply.status, status);
    }
    assert_eq!(world.sign_up(&ida, &event).await.refusal(), (409, "already_registered"));
    world.settle().await;
    assert_eq!(world.told(&ida), ["Du har plass"]);
    world.patch(&organizer, &format!("/events/{event}"), &json!({ "closed": true })).await;
    let ola = world.person("ola").await;
    assert_eq!(world.sign_up(&ola, &event).await.refusal(), (409, "event_closed"));
    world.settle().await;
    assert_eq!(world.told(&ola), Vec::<String>::new());
    world.end().await;
}
