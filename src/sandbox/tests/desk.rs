//! The rules of payments, keys and limits, at the desk and without a socket.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::clock::{Timestamp, at_millis};
use crate::sandbox::call::{Answer, Call, Operation};
use crate::sandbox::desk;
use crate::sandbox::payment::{Outcome, Payment, Stamp};
use crate::sandbox::world::World;

const REFERENCE: &str = "order-0001";

/// A desk with one world behind it; every call gets a key of its own unless a test says otherwise.
struct Desk {
    world: World,
    now: Timestamp,
    keys: u32,
}

impl Desk {
    fn new() -> Self {
        let world = World::new("http://127.0.0.1:9".into(), 1);
        Self { world, now: at_millis(1_767_225_600_000), keys: 0 }
    }

    /// A payment of so many øre that its payer has approved.
    fn approved(value: i64) -> Self {
        let mut desk = Self::created(value);
        desk.payer(Payment::approve);
        desk
    }

    fn created(value: i64) -> Self {
        let mut desk = Self::new();
        assert_eq!(desk.create(value).status, 201);
        desk
    }

    fn create(&mut self, value: i64) -> Answer {
        self.call(Operation::Create, &body(value))
    }

    fn call(&mut self, operation: Operation, body: &str) -> Answer {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.with_key(operation, body, &key)
    }

    fn with_key(&mut self, operation: Operation, body: &str, key: &str) -> Answer {
        let call = Call {
            operation,
            msn: "123456".into(),
            subscription_key: "subscription".into(),
            reference: REFERENCE.into(),
            key: Some(key.to_owned()),
            path: format!("/epayment/v1/payments/{REFERENCE}"),
            body: body.as_bytes().to_vec(),
        };
        desk::handle(&mut self.world, &call, self.now).answer
    }

    fn payer(&mut self, act: impl FnOnce(&mut Payment, Stamp) -> Outcome) -> bool {
        self.world.catch_up(self.now);
        self.world.act(("123456", REFERENCE), None, self.now, act).is_ok()
    }

    fn pass(&mut self, time: TimeDelta) {
        self.now += time;
    }

    /// State, then authorized, cancelled, captured and refunded.
    fn shows(&mut self) -> String {
        let answer: Value = serde_json::from_str(&self.call(Operation::Get, "").body).expect("json");
        let sum = |name: &str| answer["aggregate"][name]["value"].as_i64().expect("a sum");
        let sums = ["authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount"].map(sum);
        format!("{} {sums:?}", answer["state"].as_str().expect("a state"))
    }

    fn events(&mut self) -> Vec<String> {
        let events: Vec<Value> = serde_json::from_str(&self.call(Operation::Events, "").body).expect("json");
        events.iter().map(|event| event["name"].as_str().expect("a name").to_owned()).collect()
    }
}

fn body(value: i64) -> String {
    json!({
        "amount": {"currency": "NOK", "value": value}, "paymentMethod": {"type": "WALLET"},
        "reference": REFERENCE, "userFlow": "WEB_REDIRECT", "returnUrl": "https://example.com/back",
    })
    .to_string()
}

fn money(value: i64) -> String {
    json!({ "modificationAmount": {"currency": "NOK", "value": value} }).to_string()
}

/// The code of a refusal, or the status of anything else.
fn says(answer: &Answer) -> String {
    answer.code.clone().unwrap_or_else(|| answer.status.to_string())
}

/// What a freshly prepared payment answers to a call, and what it shows then.
#[track_caller]
fn check(mut desk: Desk, operation: Operation, body: &str, expected: &str, shows: &str) {
    let answer = desk.call(operation, body);
    assert_eq!(says(&answer), expected);
    assert_eq!(desk.shows(), shows);
}

#[test]
fn an_approved_payment_stays_authorized_for_ever() {
    let mut desk = Desk::approved(25_000);
    assert_eq!(desk.shows(), "AUTHORIZED [25000, 0, 0, 0]");
    assert_eq!(says(&desk.call(Operation::Capture, &money(10_000))), "200");
    assert_eq!(says(&desk.call(Operation::Refund, &money(4_000))), "200");
    assert_eq!(says(&desk.call(Operation::Cancel, "")), "200");
    assert_eq!(desk.shows(), "AUTHORIZED [25000, 15000, 10000, 4000]");
    assert_eq!(desk.events(), ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]);
}

#[test]
fn answers_carry_the_first_events_reference() {
    let mut desk = Desk::approved(25_000);
    let captured: Value = serde_json::from_str(&desk.call(Operation::Capture, &money(100)).body).expect("json");
    let events: Value = serde_json::from_str(&desk.call(Operation::Events, "").body).expect("json");
    assert_eq!(captured["pspReference"], events[0]["pspReference"]);
    assert_ne!(events[0]["pspReference"], events[1]["pspReference"]);
    assert_eq!(events[2]["amount"]["value"], 100);
}

#[test]
fn captures_are_refused_by_the_state_of_the_money() {
    let done = |operation, body: &str| {
        let mut desk = Desk::approved(25_000);
        assert_eq!(says(&desk.call(operation, body)), "200");
        desk
    };
    let created = "CREATED [0, 0, 0, 0]";
    check(Desk::created(25_000), Operation::Capture, &money(25_000), "6080", created);
    check(Desk::approved(25_000), Operation::Capture, &money(25_001), "6090", "AUTHORIZED [25000, 0, 0, 0]");
    check(Desk::approved(25_000), Operation::Capture, &money(0), "6010", "AUTHORIZED [25000, 0, 0, 0]");
    let captured = done(Operation::Capture, &money(25_000));
    check(captured, Operation::Capture, &money(1), "6170", "AUTHORIZED [25000, 0, 25000, 0]");
    let cancelled = done(Operation::Cancel, "");
    check(cancelled, Operation::Capture, &money(1), "6070", "AUTHORIZED [25000, 25000, 0, 0]");
    let mut old = Desk::approved(25_000);
    old.pass(TimeDelta::days(181));
    check(old, Operation::Capture, &money(1), "6100", "AUTHORIZED [25000, 0, 0, 0]");
}

#[test]
fn refunds_are_refused_by_the_state_of_the_money() {
    let captured = || {
        let mut desk = Desk::approved(25_000);
        desk.call(Operation::Capture, &money(20_000));
        desk
    };
    check(Desk::created(25_000), Operation::Refund, &money(1), "6020", "CREATED [0, 0, 0, 0]");
    check(Desk::approved(25_000), Operation::Refund, &money(1), "6150", "AUTHORIZED [25000, 0, 0, 0]");
    check(captured(), Operation::Refund, &money(20_001), "6150", "AUTHORIZED [25000, 0, 20000, 0]");
    check(captured(), Operation::Refund, &money(123), "5060", "AUTHORIZED [25000, 0, 20000, 0]");
    check(captured(), Operation::Refund, &money(124), "6220", "AUTHORIZED [25000, 0, 20000, 0]");
    let mut refunded = captured();
    refunded.call(Operation::Refund, &money(20_000));
    check(refunded, Operation::Refund, &money(1), "6180", "AUTHORIZED [25000, 0, 20000, 20000]");
}

#[test]
fn cancels_end_sessions_and_release_money() {
    let only = r#"{"cancelTransactionOnly":true}"#;
    check(Desk::created(25_000), Operation::Cancel, "", "200", "TERMINATED [0, 25000, 0, 0]");
    check(Desk::created(25_000), Operation::Cancel, only, "200", "TERMINATED [0, 25000, 0, 0]");
    check(Desk::approved(25_000), Operation::Cancel, only, "6060", "AUTHORIZED [25000, 0, 0, 0]");
    check(Desk::approved(25_000), Operation::Cancel, "{}", "200", "AUTHORIZED [25000, 25000, 0, 0]");
    let mut twice = Desk::created(25_000);
    twice.call(Operation::Cancel, "");
    check(twice, Operation::Cancel, only, "6050", "TERMINATED [0, 25000, 0, 0]");
    let mut released = Desk::approved(25_000);
    released.call(Operation::Cancel, "");
    check(released, Operation::Cancel, "", "6190", "AUTHORIZED [25000, 25000, 0, 0]");
    let mut captured = Desk::approved(25_000);
    captured.call(Operation::Capture, &money(25_000));
    check(captured, Operation::Cancel, "", "6040", "AUTHORIZED [25000, 0, 25000, 0]");
    check(Desk::created(25_000), Operation::Cancel, r#"{"why":1}"#, "400", "CREATED [0, 0, 0, 0]");
}

#[test]
fn a_session_lives_ten_minutes() {
    let mut desk = Desk::created(25_000);
    desk.pass(TimeDelta::milliseconds(599_999));
    assert_eq!(desk.shows(), "CREATED [0, 0, 0, 0]");
    desk.pass(TimeDelta::milliseconds(1));
    assert!(!desk.payer(Payment::approve));
    assert_eq!(desk.shows(), "EXPIRED [0, 0, 0, 0]");
}

#[test]
fn a_refused_card_leaves_the_payment_alive() {
    for value in [151, 182, 183, 184, 186, 187, 197] {
        let mut desk = Desk::approved(value);
        assert_eq!(desk.shows(), "CREATED [0, 0, 0, 0]", "{value}");
    }
    let mut desk = Desk::created(25_000);
    assert!(desk.payer(Payment::decline) && desk.payer(Payment::approve));
    assert_eq!(desk.shows(), "AUTHORIZED [25000, 0, 0, 0]");
}

#[test]
fn one_amount_leaves_everybody_waiting_for_an_hour() {
    let mut desk = Desk::approved(201);
    desk.pass(TimeDelta::minutes(59));
    assert_eq!(desk.shows(), "CREATED [0, 0, 0, 0]");
    assert_eq!(says(&desk.call(Operation::Cancel, r#"{"cancelTransactionOnly":true}"#)), "6250");
    assert_eq!(says(&desk.call(Operation::Capture, &money(201))), "6160");
    assert!(!desk.payer(Payment::abort));
    desk.pass(TimeDelta::minutes(1));
    assert_eq!(desk.shows(), "AUTHORIZED [201, 0, 0, 0]");
}

#[test]
fn a_key_gets_its_first_answer_again() {
    let mut desk = Desk::approved(25_000);
    let first = desk.with_key(Operation::Capture, &money(10_000), "capture-1");
    assert_eq!(desk.with_key(Operation::Capture, &money(10_000), "capture-1"), first);
    assert_eq!(says(&desk.with_key(Operation::Capture, &money(10_001), "capture-1")), "4010");
    assert_eq!(says(&desk.with_key(Operation::Refund, &money(10_000), "capture-1")), "4020");
    assert_eq!(desk.shows(), "AUTHORIZED [25000, 0, 10000, 0]");
}

#[test]
fn a_refusal_sticks_to_its_key() {
    let mut desk = Desk::approved(201);
    let only = r#"{"cancelTransactionOnly":true}"#;
    assert_eq!(says(&desk.with_key(Operation::Cancel, only, "close-1")), "6250");
    assert_eq!(says(&desk.with_key(Operation::Capture, &money(201), "capture-1")), "6160");
    desk.pass(TimeDelta::hours(1));
    assert_eq!(says(&desk.with_key(Operation::Cancel, only, "close-1")), "6250");
    assert_eq!(says(&desk.with_key(Operation::Capture, &money(201), "capture-1")), "6160");
    assert_eq!(says(&desk.with_key(Operation::Cancel, only, "close-2")), "6060");
    assert_eq!(says(&desk.with_key(Operation::Capture, &money(201), "capture-2")), "200");
}

#[test]
fn a_reference_is_used_once() {
    let mut desk = Desk::new();
    let first = desk.with_key(Operation::Create, &body(25_000), "create-1");
    assert_eq!(desk.with_key(Operation::Create, &body(25_000), "create-1"), first);
    assert_eq!(says(&desk.with_key(Operation::Create, &body(30_000), "create-1")), "4150");
    let again = desk.with_key(Operation::Create, &body(25_000), "create-2");
    assert_eq!((again.status, says(&again).as_str()), (409, "4150"));
}

#[test]
fn planned_failures_strike_before_or_after() {
    let plan = |kind: &str, status: u16, code: Value| {
        let rule = json!({"on": "capture", "do": kind, "status": status, "code": code, "times": 1});
        let mut desk = Desk::approved(25_000);
        desk.world.faults.set(serde_json::from_value(json!({"rules": [rule]})).expect("a plan")).expect("set");
        desk
    };
    check(plan("error_before", 503, json!(null)), Operation::Capture, &money(1), "503", "AUTHORIZED [25000, 0, 0, 0]");
    check(plan("error_after", 500, json!(null)), Operation::Capture, &money(1), "500", "AUTHORIZED [25000, 0, 1, 0]");
    let mut lost = plan("error_after", 500, json!(null));
    for expected in ["500", "200"] {
        assert_eq!(says(&lost.with_key(Operation::Capture, &money(1), "capture-1")), expected);
    }
    assert_eq!(lost.shows(), "AUTHORIZED [25000, 0, 1, 0]");
    for (status, code, again) in [(423, json!(null), "200"), (429, json!(null), "200"), (400, json!("6250"), "6250")] {
        let mut desk = plan("status", status, code);
        desk.with_key(Operation::Capture, &money(1), "capture-1");
        assert_eq!(says(&desk.with_key(Operation::Capture, &money(1), "capture-1")), again, "{status}");
    }
}

#[test]
fn calls_about_one_payment_are_limited_by_the_minute() {
    let mut desk = Desk::approved(25_000);
    for _ in 0..5 {
        assert_eq!(says(&desk.call(Operation::Capture, &money(1))), "200");
    }
    let refused = desk.call(Operation::Capture, &money(1));
    assert_eq!((refused.status, refused.retry_after), (429, Some(60)));
    desk.pass(TimeDelta::seconds(60));
    assert_eq!(says(&desk.call(Operation::Capture, &money(1))), "200");
    for _ in 0..120 {
        assert_eq!(says(&desk.call(Operation::Get, "")), "200");
    }
    assert_eq!(says(&desk.call(Operation::Get, "")), "429");
}

#[test]
fn what_is_written_down_is_the_whole_world() {
    let mut desk = Desk::approved(25_000);
    desk.call(Operation::Register, r#"{"url":"https://example.com/h","events":["epayments.payment.captured.v1"]}"#);
    desk.with_key(Operation::Capture, &money(1_000), "capture-1");
    let mut replayed = World::new("http://127.0.0.1:9".into(), 2);
    for record in desk.world.take_changes() {
        replayed.restore(record);
    }
    assert_eq!(json!(replayed.snapshot()), json!(desk.world.snapshot()));
    desk.world = replayed;
    assert_eq!(says(&desk.with_key(Operation::Capture, &money(2_000), "capture-1")), "4010");
    assert_eq!(desk.shows(), "AUTHORIZED [25000, 0, 1000, 0]");
}
