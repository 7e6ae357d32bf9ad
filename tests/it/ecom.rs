//! Payments over eCom, told over HTTP: callbacks that come once or never, sessions that end, money that is taken and given
//! back, and an agreement that moves to ePayment while a payment is under way.

mod moving;

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::units::OWN_NUMBER;
use crate::support::world::{Person, World};

/// A group that is paid over eCom, its treasurer, an event and Ida.
struct Group {
    world: World,
    admin: Person,
    agreement: String,
    unit: String,
    event: String,
    ida: Person,
}

impl Group {
    async fn open() -> Self {
        let world = World::begin().await;
        let admin = world.officer("admin", Role::Admin).await;
        let (agreement, unit) = world.own_unit(&admin, Provider::VippsEcom).await;
        world.settle().await;
        let event = world.paid_event(&admin, 1).await;
        let ida = world.person("ida").await;
        Self { world, admin, agreement, unit, event, ida }
    }

    async fn opens_a_payment(&self) -> String {
        let reference = self.world.opens_a_payment(&self.ida, &self.event).await;
        let calls = self.world.calls(&reference).await;
        assert!(calls.iter().any(|call| call["path"] == "/ecomm/v2/payments"), "{calls:?}");
        reference
    }

    async fn approves(&self, reference: &str) {
        assert_eq!(self.world.does("approve", reference).await.status, 200);
    }

    /// Ida has paid, and the house has seen it.
    async fn paid(&self) -> String {
        let reference = self.opens_a_payment().await;
        self.approves(&reference).await;
        assert_eq!(self.seen().await, "confirmed CAPTURE");
        reference
    }

    async fn seen(&self) -> String {
        self.world.seen(&self.ida, &self.event).await
    }

    async fn refunds(&self, wish: Value, key: &str) {
        let order = self.world.order_id(&self.ida, &self.event).await;
        let reply = self.world.refund(&self.admin, &order, &wish, key).await;
        assert!(reply.status == 200 || reply.status == 202, "{}", reply.text);
        self.world.settle().await;
    }

    async fn calls_back(&self, reference: &str, authorization: Option<&str>, body: &str) -> Reply {
        let url = format!("{}/webhooks/vipps/{}/v2/payments/{reference}", self.world.url(), self.unit);
        let request = self.world.client.post(url).header("content-type", "application/json;charset=UTF-8");
        let request = authorization.into_iter().fold(request, |request, token| request.header("authorization", token));
        self.world.send(request.body(body.to_owned())).await
    }

    /// The ledger of Ida's order agrees with the provider's log, line by line.
    async fn both_logs_agree(&self) -> Vec<String> {
        let order = self.world.order_id(&self.ida, &self.event).await;
        let logs = self.world.get(&self.admin, &format!("/orders/{order}/log")).await;
        assert_eq!(logs.status, 200, "{}", logs.text);
        let mut told = Vec::new();
        for payment in logs.json["attempts"].as_array().unwrap() {
            assert_eq!(payment["agree"], true, "{payment}");
            let lines = payment["ledger"].as_array().unwrap().iter();
            told.extend(
                lines.map(|line| format!("{} {}", line["kind"].as_str().unwrap(), line["amount"].as_str().unwrap())),
            );
        }
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_over_ecom_has_a_seat_as_soon_as_vipps_calls_back() {
    let group = Group::open().await;
    let reference = group.opens_a_payment().await;
    let stored = "request_body LIKE '%authToken%' OR request_body LIKE '%Bearer%'";
    assert_eq!(group.world.count("attempts", stored).await, 0, "a secret is stored");
    assert_eq!(group.world.count("attempts", "provider = 'vipps_ecom' AND request_body LIKE '%fallBack%'").await, 1);
    let looks = group.world.calls_to(&reference, "GET", "/details").await;
    // No time passes: what makes us ask is the callback.
    group.approves(&reference).await;
    assert_eq!(group.seen().await, "confirmed CAPTURE");
    assert!(group.world.calls_to(&reference, "GET", "/details").await > looks);
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000");
    assert_eq!(group.world.answers(&reference, "capture").await, "200");
    assert_eq!(group.both_logs_agree().await.len(), 2);
    let order = group.world.order_id(&group.ida, &group.event).await;
    let trail = group.world.trail(&group.admin, &order).await.join("; ");
    assert!(!trail.contains("portal"), "our own capture is known by its id: {trail}");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_that_is_lost_or_late_or_doubled_changes_nothing() {
    for fault in [json!({ "do": "lose" }), json!({ "do": "delay", "delay": "00:30:00" }), json!({ "do": "double" })] {
        let group = Group::open().await;
        let mut rule = json!({ "on": "webhook" });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        group.world.faults(json!([rule])).await;
        let reference = group.opens_a_payment().await;
        group.approves(&reference).await;
        if fault["do"] != "double" {
            assert_eq!(group.seen().await, "awaiting_payment INITIATE");
        }
        group.world.pass(TimeDelta::seconds(10)).await;
        assert_eq!(group.seen().await, "confirmed CAPTURE", "{fault}");
        group.world.pass(TimeDelta::hours(1)).await;
        assert_eq!(group.world.answers(&reference, "capture").await, "200", "{fault}");
        group.world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_aborts_over_ecom_pays_with_the_next_session() {
    let group = Group::open().await;
    let first = group.opens_a_payment().await;
    // A card that was refused ends nothing.
    group.world.does("decline", &first).await;
    assert_eq!(group.world.attempts(&group.ida, &group.event).await, "open");
    group.world.does("abort", &first).await;
    assert_eq!(group.world.attempts(&group.ida, &group.event).await, "aborted");
    let second = group.world.clicks(&group.ida, &group.event).await;
    assert_ne!(first, second);
    group.approves(&second).await;
    assert_eq!(group.seen().await, "confirmed CAPTURE");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_act_over_ecom_loses_the_seat_at_the_deadline_only() {
    let group = Group::open().await;
    let reference = group.opens_a_payment().await;
    let ola = group.world.person("ola").await;
    assert_eq!(group.world.sign_up(&ola, &group.event).await.status, 201);
    group.world.pass(TimeDelta::minutes(15)).await;
    assert_eq!(group.world.at_provider(&reference).await, "EXPIRED");
    assert_eq!(group.seen().await, "awaiting_payment INITIATE");
    group.world.pass(TimeDelta::hours(2)).await;
    assert_eq!(group.seen().await, "ended unpaid CANCEL");
    assert_eq!(group.world.seen(&ola, &group.event).await, "awaiting_payment INITIATE");
    // A session that is open at the deadline is closed before the seat goes on.
    group.world.pays(&ola, &group.event).await;
    assert_eq!(group.world.seen(&ola, &group.event).await, "confirmed CAPTURE");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_over_ecom_that_is_open_at_the_deadline_is_closed() {
    let group = Group::open().await;
    assert_eq!(group.world.sign_up(&group.ida, &group.event).await.status, 201);
    group.world.pass(TimeDelta::minutes(115)).await;
    let reference = group.world.clicks(&group.ida, &group.event).await;
    group.world.pass(TimeDelta::minutes(6)).await;
    assert_eq!(group.seen().await, "ended unpaid CANCEL");
    assert_eq!(group.world.at_provider(&reference).await, "TERMINATED cancelled 25000");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_over_ecom_goes_back_in_part_and_in_full() {
    let group = Group::open().await;
    let reference = group.paid().await;
    group.refunds(json!({ "amount": "100.00", "reason": "a broken chair" }), "first").await;
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
    assert_eq!(group.seen().await, "confirmed CAPTURE");
    // Somebody refunds in the portal, and nobody here does so a second time.
    let portal =
        group.world.control("POST", &format!("/payments/{reference}/refund"), &json!({ "amount": 5_000 })).await;
    assert_eq!(portal.status, 200, "{}", portal.text);
    group.world.pass(TimeDelta::hours(3)).await;
    group.refunds(json!({ "reason": "the rest" }), "rest").await;
    assert_eq!(group.seen().await, "confirmed REFUND");
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    assert_eq!(group.world.answers(&reference, "refund").await, "200 200");
    let lines = group.both_logs_agree().await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("refunded")).count(), 3, "{lines:?}");
    assert_eq!(group.world.count("ledger", "elsewhere").await, 1, "the portal's alone");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_event_gives_back_over_ecom() {
    let group = Group::open().await;
    let reference = group.paid().await;
    let path = format!("/events/{}/cancel", group.event);
    let reply = group.world.post(&group.admin, &path, &json!({ "reason": "the kitchen burned down" })).await;
    assert!(reply.status == 200 || reply.status == 202, "{}", reply.text);
    group.world.settle().await;
    assert_eq!(group.seen().await, "ended event_cancelled REFUND");
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_over_ecom_after_signing_off_is_released() {
    let group = Group::open().await;
    group.world.faults(json!([{ "on": "cancel", "do": "status", "status": 423, "code": "94", "times": 1 }])).await;
    let reference = group.opens_a_payment().await;
    assert_eq!(group.world.sign_off(&group.ida, &group.event).await.status, 204);
    group.approves(&reference).await;
    group.world.no_more_faults().await;
    group.world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(group.seen().await, "ended withdrawn VOID");
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    assert_eq!(group.both_logs_agree().await.len(), 2);
    assert_eq!(group.world.count("ledger", "elsewhere").await, 0);
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_initiate_whose_answer_was_lost_costs_nobody_anything() {
    for how in ["timeout_after", "error_after", "timeout_before", "error_before"] {
        let group = Group::open().await;
        group.world.faults(json!([{ "on": "create", "do": how, "times": 1 }])).await;
        assert_eq!(group.world.sign_up(&group.ida, &group.event).await.status, 201);
        group.world.pass(TimeDelta::minutes(3)).await;
        // The address was in the answer that nobody heard: a click ends that session and begins another.
        let reference = group.world.clicks(&group.ida, &group.event).await;
        group.approves(&reference).await;
        assert_eq!(group.seen().await, "confirmed CAPTURE", "{how}");
        let live = group.world.payments().await.iter().filter(|payment| payment["state"] == "CREATED").count();
        assert_eq!(live, 0, "{how}");
        group.world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_is_only_a_hint_from_whom_we_told_the_token() {
    let group = Group::open().await;
    let reference = group.opens_a_payment().await;
    let lie = json!({
        "merchantSerialNumber": OWN_NUMBER, "orderId": reference,
        "transactionInfo": { "amount": 25_000, "status": "RESERVED", "timeStamp": "2027-01-15T08:00:00.000Z" },
    });
    let token = group.token_of(&group.unit);
    let looks = group.world.calls_to(&reference, "GET", "/details").await;
    let others = group.token_of("00000000-0000-0000-0000-000000000000");
    for wrong in [None, Some(""), Some("Bearer x"), Some(&token[1..]), Some(others.as_str())] {
        assert_eq!(group.calls_back(&reference, wrong, &lie.to_string()).await.status, 401, "{wrong:?}");
    }
    group.world.settle().await;
    assert_eq!(group.world.calls_to(&reference, "GET", "/details").await, looks, "a stranger makes nobody ask");
    for body in [lie.to_string(), String::new(), "nonsense".to_owned()] {
        assert_eq!(group.calls_back(&reference, Some(&token), &body).await.status, 200);
    }
    group.world.pass(TimeDelta::seconds(5)).await;
    assert_eq!(group.seen().await, "awaiting_payment INITIATE", "it was a lie");
    assert!(group.world.calls_to(&reference, "GET", "/details").await > looks);
    // About a payment that nobody knows: kept, and answered.
    assert_eq!(group.calls_back("nobody-knows-this", Some(&token), "{}").await.status, 200);
    assert_eq!(group.calls_back("nobody-at-all", Some(&token), "a\u{0}b").await.status, 200);
    assert_eq!(group.world.count("strange_bells", "reference LIKE 'nobody%'").await, 2);
    assert_eq!(group.calls_back(&reference, Some(&token), &"x".repeat(1024 * 1024)).await.status, 413);
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_over_ecom_has_no_webhooks_and_nobody_minds() {
    let group = Group::open().await;
    group.world.pass(TimeDelta::hours(2)).await;
    let hooks = group.world.webhooks().await;
    assert_eq!(hooks.len(), 1, "the house's own alone: {hooks:?}");
    let path = format!("/sales-units/{}/webhooks", group.unit);
    let listed = group.world.get(&group.admin, &path).await;
    assert_eq!((listed.status, &listed.json["results"]), (200, &json!([])), "{}", listed.text);
    let refused = group.world.post(&group.admin, &path, &json!({})).await;
    assert_eq!(refused.refusal(), (409, "provider_has_no_webhooks"), "{}", refused.text);
    assert_eq!(group.world.delete(&group.admin, &format!("{path}/x")).await.status, 404);
    let tested = group.world.post(&group.admin, &format!("/agreements/{}/test", group.agreement), &json!({})).await;
    assert_eq!(tested.json["ok"], true, "{}", tested.text);
    group.world.end().await;
}

impl Group {
    /// The token of a unit's callbacks, as the house derives it.
    fn token_of(&self, unit: &str) -> String {
        let hash = self.world.app.keys.keyed_hash(plass::keys::Purpose::PaymentCallback, unit.as_bytes());
        plass::vipps::CallbackToken::of(&hash).as_str().to_owned()
    }
}
