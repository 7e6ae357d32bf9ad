//! What organizers do with an event's people: add, remove, record payments, mark, list.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{ORGANIZER, Person, World};

async fn add(world: &World, organizer: &Person, event: &str, body: Value) -> Reply {
    world.post(organizer, &format!("/events/{event}/registrations"), &body).await
}

fn cash(who: &Person) -> Value {
    json!({ "user_id": who.id, "paid_outside": { "reason": "cash" } })
}

async fn mark_paid(world: &World, organizer: &Person, event: &str, who: &Person) -> Reply {
    let path = format!("/events/{event}/registrations/{}/mark-paid", who.id);
    world.post(organizer, &path, &json!({ "reason": "cash at the door" })).await
}

async fn remove(world: &World, organizer: &Person, event: &str, who: &Person, query: &str) -> Reply {
    world.delete(organizer, &format!("/events/{event}/registrations/{}{query}", who.id)).await
}

async fn join_group(world: &World, admin: &Person, who: &Person, role: &str) {
    let path = format!("/groups/{ORGANIZER}/members/{}", who.id);
    let put = world.request("PUT", &path, Some(admin)).json(&json!({ "role": role }));
    assert_eq!(world.send(put).await.status, 200);
}

/// First names in the order of a list.
async fn names(world: &World, who: &Person, event: &str, query: &str) -> Vec<String> {
    let reply = world.get(who, &format!("/events/{event}/registrations?{query}")).await;
    assert_eq!(reply.status, 200, "{query} {}", reply.text);
    let results = reply.json["results"].as_array().unwrap();
    results.iter().map(|row| row["user"]["first_name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizers_add_people_whatever_the_window_says() {
    for shut in [
        json!({ "closed": true }),
        json!({ "sign_up": false }),
        json!({ "start_registration_at": "2027-01-20T00:00:00Z" }),
        json!({ "end_registration_at": "2027-01-01T00:00:00Z" }),
    ] {
        let world = World::begin().await;
        let organizer = world.organizer().await;
        let mut more = json!({ "paid_information": { "price": "250", "paytime": "02:00" } });
        more.as_object_mut().unwrap().extend(shut.as_object().unwrap().clone());
        let event = world.event(&organizer, 2, more).await;
        let (ida, ola, kari) = (world.person("ida").await, world.person("ola").await, world.person("kari").await);
        assert_eq!(world.sign_up(&ida, &event).await.status, 409);
        let seat = add(&world, &organizer, &event, json!({ "user_id": ida.id })).await;
        assert_eq!((seat.status, &seat.json["status"]), (201, &json!("awaiting_payment")), "{}", seat.text);
        assert_eq!((&seat.json["created_by_admin"], &seat.json["user"]["user_id"]), (&json!(true), &json!(ida.id)));
        let sale = add(&world, &organizer, &event, cash(&ola)).await;
        assert_eq!(
            (sale.status, &sale.json["status"], &sale.json["has_paid"]),
            (201, &json!("confirmed"), &json!(true))
        );
        assert_eq!(sale.json["order"]["status"], "SALE");
        // Full: they wait, and nothing that was paid outside waits.
        assert_eq!(add(&world, &organizer, &event, cash(&kari)).await.refusal(), (409, "event_full"));
        let queue = add(&world, &organizer, &event, json!({ "user_id": kari.id })).await;
        assert_eq!((queue.status, &queue.json["wait_queue_number"]), (201, &json!(1)));
        let again = add(&world, &organizer, &event, json!({ "user_id": ida.id })).await;
        assert_eq!(again.refusal(), (409, "already_registered"));
        world.pays(&ida, &event).await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_has_rules() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 2).await;
    let free = world.event(&organizer, 2, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    for body in
        [json!({ "user_id": ola.id }), json!({ "user_id": ida.id }), json!({ "paid_outside": { "reason": "x" } })]
    {
        assert_eq!(add(&world, &ida, &event, body).await.refusal(), (403, "forbidden"));
    }
    assert_eq!(add(&world, &organizer, &free, cash(&ola)).await.refusal(), (409, "not_a_paid_event"));
    for (body, pointer) in [
        (json!({ "user_id": "no-id" }), "/user_id"),
        (json!({ "user_id": "0193b4a5-0000-7000-8000-000000000000" }), "/user_id"),
        (json!({ "user_id": ola.id, "paid_outside": {} }), "/paid_outside/reason"),
        (json!({ "user_id": ola.id, "paid_outside": { "reason": " " } }), "/paid_outside/reason"),
        (json!({ "user_id": ola.id, "paid_outside": { "reason": "x".repeat(501) } }), "/paid_outside/reason"),
        (json!({ "allow_photo": "yes" }), "/allow_photo"),
        (json!({ "status": "confirmed" }), "/status"),
    ] {
        let reply = add(&world, &organizer, &event, body).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), vec![pointer]), "{}", reply.text);
    }
    for path in ["/events/x/registrations", "/events/0193b4a5-0000-7000-8000-000000000000/registrations"] {
        assert_eq!(world.post(&ida, path, &json!({})).await.refusal(), (404, "not_found"));
    }
    let stranger = world.request("POST", &format!("/events/{event}/registrations"), None);
    assert_eq!(world.send(stranger).await.refusal(), (401, "unauthenticated"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_in_their_order() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    let past = write_time(world.clock.now() - TimeDelta::hours(1));
    let soon = write_time(world.clock.now() + TimeDelta::minutes(5));
    let later = write_time(world.clock.now() + TimeDelta::hours(5));
    let opens = write_time(world.clock.now() + TimeDelta::minutes(2));
    let everything = json!({
        "closed": true, "sign_up": false, "start_registration_at": opens, "start_date": soon, "end_date": later,
    });
    world.patch(&organizer, &format!("/events/{event}"), &everything).await;
    assert_eq!(world.sign_up(&ida, &event).await.refusal(), (409, "already_registered"));
    for (mends, code) in [
        (json!({}), "event_closed"),
        (json!({ "closed": false }), "sign_up_disabled"),
        (json!({ "sign_up": true }), "not_open_yet"),
        (json!({ "start_registration_at": null, "end_registration_at": past }), "registration_closed"),
        (json!({ "end_registration_at": null }), "too_late_to_pay"),
    ] {
        assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &mends).await.status, 200, "{mends}");
        let reply = world.sign_up(&ola, &event).await;
        assert_eq!(reply.refusal(), (409, code));
        let wait = if code == "not_open_yet" { json!(opens) } else { Value::Null };
        assert_eq!(reply.json["retry_at"], wait, "{}", reply.text);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_seat_is_not_removed_without_a_word_about_the_money() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let admin = world.officer("admin", Role::Admin).await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 5).await;
    let mut people = Vec::new();
    for name in ["unpaid", "paid", "partly", "wholly", "sale"] {
        let person = world.person(name).await;
        match name {
            "unpaid" => assert_eq!(world.sign_up(&person, &event).await.status, 201),
            "sale" => assert_eq!(add(&world, &organizer, &event, cash(&person)).await.status, 201),
            _ => world.pays_for_a_seat(&person, &event).await,
        }
        people.push(person);
    }
    for (place, amount) in [(2, "99.50"), (3, "250")] {
        let order = world.order_id(&people[place], &event).await;
        let body = json!({ "amount": amount, "reason": "x" });
        assert_eq!(world.refund(&treasurer, &order, &body, &format!("key-{place}")).await.status, 200);
    }
    for place in [1, 2, 4] {
        let needs_refund = (409, "paid_registration_needs_refund");
        assert_eq!(remove(&world, &admin, &event, &people[place], "").await.refusal(), needs_refund);
        let refund = remove(&world, &organizer, &event, &people[place], "?refund=full").await;
        assert_eq!(refund.refusal(), (403, "forbidden"));
        assert_eq!(remove(&world, &admin, &event, &people[place], "?refund=full").await.status, 204);
    }
    for place in [0, 3] {
        assert_eq!(remove(&world, &organizer, &event, &people[place], "").await.status, 204);
    }
    world.settle().await;
    for (place, seen) in [(0, "CANCEL"), (1, "REFUND"), (2, "REFUND"), (3, "REFUND"), (4, "REFUND")] {
        assert_eq!(world.seen(&people[place], &event).await, format!("ended removed {seen}"));
        let order = world.order_id(&people[place], &event).await;
        let amounts = world.order(&people[place], &order).await["amounts"].clone();
        assert_eq!(amounts["captured"], amounts["refunded"]);
    }
    assert_eq!(remove(&world, &admin, &event, &people[0], "").await.refusal(), (404, "not_registered"));
    assert_eq!(remove(&world, &admin, &event, &admin, "").await.refusal(), (404, "not_registered"));
    for query in ["?refund=half", "?refund", "?color=red"] {
        let reply = remove(&world, &admin, &event, &people[0], query).await;
        assert_eq!(reply.refusal(), (400, "invalid_query"), "{query}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marking_paid_settles_the_seat_and_gives_back_what_still_comes() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    world.pay(&ida, &order).await;
    let reference = world.reference(&ida, &event).await;
    // Vipps does not hear that the session is given up, and the person approves.
    world.faults(json!([{ "on": "cancel", "do": "status", "status": 503 }])).await;
    let marked = mark_paid(&world, &organizer, &event, &ida).await;
    assert_eq!(
        (marked.status, &marked.json["status"], &marked.json["has_paid"]),
        (200, &json!("confirmed"), &json!(true))
    );
    assert_eq!(
        (&marked.json["order"]["status"], &marked.json["order"]["payment_link"]),
        (&json!("SALE"), &Value::Null)
    );
    world.does("approve", &reference).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed SALE");
    let payment = &world.payments().await[0]["aggregate"];
    assert_eq!(
        (&payment["authorizedAmount"]["value"], &payment["cancelledAmount"]["value"]),
        (&json!(25_000), &json!(25_000))
    );
    assert_eq!(world.pay(&ida, &order).await.refusal(), (409, "already_paid"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marking_paid_depends_on_where_somebody_stands() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let free = world.event(&organizer, 1, json!({})).await;
    let (ida, ola, none) = (world.person("ida").await, world.person("ola").await, world.person("none").await);
    for person in [&ida, &ola] {
        world.sign_up(person, &event).await;
        world.sign_up(person, &free).await;
    }
    for person in [&ida, &ola] {
        assert_eq!(mark_paid(&world, &organizer, &free, person).await.refusal(), (409, "not_a_paid_event"));
    }
    assert_eq!(mark_paid(&world, &organizer, &event, &none).await.refusal(), (404, "not_registered"));
    assert_eq!(mark_paid(&world, &ida, &event, &ola).await.refusal(), (404, "not_found"));
    assert_eq!(mark_paid(&world, &ida, &event, &ida).await.refusal(), (403, "forbidden"));
    assert_eq!(mark_paid(&world, &organizer, &event, &ola).await.refusal(), (409, "event_full"));
    assert_eq!(mark_paid(&world, &organizer, &event, &ida).await.status, 200);
    assert_eq!(mark_paid(&world, &organizer, &event, &ida).await.refusal(), (409, "already_paid"));
    // Too late to pay, so nobody is promoted; but whoever waits and pays at the door gets the free seat.
    world.pass(TimeDelta::days(10) - TimeDelta::minutes(10)).await;
    let admin = world.officer("admin", Role::Admin).await;
    assert_eq!(remove(&world, &admin, &event, &ida, "?refund=full").await.status, 204);
    assert_eq!(mark_paid(&world, &organizer, &event, &ida).await.refusal(), (409, "registration_ended"));
    let seat = mark_paid(&world, &organizer, &event, &ola).await;
    assert_eq!((seat.status, &seat.json["order"]["status"]), (200, &json!("SALE")), "{}", seat.text);
    assert_eq!(world.seen(&ola, &event).await, "confirmed SALE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_marks_what_is_theirs() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 5, json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let without = json!({ "allow_photo": false });
    let seat = world.post(&ida, &format!("/events/{event}/registrations"), &without).await;
    assert_eq!((&seat.json["allow_photo"], &seat.json["has_attended"]), (&json!(false), &json!(false)));
    world.sign_up(&ola, &event).await;
    let (own, hers) =
        (format!("/events/{event}/registrations/me"), format!("/events/{event}/registrations/{}", ida.id));
    assert_eq!(world.patch(&ida, &own, &json!({ "allow_photo": true })).await.json["allow_photo"], true);
    assert_eq!(world.patch(&ida, &hers, &json!({ "allow_photo": false })).await.json["allow_photo"], false);
    assert_eq!(world.patch(&organizer, &hers, &json!({ "has_attended": true })).await.json["has_attended"], true);
    let attended = json!({ "has_attended": true });
    assert_eq!(world.patch(&ida, &own, &attended).await.refusal(), (403, "forbidden"));
    assert_eq!(world.patch(&ola, &hers, &attended).await.refusal(), (404, "not_found"));
    assert_eq!(world.patch(&organizer, &hers, &without).await.refusal(), (403, "forbidden"));
    let unknown = world.patch(&ida, &own, &json!({ "status": "ended" })).await;
    assert_eq!((unknown.refusal(), unknown.pointers()), ((422, "invalid_fields"), vec!["/status"]));
    assert_eq!(world.get(&ola, &hers).await.refusal(), (404, "not_found"));
    assert_eq!(world.get(&organizer, &hers).await.json["has_attended"], true);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_seats_by_time_and_then_the_queue() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 3).await;
    let mut people = Vec::new();
    for name in ["anna", "bo", "cai", "dag", "eva"] {
        people.push(world.person(name).await);
        world.sign_up(people.last().unwrap(), &event).await;
        world.pass(TimeDelta::minutes(1)).await;
    }
    assert_eq!(names(&world, &organizer, &event, "").await, ["anna", "bo", "cai", "dag", "eva"]);
    // Paying moves nobody; a seat from the queue comes after those that were given before.
    world.pays(&people[2], &event).await;
    world.sign_off(&people[0], &event).await;
    world.settle().await;
    world
        .patch(&organizer, &format!("/events/{event}/registrations/{}", people[1].id), &json!({ "has_attended": true }))
        .await;
    assert_eq!(names(&world, &organizer, &event, "").await, ["bo", "cai", "dag", "eva"]);
    for (query, expected) in [
        ("status=confirmed", vec!["cai"]),
        ("status=awaiting_payment", vec!["bo", "dag"]),
        ("status=waitlisted", vec!["eva"]),
        ("status=ended", vec!["anna"]),
        ("has_paid=true", vec!["cai"]),
        ("has_paid=false", vec!["bo", "dag", "eva"]),
        ("has_attended=true", vec!["bo"]),
        ("has_attended=false&status=awaiting_payment", vec!["dag"]),
        ("q=DAG%20b", vec!["dag"]),
        ("q=%25", vec![]),
    ] {
        assert_eq!(names(&world, &organizer, &event, query).await, expected, "{query}");
    }
    for query in ["status=gone", "has_paid=maybe", "color=red", "cursor=x", "limit=101"] {
        let reply = world.get(&organizer, &format!("/events/{event}/registrations?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
    }
    assert_eq!(world.get(&people[1], &format!("/events/{event}/registrations")).await.refusal(), (403, "forbidden"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_walked_without_gaps_while_people_come() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 4, json!({})).await;
    for number in 0..7 {
        let person = world.person(&format!("p{number}")).await;
        world.sign_up(&person, &event).await;
    }
    let (mut seen, mut query) = (Vec::new(), "limit=3".to_owned());
    while seen.len() < 20 {
        let page = world.get(&organizer, &format!("/events/{event}/registrations?{query}")).await;
        seen.extend(page.json["results"].as_array().unwrap().iter().map(|row| row["user"]["first_name"].clone()));
        let late = world.person(&format!("late{}", seen.len())).await;
        if seen.len() < 7 {
            world.sign_up(&late, &event).await;
        }
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(seen, ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "late3", "late6"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaders_manage_their_own_events_and_members_where_the_group_says_so() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.event(&admin, 5, json!({})).await;
    let (leader, member, ida) = (world.person("leader").await, world.person("member").await, world.person("ida").await);
    join_group(&world, &admin, &leader, "leader").await;
    join_group(&world, &admin, &member, "member").await;
    assert_eq!(add(&world, &leader, &event, json!({ "user_id": ida.id })).await.status, 201);
    let list = format!("/events/{event}/registrations");
    assert_eq!(world.get(&member, &list).await.refusal(), (403, "forbidden"));
    assert_eq!(remove(&world, &member, &event, &ida, "").await.refusal(), (404, "not_found"));
    let opens = json!({ "members_may_manage": true });
    assert_eq!(world.patch(&admin, &format!("/groups/{ORGANIZER}"), &opens).await.status, 200);
    assert_eq!(world.get(&member, &list).await.status, 200);
    assert_eq!(remove(&world, &member, &event, &ida, "").await.status, 204);
    world.end().await;
}
