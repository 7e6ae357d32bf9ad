//! The client for eCom against a server that answers by script: what it sends is what Vipps describes, and what each answer
//! means for money.

use plass::clock::{Clock, at_millis};
use plass::domain::effect::{EffectKind, provider_key};
use plass::domain::ids::UserId;
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::snapshot::ProviderState;
use plass::vipps::ecom::{Ecom, meaning};
use plass::vipps::{Approach, CallbackToken, Created, Meaning, NewPayment, PaymentProvider};
use serde_json::Value;
use uuid::Uuid;

use super::server::{Reply, Server, TOKEN, answer};
use super::{REFERENCE, kroner, reference, settings, told};
use crate::openapi_check::{Spec, assert_matches};

fn client_of(server: &Server) -> Ecom {
    Ecom::new(settings(&server.base_url()), CallbackToken::of(b"the token"), Clock::still(at_millis(0))).unwrap()
}

fn initiate(currency: Currency) -> NewPayment {
    NewPayment {
        reference: reference().reference,
        price: Money { amount: Ore(25_000), currency },
        description: "Et veldig langt navn på en fest ".repeat(9),
        approach: Approach::Web,
        return_url: "https://plass.example/pay/x/return".to_owned(),
        merchant_serial_number: "123456".to_owned(),
        callback_prefix: "https://plass.example/webhooks/vipps/unit".to_owned(),
        payer: UserId(Uuid::nil()),
    }
}

/// The answer to a question, written oldest first: operation, success, øre.
fn details(lines: &[(&str, bool, i64)]) -> String {
    let line = |(operation, success, amount): &(&str, bool, i64)| {
        serde_json::json!({
            "operation": operation, "operationSuccess": success, "amount": amount, "requestId": "",
            "transactionId": "5001420062", "transactionText": "x", "timeStamp": "2026-02-02T12:00:00.000Z",
        })
    };
    let history: Vec<Value> = lines.iter().rev().map(line).collect();
    let told = serde_json::json!({ "orderId": REFERENCE, "transactionLogHistory": history });
    assert_matches("TransactionDetails", Spec::Ecom, &told);
    told.to_string()
}

fn error(code: &str) -> String {
    let told = serde_json::json!([{ "errorGroup": "Payment", "errorCode": code, "errorMessage": "No" }]);
    assert_matches("ErrorArray", Spec::Ecom, &told);
    told.to_string()
}

/// Gives out tokens, these details, and this to every change.
fn server_of(details: String, change: Reply) -> Server {
    Server::start(move |request| {
        if request.is_for_token() {
            answer(200, TOKEN)
        } else if request.line.starts_with("GET ") {
            answer(200, &details)
        } else {
            change.clone()
        }
    })
}

#[tokio::test]
async fn what_the_client_sends_over_ecom_is_what_vipps_describes() {
    let server = server_of(details(&[("INITIATE", true, 25_000)]), answer(200, "{}"));
    let client = client_of(&server);
    let stored = client.compose(&initiate(Currency::Nok));
    assert!(!stored.contains("authToken"), "{stored}");
    assert_matches("InitiatePaymentCommand", Spec::Ecom, &serde_json::from_str(&stored).unwrap());
    told(client.create(&reference(), &stored, "create-1").await);
    let again = provider_key(EffectKind::Refund, Uuid::max(), Some(12));
    client.capture(&reference(), kroner(250), "capture-1").await.unwrap();
    client.refund(&reference(), kroner(100), &again).await.unwrap();
    client.close(&reference(), "close-1").await.unwrap();
    client.release(&reference(), "release-1").await.unwrap();
    let seen: Vec<_> = server.seen().into_iter().filter(|request| !request.is_for_token()).collect();
    let lines: Vec<&str> = seen.iter().map(|request| request.line.trim_end_matches(" HTTP/1.1")).collect();
    let path = format!("/ecomm/v2/payments/{REFERENCE}");
    assert_eq!(
        lines,
        [
            "POST /ecomm/v2/payments".to_owned(),
            format!("POST {path}/capture"),
            format!("POST {path}/refund"),
            format!("GET {path}/details"),
            format!("PUT {path}/cancel"),
            format!("PUT {path}/cancel"),
        ]
    );
    let bodies: Vec<Value> =
        seen.iter().map(|request| serde_json::from_str(&request.body).unwrap_or_default()).collect();
    for (place, schema) in [
        (0, "InitiatePaymentCommand"),
        (1, "PaymentActionsRequest"),
        (2, "PaymentActionsRequest"),
        (4, "CancelPaymentActionRequest"),
        (5, "CancelPaymentActionRequest"),
    ] {
        assert_matches(schema, Spec::Ecom, &bodies[place]);
    }
    assert_eq!(bodies[0]["merchantInfo"]["authToken"], CallbackToken::of(b"the token").as_str());
    assert_eq!(bodies[0]["merchantInfo"]["fallBack"], "https://plass.example/pay/x/return");
    assert!(bodies[0]["merchantInfo"]["merchantSerialNumber"].is_string());
    assert_eq!(bodies[0]["transaction"]["amount"], 25_000);
    // Only who gives money back touches what is left after a part was taken.
    assert_eq!(bodies[4]["shouldReleaseRemainingFunds"], Value::Null);
    assert_eq!(bodies[5]["shouldReleaseRemainingFunds"], true);
    let ids: Vec<&str> = seen.iter().filter_map(|request| request.header("x-request-id")).collect();
    assert_eq!((ids.len(), ids[0], ids[2], ids[3]), (4, "capture-1", "close-1", "release-1"));
    assert!(ids[1].len() <= 40 && ids[1].starts_with("f."), "{}", ids[1]);
    for request in &seen {
        assert_eq!(request.header("merchant-serial-number"), Some("123456"));
        assert_eq!(request.header("ocp-apim-subscription-key"), Some("the-key"));
        assert_eq!(request.header("authorization"), Some("Bearer aaa.bbb.ccc"));
        assert_eq!(request.header("idempotency-key"), None);
    }
}

#[tokio::test]
async fn kroner_are_all_that_is_ever_sent() {
    let server = server_of(String::new(), answer(200, "{}"));
    let client = client_of(&server);
    for currency in [Currency::Eur, Currency::Dkk] {
        let stored = client.compose(&initiate(currency));
        assert_eq!(told(client.create(&reference(), &stored, "k").await), "refused 400 -");
    }
    assert!(server.seen().is_empty());
}

/// What a get, a create and a capture make of the same answer.
async fn check(reply: Reply, expected: [&str; 3]) {
    let server = Server::always(reply);
    let client = client_of(&server);
    let get = match client.get(&reference()).await {
        Ok(None) => "none".to_owned(),
        outcome => told(outcome),
    };
    let stored = client.compose(&initiate(Currency::Nok));
    let create = told(client.create(&reference(), &stored, "k").await);
    let capture = told(client.capture(&reference(), kroner(1), "k").await);
    assert_eq!([get.as_str(), create.as_str(), capture.as_str()], expected);
    assert_eq!(server.seen().len() - server.token_calls(), 3, "each call is tried once");
}

#[tokio::test]
async fn every_answer_of_ecom_has_its_meaning() {
    check(answer(200, &details(&[("INITIATE", true, 100)])), ["ok"; 3]).await;
    check(answer(200, ""), ["unknown", "unknown", "ok"]).await;
    check(answer(400, &error("61")), ["refused 400 61"; 3]).await;
    // The order may be our own earlier try; that it is not there is known by the code alone.
    check(answer(400, &error("34")), ["refused 400 34", "unknown", "refused 400 34"]).await;
    check(answer(404, &error("35")), ["none", "refused 404 35", "refused 404 35"]).await;
    check(
        answer(404, r#"{"statusCode":404,"message":"Resource not found"}"#),
        ["unavailable for 7 s", "refused 404 -", "refused 404 -"],
    )
    .await;
    // Something broke on their side: it may have been done.
    check(answer(400, &error("99")), ["refused 400 99", "unknown", "unknown"]).await;
    check(answer(500, &error("99")), ["unavailable for 7 s", "unknown", "unknown"]).await;
    for status in [401, 403, 423, 429] {
        check(answer(status, &error("94")), ["unavailable for 7 s"; 3]).await;
    }
    check(Reply::Bytes(Vec::new()), ["unknown"; 3]).await;
}

#[test]
fn each_code_of_ecom_means_something() {
    use EffectKind::{Capture, Close, Refund, Release};
    for (kinds, codes, expected) in [
        (vec![Close, Capture, Release, Refund], vec!["94", "98"], Meaning::Busy),
        (vec![Close, Capture, Release, Refund], vec!["93"], Meaning::NotSo),
        (vec![Close, Capture, Release, Refund], vec!["99"], Meaning::Later),
        (vec![Close, Release], vec!["51", "52", "53", "62"], Meaning::NotSo),
        (vec![Capture], vec!["51", "61", "62"], Meaning::NotSo),
        (vec![Close, Capture, Release, Refund], vec!["95", "96", "35", "", "44"], Meaning::Final),
        (vec![Refund], vec!["71"], Meaning::Final),
    ] {
        for kind in kinds {
            for code in &codes {
                assert_eq!(meaning(kind, code), expected, "{kind:?} {code}");
            }
        }
    }
}

#[tokio::test]
async fn a_created_payment_has_its_address() {
    let good = format!(r#"{{"orderId":"{REFERENCE}","url":"https://pay.example/x"}}"#);
    assert_matches("PaymentInitiationResponse", Spec::Ecom, &serde_json::from_str(&good).unwrap());
    for (body, expected) in [(good.clone(), true), (good.replace(REFERENCE, "another-one"), false)] {
        let client = client_of(&Server::always(answer(200, &body)));
        let stored = client.compose(&initiate(Currency::Nok));
        let created = client.create(&reference(), &stored, "k").await;
        let url = Created { redirect_url: Some("https://pay.example/x".to_owned()), provider_id: None };
        assert_eq!(created.ok(), expected.then_some(url));
    }
}

#[tokio::test]
async fn only_a_session_that_nobody_approved_is_closed() {
    let begun = ("INITIATE", true, 100);
    for (log, closed, cancels) in [
        (vec![begun], "ok", 1),
        (vec![begun, ("RESERVE", false, 100)], "ok", 1),
        (vec![begun, ("CANCEL", true, 100)], "ok", 0),
        (vec![begun, ("RESERVE", true, 100)], "refused 409 approved", 0),
        (vec![begun, ("SALE", true, 100)], "refused 409 approved", 0),
    ] {
        let server = server_of(details(&log), answer(200, "{}"));
        let client = client_of(&server);
        assert_eq!(told(client.close(&reference(), "close-1").await), closed, "{log:?}");
        let sent = server.seen().iter().filter(|request| request.line.starts_with("PUT ")).count();
        assert_eq!(sent, cancels, "{log:?}");
    }
    assert_eq!(meaning(EffectKind::Close, "approved"), Meaning::NotSo);
    let unknown = client_of(&Server::always(answer(404, &error("35"))));
    assert_eq!(told(unknown.close(&reference(), "close-1").await), "refused 404 35");
}

#[tokio::test]
async fn a_payment_of_ecom_is_seen_as_its_log_tells() {
    let log =
        [("INITIATE", true, 25_000), ("RESERVE", true, 25_000), ("CAPTURE", false, 25_000), ("CAPTURE", true, 10_000)];
    let client = client_of(&Server::always(answer(200, &details(&log))));
    let snapshot = client.get(&reference()).await.unwrap().unwrap();
    assert_eq!((snapshot.state, snapshot.price), (ProviderState::Authorized, Ore(25_000)));
    assert_eq!((snapshot.amounts.authorized, snapshot.amounts.captured), (Ore(25_000), Ore(10_000)));
    let lines = client.events(&reference()).await.unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (line.psp_reference.as_str(), line.success)).collect();
    assert_eq!(
        lines,
        [("CREATED-1", true), ("AUTHORIZED-1", true), ("CAPTURED-failed-1", false), ("CAPTURED-1", true)]
    );
    // There is nothing to register, and nobody is asked.
    assert!(client.webhooks().await.unwrap().is_empty());
    assert_eq!(told(client.register_webhook("https://a.no/x").await), "refused 404 -");
}
