//! Payments at the door: requests to phones, scans of codes, two organizers at two codes, and what is called off, too old
//! or meant for nobody.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

const HOUSE: &str = "00000000-0000-0000-0000-000000000000";
const PHONE: &str = "4741234567";

/// A door with an organizer, an admin and two people who have not paid.
struct Door {
    world: World,
    admin: Person,
    organizer: Person,
    event: String,
    ida: Person,
    ola: Person,
}

impl Door {
    async fn open() -> Self {
        let world = World::begin().await;
        let admin = world.officer("admin", Role::Admin).await;
        let organizer = world.officer("organizer", Role::Organizer).await;
        let event = world.paid_event(&admin, 5).await;
        let (ida, ola) = (world.person("ida").await, world.person("ola").await);
        for person in [&ida, &ola] {
            assert_eq!(world.sign_up(person, &event).await.status, 201);
        }
        world.settle().await;
        Self { world, admin, organizer, event, ida, ola }
    }

    async fn put_code(&self, id: &str, location: &str) -> Reply {
        let path = format!("/sales-units/{HOUSE}/qrs/{id}");
        let request = self.world.request("PUT", &path, Some(&self.admin)).json(&json!({ "location": location }));
        let reply = self.world.send(request).await;
        self.world.settle().await;
        reply
    }

    async fn takes(&self, by: &Person, from: &Person, body: &Value) -> Reply {
        let order = self.world.order_id(from, &self.event).await;
        let reply = self.world.post(by, &format!("/orders/{order}/door"), body).await;
        self.world.settle().await;
        reply
    }

    async fn state(&self, of: &Person) -> String {
        let order = self.world.order_id(of, &self.event).await;
        let reply = self.world.get(&self.organizer, &format!("/orders/{order}/door")).await;
        reply.json["state"].as_str().unwrap_or(&reply.text).to_owned()
    }

    async fn calls_off(&self, of: &Person) -> Reply {
        let order = self.world.order_id(of, &self.event).await;
        let request = self.world.request("DELETE", &format!("/orders/{order}/door"), Some(&self.organizer));
        let reply = self.world.send(request).await;
        self.world.settle().await;
        reply
    }

    async fn scans(&self, code: &str, phone: &str) {
        let path = format!("/qrs/123456/{code}/scan");
        let reply = self.world.control("POST", &path, &json!({ "phone": phone })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.world.settle().await;
    }

    async fn status(&self, of: &Person) -> String {
        self.world.registration(of, &self.event).await["status"].as_str().unwrap().to_owned()
    }

    async fn approves(&self, of: &Person) {
        let reference = self.world.reference(of, &self.event).await;
        assert_eq!(self.world.does("approve", &reference).await.status, 200);
        self.world.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_goes_to_the_phone_in_the_place_of_the_link() {
    let door = Door::open().await;
    assert_eq!(door.state(&door.ida).await, "idle");
    let reply = door.takes(&door.organizer, &door.ida, &json!({ "phone": "41 23 45 67" })).await;
    assert_eq!((reply.status, reply.json["state"].as_str()), (200, Some("starting")), "{}", reply.text);
    // The payment that was open for the link is ended first: there is only ever one.
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated open");
    assert_eq!(door.state(&door.ida).await, "on_the_phone");
    // The number was for the request alone.
    assert_eq!(door.world.count("attempts", "flow = 'phone' AND request_body = ''").await, 1);
    let phone = door.world.visit("GET", &format!("{}/phone?number={PHONE}", door.world.sandbox_url())).await;
    assert_eq!(phone.text.matches("/landing?token=").count(), 1, "{}", phone.text);
    door.approves(&door.ida).await;
    assert_eq!((door.state(&door.ida).await.as_str(), door.status(&door.ida).await.as_str()), ("paid", "confirmed"));
    let again = door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    assert_eq!(again.refusal(), (409, "already_paid"));
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_scan_of_the_code_pays_what_is_waited_for_there() {
    let door = Door::open().await;
    for (code, location) in [("door-a", "Inngang"), ("door-b", "Bar")] {
        assert_eq!(door.put_code(code, location).await.status, 200);
    }
    let other = door.world.officer("other", Role::Organizer).await;
    assert_eq!(door.takes(&door.organizer, &door.ida, &json!({ "qr_id": "door-a" })).await.status, 200);
    assert_eq!(door.takes(&other, &door.ola, &json!({ "qr_id": "door-a" })).await.refusal(), (409, "qr_in_use"));
    let waiting = door.takes(&other, &door.ola, &json!({ "qr_id": "door-b" })).await;
    assert_eq!(waiting.json["state"], "waiting_for_scan", "{}", waiting.text);
    assert_eq!(waiting.json["qr_id"], "door-b");
    door.scans("door-b", "4790000001").await;
    assert_eq!(
        (door.state(&door.ida).await.as_str(), door.state(&door.ola).await.as_str()),
        ("waiting_for_scan", "on_the_phone")
    );
    door.scans("door-a", PHONE).await;
    for person in [&door.ida, &door.ola] {
        assert_eq!(door.world.attempts(person, &door.event).await, "terminated open");
        door.approves(person).await;
        assert_eq!((door.state(person).await.as_str(), door.status(person).await.as_str()), ("paid", "confirmed"));
    }
    // Nobody waits any more: a scan is answered and starts nothing.
    let calls = door.world.control("GET", "/payments", &Value::Null).await;
    door.scans("door-a", PHONE).await;
    let after = door.world.control("GET", "/payments", &Value::Null).await;
    assert_eq!(calls.json["results"].as_array().unwrap().len(), after.json["results"].as_array().unwrap().len());
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_off_pays_nothing() {
    let door = Door::open().await;
    door.put_code("door-a", "Inngang").await;
    door.takes(&door.organizer, &door.ida, &json!({ "qr_id": "door-a" })).await;
    assert_eq!(door.calls_off(&door.ida).await.json["state"], "idle");
    door.scans("door-a", PHONE).await;
    assert_eq!(door.state(&door.ida).await, "idle");
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    let reference = door.world.reference(&door.ida, &door.event).await;
    door.calls_off(&door.ida).await;
    assert_eq!(door.world.at_provider(&reference).await, "TERMINATED cancelled 25000");
    assert_eq!(
        (door.state(&door.ida).await.as_str(), door.status(&door.ida).await.as_str()),
        ("idle", "awaiting_payment")
    );
    // The link works as before.
    let link = door.world.clicks(&door.ida, &door.event).await;
    assert_ne!(link, reference);
    door.approves(&door.ida).await;
    assert_eq!(door.status(&door.ida).await, "confirmed");
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_reached_or_does_not_approve_can_try_another_way() {
    let door = Door::open().await;
    for (phone, code) in [("123", "invalid_phone"), ("", "invalid_phone")] {
        let reply = door.takes(&door.organizer, &door.ida, &json!({ "phone": phone })).await;
        assert_eq!((reply.status, reply.json["errors"][0]["code"].as_str()), (422, Some(code)), "{}", reply.text);
    }
    for body in [json!({}), json!({ "phone": PHONE, "qr_id": "x" }), json!({ "qr_id": "nowhere" })] {
        assert_eq!(door.takes(&door.organizer, &door.ida, &body).await.status, 422, "{body}");
    }
    // The provider knows nobody with such a number, and says so without saying it.
    door.takes(&door.organizer, &door.ida, &json!({ "phone": "+4798760000" })).await;
    assert_eq!(door.state(&door.ida).await, "not_reached");
    let order = door.world.order_id(&door.ida, &door.event).await;
    let shown = door.world.order(&door.ida, &order).await;
    assert_eq!(shown["needs_attention"], Value::Null, "a mistyped number is nobody's case");
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    let reference = door.world.reference(&door.ida, &door.event).await;
    assert_eq!(door.world.does("abort", &reference).await.status, 200);
    door.world.settle().await;
    assert_eq!(door.state(&door.ida).await, "not_approved");
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    door.approves(&door.ida).await;
    assert_eq!(door.status(&door.ida).await, "confirmed");
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_comes_late_is_dead_and_a_forgotten_wait_ends() {
    let door = Door::open().await;
    door.put_code("door-a", "Inngang").await;
    door.takes(&door.organizer, &door.ida, &json!({ "qr_id": "door-a" })).await;
    door.world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(door.state(&door.ida).await, "idle");
    door.scans("door-a", PHONE).await;
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated");
    // A scan whose webhook is a quarter of an hour late finds somebody else waiting, and is not theirs.
    door.world.faults(json!([{ "on": "webhook", "do": "delay", "delay": "00:16:00", "reference": "door-a" }])).await;
    door.takes(&door.organizer, &door.ida, &json!({ "qr_id": "door-a" })).await;
    door.scans("door-a", PHONE).await;
    door.world.pass(TimeDelta::minutes(15)).await;
    door.takes(&door.organizer, &door.ola, &json!({ "qr_id": "door-a" })).await;
    door.world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(door.state(&door.ola).await, "waiting_for_scan");
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_nobody_heard_of_is_not_given_up_before_its_life_is_over() {
    let door = Door::open().await;
    door.world.faults(json!([{ "on": "create", "do": "timeout_before", "times": 1 }, { "on": "create", "do": "status", "status": 423, "code": "x" }])).await;
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated sent");
    door.calls_off(&door.ida).await;
    door.world.faults(json!([])).await;
    // A web payment would be abandoned after a minute.
    door.world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated sent");
    door.world.pass(TimeDelta::minutes(7)).await;
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated abandoned");
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_are_made_taken_over_printed_and_deleted() {
    let door = Door::open().await;
    let (world, admin) = (&door.world, &door.admin);
    assert_eq!(door.put_code("door-a", "").await.status, 422);
    assert_eq!(door.put_code("door a", "Bar").await.status, 422);
    let made = door.put_code("door-a", "Inngang").await;
    assert_eq!(made.json["location"], "Inngang", "{}", made.text);
    assert_eq!(door.put_code("door-a", "Bakdør & bar").await.json["location"], "Bakdør & bar");
    let path = format!("/sales-units/{HOUSE}/qrs");
    let listed = world.get(admin, &path).await;
    assert_eq!(listed.json["results"].as_array().unwrap().len(), 1);
    let sheet = world
        .send(world.request("GET", &format!("/events/{}/qrs/door-a/sheet.svg", door.event), Some(&door.organizer)))
        .await;
    assert!(sheet.text.contains("<svg") && sheet.text.contains("Bakdør &#38; bar"), "{}", sheet.text);
    assert_eq!(world.get(&door.ida, &format!("/events/{}/qrs", door.event)).await.status, 403);
    // Somebody made one elsewhere.
    let strange = world.put_code_elsewhere("elsewhere", "Gammel kasse").await;
    assert_eq!(strange, 200);
    let synced = world.post(admin, &format!("{path}/sync"), &json!({})).await;
    let own = |reply: &Reply| -> Vec<(String, bool)> {
        let codes = reply.json["codes"].as_array().unwrap().clone();
        codes.iter().map(|code| (code["qr_id"].as_str().unwrap().to_owned(), code["own"] == true)).collect()
    };
    assert_eq!(own(&synced), [("door-a".to_owned(), true), ("elsewhere".to_owned(), false)]);
    assert_eq!(door.put_code("elsewhere", "Gammel kasse").await.status, 200);
    let deleted = world.send(world.request("DELETE", &format!("{path}/door-a"), Some(admin))).await;
    assert_eq!(deleted.status, 204);
    let again = world.send(world.request("DELETE", &format!("{path}/door-a"), Some(admin))).await;
    assert_eq!(again.status, 404);
    let synced = world.post(admin, &format!("{path}/sync"), &json!({})).await;
    assert_eq!(own(&synced), [("elsewhere".to_owned(), true)]);
    // One registration hears of payments and one of scans, however often they are looked after.
    world.pass(TimeDelta::hours(3)).await;
    let hooks = world.control("GET", "/webhooks", &Value::Null).await;
    let urls: Vec<&str> =
        hooks.json["results"].as_array().unwrap().iter().map(|hook| hook["url"].as_str().unwrap()).collect();
    let ours = format!("{}/webhooks/vipps", world.url());
    assert_eq!(urls, [ours.clone(), format!("{ours}/scans")]);
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_pays_from_the_screen_of_a_desktop() {
    let door = Door::open().await;
    let link = door.world.link(&door.ida, &door.event).await;
    let first = door.world.visit("POST", &format!("{link}/code")).await;
    assert_eq!(first.status, 303, "{}", first.text);
    let page = door.world.visit("GET", &format!("{link}/code")).await;
    assert!(page.text.contains("<svg class=\"code\"") && page.text.contains("data-live"), "{}", page.text);
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated open");
    // A click on the other button ends it: one payment at a time.
    door.world.clicks(&door.ida, &door.event).await;
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated terminated open");
    assert_eq!(door.world.visit("POST", &format!("{link}/code")).await.status, 303);
    door.approves(&door.ida).await;
    let page = door.world.visit("GET", &format!("{link}/code")).await;
    assert!(!page.text.contains("<svg class=\"code\"") && page.text.contains("good"), "{}", page.text);
    assert_eq!(door.status(&door.ida).await, "confirmed");
    door.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_refused_after_an_unheard_one_is_found_and_closed() {
    let door = Door::open().await;
    // Nothing is open any more that had to end first.
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    let first = door.world.reference(&door.ida, &door.event).await;
    assert_eq!(door.world.does("abort", &first).await.status, 200);
    door.world.settle().await;
    let rules = json!([
        { "on": "create", "do": "timeout_after", "times": 1 },
        { "on": "get", "do": "status", "status": 503 },
        { "on": "create", "do": "status", "status": 400, "code": "4050" },
    ]);
    door.world.faults(rules).await;
    door.takes(&door.organizer, &door.ida, &json!({ "phone": PHONE })).await;
    door.world.pass(TimeDelta::minutes(1)).await;
    let reference = door.world.reference(&door.ida, &door.event).await;
    // The payment is on the phone, and nobody here knows: it is not given up before somebody has looked.
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated aborted sent");
    door.world.no_more_faults().await;
    door.world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(door.world.at_provider(&reference).await, "TERMINATED cancelled 25000");
    assert_eq!(door.world.attempts(&door.ida, &door.event).await, "terminated aborted terminated");
    door.world.end().await;
}
