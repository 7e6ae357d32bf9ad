//! The body of a request, read to its limit. What is no JSON is malformed (400), what is JSON and does not fit is
//! invalid (422) and named by a pointer. Reading never fails by itself, so that a stranger hears
//! "sign in first" before anything about his body.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, Malformed};
use super::extract::Actor;
use super::read::read_json;
use crate::domain::ids::UserId;
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

/// How long a body may take to come: whoever needs longer holds a connection and does not mean to finish. A test that does
/// not want to wait gives its routes another.
#[derive(Clone, Copy)]
struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}

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
            Trouble::Broken => ApiError::Malformed(Malformed::BrokenOff),
        })
    }

    /// The body as JSON. Nothing at all means `{}`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return read_json(b"{}");
        }
        if !self.says_json {
            return Err(ApiError::NotJson);
        }
        read_json(bytes)
    }

    /// The idempotency key, if the request has one, with the digest of what is asked.
    pub fn once(&self, caller: UserId) -> Result<Option<Once>, ApiError> {
        let Some(key) = &self.key else { return Ok(None) };
        if !(1..=64).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::Malformed(Malformed::IdempotencyKey));
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
        let Patience(patience) = request.app_data().copied().unwrap_or_default();
        let payload = payload.take();
        Box::pin(async move {
            let read = tokio::time::timeout(patience, read(payload, limit)).await;
            let bytes = read.unwrap_or(Err(Trouble::Broken));
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;

    use super::*;

    async fn body_of(patience: Duration, payload: dev::Payload) -> Body {
        let request = TestRequest::post().app_data(Patience(patience)).to_http_request();
        let mut payload = payload;
        Body::from_request(&request, &mut payload).await.unwrap()
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_in_time_is_given_up() {
        let halves = || stream::iter([Ok(Bytes::from_static(b"{\"email\":"))]);
        let never = halves().chain(stream::pending());
        let slow = body_of(Duration::ZERO, dev::Payload::Stream { payload: Box::pin(never) }).await;
        assert!(matches!(slow.bytes(), Err(ApiError::Malformed(Malformed::BrokenOff))));
        let patience = Patience::default().0;
        assert_eq!(patience, Duration::from_secs(30));
        let ended = body_of(patience, dev::Payload::Stream { payload: Box::pin(halves()) }).await;
        assert_eq!(ended.bytes().unwrap().len(), 9, "what has ended is not waited for");
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
