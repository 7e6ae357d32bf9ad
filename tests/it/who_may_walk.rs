//! Every route as everybody: one table says how each ends, and a route without a row fails.

use std::collections::BTreeSet;

use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::people::{House, Person, Reply, text};

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

/// Method, address, body, and the status for each of [`WHO`]. `<guest>` is somebody who is signed up for nothing.
type Row = (&'static str, &'static str, &'static str, [u16; 10]);

/// Where anybody gets the same answer.
const fn all(status: u16) -> [u16; 10] {
    [status; 10]
}

/// Where everybody who is signed in gets the same answer.
const fn known(status: u16) -> [u16; 10] {
    [401, status, status, status, status, status, status, status, status, status]
}

/// Where admins get an answer of their own.
const fn admin(others: u16, admin: u16, about: u16) -> [u16; 10] {
    [401, others, others, others, others, others, others, others, admin, about]
}

/// Where those who manage the event, or everybody's events, get an answer of their own.
const fn managers(others: u16, managers: u16, about: u16) -> [u16; 10] {
    [401, others, others, others, managers, managers, managers, others, managers, about]
}

// A body that fits nothing shows who would have been let through: 422 comes after 401, 403 and 404.
const TABLE: &[Row] = &[
    ("POST", "/auth/login", "{}", all(422)),
    ("POST", "/auth/refresh", "{}", all(422)),
    ("POST", "/auth/logout", "{}", all(422)),
    ("GET", "/me", "", known(200)),
    ("PATCH", "/me", "{}", known(200)),
    ("POST", "/me/password", "{}", known(422)),
    ("GET", "/me/stream", "", known(200)),
    ("GET", "/me/registrations", "", known(200)),
    ("GET", "/me/orders", "", known(200)),
    ("GET", "/users", "", admin(403, 200, 403)),
    ("POST", "/users", "{}", admin(403, 422, 403)),
    ("GET", "/users/{user_id}", "", admin(404, 200, 200)),
    ("PATCH", "/users/{user_id}", "{}", admin(404, 200, 403)),
    ("POST", "/users/{user_id}/invite", "{}", admin(404, 200, 403)),
    ("GET", "/groups", "", [401, 403, 200, 403, 403, 200, 403, 403, 200, 403]),
    ("POST", "/groups", "{}", admin(403, 422, 403)),
    ("GET", "/groups/{slug}", "", [401, 403, 403, 200, 200, 200, 403, 403, 200, 403]),
    ("PATCH", "/groups/{slug}", "{}", admin(403, 200, 403)),
    ("DELETE", "/groups/{slug}", "", admin(403, 409, 403)),
    ("GET", "/groups/{slug}/members", "", [401, 403, 403, 403, 403, 200, 403, 403, 200, 403]),
    ("PUT", "/groups/{slug}/members/{user_id}", "{}", [401, 403, 403, 403, 403, 422, 403, 403, 422, 403]),
    ("DELETE", "/groups/{slug}/members/{user_id}", "", [401, 403, 403, 403, 403, 404, 403, 403, 404, 403]),
    ("GET", "/roles", "", admin(403, 200, 403)),
    ("GET", "/grants", "", admin(403, 200, 403)),
    ("POST", "/grants", "{}", admin(403, 422, 403)),
    ("DELETE", "/grants/{grant_id}", "", admin(403, 404, 403)),
    ("GET", "/events", "", all(200)),
    ("POST", "/events", "<event>", managers(403, 201, 403)),
    ("GET", "/events/{event_id}/stream", "", all(200)),
    ("GET", "/events/{event_id}", "", all(200)),
    ("PATCH", "/events/{event_id}", r#"{"limit": 7}"#, managers(403, 200, 403)),
    ("PATCH", "/events/{event_id}", r#"{"organizer": "hytta"}"#, [401, 403, 403, 403, 403, 403, 200, 403, 200, 403]),
    ("DELETE", "/events/{event_id}", "", managers(403, 409, 403)),
    ("POST", "/events/{event_id}/cancel", r#"{"reason": "no", "dry_run": true}"#, managers(403, 200, 403)),
    ("GET", "/events/{event_id}/cancellation", "", managers(403, 404, 403)),
    ("GET", "/events/{event_id}/registrations", "", managers(403, 200, 403)),
    ("POST", "/events/{event_id}/registrations", "{}", [401, 201, 201, 201, 201, 201, 201, 201, 201, 409]),
    ("POST", "/events/{event_id}/registrations", r#"{"user_id": "<guest>"}"#, managers(403, 201, 403)),
    ("POST", "/events/{event_id}/registrations", r#"{"paid_outside": {"reason": "cash"}}"#, managers(403, 201, 403)),
    ("GET", "/events/{event_id}/registrations/me", "", [401, 404, 404, 404, 404, 404, 404, 404, 404, 200]),
    (
        "PATCH",
        "/events/{event_id}/registrations/me",
        r#"{"allow_photo": true}"#,
        [401, 404, 404, 404, 404, 404, 404, 404, 404, 200],
    ),
    ("DELETE", "/events/{event_id}/registrations/me", "", [401, 404, 404, 404, 404, 404, 404, 404, 404, 204]),
    ("GET", "/events/{event_id}/registrations/{user_id}", "", managers(404, 200, 200)),
    ("PATCH", "/events/{event_id}/registrations/{user_id}", r#"{"has_attended": true}"#, managers(404, 200, 403)),
    ("PATCH", "/events/{event_id}/registrations/{user_id}", r#"{"allow_photo": true}"#, managers(404, 403, 200)),
    ("DELETE", "/events/{event_id}/registrations/{user_id}", "", managers(404, 204, 403)),
    (
        "DELETE",
        "/events/{event_id}/registrations/{user_id}?refund=full",
        "",
        [401, 404, 404, 404, 403, 403, 403, 404, 204, 403],
    ),
    ("POST", "/events/{event_id}/registrations/{user_id}/mark-paid", r#"{"reason": "cash"}"#, managers(404, 200, 403)),
    ("GET", "/orders", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/books", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/books/lines", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/books/lines.csv", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/books/lines.xlsx", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/provider-operations", "", [401, 403, 200, 403, 200, 200, 200, 200, 200, 403]),
    ("GET", "/orders/{order_id}", "", [401, 404, 404, 404, 200, 200, 200, 200, 200, 200]),
    ("PUT", "/orders/{order_id}", "{}", all(405)),
    ("PATCH", "/orders/{order_id}", "{}", all(405)),
    ("DELETE", "/orders/{order_id}", "", all(405)),
    ("GET", "/orders/{order_id}/events", "", [401, 404, 404, 404, 200, 200, 200, 200, 200, 200]),
    // Nobody answers at the provider's here.
    ("GET", "/orders/{order_id}/log", "", [401, 404, 404, 404, 503, 503, 503, 503, 503, 403]),
    ("POST", "/orders/{order_id}/pay", r#"{"no": 1}"#, [401, 404, 404, 404, 403, 403, 403, 403, 403, 422]),
    ("POST", "/orders/{order_id}/sync", r#"{"no": 1}"#, [401, 404, 404, 404, 422, 422, 422, 422, 422, 422]),
    // Those who may are told that it needs an idempotency key.
    ("POST", "/orders/{order_id}/refund", "{}", [401, 404, 404, 404, 403, 403, 403, 400, 400, 403]),
    ("POST", "/orders/{order_id}/resolve", "{}", [401, 404, 404, 404, 403, 403, 403, 422, 422, 403]),
    ("GET", "/orders/{order_id}/door", "", [401, 404, 404, 404, 200, 200, 200, 403, 200, 403]),
    ("POST", "/orders/{order_id}/door", "{}", [401, 404, 404, 404, 422, 422, 422, 403, 422, 403]),
    ("DELETE", "/orders/{order_id}/door", "", [401, 404, 404, 404, 200, 200, 200, 403, 200, 403]),
    ("GET", "/events/{event_id}/qrs", "", managers(403, 200, 403)),
    ("GET", "/events/{event_id}/qrs/{qr_id}/sheet.svg", "", managers(403, 404, 403)),
    ("GET", "/agreements", "", admin(403, 200, 403)),
    ("POST", "/agreements", "{}", admin(403, 422, 403)),
    ("GET", "/agreements/{agreement_id}", "", admin(403, 200, 403)),
    ("PATCH", "/agreements/{agreement_id}", "{}", admin(403, 409, 403)),
    ("PUT", "/agreements/{agreement_id}/credentials", r#"{"no": 1}"#, admin(403, 422, 403)),
    ("POST", "/agreements/{agreement_id}/test", r#"{"no": 1}"#, admin(403, 422, 403)),
    ("GET", "/sales-units", "", admin(403, 200, 403)),
    ("POST", "/sales-units", "{}", admin(403, 422, 403)),
    ("GET", "/sales-units/{sales_unit_id}", "", admin(403, 200, 403)),
    ("PATCH", "/sales-units/{sales_unit_id}", "{}", admin(403, 409, 403)),
    ("GET", "/sales-units/{sales_unit_id}/webhooks", "", admin(403, 503, 403)),
    ("POST", "/sales-units/{sales_unit_id}/webhooks", r#"{"no": 1}"#, admin(403, 422, 403)),
    ("DELETE", "/sales-units/{sales_unit_id}/webhooks/{webhook_id}", "", admin(403, 503, 403)),
    ("GET", "/sales-units/{sales_unit_id}/qrs", "", admin(403, 200, 403)),
    ("POST", "/sales-units/{sales_unit_id}/qrs/sync", r#"{"no": 1}"#, admin(403, 422, 403)),
    ("PUT", "/sales-units/{sales_unit_id}/qrs/{qr_id}", "{}", admin(403, 422, 403)),
    ("DELETE", "/sales-units/{sales_unit_id}/qrs/{qr_id}", "", admin(403, 404, 403)),
    ("GET", "//pay/{token}", "", all(404)),
    ("POST", "//pay/{token}", "", all(404)),
    ("GET", "//pay/{token}/code", "", all(404)),
    ("POST", "//pay/{token}/code", "", all(404)),
    ("GET", "//pay/{token}/return", "", all(404)),
    ("POST", "//pay/{token}/card", "", all(404)),
    ("POST", "//webhooks/vipps", "{}", all(401)),
    ("POST", "//webhooks/vipps/{sales_unit_id}", "{}", all(401)),
    ("POST", "//webhooks/vipps/scans", "{}", all(401)),
    ("POST", "//webhooks/vipps/{sales_unit_id}/scans", "{}", all(401)),
    ("POST", "//webhooks/vipps/{sales_unit_id}/v2/payments/{reference}", "{}", all(401)),
    ("POST", "//webhooks/askell/{sales_unit_id}", "{}", all(401)),
    ("GET", "//invite/{token}", "", all(410)),
    ("POST", "//invite/{token}", "password=long%20enough%20to%20count", all(410)),
    ("GET", "/openapi.json", "", all(200)),
    ("GET", "//docs", "", all(200)),
    ("GET", "//docs/problems/{code}", "", all(404)),
    ("GET", "//health/live", "", all(200)),
    ("GET", "//health/ready", "", all(200)),
];

/// Every route that the server has.
fn routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, methods) in plass::http::listed_routes() {
        let path = path.strip_prefix("/api/v1").map_or_else(|| format!("/{path}"), str::to_owned);
        found.extend(methods.into_iter().map(|method| (method.to_string(), path.clone())));
    }
    assert!(found.len() >= 50, "{} routes are not all", found.len());
    found
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let told: BTreeSet<(String, String)> = TABLE
        .iter()
        .filter(|(_, _, _, statuses)| *statuses != all(405))
        .map(|(method, path, _, _)| ((*method).to_owned(), path.split('?').next().unwrap().to_owned()))
        .collect();
    assert_eq!(told, routes());
}

/// What the addresses of the table are filled with.
struct Walk {
    house: House,
    admin: Person,
    about: Person,
    guest: Person,
}

impl Walk {
    async fn sends(&self, method: &str, path: &str, by: Option<&Person>, body: &str) -> Reply {
        let request = self.house.request(method, path, by.map(|person| person.token.as_str()));
        if body.is_empty() {
            return self.house.send(request).await;
        }
        self.house.send(request.header("content-type", "application/json").body(body.to_owned())).await
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

    async fn joins(&self, person: &Person, group: &str, role: &str) {
        let path = format!("/groups/{group}/members/{}", person.id);
        assert_eq!(self.house.put(&path, &self.admin.token, &json!({ "role": role })).await.status, 200);
    }
}

fn event_of(group: &str) -> Value {
    json!({
        "title": "Julebord", "organizer": group, "limit": 5,
        "start_date": "2026-02-01T18:00:00Z", "end_date": "2026-02-01T23:00:00Z",
        "paid_information": { "price": "250", "paytime": "02:00" },
    })
}

/// A house with somebody for each column.
async fn fill() -> (Walk, Vec<Option<Person>>) {
    let house = House::open().await;
    let admin = house.admin().await;
    for slug in ["sosialen", "festkom", "hytta"] {
        let group = json!({ "slug": slug, "name": slug, "kind": "committee" });
        assert_eq!(house.post("/groups", Some(&admin.token), &group).await.status, 201);
        assert_eq!(house.post("/events", Some(&admin.token), &event_of(slug)).await.status, 201);
    }
    let open = json!({ "members_may_manage": true });
    assert_eq!(house.patch("/groups/festkom", &admin.token, &open).await.status, 200);
    let mut people = vec![None];
    for name in ["outsider", "stranger", "member", "manager", "leader", "organizer", "treasurer"] {
        people.push(Some(house.person(name).await));
    }
    let about = house.person("about").await;
    let guest = house.person("guest").await;
    people.extend([Some(admin.clone()), Some(about.clone())]);
    let walk = Walk { house, admin, about, guest };
    let places =
        [(2, "hytta", "leader"), (3, "sosialen", "member"), (4, "festkom", "member"), (5, "sosialen", "leader")];
    for (column, group, role) in places {
        walk.joins(people[column].as_ref().unwrap(), group, role).await;
    }
    for (column, role) in [(6, Role::Organizer), (7, Role::Treasurer)] {
        walk.house.grant(people[column].as_ref().unwrap().id.parse().unwrap(), role).await;
    }
    (walk, people)
}

#[actix_web::test]
async fn every_route_answers_everybody_as_the_table_says() {
    let (walk, people) = fill().await;
    let mut wrong = Vec::new();
    for (method, path, body, statuses) in TABLE {
        let about_event = path.contains("{event_id}") || path.contains("{order_id}");
        let mut kept: Option<(&str, String, String)> = None;
        for (column, expected) in statuses.iter().enumerate() {
            let group = if column == 4 { "festkom" } else { "sosialen" };
            let again = kept.as_ref().is_none_or(|(of, _, _)| *of != group);
            if about_event && again {
                let (event, order) = walk.new_event(group).await;
                kept = Some((group, event, order));
            }
            let (event, order) = kept.as_ref().map_or(("", ""), |(_, event, order)| (event.as_str(), order.as_str()));
            let user = if path.starts_with("/groups") { &walk.guest } else { &walk.about };
            let address = path
                .replace("{event_id}", event)
                .replace("{order_id}", order)
                .replace("{user_id}", &user.id)
                .replace("{slug}", group)
                .replace("{grant_id}", &walk.guest.id)
                .replace("{agreement_id}", &uuid::Uuid::nil().to_string())
                .replace("{sales_unit_id}", &uuid::Uuid::nil().to_string())
                .replace("{webhook_id}", "unknown")
                .replace("{reference}", "unknown")
                .replace("{token}", "unknown");
            let body = body.replace("<guest>", &walk.guest.id).replace("<event>", &event_of(group).to_string());
            let reply = walk.sends(method, &address, people[column].as_ref(), &body).await;
            if reply.status != *expected {
                wrong.push(format!("{method} {path} {body} as {}: {} {}", WHO[column], reply.status, reply.text));
            }
            // What succeeded has changed it: the next one meets a fresh one.
            if reply.status < 300 && *method != "GET" {
                kept = None;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    walk.house.close().await;
}

#[actix_web::test]
async fn the_list_of_orders_shows_no_more_than_one_may_read() {
    let (walk, people) = fill().await;
    let (_, sosialen) = walk.new_event("sosialen").await;
    let (_, festkom) = walk.new_event("festkom").await;
    let both = vec![festkom.clone(), sosialen.clone()];
    for (column, expected) in
        [(2, vec![]), (4, vec![festkom]), (5, vec![sosialen]), (6, both.clone()), (7, both.clone()), (8, both)]
    {
        let person = people[column].as_ref().unwrap();
        let orders = walk.house.get("/orders", Some(&person.token)).await;
        let results = orders.json["results"].as_array().unwrap();
        let mut seen: Vec<&str> = results.iter().map(|order| order["order_id"].as_str().unwrap()).collect();
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected, "{}", WHO[column]);
    }
    walk.house.close().await;
}

#[actix_web::test]
async fn rights_end_with_the_next_request_after_they_were_taken() {
    let (walk, people) = fill().await;
    let (event, _) = walk.new_event("festkom").await;
    let (manager, path) = (people[4].as_ref().unwrap(), format!("/events/{event}/registrations"));
    assert_eq!(walk.house.get(&path, Some(&manager.token)).await.status, 200);
    let closed = json!({ "members_may_manage": false });
    assert_eq!(walk.house.patch("/groups/festkom", &walk.admin.token, &closed).await.status, 200);
    assert_eq!(walk.house.get(&path, Some(&manager.token)).await.status, 403);
    walk.house.close().await;
}
