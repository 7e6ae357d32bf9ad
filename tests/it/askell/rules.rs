//! What is refused: krónur with decimals, currencies that a unit does not take, and keys of another provider.

use serde_json::{Value, json};

use super::Iceland;
use crate::support::world::ORGANIZER;

async fn try_event(iceland: &Iceland, paid: Value) -> (u16, String, String) {
    let starts = plass::http::write_time(iceland.world.clock.now() + chrono::TimeDelta::days(1));
    let ends = plass::http::write_time(iceland.world.clock.now() + chrono::TimeDelta::days(2));
    let event = json!({
        "title": "Þorrablót", "organizer": ORGANIZER, "limit": 1, "start_date": starts, "end_date": ends,
        "paid_information": paid,
    });
    let reply = iceland.world.post(&iceland.admin, "/events", &event).await;
    let pointers = reply.pointers().join(" ");
    (reply.status, pointers, reply.json["id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_is_in_whole_kronur_where_askell_is_paid() {
    let iceland = Iceland::begin().await;
    let paid = |price: &str, currency: &str| json!({ "price": price, "currency": currency, "paytime": "02:00:00" });
    for (paid, status, pointers) in [
        (paid("1000.00", "ISK"), 201, ""),
        (paid("1000.50", "ISK"), 422, "/paid_information/price"),
        (paid("1000.00", "NOK"), 422, "/paid_information/currency"),
    ] {
        let (came, wrong, _) = try_event(&iceland, paid.clone()).await;
        assert_eq!((came, wrong.as_str()), (status, pointers), "{paid}");
    }
    let house = "00000000-0000-0000-0000-000000000000";
    let mut of_house = paid("250.50", "NOK");
    of_house["sales_unit"] = json!(house);
    let (status, _, event) = try_event(&iceland, of_house.clone()).await;
    assert_eq!(status, 201);
    of_house["currency"] = json!("ISK");
    of_house["price"] = json!("250.00");
    assert_eq!(try_event(&iceland, of_house).await.0, 422, "Vipps takes no krónur");
    // An event goes to another unit together with its currency.
    let path = format!("/events/{event}");
    let alone = json!({ "paid_information": { "sales_unit": iceland.unit } });
    let reply = iceland.world.patch(&iceland.admin, &path, &alone).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/paid_information/currency"]), "{}", reply.text);
    let both = json!({ "paid_information": { "sales_unit": iceland.unit, "currency": "ISK", "price": "3000" } });
    assert_eq!(iceland.world.patch(&iceland.admin, &path, &both).await.status, 200);
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_default_is_not_taken_from_events_that_need_it() {
    let iceland = Iceland::begin().await;
    let world = &iceland.world;
    let event = iceland.event(1).await;
    let path = format!("/sales-units/{}", iceland.unit);
    let reply = world.patch(&iceland.admin, &path, &json!({ "is_default": false })).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/is_default"]), "{}", reply.text);
    let named = json!({ "paid_information": { "sales_unit": iceland.unit } });
    assert_eq!(world.patch(&iceland.admin, &format!("/events/{event}"), &named).await.status, 200);
    assert_eq!(world.patch(&iceland.admin, &path, &json!({ "is_default": false })).await.status, 200);
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_provider_takes_its_own_keys_and_numbers() {
    let iceland = Iceland::begin().await;
    let world = &iceland.world;
    let unit = world.get(&iceland.admin, &format!("/sales-units/{}", iceland.unit)).await;
    let agreement = unit.json["agreement"]["agreement_id"].as_str().unwrap().to_owned();
    let path = format!("/agreements/{agreement}/credentials");
    for (keys, pointers) in [
        (json!({ "client_id": "a", "client_secret": "b", "subscription_key": "c" }), 5),
        (json!({ "api_key": "a" }), 1),
        (json!({ "api_key": "a b", "payment_processor": "x" }), 1),
        (json!({}), 2),
    ] {
        let reply = world.send(world.request("PUT", &path, Some(&iceland.admin)).json(&keys)).await;
        assert_eq!((reply.status, reply.pointers().len()), (422, pointers), "{keys}: {}", reply.text);
    }
    let new = json!({
        "display_name": "x", "agreement": agreement, "group": ORGANIZER, "merchant_serial_number": "123457",
    });
    let reply = world.post(&iceland.admin, "/sales-units", &new).await;
    assert_eq!((reply.status, reply.pointers()), (422, vec!["/merchant_serial_number"]), "{}", reply.text);
    // A second unit without a number is no second of the same.
    let new = json!({ "display_name": "x", "agreement": agreement, "group": ORGANIZER });
    assert_eq!(world.post(&iceland.admin, "/sales-units", &new).await.status, 201);
    let test = format!("/agreements/{agreement}/test");
    assert_eq!(world.post(&iceland.admin, &test, &json!({})).await.json["ok"], true);
    let wrong = json!({ "api_key": "wrong-key", "payment_processor": "test" });
    world.send(world.request("PUT", &path, Some(&iceland.admin)).json(&wrong)).await;
    let tested = world.post(&iceland.admin, &test, &json!({})).await;
    assert_eq!(
        (&tested.json["ok"], &tested.json["trouble"]["reason"]),
        (&json!(false), &json!("keys_refused")),
        "{}",
        tested.text
    );
    let shown = world.get(&iceland.admin, &format!("/agreements/{agreement}")).await;
    assert!(!shown.text.contains("wrong-key") && !shown.text.contains("private-1"), "{}", shown.text);
    iceland.world.end().await;
}
