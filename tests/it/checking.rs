//! Between the click and the money: sessions that end, deadlines that pass while nobody answers, and a provider that
//! is down. The seat stays held until the provider has said no.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::world::{Person, World};

async fn world_with_event(seats: i64) -> (World, String) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, seats).await;
    (world, event)
}

async fn states(world: &World, who: &Person, order: &str) -> Vec<String> {
    let order = world.order(who, order).await;
    order["attempts"].as_array().unwrap().iter().map(|attempt| attempt["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ran_out_is_followed_by_another() {
    let (world, event) = world_with_event(1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    let link = world.order(&ida, &order).await["payment_link"].clone();
    let first = world.pay(&ida, &order).await;
    assert_eq!(first.status, 200);
    world.pass(TimeDelta::minutes(15)).await;
    assert_eq!(states(&world, &ida, &order).await, ["expired"]);
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.order(&ida, &order).await["payment_link"], link);
    let second = world.pay(&ida, &order).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(first.json["redirect_url"], second.json["redirect_url"]);
    assert_eq!(states(&world, &ida, &order).await, ["expired", "open"]);
    let reference = world.reference(&ida, &event).await;
    world.does("abort", &reference).await;
    assert_eq!(states(&world, &ida, &order).await, ["expired", "aborted"]);
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_attempts_an_hour_are_enough() {
    let (world, event) = world_with_event(1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    for number in 0..10 {
        let reply = world.pay(&ida, &order).await;
        assert_eq!(reply.status, 200, "{number} {}", reply.text);
        let reference = world.reference(&ida, &event).await;
        world.does("abort", &reference).await;
        world.pass(TimeDelta::seconds(20)).await;
    }
    let reply = world.pay(&ida, &order).await;
    assert_eq!(reply.refusal(), (429, "too_many_attempts"));
    assert!(reply.json["retry_at"].is_string() && !reply.header("retry-after").is_empty(), "{}", reply.text);
    world.pass(TimeDelta::hours(1)).await;
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_provider_is_down_the_link_stays_and_a_click_says_so() {
    let (world, event) = world_with_event(1).await;
    let ida = world.person("ida").await;
    world.faults(json!([{ "on": "create", "do": "status", "status": 503 }])).await;
    let seat = world.sign_up(&ida, &event).await;
    assert_eq!(seat.status, 201);
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &order).await["payment_link"], seat.json["order"]["payment_link"]);
    let reply = world.pay(&ida, &order).await;
    assert_eq!(reply.refusal(), (503, "payment_provider_unavailable"));
    assert!(!reply.header("retry-after").is_empty());
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(1)).await;
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_unanswered_holds_the_seat() {
    let (world, event) = world_with_event(1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(119)).await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.status, 200);
    let reference = world.reference(&ida, &event).await;
    world
        .faults(json!([
            { "on": "get", "do": "status", "status": 503 }, { "on": "cancel", "do": "timeout_before" },
            { "on": "webhook", "do": "lose" },
        ]))
        .await;
    world.pass(TimeDelta::minutes(30)).await;
    // Nobody said no: "checking". The link is gone, the seat is not.
    let seat = world.registration(&ida, &event).await;
    assert_eq!((&seat["status"], &seat["order"]["payment_link"]), (&json!("awaiting_payment"), &Value::Null));
    assert_eq!(seat["payment_expiredate"], "2027-01-15T10:00:00.000Z");
    assert_eq!(world.pay(&ida, &order).await.refusal(), (409, "payment_deadline_passed"));
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    let sync = world.post(&ida, &format!("/orders/{order}/sync"), &json!({})).await;
    assert_eq!(sync.refusal(), (503, "payment_provider_unavailable"));
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(30)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert!(["expired", "terminated"].contains(&states(&world, &ida, &order).await[0].as_str()), "{reference}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approved_before_the_deadline_keeps_the_seat_however_late_we_hear() {
    let (world, event) = world_with_event(1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(119)).await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.status, 200);
    let reference = world.reference(&ida, &event).await;
    world.faults(json!([{ "on": "get", "do": "status", "status": 503 }, { "on": "webhook", "do": "lose" }])).await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::hours(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    // Members may always leave while they await payment; this one does not.
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(30)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_from_the_queue_waits_for_the_old_session_to_end() {
    let (world, event) = world_with_event(1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let first = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &first).await.status, 200);
    let old = world.reference(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "status", "status": 503 }])).await;
    world.sign_off(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    assert_eq!(world.sign_up(&ida, &event).await.json["wait_queue_number"], 1);
    world.sign_off(&ola, &event).await;
    world.settle().await;
    let second = world.order_id(&ida, &event).await;
    assert_eq!(states(&world, &ida, &second).await, ["planned"]);
    // The old session is approved after all: that money goes back, and the new seat is not paid by it.
    world.does("approve", &old).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(10)).await;
    assert_eq!(world.order(&ida, &first).await["status"], "VOID");
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_awaits_payment_may_always_leave() {
    let (world, event) = world_with_event(1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    world.pay(&ida, &order).await;
    let reference = world.reference(&ida, &event).await;
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    world.does("approve", &reference).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    // The seat is free at once; the money follows.
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn VOID");
    world.end().await;
}
