//! Somebody who uses a sandbox over HTTP: with a token for the API, and as a person at the pages.

use std::path::Path;

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};

use crate::clock::{Clock, at_millis};
use crate::sandbox::{Sandbox, Settings};

pub(super) const REFERENCE: &str = "order-0001";

pub(super) struct Guest {
    pub(super) sandbox: Sandbox,
    pub(super) clock: Clock,
    pub(super) client: Client,
    pub(super) authorization: String,
}

/// New year's night 2026, standing still.
pub(super) fn clock() -> Clock {
    Clock::still(at_millis(1_767_225_600_000))
}

impl Guest {
    pub(super) async fn start() -> Self {
        Self::at(Settings { clock: clock(), data: None, ticking: false }).await
    }

    pub(super) async fn with_data(data: &Path) -> Self {
        Self::at(Settings { clock: clock(), data: Some(data.to_owned()), ticking: false }).await
    }

    pub(super) async fn at(settings: Settings) -> Self {
        let clock = settings.clock.clone();
        let sandbox = Sandbox::start(settings, ([127, 0, 0, 1], 0).into()).await.expect("a sandbox");
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().expect("a client");
        let mut guest = Self { sandbox, clock, client, authorization: String::new() };
        let token: Value = guest
            .request(Method::POST, "/accesstoken/get")
            .header("client_id", "id")
            .header("client_secret", "secret")
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("a token");
        guest.authorization = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        guest
    }

    pub(super) fn order(reference: &str, value: i64) -> Value {
        json!({
            "amount": {"currency": "NOK", "value": value}, "paymentMethod": {"type": "WALLET"},
            "reference": reference, "userFlow": "WEB_REDIRECT", "returnUrl": "http://localhost/back",
            "paymentDescription": "Julebord",
        })
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.sandbox.url()))
            .header("Authorization", &self.authorization)
            .header("Ocp-Apim-Subscription-Key", "subscription")
            .header("Merchant-Serial-Number", "123456")
            .header("Vipps-System-Name", "")
    }

    pub(super) async fn create(&self, reference: &str, value: i64) -> Value {
        let order = Self::order(reference, value);
        let (status, answer) = self.post("/epayment/v1/payments", &order, &format!("create-{reference}")).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    pub(super) async fn post(&self, path: &str, body: &Value, key: &str) -> (u16, Value) {
        answer(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    /// A control call; GET and DELETE carry no body.
    pub(super) async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.client.request(method, format!("{}/control{path}", self.sandbox.url()));
        answer(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub(super) async fn page(&self, url: &str) -> String {
        self.client.get(url).send().await.expect("an answer").text().await.expect("a page")
    }

    /// Presses a button of the landing page: the status, where it leads, and the page.
    pub(super) async fn press(&self, token: &str, act: &str) -> (u16, Option<String>, String) {
        let answer = self
            .client
            .post(format!("{}/landing", self.sandbox.url()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("token={token}&act={act}"))
            .send()
            .await
            .expect("an answer");
        let location = answer.headers().get("Location").map(|to| to.to_str().expect("text").to_owned());
        (answer.status().as_u16(), location, answer.text().await.expect("a page"))
    }

    pub(super) async fn stop(self) -> Clock {
        self.sandbox.stop().await;
        self.clock
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("json") })
}
