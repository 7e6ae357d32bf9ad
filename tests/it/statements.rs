//! A list takes the same number of statements, however long it is.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use plass::store::conn::Place;
use serde_json::json;

use crate::support::pages::Browser;
use crate::support::people::{House, Person, text};

/// What a database was sent: how many statements, and each different text.
#[derive(Default)]
struct Heard {
    count: usize,
    texts: BTreeSet<String>,
}

/// What each database was sent, by its address.
static SENT: LazyLock<Mutex<HashMap<String, Heard>>> = LazyLock::new(Mutex::default);
/// Listens at every connection that is opened from now on.
static LISTENING: LazyLock<()> =
    LazyLock::new(|| set_default_instrumentation(|| Some(Box::new(Counting::default()))).unwrap());

pub(crate) fn begin_to_listen() {
    LazyLock::force(&LISTENING);
}

/// Every different statement that a database was sent, without its values.
pub(crate) fn texts_sent(address: &str) -> Vec<String> {
    let sent = SENT.lock().unwrap();
    sent.get(address).map(|heard| heard.texts.iter().cloned().collect()).unwrap_or_default()
}

/// Counts what one connection sends.
#[derive(Default)]
struct Counting {
    address: String,
}

impl Instrumentation for Counting {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartEstablishConnection { url, .. } = event {
            self.address = url.to_owned();
        } else if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            let text = query.split_once(" -- binds:").map_or(query.as_str(), |(text, _values)| text).to_owned();
            let mut sent = SENT.lock().unwrap();
            let heard = sent.entry(self.address.clone()).or_default();
            heard.count += 1;
            if ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb)) {
                heard.texts.insert(text);
            }
        }
    }
}

fn sent(house: &House) -> usize {
    let (Place::Sqlite(address) | Place::Postgres(address)) = house.app.store.place();
    SENT.lock().unwrap().get(address).map(|heard| heard.count).unwrap_or_default()
}

/// Paid events of one admin, who is signed up for all of them; everybody else is signed up for the first.
struct Lists {
    house: House,
    admin: Person,
    browser: Browser,
    events: Vec<String>,
}

impl Lists {
    async fn grow(&mut self, people: usize, events: usize) {
        let token = Some(self.admin.token.clone());
        for _ in 0..events {
            let event = json!({
                "title": "Julebord", "organizer": "sosialen", "limit": 5,
                "start_date": "2026-02-01T18:00:00Z", "end_date": "2026-02-01T23:00:00Z",
                "paid_information": { "price": "250", "paytime": "02:00" },
            });
            let event = self.house.post("/events", token.as_deref(), &event).await;
            let id = text(&event, "id").to_owned();
            let reply = self.house.post(&format!("/events/{id}/registrations"), token.as_deref(), &json!({})).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
            self.events.push(id);
        }
        for _ in 0..people {
            let name = format!("p{}", self.house.app.clock.id().simple());
            let user = self.house.save(&name).await;
            let path = format!("/events/{}/registrations", self.events[0]);
            let reply = self.house.post(&path, token.as_deref(), &json!({ "user_id": user })).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
        }
    }

    /// How many statements each list takes now.
    async fn measure(&mut self) -> Vec<(String, usize)> {
        let event = self.events[0].clone();
        let mut found = Vec::new();
        for path in [
            format!("/events/{event}/registrations?limit=100"),
            format!("/events/{event}/registrations?limit=100&q=berg"),
            "/me/registrations?limit=100".to_owned(),
            "/me/orders?limit=100".to_owned(),
            "/orders?limit=100".to_owned(),
            "/orders?limit=100&q=berg".to_owned(),
            "/provider-operations?limit=100".to_owned(),
        ] {
            let before = sent(&self.house);
            let reply = self.house.get(&path, Some(&self.admin.token)).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            found.push((path, sent(&self.house) - before));
        }
        for path in [
            "/manage".to_owned(),
            "/manage/orders".to_owned(),
            "/manage/orders?q=berg".to_owned(),
            "/manage/operations".to_owned(),
            format!("/manage/events/{event}"),
            format!("/manage/events/{event}?q=berg"),
            format!("/manage/events/{event}?tab=waiting"),
            format!("/manage/events/{event}/orders"),
        ] {
            let before = sent(&self.house);
            assert_eq!(self.browser.open(&path).await.status(), 200, "{path}");
            found.push((path, sent(&self.house) - before));
        }
        found
    }
}

#[actix_web::test]
async fn a_list_takes_the_same_number_of_statements_however_long_it_is() {
    begin_to_listen();
    let house = House::open().await;
    let admin = house.admin().await;
    let group = json!({ "slug": "sosialen", "name": "Sosialen", "kind": "committee" });
    assert_eq!(house.post("/groups", Some(&admin.token), &group).await.status, 201);
    let mut browser = Browser::new(&house.url);
    browser.signs_in("admin@example.org").await;
    let mut lists = Lists { house, admin, browser, events: Vec::new() };
    // Eight at an event of five: some hold a seat and some wait.
    lists.grow(8, 2).await;
    let few = lists.measure().await;
    lists.grow(25, 15).await;
    let many = lists.measure().await;
    assert_eq!(few, many);
    assert!(few.iter().all(|(_, count)| (3..=25).contains(count)), "{few:?}");
    lists.house.close().await;
}
