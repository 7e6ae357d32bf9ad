//! What every address has in common: how problems look, what is refused before any rule is asked, lists and their
//! cursors, repeated requests.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::people::{House, text};

#[actix_web::test]
async fn every_refusal_is_a_problem() {
    let house = House::open().await;
    let admin = house.admin().await;
    let token = Some(admin.token.as_str());
    let api = |method: &str, path: &str| house.request(method, path, token);
    let json = "application/json";
    for (request, status, code) in [
        (house.request("GET", "/me", None), 401, "unauthenticated"),
        (house.request("GET", "/me", Some("nonsense")), 401, "unauthenticated"),
        (api("GET", "/nothing/here"), 404, "not_found"),
        (api("GET", "//nothing"), 404, "not_found"),
        (api("GET", "/users/no-id"), 404, "not_found"),
        (api("GET", "/users/0193b4a5-0000-7000-8000-000000000000"), 404, "not_found"),
        (api("GET", "/groups/%00"), 404, "not_found"),
        (api("PUT", "/me"), 405, "method_not_allowed"),
        (api("POST", "/groups").header("content-type", json).body("{"), 400, "malformed_json"),
        (api("POST", "/groups").header("content-type", "text/plain").body("{}"), 415, "unsupported_media_type"),
        (api("POST", "/groups").body("{}"), 415, "unsupported_media_type"),
        (api("POST", "/groups").header("content-type", json).body(" ".repeat(65 * 1024)), 413, "body_too_large"),
        (api("POST", "/groups").json(&json!([])), 422, "invalid_fields"),
        (api("POST", "/groups"), 422, "invalid_fields"),
        (api("GET", "/groups?limit=0"), 400, "invalid_limit"),
        (api("GET", "/groups?limit=101"), 400, "invalid_limit"),
        (api("GET", "/groups?color=red"), 400, "invalid_query"),
        (api("GET", "/groups?cursor=broken"), 400, "invalid_cursor"),
        (
            api("POST", "/groups")
                .header("idempotency-key", "a b")
                .json(&json!({"slug": "a", "name": "A", "kind": "other"})),
            400,
            "invalid_idempotency_key",
        ),
    ] {
        let reply = house.send(request).await;
        assert_eq!(reply.refusal(), (status, code), "{}", reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json", "{code}");
        assert_eq!(reply.json["type"], format!("https://plass.test/docs/problems/{code}"));
        assert_eq!(reply.json["status"], status);
        assert_eq!(reply.json["request_id"], reply.header("x-request-id"));
        assert!(reply.json["title"].is_string() && reply.json["detail"].is_string(), "{}", reply.text);
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    let reply = house.send(api("DELETE", "/groups")).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, POST"));
    house.close().await;
}

#[actix_web::test]
async fn fields_that_are_wrong_are_named() {
    let house = House::open().await;
    let admin = house.admin().await;
    for (body, pointers) in [
        (json!({}), vec!["/slug"]),
        (json!({"slug": "a", "name": "A", "kind": "other", "color": "red"}), vec!["/color"]),
        (json!({"slug": "a", "name": 5, "kind": "other"}), vec!["/name"]),
        (json!({"slug": "A b", "name": " ", "kind": "other"}), vec!["/slug", "/name"]),
        (json!({"slug": "a", "name": "A", "kind": "gang"}), vec!["/kind"]),
        (json!({"slug": "a", "name": "A\u{0}", "kind": "other"}), vec!["/name"]),
    ] {
        let reply = house.post("/groups", Some(&admin.token), &body).await;
        assert_eq!((reply.refusal(), reply.pointers()), ((422, "invalid_fields"), pointers), "{}", reply.text);
    }
    house.close().await;
}

#[actix_web::test]
async fn problems_are_told_in_the_language_that_is_asked_for() {
    let house = House::open_with(|settings| settings.frontend_origins = vec!["https://front.test".to_owned()]).await;
    let admin = house.admin().await;
    let bad = json!({"slug": "A b", "name": "x".repeat(101), "kind": "other"});
    let ask = |language: Option<&str>| {
        let request = house.request("POST", "/groups", Some(&admin.token)).json(&bad);
        language.iter().fold(request, |request, language| request.header("accept-language", *language))
    };
    for (language, tag, title, detail) in [
        (None, "en", "Some fields are invalid", "At most 100 characters."),
        (Some("*"), "en", "Some fields are invalid", "At most 100 characters."),
        (Some("nb-NO,nb;q=0.9,en;q=0.8"), "nb", "Noen felter er ikke gyldige", "Høyst 100 tegn."),
        (Some("en-GB,nb;q=0.5"), "en", "Some fields are invalid", "At most 100 characters."),
        (Some("de"), "en", "Some fields are invalid", "At most 100 characters."),
    ] {
        let reply = house.send(ask(language)).await;
        assert_eq!(reply.refusal(), (422, "invalid_fields"), "{language:?}");
        assert_eq!((reply.header("content-language"), text(&reply, "title")), (tag, title), "{language:?}");
        let codes: Vec<&str> =
            reply.json["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
        assert_eq!((reply.pointers(), codes), (vec!["/slug", "/name"], vec!["invalid_slug", "too_long"]));
        assert_eq!(reply.json["errors"][1]["detail"], detail, "{language:?}");
    }
    let reply = house.send(ask(Some("nb")).header("origin", "https://front.test")).await;
    let vary: Vec<&str> =
        reply.headers.get_all("vary").iter().flat_map(|value| value.to_str().unwrap().split(", ")).collect();
    assert!(vary.contains(&"Origin") && vary.contains(&"Accept-Language"), "{vary:?}");
    let nothing = house.request("GET", "/nothing", None).header("accept-language", "nb");
    assert_eq!(text(&house.send(nothing).await, "detail"), "Det finnes ikke noe her.");
    house.close().await;
}

#[actix_web::test]
async fn a_request_keeps_its_id_when_it_has_a_good_one() {
    let house = House::open().await;
    let live = |id: &str| house.request("GET", "//health/live", None).header("x-request-id", id.to_owned());
    assert_eq!(house.send(live("abc-1")).await.header("x-request-id"), "abc-1");
    let fresh = house.send(live("two words")).await;
    assert!(!fresh.header("x-request-id").is_empty() && fresh.header("x-request-id") != "two words");
    assert_ne!(house.send(live(&"x".repeat(65))).await.header("x-request-id").len(), 65);
    assert_eq!(house.get("//health/ready", None).await.status, 200);
    let head = house.send(house.request("HEAD", "//health/live", None)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    house.close().await;
}

#[actix_web::test]
async fn browsers_of_known_frontends_may_ask() {
    let house =
        House::open_with(|settings| settings.frontend_origins = vec!["https://www.example.org".to_owned()]).await;
    let ask = |origin: &str| {
        let request = house.request("OPTIONS", "/me", None).header("origin", origin.to_owned());
        request
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization")
    };
    let known = house.send(ask("https://www.example.org")).await;
    assert_eq!((known.status, known.header("access-control-allow-origin")), (200, "https://www.example.org"));
    let stranger = house.send(ask("https://example.com")).await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    let refused = house.send(house.request("GET", "/me", None).header("origin", "https://www.example.org")).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, "https://www.example.org"));
    let exposed = refused.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["x-request-id", "link", "retry-after", "idempotency-replayed", "etag"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    house.close().await;
}

#[actix_web::test]
async fn lists_are_walked_page_by_page() {
    let house = House::open().await;
    let admin = house.admin().await;
    for slug in ["a", "b", "c", "e", "f"] {
        let body = json!({"slug": slug, "name": slug, "kind": "other"});
        assert_eq!(house.post("/groups", Some(&admin.token), &body).await.status, 201);
    }
    let (mut seen, mut path) = (Vec::new(), "/groups?limit=2".to_owned());
    loop {
        let page = house.get(&path, Some(&admin.token)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        seen.extend(
            page.json["results"].as_array().unwrap().iter().map(|group| group["slug"].as_str().unwrap().to_owned()),
        );
        // A row that comes in between is seen once, and moves no other.
        let between = json!({"slug": "d", "name": "d", "kind": "other"});
        house.post("/groups", Some(&admin.token), &between).await;
        let Some(cursor) = page.json["next_cursor"].as_str() else {
            assert_eq!(page.header("link"), "");
            break;
        };
        let next = format!("/groups?limit=2&cursor={cursor}");
        assert_eq!(page.header("link"), format!("<https://plass.test/api/v1{next}>; rel=\"next\""));
        path = next;
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e", "f"]);
    house.close().await;
}

#[actix_web::test]
async fn a_repeated_request_gets_its_first_answer() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"slug": "sosialen", "name": "Sosialen", "kind": "committee"});
    let ask = |key: &str, body: &serde_json::Value| {
        house.send(
            house.request("POST", "/groups", Some(&admin.token)).header("idempotency-key", key.to_owned()).json(body),
        )
    };
    let first = ask("k1", &body).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.text);
    let again = ask("k1", &body).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.text, first.text);
    let other = ask("k1", &json!({"slug": "drift", "name": "Drift", "kind": "committee"})).await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    // Refusals are not remembered, and neither is anything after a day.
    assert_eq!(ask("k2", &body).await.refusal(), (409, "slug_taken"));
    assert_eq!(ask("k2", &json!({"slug": "drift", "name": "Drift", "kind": "committee"})).await.status, 201);
    house.app.clock.advance(TimeDelta::hours(25));
    assert_eq!(ask("k1", &body).await.refusal(), (409, "slug_taken"));
    house.close().await;
}
