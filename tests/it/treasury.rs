//! Money given back: by a treasurer, in the provider's portal, or on paper; and what a person must look at.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// A world with one paid seat: the treasurer, the event, whose seat it is, and the order.
async fn paid_seat() -> (World, Person, String, Person, String) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    (world, treasurer, event, ida, order)
}

fn part(amount: &str) -> Value {
    json!({ "amount": amount, "reason": "left early" })
}

fn all() -> Value {
    json!({ "reason": "was ill" })
}

/// Status, refunded, and the statuses of the refunds.
async fn books(world: &World, who: &Person, order: &str) -> String {
    let order = world.order(who, order).await;
    let refunds: Vec<&str> =
        order["refunds"].as_array().unwrap().iter().map(|refund| refund["status"].as_str().unwrap()).collect();
    let word = |pointer: &str| order.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
    let attention = word("/needs_attention/reason");
    format!("{} {} [{}] {attention}", word("/status"), word("/amounts/refunded"), refunds.join(" "))
}

async fn mark_paid(world: &World, organizer: &Person, event: &str, who: &Person) -> Reply {
    let path = format!("/events/{event}/registrations/{}/mark-paid", who.id);
    world.post(organizer, &path, &json!({ "reason": "cash" })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_treasurer_gives_back_a_part_and_then_the_rest() {
    let (world, treasurer, event, ida, order) = paid_seat().await;
    let reply = world.refund(&treasurer, &order, &part("99.50"), "first").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 99.50 [done] -");
    let refund = &reply.json["refunds"][0];
    assert_eq!((&refund["amount"], &refund["reason"]), (&json!("99.50"), &json!("left early")));
    assert_eq!(
        world.refund(&treasurer, &order, &part("150.51"), "more").await.refusal(),
        (409, "refund_exceeds_captured")
    );
    let reply = world.refund(&treasurer, &order, &all(), "rest").await;
    assert_eq!((reply.status, &reply.json["refunds"][1]["amount"]), (200, &json!("150.50")), "{}", reply.text);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [done done] -");
    assert_eq!(world.refund(&treasurer, &order, &all(), "again").await.refusal(), (409, "refund_exceeds_captured"));
    // A refund never takes the seat.
    let seat = world.registration(&ida, &event).await;
    assert_eq!((&seat["status"], &seat["has_paid"]), (&json!("confirmed"), &json!(false)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amounts_are_exact_and_checked() {
    let (world, treasurer, _, _, order) = paid_seat().await;
    for (amount, pointer) in [
        (json!("0"), "/amount"),
        (json!("-1"), "/amount"),
        (json!("1.005"), "/amount"),
        (json!(1.5), "/amount"),
        (json!("NaN"), "/amount"),
        (json!("01"), "/amount"),
    ] {
        let reply = world.refund(&treasurer, &order, &json!({ "amount": amount, "reason": "x" }), "key").await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec![pointer]), "{amount}");
    }
    for (body, pointer) in [
        (json!({}), "/reason"),
        (json!({ "reason": " " }), "/reason"),
        (json!({ "reason": "x".repeat(501) }), "/reason"),
        (json!({ "reason": "x", "order": "y" }), "/order"),
    ] {
        let reply = world.refund(&treasurer, &order, &body, "key").await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec![pointer]));
    }
    let over = world.refund(&treasurer, &order, &part("250.01"), "key").await;
    assert_eq!(over.refusal(), (409, "refund_exceeds_captured"));
    // The smallest, and whole kroner as a number.
    assert_eq!(world.refund(&treasurer, &order, &part("0.01"), "key").await.status, 200);
    let whole = json!({ "amount": 249, "reason": "x" });
    assert_eq!(world.refund(&treasurer, &order, &whole, "whole").await.status, 200);
    let left = world.refund(&treasurer, &order, &all(), "left").await;
    assert_eq!(left.json["refunds"][2]["amount"], "0.99");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_captured_is_not_refunded() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.refund(&treasurer, &order, &all(), "a").await.refusal(), (409, "not_captured_yet"));
    world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    assert_eq!(world.refund(&treasurer, &order, &all(), "a").await.refusal(), (409, "not_captured_yet"));
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(5)).await;
    // A refusal is not remembered: the same key may be used again.
    assert_eq!(world.refund(&treasurer, &order, &all(), "a").await.status, 200);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [done] -");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_treasurers_at_once_never_give_back_more_than_was_taken() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    let other = world.officer("other", Role::Treasurer).await;
    let sixty = part("150.00");
    let (one, two) = tokio::join!(
        world.refund(&treasurer, &order, &sixty, "same-key"),
        world.refund(&other, &order, &sixty, "same-key")
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text, two.text);
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 150.00 [done] -");
    let twenty = part("50.00");
    let (one, two) = tokio::join!(
        world.refund(&treasurer, &order, &twenty, "twenty"),
        world.refund(&other, &order, &twenty, "twenty")
    );
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text, two.text);
    world.settle().await;
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [done done done] -");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_in_the_portal_counts() {
    let (world, treasurer, event, ida, order) = paid_seat().await;
    let reference = world.reference(&ida, &event).await;
    let portal = world.control("POST", &format!("/payments/{reference}/refund"), &json!({ "amount": 20_000 })).await;
    assert_eq!(portal.status, 200, "{}", portal.text);
    let reply = world.post(&treasurer, &format!("/orders/{order}/sync"), &json!({})).await;
    assert_eq!((reply.status, &reply.json["amounts"]["refunded"]), (200, &json!("200.00")));
    let over = world.refund(&treasurer, &order, &part("50.01"), "over").await;
    assert_eq!(over.refusal(), (409, "refund_exceeds_captured"));
    assert_eq!(world.refund(&treasurer, &order, &all(), "rest").await.status, 200);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [done] -");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_the_provider_refuses_needs_a_person() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    world.faults(json!([{ "on": "refund", "do": "status", "status": 400, "code": "6260", "times": 1 }])).await;
    let reply = world.refund(&treasurer, &order, &part("50"), "key").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 0.00 [refused] refund_refused");
    let listed = world.get(&treasurer, "/orders?needs_attention=true").await;
    assert_eq!(listed.json["results"][0]["order_id"], order.as_str());
    assert!(listed.json["results"][0]["needs_attention"]["since"].is_string());
    // What was refused can be wished again.
    let reply = world.refund(&treasurer, &order, &all(), "another").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [refused done] refund_refused");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_waits_while_the_provider_is_down() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    world.faults(json!([{ "on": "refund", "do": "status", "status": 503 }])).await;
    let reply = world.refund(&treasurer, &order, &part("99.50"), "key").await;
    assert_eq!((reply.status, &reply.json["refunds"][0]["status"]), (202, &json!("pending")), "{}", reply.text);
    // What is promised already is not promised twice.
    let over = world.refund(&treasurer, &order, &part("150.51"), "over").await;
    assert_eq!(over.refusal(), (409, "refund_exceeds_captured"));
    let again = world.refund(&treasurer, &order, &part("99.50"), "key").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, "true"));
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 99.50 [done] -");
    // The repeat of a 202 answers with the present state.
    let again = world.refund(&treasurer, &order, &part("99.50"), "key").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(again.json["refunds"], world.order(&ida, &order).await["refunds"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_asked_for_once_per_key() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    let path = format!("/orders/{order}/refund");
    let keyless = world.post(&treasurer, &path, &part("50")).await;
    assert_eq!(keyless.refusal(), (400, "idempotency_key_required"));
    let first = world.refund(&treasurer, &order, &part("50"), "key").await;
    let again = world.refund(&treasurer, &order, &part("50"), "key").await;
    assert_eq!((again.status, again.header("idempotency-replayed"), &again.text), (200, "true", &first.text));
    let other = world.refund(&treasurer, &order, &part("60"), "key").await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    for key in ["a b", &"x".repeat(65), "æ"] {
        let reply = world.refund(&treasurer, &order, &part("50"), key).await;
        assert_eq!(reply.refusal(), (400, "invalid_idempotency_key"), "{key}");
    }
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 50.00 [done] -");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_given_back_by_record_only() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    assert_eq!(mark_paid(&world, &organizer, &event, &ida).await.status, 200);
    let order = world.order_id(&ida, &event).await;
    assert_eq!(books(&world, &ida, &order).await, "SALE 0.00 [] -");
    assert_eq!(world.order(&ida, &order).await["amounts"]["captured"], "250.00");
    assert_eq!(world.refund(&treasurer, &order, &part("99.50"), "a").await.status, 200);
    assert_eq!(books(&world, &ida, &order).await, "SALE 99.50 [done] -");
    let over = world.refund(&treasurer, &order, &part("150.51"), "b").await;
    assert_eq!(over.refusal(), (409, "refund_exceeds_captured"));
    assert_eq!(world.refund(&treasurer, &order, &all(), "b").await.status, 200);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 [done done] -");
    assert_eq!(world.seen(&ida, &event).await, "confirmed REFUND");
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.calls_to(&reference, "POST", "/refund").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_refused_for_good_is_parked_and_seen() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 2).await;
    let (ida, kari) = (world.person("ida").await, world.person("kari").await);
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260", "times": 1 }])).await;
    world.pays_for_a_seat(&ida, &event).await;
    world.pays_for_a_seat(&kari, &event).await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(books(&world, &ida, &order).await, "RESERVED 0.00 [] capture_refused");
    assert_eq!(world.count("outbox", "kind = 'capture' AND parked_at IS NOT NULL").await, 1);
    for (query, count) in [("needs_attention=true", 1), ("needs_attention=false", 1), ("status=RESERVED", 1)] {
        let listed = world.get(&treasurer, &format!("/orders?{query}")).await;
        assert_eq!(listed.json["results"].as_array().unwrap().len(), count, "{query}");
    }
    let reference = world.reference(&ida, &event).await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.calls_to(&reference, "POST", "/capture").await, 1);
    // A person captures it in the portal: the books follow, and the seat was never in danger.
    world.does("capture", &reference).await;
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_refunds_than_the_provider_takes_in_a_minute_all_arrive() {
    let (world, treasurer, event, ida, order) = paid_seat().await;
    for number in 0..8 {
        let reply = world.refund(&treasurer, &order, &part("10"), &format!("key-{number}")).await;
        assert!([200, 202].contains(&reply.status), "{}", reply.text);
    }
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, format!("CAPTURE 80.00 [{}] -", ["done"; 8].join(" ")));
    let reference = world.reference(&ida, &event).await;
    let payments = world.payments().await;
    let payment = payments.iter().find(|payment| payment["reference"] == reference.as_str()).unwrap();
    assert_eq!(payment["aggregate"]["refundedAmount"]["value"], 8_000);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_treasurer_of_one_group_has_its_orders_only() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let drift = json!({ "slug": "drift", "name": "Drift", "kind": "committee" });
    assert_eq!(world.post(&admin, "/groups", &drift).await.status, 201);
    let paid = json!({ "organizer": "drift", "paid_information": { "price": "250", "paytime": "02:00" } });
    let (own, others) = (world.event(&admin, 5, paid).await, world.paid_event(&admin, 5).await);
    let (bursar, ida) = (world.person("bursar").await, world.person("ida").await);
    let grant = json!({ "role": "treasurer", "user_id": bursar.id, "scope_group": "drift" });
    assert_eq!(world.post(&admin, "/grants", &grant).await.status, 201);
    for event in [&own, &others] {
        world.pays_for_a_seat(&ida, event).await;
    }
    let (own, others) = (world.order_id(&ida, &own).await, world.order_id(&ida, &others).await);
    let listed = world.get(&bursar, "/orders").await.json["results"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["order_id"]), (1, &json!(own)));
    assert_eq!(world.refund(&bursar, &own, &all(), "key").await.status, 200);
    assert_eq!(world.refund(&bursar, &others, &all(), "other").await.refusal(), (404, "not_found"));
    world.end().await;
}
