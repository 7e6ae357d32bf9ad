//! One call to Áskell: its headers, its limits, its one try, and the one line of log when it fails. No key, body or
//! person is ever logged.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::payments::AskellSettings;
use super::wire::Unreadable;
use crate::vipps::ProviderError;
use crate::vipps::transport::{LENGTH_OF_NOTHING, client, retry_after, short, transport_reason};

/// The most of a body that is read: a page of payments has some hundred lines of a KiB.
const BODY_MAX: usize = 2 * 1024 * 1024;

/// What a call does; it decides what a missing answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing.
    Reads,
    /// Changes something: without an answer it may have been done.
    Changes,
}

/// One call, before it is sent.
pub(super) struct Call<'a> {
    /// Its name in the log, without ids.
    pub(super) endpoint: &'static str,
    pub(super) kind: Kind,
    pub(super) method: Method,
    /// Below the base URL, with the slash at its end.
    pub(super) path: String,
    /// Sent byte for byte; empty for none.
    pub(super) body: &'a str,
}

impl Call<'_> {
    /// The call succeeded, but its answer does not tell what it should.
    pub(super) fn unreadable(&self, error: &Unreadable) -> ProviderError {
        tracing::warn!(endpoint = self.endpoint, "the provider's answer is unreadable: {error}");
        ProviderError::Unknown { reason: error.to_string() }
    }
}

/// Makes calls: at most so many at once, each with its key and a limit of time.
pub(super) struct Caller {
    http: reqwest::Client,
    base_url: String,
    headers: HeaderMap,
    permits: Semaphore,
    timeout: Duration,
}

/// A whole body of success.
pub(super) struct Body(Vec<u8>);

impl Body {
    /// Reads JSON; what is wrong is told without repeating any of it.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        let text = String::from_utf8_lossy(&self.0);
        serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| Unreadable(format!("not the JSON expected: {:?} error", error.classify())))
    }
}

impl Caller {
    /// Fails when the base URL is no URL or the key is no header value.
    pub(super) fn new(settings: &AskellSettings) -> Result<Self, reqwest::Error> {
        let calls_at_once = settings.calls_at_once.clamp(1, Semaphore::MAX_PERMITS);
        let http = client(settings.timeout, settings.connect_timeout, calls_at_once)?;
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        // Building a request is what tells a bad URL or header value apart; this one is not sent.
        let probe = http
            .get(format!("{base_url}/payments/"))
            .header(AUTHORIZATION, format!("Api-Key {}", settings.api_key))
            .header(CONTENT_TYPE, "application/json");
        let mut headers = probe.build()?.headers().clone();
        if let Some(value) = headers.get_mut(AUTHORIZATION) {
            value.set_sensitive(true);
        }
        Ok(Self { http, base_url, headers, permits: Semaphore::new(calls_at_once), timeout: settings.timeout })
    }

    /// Makes one call, once; `Ok` is a whole answer of success.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Body, ProviderError> {
        let waited = tokio::time::timeout(self.timeout, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = waited else {
            tracing::warn!(endpoint = call.endpoint, "a call to the provider was not made: too many are in flight");
            return Err(unavailable("too many calls in flight".to_owned(), None));
        };
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.base_url, call.path))
            .headers(self.headers.clone());
        if !call.body.is_empty() {
            request = request.body(call.body.to_owned());
        } else if call.method != Method::GET {
            request = request.header(CONTENT_LENGTH, LENGTH_OF_NOTHING);
        }
        let answer = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(not_answered(call, error)),
        };
        let (status, retry_after) = (answer.status(), answer.headers().get(RETRY_AFTER).and_then(retry_after));
        let body = read(answer).await;
        match body {
            Ok(bytes) if status.is_success() => Ok(Body(bytes)),
            Ok(bytes) => Err(refused(call, status, retry_after, &bytes)),
            Err(reason) => {
                tracing::warn!(endpoint = call.endpoint, status = status.as_u16(), "an answer broke off: {reason}");
                Err(silent(call.kind, reason))
            }
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > BODY_MAX => {
                return Err("the answer is too large".to_owned());
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(transport_reason(error)),
        }
    }
}

fn unavailable(reason: String, retry_after: Option<TimeDelta>) -> ProviderError {
    ProviderError::Unavailable { reason, retry_after }
}

/// There is no answer that tells.
fn silent(kind: Kind, reason: String) -> ProviderError {
    match kind {
        Kind::Reads => unavailable(reason, None),
        Kind::Changes => ProviderError::Unknown { reason },
    }
}

/// No answer. What never left is unavailable; anything else may have arrived.
fn not_answered(call: &Call<'_>, error: reqwest::Error) -> ProviderError {
    let not_sent = error.is_builder() || error.is_connect();
    let reason = transport_reason(error);
    tracing::warn!(endpoint = call.endpoint, not_sent, "a call to the provider was not answered: {reason}");
    if not_sent { unavailable(reason, None) } else { silent(call.kind, reason) }
}

/// What an answer that is no success means. Errors come as `{"detail": …}`, or as fields with what is wrong about each,
/// whose values may be a person's: only the names of those are kept.
fn refused(call: &Call<'_>, status: StatusCode, retry_after: Option<TimeDelta>, body: &[u8]) -> ProviderError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = said.get("detail").and_then(Value::as_str).map(short).unwrap_or_default();
    let fields: Vec<&str> = said.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let title = if detail.is_empty() { short(&fields.join(", ")) } else { detail };
    let code = status.as_u16();
    if call.kind == Kind::Reads && status == StatusCode::NOT_FOUND {
        tracing::debug!(endpoint = call.endpoint, title, "the provider does not know it");
    } else {
        tracing::warn!(endpoint = call.endpoint, status = code, title, "the provider answered with an error");
    }
    let reason = format!("{code} {title}").trim_end().to_owned();
    match code {
        // People can mend keys: money must not be parked over them.
        401 | 403 | 423 | 429 => unavailable(reason, retry_after),
        // Not of the API itself: nobody looked for the payment.
        404 if !said.is_object() => unavailable(format!("not from the payment API: {reason}"), None),
        400..=499 if status != StatusCode::REQUEST_TIMEOUT => {
            ProviderError::Refused { status: code, code: None, title, detail: String::new(), trace_id: None }
        }
        _ => match call.kind {
            Kind::Reads => unavailable(reason, retry_after),
            Kind::Changes => ProviderError::Unknown { reason },
        },
    }
}
