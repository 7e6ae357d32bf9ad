//! The provider is down, slow, busy, or answers after the effect: a seat is never lost because we could not ask, and
//! whatever is repeated happens once.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::payments::ida_before_she_signs_up;
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_provider_is_down_a_sign_up_still_gives_seat_and_link() {
    for how in ["error_before", "timeout_before"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        world.provider_is_down(how).await;
        let seat = world.sign_up(&ida, &event).await;
        assert_eq!((seat.status, &seat.json["status"]), (201, &json!("awaiting_payment")));
        world.settle().await;
        let link = world.link(&ida, &event).await;
        assert_eq!(world.visit("GET", &link).await.status, 200);
        world.no_more_faults().await;
        world.pass(TimeDelta::minutes(2)).await;
        let reference = world.clicks(&ida, &event).await;
        world.does("approve", &reference).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.payments().await.len(), 1);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_while_the_provider_is_down_is_told_to_wait_a_moment() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    world.provider_is_down("timeout_before").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    let reply = world.pay(&ida, &order).await;
    assert_eq!(reply.refusal(), (503, "payment_provider_unavailable"));
    assert!(!reply.header("retry-after").is_empty());
    let link = world.link(&ida, &event).await;
    let page = world.visit("POST", &link).await;
    assert_eq!(page.status, 503);
    assert!(
        !page.header("retry-after").is_empty() && page.text.contains("Vipps svarer ikke akkurat nå"),
        "{}",
        page.text
    );
    world.no_more_faults().await;
    world.pass(TimeDelta::seconds(20)).await;
    assert_eq!(world.visit("POST", &link).await.status, 303);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_that_must_ask_a_silent_provider_is_told_to_wait_a_moment() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.provider_is_down("error_before").await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    let sync = world.post(&ida, &format!("/orders/{order}/sync"), &json!({})).await;
    assert_eq!(sync.refusal(), (503, "payment_provider_unavailable"));
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.clicks(&ida, &event).await, reference, "the same session, still young");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_provider_is_down_at_the_deadline_the_seat_stays_held() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let ola = world.person("ola").await;
    world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(118)).await;
    let reference = world.clicks(&ida, &event).await;
    world.provider_is_down("timeout_before").await;
    world.pass(TimeDelta::hours(24)).await;
    let held = world.registration(&ida, &event).await;
    assert_eq!(held["status"], "awaiting_payment");
    let deadline = held["payment_expiredate"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert!(deadline < world.clock.now(), "a deadline in the past says that the provider is being asked");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(16)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.at_provider(&reference).await, "EXPIRED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approved_while_nobody_could_ask_keeps_the_seat() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    world.opens_a_payment(&ida, &event).await;
    world.pass(TimeDelta::minutes(118)).await;
    let reference = world.clicks(&ida, &event).await;
    world.provider_is_down("error_before").await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::hours(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(16)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_provider_only_takes_longer() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let slow = |on: &str| json!({ "on": on, "do": "slow", "delay": "00:00:00" });
    world.faults(Value::Array(["create", "get", "capture"].map(slow).to_vec())).await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.answers(&reference, "capture").await, "slow");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_answer_was_lost_makes_one_payment() {
    for how in ["timeout_after", "error_after"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        world.faults(json!([{ "on": "create", "do": how, "times": 1 }])).await;
        world.sign_up(&ida, &event).await;
        world.settle().await;
        let reference = world.clicks(&ida, &event).await;
        world.does("approve", &reference).await;
        world.pass(TimeDelta::minutes(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.payments().await.len(), 1);
        assert_eq!(world.keys(&reference, "/payments").await.len(), 1);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_whose_answer_was_lost_takes_the_money_once() {
    for how in ["timeout_after", "error_after"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "capture", "do": how, "times": 1 }])).await;
        world.does("approve", &reference).await;
        world.pass(TimeDelta::minutes(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000");
        assert_eq!(world.keys(&reference, "capture").await.len(), 1, "the same key again");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_answer_was_lost_gives_the_money_back_once() {
    for how in ["timeout_after", "error_after"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let treasurer = world.treasurer().await;
        world.pays_for_a_seat(&ida, &event).await;
        let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
        world.faults(json!([{ "on": "refund", "do": how, "times": 1 }])).await;
        let wish = json!({ "amount": "100", "reason": "a broken chair" });
        let reply = world.refund(&treasurer, &order, &wish, "refund-1").await;
        assert!([200, 202].contains(&reply.status), "{}", reply.text);
        world.pass(TimeDelta::minutes(2)).await;
        let order = world.order(&ida, &order).await;
        assert_eq!((&order["status"], &order["refunds"][0]["status"]), (&json!("CAPTURE"), &json!("done")));
        assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
        assert_eq!(world.keys(&reference, "refund").await.len(), 1, "the same key again");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_whose_answer_was_lost_ends_the_session_once() {
    for how in ["timeout_after", "error_after"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "cancel", "do": how, "times": 1 }])).await;
        assert_eq!(world.sign_off(&ida, &event).await.status, 204);
        world.pass(TimeDelta::minutes(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "ended withdrawn CANCEL");
        assert_eq!(world.at_provider(&reference).await, "TERMINATED cancelled 25000");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_provider_is_asked_again_under_the_same_key() {
    for status in [423, 429, 503] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "capture", "do": "status", "status": status, "times": 3 }])).await;
        world.does("approve", &reference).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
        world.pass(TimeDelta::minutes(3)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.answers(&reference, "capture").await, "status status status 200");
        assert_eq!(world.keys(&reference, "capture").await.len(), 1);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_asks_for_patience_gets_it() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    let busy = |on: &str| json!({ "on": on, "do": "status", "status": 429, "delay": "00:10:00", "times": 1 });
    world.faults(json!([busy("capture")])).await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(9)).await;
    assert_eq!(world.answers(&reference, "capture").await, "status");
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.answers(&reference, "capture").await, "status 200");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_as_patient_as_the_provider_asks() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    let before = world.answers(&reference, "get").await;
    world.faults(json!([{ "on": "get", "do": "status", "status": 429, "delay": "00:05:00", "times": 1 }])).await;
    world.pass(TimeDelta::minutes(4)).await;
    assert_eq!(world.answers(&reference, "get").await, format!("{before} status").trim());
    world.pass(TimeDelta::minutes(2)).await;
    assert!(world.answers(&reference, "get").await.ends_with("200"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_takes_an_hour_costs_nobody_the_seat() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({ "paid_information": { "price": "2.01", "paytime": "00:30:00" } });
    let event = world.event(&organizer, 1, paid).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let reference = world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(59)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    // The cancel that we tried since the deadline gives way to the capture within the minute.
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.seen(&ola, &event).await, "waitlisted 1");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_never_came_to_be_frees_the_seat_only_when_that_is_sure() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let ola = world.person("ola").await;
    world.faults(json!([{ "on": "create", "do": "timeout_before" }])).await;
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(120)).await;
    let reference = world.reference(&ida, &event).await;
    let creates = world.answers(&reference, "create").await.split(' ').count();
    world.pass(TimeDelta::seconds(90)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.attempts(&ida, &event).await, "abandoned");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert_eq!(
        world.answers(&reference, "create").await.split(' ').count(),
        creates,
        "after the deadline nothing is made"
    );
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(world.at_provider(&reference).await, "unknown");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_is_refused_for_now_is_repeated_under_a_new_key() {
    for code in ["6250", "6160"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": code, "times": 2 }])).await;
        world.does("approve", &reference).await;
        world.pass(TimeDelta::minutes(2)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.answers(&reference, "capture").await, "status status 200");
        assert_eq!(world.keys(&reference, "capture").await.len(), 3);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_is_refused_for_good_waits_for_a_person() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260", "times": 1 }])).await;
    world.does("approve", &reference).await;
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    assert_eq!(world.answers(&reference, "capture").await, "status", "nobody repeats it");
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &order).await["needs_attention"]["reason"], "capture_refused");
    let listed = world.get(&treasurer, "/orders?needs_attention=true").await;
    assert_eq!(listed.json["results"].as_array().unwrap().len(), 1);
    world.end().await;
}
