//! The world around the house: time, the provider next door with its faults and its call history, letters that arrived,
//! and what the database holds.

use chrono::TimeDelta;
use plass::mail::Outgoing;
use serde_json::{Value, json};

use super::invariants;
use super::people::Reply;
use super::world::{Person, World};

impl World {
    /// Lets everything that is due come to rest.
    pub(crate) async fn settle(&self) {
        self.sandbox.settle().await;
    }

    /// Moves time forward through everything that becomes due.
    pub(crate) async fn pass(&self, by: TimeDelta) {
        self.sandbox.advance(by).await;
    }

    /// A call to the sandbox's control port.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Reply {
        let url = format!("{}/control{path}", self.sandbox.url());
        let mut request = self.client.request(method.parse().unwrap(), url);
        if method != "GET" {
            request = request.json(body);
        }
        self.send(request).await
    }

    /// Plans faults.
    pub(crate) async fn faults(&self, rules: Value) {
        let reply = self.control("PUT", "/faults", &json!({ "seed": 1, "rules": rules })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    pub(crate) async fn no_more_faults(&self) {
        self.control("DELETE", "/faults", &json!({})).await;
    }

    /// The person approves, declines or aborts in the app, or the session expires: `approve`, `decline`, `abort`,
    /// `expire`.
    pub(crate) async fn does(&self, act: &str, reference: &str) -> Reply {
        self.control("POST", &format!("/payments/{reference}/{act}"), &json!({})).await
    }

    /// All payments at the provider, oldest first.
    pub(crate) async fn payments(&self) -> Vec<Value> {
        self.control("GET", "/payments", &Value::Null).await.json["results"].as_array().unwrap().clone()
    }

    /// All payments at Áskell, oldest first.
    pub(crate) async fn askell_payments(&self) -> Vec<Value> {
        self.control("GET", "/askell/payments", &Value::Null).await.json["results"].as_array().unwrap().clone()
    }

    /// The calls that reached the provider about a reference.
    pub(crate) async fn calls(&self, reference: &str) -> Vec<Value> {
        let path = format!("/calls?reference={reference}");
        self.control("GET", &path, &Value::Null).await.json["results"].as_array().unwrap().clone()
    }

    /// The reference of the newest attempt of a person's order.
    pub(crate) async fn reference(&self, who: &Person, event: &str) -> String {
        let order = self.order_id(who, event).await;
        let order = self.order(who, &order).await;
        order["attempts"].as_array().unwrap().last().unwrap()["reference"].as_str().unwrap().to_owned()
    }

    /// Signs up, opens the payment and approves it: the person has a paid seat.
    pub(crate) async fn pays_for_a_seat(&self, who: &Person, event: &str) {
        assert_eq!(self.sign_up(who, event).await.status, 201);
        self.settle().await;
        let order = self.order_id(who, event).await;
        assert_eq!(self.pay(who, &order).await.status, 200);
        let reference = self.reference(who, event).await;
        assert_eq!(self.does("approve", &reference).await.status, 200);
    }

    /// The letters to a person, oldest first.
    pub(crate) fn letters_to(&self, who: &Person) -> Vec<Outgoing> {
        let letters = self.mail.letters().into_iter().map(|kept| kept.letter);
        letters.filter(|letter| letter.to == who.email).collect()
    }

    /// The first words of the letters to a person: their subjects without the event.
    pub(crate) fn told(&self, who: &Person) -> Vec<String> {
        let letters = self.letters_to(who);
        letters.iter().map(|letter| letter.subject.rsplit_once(": ").unwrap().0.replace('\u{a0}', " ")).collect()
    }

    /// The registrations for webhooks at the provider, with their secrets.
    pub(crate) async fn webhooks(&self) -> Vec<Value> {
        self.control("GET", "/webhooks", &Value::Null).await.json["results"].as_array().unwrap().clone()
    }

    /// How many rows a query counts in the database.
    pub(crate) async fn count(&self, table: &str, whose: &str) -> i64 {
        let (place, sql) = (self.database.place(), format!("SELECT COUNT(*) AS count FROM {table} WHERE {whose}"));
        tokio::task::spawn_blocking(move || invariants::count(&place, &sql)).await.unwrap()
    }
}
