//! Webhooks that anybody can send: without the provider's signature each is refused, and with it none does more than ring.

use plass::vipps::signature::sign;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{any_text, check_all, runtime};
use crate::support::payments::ida_before_she_signs_up;
use crate::support::people::Reply;
use crate::support::world::World;

/// The parts of a webhook.
#[derive(Clone, Debug)]
struct Parts {
    date: String,
    sha: String,
    authorization: String,
    content_type: String,
    body: Vec<u8>,
}

/// A header's value: what a client can send at all.
fn header_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text().prop_map(|text| text.chars().filter(|letter| !letter.is_control()).collect()),
        Just("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=".to_owned()),
        Just("application/json".to_owned()),
        Just("x".repeat(3_000)),
    ]
}

/// Something like the body of a webhook, whole, with a value changed, or cut.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        any_text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({ "value": 1 })),
    ];
    let names = ["msn", "reference", "pspReference", "name", "amount", "timestamp", "idempotencyKey", "success"];
    let event = (prop::sample::select(names.to_vec()), value, any::<prop::sample::Index>(), any::<bool>());
    let like_one = event.prop_map(|(name, value, cut, whole)| {
        let mut event = json!({
            "msn": "123456", "reference": "plass-1", "pspReference": "x", "name": "AUTHORIZED", "success": true,
            "amount": { "currency": "NOK", "value": 25_000 }, "timestamp": "2027-01-15T08:00:00Z", "idempotencyKey": null,
        });
        event[name] = value;
        let text = event.to_string().into_bytes();
        let length = if whole { text.len() } else { cut.index(text.len()) };
        text[..length].to_vec()
    });
    prop_oneof![like_one, prop::collection::vec(any::<u8>(), 0..300)]
}

fn parts() -> impl Strategy<Value = Parts> {
    (header_value(), header_value(), header_value(), header_value(), body()).prop_map(
        |(date, sha, authorization, content_type, body)| Parts { date, sha, authorization, content_type, body },
    )
}

async fn send(world: &World, parts: &Parts) -> Reply {
    let request = world.client.post(format!("{}/webhooks/vipps", world.url()));
    let request = request
        .header("x-ms-date", &parts.date)
        .header("x-ms-content-sha256", &parts.sha)
        .header("authorization", &parts.authorization)
        .header("content-type", &parts.content_type);
    world.send(request.body(parts.body.clone())).await
}

#[test]
fn whatever_a_webhook_says_it_moves_no_money() {
    let runtime = runtime();
    let (world, event, ida, reference) = runtime.block_on(async {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let reference = world.opens_a_payment(&ida, &event).await;
        (world, event, ida, reference)
    });
    check_all(150, &parts(), |parts| {
        let reply = runtime.block_on(send(&world, &parts));
        assert_eq!(reply.refusal(), (401, "unauthenticated"), "{}", reply.text);
    });
    let hooks = runtime.block_on(world.webhooks());
    let (url, secret) = (hooks[0]["url"].as_str().unwrap(), hooks[0]["secret"].as_str().unwrap());
    check_all(150, &parts(), |mut parts| {
        parts.date = "Fri, 15 Jan 2027 08:00:00 GMT".to_owned();
        // The names that count are ours and nobody's.
        parts.body = String::from_utf8_lossy(&parts.body).replace("plass-1", &reference).into_bytes();
        let signed = sign(url, &parts.date, &parts.body, secret).unwrap();
        (parts.sha, parts.authorization) = (signed.content_sha256, signed.authorization);
        let reply = runtime.block_on(send(&world, &parts));
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    });
    runtime.block_on(async {
        world.settle().await;
        assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
        assert_eq!(world.at_provider(&reference).await, "CREATED");
        world.end().await;
    });
}
