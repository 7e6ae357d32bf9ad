//! The document is complete, sound, and the one that was reviewed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::http::listed_routes;

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

/// Every operation: address, method, description.
fn described(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.clone(), method.to_uppercase(), operation.clone()))
    });
    operations.collect()
}

/// Visits every object of the document with its place.
fn walk(value: &Value, place: &str, visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(place, fields);
            fields.iter().for_each(|(name, field)| walk(field, &format!("{place}/{name}"), visit));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{place}/{index}"), visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn words(value: &Value) -> BTreeSet<&str> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

#[test]
fn every_route_is_described_and_nothing_more() {
    let document = parsed();
    let told: BTreeSet<_> = described(&document).into_iter().map(|(path, method, _)| (path, method)).collect();
    let taken = listed_routes().into_iter();
    let taken =
        taken.flat_map(|(path, methods)| methods.into_iter().map(move |method| (path.clone(), method.to_string())));
    assert_eq!(told, taken.collect());
    assert_eq!(operations().len(), told.len(), "an operation is described twice");
}

#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let reviewed = std::fs::read_to_string(path).unwrap_or_default();
    let is_same = reviewed == format!("{}\n", document());
    assert!(is_same, "the API changed: look at the difference after `cargo run -- openapi > docs/openapi.json`");
}

#[test]
fn every_problem_is_somewhere_and_no_other() {
    let document = parsed();
    let listed: BTreeSet<&str> = problems().map(|kind| kind.code).collect();
    assert_eq!(words(&document["components"]["schemas"]["ProblemCode"]["enum"]), listed);
    let mut answered = BTreeSet::new();
    for described in operations() {
        answered.extend(listed.iter().copied().filter(|code| described.may_refuse(code)));
        let pages = described.build().responses.responses.into_values();
        let text = serde_json::to_string(&pages.collect::<Vec<_>>()).unwrap();
        answered.extend(listed.iter().copied().filter(|code| text.contains(&format!("`{code}`"))));
    }
    // What an address answers to a method that it does not take belongs to no operation.
    answered.insert("method_not_allowed");
    // Only forms on pages are answered so.
    answered.insert("form_expired");
    assert_eq!(answered, listed);
}

#[test]
fn every_reference_leads_somewhere_and_everything_is_referred_to() {
    let document = parsed();
    let mut referred = BTreeSet::new();
    walk(&document, "", &mut |place, fields| {
        if let Some(reference) = fields.get("$ref") {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{place}: {pointer} is not there");
            referred.insert(pointer.to_owned());
        }
    });
    for kind in ["schemas", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(referred.contains(&format!("/components/{kind}/{name}")), "nothing refers to {kind} {name}");
        }
    }
}

#[test]
fn nothing_is_left_unsaid() {
    let document = parsed();
    walk(&document, "", &mut |place, fields| {
        for name in ["description", "summary"] {
            // What an example shows is somebody's own text.
            let is_ours = !place.ends_with("/properties") && !place.contains("/examples/");
            let text = fields.get(name).filter(|_| is_ours).and_then(Value::as_str);
            assert!(text.is_none_or(|text| !text.trim().is_empty()), "{place}/{name} is empty");
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name} is not described");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_described = property["description"].is_string() || property["oneOf"][0]["description"].is_string();
            assert!(is_described, "{name}.{field} is not described");
        }
    }
}

#[test]
fn operations_are_well_formed() {
    let document = parsed();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let tags = document["tags"].as_array().unwrap();
    let tags: BTreeSet<&str> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let (mut ids, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (path, method, operation) in described(&document) {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{id} is there twice");
        assert!(operation["summary"].is_string(), "{id} has no summary");
        let tag = operation["tags"][0].as_str().unwrap().to_owned();
        assert!(tags.contains(tag.as_str()), "{tag} is no tag");
        used.insert(tag);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let in_path: Vec<String> =
            in_path.map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap())).collect();
        assert_eq!(in_path.len(), path.matches('{').count(), "{id}");
        assert!(in_path.iter().all(|name| path.contains(name)), "{id}");
        let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), parameters.len(), "{id} has a parameter twice");
        let takes_body = operation["requestBody"].is_object();
        assert!(!takes_body || method != "GET" && method != "DELETE", "{id}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{id} never succeeds");
        assert!(answers.contains_key("500"), "{id} never fails");
    }
    assert_eq!(used.len(), tags.len(), "a tag is not used");
}

#[test]
fn schemas_are_json_schemas() {
    let document = parsed();
    let components = &document["components"];
    for name in components["schemas"].as_object().unwrap().keys() {
        let root = serde_json::json!({ "$ref": format!("#/components/schemas/{name}"), "components": components });
        let built = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&root);
        assert!(built.is_ok(), "{name}: {:?}", built.err());
        assert!(jsonschema::meta::is_valid(&components["schemas"][name]), "{name}");
    }
}

#[test]
fn requests_say_exactly_what_is_needed() {
    let document = parsed();
    let schemas = &document["components"]["schemas"];
    for (name, needed) in [
        ("NewEvent", &["end_date", "organizer", "start_date", "title"][..]),
        ("NewPaidInformation", &["paytime", "price"]),
        ("EventPatch", &[]),
        ("PaidPatch", &[]),
        ("NewUser", &["email", "first_name", "last_name"]),
        ("UserPatch", &[]),
        ("NewGroup", &["kind", "name", "slug"]),
        ("GroupPatch", &[]),
        ("NewGrant", &["role"]),
        ("NewRegistration", &[]),
        ("RegistrationPatch", &[]),
        ("NewRefund", &["reason"]),
    ] {
        assert_eq!(words(&schemas[name]["required"]), needed.iter().copied().collect(), "{name}");
        assert_eq!(schemas[name]["additionalProperties"], false, "{name} is read strictly");
    }
    // Every field of an answer is always there, null or not.
    for name in ["Event", "Registration", "Order", "User", "Me", "Group", "Grant"] {
        let fields = schemas[name]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(words(&schemas[name]["required"]), fields, "{name}");
    }
}
