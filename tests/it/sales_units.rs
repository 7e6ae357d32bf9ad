//! Agreements and sales units: whose money goes where, keys that go in and never come out, keys that are not good, and
//! keys that change while payments go on.

mod keys;
mod rules;

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::vipps::signature::sign;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{ORGANIZER, Person, World};

/// The house's own unit.
const HOUSE: &str = "00000000-0000-0000-0000-000000000000";

/// A world with somebody who manages the settings, and a second group.
struct Office {
    world: World,
    admin: Person,
}

impl Office {
    async fn open() -> Self {
        let world = World::begin().await;
        let admin = world.officer("admin", Role::Admin).await;
        let group = json!({ "slug": "hytta", "name": "Hyttekomiteen", "kind": "committee" });
        assert_eq!(world.post(&admin, "/groups", &group).await.status, 201);
        Self { world, admin }
    }

    async fn put(&self, path: &str, body: &Value) -> Reply {
        self.world.send(self.world.request("PUT", path, Some(&self.admin)).json(body)).await
    }

    async fn agreement(&self, name: &str) -> String {
        let new = json!({ "display_name": name, "provider": "vipps_epayment", "environment": "test" });
        let reply = self.world.post(&self.admin, "/agreements", &new).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        id(&reply, "agreement_id")
    }

    async fn set_keys(&self, agreement: &str, name: &str) -> Reply {
        let keys = json!({
            "client_id": format!("{name}-client"),
            "client_secret": format!("{name}-secret"),
            "subscription_key": format!("{name}-subscription"),
        });
        let reply = self.put(&format!("/agreements/{agreement}/credentials"), &keys).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    async fn try_unit(&self, agreement: &str, group: &str, number: &str, is_default: bool) -> Reply {
        let new = json!({
            "display_name": format!("{group} {number}"), "merchant_serial_number": number, "agreement": agreement,
            "group": group, "is_default": is_default,
        });
        self.world.post(&self.admin, "/sales-units", &new).await
    }

    async fn unit(&self, agreement: &str, group: &str, number: &str, is_default: bool) -> String {
        let reply = self.try_unit(agreement, group, number, is_default).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        id(&reply, "sales_unit_id")
    }

    /// An agreement with keys and one unit, which is the group's default.
    async fn unit_with_keys(&self, group: &str, number: &str) -> (String, String) {
        let agreement = self.agreement(group).await;
        self.set_keys(&agreement, &format!("test-{group}")).await;
        let unit = self.unit(&agreement, group, number, true).await;
        (agreement, unit)
    }

    async fn paid_event(&self, group: &str) -> String {
        let paid = json!({ "organizer": group, "paid_information": { "price": "250.00", "paytime": "02:00:00" } });
        self.world.event(&self.admin, 5, paid).await
    }

    /// The number of the unit at which the newest payment of this person was made.
    async fn number_of_payment(&self, who: &Person, event: &str) -> String {
        let reference = self.world.reference(who, event).await;
        let path = format!("/payments/{reference}");
        let payment = self.world.control("GET", &path, &Value::Null).await;
        payment.json["merchant_serial_number"].as_str().unwrap_or("none").to_owned()
    }

    async fn signs_up_and_clicks(&self, name: &str, event: &str) -> Person {
        let person = self.world.person(name).await;
        assert_eq!(self.world.sign_up(&person, event).await.status, 201);
        self.world.settle().await;
        let order = self.world.order_id(&person, event).await;
        assert_eq!(self.world.pay(&person, &order).await.status, 200);
        person
    }

    async fn approves(&self, who: &Person, event: &str) {
        let reference = self.world.reference(who, event).await;
        assert_eq!(self.world.does("approve", &reference).await.status, 200);
        self.world.settle().await;
    }
}

fn id(reply: &Reply, field: &str) -> String {
    reply.json[field].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_of_each_group_goes_to_its_own_unit() {
    let office = Office::open().await;
    let (_, unit) = office.unit_with_keys("hytta", "222222").await;
    office.unit_with_keys(ORGANIZER, "333333").await;
    let free_of_unit = json!({ "slug": "nye", "name": "Nye", "kind": "other" });
    assert_eq!(office.world.post(&office.admin, "/groups", &free_of_unit).await.status, 201);
    for (group, number) in [("hytta", "222222"), (ORGANIZER, "333333"), ("nye", "123456")] {
        let event = office.paid_event(group).await;
        let payer = office.signs_up_and_clicks(&format!("payer-{group}"), &event).await;
        assert_eq!(office.number_of_payment(&payer, &event).await, number);
        office.approves(&payer, &event).await;
        assert_eq!(office.world.seen(&payer, &event).await, "confirmed CAPTURE");
        let order = office.world.order_id(&payer, &event).await;
        let order = office.world.order(&office.admin, &order).await;
        assert_eq!((&order["test_mode"], order["sales_unit"] == HOUSE), (&json!(true), group == "nye"));
        assert_eq!(order["sales_unit"] == *unit, group == "hytta");
        // Refunds and looks go the same way.
        let id = order["order_id"].as_str().unwrap();
        let reply = office.world.refund(&office.admin, id, &json!({ "reason": "ill" }), &format!("back-{group}")).await;
        assert!(reply.status == 200 || reply.status == 202, "{}", reply.text);
        office.world.settle().await;
        assert_eq!(office.world.order(&office.admin, id).await["status"], "REFUND");
    }
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_keeps_its_unit_when_the_event_changes() {
    let office = Office::open().await;
    let (agreement, _) = office.unit_with_keys("hytta", "222222").await;
    let other = office.unit(&agreement, "hytta", "444444", false).await;
    let event = office.paid_event("hytta").await;
    let before = office.signs_up_and_clicks("before", &event).await;
    let named = json!({ "paid_information": { "sales_unit": other } });
    let reply = office.world.patch(&office.admin, &format!("/events/{event}"), &named).await;
    assert_eq!((reply.status, reply.json["paid_information"]["sales_unit"] == *other), (200, true), "{}", reply.text);
    let after = office.signs_up_and_clicks("after", &event).await;
    assert_eq!(office.number_of_payment(&after, &event).await, "444444");
    // Somebody who went back pays again: a new payment of the same order.
    let first = office.world.reference(&before, &event).await;
    office.world.does("abort", &first).await;
    office.world.pass(TimeDelta::minutes(1)).await;
    let order = office.world.order_id(&before, &event).await;
    assert_eq!(office.world.pay(&before, &order).await.status, 200);
    assert_ne!(office.world.reference(&before, &event).await, first);
    assert_eq!(office.number_of_payment(&before, &event).await, "222222");
    for person in [&before, &after] {
        office.approves(person, &event).await;
        assert_eq!(office.world.seen(person, &event).await, "confirmed CAPTURE");
    }
    // The house's own can be named too, and null goes back to the default.
    for (unit, number) in [(json!(HOUSE), "123456"), (Value::Null, "222222")] {
        let patch = json!({ "paid_information": { "sales_unit": unit } });
        assert_eq!(office.world.patch(&office.admin, &format!("/events/{event}"), &patch).await.status, 200);
        let next = office.signs_up_and_clicks(&format!("payer-{number}"), &event).await;
        assert_eq!(office.number_of_payment(&next, &event).await, number);
        office.approves(&next, &event).await;
    }
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_unit_hears_its_own_webhooks_only() {
    let office = Office::open().await;
    let (_, unit) = office.unit_with_keys("hytta", "222222").await;
    // The keys made the upkeep due: it registers too.
    office.world.settle().await;
    let path = format!("/sales-units/{unit}/webhooks");
    let registered = office.world.post(&office.admin, &path, &json!({})).await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    let url = format!("{}/webhooks/vipps/{unit}", office.world.url());
    assert_eq!(registered.json["url"], url);
    assert_eq!(registered.json["own"]["last_heard_at"], Value::Null);
    assert!(!registered.text.contains("secret"));
    // Again: the one before goes.
    let again = office.world.post(&office.admin, &path, &json!({})).await;
    let listed = office.world.get(&office.admin, &path).await;
    assert_eq!(listed.json["results"], json!([again.json]));
    let hooks = office.world.webhooks().await;
    let secret_of = |url: &str| {
        let hook = hooks.iter().find(|hook| hook["url"] == *url).unwrap();
        hook["secret"].as_str().unwrap().to_owned()
    };
    let body = br#"{"reference":"nobody-knows-this","name":"AUTHORIZED","pspReference":"x","success":true}"#;
    let date = "Fri, 15 Jan 2027 08:00:00 GMT";
    let own = secret_of(&url);
    let houses = secret_of(&format!("{}/webhooks/vipps", office.world.url()));
    for (secret, status) in [(&own, 200), (&houses, 401)] {
        let signed = sign(&url, date, body, secret).unwrap();
        let request = office.world.client.post(&url).header("x-ms-date", date);
        let request = request.header("x-ms-content-sha256", signed.content_sha256);
        let request = request.header("authorization", signed.authorization).body(body.to_vec());
        assert_eq!(office.world.send(request.header("content-type", "application/json")).await.status, status);
    }
    let heard = office.world.get(&office.admin, &path).await;
    assert!(heard.json["results"][0]["own"]["last_heard_at"].is_string(), "{}", heard.text);
    // Silence is told before the provider acts on it.
    assert_eq!(heard.json["results"][0]["own"]["is_about_to_be_deleted"], false);
    office.world.pass(TimeDelta::days(11)).await;
    let silent = office.world.get(&office.admin, &path).await;
    assert_eq!(silent.json["results"][0]["own"]["is_about_to_be_deleted"], true, "{}", silent.text);
    // Deleted by a person, and registered again by the house.
    let id = silent.json["results"][0]["webhook_id"].as_str().unwrap().to_owned();
    assert_eq!(office.world.delete(&office.admin, &format!("{path}/{id}")).await.status, 204);
    assert_eq!(office.world.delete(&office.admin, &format!("{path}/{id}")).await.status, 404);
    office.world.pass(TimeDelta::hours(2)).await;
    assert!(office.world.webhooks().await.iter().any(|hook| hook["url"] == url && hook["id"] != id));
    office.world.end().await;
}
