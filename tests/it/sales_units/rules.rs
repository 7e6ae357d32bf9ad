//! What is refused: what the configuration says, what is in use, and what is not there.

use serde_json::json;

use super::{HOUSE, Office};
use crate::support::world::ORGANIZER;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_houses_own_is_shown_and_changed_in_the_configuration() {
    let office = Office::open().await;
    let (world, admin) = (&office.world, &office.admin);
    for (list, id) in [("/agreements", "agreement_id"), ("/sales-units", "sales_unit_id")] {
        let first = world.get(admin, list).await.json["results"][0].clone();
        assert_eq!((first[id].as_str(), &first["from_configuration"]), (Some(HOUSE), &json!(true)), "{first}");
        assert_eq!(first["test_mode"], true);
        let reply = world.patch(admin, &format!("{list}/{HOUSE}"), &json!({ "display_name": "x" })).await;
        assert_eq!(reply.refusal(), (409, "set_by_configuration"));
    }
    let unit = world.get(admin, &format!("/sales-units/{HOUSE}")).await;
    assert_eq!(unit.json["merchant_serial_number"], "123456");
    let keys = json!({ "client_id": "a", "client_secret": "b", "subscription_key": "c" });
    let reply = office.put(&format!("/agreements/{HOUSE}/credentials"), &keys).await;
    assert_eq!(reply.refusal(), (409, "set_by_configuration"));
    assert_eq!(office.try_unit(HOUSE, "hytta", "222222", false).await.refusal(), (409, "set_by_configuration"));
    let tested = world.post(admin, &format!("/agreements/{HOUSE}/test"), &json!({})).await;
    assert_eq!(tested.json["ok"], true, "{}", tested.text);
    let hooks = world.get(admin, &format!("/sales-units/{HOUSE}/webhooks")).await;
    assert_eq!(hooks.json["results"][0]["url"], format!("{}/webhooks/vipps", world.url()));
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_events_take_is_not_disabled() {
    let office = Office::open().await;
    let (world, admin) = (&office.world, &office.admin);
    let (agreement, unit) = office.unit_with_keys("hytta", "222222").await;
    let (agreement, unit) = (format!("/agreements/{agreement}"), format!("/sales-units/{unit}"));
    let off = json!({ "disabled": true });
    assert_eq!(world.patch(admin, &agreement, &off).await.refusal(), (409, "agreement_in_use"));
    assert_eq!(world.patch(admin, &unit, &off).await.refusal(), (409, "sales_unit_in_use"));
    // Not the default any more, but an event names it.
    assert_eq!(world.patch(admin, &unit, &json!({ "is_default": false })).await.status, 200);
    let event = office.paid_event("hytta").await;
    let id = unit.strip_prefix("/sales-units/").unwrap();
    let names = json!({ "paid_information": { "sales_unit": id } });
    assert_eq!(world.patch(admin, &format!("/events/{event}"), &names).await.status, 200);
    assert_eq!(world.patch(admin, &unit, &off).await.refusal(), (409, "sales_unit_in_use"));
    // An order begun with it goes on, whatever becomes of the unit.
    let ida = office.signs_up_and_clicks("ida", &event).await;
    let default = json!({ "paid_information": { "sales_unit": null } });
    assert_eq!(world.patch(admin, &format!("/events/{event}"), &default).await.status, 200);
    assert_eq!(world.patch(admin, &unit, &off).await.json["disabled"], true);
    assert_eq!(world.patch(admin, &agreement, &off).await.json["disabled"], true);
    office.approves(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    // What is disabled is named by nobody, and has no new units.
    let reply = world.patch(admin, &format!("/events/{event}"), &names).await;
    assert_eq!(reply.json["errors"][0]["pointer"], "/paid_information/sales_unit", "{}", reply.text);
    let id = agreement.strip_prefix("/agreements/").unwrap();
    let reply = office.try_unit(id, "hytta", "555555", false).await;
    assert_eq!(reply.json["errors"][0]["pointer"], "/agreement", "{}", reply.text);
    assert_eq!(world.patch(admin, &unit, &json!({ "disabled": false })).await.status, 422);
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_serves_its_own_group_and_numbers_are_there_once() {
    let office = Office::open().await;
    let (world, admin) = (&office.world, &office.admin);
    let (agreement, unit) = office.unit_with_keys("hytta", "222222").await;
    let event = office.paid_event(ORGANIZER).await;
    let names = json!({ "paid_information": { "sales_unit": unit } });
    let reply = world.patch(admin, &format!("/events/{event}"), &names).await;
    assert_eq!((reply.status, &reply.json["errors"][0]["code"]), (422, &json!("unknown")), "{}", reply.text);
    for number in ["222222", "123456"] {
        let reply = office.try_unit(&agreement, "hytta", number, false).await;
        assert_eq!(reply.refusal(), (409, "merchant_serial_number_taken"));
    }
    let reply = office.try_unit(&agreement, "nobody", "12", false).await;
    let pointers: Vec<&str> =
        reply.json["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/merchant_serial_number", "/group"]);
    // A new default takes the place of the old one.
    let second = office.unit(&agreement, "hytta", "444444", true).await;
    let shown = world.get(admin, &format!("/sales-units/{unit}")).await;
    assert_eq!(shown.json["is_default"], false, "{}", shown.text);
    assert_eq!(world.get(admin, &format!("/sales-units/{second}")).await.json["is_default"], true);
    assert_eq!(world.delete(admin, "/groups/hytta").await.refusal(), (409, "group_in_use"));
    // Made-up money only: Vipps is a sandbox here.
    let real = json!({ "display_name": "x", "provider": "vipps_epayment", "environment": "production" });
    let reply = world.post(admin, "/agreements", &real).await;
    assert_eq!(reply.json["errors"][0]["pointer"], "/environment", "{}", reply.text);
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_without_keys_cannot_be_asked() {
    let office = Office::open().await;
    let agreement = office.agreement("Hytta").await;
    let unit = office.unit(&agreement, "hytta", "222222", false).await;
    for path in [format!("/agreements/{agreement}/test"), format!("/sales-units/{unit}/webhooks")] {
        let reply = office.world.post(&office.admin, &path, &json!({})).await;
        assert_eq!(reply.refusal(), (409, "credentials_missing"), "{path}");
    }
    // Keys can be tried before there is a unit.
    let agreement = office.agreement("Later").await;
    office.set_keys(&agreement, "test-later").await;
    let tested = office.world.post(&office.admin, &format!("/agreements/{agreement}/test"), &json!({})).await;
    assert_eq!(tested.json["ok"], true, "{}", tested.text);
    office.world.end().await;
}
