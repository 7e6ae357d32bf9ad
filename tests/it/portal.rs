//! What is done with the money in the provider's own portal, behind our back: the books follow, nothing is done twice,
//! and a person is told when something does not fit.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::world::{Person, World};

const DOWN: &str = "status";

async fn portal(world: &World, reference: &str, act: &str, amount: i64) {
    let reply = world.control("POST", &format!("/payments/{reference}/{act}"), &json!({ "amount": amount })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn no_answer_to(world: &World, on: &str) {
    world.faults(json!([{ "on": on, "do": DOWN, "status": 503 }])).await;
}

/// A paid event with one confirmed seat whose money is only reserved yet, since captures do not get through.
async fn reserved_seat() -> (World, Person, String, Person, String, String) {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    no_answer_to(&world, "capture").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    (world, admin, event, ida, order, reference)
}

/// Status, captured, refunded, what needs attention, and the states of the refunds.
async fn books(world: &World, who: &Person, order: &str) -> String {
    let order = world.order(who, order).await;
    let word = |pointer: &str| order.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
    let refunds: Vec<&str> =
        order["refunds"].as_array().unwrap().iter().map(|refund| refund["status"].as_str().unwrap()).collect();
    let sums = [word("/status"), word("/amounts/captured"), word("/amounts/refunded"), word("/needs_attention/reason")];
    format!("{} [{}]", sums.join(" "), refunds.join(" "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_in_the_portal_is_not_done_again() {
    let (world, _, event, ida, order, reference) = reserved_seat().await;
    portal(&world, &reference, "capture", 25_000).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 0.00 - []");
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_captured_in_the_portal_is_completed() {
    let (world, _, _, ida, order, reference) = reserved_seat().await;
    portal(&world, &reference, "capture", 10_000).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 0.00 - []");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_released_in_the_portal_needs_a_person_and_takes_no_seat() {
    let (world, admin, event, ida, order, reference) = reserved_seat().await;
    portal(&world, &reference, "cancel", 25_000).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "VOID 0.00 0.00 payment_vanished []");
    let seat = world.registration(&ida, &event).await;
    assert_eq!((&seat["status"], &seat["has_paid"]), (&json!("confirmed"), &json!(false)));
    let listed = world.get(&admin, "/orders?needs_attention=true").await;
    assert_eq!(listed.json["results"][0]["order_id"], order.as_str());
    // Nothing is left to refund: the seat may be taken without a word about money.
    let path = format!("/events/{event}/registrations/{}", ida.id);
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_whose_capture_was_refused_can_be_removed() {
    let (world, admin, event, ida, order, _) = reserved_seat().await;
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260" }])).await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "RESERVED 0.00 0.00 capture_refused []");
    let path = format!("/events/{event}/registrations/{}?refund=full", ida.id);
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "ended removed VOID");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_gives_back_what_refunds_on_their_way_leave() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    no_answer_to(&world, "refund").await;
    for (key, amount) in [("a", "100"), ("b", "50")] {
        let body = json!({ "amount": amount, "reason": "x" });
        assert_eq!(world.refund(&admin, &order, &body, key).await.status, 202);
    }
    let path = format!("/events/{event}/registrations/{}?refund=full", ida.id);
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    // One more wish, while all of it is on its way already.
    let all = world.refund(&admin, &order, &json!({ "reason": "x" }), "c").await;
    assert!([202, 409].contains(&all.status), "{}", all.text);
    world.pass(TimeDelta::minutes(10)).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    let end = books(&world, &ida, &order).await;
    assert!(end.starts_with("REFUND 250.00 250.00 - [done done"), "{end}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_refund_in_the_portal_is_not_paid_twice() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    no_answer_to(&world, "refund").await;
    assert_eq!(world.refund(&admin, &order, &json!({ "reason": "x" }), "key").await.status, 202);
    // Somebody is impatient.
    portal(&world, &reference, "refund", 25_000).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 250.00 - [refused]");
    let again = world.refund(&admin, &order, &json!({ "reason": "x" }), "key").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"), "{}", again.text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_given_up_while_its_money_is_refunded_in_the_portal() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.event(
        &admin,
        1,
        json!({ "refund_on_sign_off": true, "paid_information": { "price": "250", "paytime": "02:00" } }),
    );
    let event = event.await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    no_answer_to(&world, "refund").await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.settle().await;
    portal(&world, &reference, "refund", 9_950).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 250.00 - []");
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn REFUND");
    world.end().await;
}

/// A treasurer's wish that does not reach the provider.
async fn wish_under_way(amount: &str) -> (World, Person, Person, String, String) {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    no_answer_to(&world, "refund").await;
    let body = json!({ "amount": amount, "reason": "x" });
    assert_eq!(world.refund(&admin, &order, &body, "wish").await.status, 202);
    (world, admin, ida, order, reference)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_no_longer_fits_beside_a_refund_in_the_portal_is_refused() {
    let (world, admin, ida, order, reference) = wish_under_way("100").await;
    portal(&world, &reference, "refund", 20_000).await;
    world.settle().await;
    // What was given back counts at once, and the wish waits for its answer.
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 200.00 - [pending]");
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    // Nobody has to look: the treasurer reads why.
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 200.00 - [refused]");
    assert!(world.trail(&admin, &order).await.contains(&"refund_refused: nothing_left_to_refund".to_owned()));
    assert!(world.at_provider(&reference).await.ends_with("refunded 20000"));
    // What is left can still be given back.
    let rest = world.refund(&admin, &order, &json!({ "reason": "x" }), "rest").await;
    assert_eq!(rest.status, 200, "{}", rest.text);
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 250.00 - [refused done]");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_beside_as_much_in_the_portal_is_carried_out_too() {
    let (world, admin, ida, order, reference) = wish_under_way("100").await;
    portal(&world, &reference, "refund", 10_000).await;
    world.settle().await;
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 100.00 - [pending]");
    let over = world.refund(&admin, &order, &json!({ "amount": "50.01", "reason": "x" }), "over").await;
    assert_eq!(over.refusal(), (409, "refund_exceeds_captured"), "what the portal gave back is not refundable");
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "CAPTURE 250.00 200.00 - [done]");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_was_carried_out_unheard_is_known_by_its_key() {
    let (world, _, ida, order, reference) = wish_under_way("100").await;
    world.faults(json!([{ "on": "refund", "do": "timeout_after", "times": 1 }])).await;
    world.pass(TimeDelta::minutes(1)).await;
    assert!(world.at_provider(&reference).await.ends_with("refunded 10000"));
    // The same amount once more, and the rest: by the sums alone nobody could tell whose was whose.
    portal(&world, &reference, "refund", 10_000).await;
    portal(&world, &reference, "refund", 5_000).await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(books(&world, &ida, &order).await, "REFUND 250.00 250.00 - [done]");
    world.end().await;
}
