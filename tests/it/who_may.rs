//! Who gets in, and who may do what.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::people::{House, PASSWORD, Person, Reply};

async fn log_in(house: &House, email: &str, password: &str) -> Reply {
    house.post("/auth/login", None, &json!({ "email": email, "password": password })).await
}

async fn refresh(house: &House, token: &str) -> Reply {
    house.post("/auth/refresh", None, &json!({ "refresh_token": token })).await
}

async fn knows(house: &House, token: &str) -> bool {
    house.get("/me", Some(token)).await.status == 200
}

fn text<'r>(reply: &'r Reply, field: &str) -> &'r str {
    reply.json[field].as_str().unwrap_or_else(|| panic!("{field} in {}", reply.text))
}

async fn add_group(house: &House, admin: &Person, slug: &str) {
    let body = json!({ "slug": slug, "name": slug, "kind": "committee" });
    assert_eq!(house.post("/groups", Some(&admin.token), &body).await.status, 201);
}

async fn put(house: &House, by: &Person, group: &str, who: &Person, role: &str) -> Reply {
    let path = format!("/groups/{group}/members/{}", who.id);
    house.put(&path, &by.token, &json!({ "role": role })).await
}

#[actix_web::test]
async fn a_login_hands_out_a_pair() {
    let house = House::open().await;
    let reply = log_in(&house, "  Admin@Example.ORG ", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!((text(&reply, "token_type"), &reply.json["expires_in"]), ("Bearer", &json!(900)));
    let me = house.get("/me", Some(text(&reply, "access_token"))).await;
    assert_eq!((text(&me, "email"), &me.json["groups"]), ("admin@example.org", &json!([])));
    assert_eq!(me.json["permissions"].as_array().unwrap().len(), 9);
    let wrong = log_in(&house, "admin@example.org", "wrong").await;
    let unknown = log_in(&house, "nobody@example.org", "wrong").await;
    assert_eq!((wrong.refusal(), unknown.refusal()), ((401, "invalid_credentials"), (401, "invalid_credentials")));
    assert_eq!(wrong.json["detail"], unknown.json["detail"]);
    house.close().await;
}

#[actix_web::test]
async fn an_access_token_lasts_a_quarter_of_an_hour() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.app.clock.advance(TimeDelta::days(40));
    assert!(knows(&house, &admin.token).await);
    house.app.clock.advance_machine(TimeDelta::minutes(14));
    assert!(knows(&house, &admin.token).await);
    house.app.clock.advance_machine(TimeDelta::minutes(2));
    assert!(!knows(&house, &admin.token).await);
    house.close().await;
}

#[actix_web::test]
async fn the_sixth_guess_has_to_wait() {
    let house = House::open().await;
    for email in ["admin@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            assert_eq!(log_in(&house, email, "wrong").await.status, 401);
        }
        let slow = log_in(&house, email, PASSWORD).await;
        assert_eq!(slow.refusal(), (429, "too_many_requests"), "{}", slow.text);
        let seconds: i64 = slow.header("retry-after").parse().unwrap();
        assert!((880..=900).contains(&seconds), "{seconds}");
        assert!(slow.json["retry_at"].is_string());
    }
    house.app.clock.advance_machine(TimeDelta::minutes(15));
    assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_success_forgives_the_failures() {
    let house = House::open().await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(log_in(&house, "admin@example.org", "wrong").await.status, 401);
        }
        assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 200);
    }
    house.close().await;
}

#[actix_web::test]
async fn many_guesses_at_once_are_no_faster() {
    let house = House::open().await;
    let guesses = (0..20).map(|_| log_in(&house, "admin@example.org", "wrong"));
    let replies = futures_util::future::join_all(guesses).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 5);
    assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 429);
    house.close().await;
}

#[actix_web::test]
async fn refresh_tokens_rotate_and_a_late_reuse_ends_the_login() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let second = refresh(&house, &ida.refresh_token).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(text(&second, "refresh_token"), ida.refresh_token);
    // A second tab, or a lost answer.
    house.app.clock.advance_machine(TimeDelta::seconds(20));
    let third = refresh(&house, &ida.refresh_token).await;
    assert_eq!(third.status, 200);
    let elsewhere = house.signs_in("ida").await;
    house.app.clock.advance_machine(TimeDelta::seconds(11));
    assert!(knows(&house, text(&third, "access_token")).await);
    assert_eq!(refresh(&house, &ida.refresh_token).await.refusal(), (401, "unauthenticated"));
    for reply in [&second, &third] {
        assert_eq!(refresh(&house, text(reply, "refresh_token")).await.status, 401);
        assert!(!knows(&house, text(reply, "access_token")).await);
    }
    assert!(knows(&house, &elsewhere.token).await);
    house.close().await;
}

#[actix_web::test]
async fn a_refresh_token_lasts_thirty_days() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    house.app.clock.advance_machine(TimeDelta::days(29));
    let next = refresh(&house, &ida.refresh_token).await;
    assert_eq!(next.status, 200);
    house.app.clock.advance_machine(TimeDelta::days(31));
    assert_eq!(refresh(&house, text(&next, "refresh_token")).await.status, 401);
    assert_eq!(refresh(&house, "nonsense").await.refusal(), (401, "unauthenticated"));
    let machine_now = house.app.clock.machine_now();
    let forgotten = house.app.store.change(move |tx| Ok(tx.forget_logins(machine_now)?)).await.unwrap();
    assert!(forgotten > 0, "old logins are forgotten");
    house.close().await;
}

#[actix_web::test]
async fn leaving_ends_the_login_at_once() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let leave = house.post("/auth/logout", None, &json!({ "refresh_token": ida.refresh_token })).await;
    assert_eq!((leave.status, leave.text.as_str()), (204, ""));
    assert!(!knows(&house, &ida.token).await);
    assert_eq!(refresh(&house, &ida.refresh_token).await.status, 401);
    house.close().await;
}

#[actix_web::test]
async fn a_new_password_ends_the_other_logins() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let elsewhere = house.signs_in("ida").await;
    let change = |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        let request = house.request("POST", "/me/password", Some(&ida.token)).json(&body);
        house.send(request)
    };
    assert_eq!(change("wrong", "a new password").await.refusal(), (403, "invalid_credentials"));
    assert_eq!(change(PASSWORD, "short").await.pointers(), ["/new"]);
    assert_eq!(change(PASSWORD, "a new password").await.status, 204);
    assert!(knows(&house, &ida.token).await);
    assert!(!knows(&house, &elsewhere.token).await);
    assert_eq!(log_in(&house, "ida@example.org", PASSWORD).await.status, 401);
    assert_eq!(log_in(&house, "ida@example.org", "a new password").await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_one_time_link_sets_a_password_once() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let path = format!("/users/{}/invite", ida.id);
    let old = house.post(&path, Some(&admin.token), &json!({})).await;
    let made = house.send(house.request("POST", &path, Some(&admin.token))).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let page = |reply: &Reply| text(reply, "link").replace("https://plass.test", "/");
    assert_eq!(house.get(&page(&old), None).await.status, 410);
    let shown = house.get(&page(&made), None).await;
    assert_eq!((shown.status, shown.text.contains("<form")), (200, true));
    assert!(shown.header("content-security-policy").contains("form-action 'self'"));
    let fill = |password: &str| {
        let form = format!("password={}", password.replace(' ', "+"));
        let request =
            house.request("POST", &page(&made), None).header("content-type", "application/x-www-form-urlencoded");
        house.send(request.body(form))
    };
    assert_eq!(fill("short").await.status, 422);
    assert_eq!(fill("from the link").await.status, 200);
    assert_eq!(fill("from the link").await.status, 410);
    assert!(!knows(&house, &ida.token).await);
    assert_eq!(log_in(&house, "ida@example.org", "from the link").await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_link_grows_old() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let made = house.post(&format!("/users/{}/invite", ida.id), Some(&admin.token), &json!({})).await;
    let page = text(&made, "link").replace("https://plass.test", "/");
    house.app.clock.advance_machine(TimeDelta::days(7));
    assert_eq!(house.get(&page, None).await.status, 410);
    house.close().await;
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
    assert_eq!(log_in(&house, "ola@example.org", PASSWORD).await.status, 200);
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
