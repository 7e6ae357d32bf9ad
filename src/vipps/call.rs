//! One call to the provider: its headers, its limits, its one try, and the one line of log when it fails. What the
//! call is about is not known here, and no secret, body or person is ever logged.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use tokio::sync::Semaphore;

use super::ProviderError;
use super::epayment::EpaymentSettings;
use super::refusal::{Answer, Kind, Problem, judge};
use super::token::Token;
use super::transport::{LENGTH_OF_NOTHING, client, retry_after, transport_reason};
use super::wire::{Body, Unreadable};
use crate::clock::Clock;

/// The most of a body that is read. Answers are of a few KiB; an event log of a payment has tens of lines.
const BODY_MAX: usize = 256 * 1024;
/// The most of a system or plugin name or version that the provider takes.
const SYSTEM_TEXT_MAX: usize = 30;

/// One call, before it is sent.
pub(super) struct Call<'a> {
    /// Its name in the log, without ids.
    pub(super) endpoint: &'static str,
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) path: String,
    /// Sent byte for byte.
    pub(super) body: &'a str,
    /// The idempotency key.
    pub(super) key: Option<&'a str>,
}

impl Call<'_> {
    /// The call succeeded, but its answer does not tell what it should.
    pub(super) fn unreadable(&self, error: &Unreadable) -> ProviderError {
        tracing::warn!(endpoint = self.endpoint, "the provider's answer is unreadable: {error}");
        ProviderError::Unknown { reason: error.to_string() }
    }
}

/// Makes calls: at most so many at once, each with all headers and a limit of time.
pub(super) struct Caller {
    http: reqwest::Client,
    base_url: String,
    headers: HeaderMap,
    token: Token,
    permits: Semaphore,
    timeout: Duration,
    key_header: &'static str,
}

impl Caller {
    /// Fails when the base URL is no URL or a setting is no header value.
    pub(super) fn new(settings: &EpaymentSettings, clock: Clock) -> Result<Self, reqwest::Error> {
        let calls_at_once = settings.calls_at_once.clamp(1, Semaphore::MAX_PERMITS);
        let http = client(settings.timeout, settings.connect_timeout, calls_at_once)?;
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        let token_url = format!("{base_url}/accesstoken/get");
        // Building a request is what tells a bad URL or header value apart; this one is not sent.
        let call = common(http.post(&token_url), settings);
        let credentials = call
            .try_clone()
            .unwrap_or_else(|| common(http.post(&token_url), settings))
            .header("client_id", &settings.client_id)
            .header("client_secret", &settings.client_secret);
        let token_headers = secretive(credentials.build()?.headers().clone());
        let headers = secretive(call.build()?.headers().clone());
        let token = Token::new(http.clone(), token_url, token_headers, clock);
        let (permits, timeout) = (Semaphore::new(calls_at_once), settings.timeout);
        Ok(Self { http, base_url, headers, token, permits, timeout, key_header: "Idempotency-Key" })
    }

    /// The same, for an API that knows a repeat by another header.
    pub(super) fn with_key_header(self, key_header: &'static str) -> Self {
        Self { key_header, ..self }
    }

    /// Asks for an access token, whatever is held.
    pub(super) async fn check(&self) -> Result<(), ProviderError> {
        self.token.renew().await
    }

    /// Makes one call, once; `Ok` is an answer of success, whatever its body.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Answer, ProviderError> {
        let waited = tokio::time::timeout(self.timeout, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = waited else {
            tracing::warn!(endpoint = call.endpoint, "a call to the provider was not made: too many are in flight");
            return Err(ProviderError::Unavailable {
                reason: "too many calls in flight".to_owned(),
                retry_after: None,
            });
        };
        let authorization = self.token.authorization().await?;
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.base_url, call.path))
            .headers(self.headers.clone())
            .header(AUTHORIZATION, authorization.clone());
        if !call.body.is_empty() {
            request = request.body(call.body.to_owned());
        } else if call.method != Method::GET {
            request = request.header(CONTENT_LENGTH, LENGTH_OF_NOTHING);
        }
        if let Some(key) = call.key {
            request = request.header(self.key_header, key);
        }
        let answer = match request.send().await {
            Ok(response) => read_answer(response).await,
            Err(error) => return Err(not_answered(call, error)),
        };
        if answer.status == StatusCode::UNAUTHORIZED {
            self.token.forget(&authorization).await;
        }
        if answer.status.is_success() {
            return Ok(answer);
        }
        let problem = Problem::read(&answer.body);
        let error = judge(call.kind, &answer, &problem);
        log(call, &answer, &problem);
        Err(error)
    }
}

/// The headers of every call: CONTENT_TYPE also where no body goes, as the provider's own examples do.
fn common(request: reqwest::RequestBuilder, settings: &EpaymentSettings) -> reqwest::RequestBuilder {
    let system = |text: &str| -> String { text.trim().chars().take(SYSTEM_TEXT_MAX).collect() };
    let request = match settings.merchant_serial_number.as_str() {
        "" => request,
        number => request.header("Merchant-Serial-Number", number),
    };
    request
        .header(CONTENT_TYPE, "application/json")
        .header("Ocp-Apim-Subscription-Key", &settings.subscription_key)
        .header("Vipps-System-Name", system(&settings.system_name))
        .header("Vipps-System-Version", system(&settings.system_version))
        .header("Vipps-System-Plugin-Name", system(&settings.plugin_name))
        .header("Vipps-System-Plugin-Version", system(&settings.plugin_version))
}

/// Marks what must not be shown when headers are.
fn secretive(mut headers: HeaderMap) -> HeaderMap {
    for name in ["client_id", "client_secret", "Ocp-Apim-Subscription-Key"] {
        if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
    headers
}

/// Reads an answer, up to the limit.
pub(super) async fn read_answer(mut response: Response) -> Answer {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(retry_after);
    let mut bytes = Vec::new();
    let body = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > BODY_MAX => break Body::TooLarge,
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break Body::Whole(bytes),
            Err(error) => break Body::Broken(transport_reason(error)),
        }
    };
    Answer { status, retry_after, body }
}

/// No answer. What never left is unavailable; anything else may have arrived.
fn not_answered(call: &Call<'_>, error: reqwest::Error) -> ProviderError {
    let not_sent = error.is_builder() || error.is_connect();
    let reason = transport_reason(error);
    tracing::warn!(endpoint = call.endpoint, not_sent, "a call to the provider was not answered: {reason}");
    if not_sent { ProviderError::Unavailable { reason, retry_after: None } } else { ProviderError::Unknown { reason } }
}

fn log(call: &Call<'_>, answer: &Answer, problem: &Problem) {
    let (endpoint, status) = (call.endpoint, answer.status.as_u16());
    let Problem { code, title, detail, trace_id, is_of_gateway: _ } = problem;
    if call.kind == Kind::Reads && answer.status == StatusCode::NOT_FOUND {
        tracing::debug!(endpoint, status, code, title, detail, trace_id, "the provider does not know it");
    } else {
        tracing::warn!(endpoint, status, code, title, detail, trace_id, "the provider answered with an error");
    }
}
