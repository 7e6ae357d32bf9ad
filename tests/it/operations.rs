//! Everything that goes or went to a payment provider, and where it stands: over HTTP and on its page.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::pages::Browser;
use crate::support::world::{ORGANIZER, Person, World};

/// Kind, state, amount and tries of each, newest first.
async fn told(world: &World, who: &Person, query: &str) -> Vec<String> {
    let reply = world.get(who, &format!("/provider-operations{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let one = |row: &Value| {
        let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", word("kind"), word("state"), word("amount"), row["tries"])
    };
    reply.json["results"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_is_listed_with_where_it_stands() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    assert_eq!(told(&world, &treasurer, "").await, [""; 0]);
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    assert_eq!(told(&world, &treasurer, "").await, ["capture done 250.00 1", "create done 250.00 1"]);
    let order = world.order_id(&ida, &event).await;
    let part = json!({ "amount": "99.50", "reason": "x" });
    assert_eq!(world.refund(&treasurer, &order, &part, "a").await.status, 200);
    world.settle().await;
    assert_eq!(
        told(&world, &treasurer, "").await,
        ["refund done 99.50 1", "capture done 250.00 1", "create done 250.00 1"]
    );
    let reply = world.get(&treasurer, "/provider-operations?kind=capture").await;
    let row = &reply.json["results"][0];
    for (name, expected) in [
        ("order_id", json!(order)),
        ("event_id", json!(event)),
        ("event_title", json!("Julebord")),
        ("organizer", json!(ORGANIZER)),
        ("sales_unit", json!("00000000-0000-0000-0000-000000000000")),
        ("provider", json!("vipps_epayment")),
        ("payment_state", json!("settled")),
        ("reference", json!(world.reference(&ida, &event).await)),
        ("currency", json!("NOK")),
        ("test_mode", json!(true)),
        ("next_try_at", Value::Null),
    ] {
        assert_eq!(row[name], expected, "{name}");
    }
    assert!(row["ended_at"].as_str() >= row["wanted_at"].as_str(), "{row}");
    // Somebody who holds no such right reads none of it.
    assert_eq!(world.get(&ida, "/provider-operations").await.refusal(), (403, "forbidden"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_told_from_what_may_have_been_done() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 5).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    // Busy: certainly not done.
    world.faults(json!([{ "on": "capture", "do": "status", "status": 429 }])).await;
    world.pays_for_a_seat(&ida, &event).await;
    assert_eq!(told(&world, &treasurer, "?state=waiting").await, ["capture waiting 250.00 1"]);
    assert_eq!(told(&world, &treasurer, "?state=unanswered").await, [""; 0]);
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(told(&world, &treasurer, "?kind=capture").await, ["capture done 250.00 2"]);
    // Done there, and the answer is lost: nobody knows.
    world.faults(json!([{ "on": "capture", "do": "timeout_after" }])).await;
    world.pays_for_a_seat(&ola, &event).await;
    let order = world.order_id(&ola, &event).await;
    let query = format!("?order_id={order}&kind=capture");
    let found = told(&world, &treasurer, &query).await;
    assert!(found.len() == 1 && found[0].starts_with("capture unanswered 250.00 "), "{found:?}");
    let page = Browser::of(&world, &treasurer).await.open("/manage/operations?state=unanswered").await;
    page.expect(200, &["Trekke pengene", "Ikke besvart", "Neste forsøk", "Julebord", "250 kr"]);
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(5)).await;
    let found = told(&world, &treasurer, &query).await;
    assert!(found.len() == 1 && found[0].starts_with("capture done 250.00 "), "{found:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_or_given_up_stays_in_the_list() {
    let world = World::begin().await;
    let (admin, treasurer) = (world.officer("admin", Role::Admin).await, world.treasurer().await);
    let event = world.paid_event(&admin, 5).await;
    let (ida, ola, kari) = (world.person("ida").await, world.person("ola").await, world.person("kari").await);
    // Refused for good: put aside for a person, who then settles it elsewhere.
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260" }])).await;
    world.pays_for_a_seat(&ida, &event).await;
    world.settle().await;
    assert_eq!(told(&world, &treasurer, "?state=refused").await, ["capture refused 250.00 1"]);
    let (order, body) = (world.order_id(&ida, &event).await, json!({ "act": "settled_elsewhere", "reason": "x" }));
    let shown = world.order(&treasurer, &order).await;
    let acts = shown["needs_attention"]["acts"].as_array().unwrap().clone();
    let act = if acts.contains(&json!("settled_elsewhere")) { body } else { json!({ "act": acts[0], "reason": "x" }) };
    world.no_more_faults().await;
    assert_eq!(world.post(&treasurer, &format!("/orders/{order}/resolve"), &act).await.status, 200);
    world.settle().await;
    assert_eq!(told(&world, &treasurer, "?state=refused").await, [""; 0]);
    assert_eq!(told(&world, &treasurer, "?state=given_up").await, ["capture given_up 250.00 1"]);
    // A payment that the provider will not make.
    world.faults(json!([{ "on": "create", "do": "status", "status": 400, "code": "1000" }])).await;
    world.sign_up(&ola, &event).await;
    world.settle().await;
    assert_eq!(told(&world, &treasurer, "?state=refused").await, ["create refused 250.00 1"]);
    // One that was never made, since whoever wanted it left.
    world.faults(json!([{ "on": "create", "do": "status", "status": 503 }])).await;
    world.sign_up(&kari, &event).await;
    world.settle().await;
    assert_eq!(world.sign_off(&kari, &event).await.status, 204);
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(3)).await;
    let order = world.order_id(&kari, &event).await;
    let found = told(&world, &treasurer, &format!("?order_id={order}&kind=create")).await;
    assert!(found.len() == 1 && !found[0].starts_with("create waiting"), "{found:?}");
    let mut browser = Browser::of(&world, &treasurer).await;
    browser.open("/manage/operations?state=refused").await.expect(200, &["Lage betalingen", "Avvist", "Nullstill"]);
    browser.open("/manage/operations?state=given_up").await.expect(200, &["Lagt bort", "Trekke pengene"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_list_hold_everything_once_and_filters_narrow_it() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 9).await;
    for name in ["ida", "ola", "kari"] {
        let person = world.person(name).await;
        world.pays_for_a_seat(&person, &event).await;
    }
    world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
    let siv = world.person("siv").await;
    world.pays_for_a_seat(&siv, &event).await;
    let all = told(&world, &treasurer, "").await;
    assert_eq!(all.len(), 8, "{all:?}");
    let (mut seen, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let reply = world.get(&treasurer, &format!("/provider-operations?limit=3{cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let rows = reply.json["results"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["operation_id"].as_str().unwrap().to_owned()));
        next = reply.json["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
        if seen.len() == 3 {
            // What waited on a page that was seen is done meanwhile: nothing comes twice, and nothing is missed.
            world.no_more_faults().await;
            world.pass(TimeDelta::minutes(5)).await;
        }
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (8, 8), "{seen:?}");
    let nobody = uuid::Uuid::from_u128(7);
    for (query, count) in [
        ("?kind=create".to_owned(), 4),
        ("?kind=refund".to_owned(), 0),
        ("?state=done&kind=capture".to_owned(), 4),
        (format!("?event_id={event}"), 8),
        (format!("?event_id={nobody}"), 0),
        ("?provider=vipps_epayment".to_owned(), 8),
        ("?provider=askell".to_owned(), 0),
        ("?sales_unit=00000000-0000-0000-0000-000000000000".to_owned(), 8),
        (format!("?sales_unit={nobody}"), 0),
    ] {
        assert_eq!(told(&world, &treasurer, &query).await.len(), count, "{query}");
    }
    for (query, code) in [
        ("state=open", "invalid_query"),
        ("kind=letter", "invalid_query"),
        ("provider=x", "invalid_query"),
        ("color=red", "invalid_query"),
        ("limit=0", "invalid_limit"),
        ("cursor=x", "invalid_cursor"),
    ] {
        let reply = world.get(&treasurer, &format!("/provider-operations?{query}")).await;
        assert_eq!(reply.refusal(), (400, code), "{query}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_the_payments_of_one_group_sees_what_was_sent_for_its_events() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let group = json!({ "slug": "drift", "name": "Drift", "kind": "committee" });
    assert_eq!(world.post(&admin, "/groups", &group).await.status, 201);
    let own = world.paid_event(&admin, 5).await;
    let paid = json!({ "price": "30", "paytime": "02:00" });
    let others = json!({ "title": "Tur", "organizer": "drift", "paid_information": paid });
    let others = world.event(&admin, 5, others).await;
    let (leader, ida) = (world.person("leader").await, world.person("ida").await);
    let place = world.request("PUT", &format!("/groups/{ORGANIZER}/members/{}", leader.id), Some(&admin));
    assert_eq!(world.send(place.json(&json!({ "role": "leader" }))).await.status, 200);
    world.pays_for_a_seat(&ida, &own).await;
    world.pays_for_a_seat(&ida, &others).await;
    assert_eq!(told(&world, &admin, "").await.len(), 4);
    assert_eq!(told(&world, &leader, "").await, ["capture done 250.00 1", "create done 250.00 1"]);
    assert_eq!(told(&world, &leader, &format!("?event_id={others}")).await, [""; 0]);
    let page = Browser::of(&world, &leader).await.open("/manage/operations").await;
    page.expect(200, &["Julebord", "Lage betalingen", "Trekke pengene", "Utført", "Betalingen nå: Gjort opp", "Test"]);
    assert!(!page.says("Tur"), "{}", page.text());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_an_order_leads_to_both_logs_and_to_what_was_sent() {
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
    let mut browser = Browser::of(&world, &treasurer).await;
    let (page, log) = (format!("/manage/orders/{order}"), format!("/manage/orders/{order}/log"));
    let shown = browser.open(&page).await;
    assert!(
        shown.has_link(&log) && shown.has_link(&format!("/manage/operations?order_id={order}")),
        "{}",
        shown.text()
    );
    let shown = browser.open(&log).await;
    shown.expect(200, &[&reference, "Noe står bare det ene stedet.", "Reservert", "Trukket", "Betalt tilbake"]);
    shown.expect(200, &["40 kr", "Mangler", "Gjort i portalen.", "Skal ikke føres", "CREATED"]);
    assert_eq!(shown.text().matches("Mangler").count(), 2, "{}", shown.text());
    assert_eq!(world.post(&treasurer, &format!("/orders/{order}/sync"), &json!({})).await.status, 200);
    let shown = browser.open(&log).await;
    shown.expect(200, &["Loggene stemmer.", "Betalt tilbake"]);
    // The provider is away: what is ours still stands there.
    world.provider_is_down("error_before").await;
    let shown = browser.open(&log).await;
    shown.expect(200, &["Vipps svarte ikke.", "Reservert", "Betalt tilbake", "Vet ikke"]);
    world.no_more_faults().await;
    // Whoever may not read the order finds no log of it either.
    assert_eq!(Browser::of(&world, &ida).await.open(&log).await.status(), 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_never_sent_anywhere_has_no_log() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    let sale = json!({ "user_id": ida.id, "paid_outside": { "reason": "cash" } });
    assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &sale).await.status, 201);
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    let mut browser = Browser::of(&world, &organizer).await;
    let page = browser.open(&format!("/manage/orders/{order}")).await;
    assert!(!page.has_link(&format!("/manage/orders/{order}/log")), "{}", page.text());
    browser.open(&format!("/manage/orders/{order}/log")).await.expect(200, &["Ingen betaling er laget"]);
    browser.open(&format!("/manage/operations?order_id={order}")).await.expect(200, &["Ingenting passer"]);
    world.end().await;
}
