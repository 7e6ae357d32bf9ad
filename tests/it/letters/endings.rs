//! Endings, and where the money goes.

use chrono::TimeDelta;
use serde_json::json;

use super::{english, in_calendar};
use crate::support::payments::ida_before_she_signs_up;
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_a_paid_seat_hears_that_the_money_is_on_its_way_and_that_it_went() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({
        "refund_on_sign_off": true, "paid_information": { "price": "250.00", "paytime": "02:00:00" },
    });
    let event = world.event(&organizer, 1, paid).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.told(&ida)[1..], ["Du har plass", "Du er meldt av", "250 kr er betalt tilbake"]);
    let letters = world.letters_to(&ida);
    assert!(letters[2].text.contains("250\u{a0}kr er på vei tilbake til deg gjennom Vipps."), "{}", letters[2].text);
    assert!(letters[3].text.contains("bankdager") && !letters[3].text.contains("Plassen din er fortsatt din."));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_goes_back_leaves_the_seat_and_says_so() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    for (amount, key) in [("40", "one"), ("10.50", "two")] {
        let wish = json!({ "amount": amount, "reason": "a broken chair" });
        assert_eq!(world.refund(&treasurer, &order, &wish, key).await.status, 200);
    }
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.told(&ida)[2..], ["40 kr er betalt tilbake", "10,50 kr er betalt tilbake"]);
    let letter = &world.letters_to(&ida)[2];
    assert!(letter.text.contains("Plassen din er fortsatt din.") && !letter.text.contains("chair"), "{}", letter.text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_the_provider_refuses_is_told_to_nobody() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    world.faults(json!([{ "on": "refund", "do": "status", "status": 400, "code": "6260", "times": 1 }])).await;
    let reply = world.refund(&treasurer, &order, &json!({ "amount": "40", "reason": "late" }), "one").await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.order(&ida, &order).await["refunds"][0]["status"], "refused", "{}", reply.text);
    assert_eq!(world.told(&ida).len(), 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_was_only_reserved_is_let_go_and_not_called_a_refund() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    // She approves at the very moment she gives up: the seat decides, and it is gone.
    world.approves_unseen(&reference).await;
    world.sign_off(&ida, &event).await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    assert_eq!(world.told(&ida)[1..], ["Du er meldt av", "Reservasjonen på 250 kr er opphevet"]);
    let letters = world.letters_to(&ida);
    assert!(letters[1].text.contains("Du har ikke betalt noe."), "{}", letters[1].text);
    assert!(!letters[2].text.contains("tilbakebetal") && letters[2].text.contains("ikke trukket"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_paid_elsewhere_goes_back_elsewhere() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    let body = json!({ "user_id": ida.id, "paid_outside": { "reason": "cash" } });
    assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &body).await.status, 201);
    let order = world.order_id(&ida, &event).await;
    let wish = json!({ "amount": "100", "reason": "too much" });
    assert_eq!(world.refund(&treasurer, &order, &wish, "one").await.status, 200);
    world.settle().await;
    let path = format!("/events/{event}/registrations/{}?refund=full", ida.id);
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.pass(TimeDelta::minutes(2)).await;
    // What the removal gave back by record is told with the removal.
    assert_eq!(world.told(&ida), ["Du har plass", "100 kr er betalt tilbake", "Arrangøren har meldt deg av"]);
    let letters = world.letters_to(&ida);
    assert!(letters[1].text.contains("utenom Vipps") && !letters[1].text.contains("bankdager"), "{}", letters[1].text);
    assert!(letters[2].text.contains("150\u{a0}kr som du betalte utenom Vipps"), "{}", letters[2].text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_the_queue_or_a_free_seat_hears_it_without_a_word_about_money() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.settle().await;
    world.sign_off(&ola, &event).await;
    world.settle().await;
    world.delete(&organizer, &format!("/events/{event}/registrations/{}", ida.id)).await;
    world.settle().await;
    assert_eq!(world.told(&ola), ["Du står på ventelista", "Du står ikke lenger på ventelista"]);
    assert_eq!(world.told(&ida), ["Du har plass", "Arrangøren har meldt deg av"]);
    for who in [&ida, &ola] {
        let text = world.letters_to(who)[1].text.clone();
        assert!(!text.contains("betal") && !text.contains("trukket"), "{text}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_at_a_cancelled_event_hears_why_and_what_becomes_of_the_money() {
    let world = World::begin().await;
    let (admin, organizer) =
        (world.officer("admin", plass::domain::permission::Role::Admin).await, world.organizer().await);
    let event = world.paid_event(&organizer, 3).await;
    let (ida, henrik) = (world.person("ida").await, world.person("henrik").await);
    let (magnus, nora) = (world.person("magnus").await, english(&world, "nora").await);
    world.pays_for_a_seat(&ida, &event).await;
    let cash = json!({ "user_id": henrik.id, "paid_outside": { "reason": "cash" } });
    assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &cash).await.status, 201);
    world.opens_a_payment(&magnus, &event).await;
    world.sign_up(&nora, &event).await;
    world.settle().await;
    let change = json!({ "location": "Parken" });
    assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &change).await.status, 200);
    let reason = json!({ "reason": "The hall is flooded." });
    assert_eq!(world.post(&admin, &format!("/events/{event}/cancel"), &reason).await.status, 200);
    world.pass(TimeDelta::hours(12)).await;
    assert_eq!(world.told(&ida)[1..], ["Du har plass", "Avlyst", "250 kr er betalt tilbake"]);
    assert_eq!(world.told(&henrik), ["Du har plass", "Avlyst"]);
    assert_eq!(world.told(&magnus), ["Betal i tide, så er plassen din", "Avlyst"]);
    assert_eq!(world.told(&nora), ["You are on the waiting list", "Cancelled"]);
    for (who, at, money) in [
        (&ida, 2, "250\u{a0}kr er på vei tilbake til deg gjennom Vipps."),
        (&henrik, 1, "250\u{a0}kr som du betalte utenom Vipps"),
        (&magnus, 1, "Du har ikke betalt noe."),
        (&nora, 1, "Unfortunately the event is cancelled."),
    ] {
        let letter = &world.letters_to(who)[at];
        assert!(letter.text.contains("The hall is flooded.") && letter.text.contains(money), "{}", letter.text);
    }
    // Who had a seat has the event in a calendar, and takes it out again.
    let (had, gone) = (&world.letters_to(&ida)[1], &world.letters_to(&ida)[2]);
    assert_eq!(in_calendar(gone, "METHOD").as_deref(), Some("CANCEL"));
    assert_eq!(in_calendar(gone, "UID"), in_calendar(had, "UID"));
    let number = |letter| in_calendar(letter, "SEQUENCE").unwrap().parse::<i64>().unwrap();
    assert!(number(gone) > number(had));
    assert!(world.letters_to(&magnus)[1].attachments.is_empty());
    world.end().await;
}
