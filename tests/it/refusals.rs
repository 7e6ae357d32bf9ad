//! The provider says no, or says yes to nobody: a refused call is not repeated blindly, a person is told, and the seat
//! and the money still end somewhere.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::payments::ida_before_she_signs_up;
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_create_is_tried_once_per_click_and_tells_a_person() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    world.faults(json!([{ "on": "create", "do": "status", "status": 400, "code": "4040" }])).await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.attempts(&ida, &event).await, "abandoned");
    assert_eq!(world.order(&ida, &order).await["needs_attention"]["reason"], "payment_refused");
    assert_eq!(world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    assert_eq!(world.attempts(&ida, &event).await, "abandoned abandoned");
    world.no_more_faults().await;
    let reference = world.clicks(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_cancel_leaves_the_seat_held_until_the_session_has_run_out() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let ola = world.person("ola").await;
    world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.pass(TimeDelta::minutes(118)).await;
    let reference = world.clicks(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "status", "status": 400, "code": "9999" }])).await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pass(TimeDelta::minutes(6)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ola, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.answers(&reference, "cancel").await, "status", "nobody repeats it");
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &order).await["needs_attention"]["reason"], "close_refused");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_after_a_refused_capture_gets_the_reservation_back() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260" }])).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    let path = format!("/events/{event}/registrations/{}", ida.id);
    assert_eq!(world.delete(&admin, &path).await.refusal(), (409, "paid_registration_needs_refund"));
    assert_eq!(world.delete(&admin, &format!("{path}?refund=full")).await.status, 204);
    world.pass(TimeDelta::seconds(5)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended removed VOID");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_while_the_capture_is_unanswered_gets_the_money_back() {
    for how in ["timeout_after", "error_before"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "capture", "do": how, "times": 1 }])).await;
        world.does("approve", &reference).await;
        let removed = world.delete(&admin, &format!("/events/{event}/registrations/{}?refund=full", ida.id)).await;
        assert_eq!(removed.status, 204);
        world.pass(TimeDelta::minutes(2)).await;
        assert_eq!(world.seen(&ida, &event).await, "ended removed REFUND");
        assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_came_to_be_unheard_is_closed_when_the_person_has_left() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let rules = json!([{ "on": "create", "do": "timeout_after", "times": 1 }, { "on": "get", "do": "error_before" }]);
    world.faults(rules).await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    assert_eq!(world.attempts(&ida, &event).await, "sent");
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn INITIATE", "nobody could ask");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(3)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn CANCEL");
    assert_eq!(world.at_provider(&reference).await, "TERMINATED cancelled 25000");
    assert_eq!(world.answers(&reference, "create").await, "timeout_after", "nobody makes it again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_comes_after_a_seat_was_paid_outside_goes_back() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let organizer = world.officer("leader", plass::domain::permission::Role::Organizer).await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "error_before", "times": 1 }])).await;
    let path = format!("/events/{event}/registrations/{}/mark-paid", ida.id);
    let paid = world.post(&organizer, &path, &json!({ "reason": "cash at the door" })).await;
    assert_eq!(paid.json["status"], "confirmed", "{}", paid.text);
    world.does("approve", &reference).await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed SALE");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_price_changes_nothing_for_who_already_owes_the_old_one() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let organizer = world.officer("leader", plass::domain::permission::Role::Organizer).await;
    let first = world.opens_a_payment(&ida, &event).await;
    let dearer = json!({ "paid_information": { "price": "400.00" } });
    assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &dearer).await.status, 200);
    world.does("abort", &first).await;
    let second = world.clicks(&ida, &event).await;
    world.does("approve", &second).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.at_provider(&second).await, "AUTHORIZED authorized 25000 captured 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_the_webhook_comes_the_seat_is_confirmed_once() {
    for how in ["lose", "double", "delay", "reorder"] {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        world.faults(json!([{ "on": "webhook", "do": how }])).await;
        world.does("approve", &reference).await;
        world.pass(TimeDelta::minutes(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE", "{how}");
        let order = world.order_id(&ida, &event).await;
        let trail = world.trail(&ida, &order).await;
        assert_eq!(trail.iter().filter(|line| line.starts_with("confirmed")).count(), 1, "{trail:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_was_done_unheard_is_done_even_if_its_repeat_is_refused() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    world
        .faults(json!([
            { "on": "refund", "do": "timeout_after", "times": 1 },
            { "on": "refund", "do": "status", "status": 400, "code": "6110" },
        ]))
        .await;
    let wish = json!({ "amount": "100", "reason": "a broken chair" });
    world.refund(&treasurer, &order, &wish, "refund-1").await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.answers(&reference, "refund").await, "timeout_after status");
    let order = world.order(&ida, &order).await;
    assert_eq!((&order["refunds"][0]["status"], &order["needs_attention"]), (&json!("done"), &json!(null)));
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_was_done_unheard_is_not_sent_again_under_a_new_key() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    world
        .faults(json!([
            { "on": "refund", "do": "timeout_after", "times": 1 },
            { "on": "refund", "do": "status", "status": 400, "code": "6250", "times": 1 },
        ]))
        .await;
    let wish = json!({ "amount": "100", "reason": "a broken chair" });
    world.refund(&treasurer, &order, &wish, "refund-1").await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
    assert_eq!(world.order(&ida, &order).await["refunds"][0]["status"], "done");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_went_back_unheard_alarms_nobody_when_its_repeat_is_refused() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    world.pays_for_a_seat(&ida, &event).await;
    let reference = world.reference(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    world
        .faults(json!([
            { "on": "refund", "do": "error_after", "times": 1 },
            { "on": "refund", "do": "status", "status": 400, "code": "6110" },
        ]))
        .await;
    let removed = world.delete(&admin, &format!("/events/{event}/registrations/{}?refund=full", ida.id)).await;
    assert_eq!(removed.status, 204);
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended removed REFUND");
    assert_eq!(world.order(&ida, &order).await["needs_attention"], json!(null));
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_is_refused_moves_nothing_and_tells_a_person() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let treasurer = world.treasurer().await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    world.faults(json!([{ "on": "refund", "do": "status", "status": 400, "code": "6110", "times": 1 }])).await;
    let wish = json!({ "amount": "100", "reason": "a broken chair" });
    let refused = world.refund(&treasurer, &order, &wish, "refund-1").await;
    assert!([200, 202].contains(&refused.status), "{}", refused.text);
    world.settle().await;
    let after = world.order(&ida, &order).await;
    assert_eq!(after["refunds"][0]["status"], "refused");
    assert_eq!(after["needs_attention"]["reason"], "refund_refused");
    assert_eq!(world.refund(&treasurer, &order, &wish, "refund-2").await.status, 200);
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_off_while_the_bank_is_thinking_gets_the_money_back() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({ "paid_information": { "price": "2.01", "paytime": "02:00:00" } });
    let event = world.event(&organizer, 1, paid).await;
    let ida = world.person("ida").await;
    let reference = world.opens_a_payment(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    world.pass(TimeDelta::minutes(59)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn INITIATE");
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended withdrawn VOID");
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 201 cancelled 201");
    world.end().await;
}
