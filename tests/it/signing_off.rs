//! Members and their own registrations: signing off, what they see of it later, and requests that come twice.

use chrono::TimeDelta;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// A paid event of five seats, with something else about it.
async fn event_with(world: &World, organizer: &Person, more: Value) -> String {
    let mut event = json!({ "paid_information": { "price": "250.00", "paytime": "02:00:00" } });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.event(organizer, 5, event).await
}

/// A sign-up under a key.
async fn sign_up_once(world: &World, who: &Person, event: &str, key: &str, body: Value) -> Reply {
    let request = world.request("POST", &format!("/events/{event}/registrations"), Some(who));
    world.send(request.header("Idempotency-Key", key).json(&body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_seat_is_given_up_only_where_the_money_comes_back() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let ida = world.person("ida").await;
    let strict = event_with(&world, &organizer, json!({})).await;
    world.pays_for_a_seat(&ida, &strict).await;
    assert_eq!(world.sign_off(&ida, &strict).await.refusal(), (409, "paid_registration_needs_refund"));
    assert_eq!(world.seen(&ida, &strict).await, "confirmed CAPTURE");
    let kind = event_with(&world, &organizer, json!({ "refund_on_sign_off": true })).await;
    world.pays_for_a_seat(&ida, &kind).await;
    assert_eq!(world.sign_off(&ida, &kind).await.status, 204);
    world.settle().await;
    assert_eq!(world.seen(&ida, &kind).await, "ended withdrawn REFUND");
    assert_eq!(world.sign_off(&ida, &kind).await.refusal(), (404, "not_registered"));
    // Whoever got all the money back may leave anywhere.
    let treasurer = world.treasurer().await;
    let order = world.order_id(&ida, &strict).await;
    assert_eq!(world.refund(&treasurer, &order, &json!({ "reason": "x" }), "key").await.status, 200);
    assert_eq!(world.sign_off(&ida, &strict).await.status, 204);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_is_only_reserved_is_released_on_sign_off() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = event_with(&world, &organizer, json!({ "refund_on_sign_off": true })).await;
    let strict = event_with(&world, &organizer, json!({})).await;
    let ida = world.person("ida").await;
    world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
    world.pays_for_a_seat(&ida, &event).await;
    world.pays_for_a_seat(&ida, &strict).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    assert_eq!(world.sign_off(&ida, &strict).await.refusal(), (409, "paid_registration_needs_refund"));
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    let end = world.seen(&ida, &event).await;
    assert!(["ended withdrawn VOID", "ended withdrawn REFUND"].contains(&end.as_str()), "{end}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_for_signing_off_binds_whoever_has_a_seat() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let deadline = write_time(world.clock.now() + TimeDelta::hours(1));
    let event = world.event(&organizer, 1, json!({ "sign_off_deadline": deadline })).await;
    let paid = json!({ "sign_off_deadline": deadline, "limit": 2 });
    let paid = event_with(&world, &organizer, paid).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    for person in [&ida, &ola] {
        world.sign_up(person, &event).await;
    }
    world.pays_for_a_seat(&ida, &paid).await;
    world.sign_up(&ola, &paid).await;
    world.pass(TimeDelta::hours(1)).await;
    // The deadline is said before the money.
    for event in [&event, &paid] {
        assert_eq!(world.sign_off(&ida, event).await.refusal(), (409, "sign_off_deadline_passed"));
        assert_eq!(world.sign_off(&ola, event).await.status, 204);
    }
    let removed = world.delete(&organizer, &format!("/events/{event}/registrations/{}", ida.id)).await;
    assert_eq!(removed.status, 204);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_deadline_one_signs_off_until_the_start() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 2, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    for person in [&ida, &ola] {
        world.sign_up(person, &event).await;
    }
    world.pass(TimeDelta::days(10) - TimeDelta::milliseconds(1)).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.pass(TimeDelta::milliseconds(1)).await;
    assert_eq!(world.sign_off(&ola, &event).await.refusal(), (409, "sign_off_deadline_passed"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_is_seen_after_its_end() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (party, trip) =
        (event_with(&world, &organizer, json!({})).await, world.event(&organizer, 1, json!({ "title": "Tur" })).await);
    let ida = world.person("ida").await;
    assert_eq!(world.get(&ida, &format!("/events/{party}/registrations/me")).await.refusal(), (404, "not_found"));
    world.sign_up(&ida, &party).await;
    world.pass(TimeDelta::minutes(1)).await;
    world.sign_up(&ida, &trip).await;
    world.sign_off(&ida, &party).await;
    world.settle().await;
    let ended = world.registration(&ida, &party).await;
    assert_eq!((&ended["status"], &ended["ended_reason"]), (&json!("ended"), &json!("withdrawn")));
    assert_eq!((&ended["payment_expiredate"], &ended["order"]["payment_link"]), (&Value::Null, &Value::Null));
    assert_eq!((&ended["has_paid"], &ended["is_on_wait"]), (&json!(false), &json!(false)));
    let own = async |query: &str| {
        let list = world.get(&ida, &format!("/me/registrations{query}")).await;
        let rows = list.json["results"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| format!("{} {}", row["event_id"].as_str().unwrap(), row["status"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(own("").await, [format!("{trip} confirmed"), format!("{party} ended")]);
    assert_eq!(own("?active=true").await, [format!("{trip} confirmed")]);
    // The newest per event: a second sign-up hides the first.
    world.pass(TimeDelta::minutes(1)).await;
    world.sign_up(&ida, &party).await;
    assert_eq!(own("?active=false").await, [format!("{party} awaiting_payment"), format!("{trip} confirmed")]);
    assert_eq!(own("?limit=1").await, [format!("{party} awaiting_payment")]);
    assert_eq!(world.get(&ida, "/me/registrations?status=ended").await.refusal(), (400, "invalid_query"));
    // The orders stay, both of them.
    assert_eq!(world.get(&ida, "/me/orders").await.json["results"].as_array().unwrap().len(), 2);
    world.pays(&ida, &party).await;
    assert_eq!(world.seen(&ida, &party).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_that_comes_twice_is_one() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = event_with(&world, &organizer, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let (one, two) = tokio::join!(
        sign_up_once(&world, &ida, &event, "key", json!({})),
        sign_up_once(&world, &ida, &event, "key", json!({}))
    );
    assert_eq!((one.status, two.status, &one.text), (201, 201, &two.text));
    let replayed = [&one, &two].iter().filter(|reply| reply.header("idempotency-replayed") == "true").count();
    assert_eq!(replayed, 1);
    world.pays(&ida, &event).await;
    // The first answer again, though the world has moved on.
    let again = sign_up_once(&world, &ida, &event, "key", json!({})).await;
    assert_eq!((again.status, again.header("idempotency-replayed"), &again.text), (201, "true", &one.text));
    let other = sign_up_once(&world, &ida, &event, "key", json!({ "allow_photo": false })).await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    // Keys of different people do not meet, and without a key a repeat is a refusal.
    assert_eq!(sign_up_once(&world, &ola, &event, "key", json!({})).await.status, 201);
    assert_eq!(world.sign_up(&ida, &event).await.refusal(), (409, "already_registered"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_up_is_tried_again_with_the_same_key() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let opens = world.clock.now() + TimeDelta::minutes(5);
    let event = event_with(&world, &organizer, json!({ "start_registration_at": write_time(opens) })).await;
    let ida = world.person("ida").await;
    let early = sign_up_once(&world, &ida, &event, "key", json!({})).await;
    assert_eq!((early.refusal(), &early.json["retry_at"]), ((409, "not_open_yet"), &json!(write_time(opens))));
    world.pass(TimeDelta::minutes(5)).await;
    let reply = sign_up_once(&world, &ida, &event, "key", json!({})).await;
    assert_eq!((reply.status, reply.header("idempotency-replayed")), (201, ""));
    // A day later the key is forgotten.
    world.pass(TimeDelta::hours(25)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    let reply = sign_up_once(&world, &ida, &event, "key", json!({})).await;
    assert_eq!((reply.status, reply.header("idempotency-replayed")), (201, ""), "{}", reply.text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marking_paid_twice_under_one_key_is_one_sale() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = event_with(&world, &organizer, json!({})).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    let path = format!("/events/{event}/registrations/{}/mark-paid", ida.id);
    let mark = async |reason: &str| {
        let request = world.request("POST", &path, Some(&organizer)).header("Idempotency-Key", "key");
        world.send(request.json(&json!({ "reason": reason }))).await
    };
    let first = mark("cash").await;
    let again = mark("cash").await;
    assert_eq!((again.status, again.header("idempotency-replayed"), &again.text), (200, "true", &first.text));
    assert_eq!(mark("card").await.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(world.seen(&ida, &event).await, "confirmed SALE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_belongs_to_one_request_and_means_nothing_where_nothing_is_made() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (event, other) =
        (event_with(&world, &organizer, json!({})).await, event_with(&world, &organizer, json!({})).await);
    let ida = world.person("ida").await;
    assert_eq!(sign_up_once(&world, &ida, &event, "key", json!({})).await.status, 201);
    assert_eq!(sign_up_once(&world, &ida, &other, "key", json!({})).await.refusal(), (422, "idempotency_key_reused"));
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    for act in ["pay", "sync"] {
        for key in ["key", "a b"] {
            let request = world.request("POST", &format!("/orders/{order}/{act}"), Some(&ida));
            let reply = world.send(request.header("Idempotency-Key", key)).await;
            assert_eq!((reply.status, reply.header("idempotency-replayed")), (200, ""), "{act} {}", reply.text);
            world.settle().await;
        }
        let body = json!({ "now": true });
        let reply = world.post(&ida, &format!("/orders/{order}/{act}"), &body).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec!["/now"]));
    }
    world.end().await;
}
