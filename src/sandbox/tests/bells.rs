//! Webhooks over HTTP: registered, signed, delivered in order, retried, and never sent to another machine.

use std::sync::{Arc, Mutex};

use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::guest::{Guest, REFERENCE};
use crate::clock::{Clock, Timestamp};
use crate::sandbox::delivery::hmac_sha256;
use crate::sandbox::{Neighbor, Settings};

/// A listener that notes every webhook and answers what it is told to.
#[derive(Clone)]
struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<u16>>,
}

#[derive(Clone, Debug)]
struct Heard {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn name(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).expect("json");
        body["name"].as_str().expect("a name").to_owned()
    }
}

impl Listener {
    fn start() -> Self {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let listener = Self { port, heard: Arc::default(), answers: Arc::new(Mutex::new(200)) };
        let shared = Data::new(listener.clone());
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(to(hear)));
        let server = server.workers(1).disable_signals().listen(socket).expect("listening").run();
        tokio::runtime::Handle::current().spawn(server);
        listener
    }

    fn names(&self) -> Vec<String> {
        self.heard.lock().expect("heard").iter().map(Heard::name).collect()
    }

    fn answer_with(&self, status: u16) {
        *self.answers.lock().expect("answers") = status;
    }
}

async fn hear(listener: Data<Listener>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().expect("text").to_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    listener.heard.lock().expect("heard").push(Heard { headers, body: body.to_vec() });
    let status = *listener.answers.lock().expect("answers");
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status")).finish()
}

async fn register(guest: &Guest, url: &str) -> Value {
    let topics = ["created", "aborted", "expired", "cancelled", "captured", "refunded", "authorized", "terminated"];
    let events = topics.map(|topic| format!("epayments.payment.{topic}.v1"));
    let (status, answer) = guest.post("/webhooks/v1/webhooks", &json!({"url": url, "events": events}), "").await;
    assert_eq!(status, 201, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_signed_with_the_secret_that_was_shown_once() {
    let (guest, listener) = (Guest::start().await, Listener::start());
    let registered = register(&guest, &format!("http://127.0.0.1:{}/hook?from=vipps", listener.port)).await;
    guest.create(REFERENCE, 25_000).await;
    guest.sandbox.settle().await;
    let heard = listener.heard.lock().expect("heard").first().cloned().expect("a webhook");
    let digest = STANDARD.encode(Sha256::digest(&heard.body));
    assert_eq!(heard.header("x-ms-content-sha256"), digest);
    assert_eq!(heard.header("x-ms-date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(heard.header("webhook-id"), registered["id"].as_str().expect("an id"));
    let host = heard.header("host");
    assert_eq!(host, format!("127.0.0.1:{}", listener.port));
    let text = format!("POST\n/hook?from=vipps\n{};{host};{digest}", heard.header("x-ms-date"));
    let secret = registered["secret"].as_str().expect("a secret");
    let signature = STANDARD.encode(hmac_sha256(secret.as_bytes(), text.as_bytes()));
    let expected = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    assert_eq!(heard.header("authorization"), expected);
    let (_, listed) = guest.get("/webhooks/v1/webhooks").await;
    assert_eq!((&listed["webhooks"][0]["id"], listed["webhooks"][0].get("secret")), (&registered["id"], None));
    let (_, known) = guest.control(Method::GET, "/webhooks", Value::Null).await;
    assert_eq!(known["results"][0]["secret"], registered["secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_the_one_before_it() {
    let (guest, listener) = (Guest::start().await, Listener::start());
    register(&guest, &format!("http://127.0.0.1:{}/hook", listener.port)).await;
    listener.answer_with(503);
    guest.create(REFERENCE, 25_000).await;
    guest.control(Method::POST, &format!("/payments/{REFERENCE}/approve"), json!({})).await;
    assert_eq!(listener.names(), ["CREATED"]);
    assert_eq!(guest.sandbox.next_due(), Some(guest.clock.now() + TimeDelta::seconds(2)));
    guest.sandbox.advance(TimeDelta::seconds(3)).await;
    listener.answer_with(200);
    guest.sandbox.advance(TimeDelta::seconds(1)).await;
    assert_eq!(listener.names(), ["CREATED", "CREATED", "CREATED", "AUTHORIZED"]);
    assert_eq!(guest.sandbox.next_due(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_webhook_faults_lose_and_double() {
    let (guest, listener) = (Guest::start().await, Listener::start());
    register(&guest, &format!("http://127.0.0.1:{}/hook", listener.port)).await;
    let rules = json!([
        {"on": "webhook", "do": "lose", "times": 1}, {"on": "webhook", "do": "double", "times": 1},
        {"on": "webhook", "do": "reorder", "delay": "00:01:00", "times": 1},
    ]);
    guest.control(Method::PUT, "/faults", json!({"rules": rules})).await;
    guest.create(REFERENCE, 25_000).await;
    for act in ["approve", "capture", "refund"] {
        guest.control(Method::POST, &format!("/payments/{REFERENCE}/{act}"), json!({})).await;
    }
    assert_eq!(listener.names(), ["AUTHORIZED", "AUTHORIZED", "REFUNDED"]);
    guest.sandbox.advance(TimeDelta::minutes(1)).await;
    assert_eq!(listener.names(), ["AUTHORIZED", "AUTHORIZED", "REFUNDED", "CAPTURED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_is_called() {
    let guest = Guest::start().await;
    let events = json!(["epayments.payment.created.v1"]);
    let plain = json!({"url": "http://example.com/hook", "events": events});
    assert_eq!(guest.post("/webhooks/v1/webhooks", &plain, "").await.0, 400);
    let registered = register(&guest, "https://example.com/hook").await;
    guest.create(REFERENCE, 25_000).await;
    guest.sandbox.settle().await;
    assert_eq!(guest.sandbox.next_due(), Some(guest.clock.now() + TimeDelta::seconds(2)));
    let path = format!("/webhooks/v1/webhooks/{}", registered["id"].as_str().expect("an id"));
    let gone = guest.request(Method::DELETE, &path).send().await.expect("an answer");
    assert_eq!(gone.status().as_u16(), 204);
    assert_eq!(guest.sandbox.next_due(), Some(guest.clock.now() + TimeDelta::minutes(10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticking_sandbox_delivers_by_itself() {
    let settings = Settings { clock: Clock::running(TimeDelta::zero()), data: None, ticking: true };
    let (guest, listener) = (Guest::at(settings).await, Listener::start());
    register(&guest, &format!("http://127.0.0.1:{}/hook", listener.port)).await;
    guest.create(REFERENCE, 25_000).await;
    while listener.names().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(listener.names(), ["CREATED"]);
}

/// A server that wants to act once a minute and notes when it did.
struct EveryMinute {
    clock: Clock,
    acted: Mutex<Vec<Timestamp>>,
}

#[async_trait::async_trait]
impl Neighbor for EveryMinute {
    async fn run_until_idle(&self) -> bool {
        let now = self.clock.now();
        let mut acted = self.acted.lock().expect("acted");
        let is_due = acted.last().is_none_or(|last| *last + TimeDelta::minutes(1) <= now);
        if is_due {
            acted.push(now);
        }
        is_due
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let acted = self.acted.lock().expect("acted");
        Some(acted.last().map_or(self.clock.now(), |last| *last + TimeDelta::minutes(1)))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_neighbor_gets_every_moment_it_asked_for() {
    let guest = Guest::start().await;
    let start = guest.clock.now();
    let neighbor = Arc::new(EveryMinute { clock: guest.clock.clone(), acted: Mutex::default() });
    guest.sandbox.set_neighbor(neighbor.clone());
    guest.control(Method::POST, "/clock", json!({"advance": "00:03:30"})).await;
    let expected: Vec<Timestamp> = (0..4).map(|minute| start + TimeDelta::minutes(minute)).collect();
    assert_eq!(*neighbor.acted.lock().expect("acted"), expected);
    assert_eq!(guest.clock.now(), start + TimeDelta::seconds(210));
}

/// A server that always claims that something is due, and never does it.
struct Stuck;

#[async_trait::async_trait]
impl Neighbor for Stuck {
    async fn run_until_idle(&self) -> bool {
        false
    }

    async fn next_due(&self) -> Option<Timestamp> {
        Some(crate::clock::at_millis(0))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_neighbor_does_not_stop_time() {
    let guest = Guest::start().await;
    guest.create(REFERENCE, 25_000).await;
    guest.sandbox.set_neighbor(Arc::new(Stuck));
    guest.sandbox.advance(TimeDelta::minutes(11)).await;
    let (_, payment) = guest.get(&format!("/epayment/v1/payments/{REFERENCE}")).await;
    assert_eq!(payment["state"], "EXPIRED");
}
