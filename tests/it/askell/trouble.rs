//! Calls without an answer, lost webhooks, and forged ones: a card is charged exactly once.

use chrono::TimeDelta;
use serde_json::json;

use super::Iceland;

/// Plans a fault on making payments, presses, and lets time pass until it is over; how often Áskell was asked to charge.
async fn charges_once(how: &str, minutes: i64) -> usize {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "good").await;
    world.faults(json!([{ "on": "create", "do": how, "times": 1 }])).await;
    iceland.presses(&ida, &event).await;
    // Whoever presses again in doubt is not charged again, and reads so where Áskell's webhook came first.
    let again = world.pay(&ida, &world.order_id(&ida, &event).await).await;
    assert!(again.status == 200 || again.json["code"] == "already_paid", "{}", again.text);
    world.pass(TimeDelta::minutes(minutes)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 0"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    let calls = world.calls_to(&world.reference(&ida, &event).await, "POST", "/payments/").await;
    iceland.world.end().await;
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_whose_answer_was_lost_is_found_again_and_never_repeated() {
    for how in ["timeout_after", "error_after"] {
        assert_eq!(charges_once(how, 2).await, 1, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_that_never_arrived_is_sent_again_once_its_absence_is_proven() {
    for how in ["timeout_before", "error_before"] {
        assert_eq!(charges_once(how, 15).await, 2, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_again_while_the_list_cannot_be_read() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "good").await;
    world
        .faults(json!([{ "on": "create", "do": "timeout_before", "times": 1 }, { "on": "list", "do": "error_before" }]))
        .await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::minutes(60)).await;
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.calls_to(&reference, "POST", "/payments/").await, 1);
    // The deadline passes: the seat stays held, since nobody knows.
    world.pass(TimeDelta::minutes(65)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(world.calls_to(&reference, "POST", "/payments/").await, 1);
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.attempts(&ida, &event).await, "abandoned");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_found_behind_many_others() {
    let iceland = Iceland::begin().await;
    let event = iceland.event(0).await;
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        iceland.pays(name, &event).await;
    }
    let world = &iceland.world;
    let ida = iceland.registers("ida", &event, "good").await;
    world.faults(json!([{ "on": "create", "do": "timeout_after", "times": 1 }])).await;
    iceland.presses(&ida, &event).await;
    // More come before anybody looks.
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 0"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_webhooks_of_askell_are_made_up_for_by_polling() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "slow").await;
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::minutes(12)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_without_an_answer_is_looked_at_and_not_repeated() {
    for (how, charged) in [("timeout_after", "settled 1"), ("timeout_before", "failed 0")] {
        let iceland = Iceland::begin().await;
        let (world, event) = (&iceland.world, iceland.event(1).await);
        let ida = iceland.registers("ida", &event, "declined_once").await;
        iceland.presses(&ida, &event).await;
        world.pass(TimeDelta::seconds(10)).await;
        world.faults(json!([{ "on": "retry", "do": how, "times": 1 }])).await;
        iceland.presses(&ida, &event).await;
        world.pass(TimeDelta::seconds(10)).await;
        assert_eq!(iceland.charged(&ida).await, [charged], "{how}");
        world.pass(TimeDelta::minutes(60)).await;
        assert_eq!(iceland.charged(&ida).await, ["settled 1"], "{how}");
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        iceland.world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_without_an_answer_gives_the_money_back_once() {
    for how in ["timeout_after", "timeout_before", "error_after"] {
        let iceland = Iceland::begin().await;
        let (world, event) = (&iceland.world, iceland.event(1).await);
        let ida = iceland.pays("ida", &event).await;
        world.faults(json!([{ "on": "refund", "do": how, "times": 1 }])).await;
        iceland.refunds(&ida, &event, serde_json::Value::Null, "all").await;
        world.pass(TimeDelta::minutes(5)).await;
        assert_eq!(iceland.charged(&ida).await, ["settled 0 back"], "{how}");
        assert_eq!(world.seen(&ida, &event).await, "confirmed REFUND");
        iceland.world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_comes_after_a_charge_was_given_up_goes_back() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "declined").await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::minutes(125)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    // Somebody charges the card in the portal, and the webhook is lost.
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    let reference = world.reference(&ida, &event).await;
    iceland.act(&reference, "settle").await;
    world.pass(TimeDelta::hours(30)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 4 back"]);
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid REFUND");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_askell_is_only_a_hint_and_only_with_its_signature() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "slow").await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    let reference = world.reference(&ida, &event).await;
    let url = format!("{}/webhooks/askell/{}", world.url(), iceland.unit);
    let path = format!("/sales-units/{}/webhooks", iceland.unit);
    let listed = world.get(&iceland.admin, &path).await;
    assert_eq!(listed.json["results"][0]["url"], url, "{}", listed.text);
    // Another registration to the same address would show its secret to nobody here: forged ones are refused.
    let body = format!(r#"{{"event":"payment.changed","data":{{"reference":"{reference}","state":"settled"}}}}"#);
    for signature in ["", "aGVs", &"A".repeat(88)] {
        let request = world.client.post(&url).header("Hook-HMAC", signature).header("content-type", "application/json");
        assert_eq!(world.send(request.body(body.clone())).await.status, 401, "{signature}");
    }
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.count("strange_bells", "1 = 1").await, 0);
    world.pass(TimeDelta::minutes(12)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    // It was heard.
    let listed = world.get(&iceland.admin, &path).await;
    assert!(listed.json["results"][0]["own"]["last_heard_at"].is_string(), "{}", listed.text);
    iceland.world.end().await;
}
