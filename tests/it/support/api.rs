//! What people ask of the house, and what they are answered.

use serde_json::{Value, json};

use super::people::{Reply, read_json, whole_body};
use super::world::{Person, World};

impl World {
    pub(crate) async fn sign_up(&self, who: &Person, event: &str) -> Reply {
        self.post(who, &format!("/events/{event}/registrations"), &json!({})).await
    }

    /// Signs off; answers the status.
    pub(crate) async fn sign_off(&self, who: &Person, event: &str) -> Reply {
        self.send(self.request("DELETE", &format!("/events/{event}/registrations/me"), Some(who))).await
    }

    pub(crate) async fn registration(&self, who: &Person, event: &str) -> Value {
        self.get(who, &format!("/events/{event}/registrations/me")).await.json
    }

    /// The registration in a few words: status, reason of the end, order, place in the queue.
    pub(crate) async fn seen(&self, who: &Person, event: &str) -> String {
        let registration = self.registration(who, event).await;
        let word = |pointer: &str| registration.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let place = registration["wait_queue_number"].as_i64().map(|place| place.to_string());
        [word("/status"), word("/ended_reason"), word("/order/status"), place]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) async fn order_id(&self, who: &Person, event: &str) -> String {
        self.registration(who, event).await["order"]["order_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn order(&self, who: &Person, order: &str) -> Value {
        self.get(who, &format!("/orders/{order}")).await.json
    }

    pub(crate) async fn pay(&self, who: &Person, order: &str) -> Reply {
        self.post(who, &format!("/orders/{order}/pay"), &json!({})).await
    }

    pub(crate) async fn refund(&self, who: &Person, order: &str, body: &Value, key: &str) -> Reply {
        let request = self.request("POST", &format!("/orders/{order}/refund"), Some(who));
        self.send(request.header("Idempotency-Key", key).json(body)).await
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Reply {
        self.send(self.request("GET", path, Some(who))).await
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: &Value) -> Reply {
        self.send(self.request("POST", path, Some(who)).json(body)).await
    }

    pub(crate) async fn patch(&self, who: &Person, path: &str, body: &Value) -> Reply {
        self.send(self.request("PATCH", path, Some(who)).json(body)).await
    }

    pub(crate) async fn delete(&self, who: &Person, path: &str) -> Reply {
        self.send(self.request("DELETE", path, Some(who))).await
    }

    /// A request to the API.
    pub(crate) fn request(&self, method: &str, path: &str, who: Option<&Person>) -> reqwest::RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}/api/v1{path}", self.url()));
        match who {
            Some(who) => request.bearer_auth(&who.token),
            None => request,
        }
    }

    /// A page of the house, or any address.
    pub(crate) async fn visit(&self, method: &str, address: &str) -> Reply {
        self.send(self.client.request(method.parse().unwrap(), address)).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let (method, url) = (request.method().to_string(), request.url().clone());
        let response = self.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = whole_body(response).await;
        let json = read_json(&text);
        let reply = Reply { status, headers, text, json };
        if url.as_str().starts_with(&self.url()) {
            crate::described::assert_described(&method, url.path(), &reply);
        }
        reply
    }
}
