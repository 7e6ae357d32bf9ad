//! Payments as a story sees them: what we show, what the provider knows, and which calls it got.

use serde_json::{Value, json};

use super::cards::moved_by_askell;
use super::people::Reply;
use super::world::{Person, World};

/// What a call that is still under way has made at the provider.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Made {
    Payment,
    Capture,
}

impl World {
    /// Signs up and opens the payment; answers its reference. Nothing is approved yet.
    pub(crate) async fn opens_a_payment(&self, who: &Person, event: &str) -> String {
        let reply = self.sign_up(who, event).await;
        assert_eq!((reply.status, reply.json["status"].as_str()), (201, Some("awaiting_payment")), "{}", reply.text);
        self.settle().await;
        self.clicks(who, event).await
    }

    /// Clicks on "pay"; answers the reference of the payment that was opened.
    pub(crate) async fn clicks(&self, who: &Person, event: &str) -> String {
        let order = self.order_id(who, event).await;
        let reply = self.pay(who, &order).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.reference(who, event).await
    }

    /// The states of the attempts of a person's newest order, oldest first.
    pub(crate) async fn attempts(&self, who: &Person, event: &str) -> String {
        let order = self.order_id(who, event).await;
        let order = self.order(who, &order).await;
        let states = order["attempts"].as_array().unwrap().iter().map(|attempt| attempt["state"].as_str().unwrap());
        states.collect::<Vec<_>>().join(" ")
    }

    /// A payment at the provider: its state, then its sums in øre where there are any.
    pub(crate) async fn at_provider(&self, reference: &str) -> String {
        let payment = self.control("GET", &format!("/payments/{reference}"), &Value::Null).await.json;
        let mut told = payment["state"].as_str().unwrap_or("unknown").to_owned();
        for name in ["authorized", "captured", "refunded", "cancelled"] {
            let value = payment["aggregate"][format!("{name}Amount")]["value"].as_i64().unwrap_or_default();
            if value > 0 {
                told = format!("{told} {name} {value}");
            }
        }
        told
    }

    /// What a payment moved at whichever provider has it, in øre: authorized, captured, refunded, cancelled.
    pub(crate) async fn moved(&self, reference: &str) -> [i64; 4] {
        let charged = self.askell_payments().await;
        if let Some(payment) = charged.iter().find(|payment| payment["reference"] == reference) {
            return moved_by_askell(payment);
        }
        let payment = self.control("GET", &format!("/payments/{reference}"), &Value::Null).await.json;
        ["authorized", "captured", "refunded", "cancelled"]
            .map(|name| payment["aggregate"][format!("{name}Amount")]["value"].as_i64().unwrap_or_default())
    }

    /// How the provider answered the calls of one kind about a reference: the fault, if one was planned, or the status.
    /// A create is `POST payments`, the others are the last word of their path.
    pub(crate) async fn answers(&self, reference: &str, kind: &str) -> String {
        let is_meant = |call: &&Value| {
            let (method, path) = (call["method"].as_str().unwrap(), call["path"].as_str().unwrap());
            match kind {
                "get" => method == "GET" && path.ends_with(reference),
                "create" => method == "POST" && path.ends_with("/payments"),
                _ => path.ends_with(&format!("/{kind}")),
            }
        };
        let told = |call: &Value| call["fault"].as_str().map_or_else(|| call["status"].to_string(), str::to_owned);
        self.calls(reference).await.iter().filter(is_meant).map(told).collect::<Vec<_>>().join(" ")
    }

    /// The keys of the calls of one kind about a reference, each once, in order.
    pub(crate) async fn keys(&self, reference: &str, kind: &str) -> Vec<String> {
        let calls = self.calls(reference).await;
        let meant =
            calls.iter().filter(|call| call["path"].as_str().unwrap().ends_with(kind) && call["method"] == "POST");
        let mut keys: Vec<String> = meant.map(|call| call["idempotency_key"].as_str().unwrap().to_owned()).collect();
        keys.dedup();
        keys
    }

    /// The payment link of a person's order, as the registration shows it.
    pub(crate) async fn link(&self, who: &Person, event: &str) -> String {
        self.registration(who, event).await["order"]["payment_link"].as_str().unwrap().to_owned()
    }

    /// The trail of an order: kind and cause of each line.
    pub(crate) async fn trail(&self, who: &Person, order: &str) -> Vec<String> {
        let reply = self.get(who, &format!("/orders/{order}/events?limit=100")).await;
        let lines = reply.json["results"].as_array().unwrap().clone();
        lines
            .iter()
            .map(|line| format!("{}: {}", line["kind"].as_str().unwrap(), line["cause"].as_str().unwrap()))
            .collect()
    }

    /// Approves through the provider's own API: no webhook goes out before the world settles.
    pub(crate) async fn approves_unseen(&self, reference: &str) {
        let reply = self.call_provider("POST", &format!("/epayment/v1/test/payments/{reference}/approve")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// Calls the provider's own API, which does not wait for calls of the house that are still under way there.
    async fn call_provider(&self, method: &str, path: &str) -> Reply {
        self.call_provider_with(method, path, &json!({})).await
    }

    async fn call_provider_with(&self, method: &str, path: &str, body: &Value) -> Reply {
        // Its limits are counted by subscription key: a new one each time.
        let key = format!("{:016x}", getrandom::u64().unwrap());
        let call = |request: reqwest::RequestBuilder| {
            request.header("Ocp-Apim-Subscription-Key", &key).header("Merchant-Serial-Number", "123456")
        };
        let url = self.sandbox.url();
        let token = self.client.post(format!("{url}/accesstoken/get")).header("client_id", "test");
        let token = self.send(call(token.header("client_secret", "test").header("Content-Length", "0"))).await;
        let token = token.json["access_token"].as_str().unwrap().to_owned();
        let request = self.client.request(method.parse().unwrap(), format!("{url}{path}")).bearer_auth(token);
        let request = if method == "GET" { request } else { request.json(body) };
        self.send(call(request)).await
    }

    /// Where the sandbox is.
    pub(crate) fn sandbox_url(&self) -> String {
        self.sandbox.url()
    }

    /// Somebody makes a code at the provider without us.
    pub(crate) async fn put_code_elsewhere(&self, id: &str, location: &str) -> u16 {
        let path = format!("/qr/v1/merchant-callback/{id}");
        self.call_provider_with("PUT", &path, &json!({ "locationDescription": location })).await.status
    }

    /// Asks until the provider has made the payment, or taken some of its money.
    pub(crate) async fn until_the_provider_has(&self, what: Made, reference: &str) {
        loop {
            let payment = self.call_provider("GET", &format!("/epayment/v1/payments/{reference}")).await.json;
            let is_there = match what {
                Made::Payment => payment["reference"] == reference,
                Made::Capture => {
                    payment["aggregate"]["capturedAmount"]["value"].as_i64().is_some_and(|value| value > 0)
                }
            };
            if is_there {
                return;
            }
        }
    }

    /// Everything at the provider fails in this way, the webhooks apart, until the faults are taken back.
    pub(crate) async fn provider_is_down(&self, how: &str) {
        let kinds = ["create", "get", "events", "cancel", "capture", "refund", "token"];
        let rules: Vec<Value> = kinds.iter().map(|on| json!({ "on": on, "do": how })).collect();
        self.faults(Value::Array(rules)).await;
    }

    /// How often the provider was called about a payment with this method, at a path that ends like this.
    pub(crate) async fn calls_to(&self, reference: &str, method: &str, ending: &str) -> usize {
        let calls = self.calls(reference).await;
        let is_it = |call: &&Value| call["method"] == method && call["path"].as_str().unwrap().ends_with(ending);
        calls.iter().filter(is_it).count()
    }

    /// Clicks and approves: the person pays an order that is there already.
    pub(crate) async fn pays(&self, who: &Person, event: &str) {
        self.settle().await;
        let order = self.order_id(who, event).await;
        assert_eq!(self.pay(who, &order).await.status, 200);
        let reference = self.reference(who, event).await;
        assert_eq!(self.does("approve", &reference).await.status, 200);
    }
}

/// A paid event with one seat, and Ida, who has not signed up yet.
pub(crate) async fn ida_before_she_signs_up() -> (World, String, Person) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    (world, event, ida)
}
