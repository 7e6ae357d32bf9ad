//! Who may do what: users, groups, roles.

use plass::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::people::{House, PASSWORD, Person, Reply, text};

async fn add_group(house: &House, admin: &Person, slug: &str) {
    let body = json!({ "slug": slug, "name": slug, "kind": "committee" });
    assert_eq!(house.post("/groups", Some(&admin.token), &body).await.status, 201);
}

async fn put(house: &House, by: &Person, group: &str, who: &Person, role: &str) -> Reply {
    let path = format!("/groups/{group}/members/{}", who.id);
    house.put(&path, &by.token, &json!({ "role": role })).await
}

#[actix_web::test]
async fn users_are_added_and_changed_by_those_who_manage_them() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let body =
        json!({ "email": " Ola@Example.org", "first_name": "Ola", "last_name": "Nordmann", "password": PASSWORD });
    let ola = house.post("/users", Some(&admin.token), &body).await;
    assert_eq!((ola.status, text(&ola, "email")), (201, "ola@example.org"));
    assert!(!ola.text.contains("password"));
    assert_eq!(house.post("/users", Some(&admin.token), &body).await.refusal(), (409, "email_taken"));
    house.signs_in("ola").await;
    let path = format!("/users/{}", text(&ola, "user_id"));
    assert_eq!(
        house.patch(&path, &admin.token, &json!({ "email": "ida@example.org" })).await.refusal(),
        (409, "email_taken")
    );
    let changed = house.patch(&path, &admin.token, &json!({ "phone": "+47 99887766" })).await;
    assert_eq!((text(&changed, "phone"), text(&changed, "first_name")), ("+47 99887766", "Ola"));
    let bad = json!({ "email": "ola", "first_name": null, "phone": "x" });
    assert_eq!(house.patch(&path, &admin.token, &bad).await.pointers(), ["/first_name", "/email", "/phone"]);
    // For others there is nobody else; oneself one may see and not change this way.
    assert_eq!(house.get("/users", Some(&ida.token)).await.refusal(), (403, "forbidden"));
    assert_eq!(house.post("/users", Some(&ida.token), &json!({})).await.refusal(), (403, "forbidden"));
    let own = format!("/users/{}", ida.id);
    for (method, path, status) in [
        ("GET", path.clone(), 404),
        ("PATCH", path.clone(), 404),
        ("POST", format!("{path}/invite"), 404),
        ("GET", own.clone(), 200),
        ("PATCH", own.clone(), 403),
        ("POST", format!("{own}/invite"), 403),
    ] {
        let reply = house.send(house.request(method, &path, Some(&ida.token))).await;
        assert_eq!(reply.status, status, "{method} {path} {}", reply.text);
    }
    let page = house.get("/users?limit=1", Some(&admin.token)).await;
    let next = format!("/users?limit=2&cursor={}", text(&page, "next_cursor"));
    let rest = house.get(&next, Some(&admin.token)).await;
    assert_eq!((rest.json["results"].as_array().unwrap().len(), &rest.json["next_cursor"]), (2, &Value::Null));
    house.close().await;
}

#[actix_web::test]
async fn a_patch_of_oneself_touches_what_it_names() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let first = house.patch("/me", &ida.token, &json!({ "phone": "99887766", "locale": "en" })).await;
    assert_eq!((text(&first, "phone"), text(&first, "locale")), ("99887766", "en"));
    let second = house.patch("/me", &ida.token, &json!({ "phone": null, "allow_photo_by_default": false })).await;
    assert_eq!((&second.json["phone"], text(&second, "locale")), (&Value::Null, "en"));
    assert_eq!(second.json["allow_photo_by_default"], false);
    let request =
        house.request("PATCH", "/me", Some(&ida.token)).header("content-type", "application/merge-patch+json");
    assert_eq!(house.send(request.body(r#"{"first_name": "Ida"}"#)).await.json["first_name"], "Ida");
    assert_eq!(house.patch("/me", &ida.token, &json!({ "first_name": null })).await.pointers(), ["/first_name"]);
    assert_eq!(house.patch("/me", &ida.token, &json!({ "email": "x@example.org" })).await.pointers(), ["/email"]);
    assert_eq!(house.send(house.request("PATCH", "/me", Some(&ida.token))).await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn leaders_change_members_and_not_the_group() {
    let house = House::open().await;
    let admin = house.admin().await;
    let (ida, ola) = (house.person("ida").await, house.person("ola").await);
    add_group(&house, &admin, "sosialen").await;
    assert_eq!(put(&house, &ida, "sosialen", &ida, "leader").await.refusal(), (403, "forbidden"));
    let leader = put(&house, &admin, "sosialen", &ida, "leader").await;
    assert_eq!((leader.status, leader.json), (200, json!({ "user_id": ida.id, "role": "leader" })));
    let me = house.get("/me", Some(&ida.token)).await;
    let managing = json!(["events.create", "events.manage", "registrations.manage", "orders.read"]);
    assert_eq!(me.json["groups"], json!([{ "slug": "sosialen", "role": "leader", "permissions": managing }]));
    assert_eq!(me.json["permissions"], json!([]));
    assert_eq!(put(&house, &ida, "sosialen", &ola, "member").await.status, 200);
    let members = house.get("/groups/sosialen/members", Some(&ida.token)).await;
    assert_eq!(members.json["results"].as_array().unwrap().len(), 2);
    assert_eq!(house.get("/groups/sosialen/members", Some(&ola.token)).await.status, 403);
    assert_eq!(house.patch("/groups/sosialen", &ida.token, &json!({ "name": "x" })).await.status, 403);
    assert_eq!(house.delete("/groups/sosialen", &ida.token).await.status, 403);
    let one = format!("/groups/sosialen/members/{}", ola.id);
    assert_eq!(house.delete(&one, &ola.token).await.status, 403);
    assert_eq!(house.delete(&one, &ida.token).await.status, 204);
    assert_eq!(house.delete(&one, &ida.token).await.status, 404);
    let nobody = "/groups/sosialen/members/0193b4a5-0000-7000-8000-000000000000";
    assert_eq!(house.put(nobody, &ida.token, &json!({ "role": "member" })).await.status, 404);
    assert_eq!(put(&house, &ida, "sosialen", &ola, "boss").await.pointers(), ["/role"]);
    house.close().await;
}

#[actix_web::test]
async fn members_manage_where_the_group_says_so() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    add_group(&house, &admin, "sosialen").await;
    put(&house, &admin, "sosialen", &ida, "member").await;
    let held = || async { house.get("/me", Some(&ida.token)).await.json["groups"][0]["permissions"].clone() };
    assert_eq!(held().await, json!([]));
    let changed = house.patch("/groups/sosialen", &admin.token, &json!({ "members_may_manage": true })).await;
    assert_eq!((changed.status, text(&changed, "name")), (200, "sosialen"));
    assert_eq!(held().await.as_array().unwrap().len(), 4);
    house.close().await;
}

#[actix_web::test]
async fn nobody_gives_what_he_does_not_hold() {
    let house = House::open().await;
    let admin = house.admin().await;
    let (ida, ola) = (house.person("ida").await, house.person("ola").await);
    house.grant(ola.id.parse().unwrap(), Role::Treasurer).await;
    for slug in ["sosialen", "penger"] {
        add_group(&house, &admin, slug).await;
    }
    let give = |by: &Person, body: Value| {
        let request = house.request("POST", "/grants", Some(&by.token)).json(&body);
        house.send(request)
    };
    for person in [&ida, &ola] {
        let grant = json!({ "role": "treasurer", "user_id": person.id });
        assert_eq!(give(person, grant).await.refusal(), (403, "forbidden"));
        assert_eq!(house.get("/grants", Some(&person.token)).await.status, 403);
        assert_eq!(house.get("/roles", Some(&person.token)).await.status, 403);
    }
    // The group holds a role: its leader holds it too and may let others in; somebody outside may not.
    let granted = give(&admin, json!({ "role": "treasurer", "group": "penger" })).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    put(&house, &admin, "penger", &ola, "leader").await;
    assert_eq!(put(&house, &ola, "penger", &ida, "member").await.status, 200);
    assert_eq!(house.get("/me", Some(&ida.token)).await.json["permissions"], json!(["orders.read", "orders.refund"]));
    for (body, pointer) in [
        (json!({ "role": "king", "user_id": ida.id }), "/role"),
        (json!({ "role": "admin" }), "/user_id"),
        (json!({ "role": "admin", "user_id": ida.id, "group": "penger" }), "/group"),
        (json!({ "role": "admin", "group": "nothing" }), "/group"),
        (json!({ "role": "admin", "user_id": "no-id" }), "/user_id"),
        (json!({ "role": "admin", "user_id": ida.id, "scope_group": "nothing" }), "/scope_group"),
    ] {
        assert_eq!(give(&admin, body).await.pointers(), [pointer]);
    }
    let scoped = give(&admin, json!({ "role": "admin", "user_id": ida.id, "scope_group": "sosialen" })).await;
    assert_eq!((scoped.status, text(&scoped, "scope_group")), (201, "sosialen"));
    // Admin of one group's events is no admin.
    assert_eq!(give(&ida, json!({ "role": "admin", "user_id": ida.id })).await.status, 403);
    assert_eq!(house.get("/users", Some(&ida.token)).await.status, 403);
    let again = give(&admin, json!({ "role": "admin", "user_id": ida.id, "scope_group": "sosialen" })).await;
    assert_eq!(again.json["grant_id"], scoped.json["grant_id"]);
    let one = format!("/grants/{}", text(&scoped, "grant_id"));
    assert_eq!(house.delete(&one, &ida.token).await.status, 403);
    assert_eq!(house.delete(&one, &admin.token).await.status, 204);
    assert_eq!(house.delete(&one, &admin.token).await.status, 404);
    let roles = house.get("/roles", Some(&admin.token)).await;
    assert_eq!(
        roles.json["results"][1],
        json!({ "role": "treasurer", "permissions": ["orders.read", "orders.refund"] })
    );
    house.close().await;
}

async fn grant_of(house: &House, admin: &Person, field: &str, value: &str) -> String {
    let grants = house.get("/grants", Some(&admin.token)).await;
    let found = grants.json["results"].as_array().unwrap().iter().find(|grant| grant[field] == value).cloned();
    found.unwrap()["grant_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_last_admin_stays() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let own = format!("/grants/{}", grant_of(&house, &admin, "user_id", &admin.id).await);
    assert_eq!(house.delete(&own, &admin.token).await.refusal(), (409, "last_admin"));
    // The group is admin now, but nobody belongs to it yet.
    add_group(&house, &admin, "styret").await;
    let body = json!({ "role": "admin", "group": "styret" });
    assert_eq!(house.post("/grants", Some(&admin.token), &body).await.status, 201);
    assert_eq!(house.delete(&own, &admin.token).await.refusal(), (409, "last_admin"));
    put(&house, &admin, "styret", &ida, "member").await;
    assert_eq!(house.delete(&own, &admin.token).await.status, 204);
    // Now ida is the last one, by belonging to the group.
    assert_eq!(house.get("/users", Some(&admin.token)).await.status, 403);
    let place = format!("/groups/styret/members/{}", ida.id);
    assert_eq!(house.delete(&place, &ida.token).await.refusal(), (409, "last_admin"));
    let by_group = format!("/grants/{}", grant_of(&house, &ida, "group", "styret").await);
    assert_eq!(house.delete(&by_group, &ida.token).await.refusal(), (409, "last_admin"));
    assert_eq!(house.delete("/groups/styret", &ida.token).await.refusal(), (409, "group_in_use"));
    assert_eq!(put(&house, &ida, "styret", &admin, "leader").await.status, 200);
    assert_eq!(house.delete(&place, &ida.token).await.status, 204);
    house.close().await;
}

#[actix_web::test]
async fn two_admins_cannot_remove_each_other_at_once() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    house.grant(ida.id.parse().unwrap(), Role::Admin).await;
    let (first, second) =
        (grant_of(&house, &admin, "user_id", &admin.id).await, grant_of(&house, &admin, "user_id", &ida.id).await);
    let (left, right) = (format!("/grants/{second}"), format!("/grants/{first}"));
    let (left, right) = tokio::join!(house.delete(&left, &admin.token), house.delete(&right, &ida.token));
    let gone = [left.status, right.status].iter().filter(|status| **status == 204).count();
    assert_eq!(gone, 1, "{} {}", left.text, right.text);
    house.close().await;
}

#[actix_web::test]
async fn a_group_that_nobody_uses_goes_with_its_members() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    add_group(&house, &admin, "sosialen").await;
    put(&house, &admin, "sosialen", &ida, "leader").await;
    assert_eq!(house.get("/groups", Some(&ida.token)).await.json["results"].as_array().unwrap().len(), 1);
    assert_eq!(
        house.send(house.request(Method::DELETE.as_str(), "/groups/sosialen", Some(&admin.token))).await.status,
        204
    );
    assert_eq!(house.get("/groups/sosialen", Some(&admin.token)).await.status, 404);
    assert_eq!(house.get("/me", Some(&ida.token)).await.json["groups"], json!([]));
    assert_eq!(house.get("/groups", Some(&ida.token)).await.status, 403);
    house.close().await;
}
