//! Who sees which orders, how they are found, what their trail says, and that nobody edits one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::world::{ORGANIZER, Person, World};

/// The results of a list, one field of each.
async fn listed(world: &World, who: &Person, path: &str, pointer: &str) -> Vec<String> {
    let reply = world.get(who, path).await;
    assert_eq!(reply.status, 200, "{path} {}", reply.text);
    let results = reply.json["results"].as_array().unwrap();
    results.iter().map(|row| row.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned()).collect()
}

async fn make(world: &World, who: &Person, path: &str, body: Value) {
    let reply = world.post(who, path, &body).await;
    assert!(reply.status < 300, "{path} {}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_read_by_whom_they_concern() {
    let world = World::begin().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let treasurer = world.treasurer().await;
    make(&world, &admin, "/groups", json!({ "slug": "drift", "name": "Drift", "kind": "committee" })).await;
    let own = world.paid_event(&admin, 5).await;
    let others = world
        .event(&admin, 5, json!({ "organizer": "drift", "paid_information": { "price": "100", "paytime": "02:00" } }))
        .await;
    let (leader, member, ida) = (world.person("leader").await, world.person("member").await, world.person("ida").await);
    for (person, role) in [(&leader, "leader"), (&member, "member")] {
        let path = format!("/groups/{ORGANIZER}/members/{}", person.id);
        let put = world.request("PUT", &path, Some(&admin)).json(&json!({ "role": role }));
        assert_eq!(world.send(put).await.status, 200);
    }
    for event in [&own, &others] {
        assert_eq!(world.sign_up(&ida, event).await.status, 201);
    }
    let (at_own, at_others) = (world.order_id(&ida, &own).await, world.order_id(&ida, &others).await);
    // The list: everything, what one manages, or nothing at all.
    for officer in [&admin, &treasurer] {
        let ids = listed(&world, officer, "/orders", "/order_id").await;
        assert_eq!(ids, [at_others.clone(), at_own.clone()]);
    }
    assert_eq!(listed(&world, &leader, "/orders", "/order_id").await, std::slice::from_ref(&at_own));
    assert_eq!(listed(&world, &leader, &format!("/orders?event_id={others}"), "/order_id").await.len(), 0);
    for stranger in [&member, &ida] {
        assert_eq!(world.get(stranger, "/orders").await.refusal(), (403, "forbidden"));
    }
    assert_eq!(listed(&world, &ida, "/me/orders", "/order_id").await, [at_others.clone(), at_own.clone()]);
    assert_eq!(listed(&world, &leader, "/me/orders", "/order_id").await.len(), 0);
    // One of them: nobody learns that an order exists who may not read it.
    for (who, order, status) in [
        (&ida, &at_own, 200),
        (&leader, &at_own, 200),
        (&leader, &at_others, 404),
        (&member, &at_own, 404),
        (&treasurer, &at_others, 200),
    ] {
        assert_eq!(world.get(who, &format!("/orders/{order}")).await.status, status);
        assert_eq!(world.get(who, &format!("/orders/{order}/events")).await.status, status);
        let sync = world.post(who, &format!("/orders/{order}/sync"), &json!({})).await;
        assert_eq!(sync.status, status, "{}", sync.text);
    }
    // Reading is not doing.
    let give_back = json!({ "reason": "x" });
    for (who, status) in [(&ida, 403), (&leader, 403), (&member, 404)] {
        assert_eq!(world.refund(who, &at_own, &give_back, "key").await.status, status);
    }
    for (who, status) in [(&leader, 403), (&treasurer, 403), (&member, 404)] {
        assert_eq!(world.pay(who, &at_own).await.status, status);
    }
    assert_eq!(world.send(world.request("GET", "/orders", None)).await.refusal(), (401, "unauthenticated"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_edits_or_deletes_an_order() {
    let world = World::begin().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    world.sign_up(&admin, &event).await;
    let order = world.order_id(&admin, &event).await;
    for (path, methods, allow) in [
        (format!("/orders/{order}"), ["PUT", "PATCH", "DELETE"], "GET, HEAD"),
        (format!("/orders/{order}/events"), ["PUT", "PATCH", "DELETE"], "GET, HEAD"),
        ("/orders".to_owned(), ["POST", "PUT", "DELETE"], "GET, HEAD"),
        (format!("/orders/{order}/refund"), ["GET", "PUT", "DELETE"], "POST"),
    ] {
        for method in methods {
            let reply = world.send(world.request(method, &path, Some(&admin)).json(&json!({}))).await;
            assert_eq!(
                (reply.refusal(), reply.header("allow")),
                ((405, "method_not_allowed"), allow),
                "{method} {path}"
            );
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_found_by_what_they_are_about() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let party = world.paid_event(&organizer, 5).await;
    let trip = json!({ "title": "Åretur 100 %", "paid_information": { "price": "1000", "paytime": "02:00" } });
    let trip = world.event(&organizer, 5, trip).await;
    let (ida, kari) = (world.person("ida").await, world.person("kari").await);
    world.pays_for_a_seat(&ida, &party).await;
    world.sign_up(&kari, &party).await;
    world.sign_up(&ida, &trip).await;
    let paid = world.order_id(&ida, &party).await;
    let find = async |query: &str| listed(&world, &treasurer, &format!("/orders?{query}"), "/order_id").await.len();
    for (query, count) in [
        (format!("event_id={party}"), 2),
        (format!("user_id={}", ida.id), 2),
        (format!("user_id={}&event_id={party}", ida.id), 1),
        ("status=INITIATE".to_owned(), 2),
        ("status=CAPTURE".to_owned(), 1),
        ("status=SALE".to_owned(), 0),
        ("needs_attention=false".to_owned(), 3),
        ("needs_attention=true".to_owned(), 0),
        ("q=KARI".to_owned(), 1),
        ("q=ida%20berg".to_owned(), 2),
        ("q=%C3%85RETUR".to_owned(), 1),
        ("q=%C3%A5retur%20100%20%25".to_owned(), 1),
        ("q=_retur".to_owned(), 0),
        (format!("q={paid}"), 1),
    ] {
        assert_eq!(find(&query).await, count, "{query}");
    }
    for query in
        ["status=PAID", "status=capture", "event_id=x", "user_id=x", "needs_attention=maybe", "color=red", "limit=0"]
    {
        assert_eq!(world.get(&treasurer, &format!("/orders?{query}")).await.status, 400, "{query}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_newest_first_and_walked_without_gaps() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 50).await;
    let mut names = Vec::new();
    for number in 0..5 {
        let person = world.person(&format!("p{number}")).await;
        world.sign_up(&person, &event).await;
        names.insert(0, format!("p{number}"));
    }
    let (mut seen, mut path) = (Vec::new(), "/orders?limit=2&q=berg".to_owned());
    loop {
        let page = world.get(&organizer, &path).await;
        seen.extend(page.json["results"].as_array().unwrap().iter().map(|row| row["user"]["first_name"].clone()));
        let late = world.person(&format!("late{}", seen.len())).await;
        world.sign_up(&late, &event).await;
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        let next = format!("/orders?q=berg&limit=2&cursor={cursor}");
        assert_eq!(page.header("link"), format!("<{}/api/v1{next}>; rel=\"next\"", world.url()));
        path = next;
    }
    assert_eq!(seen, names);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_says_how_it_stands() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    let seat = world.sign_up(&ida, &event).await;
    // The first attempt is there from the answer of the sign-up on.
    let order = world.order(&ida, seat.json["order"]["order_id"].as_str().unwrap()).await;
    assert_eq!(order["attempts"].as_array().unwrap().len(), 1);
    let id = order["order_id"].as_str().unwrap().to_owned();
    assert_eq!(order["event"], json!({ "id": event, "title": "Julebord" }));
    assert_eq!(order["user"], json!({ "user_id": ida.id, "first_name": "ida", "last_name": "Berg" }));
    assert_eq!(
        (&order["price"], &order["currency"], &order["status"]),
        (&json!("250.00"), &json!("NOK"), &json!("INITIATE"))
    );
    let nothing = json!({ "authorized": "0.00", "captured": "0.00", "refunded": "0.00", "cancelled": "0.00" });
    assert_eq!(order["amounts"], nothing);
    assert_eq!(order["payment_link"], seat.json["order"]["payment_link"]);
    assert_eq!(order["payment_expiredate"], "2027-01-15T10:00:00.000Z");
    assert_eq!((&order["needs_attention"], &order["refunds"]), (&Value::Null, &json!([])));
    world.pays(&ida, &event).await;
    let order = world.order(&ida, &id).await;
    let taken = json!({ "authorized": "250.00", "captured": "250.00", "refunded": "0.00", "cancelled": "0.00" });
    assert_eq!((&order["status"], &order["amounts"]), (&json!("CAPTURE"), &taken));
    assert_eq!((&order["payment_link"], &order["payment_expiredate"]), (&Value::Null, &Value::Null));
    assert_eq!(order["attempts"][0]["state"], "settled");
    assert_eq!(world.pay(&ida, &id).await.refusal(), (409, "already_paid"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_an_order_cannot_be_paid() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 3).await;
    let (late, gone, removed) = (world.person("late").await, world.person("gone").await, world.person("removed").await);
    for person in [&late, &gone, &removed] {
        world.sign_up(person, &event).await;
        world.settle().await;
    }
    assert_eq!(world.sign_off(&gone, &event).await.status, 204);
    let path = format!("/events/{event}/registrations/{}", removed.id);
    assert_eq!(world.delete(&organizer, &path).await.status, 204);
    world.pass(TimeDelta::hours(3)).await;
    for (who, seen, code) in [
        (&late, "ended unpaid CANCEL", "payment_deadline_passed"),
        (&gone, "ended withdrawn CANCEL", "order_ended"),
        (&removed, "ended removed CANCEL", "order_ended"),
    ] {
        assert_eq!(world.seen(who, &event).await, seen);
        let order = world.order_id(who, &event).await;
        assert_eq!(world.pay(who, &order).await.refusal(), (409, code));
        assert_eq!(world.order(who, &order).await["payment_link"], Value::Null);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_tells_what_happened_and_why() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    world.refund(&treasurer, &order, &json!({ "amount": "99.50", "reason": "left early" }), "key").await;
    let path = format!("/orders/{order}/events");
    let kinds = listed(&world, &ida, &path, "/kind").await;
    let in_order = [
        "seat_held",
        "attempt_opened",
        "payment_opened",
        "authorized",
        "confirmed",
        "captured",
        "refund_asked",
        "refunded",
        "refund_done",
    ];
    let places: Vec<Option<usize>> = in_order.iter().map(|kind| kinds.iter().position(|known| known == kind)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{kinds:?}");
    assert_eq!(places[0], Some(0));
    let trail = world.get(&treasurer, &path).await;
    let asked = trail.json["results"].as_array().unwrap().iter().find(|line| line["kind"] == "refund_asked").unwrap();
    assert_eq!((&asked["cause"], &asked["amount"]), (&json!("left early"), &json!("99.50")));
    assert_eq!(asked["actor"]["user_id"], treasurer.id.as_str());
    let (mut walked, mut next) = (Vec::new(), format!("{path}?limit=3"));
    loop {
        let page = world.get(&ida, &next).await;
        walked.extend(
            page.json["results"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=3&cursor={cursor}");
    }
    assert_eq!(walked, kinds);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_providers_log_stands_beside_ours() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    // Somebody gives money back in the portal, and nobody hears of it.
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    let refund = world.control("POST", &format!("/payments/{reference}/refund"), &json!({ "amount": 4_000 })).await;
    assert_eq!(refund.status, 200, "{}", refund.text);
    let both = async || {
        let reply = world.get(&treasurer, &format!("/orders/{order}/log")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let attempt = &reply.json["attempts"][0];
        let of = |list: &str, word: &str| {
            let lines = attempt[list].as_array().unwrap().clone();
            lines.iter().map(|line| format!("{} {}", line[word].as_str().unwrap(), line["amount"])).collect::<Vec<_>>()
        };
        (of("provider", "name"), of("ledger", "kind"), attempt["agree"].as_bool().unwrap())
    };
    let (provider, ledger, agree) = both().await;
    assert_eq!(ledger, [r#"authorized "250.00""#, r#"captured "250.00""#]);
    assert_eq!(provider.last().unwrap(), r#"REFUNDED "40.00""#, "{provider:?}");
    assert!(!agree, "nobody has looked yet");
    assert_eq!(world.post(&treasurer, &format!("/orders/{order}/sync"), &json!({})).await.status, 200);
    let (_, ledger, agree) = both().await;
    assert_eq!((ledger.last().unwrap().as_str(), agree), (r#"refunded "40.00""#, true));
    assert_eq!(world.get(&ida, &format!("/orders/{order}/log")).await.refusal(), (403, "forbidden"));
    world.provider_is_down("error_before").await;
    let down = world.get(&treasurer, &format!("/orders/{order}/log")).await;
    assert_eq!(down.refusal(), (503, "payment_provider_unavailable"));
    world.end().await;
}
