//! The document in the words of its page: what each operation takes and answers, and what each schema is made of.

use serde_json::{Map, Value};

use super::examples::{Example, examples};

/// A text with code in it.
pub(super) struct Words(pub(super) Vec<(bool, String)>);

impl Words {
    /// What stands between backticks is code.
    pub(super) fn of(text: &str) -> Self {
        let parts = text.split('`').enumerate().map(|(place, part)| (place % 2 == 1, part.to_owned()));
        Self(parts.filter(|(_, part)| !part.is_empty()).collect())
    }
}

/// A paragraph with its lead.
pub(super) struct Paragraph {
    pub(super) lead: String,
    pub(super) words: Words,
}

impl Paragraph {
    /// What stands between two asterisks at the beginning is the lead.
    pub(super) fn of(text: &str) -> Self {
        let (lead, rest) = text.strip_prefix("**").and_then(|text| text.split_once("**")).unwrap_or(("", text));
        Self { lead: lead.to_owned(), words: Words::of(rest) }
    }
}

/// What a value is: words, and the schema that they end in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) before: String,
    pub(super) schema: String,
    pub(super) after: String,
}

/// A value with a name: a parameter, a property.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) kind: Kind,
    pub(super) about: Words,
}

/// What an operation may answer.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) about: Words,
    pub(super) kind: Option<Kind>,
    pub(super) codes: Vec<String>,
}

/// One operation.
pub(super) struct Operation {
    pub(super) tag: String,
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) about: Words,
    pub(super) needs_login: bool,
    pub(super) fields: Vec<Field>,
    pub(super) body: Option<Kind>,
    pub(super) answers: Vec<Answer>,
    pub(super) problems: Vec<Answer>,
    pub(super) examples: Vec<Exchange>,
}

/// A request and its answer, as they go over the wire.
pub(super) struct Exchange {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) status: u16,
    pub(super) request: String,
    pub(super) answer: String,
}

impl Exchange {
    fn of(example: &Example, method: &str, path: &str) -> Self {
        let mut request = format!("{method} {}", example.address(path));
        if let Some(who) = &example.who {
            request.push_str(&format!("\nAuthorization: Bearer <access token of {who}>"));
        }
        request.push_str(&header_lines(&example.headers));
        if let Some(body) = &example.body {
            request.push_str(&format!("\nContent-Type: application/json\n\n{}", pretty(body)));
        }
        let mut answer = format!("{}{}", example.status, header_lines(&example.answer_headers));
        if let Some(body) = &example.answer {
            answer.push_str(&format!("\n\n{}", pretty(body)));
        }
        Self {
            id: format!("example-{}", example.id),
            summary: example.summary.clone(),
            status: example.status,
            request,
            answer,
        }
    }
}

fn header_lines(headers: &Map<String, Value>) -> String {
    headers.iter().map(|(name, value)| format!("\n{name}: {}", value.as_str().unwrap_or_default())).collect()
}

/// JSON for readers.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// One schema.
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) about: Words,
    pub(super) kind: Kind,
    pub(super) fields: Vec<Field>,
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn entries<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// Every operation of the document, by address.
pub(super) fn operations_of(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in entries(document, "paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            operations.push(operation_of(document, path, method, operation));
        }
    }
    operations
}

fn operation_of(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let answers = entries(operation, "responses").map(|(status, answer)| answer_of(document, status, answer));
    let (problems, answers) = answers.partition(|answer| answer.kind.is_none() && !answer.codes.is_empty());
    let (id, method) = (word(operation, "operationId"), method.to_uppercase());
    let examples = examples().iter().filter(|example| example.operation == id);
    let examples = examples.map(|example| Exchange::of(example, &method, path)).collect();
    Operation {
        tag: list(operation, "tags").filter_map(Value::as_str).collect(),
        id,
        method,
        path: path.to_owned(),
        summary: word(operation, "summary"),
        about: Words::of(&word(operation, "description")),
        needs_login: operation.get("security").is_some(),
        fields: list(operation, "parameters").map(parameter_of).collect(),
        body: operation.get("requestBody").and_then(content_of),
        answers,
        problems,
        examples,
    }
}

fn parameter_of(parameter: &Value) -> Field {
    Field {
        name: word(parameter, "name"),
        place: word(parameter, "in"),
        is_required: parameter.get("required") == Some(&Value::Bool(true)),
        kind: parameter.get("schema").map(kind_of).unwrap_or_else(|| kind_of(&Value::Null)),
        about: Words::of(&word(parameter, "description")),
    }
}

fn answer_of(document: &Value, status: &str, answer: &Value) -> Answer {
    let answer = resolve(document, answer);
    let problem = answer.pointer("/content/application~1problem+json/schema");
    let codes = problem.and_then(|schema| schema.pointer("/allOf/1/properties/code"));
    let codes = codes.into_iter().flat_map(|code| list(code, "enum")).filter_map(Value::as_str).map(str::to_owned);
    Answer {
        status: status.to_owned(),
        about: Words::of(&word(answer, "description")),
        kind: content_of(answer),
        codes: codes.collect(),
    }
}

/// What a body is, problems apart.
fn content_of(body: &Value) -> Option<Kind> {
    let (content_type, content) = entries(body, "content").find(|(name, _)| *name != "application/problem+json")?;
    let mut kind = content.get("schema").map(kind_of)?;
    if kind.schema.is_empty() {
        kind.after = content_type.clone();
        kind.before = String::new();
    }
    Some(kind)
}

fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// One schema of the document.
pub(super) fn shape_of(name: &str, schema: &Value) -> Shape {
    let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    let fields = entries(schema, "properties").map(|(name, field)| Field {
        name: name.clone(),
        place: String::new(),
        is_required: required.contains(&name.as_str()),
        kind: kind_of(field),
        about: Words::of(&about_of(field)),
    });
    Shape {
        name: name.to_owned(),
        about: Words::of(&word(schema, "description")),
        kind: kind_of(schema),
        fields: fields.collect(),
    }
}

/// What is said about a value; about one that may be null it stands beside the other choice.
fn about_of(field: &Value) -> String {
    let inner = field.pointer("/oneOf/0/description").and_then(Value::as_str);
    field.get("description").and_then(Value::as_str).or(inner).unwrap_or_default().to_owned()
}

/// What a schema says in words.
pub(super) fn kind_of(schema: &Value) -> Kind {
    let plain = |words: String| Kind { before: words, schema: String::new(), after: String::new() };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return Kind { before: String::new(), schema: name.to_owned(), after: String::new() };
    }
    if let Some(items) = schema.get("items") {
        let inner = kind_of(items);
        return Kind { before: format!("list of {}", inner.before).trim_end().to_owned(), ..inner };
    }
    let choices: Vec<&Value> = list(schema, "oneOf").chain(list(schema, "anyOf")).collect();
    if !choices.is_empty() {
        let is_null = |choice: &&Value| choice.get("type").and_then(Value::as_str) == Some("null");
        let (null, others): (Vec<&Value>, Vec<&Value>) = choices.into_iter().partition(is_null);
        let null = if null.is_empty() { "" } else { "or null" };
        return match others.as_slice() {
            [one] => Kind { after: null.to_owned(), ..kind_of(one) },
            many => plain(many.iter().map(|one| kind_of(one).before).collect::<Vec<_>>().join(" or ")),
        };
    }
    let words = list(schema, "enum").filter_map(Value::as_str).collect::<Vec<_>>();
    if !words.is_empty() {
        return plain(words.join(" · "));
    }
    plain(simple_words(schema))
}

fn simple_words(schema: &Value) -> String {
    let Some(fields) = schema.as_object() else { return String::new() };
    let types: Vec<&str> = match fields.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let mut words = vec![types.join(" or ")];
    if let Some(format) = fields.get("format").and_then(Value::as_str) {
        words.push(format.to_owned());
    }
    words.extend(limits(fields, "minLength", "maxLength", " characters"));
    words.extend(limits(fields, "minimum", "maximum", ""));
    if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
        words.push(format!("like {pattern}"));
    }
    if let Some(default) = fields.get("default") {
        words.push(format!("{default} unless given"));
    }
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

fn limits(fields: &Map<String, Value>, least: &str, most: &str, unit: &str) -> Option<String> {
    match (fields.get(least), fields.get(most)) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    }
}
