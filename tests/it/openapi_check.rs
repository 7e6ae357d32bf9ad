//! Holds JSON against the provider's own API descriptions.
//!
//! Both sides are checked with it: what the sandbox answers and what our client sends. The descriptions are left as
//! they were published; their known defects are mended when they are read.

use serde_json::{Value, json};

/// One of the provider's API descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spec {
    /// Payments.
    Epayment,
    /// Webhook registrations.
    Webhooks,
    /// Access tokens.
    AccessToken,
    /// Payments over the older API.
    Ecom,
}

impl Spec {
    fn text(self) -> &'static str {
        match self {
            Self::Epayment => include_str!("../openapi/epayment.yml"),
            Self::Webhooks => include_str!("../openapi/webhooks.yml"),
            Self::AccessToken => include_str!("../openapi/access-token.yml"),
            Self::Ecom => include_str!("../openapi/ecom.yml"),
        }
    }
}

/// Fails unless `value` is what the named schema describes.
#[track_caller]
pub(crate) fn assert_matches(schema: &str, file: Spec, value: &Value) {
    let found = violations(schema, file, value);
    assert!(found.is_empty(), "not a {schema} of {file:?}:\n  {}\n{value:#}", found.join("\n  "));
}

/// Everything about `value` that the named schema does not allow.
pub(crate) fn violations(schema: &str, file: Spec, value: &Value) -> Vec<String> {
    let mut description: Value = serde_norway::from_str(file.text()).expect("a description");
    let mut components = description["components"].take();
    assert!(components["schemas"][schema].is_object(), "{file:?} describes no {schema}");
    mend(&mut components);
    if let Some(required) = components.pointer_mut("/schemas/PaymentEvent/required").and_then(Value::as_array_mut) {
        required.retain(|name| name != "paymentAction");
    }
    let root = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": components });
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&root)
        .expect("a schema");
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// `nullable` becomes a type list. The one oneOf has members that demand nothing and allow everything but a wrong field
/// of their own, so it becomes an allOf.
fn mend(node: &mut Value) {
    match node {
        Value::Object(fields) => {
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                if let Some(kind) = fields.get_mut("type").filter(|kind| kind.is_string()) {
                    *kind = json!([kind.clone(), "null"]);
                }
                if let Some(names) = fields.get_mut("enum").and_then(Value::as_array_mut) {
                    names.push(Value::Null);
                }
            }
            if let Some(members) = fields.remove("oneOf") {
                fields.insert("allOf".to_owned(), members);
            }
            fields.values_mut().for_each(mend);
        }
        Value::Array(members) => members.iter_mut().for_each(mend),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_check_sees_what_is_wrong() {
    let amount = |value: Value| violations("Amount", Spec::Epayment, &value).len();
    assert_eq!(amount(json!({"currency": "NOK", "value": 100})), 0);
    assert_eq!(amount(json!({"currency": "SEK", "value": 100})), 1);
    assert_eq!(amount(json!({"currency": "NOK", "value": 65_000_001})), 1);
    assert_eq!(amount(json!({"value": "100"})), 2);
    let webhook = json!({"id": "not a uuid", "secret": "s", "more": 1});
    assert_eq!(violations("RegisterResponse", Spec::Webhooks, &webhook).len(), 2);
}
