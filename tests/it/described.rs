//! Holds real answers against the description of the API. Every story does it with everything it hears: an answer that is
//! not described, or a field that is not, fails the story.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use plass::http::openapi::examples::examples;
use plass::http::problems::problems;
use serde_json::{Value, json};

use crate::support::html::{assert_sound, said};
use crate::support::people::{House, Reply, text};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&plass::http::openapi::document()).expect("a description"));

/// The schemas, read strictly: an answer has no field that is not described.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        if schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
    }
    components
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails unless the answer is one that the description tells of.
#[track_caller]
pub(crate) fn assert_described(method: &str, path: &str, reply: &Reply) {
    if let Some(found) = undescribed(method, path, reply) {
        panic!("{method} {path} {}: {found}\n{:?}\n{}", reply.status, reply.headers, reply.text);
    }
}

/// What the description does not tell about this answer.
fn undescribed(method: &str, path: &str, reply: &Reply) -> Option<String> {
    // A preflight is answered before any operation.
    if method == "OPTIONS" {
        return None;
    }
    let Some(operation) = operation(method, path) else {
        // An unknown address, or a method that a known one does not take.
        return (!matches!(reply.status, 404 | 405)).then(|| "no such operation is described".to_owned());
    };
    let Some(answer) = operation["responses"].get(reply.status.to_string()) else {
        return Some("this status is not described".to_owned());
    };
    let answer = resolve(answer);
    for name in answer["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        let may_be_absent = matches!(name.as_str(), "Link" | "Idempotency-Replayed" | "Retry-After");
        if !may_be_absent && !reply.headers.contains_key(name.as_str()) {
            return Some(format!("the header {name} is not there"));
        }
    }
    let content_type = reply.header("content-type").split(';').next().unwrap_or_default().to_owned();
    let Some(content) = answer.get("content") else {
        return (!reply.text.is_empty()).then(|| "no body is described".to_owned());
    };
    let Some(schema) = content.get(&content_type).map(|content| &content["schema"]) else {
        return Some(format!("{content_type:?} is not described"));
    };
    if method == "HEAD" || !(content_type.ends_with("json") || content_type == "text/event-stream") {
        return None;
    }
    let validator = validator(&format!("{} {} {content_type}", operation["operationId"], reply.status), schema);
    let found: Vec<String> =
        validator.iter_errors(&reply.json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    (!found.is_empty()).then(|| found.join("\n"))
}

fn validator(key: &str, schema: &Value) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap();
    let validator = known.entry(key.to_owned()).or_insert_with(|| {
        let root = json!({ "allOf": [schema], "components": *COMPONENTS });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        Arc::new(options.build(&root).expect("a schema"))
    });
    Arc::clone(validator)
}

fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// The operation at a real address; words come before parameters.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let same = |(wanted, part): (&&str, &&str)| wanted == part || wanted.starts_with('{') && !part.is_empty();
        pattern.len() == parts.len() && pattern.iter().zip(&parts).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let (_, item) =
        paths.filter(|(pattern, _)| fits(pattern)).min_by_key(|(pattern, _)| pattern.matches('{').count())?;
    item.get(&method)
}

#[actix_web::test]
async fn the_check_sees_what_is_wrong() {
    let house = House::open().await;
    let admin = house.admin().await;
    let mut reply = house.get("/me", Some(&admin.token)).await;
    assert_eq!(undescribed("GET", "/api/v1/me", &reply), None);
    assert!(undescribed("GET", "/api/v1/nowhere", &reply).is_some());
    assert!(undescribed("GET", "/api/v1/users", &reply).is_some());
    reply.json["color"] = json!("red");
    assert!(undescribed("GET", "/api/v1/me", &reply).is_some());
    reply.json = json!({ "user_id": admin.id });
    assert!(undescribed("GET", "/api/v1/me", &reply).is_some());
    reply.status = 409;
    assert!(undescribed("GET", "/api/v1/me", &reply).is_some());
    house.close().await;
}

#[actix_web::test]
async fn people_and_groups_are_as_described() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let token = Some(admin.token.as_str());
    let new =
        json!({ "email": "kari@example.org", "first_name": "Kari", "last_name": "Dahl", "phone": "+47 99887766" });
    let kari = house.post("/users", token, &new).await;
    assert_eq!(kari.status, 201);
    assert_eq!(house.post(&format!("/users/{}/invite", text(&kari, "user_id")), token, &json!({})).await.status, 200);
    let group = json!({ "slug": "sosialen", "name": "Sosialen", "kind": "committee" });
    assert_eq!(house.post("/groups", token, &group).await.status, 201);
    assert_eq!(house.patch("/groups/sosialen", &admin.token, &json!({ "name": "S" })).await.status, 200);
    let place = format!("/groups/sosialen/members/{}", ida.id);
    assert_eq!(house.put(&place, &admin.token, &json!({ "role": "leader" })).await.status, 200);
    let grant = house.post("/grants", token, &json!({ "role": "treasurer", "group": "sosialen" })).await;
    assert_eq!(grant.status, 201);
    for path in
        ["/me", "/me/orders", "/users?limit=1", "/groups", "/groups/sosialen", "/groups/sosialen/members", "/roles"]
    {
        assert_eq!(house.get(path, token).await.status, 200, "{path}");
    }
    assert_eq!(house.get("/grants", token).await.status, 200);
    assert_eq!(house.delete(&format!("/grants/{}", text(&grant, "grant_id")), &admin.token).await.status, 204);
    assert_eq!(house.patch("/me", &ida.token, &json!({ "phone": null })).await.status, 200);
    assert_eq!(house.delete(&place, &admin.token).await.status, 204);
    assert_eq!(house.delete("/groups/sosialen", &admin.token).await.status, 204);
    house.close().await;
}

#[actix_web::test]
async fn events_and_registrations_are_as_described() {
    let house = House::open().await;
    let (admin, ida, ola) = (house.admin().await, house.person("ida").await, house.person("ola").await);
    let token = Some(admin.token.as_str());
    house.post("/groups", token, &json!({ "slug": "sosialen", "name": "Sosialen", "kind": "committee" })).await;
    let new = json!({
        "title": "Quiz", "organizer": "sosialen", "limit": 1, "start_date": "2027-12-01T18:00:00+01:00",
        "end_date": "2027-12-01T22:00:00+01:00",
    });
    let event = house.post("/events", token, &new).await;
    assert_eq!(event.status, 201, "{}", event.text);
    let path = format!("/events/{}", text(&event, "id"));
    let paid = json!({ "paid_information": { "price": "250.5", "paytime": "02:00" }, "sign_off_deadline": null });
    assert_eq!(house.patch(&path, &admin.token, &paid).await.status, 200);
    assert_eq!(house.patch(&path, &admin.token, &json!({ "paid_information": null })).await.status, 200);
    assert_eq!(house.get("/events?limit=1&open=true&from=2027-01-01T00:00:00Z", None).await.status, 200);
    let all = format!("{path}/registrations");
    for person in [&ida, &ola] {
        assert_eq!(house.post(&all, Some(&person.token), &json!({})).await.status, 201);
    }
    assert_eq!(house.post(&all, Some(&ida.token), &json!({})).await.refusal(), (409, "already_registered"));
    let list = house.get(&format!("{all}?limit=1"), token).await;
    assert!(list.header("link").contains("rel=\"next\""));
    assert_eq!(
        house.patch(&format!("{all}/{}", ida.id), &admin.token, &json!({ "has_attended": true })).await.status,
        200
    );
    assert_eq!(house.get(&format!("{all}/me"), Some(&ola.token)).await.json["wait_queue_number"], 1);
    assert_eq!(house.delete(&format!("{all}/me"), &ida.token).await.status, 204);
    assert_eq!(house.get("/me/registrations", Some(&ida.token)).await.json["results"][0]["ended_reason"], "withdrawn");
    assert_eq!(house.delete(&path, &admin.token).await.refusal(), (409, "event_in_use"));
    for (path, refusal) in [
        ("/events?color=red", (400, "invalid_query")),
        ("/events?limit=0", (400, "invalid_limit")),
        ("/events?cursor=x", (400, "invalid_cursor")),
        ("/events/x", (404, "not_found")),
        ("/me", (401, "unauthenticated")),
    ] {
        assert_eq!(house.get(path, None).await.refusal(), refusal, "{path}");
    }
    let bad = house.post("/events", token, &json!({ "title": "Quiz" })).await;
    assert_eq!(bad.refusal(), (422, "invalid_fields"));
    house.close().await;
}

#[actix_web::test]
async fn the_description_is_served_to_programs_and_to_people() {
    let house = House::open().await;
    let served = house.get("/openapi.json", None).await;
    assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
    assert_eq!(served.text, plass::http::openapi::document());
    let etag = served.header("etag").to_owned();
    let again = house.request("GET", "/openapi.json", None).header("If-None-Match", &etag);
    let again = house.send(again).await;
    assert_eq!((again.status, again.header("etag")), (304, etag.as_str()));
    let page = house.get("//docs", None).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for operation in DOCUMENT["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.text.contains(&format!("<article id=\"{id}\">")), "{id} is not on the page");
    }
    for example in examples() {
        assert!(page.text.contains(&format!("<details id=\"example-{}\">", example.id)), "{} is not shown", example.id);
    }
    assert_sound(&page.text);
    assert_alone(&page.text);
    house.close().await;
}

/// The page loads nothing and runs nothing.
#[track_caller]
fn assert_alone(page: &str) {
    for word in ["src=", "<script", " style=", "@import", "url(", "<link"] {
        assert!(!page.contains(word), "the page loads something: {word}");
    }
}

#[actix_web::test]
async fn every_problem_has_a_page_in_both_languages() {
    let house = House::open().await;
    let problem = house.get("/events/x", None).await;
    let kinds: Vec<_> = problems().collect();
    for kind in &kinds {
        for (language, texts) in [("nb", &kind.nb), ("en", &kind.en)] {
            let path = format!("//docs/problems/{}", kind.code);
            let page = house.send(house.request("GET", &path, None).header("accept-language", language)).await;
            assert_eq!((page.status, page.header("content-language")), (200, language), "{}", kind.code);
            assert!(page.text.starts_with(&format!("<!doctype html>\n<html lang=\"{language}\">")), "{}", page.text);
            // Code stands in pieces of its own.
            let letters = |text: &str| text.replace('`', "").split_whitespace().collect::<String>();
            let words = letters(&said(&page.text).concat());
            for text in [texts.title, texts.meaning, texts.advice, texts.detail, kind.code] {
                let is_its_own =
                    kind.code.starts_with("invalid_") || matches!(kind.code, "malformed_json" | "method_not_allowed");
                assert!(
                    words.contains(&letters(text)) || text == texts.detail && is_its_own,
                    "{}: {text}\n{words}",
                    kind.code
                );
            }
            assert_sound(&page.text);
            assert_alone(&page.text);
            // The other language is one click away, whatever the browser likes.
            let other = if language == "nb" { "en" } else { "nb" };
            assert!(page.text.contains(&format!("/docs/problems/{}?lang={other}\"", kind.code)));
            let other_page = house.request("GET", &format!("{path}?lang={other}"), None);
            let other_page = house.send(other_page.header("accept-language", language)).await;
            assert_eq!(other_page.header("content-language"), other);
        }
    }
    let not_found = problem_page_of(&house, text(&problem, "type")).await;
    assert!(not_found.text.contains("not_found"));
    assert_eq!(house.get("//docs/problems/nothing", None).await.status, 404);
    house.close().await;
}

/// The page that the `type` of a problem names.
async fn problem_page_of(house: &House, address: &str) -> Reply {
    let path = address.strip_prefix("https://plass.test").unwrap();
    house.get(&format!("/{path}"), None).await
}

#[test]
fn examples_of_requests_are_what_the_description_allows() {
    for example in examples().iter().filter(|example| !example.is_problem()) {
        let Some(body) = &example.body else { continue };
        let operations = DOCUMENT["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
        let (_, operation) = operations.into_iter().find(|(_, one)| one["operationId"] == *example.operation).unwrap();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let found: Vec<String> = validator(&format!("request {}", example.operation), schema)
            .iter_errors(body)
            .map(|e| e.to_string())
            .collect();
        assert!(found.is_empty(), "{}: {found:?}", example.id);
    }
}
