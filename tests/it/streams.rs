//! What changes is told as it changes: the seats of an event to everybody, one's own places to whoever shows a token.
//! And an answer that everybody gets alike is kept until something changes.

use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::world::{Person, World};

struct Stream(reqwest::Response);

impl Stream {
    async fn open(world: &World, path: &str, who: Option<&Person>) -> Self {
        let response = world.request("GET", path, who).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response)
    }

    /// What is told next; empty at the end.
    async fn next(&mut self) -> Option<Value> {
        let chunk = self.0.chunk().await.unwrap()?;
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        Some(serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap())
    }

    /// Waits until this is told; what is told before is out of date by then.
    async fn until(&mut self, pointer: &str, expected: Value) {
        loop {
            let told = self.next().await.expect("it goes on");
            if told.pointer(pointer) == Some(&expected) {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seats_of_an_event_are_told_as_they_change() {
    let world = World::begin().await;
    let (organizer, ida, ola) = (world.organizer().await, world.person("ida").await, world.person("ola").await);
    let event = world.event(&organizer, 1, json!({})).await;
    let mut stream = Stream::open(&world, &format!("/events/{event}/stream"), None).await;
    let told = stream.next().await.unwrap();
    assert_eq!(
        told,
        json!({ "limit": 1, "list_count": 0, "waiting_list_count": 0, "is_open": true, "start_registration_at": null })
    );
    world.sign_up(&ida, &event).await;
    stream.until("/list_count", json!(1)).await;
    world.sign_up(&ola, &event).await;
    stream.until("/waiting_list_count", json!(1)).await;
    world.patch(&organizer, &format!("/events/{event}"), &json!({ "closed": true })).await;
    stream.until("/is_open", json!(false)).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_event_and_with_the_house() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (gone, stays) = (world.event(&organizer, 1, json!({})).await, world.event(&organizer, 2, json!({})).await);
    let mut of_gone = Stream::open(&world, &format!("/events/{gone}/stream"), None).await;
    let mut of_stays = Stream::open(&world, &format!("/events/{stays}/stream"), None).await;
    of_gone.next().await.unwrap();
    of_stays.next().await.unwrap();
    assert_eq!(world.delete(&organizer, &format!("/events/{gone}")).await.status, 204);
    assert_eq!(of_gone.next().await, None);
    assert_eq!(world.visit("GET", &format!("{}/api/v1/events/{gone}/stream", world.url())).await.status, 404);
    // Whoever still listens does not hold the house open.
    world.end().await;
    assert_eq!(of_stays.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_hears_of_ones_own_place_and_of_nobody_elses() {
    let world = World::begin().await;
    let (organizer, ida, ola) = (world.organizer().await, world.person("ida").await, world.person("ola").await);
    let event = world.event(&organizer, 1, json!({})).await;
    world.sign_up(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    let mut stream = Stream::open(&world, "/me/stream", Some(&ola)).await;
    let told = stream.next().await.unwrap();
    assert_eq!(told["registrations"].as_array().unwrap().len(), 1);
    assert_eq!(told["registrations"][0]["event_id"], event);
    assert_eq!(told["registrations"][0]["wait_queue_number"], 1);
    assert_eq!(world.sign_off(&ida, &event).await.status, 204);
    stream.until("/registrations/0/status", json!("confirmed")).await;
    assert_eq!(world.request("GET", "/me/stream", None).send().await.unwrap().status(), 401);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_for_everybody_is_kept_until_something_changes() {
    let world = World::begin().await;
    let (organizer, ida) = (world.organizer().await, world.person("ida").await);
    let event = world.event(&organizer, 2, json!({})).await;
    for path in [format!("/events/{event}"), "/events?limit=1".to_owned()] {
        let ask = async |tag: &str| {
            let reply = world.send(world.request("GET", &path, None).header("If-None-Match", tag)).await;
            (reply.status, reply.header("etag").to_owned(), reply.text)
        };
        let (status, tag, text) = ask("\"another\"").await;
        assert_eq!((status, text.is_empty()), (200, false));
        assert_eq!(ask(&tag).await, (304, tag.clone(), String::new()));
        assert_eq!(ask(&format!("\"x\", W/{tag}")).await.0, 304);
        world.sign_up(&ida, &event).await;
        let (status, changed, text) = ask(&tag).await;
        assert_eq!(status, 200);
        assert_ne!(changed, tag);
        assert!(text.contains("\"list_count\":1"), "{text}");
        assert_eq!(world.sign_off(&ida, &event).await.status, 204);
        // What was is what is again.
        assert_eq!(ask(&tag).await.0, 304);
    }
    // Time alone changes the list.
    let later = write_time(world.clock.now() + chrono::TimeDelta::hours(1));
    let soon =
        world.event(&organizer, 1, json!({ "start_date": write_time(world.clock.now()), "end_date": later })).await;
    let first = |reply: &crate::support::people::Reply| reply.json["results"][0]["id"].clone();
    let list = world.send(world.request("GET", "/events", None)).await;
    assert_eq!(first(&list), soon);
    world.pass(chrono::TimeDelta::seconds(3_601)).await;
    let list = world.send(world.request("GET", "/events", None)).await;
    assert_eq!(first(&list), event);
    world.end().await;
}
