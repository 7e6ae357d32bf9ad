//! The server is killed and started again in the middle of a payment: whatever was under way ends once, and the
//! provider's call history says so.

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use plass::store::conn::Conn;
use serde_json::json;

use crate::support::payments::{Made, ida_before_she_signs_up};
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_right_after_the_sign_up_it_makes_one_payment() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    assert_eq!(world.sign_up(&ida, &event).await.status, 201);
    world.kill().await;
    world.start_again().await;
    assert_eq!(world.payments().await.len(), 1);
    let reference = world.clicks(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_create_arrived_it_makes_the_payment_later() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    world.provider_is_down("timeout_before").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    world.kill().await;
    world.no_more_faults().await;
    world.start_again().await;
    world.pass(TimeDelta::minutes(1)).await;
    let reference = world.clicks(&ida, &event).await;
    assert_eq!(world.answers(&reference, "create").await, "timeout_before 201");
    assert_eq!(world.keys(&reference, "/payments").await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_create_is_under_way_it_makes_no_second_payment() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    world.faults(json!([{ "on": "create", "do": "slow", "delay": "00:01:00", "times": 1 }])).await;
    world.sign_up(&ida, &event).await;
    let reference = world.reference(&ida, &event).await;
    world.until_the_provider_has(Made::Payment, &reference).await;
    world.kill().await;
    world.start_again().await;
    let clicked = world.clicks(&ida, &event).await;
    assert_eq!(clicked, reference);
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!((world.payments().await.len(), world.keys(&reference, "/payments").await.len()), (1, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_approval_and_capture_it_captures_once() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.kill().await;
    // Approved while nobody is there to hear it.
    world.does("approve", &reference).await;
    world.start_again().await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.answers(&reference, "capture").await, "200");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_capture_is_under_way_it_captures_once() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.faults(json!([{ "on": "capture", "do": "slow", "delay": "00:01:00", "times": 1 }])).await;
    world.approves_unseen(&reference).await;
    let link = world.link(&ida, &event).await;
    assert!(world.visit("GET", &format!("{link}/return")).await.text.contains("Betalt"));
    world.until_the_provider_has(Made::Capture, &reference).await;
    world.kill().await;
    world.start_again().await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000");
    assert_eq!(world.keys(&reference, "capture").await.len(), 1, "repeated under its key, if at all");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_refund_it_gives_back_once() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    world.faults(json!([{ "on": "refund", "do": "timeout_after", "times": 1 }])).await;
    let wish = json!({ "amount": "40", "reason": "a broken chair" });
    let reply = world.refund(&treasurer, &order, &wish, "refund-1").await;
    assert!([200, 202].contains(&reply.status), "{}", reply.text);
    world.kill().await;
    world.start_again().await;
    // The treasurer never saw the answer and asks again under the same key.
    let repeated = world.refund(&treasurer, &order, &wish, "refund-1").await;
    assert!([200, 202].contains(&repeated.status), "{}", repeated.text);
    world.pass(TimeDelta::minutes(2)).await;
    let order = world.order(&ida, &order).await;
    assert_eq!(order["refunds"].as_array().unwrap().len(), 1);
    assert_eq!((&order["refunds"][0]["status"], &order["amounts"]["refunded"]), (&json!("done"), &json!("40.00")));
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 4000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_a_session_is_being_closed_the_seat_still_goes_on() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    let ola = world.person("ola").await;
    world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(118)).await;
    let reference = world.clicks(&ida, &event).await;
    world
        .faults(json!([{ "on": "cancel", "do": "timeout_after", "times": 1 }, { "on": "get", "do": "error_before" }]))
        .await;
    world.pass(TimeDelta::minutes(3)).await;
    world.kill().await;
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(30)).await;
    world.start_again().await;
    world.pass(TimeDelta::minutes(16)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert!(world.at_provider(&reference).await.starts_with("EXPIRED"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passed_while_the_server_was_down_is_met_when_it_is_back() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    let ola = world.person("ola").await;
    world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.kill().await;
    world.pass(TimeDelta::hours(8)).await;
    world.start_again().await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    // The reminder came to nothing meanwhile.
    assert_eq!(world.told(&ida), ["Betal i tide, så er plassen din", "Plassen din gikk til nestemann"]);
    assert_eq!(world.told(&ola).last().unwrap(), "Du har fått plass – betal i tide");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_access_token_nothing_is_lost() {
    let (mut world, event, ida) = ida_before_she_signs_up().await;
    world.kill().await;
    world.faults(json!([{ "on": "token", "do": "error_before" }])).await;
    world.start_again().await;
    let seat = world.sign_up(&ida, &event).await;
    assert_eq!(seat.json["status"], "awaiting_payment");
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    world.pass(TimeDelta::hours(4)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE", "nobody could ask");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(17)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_that_a_kill_left_unassigned_go_to_those_who_wait_before_anybody_new() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let (ola, kari, per) = (world.person("ola").await, world.person("kari").await, world.person("per").await);
    world.sign_up(&ola, &event).await;
    world.sign_up(&kari, &event).await;
    // A larger limit is handed out in several writes: this is what stands between two of them.
    let place = world.database.place();
    tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&place).unwrap();
        diesel::sql_query("UPDATE events SET seat_limit = 2").execute(&mut conn).unwrap();
    })
    .await
    .unwrap();
    world.sign_up(&per, &event).await;
    assert_eq!(world.seen(&kari, &event).await, "confirmed");
    assert_eq!(world.seen(&per, &event).await, "waitlisted 1");
    world.end().await;
}
