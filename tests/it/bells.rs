//! Bells: webhooks as they come in real life, the return page, and "ask now". All of them only say that something may
//! have happened; what did is always asked.

use chrono::TimeDelta;
use plass::domain::ids::{OrderId, SalesUnitId};
use plass::vipps::signature::sign;
use serde_json::{Value, json};

use crate::support::people::{Reply, text};
use crate::support::world::{Person, World};

const DATE: &str = "Fri, 15 Jan 2027 08:00:00 GMT";

/// Posts a webhook with these signature headers.
async fn post_signed(world: &World, body: &[u8], content_sha256: &str, authorization: &str) -> Reply {
    let request = world.client.post(format!("{}/webhooks/vipps", world.url())).header("x-ms-date", DATE);
    let request = request.header("x-ms-content-sha256", content_sha256).header("authorization", authorization);
    world.send(request.header("content-type", "application/json").body(body.to_vec())).await
}

/// Posts a webhook signed as the provider signs ours.
async fn post_as_provider(world: &World, body: &[u8]) -> Reply {
    let hooks = world.webhooks().await;
    let (url, secret) = (hooks[0]["url"].as_str().unwrap(), hooks[0]["secret"].as_str().unwrap());
    let signed = sign(url, DATE, body, secret).unwrap();
    post_signed(world, body, &signed.content_sha256, &signed.authorization).await
}

fn authorized(reference: &str, value: i64) -> Vec<u8> {
    let event = json!({
        "msn": "123456", "reference": reference, "pspReference": "x", "name": "AUTHORIZED", "success": true,
        "amount": { "currency": "NOK", "value": value }, "timestamp": "2027-01-15T08:00:00Z", "idempotencyKey": null,
    });
    event.to_string().into_bytes()
}

/// Somebody who stands in the provider's app and has not approved yet.
async fn payer(world: &World, name: &str, event: &str) -> (Person, String) {
    let person = world.person(name).await;
    assert_eq!(world.sign_up(&person, event).await.status, 201);
    world.settle().await;
    let order = world.order_id(&person, event).await;
    assert_eq!(world.pay(&person, &order).await.status, 200);
    let reference = world.reference(&person, event).await;
    (person, reference)
}

async fn paid_event(world: &World, seats: i64) -> String {
    let organizer = world.organizer().await;
    world.paid_event(&organizer, seats).await
}

async fn webhook_fault(world: &World, mut fault: Value) {
    fault["on"] = json!("webhook");
    world.faults(json!([fault])).await;
}

async fn sync(world: &World, who: &Person, event: &str) -> Reply {
    let order = world.order_id(who, event).await;
    world.post(who, &format!("/orders/{order}/sync"), &json!({})).await
}

// ---- our registration

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_registers_one_webhook_and_seals_its_secret() {
    let mut world = World::begin().await;
    let hooks = world.webhooks().await;
    assert_eq!(hooks.len(), 1);
    assert_eq!(hooks[0]["url"], format!("{}/webhooks/vipps", world.url()));
    assert_eq!(hooks[0]["events"].as_array().unwrap().len(), 8);
    let known = world.app.store.read(|tx| Ok(tx.webhook_registrations(SalesUnitId::HOUSE)?)).await.unwrap();
    let secret = text_of(&hooks[0], "secret");
    assert_eq!((known.len(), known[0].id.as_str()), (1, text_of(&hooks[0], "id")));
    assert!(!known[0].secret_sealed.windows(secret.len()).any(|part| part == secret.as_bytes()));
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.webhooks().await, hooks);
    world.kill().await;
    world.start_again().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.webhooks().await, hooks);
    world.end().await;
}

fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_is_gone_at_the_provider_is_renewed() {
    let world = World::begin().await;
    let before = world.webhooks().await;
    world.app.vipps.delete_webhook(text_of(&before[0], "id")).await.unwrap();
    world.pass(TimeDelta::hours(1)).await;
    let after = world.webhooks().await;
    assert_eq!(after.len(), 1);
    assert_ne!(after[0]["id"], before[0]["id"]);
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_whose_secret_nobody_knows_goes_and_others_stay() {
    let world = World::begin().await;
    let own = world.webhooks().await;
    let url = format!("{}/webhooks/vipps", world.url());
    world.app.vipps.register_webhook(&url).await.unwrap();
    world.app.vipps.register_webhook("http://127.0.0.1:9/cash-register").await.unwrap();
    world.pass(TimeDelta::hours(1)).await;
    let left = world.webhooks().await;
    let urls: Vec<&str> = left.iter().map(|hook| text_of(hook, "url")).collect();
    assert_eq!(urls, [url.as_str(), "http://127.0.0.1:9/cash-register"]);
    assert_eq!(left[0]["id"], own[0]["id"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_whose_secret_cannot_be_opened_anymore_is_renewed() {
    let world = World::begin().await;
    let before = world.webhooks().await;
    let known = world.app.store.read(|tx| Ok(tx.webhook_registrations(SalesUnitId::HOUSE)?)).await.unwrap().remove(0);
    let sealed_elsewhere = world.app.store.change(move |tx| {
        let mut known = known.clone();
        tx.delete_webhook_registration(&known.id)?;
        known.key_id = "a key that was lost".to_owned();
        Ok(tx.insert_webhook_registration(&known)?)
    });
    sealed_elsewhere.await.unwrap();
    world.pass(TimeDelta::hours(1)).await;
    let after = world.webhooks().await;
    assert_eq!(after.len(), 1);
    assert_ne!(after[0]["id"], before[0]["id"]);
    assert_eq!(post_as_provider(&world, &authorized("nobody-knows-this", 1)).await.status, 200);
    world.end().await;
}

// ---- webhooks as they come

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_before_the_answer_to_our_create_opens_the_payment() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    world.faults(json!([{ "on": "create", "do": "timeout_after", "times": 1 }])).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &order).await["attempts"][0]["state"], "open");
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.calls_to(&reference, "POST", "/payments").await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_are_late_doubled_or_out_of_order_change_nothing() {
    for fault in [
        json!({ "do": "delay", "delay": "00:20:00" }),
        json!({ "do": "double" }),
        json!({ "do": "reorder", "delay": "00:00:30", "times": 1 }),
    ] {
        let world = World::begin().await;
        let event = paid_event(&world, 1).await;
        let (ida, reference) = payer(&world, "ida", &event).await;
        webhook_fault(&world, fault).await;
        world.does("approve", &reference).await;
        world.pass(TimeDelta::minutes(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        world.pass(TimeDelta::hours(1)).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        assert_eq!(world.calls_to(&reference, "POST", "/capture").await, 1);
        let order = world.order_id(&ida, &event).await;
        assert_eq!(world.order(&ida, &order).await["amounts"]["captured"], "250.00");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_webhook_is_made_up_for_by_polling() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    webhook_fault(&world, json!({ "do": "lose" })).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_return_page_is_a_bell() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    let link = text_of(&world.registration(&ida, &event).await["order"], "payment_link").to_owned();
    webhook_fault(&world, json!({ "do": "lose" })).await;
    world.does("approve", &reference).await;
    let page = world.visit("GET", &format!("{link}/return")).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    assert!(page.text.contains("Betalt. Du har plass!"), "{}", page.text);
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_asks_the_provider_now() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    webhook_fault(&world, json!({ "do": "lose" })).await;
    world.does("approve", &reference).await;
    // Whoever may read the order may ask; the money is reserved, and perhaps taken by now.
    let reply = sync(&world, &ida, &event).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(["RESERVED", "CAPTURE"].contains(&text(&reply, "status")), "{}", reply.text);
    let order = world.order_id(&ida, &event).await;
    let path = format!("/orders/{order}/sync");
    assert_eq!(world.post(&organizer, &path, &json!({})).await.status, 200);
    let stranger = world.person("stranger").await;
    assert_eq!(world.post(&stranger, &path, &json!({})).await.refusal(), (404, "not_found"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_says_so_when_the_provider_is_down_and_changes_nothing() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    webhook_fault(&world, json!({ "do": "lose" })).await;
    world.does("approve", &reference).await;
    let order = world.order_id(&ida, &event).await;
    let before = world.order(&ida, &order).await;
    world.faults(json!([{ "on": "get", "do": "status", "status": 503 }])).await;
    let reply = sync(&world, &ida, &event).await;
    assert_eq!(reply.refusal(), (503, "payment_provider_unavailable"));
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(world.order(&ida, &order).await, before);
    world.no_more_faults().await;
    // Back again a moment later: the next question is answered.
    let reply = sync(&world, &ida, &event).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bell_rung_during_a_look_is_not_lost() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    world.faults(json!([{ "on": "get", "do": "slow", "delay": "00:00:01", "times": 1 }])).await;
    let asked_before = world.calls_to(&reference, "GET", &reference).await;
    let approved_meanwhile = async {
        // The question is under way once the provider has noted it; its answer is from before the approval.
        while world.app.store.read(|tx| Ok(tx.next_rung_look_at()?)).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        while world.calls_to(&reference, "GET", &reference).await == asked_before {
            tokio::task::yield_now().await;
        }
        world.does("approve", &reference).await;
    };
    let (reply, ()) = tokio::join!(sync(&world, &ida, &event), approved_meanwhile);
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.settle().await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bell_rung_during_a_look_without_an_answer_is_not_put_off() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, _) = payer(&world, "ida", &event).await;
    let order: OrderId = serde_json::from_value(json!(world.order_id(&ida, &event).await)).unwrap();
    let (five_minutes, store) = (TimeDelta::minutes(5), &world.app.store);
    for (rings, asks_for, put_off) in [(true, 0, false), (true, 7, true), (false, 0, true)] {
        world.pass(TimeDelta::seconds(30)).await;
        let check_at = store.change(move |tx| {
            tx.ring(order)?;
            let look = tx.claim_look(order, five_minutes)?.expect("nobody else looks");
            if rings {
                tx.ring(order)?;
            }
            tx.postpone_look(&look, TimeDelta::seconds(asks_for))?;
            Ok(tx.order_by_id(order)?.and_then(|order| order.check_at).map(|at| at - tx.now()))
        });
        let pause = check_at.await.unwrap().expect("a look is planned");
        // One question a second, whoever rings.
        assert_eq!(pause > TimeDelta::seconds(1), put_off, "{rings} {asks_for} {pause}");
    }
    world.pass(TimeDelta::minutes(10)).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.end().await;
}

// ---- what is not believed

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_webhook_is_refused_and_asks_nothing() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (_, reference) = payer(&world, "ida", &event).await;
    let hooks = world.webhooks().await;
    let (url, secret) = (text_of(&hooks[0], "url"), text_of(&hooks[0], "secret"));
    let asked_before = world.calls_to(&reference, "GET", &reference).await;
    let body = authorized(&reference, 25_000);
    let good = sign(url, DATE, &body, secret).unwrap();
    let other_secret = sign(url, DATE, &body, "another secret").unwrap();
    let other_address = sign("https://example.org/webhooks/vipps", DATE, &body, secret).unwrap();
    for (body, sha256, authorization) in [
        (&body, &other_secret.content_sha256, other_secret.authorization.as_str()),
        (&body, &other_address.content_sha256, other_address.authorization.as_str()),
        (&body, &good.content_sha256, ""),
        (&body, &String::new(), good.authorization.as_str()),
        (&authorized(&reference, 1), &good.content_sha256, good.authorization.as_str()),
    ] {
        assert_eq!(post_signed(&world, body, sha256, authorization).await.refusal(), (401, "unauthenticated"));
    }
    assert_eq!(world.calls_to(&reference, "GET", &reference).await, asked_before);
    assert_eq!(post_as_provider(&world, &body).await.status, 200);
    assert_eq!(world.calls_to(&reference, "GET", &reference).await, asked_before + 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_only_a_hint() {
    let world = World::begin().await;
    let event = paid_event(&world, 1).await;
    let (ida, reference) = payer(&world, "ida", &event).await;
    for name in ["AUTHORIZED", "CAPTURED", "TERMINATED", "REFUNDED"] {
        let body = String::from_utf8(authorized(&reference, 1)).unwrap().replace("AUTHORIZED", name);
        assert_eq!(post_as_provider(&world, body.as_bytes()).await.status, 200);
        world.settle().await;
        assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    }
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &order).await["amounts"]["captured"], "250.00");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_about_unknown_payments_are_kept_up_to_a_cap() {
    let world = World::begin().await;
    assert_eq!(post_as_provider(&world, &authorized("from-the-shop", 1)).await.status, 200);
    assert_eq!(world.count("strange_bells", "reference = 'from-the-shop'").await, 1);
    let many = world.app.store.change(|tx| {
        for number in 0..1_000 {
            tx.hear_about(&format!("strange-{number}"), b"{}")?;
        }
        Ok(())
    });
    many.await.unwrap();
    assert_eq!(post_as_provider(&world, &authorized("the-newest", 1)).await.status, 200);
    assert_eq!(world.count("strange_bells", "1 = 1").await, 1_000);
    assert_eq!(world.count("strange_bells", "reference = 'from-the-shop'").await, 0);
    assert_eq!(world.count("strange_bells", "reference = 'the-newest'").await, 1);
    // A name that no database takes as it is.
    assert_eq!(post_as_provider(&world, &authorized("with-a-\0-in-it", 1)).await.status, 200);
    assert_eq!(world.count("strange_bells", "reference = 'with-a--in-it'").await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_has_room_and_a_limit() {
    let world = World::begin().await;
    let mut body = authorized("from-the-shop", 1);
    body.resize(200 * 1024, b' ');
    assert_eq!(post_as_provider(&world, &body).await.status, 200);
    assert_eq!(post_as_provider(&world, b"not json at all").await.status, 200);
    let too_long = vec![b' '; 256 * 1024 + 1];
    assert_eq!(post_as_provider(&world, &too_long).await.refusal(), (413, "body_too_large"));
    let reply = world.visit("GET", &format!("{}/webhooks/vipps", world.url())).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
    world.end().await;
}
