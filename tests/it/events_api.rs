//! Events over the API: what one needs to make them, what is refused and how, how they change and how they are found.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{ORGANIZER, Person, World};

/// The least one must say about an event.
fn least() -> Value {
    json!({
        "title": "Julebord", "organizer": ORGANIZER,
        "start_date": "2027-02-01T18:00:00+01:00", "end_date": "2027-02-01T23:00:00+01:00",
    })
}

/// The same with something changed; null leaves a field out.
fn with(more: Value) -> Value {
    let mut event = least();
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

async fn make(world: &World, who: &Person, more: Value) -> Reply {
    world.post(who, "/events", &with(more)).await
}

async fn titles(world: &World, query: &str) -> Vec<String> {
    let reply = world.send(world.request("GET", &format!("/events?{query}"), None)).await;
    assert_eq!(reply.status, 200, "{query} {}", reply.text);
    let results = reply.json["results"].as_array().unwrap();
    results.iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

/// Each of these is refused, with exactly this field named.
async fn refuses(world: &World, who: &Person, cases: Vec<(Value, &str)>) {
    for (more, pointer) in cases {
        let mut event = with(more.clone());
        event.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let reply = world.post(who, "/events", &event).await;
        let pointer = format!("/{}", pointer.trim_start_matches('/'));
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec![pointer.as_str()]), "{more}");
        let error = &reply.json["errors"][0];
        assert!(error["code"].is_string() && error["detail"].is_string(), "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_needs_little_and_has_defaults() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let reply = make(&world, &organizer, json!({})).await;
    let id = reply.json["id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), format!("{}/api/v1/events/{id}", world.url()));
    let stamp = write_time(world.clock.now());
    let expected = json!({
        "id": id, "title": "Julebord", "description": "", "location": "", "organizer": ORGANIZER,
        "start_date": "2027-02-01T17:00:00.000Z", "end_date": "2027-02-01T22:00:00.000Z",
        "limit": 0, "sign_up": true, "closed": false,
        "start_registration_at": null, "end_registration_at": null, "sign_off_deadline": null,
        "refund_on_sign_off": false, "is_paid_event": false, "paid_information": null,
        "cancelled_at": null, "cancellation_reason": null, "list_count": 0, "waiting_list_count": 0, "created_at": stamp, "updated_at": stamp,
    });
    assert_eq!(reply.json, expected);
    let paid = make(&world, &organizer, json!({ "paid_information": { "price": 250, "paytime": "2:00" } })).await;
    let expected = json!({ "price": "250.00", "currency": "NOK", "paytime": "02:00:00", "promotion_paytime": "12:00:00", "sales_unit": null });
    assert_eq!((&paid.json["is_paid_event"], &paid.json["paid_information"]), (&json!(true), &expected));
    // Anyone may read.
    let anyone = world.send(world.request("GET", &format!("/events/{id}"), None)).await;
    assert_eq!((anyone.status, &anyone.json["id"]), (200, &json!(id)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_is_named() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let mut cases = vec![
        (json!({ "title": null }), "/title"),
        (json!({ "title": " " }), "/title"),
        (json!({ "title": "x".repeat(201) }), "/title"),
        (json!({ "location": "x".repeat(201) }), "/location"),
        (json!({ "description": "x".repeat(20_001) }), "/description"),
        (json!({ "organizer": "nobody" }), "/organizer"),
        (json!({ "organizer": 5 }), "/organizer"),
        (json!({ "limit": -1 }), "/limit"),
        (json!({ "limit": 1.5 }), "/limit"),
        (json!({ "limit": "5" }), "/limit"),
        (json!({ "sign_up": "yes" }), "/sign_up"),
        (json!({ "start_date": "2027-02-01T18:00:00" }), "/start_date"),
        (json!({ "start_date": "2027-02-30T18:00:00Z" }), "/start_date"),
        (json!({ "start_date": 1_800_000_000 }), "/start_date"),
        (json!({ "end_date": "2027-02-01T18:00:00+01:00" }), "/end_date"),
        (json!({ "end_registration_at": "2027-02-01T23:00:01+01:00" }), "/end_registration_at"),
        (json!({ "sign_off_deadline": "2027-02-01T23:00:01+01:00" }), "/sign_off_deadline"),
        (
            json!({ "start_registration_at": "2027-01-20T12:00:00Z", "end_registration_at": "2027-01-20T12:00:00Z" }),
            "/end_registration_at",
        ),
        (json!({ "paid_information": {} }), "/paid_information/price"),
        (json!({ "paid_information": { "price": "250" } }), "/paid_information/paytime"),
        (json!({ "paid_information": { "paytime": "02:00" } }), "/paid_information/price"),
        (
            json!({ "paid_information": { "price": "250", "paytime": "02:00", "currency": "USD" } }),
            "/paid_information/currency",
        ),
        (
            json!({ "paid_information": { "price": "250", "paytime": "02:00", "promotion_paytime": "0:00" } }),
            "/paid_information/promotion_paytime",
        ),
        (json!({ "paid_information": { "price": "250", "paytime": "02:00", "vat": 25 } }), "/paid_information/vat"),
        (json!({ "paid_information": "250" }), "/paid_information"),
    ];
    for ours in ["id", "is_paid_event", "list_count", "waiting_list_count", "created_at", "updated_at", "color"] {
        cases.push((json!({ ours: 1 }), ours));
    }
    refuses(&world, &organizer, cases).await;
    assert_eq!(titles(&world, "").await.len(), 0);
    // Several at once are all named.
    let reply = make(&world, &organizer, json!({ "title": "", "limit": -1, "organizer": "nobody" })).await;
    assert_eq!(reply.pointers(), ["/title", "/limit", "/organizer"]);
    // A start in the past is allowed.
    let past = json!({ "start_date": "2020-02-01T18:00:00Z", "end_date": "2020-02-01T19:00:00Z" });
    assert_eq!(make(&world, &organizer, past).await.status, 201);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_and_durations_have_their_forms_and_limits() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let price = |price: Value| json!({ "paid_information": { "price": price, "paytime": "02:00" } });
    let paytime = |paytime: &str| json!({ "paid_information": { "price": "250", "paytime": paytime } });
    let mut cases = Vec::new();
    for wrong in [json!("0.99"), json!("100000.01"), json!("250.005"), json!(250.5), json!("-1"), json!("+1")] {
        cases.push((price(wrong), "/paid_information/price"));
    }
    for wrong in [json!("NaN"), json!("0250"), json!("2,50"), json!("٢٥٠"), json!(""), json!(true), json!(0)] {
        cases.push((price(wrong), "/paid_information/price"));
    }
    for wrong in ["00:00:00", "-01:00:00", "744:00:01", "2", "02:60:00", "PT2H", ""] {
        cases.push((paytime(wrong), "/paid_information/paytime"));
    }
    refuses(&world, &organizer, cases).await;
    for (price, shown) in [("1", "1.00"), ("99.5", "99.50"), ("100000.00", "100000.00")] {
        let made =
            make(&world, &organizer, json!({ "paid_information": { "price": price, "paytime": "744:00:00" } })).await;
        assert_eq!(made.json["paid_information"]["price"], shown, "{}", made.text);
        assert_eq!(made.json["paid_information"]["paytime"], "744:00:00");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patch_changes_what_it_names() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let paid = json!({
        "paid_information": { "price": "250", "currency": "DKK", "paytime": "03:00", "promotion_paytime": "05:00" },
        "sign_off_deadline": "2027-02-01T12:00:00Z", "description": "Mat",
    });
    let id = make(&world, &organizer, paid).await.json["id"].as_str().unwrap().to_owned();
    let path = format!("/events/{id}");
    world.pass(TimeDelta::minutes(1)).await;
    let shown = world.patch(&organizer, &path, &json!({ "paid_information": { "price": "300" } })).await.json;
    let expected = json!({ "price": "300.00", "currency": "DKK", "paytime": "03:00:00", "promotion_paytime": "05:00:00", "sales_unit": null });
    assert_eq!((&shown["paid_information"], &shown["description"]), (&expected, &json!("Mat")));
    assert_eq!(shown["updated_at"], write_time(world.clock.now()));
    assert_ne!(shown["created_at"], shown["updated_at"]);
    let shown =
        world.patch(&organizer, &path, &json!({ "sign_off_deadline": null, "paid_information": null })).await.json;
    assert_eq!((&shown["sign_off_deadline"], &shown["is_paid_event"]), (&Value::Null, &json!(false)));
    let half = world.patch(&organizer, &path, &json!({ "paid_information": { "price": "300" } })).await;
    assert_eq!((half.refusal(), half.pointers()), ((422, "invalid_fields"), vec!["/paid_information/paytime"]));
    for (patch, pointer) in [
        (json!({ "title": null }), "/title"),
        (json!({ "limit": null }), "/limit"),
        (json!({ "id": id }), "/id"),
        (json!({ "list_count": 0 }), "/list_count"),
        (json!({ "end_date": "2027-02-01T17:00:00Z" }), "/end_date"),
        (json!({ "organizer": "nobody" }), "/organizer"),
        (json!({ "paid_information": { "price": null, "paytime": "01:00" } }), "/paid_information/price"),
    ] {
        let reply = world.patch(&organizer, &path, &patch).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec![pointer]), "{patch}");
    }
    // Nothing named, nothing changed; and the empty body is the same.
    let before = world.get(&organizer, &path).await.json;
    assert_eq!(world.patch(&organizer, &path, &json!({})).await.json["title"], before["title"]);
    assert_eq!(world.send(world.request("PATCH", &path, Some(&organizer))).await.status, 200);
    let merge = world.request("PATCH", &path, Some(&organizer)).header("content-type", "application/merge-patch+json");
    assert_eq!(world.send(merge.body(r#"{"title": "Tur"}"#)).await.json["title"], "Tur");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_with_a_history_is_not_deleted() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (event, other) = (world.paid_event(&organizer, 1).await, world.paid_event(&organizer, 1).await);
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.sign_off(&ida, &event).await;
    world.settle().await;
    assert_eq!(world.delete(&organizer, &format!("/events/{event}")).await.refusal(), (409, "event_in_use"));
    assert_eq!(world.delete(&ida, &format!("/events/{other}")).await.refusal(), (403, "forbidden"));
    assert_eq!(world.delete(&organizer, &format!("/events/{other}")).await.status, 204);
    for method in ["GET", "PATCH", "DELETE"] {
        for id in [other.as_str(), "x", "0193b4a5-0000-7000-8000-000000000000", "%00"] {
            let reply = world.send(world.request(method, &format!("/events/{id}"), Some(&organizer))).await;
            assert_eq!(reply.refusal(), (404, "not_found"), "{method} {id}");
        }
    }
    let put = world.send(world.request("PUT", &format!("/events/{event}"), Some(&organizer))).await;
    assert_eq!((put.status, put.header("allow")), (405, "GET, HEAD, PATCH, DELETE"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn making_and_moving_an_event_needs_the_right_there() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let (leader, ida) = (world.person("leader").await, world.person("ida").await);
    let drift = json!({ "slug": "drift", "name": "Drift", "kind": "committee" });
    assert_eq!(world.post(&admin, "/groups", &drift).await.status, 201);
    let member = world.request("PUT", &format!("/groups/{ORGANIZER}/members/{}", leader.id), Some(&admin));
    assert_eq!(world.send(member.json(&json!({ "role": "leader" }))).await.status, 200);
    assert_eq!(make(&world, &ida, json!({})).await.refusal(), (403, "forbidden"));
    let nobody = world.request("POST", "/events", None).json(&least());
    assert_eq!(world.send(nobody).await.refusal(), (401, "unauthenticated"));
    assert_eq!(make(&world, &leader, json!({ "organizer": "drift" })).await.refusal(), (403, "forbidden"));
    let own = make(&world, &leader, json!({})).await.json["id"].as_str().unwrap().to_owned();
    let others = make(&world, &admin, json!({ "organizer": "drift" })).await.json["id"].as_str().unwrap().to_owned();
    let patch =
        async |who: &Person, id: &str, patch: Value| world.patch(who, &format!("/events/{id}"), &patch).await.status;
    assert_eq!(patch(&leader, &own, json!({ "title": "Tur" })).await, 200);
    assert_eq!(patch(&leader, &others, json!({ "title": "Tur" })).await, 403);
    assert_eq!(patch(&ida, &own, json!({ "title": "Tur" })).await, 403);
    assert_eq!(patch(&leader, &own, json!({ "organizer": "drift" })).await, 403);
    assert_eq!(patch(&admin, &own, json!({ "organizer": "drift" })).await, 200);
    assert_eq!(patch(&leader, &own, json!({ "title": "Fest" })).await, 403);
    world.end().await;
}
