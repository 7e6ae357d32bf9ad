//! The sandbox's eCom against the provider's own description, and against what is known of it beyond that: names that
//! must be exact, ids that make a repeat, limits, and which API knows whose payments.

use chrono::TimeDelta;
use plass::clock::{Clock, at_millis};
use plass::sandbox::{Sandbox, Settings};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::openapi_check::{Spec, assert_matches};

struct Merchant {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Merchant {
    async fn start() -> Self {
        let settings = Settings { clock: Clock::still(at_millis(1_767_225_600_000)), data: None, ticking: false };
        let sandbox = Sandbox::start(settings, ([127, 0, 0, 1], 0).into()).await.expect("a sandbox");
        let mut merchant =
            Self { sandbox, client: Client::builder().no_proxy().build().unwrap(), token: String::new() };
        let keys = [("client_id", "id"), ("client_secret", "secret")];
        let (_, answer) = merchant.call(Method::POST, "/accesstoken/get", &keys, &Value::Null).await;
        merchant.token = answer["access_token"].as_str().unwrap().to_owned();
        merchant
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url()));
        request = request.header("Authorization", format!("Bearer {}", self.token));
        request = request.header("Ocp-Apim-Subscription-Key", "subscription");
        request = request.header("Merchant-Serial-Number", "123456");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let told = serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default();
        if status >= 400 && path.starts_with("/ecomm") && status != 429 {
            assert_matches("ErrorArray", Spec::Ecom, &told);
        }
        (status, told)
    }

    /// Status and code.
    async fn try_initiate(&self, order: &Value) -> (u16, String) {
        let (status, told) = self.call(Method::POST, "/ecomm/v2/payments", &[], order).await;
        if status == 200 {
            assert_matches("PaymentInitiationResponse", Spec::Ecom, &told);
        }
        (status, code(&told))
    }

    async fn initiated(&self, id: &str) {
        let wanted = order(id);
        assert_matches("InitiatePaymentCommand", Spec::Ecom, &wanted);
        assert_eq!(self.try_initiate(&wanted).await, (200, String::new()));
    }

    /// Capture, refund or cancel: what it answers is described.
    async fn modify(&self, id: &str, act: &str, amount: Option<i64>, key: &str) -> (u16, String) {
        let mut body = json!({
            "merchantInfo": {"merchantSerialNumber": "123456"}, "transaction": {"transactionText": "x"},
        });
        if let Some(amount) = amount {
            body["transaction"]["amount"] = json!(amount);
        }
        if act == "release" {
            body["shouldReleaseRemainingFunds"] = json!(true);
        }
        let (method, word, schema) = match act {
            "capture" => (Method::POST, "capture", "TransactionResponse"),
            "refund" => (Method::POST, "refund", "RefundTransactionResponse"),
            _ => (Method::PUT, "cancel", "CancelTransactionResponse"),
        };
        let path = format!("/ecomm/v2/payments/{id}/{word}");
        let (status, told) = self.call(method, &path, &[("X-Request-Id", key)], &body).await;
        if status == 200 {
            assert_matches(schema, Spec::Ecom, &told);
        }
        (status, code(&told))
    }

    async fn plays(&self, id: &str, act: &str) {
        let url = format!("{}/control/payments/{id}/{act}", self.sandbox.url());
        let answer = self.client.post(url).json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{act}");
    }

    /// The log, newest first, as it is described.
    async fn log(&self, id: &str) -> Vec<String> {
        let (status, told) =
            self.call(Method::GET, &format!("/ecomm/v2/payments/{id}/details"), &[], &Value::Null).await;
        assert_eq!(status, 200, "{told}");
        assert_matches("TransactionDetails", Spec::Ecom, &told);
        let line = |line: &Value| {
            let failed = if line["operationSuccess"] == true { "" } else { " failed" };
            format!("{} {}{failed}", line["operation"].as_str().unwrap(), line["amount"])
        };
        told["transactionLogHistory"].as_array().unwrap().iter().map(line).collect()
    }
}

fn code(told: &Value) -> String {
    told.pointer("/0/errorCode").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn order(id: &str) -> Value {
    json!({
        "merchantInfo": {
            "merchantSerialNumber": "123456", "callbackPrefix": "https://example.com/hook",
            "fallBack": "https://example.com/back", "authToken": "t",
        },
        "customerInfo": {},
        "transaction": {"orderId": id, "amount": 25_000, "transactionText": "Julebord"},
    })
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_over_ecom_are_described_in_every_state() {
    let merchant = Merchant::start().await;
    for (id, act, log) in [
        ("created-1", "", vec!["INITIATE 25000"]),
        ("approve-1", "approve", vec!["RESERVE 25000", "INITIATE 25000"]),
        ("aborted-1", "abort", vec!["CANCEL 25000", "INITIATE 25000"]),
        ("expired-1", "expire", vec!["CANCEL 25000", "INITIATE 25000"]),
        ("refused-1", "decline", vec!["RESERVE 25000 failed", "INITIATE 25000"]),
        ("cancels-1", "cancel", vec!["VOID 25000", "INITIATE 25000"]),
    ] {
        merchant.initiated(id).await;
        if !act.is_empty() {
            merchant.plays(id, act).await;
        }
        assert_eq!(merchant.log(id).await, log, "{id}");
        let status = merchant.call(Method::GET, &format!("/ecomm/v2/payments/{id}/status"), &[], &Value::Null).await;
        assert_matches("PaymentStatus", Spec::Ecom, &status.1);
    }
    let approve = "/ecomm/v2/integration-test/payments/created-1/approve";
    assert_eq!(merchant.call(Method::POST, approve, &[], &json!({})).await.0, 200);
    assert_eq!(merchant.log("created-1").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_moves_over_ecom_is_described() {
    let merchant = Merchant::start().await;
    merchant.initiated("order-1").await;
    assert_eq!(merchant.modify("order-1", "capture", Some(100), "c-0").await, is(400, "62"));
    merchant.plays("order-1", "approve").await;
    assert_eq!(merchant.modify("order-1", "capture", Some(30_000), "c-1").await, is(400, "61"));
    assert_eq!(merchant.modify("order-1", "capture", Some(10_000), "c-2").await, is(200, ""));
    // The same id is the same call, and with another body it is an error.
    assert_eq!(merchant.modify("order-1", "capture", Some(10_000), "c-2").await, is(200, ""));
    assert_eq!(merchant.modify("order-1", "capture", Some(11_000), "c-2").await, is(400, "93"));
    assert_eq!(merchant.modify("order-1", "refund", Some(11_000), "r-1").await, is(400, "71"));
    assert_eq!(merchant.modify("order-1", "refund", Some(4_000), "r-2").await, is(200, ""));
    // Without an amount it is all that is left.
    assert_eq!(merchant.modify("order-1", "refund", None, "r-3").await, is(200, ""));
    assert_eq!(merchant.modify("order-1", "cancel", None, "x-1").await, is(400, "51"));
    assert_eq!(merchant.modify("order-1", "release", None, "x-2").await, is(200, ""));
    assert_eq!(
        merchant.log("order-1").await,
        ["VOID 15000", "REFUND 6000", "REFUND 4000", "CAPTURE 10000", "RESERVE 25000", "INITIATE 25000"]
    );
    assert_eq!(merchant.modify("order-1", "release", None, &"x".repeat(41)).await, is(400, "X-Request-Id"));
    assert_eq!(merchant.modify("nobody-1", "capture", None, "c-1").await, is(404, "35"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_over_ecom_must_be_exact() {
    let merchant = Merchant::start().await;
    let with = |pointer: &str, value: Value| {
        let mut wanted = order("order-1");
        let (object, name) = pointer.rsplit_once('/').unwrap();
        wanted.pointer_mut(object).unwrap()[name] = value;
        wanted
    };
    for (wanted, expected) in [
        (with("/merchantInfo/fallback", json!("https://example.com/back")), is(500, "99")),
        (with("/merchantInfo/merchantSerialNumber", json!(123_456)), is(500, "99")),
        (with("/merchantInfo/fallBack", json!("http://example.com")), is(400, "merchantInfo.fallBack")),
        (with("/transaction/amount", json!(99)), is(400, "transaction.amount")),
        (with("/customerInfo/mobileNumber", json!("+4791234567")), is(400, "81")),
    ] {
        // The limit is counted by order and sales unit.
        assert_eq!(merchant.try_initiate(&wanted).await, expected);
        merchant.sandbox.advance(TimeDelta::minutes(1)).await;
    }
    assert_eq!(merchant.try_initiate(&order("order-1")).await, is(200, ""));
    assert_eq!(merchant.try_initiate(&order("order-1")).await, is(400, "34"));
    assert_eq!(merchant.try_initiate(&order("order-1")).await.0, 429);
    merchant.sandbox.advance(TimeDelta::minutes(1)).await;
    assert_eq!(merchant.try_initiate(&order("order-1")).await, is(400, "34"));
}

#[tokio::test(flavor = "multi_thread")]
async fn epayment_knows_the_payments_of_ecom_and_not_the_other_way_round() {
    let merchant = Merchant::start().await;
    merchant.initiated("older-0001").await;
    let newer = json!({
        "amount": {"currency": "NOK", "value": 25_000}, "paymentMethod": {"type": "WALLET"}, "reference": "newer-0001",
        "userFlow": "WEB_REDIRECT", "returnUrl": "https://example.com/back", "paymentDescription": "Julebord",
    });
    let payments = "/epayment/v1/payments";
    let created = merchant.call(Method::POST, payments, &[("Idempotency-Key", "create-1")], &newer).await;
    assert_eq!(created.0, 201, "{}", created.1);
    for id in ["older-0001", "newer-0001"] {
        merchant.plays(id, "approve").await;
        let amount = json!({ "modificationAmount": {"currency": "NOK", "value": 10_000} });
        for (act, body) in [("capture", &amount), ("refund", &amount), ("cancel", &json!({}))] {
            let key = format!("{act}-{id}");
            let path = format!("{payments}/{id}/{act}");
            let done = merchant.call(Method::POST, &path, &[("Idempotency-Key", &key)], body).await;
            assert_eq!(done.0, 200, "{act} {id}");
        }
        let (status, seen) = merchant.call(Method::GET, &format!("{payments}/{id}"), &[], &Value::Null).await;
        assert_eq!((status, &seen["aggregate"]["refundedAmount"]["value"]), (200, &json!(10_000)));
    }
    assert_eq!(merchant.log("older-0001").await.len(), 5);
    assert_eq!(merchant.modify("newer-0001", "refund", None, "r-1").await, is(404, "35"));
    let details = merchant.call(Method::GET, "/ecomm/v2/payments/newer-0001/details", &[], &Value::Null).await;
    assert_eq!((details.0, code(&details.1)), is(404, "35"));
    // One name for both.
    let mut taken = order("newer-0001");
    assert_eq!(merchant.try_initiate(&taken).await, is(400, "34"));
    taken["transaction"]["orderId"] = json!("older-0001");
    assert_eq!(merchant.try_initiate(&taken).await, is(400, "34"));
}
