//! How a payment can end: approved, declined, aborted, expired, cancelled by us, and everything that comes a moment too
//! late. The seat is freed only when nothing can pay for it any more; money for a seat that is gone goes back.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::world::{Person, World};

/// Ida at an event with one seat, her payment open.
async fn ida_is_about_to_pay() -> (World, String, Person, String) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    let reference = world.opens_a_payment(&ida, &event).await;
    (world, event, ida, reference)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_payment_confirms_the_seat_and_is_taken_once() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000");
    assert_eq!(
        (world.answers(&reference, "create").await, world.answers(&reference, "capture").await),
        ("201".into(), "200".into())
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refused_card_the_same_payment_can_be_approved() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    world.does("decline", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.attempts(&ida, &event).await, "settled");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cancels_in_the_app_keeps_the_seat_and_may_click_again() {
    let (world, event, ida, first) = ida_is_about_to_pay().await;
    world.does("abort", &first).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.attempts(&ida, &event).await, "aborted");
    let second = world.clicks(&ida, &event).await;
    assert_ne!(first, second);
    world.does("approve", &second).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.attempts(&ida, &event).await, "aborted settled");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ran_out_is_replaced_at_the_next_click() {
    let (world, event, ida, first) = ida_is_about_to_pay().await;
    world.pass(TimeDelta::minutes(11)).await;
    assert_eq!(world.attempts(&ida, &event).await, "expired");
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    let second = world.clicks(&ida, &event).await;
    world.does("approve", &second).await;
    assert_eq!(world.attempts(&ida, &event).await, "expired settled");
    assert_eq!(world.at_provider(&first).await, "EXPIRED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_open_at_the_deadline_is_closed_before_the_seat_goes_on() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let ola = world.person("ola").await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(115)).await;
    let last = world.clicks(&ida, &event).await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.at_provider(&last).await, "TERMINATED cancelled 25000");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.does("approve", &last).await.status, 409);
    assert_eq!(world.at_provider(&reference).await, "EXPIRED");
    let order = world.order_id(&ida, &event).await;
    let order = world.order(&ida, &order).await;
    assert_eq!(order["amounts"]["cancelled"], "0.00", "no money moved");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approves_in_the_last_millisecond_keeps_the_seat() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    let ola = world.person("ola").await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(119)).await;
    let reference = world.clicks(&ida, &event).await;
    // Nobody tells us, and our own question comes only at the deadline.
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    let deadline = world.registration(&ida, &event).await["payment_expiredate"].as_str().unwrap().to_owned();
    let deadline = deadline.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    world.pass(deadline - world.clock.now() - TimeDelta::milliseconds(1)).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pass(TimeDelta::milliseconds(1)).await;
    world.pass(TimeDelta::seconds(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    assert_eq!(world.answers(&reference, "cancel").await, "");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_that_waits_for_its_next_try_holds_up_no_capture() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    world.pass(TimeDelta::minutes(119)).await;
    let reference = world.clicks(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "status", "status": 429, "delay": "00:09:00", "times": 1 }])).await;
    world.pass(TimeDelta::minutes(1)).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    world.pass(TimeDelta::seconds(45)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_overtakes_our_cancel_keeps_the_seat() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    let ola = world.person("ola").await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(119)).await;
    let reference = world.clicks(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "timeout_before", "times": 1 }])).await;
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.answers(&reference, "cancel").await, "timeout_before");
    let held = world.registration(&ida, &event).await;
    assert_eq!((held["status"].as_str(), held["order"]["payment_link"].as_str()), (Some("awaiting_payment"), None));
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.answers(&reference, "cancel").await, "timeout_before 400");
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_after_signing_off_is_released() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "error_before", "times": 1 }])).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn RESERVED");
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn VOID");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    assert_eq!(world.order(&ida, &order).await["amounts"]["cancelled"], "250.00");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_after_a_removal_is_released_and_the_next_in_line_keeps_the_seat() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let ola = world.person("ola").await;
    let organizer = world.officer("leader", plass::domain::permission::Role::Organizer).await;
    world.sign_up(&ola, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "timeout_before", "times": 2 }])).await;
    let removed = world.delete(&organizer, &format!("/events/{event}/registrations/{}", ida.id)).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(3)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended removed VOID");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_taken_in_the_portal_after_signing_off_is_refunded() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    world.provider_is_down("timeout_before").await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.does("approve", &reference).await;
    world.does("capture", &reference).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn REFUND");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    assert_eq!(world.answers(&reference, "refund").await, "200");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_off_without_having_paid_leaves_nothing_open() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.pass(TimeDelta::seconds(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn CANCEL");
    assert_eq!(world.at_provider(&reference).await, "TERMINATED cancelled 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_seat_that_is_given_up_is_refunded_where_the_event_says_so() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({ "refund_on_sign_off": true, "paid_information": { "price": "250.00", "paytime": "02:00:00" } });
    let event = world.event(&organizer, 1, paid).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.pays_for_a_seat(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    world.pass(TimeDelta::seconds(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn REFUND");
    assert_eq!(world.answers(&reference, "refund").await, "200");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_of_an_order_reads_as_a_story() {
    let (world, event, ida, first) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    world.does("abort", &first).await;
    let second = world.clicks(&ida, &event).await;
    world.does("approve", &second).await;
    let expected = [
        "seat_held: sign_up",
        "attempt_opened: provider_answered",
        "payment_opened: clicked",
        "attempt_aborted: observed",
        "attempt_opened: provider_answered",
        "payment_opened: clicked",
        "authorized: observed",
        "confirmed: payment_authorized",
        "order_reserved: settled",
        "captured: observed",
        "order_captured: settled",
    ];
    assert_eq!(world.trail(&ida, &order).await, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_tells_where_the_money_of_somebody_who_left_went() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "error_before", "times": 1 }])).await;
    world.sign_off(&ida, &event).await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(1)).await;
    let expected = [
        "seat_held: sign_up",
        "attempt_opened: provider_answered",
        "payment_opened: clicked",
        "withdrawn: asked",
        "authorized: observed",
        "order_reserved: settled",
        "released: observed",
        "order_void: settled",
    ];
    assert_eq!(world.trail(&ida, &order).await, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_tells_why_a_seat_was_lost() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    world.pass(TimeDelta::hours(3)).await;
    let expected = [
        "seat_held: sign_up",
        "attempt_opened: provider_answered",
        "payment_opened: clicked",
        "attempt_expired: observed",
        "ended_unpaid: deadline_passed",
        "order_cancelled: settled",
    ];
    assert_eq!(world.trail(&ida, &order).await, expected);
    world.end().await;
}
