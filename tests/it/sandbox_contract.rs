//! The sandbox against the provider's own API descriptions: everything it answers and sends is described there, and
//! whatever they refuse it refuses too.

use std::sync::{Arc, Mutex};

use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpResponse, HttpServer};
use chrono::TimeDelta;
use plass::clock::{Clock, at_millis};
use plass::sandbox::{Sandbox, Settings};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::openapi_check::{Spec, assert_matches, violations};

struct Merchant {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Merchant {
    async fn start() -> Self {
        let clock = Clock::still(at_millis(1_767_225_600_000));
        let settings = Settings { clock, data: None, ticking: false };
        let sandbox = Sandbox::start(settings, ([127, 0, 0, 1], 0).into()).await.expect("a sandbox");
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut merchant = Self { sandbox, client, token: String::new() };
        let request = merchant.request(Method::POST, "/accesstoken/get");
        let (status, answer) = read(request.header("client_id", "id").header("client_secret", "secret")).await;
        assert_eq!(status, 200);
        assert_matches("AuthorizationTokenResponse", Spec::AccessToken, &answer);
        merchant.token = answer["access_token"].as_str().expect("a token").to_owned();
        merchant
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.sandbox.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Ocp-Apim-Subscription-Key", "subscription")
            .header("Merchant-Serial-Number", "123456")
    }

    async fn create(&self, order: &Value, key: &str) -> (u16, Value) {
        let request = self.request(Method::POST, "/epayment/v1/payments");
        read(request.header("Idempotency-Key", key).json(order)).await
    }

    /// A payment that exists now.
    async fn created(&self, reference: &str, value: i64) {
        let order = order(reference, value);
        assert_matches("CreatePaymentRequest", Spec::Epayment, &order);
        let (status, answer) = self.create(&order, &format!("create-{reference}")).await;
        assert_eq!(status, 201, "{answer}");
        assert_matches("CreatePaymentResponse", Spec::Epayment, &answer);
    }

    /// Capture, refund or cancel: what it answers is described.
    async fn modify(&self, reference: &str, act: &str, value: i64) -> u16 {
        let body = json!({ "modificationAmount": {"currency": "NOK", "value": value} });
        let request = self.request(Method::POST, &format!("/epayment/v1/payments/{reference}/{act}"));
        let request = request.header("Idempotency-Key", format!("{act}-{reference}-{value}"));
        let (status, answer) = read(if act == "cancel" { request } else { request.json(&body) }).await;
        assert_matches(if status == 200 { "ModificationResponse" } else { "Problem" }, Spec::Epayment, &answer);
        status
    }

    async fn plays(&self, reference: &str, act: &str) {
        let url = format!("{}/control/payments/{reference}/{act}", self.sandbox.url());
        assert_eq!(read(self.client.post(url).json(&json!({}))).await.0, 200, "{act}");
    }

    /// The payment and its log, as they are described.
    async fn shows(&self, reference: &str) -> (Value, Value) {
        let path = format!("/epayment/v1/payments/{reference}");
        let (status, payment) = read(self.request(Method::GET, &path)).await;
        assert_eq!(status, 200);
        assert_matches("GetPaymentResponse", Spec::Epayment, &payment);
        let (_, events) = read(self.request(Method::GET, &format!("{path}/events"))).await;
        for event in events.as_array().expect("events") {
            assert_matches("PaymentEvent", Spec::Epayment, event);
        }
        (payment, events)
    }
}

async fn read(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

fn order(reference: &str, value: i64) -> Value {
    json!({
        "amount": {"currency": "NOK", "value": value},
        "paymentMethod": {"type": "WALLET"},
        "reference": reference,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://example.com/back",
        "paymentDescription": "Julebord",
        "customer": {"phoneNumber": "4712345678"},
        "customerInteraction": "CUSTOMER_NOT_PRESENT",
        "profile": {"scope": "name email"},
        "metadata": {"event": "julebord"},
        "receipt": {
            "orderLines": [{
                "name": "Julebord", "id": "seat", "totalAmount": value, "totalAmountExcludingTax": value,
                "totalTaxAmount": 0, "taxPercentage": 0,
            }],
            "bottomLine": {"currency": "NOK"},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_in_every_state_are_described() {
    let merchant = Merchant::start().await;
    for (reference, act, state) in [
        ("created-0001", "", "CREATED"),
        ("approve-0001", "approve", "AUTHORIZED"),
        ("aborted-0001", "abort", "ABORTED"),
        ("expired-0001", "expire", "EXPIRED"),
        ("cancelled-01", "cancel", "TERMINATED"),
    ] {
        merchant.created(reference, 25_000).await;
        if !act.is_empty() {
            merchant.plays(reference, act).await;
        }
        assert_eq!(merchant.shows(reference).await.0["state"], state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_moves_is_described() {
    let merchant = Merchant::start().await;
    merchant.created("order-0001", 25_000).await;
    merchant.plays("order-0001", "approve").await;
    assert_eq!(merchant.modify("order-0001", "capture", 10_000).await, 200);
    assert_eq!(merchant.modify("order-0001", "refund", 4_000).await, 200);
    assert_eq!(merchant.modify("order-0001", "cancel", 0).await, 200);
    assert_eq!(merchant.modify("order-0001", "capture", 1_000).await, 400);
    assert_eq!(merchant.modify("order-0001", "refund", 9_000).await, 400);
    let (payment, events) = merchant.shows("order-0001").await;
    assert_eq!(payment["aggregate"]["cancelledAmount"]["value"], 15_000);
    assert_eq!(events.as_array().map(Vec::len), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_described_as_wrong_is_refused() {
    let merchant = Merchant::start().await;
    let changes = [
        ("amount", json!({"currency": "NOK"})),
        ("amount", json!({"currency": "SEK", "value": 25_000})),
        ("amount", json!({"currency": "NOK", "value": 65_000_001})),
        ("amount", json!({"currency": "NOK", "value": "25000"})),
        ("paymentMethod", json!({"type": "CASH"})),
        ("reference", json!("short")),
        ("reference", json!("order_0001")),
        ("userFlow", json!("POST_CARD")),
        ("customer", json!({"phoneNumber": "+4712345678"})),
        ("customerInteraction", json!("CUSTOMER_ASLEEP")),
        ("paymentDescription", json!("no")),
        ("metadata", json!({"a": 1})),
        ("metadata", json!({"a": "", "b": "", "c": "", "d": "", "e": "", "f": ""})),
        ("receipt", json!({"orderLines": []})),
    ];
    for (number, (field, value)) in changes.into_iter().enumerate() {
        let mut wrong = order("order-0001", 25_000);
        wrong[field] = value;
        assert!(!violations("CreatePaymentRequest", Spec::Epayment, &wrong).is_empty(), "{field}");
        let (status, problem) = merchant.create(&wrong, &format!("key-{number}")).await;
        assert_eq!(status, 400, "{field}: {problem}");
        assert_matches("Problem", Spec::Epayment, &problem);
        merchant.sandbox.advance(TimeDelta::minutes(1)).await;
    }
    for field in ["amount", "paymentMethod", "reference", "userFlow"] {
        let mut wrong = order("order-0001", 25_000);
        wrong.as_object_mut().expect("an order").remove(field);
        assert_eq!(merchant.create(&wrong, &format!("without-{field}")).await.0, 400, "{field}");
        merchant.sandbox.advance(TimeDelta::minutes(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_described_when_registered_listed_and_sent() {
    let merchant = Merchant::start().await;
    let heard = listen();
    let topics = ["created", "authorized", "captured"].map(|topic| format!("epayments.payment.{topic}.v1"));
    let wanted = json!({ "url": format!("http://127.0.0.1:{}/hook", heard.0), "events": topics });
    assert_matches("RegisterRequest", Spec::Webhooks, &wanted);
    let (status, answer) = read(merchant.request(Method::POST, "/webhooks/v1/webhooks").json(&wanted)).await;
    assert_eq!(status, 201);
    assert_matches("RegisterResponse", Spec::Webhooks, &answer);
    let (_, listed) = read(merchant.request(Method::GET, "/webhooks/v1/webhooks")).await;
    assert_matches("QueryResponse", Spec::Webhooks, &listed);
    let wrong = json!({ "url": "http://example.com", "events": ["epayments.payment.created.v1"] });
    let (status, problem) = read(merchant.request(Method::POST, "/webhooks/v1/webhooks").json(&wrong)).await;
    assert_eq!(status, 400);
    assert_matches("ProblemDetails", Spec::Webhooks, &problem);
    merchant.created("order-0001", 25_000).await;
    merchant.plays("order-0001", "approve").await;
    merchant.plays("order-0001", "capture").await;
    let heard = heard.1.lock().expect("heard");
    let names: Vec<&Value> = heard.iter().map(|event| &event["name"]).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED"]);
    heard.iter().for_each(|event| assert_matches("WebhookEvent", Spec::Epayment, event));
}

type Heard = Arc<Mutex<Vec<Value>>>;

/// A listener that takes every webhook: its port, and what it heard.
fn listen() -> (u16, Heard) {
    async fn hear(heard: Data<Mutex<Vec<Value>>>, body: Bytes) -> HttpResponse {
        heard.lock().expect("heard").push(serde_json::from_slice(&body).expect("json"));
        HttpResponse::Ok().finish()
    }
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let heard = Heard::default();
    let shared = Data::from(heard.clone());
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(to(hear)));
    let server = server.workers(1).disable_signals().listen(socket).expect("listening").run();
    tokio::runtime::Handle::current().spawn(server);
    (port, heard)
}
