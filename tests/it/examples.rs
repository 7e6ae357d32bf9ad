//! The examples of the documentation, sent in their order to the demo organization. What they show is what is answered.
//! After a change of the API: `PLASS_WRITE_EXAMPLES=1 cargo test --test it examples`, and read the difference.

use std::collections::{BTreeSet, HashMap};

use plass::http::openapi::examples::{Example, examples, kept_examples};
use plass::http::problems::{EXAMPLE_HOUSE, EXAMPLE_REQUEST};
use serde_json::{Map, Value, json};

use crate::support::people::Reply;
use crate::support::world::World;

/// The headers of an answer that an example shows.
const SHOWN_HEADERS: [&str; 6] =
    ["location", "link", "retry-after", "idempotency-replayed", "content-language", "www-authenticate"];

/// Gives what is different in every run a name that can be read: ids, tokens, addresses.
struct Names {
    house: String,
    known: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
}

impl Names {
    fn name(&mut self, kind: &'static str, value: &str, written: impl Fn(usize) -> String) -> String {
        if let Some(name) = self.known.get(value) {
            return name.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let name = written(*count);
        self.known.insert(value.to_owned(), name.clone());
        name
    }

    fn id(&mut self, id: &str) -> String {
        self.name("id", id, |count| format!("0194695c-1e00-7000-8000-{count:012}"))
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        match field {
            "access_token" => return self.name("access token", text, |count| format!("access-token-{count}")),
            "refresh_token" => return self.name("refresh token", text, |count| format!("refresh-token-{count}")),
            "next_cursor" => return self.name("cursor", text, |count| format!("cursor-{count}")),
            // Invitations live by the machine's clock, which no test moves.
            "expires_at" => return "2027-01-22T08:00:00.000Z".to_owned(),
            "reference" => return self.name("reference", text, |count| format!("plass-{count:04}")),
            "request_id" => return EXAMPLE_REQUEST.to_owned(),
            "content" => return "https://qr.vipps.example/of-this-code".to_owned(),
            "redirect_url" => return "https://pay.vipps.example/?token=of-this-session".to_owned(),
            _ => {}
        }
        if let Some(path) = text.strip_prefix(&self.house) {
            let parts: Vec<String> = path.split('/').map(|part| self.part(path, part)).collect();
            return format!("{EXAMPLE_HOUSE}{}", parts.join("/"));
        }
        if is_id(text) { self.id(text) } else { whole_minute(text).unwrap_or_else(|| text.to_owned()) }
    }

    /// One part of an address of the house.
    fn part(&mut self, path: &str, part: &str) -> String {
        let is_secret = (path.starts_with("/pay/") || path.starts_with("/invite/")) && part.len() > 10;
        if is_id(part) {
            self.id(part)
        } else if is_secret {
            self.name("secret", part, |count| format!("secret-of-this-link-{count}"))
        } else {
            part.to_owned()
        }
    }

    fn value(&mut self, field: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(field, text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(field, item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), self.value(name, value))).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn header(&mut self, name: &str, value: &str) -> String {
        match value.split_once("cursor=") {
            Some((before, rest)) => {
                let (cursor, rest) = rest.split_once('>').unwrap();
                let before = before.replace(&self.house, EXAMPLE_HOUSE);
                format!("{before}cursor={}>{rest}", self.text("next_cursor", cursor))
            }
            None => self.text(name, value),
        }
    }
}

/// A moment without its seconds: how many of them a request waits for others is chance.
fn whole_minute(text: &str) -> Option<String> {
    chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(format!("{}:00.000Z", text.get(..16)?))
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

/// Where an operation is: its method and its address.
fn doors() -> HashMap<String, (String, String)> {
    let document: Value = serde_json::from_str(&plass::http::openapi::document()).unwrap();
    let mut doors = HashMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            doors.insert(id, (method.to_uppercase(), path.clone()));
        }
    }
    doors
}

/// Sends the request of an example as it stands there.
async fn send(
    world: &World,
    tokens: &mut HashMap<String, String>,
    example: &Example,
    door: &(String, String),
) -> Reply {
    let (method, path) = door;
    for act in &example.first {
        let (act, reference) = act.iter().next().unwrap();
        assert_eq!(world.does(act, reference.as_str().unwrap()).await.status, 200);
    }
    let address = format!("{}{}", world.url(), example.address(path));
    let mut request = world.client.request(method.parse().unwrap(), address);
    if let Some(email) = &example.who {
        if !tokens.contains_key(email) {
            let body = json!({ "email": email, "password": "demo" });
            let reply = world.send(world.request("POST", "/auth/login", None).json(&body)).await;
            tokens.insert(email.clone(), reply.json["access_token"].as_str().unwrap().to_owned());
        }
        request = request.bearer_auth(&tokens[email]);
    }
    for (name, value) in &example.headers {
        request = request.header(name, value.as_str().unwrap());
    }
    if let Some(body) = &example.body {
        request = request.json(body);
    }
    let reply = world.send(request).await;
    world.settle().await;
    reply
}

fn shown_headers(names: &mut Names, reply: &Reply) -> Map<String, Value> {
    let shown = SHOWN_HEADERS.iter().filter(|name| reply.headers.contains_key(**name));
    shown.map(|name| ((*name).to_owned(), Value::String(names.header(name, reply.header(name))))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_answered_as_it_is_shown() {
    let world = World::demo().await;
    let doors = doors();
    let mut names = Names { house: world.url(), known: HashMap::new(), counts: HashMap::new() };
    let (mut tokens, mut answers) = (HashMap::new(), HashMap::<String, Value>::new());
    let mut heard = Vec::new();
    for kept in kept_examples() {
        let mut example = kept.clone();
        example.take_values(|id| answers.get(id));
        let reply = send(&world, &mut tokens, &example, &doors[&example.operation]).await;
        let answer_headers = shown_headers(&mut names, &reply);
        let answer = (!reply.text.is_empty()).then(|| names.value("", &reply.json));
        heard.push(Example { status: reply.status, answer_headers, answer, ..kept });
        answers.insert(example.id, reply.json);
    }
    world.end().await;
    if std::env::var_os("PLASS_WRITE_EXAMPLES").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples.json");
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(&heard).unwrap())).unwrap();
        return;
    }
    for (heard, kept) in heard.iter().zip(kept_examples()) {
        assert_eq!(*heard, kept, "{} is answered otherwise", kept.id);
    }
}

#[test]
fn every_operation_of_the_api_has_an_example() {
    let shown: BTreeSet<&str> =
        examples().iter().filter(|one| (200..400).contains(&one.status)).map(|one| &*one.operation).collect();
    for (id, (_, path)) in doors() {
        let is_api = path.starts_with("/api/") || path.starts_with("/health/");
        // The document is its own example, and a file is none.
        let is_file = [".csv", ".xlsx", ".svg"].iter().any(|kind| path.ends_with(kind));
        assert!(!is_api || is_file || id == "show_openapi" || shown.contains(id.as_str()), "{id} has no example");
    }
}

#[test]
fn examples_are_written_for_readers() {
    let mut ids = BTreeSet::new();
    for example in examples() {
        assert!(ids.insert(&example.id), "{} is there twice", example.id);
        assert!(!example.summary.is_empty() && example.summary.len() < 50, "{}", example.id);
        let text = format!("{:?} {:?} {:?}", example.path, example.query, example.body);
        assert!(!text.contains('$'), "{} takes a value that is not there: {text}", example.id);
    }
    let problems: BTreeSet<&str> = examples().iter().filter_map(|one| one.answer.as_ref()?["code"].as_str()).collect();
    assert!(problems.len() >= 20, "the typical problems have examples: {problems:?}");
}
