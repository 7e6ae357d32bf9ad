//! Every page as everybody: one table says how each ends, and a page without a row fails. And forms that are not ours.

use std::collections::BTreeSet;

use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::pages::{Browser, Seen};
use crate::support::people::{House, Person, text};

/// The columns of the table.
const WHO: [&str; 10] = [
    "nobody",
    "a member of nothing",
    "the leader of another group",
    "a member of the group",
    "a member of a group whose members manage",
    "the leader of the group",
    "an organizer",
    "a treasurer",
    "an admin",
    "the one it is about",
];

/// The fields of a form; none for a page that is only read.
type Fields = &'static [(&'static str, &'static str)];

/// Method, address, form, and the status for each of [`WHO`]; 401 means that one is led to the login. `<guest>` is
/// somebody who is signed up for nothing, `<key>` a key that no form had before.
type Row = (&'static str, &'static str, Fields, [u16; 10]);

/// Where anybody gets the same answer.
const fn all(status: u16) -> [u16; 10] {
    [status; 10]
}

/// Where everybody who is signed in gets the same answer.
const fn known(status: u16) -> [u16; 10] {
    [401, status, status, status, status, status, status, status, status, status]
}

/// Where those who manage the event get an answer of their own.
const fn managers(others: u16, managers: u16) -> [u16; 10] {
    [401, others, others, others, managers, managers, managers, others, managers, others]
}

/// Where those who read the event's orders get an answer of their own.
const fn readers(others: u16, readers: u16) -> [u16; 10] {
    [401, others, others, others, readers, readers, readers, readers, readers, others]
}

/// Where those who manage the settings get an answer of their own.
const fn admins(admin: u16) -> [u16; 10] {
    [401, 403, 403, 403, 403, 403, 403, 403, admin, 403]
}

/// The form of a mark.
const ATTENDED: Fields = &[("attended", "true")];

const TABLE: &[Row] = &[
    ("GET", "/", &[], all(200)),
    ("GET", "/events/{event_id}", &[], all(200)),
    ("GET", "/events/{event_id}/sign-up", &[], all(303)),
    ("POST", "/events/{event_id}/sign-up", &[], [401, 303, 303, 303, 303, 303, 303, 303, 303, 409]),
    ("GET", "/events/{event_id}/sign-off", &[], [401, 303, 303, 303, 303, 303, 303, 303, 303, 200]),
    ("POST", "/events/{event_id}/sign-off", &[], [401, 404, 404, 404, 404, 404, 404, 404, 404, 303]),
    ("GET", "/my", &[], known(200)),
    ("GET", "/my/payments", &[], known(200)),
    // Letters are kept to be read in the demo alone.
    ("GET", "/letters", &[], all(404)),
    ("GET", "/letters/{number}", &[], all(404)),
    ("GET", "/letters/{number}/body", &[], all(404)),
    ("GET", "/letters/{number}/files/{place}", &[], all(404)),
    ("POST", "/demo/clock", &[("minutes", "5")], all(404)),
    ("GET", "/login", &[], [200, 303, 303, 303, 303, 303, 303, 303, 303, 303]),
    ("POST", "/login", &[("email", "a"), ("password", "b")], [401, 401, 401, 401, 401, 429, 429, 429, 429, 429]),
    ("POST", "/logout", &[], all(303)),
    ("GET", "/language/{language}", &[], all(303)),
    ("GET", "/assets/{name}", &[], all(404)),
    ("GET", "/manage", &[], [401, 403, 200, 403, 200, 200, 200, 403, 200, 403]),
    ("GET", "/manage/orders", &[], [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/manage/books", &[], [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/manage/books/lines.csv", &[], [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/manage/books/lines.xlsx", &[], [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/manage/operations", &[], [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/manage/orders/{order_id}", &[], readers(404, 200)),
    // The provider does not answer here, and the page is there all the same.
    ("GET", "/manage/orders/{order_id}/log", &[], readers(404, 200)),
    ("POST", "/manage/orders/{order_id}/sync", &[], readers(404, 303)),
    (
        "POST",
        "/manage/orders/{order_id}/resolve",
        &[("act", "try_again"), ("reason", "x")],
        [401, 404, 404, 404, 403, 403, 403, 409, 409, 404],
    ),
    (
        "POST",
        "/manage/orders/{order_id}/refund",
        &[("amount", "1"), ("reason", "x"), ("key", "<key>")],
        [401, 404, 404, 404, 403, 403, 403, 409, 409, 404],
    ),
    ("GET", "/manage/settings", &[], admins(200)),
    (
        "POST",
        "/manage/settings/agreements",
        &[("display_name", "x"), ("provider", "vipps_epayment"), ("environment", "test"), ("key", "<key>")],
        admins(303),
    ),
    ("GET", "/manage/settings/agreements/{agreement_id}", &[], admins(200)),
    ("POST", "/manage/settings/agreements/{agreement_id}", &[("display_name", "x")], admins(409)),
    (
        "POST",
        "/manage/settings/agreements/{agreement_id}/credentials",
        &[("client_id", "a"), ("client_secret", "b"), ("subscription_key", "c")],
        admins(409),
    ),
    ("POST", "/manage/settings/agreements/{agreement_id}/test", &[], admins(200)),
    (
        "POST",
        "/manage/settings/sales-units",
        &[("display_name", "x"), ("merchant_serial_number", "1234"), ("key", "<key>")],
        admins(422),
    ),
    ("GET", "/manage/settings/sales-units/{sales_unit_id}", &[], admins(200)),
    ("POST", "/manage/settings/sales-units/{sales_unit_id}", &[("display_name", "x")], admins(409)),
    ("POST", "/manage/settings/sales-units/{sales_unit_id}/webhooks", &[], admins(503)),
    ("POST", "/manage/settings/sales-units/{sales_unit_id}/webhooks/delete", &[("webhook_id", "x")], admins(503)),
    ("GET", "/manage/settings/sales-units/{sales_unit_id}/qrs", &[], admins(200)),
    ("POST", "/manage/settings/sales-units/{sales_unit_id}/qrs", &[("qr_id", "x"), ("location", "Bar")], admins(503)),
    ("POST", "/manage/settings/sales-units/{sales_unit_id}/qrs/delete", &[("qr_id", "x")], admins(503)),
    ("GET", "/manage/events/{event_id}", &[], managers(403, 200)),
    ("GET", "/manage/events/{event_id}/orders", &[], readers(403, 200)),
    ("GET", "/manage/events/{event_id}/add?q=guest%20berg", &[], managers(403, 200)),
    ("POST", "/manage/events/{event_id}/add", &[("user_id", "<guest>"), ("key", "<key>")], managers(403, 303)),
    (
        "POST",
        "/manage/events/{event_id}/add",
        &[("user_id", "<guest>"), ("payment", "outside"), ("reason", "cash"), ("key", "<key>")],
        managers(403, 303),
    ),
    ("POST", "/manage/events/{event_id}/registrations/{user_id}/attended", &[("attended", "true")], managers(403, 303)),
    ("GET", "/manage/events/{event_id}/qrs/{qr_id}/sheet.svg", &[], managers(403, 404)),
    ("GET", "/manage/events/{event_id}/registrations/{user_id}/door", &[], managers(403, 200)),
    ("POST", "/manage/events/{event_id}/registrations/{user_id}/door", &[("phone", "41234567")], managers(403, 303)),
    ("POST", "/manage/events/{event_id}/registrations/{user_id}/door/abort", &[], managers(403, 303)),
    ("GET", "/manage/events/{event_id}/registrations/{user_id}/paid", &[], managers(403, 200)),
    (
        "POST",
        "/manage/events/{event_id}/registrations/{user_id}/paid",
        &[("reason", "cash"), ("key", "<key>")],
        managers(403, 303),
    ),
    ("GET", "/manage/events/{event_id}/registrations/{user_id}/remove", &[], managers(403, 200)),
    ("POST", "/manage/events/{event_id}/registrations/{user_id}/remove", &[], managers(403, 303)),
    (
        "POST",
        "/manage/events/{event_id}/registrations/{user_id}/remove",
        &[("refund", "full")],
        [401, 403, 403, 403, 403, 403, 403, 403, 303, 403],
    ),
];

/// Forms that need no token: there is nobody yet whose it could be, or nothing that it could harm.
const NOBODYS: &[&str] = &["/login", "/demo/clock"];

#[test]
fn every_page_has_a_row_and_every_row_a_page() {
    let told: BTreeSet<(String, String)> = TABLE
        .iter()
        .map(|(method, path, ..)| ((*method).to_owned(), path.split('?').next().unwrap().to_owned()))
        .collect();
    let mut pages = BTreeSet::new();
    for (path, methods) in plass::http::listed_pages() {
        pages.extend(methods.into_iter().map(|method| (method.to_string(), path.clone())));
    }
    assert_eq!(told, pages);
}

/// A house with somebody for each column, each with a browser.
struct Walk {
    house: House,
    admin: Person,
    about: Person,
    guest: Person,
    browsers: Vec<Browser>,
}

fn event_of(group: &str) -> Value {
    json!({
        "title": "Julebord", "organizer": group, "limit": 5,
        "start_date": "2026-02-01T18:00:00Z", "end_date": "2026-02-01T23:00:00Z",
        "paid_information": { "price": "250", "paytime": "02:00" },
    })
}

impl Walk {
    async fn begin() -> Self {
        let house = House::open().await;
        let admin = house.admin().await;
        for slug in ["sosialen", "festkom", "hytta"] {
            let group = json!({ "slug": slug, "name": slug, "kind": "committee" });
            assert_eq!(house.post("/groups", Some(&admin.token), &group).await.status, 201);
        }
        let open = json!({ "members_may_manage": true });
        assert_eq!(house.patch("/groups/festkom", &admin.token, &open).await.status, 200);
        let mut browsers = vec![Browser::new(&house.url)];
        for (name, place, role) in [
            ("outsider", None, None),
            ("stranger", Some(("hytta", "leader")), None),
            ("member", Some(("sosialen", "member")), None),
            ("manager", Some(("festkom", "member")), None),
            ("leader", Some(("sosialen", "leader")), None),
            ("organizer", None, Some(Role::Organizer)),
            ("treasurer", None, Some(Role::Treasurer)),
        ] {
            let person = house.person(name).await;
            if let Some((group, role)) = place {
                let path = format!("/groups/{group}/members/{}", person.id);
                assert_eq!(house.put(&path, &admin.token, &json!({ "role": role })).await.status, 200);
            }
            if let Some(role) = role {
                house.grant(person.id.parse().unwrap(), role).await;
            }
            browsers.push(browser_of(&house, name).await);
        }
        let (about, guest) = (house.person("about").await, house.person("guest").await);
        for name in ["admin", "about"] {
            browsers.push(browser_of(&house, name).await);
        }
        Self { house, admin, about, guest, browsers }
    }

    /// A paid event of the group with one person signed up; its id and the order's.
    async fn new_event(&self, group: &str) -> (String, String) {
        let event = self.house.post("/events", Some(&self.admin.token), &event_of(group)).await;
        let id = text(&event, "id").to_owned();
        let path = format!("/events/{id}/registrations");
        let registration = self.house.post(&path, Some(&self.about.token), &json!({})).await;
        assert_eq!(registration.status, 201, "{}", registration.text);
        (id, registration.json["order"]["order_id"].as_str().unwrap().to_owned())
    }

    fn filled(&self, path: &str, event: &str, order: &str) -> String {
        path.replace("{event_id}", event)
            .replace("{order_id}", order)
            .replace("{user_id}", &self.about.id)
            .replace("{language}", "en")
            .replace("{agreement_id}", &uuid::Uuid::nil().to_string())
            .replace("{sales_unit_id}", &uuid::Uuid::nil().to_string())
            .replace("{name}", "unknown")
    }

    fn fields(&self, fields: Fields, token: Option<String>) -> Vec<(String, String)> {
        let value = |value: &str| {
            value.replace("<guest>", &self.guest.id).replace("<key>", &self.house.app.clock.id().to_string())
        };
        let token = token.map(|token| ("form_token".to_owned(), token));
        fields.iter().map(|(name, text)| ((*name).to_owned(), value(text))).chain(token).collect()
    }
}

async fn browser_of(house: &House, name: &str) -> Browser {
    let mut browser = Browser::new(&house.url);
    browser.signs_in(&format!("{name}@example.org")).await;
    browser
}

/// The token that a browser's pages carry; nobody has none.
async fn token_of(browser: &mut Browser) -> Option<String> {
    let page = browser.open("/").await;
    page.has_form("/logout").then(|| page.fields("/logout").swap_remove(0).1)
}

/// How an answer ends: being led to the login counts as 401.
fn ending(seen: &Seen) -> u16 {
    match seen.leads_to() {
        (303, to) if to.starts_with("/login") => 401,
        (status, _) => status,
    }
}

#[actix_web::test]
async fn every_page_answers_everybody_as_the_table_says() {
    let mut walk = Walk::begin().await;
    let mut browsers = std::mem::take(&mut walk.browsers);
    let mut wrong = Vec::new();
    for (method, path, fields, statuses) in TABLE {
        let mut kept: Option<(&str, String, String)> = None;
        for (column, expected) in statuses.iter().enumerate() {
            let group = if column == 4 { "festkom" } else { "sosialen" };
            if path.contains('{') && kept.as_ref().is_none_or(|(of, ..)| *of != group) {
                let (event, order) = walk.new_event(group).await;
                kept = Some((group, event, order));
            }
            let (event, order) = kept.as_ref().map_or(("", ""), |(_, event, order)| (event.as_str(), order.as_str()));
            let (address, browser) = (walk.filled(path, event, order), &mut browsers[column]);
            let seen = if *method == "GET" {
                browser.open(&address).await
            } else {
                let token = token_of(browser).await;
                browser.post(&address, &walk.fields(fields, token)).await
            };
            let status = ending(&seen);
            if status != *expected {
                wrong.push(format!("{method} {path} {fields:?} as {}: {status} {}", WHO[column], seen.text()));
            }
            // What succeeded has changed it: the next one meets a fresh one.
            if *method == "POST" && status == 303 {
                kept = None;
            }
            if *path == "/logout" && column > 0 {
                let name =
                    ["outsider", "stranger", "member", "manager", "leader", "organizer", "treasurer", "admin", "about"]
                        [column - 1];
                browser.signs_in(&format!("{name}@example.org")).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    walk.house.close().await;
}

#[actix_web::test]
async fn a_form_that_is_not_ours_does_nothing_whoever_sends_it() {
    let mut walk = Walk::begin().await;
    let (event, order) = walk.new_event("sosialen").await;
    let path = format!("/events/{event}/registrations/{}", walk.about.id);
    let before = walk.house.get(&path, Some(&walk.admin.token)).await.text;
    let mut browsers = std::mem::take(&mut walk.browsers);
    let foreign = token_of(&mut browsers[5]).await;
    let own = token_of(&mut browsers[8]).await;
    assert!(foreign.is_some() && own.is_some() && foreign != own);
    let admin = &mut browsers[8];
    let mut tried = 0;
    for (_, path, fields, _) in TABLE.iter().filter(|(method, path, ..)| *method == "POST" && !NOBODYS.contains(path)) {
        let address = walk.filled(path, &event, &order);
        for token in [None, Some(String::new()), Some("AAAA".to_owned()), foreign.clone()] {
            let seen = admin.post(&address, &walk.fields(fields, token)).await;
            seen.expect(403, &["Skjemaet er for gammelt", "Skjemaet er for gammelt"]);
        }
        for origin in ["https://evil.example", "null"] {
            let seen = admin.post_from(origin, &address, &walk.fields(fields, own.clone())).await;
            assert_eq!(seen.status(), 403, "{path} from {origin}");
        }
        tried += 1;
    }
    assert!(tried >= 9, "{tried} forms are not all");
    assert_eq!(walk.house.get(&path, Some(&walk.admin.token)).await.text, before);
    walk.house.close().await;
}

#[actix_web::test]
async fn ids_that_do_not_belong_together_are_ids_of_nothing() {
    let mut walk = Walk::begin().await;
    let (event, order) = walk.new_event("sosialen").await;
    let (other, _) = walk.new_event("sosialen").await;
    let mut browsers = std::mem::take(&mut walk.browsers);
    let admin = &mut browsers[8];
    let token = token_of(admin).await;
    let nothing = "00000000-0000-0000-0000-000000000000";
    for path in [
        format!("/manage/events/{nothing}"),
        format!("/manage/events/{order}"),
        "/manage/events/x".to_owned(),
        format!("/manage/events/{nothing}/orders"),
        format!("/manage/events/{nothing}/add"),
        format!("/manage/orders/{event}"),
        format!("/manage/orders/{nothing}"),
        format!("/manage/events/{event}/registrations/{}/paid", walk.guest.id),
        format!("/manage/events/{event}/registrations/{}/remove", walk.guest.id),
        format!("/manage/events/{event}/registrations/{nothing}/remove"),
    ] {
        assert_eq!(admin.open(&path).await.status(), 404, "{path}");
    }
    for (act, fields) in [("attended", ATTENDED), ("paid", &[("reason", "cash"), ("key", "<key>")]), ("remove", &[])] {
        for (event, user) in [(&event, &walk.guest.id), (&other, &walk.guest.id)] {
            let path = format!("/manage/events/{event}/registrations/{user}/{act}");
            let seen = admin.post(&path, &walk.fields(fields, token.clone())).await;
            assert_eq!(seen.status(), 404, "{path}");
        }
    }
    walk.house.close().await;
}
