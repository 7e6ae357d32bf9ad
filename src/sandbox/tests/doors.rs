//! The sandbox over HTTP: the provider's API, the landing page and the control port.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::guest::{Guest, REFERENCE};
use crate::sandbox::{Sandbox, SandboxError, Settings, stored_offset};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_from_its_creation_to_its_refund() {
    let guest = Guest::start().await;
    let created = guest.create(REFERENCE, 25_000).await;
    let landing = created["redirectUrl"].as_str().expect("a url");
    assert!(landing.starts_with(&format!("{}/landing?token=", guest.sandbox.url())), "{landing}");
    let approved = guest.control(Method::POST, &format!("/payments/{REFERENCE}/approve"), json!({})).await;
    assert_eq!((approved.0, approved.1["state"].as_str()), (200, Some("AUTHORIZED")));
    let path = format!("/epayment/v1/payments/{REFERENCE}");
    let amount = json!({"modificationAmount": {"currency": "NOK", "value": 25_000}});
    let captured = guest.post(&format!("/{path}/capture"), &amount, "capture-1").await;
    assert_eq!((captured.0, &captured.1["aggregate"]["capturedAmount"]["value"]), (200, &json!(25_000)));
    let refunded = guest.post(&format!("{path}/refund"), &amount, "refund-1").await;
    assert_eq!((refunded.0, &refunded.1["aggregate"]["refundedAmount"]["value"]), (200, &json!(25_000)));
    let calls = guest.control(Method::GET, &format!("/calls?reference={REFERENCE}"), Value::Null).await.1;
    let seen: Vec<Value> =
        calls["results"].as_array().expect("calls").iter().map(|call| call["status"].clone()).collect();
    assert_eq!(seen, [201, 200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_credentials_are_kept_out() {
    let guest = Guest::start().await;
    let url = |path: &str| format!("{}{path}", guest.sandbox.url());
    let token = guest.client.post(url("/accesstoken/get")).send().await.expect("an answer");
    assert_eq!(token.status(), StatusCode::UNAUTHORIZED);
    let body: Value = token.json().await.expect("json");
    assert_eq!(body["statusCode"], 401);
    let payment = url(&format!("/epayment/v1/payments/{REFERENCE}"));
    let bare = guest.client.get(&payment).header("Ocp-Apim-Subscription-Key", "key").send().await.expect("an answer");
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    guest.clock.advance_machine(TimeDelta::hours(1));
    assert_eq!(guest.get(&format!("/epayment/v1/payments/{REFERENCE}")).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_references_and_fields_are_named() {
    let guest = Guest::start().await;
    let (status, problem) = guest.get("/epayment/v1/payments/unknown-0001").await;
    assert_eq!((status, &problem["extraDetails"]), (404, &json!([{"name": "ErrorCode", "reason": "5090"}])));
    assert!(problem["traceId"].is_string());
    let (status, problem) = guest.post("/epayment/v1/payments", &json!({"surprise": 1}), "key-1").await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("surprise")));
    let (status, problem) = guest.post("/epayment/v1/payments", &Guest::order(REFERENCE, 100), "").await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("Idempotency-Key")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_is_played_with_plain_forms() {
    let guest = Guest::start().await;
    let landing = guest.create(REFERENCE, 25_000).await["redirectUrl"].as_str().expect("a url").to_owned();
    let token = landing.split('=').next_back().expect("a token").to_owned();
    let page = guest.page(&landing).await;
    assert!(page.contains("Sandkasse – ingen ekte penger") && page.contains("250,00\u{a0}kr"), "{page}");
    let page = guest.page(&format!("{landing}&language=en")).await;
    assert!(page.contains("Sandbox – no real money") && page.contains("250.00\u{a0}NOK") && page.contains("Julebord"));
    let (status, location, page) = guest.press(&token, "decline").await;
    assert_eq!((status, location), (200, None));
    assert!(page.contains("Kortet ble avvist"), "{page}");
    let (_, _, page) = guest.press(&token, "decline&language=en").await;
    assert!(page.contains("The card was refused") && page.contains("lang=\"en\""), "{page}");
    let (status, location, _) = guest.press(&token, "approve").await;
    assert_eq!((status, location.as_deref()), (303, Some("http://localhost/back")));
    let page = guest.page(&landing).await;
    assert!(page.contains("Godkjent. Pengene er reservert.") && !page.contains("<form"));
    let (status, _, page) = guest.press(&token, "cancel&language=en").await;
    assert_eq!(status, 200);
    assert!(page.contains("Approved. The money is reserved."));
    assert_eq!(guest.press("guessed", "approve").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_whose_card_was_refused_can_give_up() {
    let guest = Guest::start().await;
    let landing = guest.create(REFERENCE, 151).await["redirectUrl"].as_str().expect("a url").to_owned();
    let token = landing.split('=').next_back().expect("a token");
    let (status, _, page) = guest.press(token, "approve").await;
    assert!(status == 200 && page.contains("ikke nok penger på kontoen"));
    assert_eq!(guest.press(token, "cancel").await.1.as_deref(), Some("http://localhost/back"));
    assert!(guest.page(&landing).await.contains("Avbrutt av deg."));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_web_page_can_use_the_control_port() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    let url = format!("{}/control/payments/{REFERENCE}/approve", guest.sandbox.url());
    let as_form =
        guest.client.post(&url).header("Content-Type", "text/plain").body("{}").send().await.expect("an answer");
    assert_eq!(as_form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let rebound =
        guest.client.post(&url).header("Host", "evil.example:80").json(&json!({})).send().await.expect("an answer");
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    let rebound = guest.client.get(format!("{}/control/payments", guest.sandbox.url())).header("Host", "evil.example");
    assert_eq!(rebound.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    for name in ["localhost", "127.0.0.1:1", "[::1]:80", "[::1]"] {
        let request = guest.client.get(format!("{}/control/clock", guest.sandbox.url())).header("Host", name);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK, "{name}");
    }
    assert_eq!(guest.control(Method::GET, "/payments", Value::Null).await.1["results"][0]["state"], "CREATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_calls_say_what_is_wrong() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    for (path, body, expected) in [
        ("/payments/unknown-0001/approve", json!({}), 404),
        ("/payments/order-0001/dance", json!({}), 404),
        ("/payments/order-0001/capture", json!({}), 409),
        ("/payments/order-0001/capture", json!({"sum": 1}), 400),
        ("/payments/order-0001/approve", json!({"amount": 1}), 400),
        ("/clock", json!({"advance": "tomorrow"}), 400),
        ("/payments/order-0001/abort", json!({}), 200),
        ("/payments/order-0001/approve", json!({}), 409),
    ] {
        let (status, answer) = guest.control(Method::POST, path, body).await;
        assert_eq!(status, expected, "{path}: {answer}");
        assert!(status == 200 || (answer["status"] == status && answer["title"].is_string()), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_moves_money_outside_the_program() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    for (act, body, expected) in [
        ("approve", json!({}), [25_000, 0, 0, 0]),
        ("capture", json!({"amount": 5_000}), [25_000, 0, 5_000, 0]),
        ("refund", json!({}), [25_000, 0, 5_000, 5_000]),
        ("cancel", json!({}), [25_000, 20_000, 5_000, 5_000]),
    ] {
        let (status, answer) = guest.control(Method::POST, &format!("/payments/{REFERENCE}/{act}"), body).await;
        let sum = |name: &str| answer["aggregate"][name]["value"].as_i64().unwrap_or(-1);
        let sums = ["authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount"].map(sum);
        assert_eq!((status, sums), (200, expected), "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_passes_through_every_due_moment() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    let (_, before) = guest.control(Method::GET, "/clock", Value::Null).await;
    assert_eq!(before["offset_seconds"], 0);
    let (status, after) = guest.control(Method::POST, "/clock", json!({"advance": "02:00:00"})).await;
    assert_eq!((status, &after["offset_seconds"]), (200, &json!(7_200)));
    let (_, events) = guest.get(&format!("/epayment/v1/payments/{REFERENCE}/events")).await;
    assert_eq!((&events[1]["name"], &events[1]["timestamp"]), (&json!("EXPIRED"), &json!("2026-01-01T00:10:00.000Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_timeout_closes_the_connection() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    guest.control(Method::POST, &format!("/payments/{REFERENCE}/approve"), json!({})).await;
    let rules = json!({"seed": 1, "rules": [
        {"on": "get", "do": "timeout_before", "times": 1},
        {"on": "capture", "do": "timeout_after", "reference": REFERENCE, "times": 1},
    ]});
    let (status, shown) = guest.control(Method::PUT, "/faults", rules).await;
    assert_eq!((status, shown["rules"].as_array().map(Vec::len)), (200, Some(2)));
    let path = format!("/epayment/v1/payments/{REFERENCE}");
    let cut = guest.request(Method::GET, &path).send().await.expect_err("no answer at all");
    assert!(cut.is_request() && cut.status().is_none(), "{cut:?}");
    let amount = json!({"modificationAmount": {"currency": "NOK", "value": 25_000}});
    let capture = |key: &'static str| {
        guest.request(Method::POST, &format!("{path}/capture")).header("Idempotency-Key", key).json(&amount)
    };
    assert!(capture("capture-1").send().await.is_err());
    assert_eq!(capture("capture-1").send().await.expect("an answer").status(), StatusCode::OK);
    let (_, payment) = guest.get(&path).await;
    assert_eq!(payment["aggregate"]["capturedAmount"]["value"], 25_000);
    let calls = guest.control(Method::GET, "/calls", Value::Null).await.1;
    let cut = &calls["results"][2];
    assert_eq!((&cut["fault"], &cut["status"]), (&json!("timeout_before"), &Value::Null));
    assert_eq!(guest.control(Method::DELETE, "/faults", Value::Null).await.1["rules"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_forgotten_when_it_is_killed() {
    let data = tempfile::tempdir().expect("a folder");
    let guest = Guest::with_data(data.path()).await;
    let first = guest.create(REFERENCE, 25_000).await;
    guest.control(Method::POST, "/clock", json!({"advance": "00:05:00"})).await;
    guest.control(Method::POST, &format!("/payments/{REFERENCE}/approve"), json!({})).await;
    let (authorization, now) = (guest.authorization.clone(), guest.clock.now());
    drop(guest.stop().await);
    assert_eq!(stored_offset(data.path()).expect("an offset"), TimeDelta::minutes(5));
    let mut guest = Guest::with_data(data.path()).await;
    guest.authorization = authorization;
    guest.clock.advance(now - guest.clock.now());
    let (_, payment) = guest.get(&format!("/epayment/v1/payments/{REFERENCE}")).await;
    assert_eq!(payment["state"], "AUTHORIZED");
    let again = guest.create(REFERENCE, 25_000).await;
    assert_eq!(again, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_the_usual_one() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    let rules = json!({"rules": [{"on": "get", "do": "slow", "delay": "00:00:00"}]});
    assert_eq!(guest.control(Method::PUT, "/faults", rules).await.0, 200);
    assert_eq!(guest.get(&format!("/epayment/v1/payments/{REFERENCE}")).await.0, 200);
    let calls = guest.control(Method::GET, "/calls", Value::Null).await.1;
    assert_eq!(calls["results"][2]["fault"], "slow");
}

#[test]
fn a_sandbox_can_be_shared_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Sandbox>();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_listens_on_this_machine_only() {
    let settings = Settings { clock: super::guest::clock(), data: None, ticking: false };
    let refused = Sandbox::start(settings, ([0, 0, 0, 0], 0).into()).await;
    assert!(matches!(refused.err(), Some(SandboxError::NotLoopback(_))));
}
