//! The Vipps client against a server that answers by script: every header, every way an answer can fail, and what each
//! means for money.
#![expect(clippy::unwrap_used, reason = "a test server that cannot start fails its test")]

mod any_answer;
mod described;
mod ecom;
pub(crate) mod server;

use std::io::Write;
use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use plass::clock::{Clock, at_millis};
use plass::domain::ids::{PaymentId, Reference, UserId};
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::snapshot::ProviderState;
use plass::vipps::epayment::{Epayment, EpaymentSettings};
use plass::vipps::{Approach, Created, NewPayment, PaymentProvider, ProviderError};

use uuid::Uuid;

use server::{Reply, Request, Server, TOKEN, answer};

const REFERENCE: &str = "plass-0123456789";
const PAYMENT: &str = r#"{"reference":"plass-0123456789","pspReference":"p","state":"CREATED","profile":{},
    "amount":{"currency":"NOK","value":100},"paymentMethod":{"type":"WALLET"},"redirectUrl":"https://pay.example/x",
    "aggregate":{"authorizedAmount":{"currency":"NOK","value":0},"capturedAmount":{"currency":"NOK","value":0},
    "refundedAmount":{"currency":"NOK","value":0},"cancelledAmount":{"currency":"NOK","value":0}}}"#;
const PROBLEM: &str = r#"{"title":"Bad Request","status":400,"detail":"No","traceId":"00-t",
    "extraDetails":[{"name":"ErrorCode","reason":"6080"}]}"#;

fn settings(base_url: &str) -> EpaymentSettings {
    EpaymentSettings {
        base_url: base_url.to_owned(),
        client_id: "the-id".to_owned(),
        client_secret: "the-secret=".to_owned(),
        subscription_key: "the-key".to_owned(),
        merchant_serial_number: "123456".to_owned(),
        system_name: "plass".to_owned(),
        system_version: "0.1.0".to_owned(),
        plugin_name: "a name that is longer than thirty letters".to_owned(),
        plugin_version: "0.2.0".to_owned(),
        timeout: EpaymentSettings::TIMEOUT,
        connect_timeout: EpaymentSettings::CONNECT_TIMEOUT,
        calls_at_once: 4,
    }
}

fn client_of(server: &Server) -> Epayment {
    Epayment::new(settings(&server.base_url()), Clock::still(at_millis(0))).unwrap()
}

fn reference() -> PaymentId {
    Reference(REFERENCE.to_owned()).into()
}

fn kroner(kroner: i64) -> Money {
    Money { amount: Ore(kroner * 100), currency: Currency::Nok }
}

/// The outcome of a call in a word or two.
fn told<T>(outcome: Result<T, ProviderError>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(ProviderError::Refused { status, code, .. }) => {
            format!("refused {status} {}", code.as_deref().unwrap_or("-"))
        }
        Err(ProviderError::Unavailable { retry_after: None, .. }) => "unavailable".to_owned(),
        Err(ProviderError::Unavailable { retry_after: Some(wait), .. }) => {
            format!("unavailable for {} s", wait.num_seconds())
        }
        Err(ProviderError::Unknown { .. }) => "unknown".to_owned(),
    }
}

/// What a get, a create and a capture make of the same reply.
#[track_caller]
fn check(reply: Reply, [get, create, capture]: [&str; 3]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(async {
        let server = Server::always(reply);
        let client = client_of(&server);
        let get = match client.get(&reference()).await {
            Ok(None) => "none".to_owned(),
            outcome => told(outcome),
        };
        let create = told(client.create(&reference(), "{}", "k").await);
        // A refused token is fetched again, so a 401 does not end the client.
        let capture = told(client.capture(&reference(), kroner(1), "k").await);
        assert_eq!(server.seen().len() - server.token_calls(), 3, "each call is tried once");
        [get, create, capture]
    });
    assert_eq!(outcomes, [get, create, capture]);
}

#[test]
fn a_success_is_read_where_its_body_matters() {
    check(answer(200, PAYMENT), ["ok", "ok", "ok"]);
    for body in ["", "<html>", "{}", "{\"reference\":\"another-one\"}"] {
        check(answer(200, body), ["unknown", "unknown", "ok"]);
    }
    check(answer(200, &PAYMENT.replace("CREATED", "SOMETHING_NEW")), ["unknown", "ok", "ok"]);
    check(answer(200, &PAYMENT.replace("\"value\":100}", "\"value\":100.5}")), ["unknown", "ok", "ok"]);
    check(answer(204, ""), ["unknown", "unknown", "ok"]);
}

#[test]
fn every_status_has_its_meaning() {
    check(answer(400, PROBLEM), ["refused 400 6080", "refused 400 6080", "refused 400 6080"]);
    check(answer(400, "what?"), ["refused 400 -", "refused 400 -", "refused 400 -"]);
    check(answer(404, PROBLEM), ["none", "refused 404 6080", "refused 404 6080"]);
    check(answer(404, ""), ["none", "refused 404 -", "refused 404 -"]);
    check(answer(404, "<html>"), ["unavailable for 7 s", "refused 404 -", "refused 404 -"]);
    check(answer(409, PROBLEM), ["refused 409 6080", "unknown", "refused 409 6080"]);
    for status in [401, 403, 423, 429] {
        check(answer(status, PROBLEM), ["unavailable for 7 s"; 3]);
    }
    for status in [408, 500, 502, 503] {
        check(answer(status, PROBLEM), ["unavailable for 7 s", "unknown", "unknown"]);
    }
    // A redirect is not followed: it could lead the credentials elsewhere.
    let redirect = b"HTTP/1.1 307 X\r\nConnection: close\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_vec();
    check(Reply::Bytes(redirect), ["unavailable", "unknown", "unknown"]);
}

#[test]
fn an_answer_that_breaks_off_may_mean_anything() {
    check(Reply::Bytes(Vec::new()), ["unknown"; 3]);
    check(Reply::Bytes(b"HTTP/1.1 20".to_vec()), ["unknown"; 3]);
    check(Reply::Bytes(b"nonsense\r\n\r\n".to_vec()), ["unknown"; 3]);
    let half = |status| format!("HTTP/1.1 {status} X\r\nContent-Length: 9999\r\n\r\n{{\"reference\"").into_bytes();
    // The status of a success already told that the money was moved.
    check(Reply::Bytes(half(200)), ["unknown", "unknown", "ok"]);
    check(Reply::Bytes(half(400)), ["unknown"; 3]);
    check(Reply::Bytes(half(503)), ["unavailable", "unknown", "unknown"]);
}

#[test]
fn bodies_without_end_or_of_another_charset_do_no_harm() {
    let huge = format!("{}{PAYMENT}", " ".repeat(300 * 1024));
    check(answer(200, &huge), ["unknown", "unknown", "ok"]);
    check(answer(400, &huge), ["refused 400 -", "refused 400 -", "refused 400 -"]);
    let latin = |status, body: &str| {
        let mut bytes = format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend(body.bytes().map(|byte| if byte == b'~' { 0xf8 } else { byte }));
        Reply::Bytes(bytes)
    };
    check(latin(200, &PAYMENT.replace("{}", "{\"name\":\"S~ren\"}")), ["ok"; 3]);
    check(latin(400, &PROBLEM.replace("\"No\"", "\"Bel~p\"")), ["refused 400 6080"; 3]);
}

#[tokio::test]
async fn a_slow_answer_is_unknown() {
    let server = Server::always(Reply::Silence);
    let impatient = EpaymentSettings { timeout: Duration::from_millis(500), ..settings(&server.base_url()) };
    let client = Epayment::new(impatient, Clock::still(at_millis(0))).unwrap();
    assert_eq!(told(client.capture(&reference(), kroner(1), "k").await), "unknown");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_call_that_never_left_is_unavailable() {
    // Nobody listens on the first port.
    let client = Epayment::new(settings("http://127.0.0.1:1"), Clock::still(at_millis(0))).unwrap();
    assert_eq!(told(client.capture(&reference(), kroner(1), "k").await), "unavailable");

    // Also when there is a token, and the connection fails only then: the server is gone after one answer.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let gone = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        Request::read(&mut stream).unwrap();
        let head = format!("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", TOKEN.len());
        stream.write_all(format!("{head}{TOKEN}").as_bytes()).unwrap();
    });
    let client = Epayment::new(settings(&format!("http://{address}")), Clock::still(at_millis(0))).unwrap();
    assert_eq!(told(client.capture(&reference(), kroner(1), "k").await), "unavailable");
    gone.join().unwrap();
}

#[tokio::test]
async fn a_turn_that_never_comes_is_unavailable() {
    let server = Server::always(Reply::Silence);
    let impatient =
        EpaymentSettings { timeout: Duration::from_millis(500), calls_at_once: 1, ..settings(&server.base_url()) };
    let client = Epayment::new(impatient, Clock::still(at_millis(0))).unwrap();
    let (capture, wait) = (kroner(1), reference());
    let calls = join_all((0..3).map(|_| client.capture(&wait, capture, "k"))).await;
    let outcomes: Vec<String> = calls.into_iter().map(told).collect();
    assert_eq!(outcomes[0], "unknown");
    assert!(outcomes.contains(&"unavailable".to_owned()), "{outcomes:?}");
}

#[tokio::test]
async fn one_fetch_gives_the_token_to_all_for_its_whole_life() {
    let server = Server::always(answer(200, PAYMENT));
    let clock = Clock::still(at_millis(0));
    let client =
        Epayment::new(EpaymentSettings { calls_at_once: 16, ..settings(&server.base_url()) }, clock.clone()).unwrap();
    let wanted = reference();
    let all = join_all((0..16).map(|_| client.get(&wanted))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(server.token_calls(), 1);
    // Domain time is not its time; and it is renewed three minutes before its hour is over.
    clock.advance(TimeDelta::days(30));
    clock.advance_machine(TimeDelta::minutes(56));
    client.get(&wanted).await.unwrap();
    assert_eq!(server.token_calls(), 1);
    clock.advance_machine(TimeDelta::minutes(1));
    client.get(&wanted).await.unwrap();
    assert_eq!(server.token_calls(), 2);
}

#[tokio::test]
async fn a_fetch_that_fails_fails_for_all_who_waited_and_is_tried_again_by_the_next() {
    for (status, body) in [(401, r#"{"error":"unauthorized_client"}"#), (500, ""), (429, ""), (200, "{}")] {
        let server = Server::start(move |_| answer(status, body));
        let client = Epayment::new(
            EpaymentSettings { calls_at_once: 8, ..settings(&server.base_url()) },
            Clock::still(at_millis(0)),
        )
        .unwrap();
        let wanted = reference();
        for fetches in 1..=2 {
            let all = join_all((0..8).map(|_| client.capture(&wanted, kroner(1), "k"))).await;
            let expected = if status == 200 { "unavailable" } else { "unavailable for 7 s" };
            assert!(all.into_iter().all(|outcome| told(outcome) == expected), "{status}");
            assert_eq!((server.seen().len(), server.token_calls()), (fetches, fetches), "{status}");
        }
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_used_again() {
    let tokens = Mutex::new(0);
    let server = Server::start(move |request| {
        if request.is_for_token() {
            let mut tokens = tokens.lock().unwrap();
            *tokens += 1;
            answer(200, &TOKEN.replace("aaa", &format!("t{tokens}")))
        } else if request.header("authorization") == Some("Bearer t1.bbb.ccc") {
            answer(401, r#"{"statusCode":401,"message":"Expired"}"#)
        } else {
            answer(200, PAYMENT)
        }
    });
    let client = client_of(&server);
    assert_eq!(told(client.get(&reference()).await), "unavailable for 7 s");
    assert_eq!(told(client.get(&reference()).await), "ok");
    assert_eq!((server.token_calls(), server.seen().len()), (2, 4));
}

#[tokio::test]
async fn every_call_carries_its_headers_and_only_changes_a_key() {
    let server = Server::always(answer(200, PAYMENT));
    let client = client_of(&server);
    let wanted = reference();
    client.create(&wanted, "{}", "key-1").await.unwrap();
    client.get(&wanted).await.unwrap();
    client.capture(&wanted, kroner(2), "key-2").await.unwrap();
    client.refund(&wanted, kroner(1), "key-3").await.unwrap();
    client.close(&wanted, "key-4").await.unwrap();
    client.release(&wanted, "key-5").await.unwrap();
    client.delete_webhook("the/id").await.unwrap();
    // These two have other answers than a payment; what they send is what counts here.
    told(client.events(&wanted).await);
    told(client.webhooks().await);
    let seen = server.seen();
    let system = [
        ("ocp-apim-subscription-key", "the-key"),
        ("merchant-serial-number", "123456"),
        ("content-type", "application/json"),
        ("vipps-system-name", "plass"),
        ("vipps-system-version", "0.1.0"),
        ("vipps-system-plugin-name", "a name that is longer than thi"),
        ("vipps-system-plugin-version", "0.2.0"),
    ];
    for request in &seen {
        for (name, value) in system {
            assert_eq!(request.header(name), Some(value), "{name} of {}", request.line);
        }
        let is_token = request.is_for_token();
        assert_eq!(request.header("client_id"), is_token.then_some("the-id"));
        assert_eq!(request.header("client_secret"), is_token.then_some("the-secret="));
        assert_eq!(request.header("authorization"), (!is_token).then_some("Bearer aaa.bbb.ccc"));
        let changes = !is_token && !request.line.starts_with("GET ");
        assert_eq!(request.header("idempotency-key").is_some(), changes, "{}", request.line);
        // A POST without a body says so: some gateways refuse it otherwise.
        assert_eq!(request.header("content-length").is_some(), !request.line.starts_with("GET "), "{}", request.line);
    }
    let sent: Vec<(&str, &str)> =
        seen.iter().map(|request| (request.line.trim_end_matches(" HTTP/1.1"), request.body.as_str())).collect();
    assert_eq!(
        sent,
        [
            ("POST /accesstoken/get", ""),
            ("POST /epayment/v1/payments", "{}"),
            ("GET /epayment/v1/payments/plass-0123456789", ""),
            (
                "POST /epayment/v1/payments/plass-0123456789/capture",
                r#"{"modificationAmount":{"currency":"NOK","value":200}}"#
            ),
            (
                "POST /epayment/v1/payments/plass-0123456789/refund",
                r#"{"modificationAmount":{"currency":"NOK","value":100}}"#
            ),
            ("POST /epayment/v1/payments/plass-0123456789/cancel", r#"{"cancelTransactionOnly":true}"#),
            ("POST /epayment/v1/payments/plass-0123456789/cancel", ""),
            ("DELETE /webhooks/v1/webhooks/the%2Fid", ""),
            ("GET /epayment/v1/payments/plass-0123456789/events", ""),
            ("GET /webhooks/v1/webhooks", ""),
        ]
    );
    assert_eq!(seen.iter().filter_map(|request| request.header("idempotency-key")).nth(1), Some("key-2"));
}

#[tokio::test]
async fn a_stored_body_is_sent_byte_for_byte() {
    let server =
        Server::always(answer(201, r#"{"reference":"plass-0123456789","redirectUrl":"https://pay.example/x"}"#));
    let client = client_of(&server);
    let composed = client.compose(&NewPayment {
        reference: reference().reference,
        price: kroner(250),
        description: "Vårfest \u{1f389}".to_owned(),
        approach: Approach::Web,
        return_url: "https://plass.example/back".to_owned(),
        merchant_serial_number: "123456".to_owned(),
        callback_prefix: String::new(),
        payer: UserId(Uuid::nil()),
    });
    let odd = " { \"b\":1,\n\t\"a\" : 1.0, \"ø\":\"\\u00f8\" } ".to_owned();
    for body in [composed, odd] {
        let created = client.create(&reference(), &body, "k").await.unwrap();
        assert_eq!(created, Created { redirect_url: Some("https://pay.example/x".to_owned()), provider_id: None });
        assert_eq!(server.seen().last().unwrap().body, body);
    }
}

#[tokio::test]
async fn a_payment_is_seen_as_it_stands() {
    let server = Server::always(answer(200, PAYMENT));
    let snapshot = client_of(&server).get(&reference()).await.unwrap().unwrap();
    assert_eq!((snapshot.state, snapshot.price), (ProviderState::Created, Ore(100)));
    assert_eq!(snapshot.redirect_url.as_deref(), Some("https://pay.example/x"));
}

#[tokio::test]
async fn webhooks_are_registered_for_every_event_and_listed() {
    let server = Server::start(|request| {
        if request.is_for_token() {
            answer(200, TOKEN)
        } else if request.line.starts_with("POST ") {
            answer(201, r#"{"id":"w1","secret":"s=="}"#)
        } else {
            answer(200, r#"{"webhooks":[{"id":"w1","url":"https://a.no/x","events":["e"],"new":1}]}"#)
        }
    });
    let client = client_of(&server);
    assert_eq!(client.register_webhook("https://a.no/x").await.unwrap(), ("w1".to_owned(), "s==".to_owned()));
    let sent: serde_json::Value = serde_json::from_str(&server.seen().last().unwrap().body).unwrap();
    assert_eq!((sent["url"].as_str(), sent["events"].as_array().unwrap().len()), (Some("https://a.no/x"), 8));
    let listed = client.webhooks().await.unwrap();
    assert_eq!((listed[0].id.as_str(), listed[0].url.as_str(), listed.len()), ("w1", "https://a.no/x", 1));
    let silent = Server::always(answer(201, "{}"));
    assert_eq!(told(client_of(&silent).register_webhook("https://a.no/x").await), "unknown");
}

#[tokio::test]
async fn the_log_of_a_payment_is_told_oldest_first() {
    let line = |name: &str, second: u8| {
        format!(
            r#"{{"reference":"r","pspReference":"p-{name}","name":"{name}","amount":{{"currency":"NOK","value":100}},
                "timestamp":"2026-01-01T12:00:0{second}Z","success":true}}"#
        )
    };
    let body = format!("[{},{}]", line("AUTHORIZED", 5), line("CREATED", 1));
    let lines = client_of(&Server::always(answer(200, &body))).events(&reference()).await.unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED"]);
    let gone = Server::always(answer(404, PROBLEM));
    assert_eq!(told(client_of(&gone).events(&reference()).await), "refused 404 6080");
}
