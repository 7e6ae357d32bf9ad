//! The way of a letter: it leaves with what caused it and not before, at least once, and holds nothing else up.

use chrono::TimeDelta;
use plass::domain::ids::{EventId, RegistrationId};
use plass::domain::letter::{Letter, News};
use plass::domain::refusal::Refusal;
use plass::store::Stop;
use serde_json::json;

use crate::support::payments::ida_before_she_signs_up;
use crate::support::world::{Person, World};

/// Letters to Ida about the seat that she has, as many as `count`.
async fn write_to_ida(world: &World, event: &str, ida: &Person, count: usize, fails: bool) -> Result<(), Stop> {
    let registration = world.registration(ida, event).await["registration_id"].as_str().unwrap().to_owned();
    let registration: RegistrationId = registration.parse().unwrap();
    let (event, user_id) = (event.parse::<EventId>().unwrap(), ida.id.parse().unwrap());
    let news = News::SeatConfirmed { paid: None, by_organizer: false };
    let letter = Letter { user_id, event_id: event, registration_id: registration, news };
    let written = world.app.store.write(event, move |tx| {
        for _ in 0..count {
            tx.tell(letter.clone());
        }
        if fails { Err(Refusal::EventFull.into()) } else { Ok(()) }
    });
    written.await?;
    world.app.signals.work_saved();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_rolled_back_is_told_to_nobody() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    assert!(write_to_ida(&world, &event, &ida, 3, true).await.is_err());
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.told(&ida).len(), 1);
    write_to_ida(&world, &event, &ida, 3, false).await.unwrap();
    world.settle().await;
    assert_eq!(world.told(&ida).len(), 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_whose_answer_was_lost_goes_again_under_the_same_name() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 2, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.mail.loses_answers();
    world.sign_up(&ida, &event).await;
    world.settle().await;
    assert_eq!(world.told(&ida), ["Du har plass"]);
    world.mail.works_again();
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(1)).await;
    let letters = world.letters_to(&ida);
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].message_id, letters[1].message_id);
    assert_ne!(letters[0].message_id, world.letters_to(&ola)[0].message_id);
    assert!(letters[1].sent_at > letters[0].sent_at);
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.letters_to(&ida).len(), 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_mail_everything_goes_on_and_then_says_what_is_still_true() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.mail.breaks_down();
    world.pays_for_a_seat(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.mail.letters().len(), 0);
    world.mail.works_again();
    world.pass(TimeDelta::minutes(16)).await;
    // What she was to pay is paid: that letter is moot.
    assert_eq!(world.told(&ida), ["Du har plass"]);
    assert_eq!(world.told(&ola), ["Du står på ventelista"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_never_went_is_followed_by_no_reminder() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.mail.breaks_down();
    world.sign_up(&ida, &event).await;
    world.pass(TimeDelta::minutes(80)).await;
    world.mail.works_again();
    world.pass(TimeDelta::minutes(39)).await;
    // It came after the time for a reminder, and says how little is left.
    assert_eq!(world.told(&ida), ["Betal i tide, så er plassen din"]);
    assert!(world.letters_to(&ida)[0].text.contains("minutter. Etter det"), "{}", world.letters_to(&ida)[0].text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_the_commit_and_the_mail_loses_no_letter() {
    let mut world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    // The mail server takes the call and says nothing: letters are under way when the kill comes.
    world.mail.gets_stuck();
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.kill().await;
    world.mail.works_again();
    assert_eq!(world.mail.letters().len(), 0);
    world.start_again().await;
    assert_eq!(world.told(&ida), ["Du har plass"]);
    assert_eq!(world.told(&ola), ["Du står på ventelista"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_waits_to_be_told_survives_a_kill() {
    let mut world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let change = json!({ "location": "Parken" });
    assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &change).await.status, 200);
    world.kill().await;
    world.pass(TimeDelta::hours(1)).await;
    world.start_again().await;
    assert_eq!(world.told(&ida), ["Du har plass", "Endret"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_letters_hold_up_no_payment() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let organizer = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let party = world.event(&organizer, 0, json!({})).await;
    world.sign_up(&ida, &party).await;
    world.settle().await;
    // The mail server takes every call and says nothing, and five hundred letters are due before anything else.
    world.mail.gets_stuck();
    write_to_ida(&world, &party, &ida, 500, false).await.unwrap();
    assert_eq!(world.sign_up(&ida, &event).await.status, 201);
    let order = world.order_id(&ida, &event).await;
    while world.attempts(&ida, &event).await != "open" {
        world.app.signals.work_saved();
    }
    assert_eq!(world.pay(&ida, &order).await.status, 200);
    world.approves_unseen(&world.reference(&ida, &event).await).await;
    while world.seen(&ida, &event).await != "confirmed CAPTURE" {
        world.post(&ida, &format!("/orders/{order}/sync"), &json!({})).await;
    }
    assert_eq!(world.mail.letters().len(), 1, "the letters are still waiting");
    world.mail.works_again();
    world.settle().await;
    // The first, the five hundred, and the one about the paid seat; what was to be paid is moot.
    assert_eq!(world.told(&ida).len(), 502);
    world.end().await;
}
