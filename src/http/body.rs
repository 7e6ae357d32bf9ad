//! The body of a request, read to its limit and understood strictly: what is no JSON is malformed (400), what is JSON
//! and does not fit is invalid (422) and named by a pointer. Reading never fails by itself, so that a stranger hears
//! "sign in first" before anything about his body.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::error::ApiError;
use super::extract::Actor;
use crate::domain::ids::UserId;
use crate::domain::refusal::{FieldError, Refusal};
use crate::flows::app::App;
use crate::flows::reply::Reply;
use crate::keys::Purpose;
use crate::store::replays::Once;

/// How long a body may be.
pub const BODY_MAX: usize = 64 * 1024;

/// How long the body of a webhook may be.
pub const WEBHOOK_BODY_MAX: usize = 256 * 1024;

/// How much of a body that is too long is still swallowed, so that the client gets to read the answer.
const SWALLOWED_MAX: usize = 1024 * 1024;

/// The body of a request. What is wrong with it is said when it is asked for.
pub struct Body {
    bytes: Result<Bytes, Trouble>,
    app: Option<Data<App>>,
    says_json: bool,
    method: String,
    path: String,
    key: Option<String>,
}

#[derive(Clone, Copy)]
enum Trouble {
    TooLarge,
    Broken,
}

impl Body {
    /// The bytes as they came.
    pub fn bytes(&self) -> Result<&Bytes, ApiError> {
        self.bytes.as_ref().map_err(|trouble| match trouble {
            Trouble::TooLarge => ApiError::TooLarge,
            Trouble::Broken => ApiError::bad_request("bad_request", "the body broke off"),
        })
    }

    /// The body as JSON. Nothing at all means `{}`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return parse(b"{}");
        }
        if !self.says_json {
            return Err(ApiError::NotJson);
        }
        parse(bytes)
    }

    /// The idempotency key, if the request has one, with the digest of what is asked.
    pub fn once(&self, caller: UserId) -> Result<Option<Once>, ApiError> {
        let Some(key) = &self.key else { return Ok(None) };
        if !(1..=64).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "an Idempotency-Key has 1 to 64 visible ASCII characters";
            return Err(ApiError::bad_request("invalid_idempotency_key", detail));
        }
        let app = self.app.as_ref().ok_or_else(|| ApiError::Bug("the routes were built without an app".to_owned()))?;
        let asked = [self.method.as_bytes(), self.path.as_bytes(), self.bytes()?].join(&0);
        // A keyed digest: a body may hold a password, and a plain digest of it could be guessed.
        let fingerprint = app.keys.keyed_hash(Purpose::Fingerprint, &asked);
        Ok(Some(Once { caller, key: key.clone(), fingerprint }))
    }

    /// How this request is answered once its flow succeeded: the status, and how the result is written.
    pub fn reply<T>(&self, actor: &Actor, status: u16, write: fn(&T) -> Value) -> Result<Reply<T>, ApiError> {
        Ok(Reply { once: self.once(actor.user_id())?, status, write })
    }
}

impl FromRequest for Body {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let limit = if request.path().starts_with("/webhooks/") { WEBHOOK_BODY_MAX } else { BODY_MAX };
        let headers = request.headers();
        let key = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
        let says_json = headers.get(header::CONTENT_TYPE).is_some_and(|value| is_json(value.as_bytes()));
        let (method, path) = (request.method().to_string(), request.path().to_owned());
        let app = request.app_data::<Data<App>>().cloned();
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read(payload, limit).await;
            Ok(Self { bytes, app, says_json, method, path, key })
        })
    }
}

fn is_json(content_type: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content_type);
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "application/merge-patch+json"
}

async fn read(mut payload: dev::Payload, limit: usize) -> Result<Bytes, Trouble> {
    let mut body = BytesMut::new();
    let mut length = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| Trouble::Broken)?;
        length += chunk.len();
        if length > SWALLOWED_MAX {
            break;
        }
        if length <= limit {
            body.extend_from_slice(&chunk);
        }
    }
    if length > limit { Err(Trouble::TooLarge) } else { Ok(body.freeze()) }
}

/// Reads JSON strictly.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::bad_request("malformed_json", format!("the body is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(ApiError::invalid("", "invalid_type", "the body must be an object"));
    }
    if let Some(pointer) = find_nul(&value, "") {
        return Err(ApiError::invalid(&pointer, "invalid_characters", "a text has no NUL character"));
    }
    // Read again from the bytes: a value would have forgotten a field that stands there twice.
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let message = error.inner().to_string();
        ApiError::Refused(Refusal::Invalid(vec![field_error(error.path(), &message)]))
    })
}

fn find_nul(value: &Value, at: &str) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| find_nul(item, &format!("{at}/{index}")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, field)| find_nul(field, &format!("{at}/{}", escape(name))))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

// serde tells what is wrong in words only: these are the ones it uses.
fn field_error(path: &serde_path_to_error::Path, message: &str) -> FieldError {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |start: &str| message.strip_prefix(start).and_then(|rest| rest.split('`').next());
    let (code, field) = if let Some(field) = named("unknown field `") {
        ("unknown_field", Some(field))
    } else if let Some(field) = named("missing field `") {
        ("required", Some(field))
    } else if let Some(field) = named("duplicate field `") {
        ("duplicate_field", Some(field))
    } else if message.starts_with("invalid type") {
        ("invalid_type", None)
    } else {
        ("invalid_value", None)
    };
    if let Some(field) = field {
        let last = format!("/{}", escape(field));
        if !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
    }
    FieldError { pointer, code, detail: message.to_owned() }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses is looked at")]
    struct Order {
        title: String,
        paid: Option<Paid>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses is looked at")]
    struct Paid {
        price: String,
    }

    #[track_caller]
    fn check(json: &str, code: &str, pointer: &str) {
        let error = parse::<Order>(json.as_bytes()).expect_err(json);
        match error.errors() {
            [field] => assert_eq!((field.code, field.pointer.as_str()), (code, pointer), "{json} {}", field.detail),
            _ => assert_eq!((error.code(), ""), (code, pointer), "{json}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(parse::<Order>(br#"{"title": "x", "paid": {"price": "1"}}"#).is_ok());
        check("{", "malformed_json", "");
        check("", "malformed_json", "");
        check("{} x", "malformed_json", "");
        check("[]", "invalid_type", "");
        check("{}", "required", "/title");
        check(r#"{"title": 5}"#, "invalid_type", "/title");
        check(r#"{"title": "x", "color": 1}"#, "unknown_field", "/color");
        check(r#"{"title": "x", "title": "y"}"#, "duplicate_field", "/title");
        check(r#"{"title": "x", "paid": {"price": 1}}"#, "invalid_type", "/paid/price");
        check(r#"{"title": "x", "paid": {}}"#, "required", "/paid/price");
        check(r#"{"title": "x", "paid": {"price": "1", "a/b": 1}}"#, "unknown_field", "/paid/a~1b");
        check(r#"{"title": "x", "paid": {"price": "\u0000"}}"#, "invalid_characters", "/paid/price");
    }

    #[test]
    fn json_is_what_says_so() {
        assert!(is_json(b"application/json"));
        assert!(is_json(b"Application/JSON; charset=utf-8"));
        assert!(is_json(b"application/merge-patch+json"));
        assert!(!is_json(b"text/plain"));
        assert!(!is_json(b"application/jsonx"));
    }
}
