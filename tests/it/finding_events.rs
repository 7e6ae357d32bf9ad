//! How events are found: the list and its filters.

use chrono::TimeDelta;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::world::{Person, World};

/// An event that starts and ends so many hours from now.
async fn event(world: &World, organizer: &Person, title: &str, hours: (i64, i64), more: Value) -> String {
    let at = |hours: i64| write_time(world.clock.now() + TimeDelta::hours(hours));
    let mut body = json!({ "title": title, "start_date": at(hours.0), "end_date": at(hours.1) });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.event(organizer, 1, body).await
}

async fn titles(world: &World, query: &str) -> Vec<String> {
    let reply = world.send(world.request("GET", &format!("/events?{query}"), None)).await;
    assert_eq!(reply.status, 200, "{query} {}", reply.text);
    let results = reply.json["results"].as_array().unwrap();
    results.iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_events_are_listed_by_their_start() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    for (title, hours) in
        [("later", (48, 50)), ("over", (-5, -1)), ("running", (-1, 1)), ("ends now", (-2, 0)), ("soon", (5, 6))]
    {
        event(&world, &organizer, title, hours, json!({})).await;
    }
    let at = |hours: i64| write_time(world.clock.now() + TimeDelta::hours(hours));
    assert_eq!(titles(&world, "").await, ["ends now", "running", "soon", "later"]);
    for (query, expected) in [
        (format!("from={}", at(-1)), vec!["over", "ends now", "running", "soon", "later"]),
        (format!("from={}", at(2)), vec!["soon", "later"]),
        (format!("to={}", at(5)), vec!["ends now", "running"]),
        (format!("from={}&to={}", at(6), at(48)), vec!["soon"]),
        // An offset, with its plus as browsers write it and as people do.
        ("from=2027-01-15T15:00:00%2B01:00".to_owned(), vec!["soon", "later"]),
        ("from=2027-01-15T15:00:00+01:00".to_owned(), vec!["soon", "later"]),
    ] {
        assert_eq!(titles(&world, &query).await, expected, "{query}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_looked_for_literally_and_without_case() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    for (place, (title, more)) in [
        ("Årsfest på Ørland", json!({})),
        ("Quiz", json!({ "description": "100 % moro_her" })),
        ("Kurs", json!({ "location": "Sal 100 \\ ÆØÅ" })),
    ]
    .into_iter()
    .enumerate()
    {
        let start = i64::try_from(place).unwrap() + 1;
        event(&world, &organizer, title, (start, 9), more).await;
    }
    for (query, expected) in [
        ("q=%C3%A5RSFEST", vec!["Årsfest på Ørland"]),
        ("q=%C3%B8rland", vec!["Årsfest på Ørland"]),
        ("q=%C3%A6%C3%B8%C3%A5", vec!["Kurs"]),
        ("q=%25", vec!["Quiz"]),
        ("q=_", vec!["Quiz"]),
        ("q=100+%25", vec!["Quiz"]),
        ("q=100", vec!["Quiz", "Kurs"]),
        ("q=%5C", vec!["Kurs"]),
        ("q=q_iz", vec![]),
        ("q=%27", vec![]),
        ("q=", vec!["Årsfest på Ørland", "Quiz", "Kurs"]),
        ("q=s&limit=1", vec!["Årsfest på Ørland"]),
    ] {
        assert_eq!(titles(&world, query).await, expected, "{query}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_events_are_those_one_could_sign_up_for_now() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let at = |minutes: i64| write_time(world.clock.now() + TimeDelta::minutes(minutes));
    let paid = json!({ "price": "100", "paytime": "01:00" });
    for (title, more) in [
        ("plain", json!({})),
        ("closed", json!({ "closed": true })),
        ("without", json!({ "sign_up": false })),
        ("not yet", json!({ "start_registration_at": at(1) })),
        ("just now", json!({ "start_registration_at": at(0) })),
        ("no more", json!({ "end_registration_at": at(0) })),
        ("paid", json!({ "paid_information": paid.clone() })),
        ("paid too late", json!({ "paid_information": paid, "start_date": at(29) })),
        ("started", json!({ "start_date": at(0) })),
        ("started and open", json!({ "start_date": at(0), "end_registration_at": at(60) })),
    ] {
        event(&world, &organizer, title, (5, 9), more).await;
    }
    let mut open = titles(&world, "open=true").await;
    open.sort();
    assert_eq!(open, ["just now", "paid", "plain", "started and open"]);
    assert_eq!(titles(&world, "open=false").await.len(), 6);
    assert_eq!(titles(&world, "open=true&is_paid_event=true").await, ["paid"]);
    assert_eq!(titles(&world, "is_paid_event=true").await.len(), 2);
    assert_eq!(titles(&world, "is_paid_event=false&open=true").await.len(), 3);
    // A full event is open: one would wait.
    let full = event(&world, &organizer, "full", (5, 9), json!({})).await;
    let ida = world.person("ida").await;
    world.sign_up(&ida, &full).await;
    assert!(titles(&world, "open=true").await.contains(&"full".to_owned()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_filter_is_refused() {
    let world = World::begin().await;
    for query in [
        "from=yesterday",
        "from=2027-01-15T15:00:00",
        "to=2027-13-01T00:00:00Z",
        "from=",
        "open=maybe",
        "open=",
        "is_paid_event=1",
        "color=red",
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=x",
        "cursor=",
        "q=a&q=b",
        "q=%00",
    ] {
        let reply = world.send(world.request("GET", &format!("/events?{query}"), None)).await;
        assert_eq!(reply.status, 400, "{query} {}", reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    assert_eq!(titles(&world, "organizer=nobody").await.len(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_walked_by_start_and_id_while_events_come() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    for number in 0..5 {
        // All at the same moment: only the id tells them apart.
        event(&world, &organizer, &format!("e{number}"), (5, 6), json!({})).await;
    }
    for query in ["limit=2", "limit=2&q=E", "limit=2&open=true"] {
        let (mut seen, mut path) = (Vec::new(), format!("/events?{query}"));
        loop {
            let page = world.send(world.request("GET", &path, None)).await;
            seen.extend(page.json["results"].as_array().unwrap().iter().map(|row| row["title"].clone()));
            event(&world, &organizer, "early event", (1, 6), json!({})).await;
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            path = format!("/events?{query}&cursor={cursor}");
        }
        seen.retain(|title| title != "early event");
        assert_eq!(seen, ["e0", "e1", "e2", "e3", "e4"], "{query}");
    }
    world.end().await;
}
