//! Requests and their answers, as a real server gave them. They stand in `docs/examples.json` in the order in which they
//! can be sent to a fresh demo, and a test does so: what is shown here was answered, and is answered still. A value like
//! `$sign_up/order/order_id` in a request is taken from an earlier answer.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::example::{Example as Shown, ExampleBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, RefOr};

const FILE: &str = include_str!("../../../docs/examples.json");

/// One request and its answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its name.
    pub id: String,
    /// The operation that is asked for.
    pub operation: String,
    /// What it shows.
    pub summary: String,
    /// What happens before, in the payer's app.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Map<String, Value>>,
    /// The address of whoever asks; empty for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The parameters in the address.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub path: Map<String, Value>,
    /// The parameters in the query.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub query: Map<String, Value>,
    /// The headers, but for the token.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, Value>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The status of the answer.
    #[serde(default)]
    pub status: u16,
    /// The headers of the answer that matter.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub answer_headers: Map<String, Value>,
    /// The body of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let mut examples = kept_examples();
    for place in 0..examples.len() {
        let (before, rest) = examples.split_at_mut(place);
        if let Some(example) = rest.first_mut() {
            example.take_values(|id| before.iter().find(|one| one.id == id)?.answer.as_ref());
        }
    }
    examples
});

/// Every example as it is kept. Should the file not be readable, there are none, and a test says so.
pub fn kept_examples() -> Vec<Example> {
    serde_json::from_str(FILE).unwrap_or_default()
}

/// Every example, with the values of earlier answers in place.
pub fn examples() -> &'static [Example] {
    &EXAMPLES
}

impl Example {
    /// Puts the values of earlier answers in their place.
    pub fn take_values<'a>(&mut self, answer: impl Fn(&str) -> Option<&'a Value>) {
        let take = |value: &mut Value| {
            let Some((id, rest)) = value.as_str().and_then(|text| text.strip_prefix('$')?.split_once('/')) else {
                return;
            };
            if let Some(found) = answer(id).and_then(|answer| answer.pointer(&format!("/{rest}"))) {
                *value = found.clone();
            }
        };
        let body = self.body.iter_mut().filter_map(Value::as_object_mut);
        let maps = [&mut self.path, &mut self.query].into_iter().chain(&mut self.first).chain(body);
        maps.flat_map(Map::values_mut).for_each(take);
    }

    /// True when the answer is a problem.
    pub fn is_problem(&self) -> bool {
        self.status >= 400
    }

    /// The address that is asked for, with its query.
    pub fn address(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (name, value) in &self.path {
            address = address.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
        }
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
        if query.is_empty() { address } else { format!("{address}?{}", query.join("&")) }
    }
}

/// Adds the examples of an operation to its description. Problems have their own.
pub(super) fn attach(operation: &mut Operation, id: &str) {
    for example in examples().iter().filter(|example| example.operation == id) {
        let shown = |value: &Value| -> RefOr<Shown> {
            ExampleBuilder::new().summary(&example.summary).value(Some(value.clone())).build().into()
        };
        let add = |content: &mut Content, value| {
            content.examples.insert(example.id.clone(), shown(value));
        };
        if let (Some(body), Some(RefOr::T(request))) = (&example.body, &mut operation.request_body) {
            request.content.values_mut().filter_map(in_place).for_each(|content| add(content, body));
        }
        let answer = operation.responses.responses.get_mut(&example.status.to_string());
        if let (Some(value), Some(RefOr::T(answer)), false) = (&example.answer, answer, example.is_problem()) {
            answer.content.values_mut().filter_map(in_place).for_each(|content| add(content, value));
        }
    }
}

fn in_place<T>(value: &mut RefOr<T>) -> Option<&mut T> {
    match value {
        RefOr::T(value) => Some(value),
        RefOr::Ref(_) => None,
    }
}
