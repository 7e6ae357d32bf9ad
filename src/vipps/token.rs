//! The access token: fetched once, used for its whole life, renewed a little early. However many calls wait for it,
//! one fetch serves them all, also when it fails. A token never reaches a log.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::ProviderError;
use super::call::read_answer;
use super::refusal::{Answer, Problem};
use super::transport::{LENGTH_OF_NOTHING, transport_reason};
use crate::clock::{Clock, Timestamp};

/// How long before its end a token is renewed: a call that starts with it must also arrive with it.
const RENEWED_EARLY: TimeDelta = TimeDelta::minutes(3);
/// The life of a token whose answer does not tell: far below the hour of the test environment.
const LIFE_UNTOLD: TimeDelta = TimeDelta::minutes(10);
/// The longest life the provider gives (24 h, production).
const LIFE_MAX: TimeDelta = TimeDelta::hours(24);

/// The one token of a client.
pub(super) struct Token {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
    clock: Clock,
    held: Mutex<Held>,
    /// How many fetches ended, well or not.
    ended: AtomicU64,
}

#[derive(Default)]
struct Held {
    bearer: Option<Bearer>,
    /// Why the last fetch failed, for those who waited for it.
    failure: Option<Failure>,
}

struct Bearer {
    authorization: HeaderValue,
    fresh_until: Timestamp,
}

#[derive(Clone)]
struct Failure {
    reason: String,
    retry_after: Option<TimeDelta>,
    /// What the provider said of the keys, if it does not accept them.
    keys_refused: Option<(u16, Problem)>,
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { reason: failure.reason, retry_after: failure.retry_after }
    }
}

#[derive(Deserialize)]
struct TokenIn {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    expires_on: Value,
}

impl Token {
    /// A token that is fetched from `url` with `headers`, which carry the credentials.
    pub(super) fn new(http: reqwest::Client, url: String, headers: HeaderMap, clock: Clock) -> Self {
        Self { http, url, headers, clock, held: Mutex::default(), ended: AtomicU64::new(0) }
    }

    /// The `Authorization` header of a call. No token is no harm: the call was not made.
    pub(super) async fn authorization(&self) -> Result<HeaderValue, ProviderError> {
        let ended_before = self.ended.load(Ordering::SeqCst);
        let mut held = self.held.lock().await;
        if let Some(bearer) = &held.bearer
            && self.clock.machine_now() < bearer.fresh_until
        {
            return Ok(bearer.authorization.clone());
        }
        // Somebody fetched while we waited, in vain: his answer is ours, or everybody would wait a timeout in turn.
        if let Some(failure) = &held.failure
            && self.ended.load(Ordering::SeqCst) != ended_before
        {
            return Err(failure.clone().into());
        }
        let fetched = self.fetch().await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        match fetched {
            Ok(bearer) => {
                let authorization = bearer.authorization.clone();
                *held = Held { bearer: Some(bearer), failure: None };
                Ok(authorization)
            }
            Err(failure) => {
                *held = Held { bearer: None, failure: Some(failure.clone()) };
                Err(failure.into())
            }
        }
    }

    /// Fetches a token whatever is held, and keeps it if one came. Keys that are not accepted are refused.
    pub(super) async fn renew(&self) -> Result<(), ProviderError> {
        let mut held = self.held.lock().await;
        let fetched = self.fetch().await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        match fetched {
            Ok(bearer) => {
                *held = Held { bearer: Some(bearer), failure: None };
                Ok(())
            }
            Err(failure) => {
                *held = Held { bearer: None, failure: Some(failure.clone()) };
                Err(match failure.keys_refused {
                    Some((status, Problem { code, title, detail, trace_id, .. })) => {
                        ProviderError::Refused { status, code, title, detail, trace_id }
                    }
                    None => failure.into(),
                })
            }
        }
    }

    /// Drops the token that a call was refused with, unless a newer one took its place.
    pub(super) async fn forget(&self, authorization: &HeaderValue) {
        let mut held = self.held.lock().await;
        if held.bearer.as_ref().is_some_and(|bearer| bearer.authorization == *authorization) {
            held.bearer = None;
        }
    }

    async fn fetch(&self) -> Result<Bearer, Failure> {
        // Its life is counted from before the question, so that it never ends earlier than we think.
        let asked_at = self.clock.machine_now();
        let sent = self
            .http
            .post(&self.url)
            .headers(self.headers.clone())
            .header(CONTENT_LENGTH, LENGTH_OF_NOTHING)
            .send()
            .await;
        let outcome = match sent {
            Err(error) => {
                let failure = Failure { reason: transport_reason(error), retry_after: None, keys_refused: None };
                Err((failure, None, Problem::default()))
            }
            Ok(response) => {
                let answer = read_answer(response).await;
                bearer(&answer, asked_at).map_err(|reason| {
                    let (status, problem) = (answer.status.as_u16(), Problem::read(&answer.body));
                    let keys_refused = is_about_keys(status).then(|| (status, problem.clone()));
                    (Failure { reason, retry_after: answer.retry_after, keys_refused }, Some(status), problem)
                })
            }
        };
        outcome.map_err(|(mut failure, status, problem)| {
            failure.reason = format!("no access token: {}", failure.reason);
            let Problem { title, trace_id, .. } = problem;
            tracing::warn!(endpoint = "POST accesstoken/get", status, title, trace_id, "{}", failure.reason);
            failure
        })
    }
}

/// True for what the provider answers to keys that are not good.
fn is_about_keys(status: u16) -> bool {
    matches!(status, 400 | 401 | 403)
}

fn bearer(answer: &Answer, asked_at: Timestamp) -> Result<Bearer, String> {
    let status = answer.status;
    if !status.is_success() {
        let title = Problem::read(&answer.body).title;
        return Err(if is_about_keys(status.as_u16()) {
            format!("the provider does not accept the keys: {} {title}", status.as_str())
        } else {
            format!("{} {title}", status.as_str())
        });
    }
    let token: TokenIn = answer.body.read().map_err(|error| error.to_string())?;
    if token.access_token.trim().is_empty() {
        return Err("the answer holds none".to_owned());
    }
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.access_token.trim()))
        .map_err(|_error| "the answer holds one that is no header".to_owned())?;
    authorization.set_sensitive(true);
    Ok(Bearer { authorization, fresh_until: asked_at + usable(&token, asked_at) })
}

/// How long a token is used: its life without the last minutes, and half of a very short life.
fn usable(token: &TokenIn, asked_at: Timestamp) -> TimeDelta {
    let seconds = number(&token.expires_in)
        .or_else(|| number(&token.expires_on).map(|ends_at| ends_at.saturating_sub(asked_at.timestamp())));
    let life = seconds.map_or(LIFE_UNTOLD, |seconds| TimeDelta::seconds(seconds.clamp(0, LIFE_MAX.num_seconds())));
    (life - RENEWED_EARLY).max(life / 2)
}

/// A number, which the provider also writes as a string.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;
    use crate::vipps::wire::Body;
    use reqwest::StatusCode;

    fn read(status: StatusCode, text: &str) -> Result<(String, i64), String> {
        let asked_at = at_millis(1_000_000);
        let answer = Answer { status, retry_after: None, body: Body::Whole(text.as_bytes().to_vec()) };
        bearer(&answer, asked_at).map(|bearer| {
            let seconds = (bearer.fresh_until - asked_at).num_seconds();
            (bearer.authorization.to_str().unwrap().to_owned(), seconds)
        })
    }

    #[test]
    fn a_token_is_used_for_its_life_but_the_last_minutes() {
        for (fields, seconds) in [
            (r#""expires_in":"3600""#, 3_420),
            (r#""expires_in":86400"#, 86_220),
            (r#""expires_in":" 3599 ","expires_on":"1""#, 3_419),
            (r#""expires_on":"4600""#, 3_420),
            (r#""expires_on":4600"#, 3_420),
            (r#""expires_in":"soon","expires_on":null"#, 420),
            (r#""token_type":"Bearer""#, 420),
            (r#""expires_in":"100""#, 50),
            (r#""expires_in":"-5""#, 0),
            (r#""expires_in":"9223372036854775807""#, 86_220),
            (r#""expires_on":"-9223372036854775808""#, 0),
        ] {
            let answer = read(StatusCode::OK, &format!(r#"{{{fields},"access_token":"a.b.c"}}"#));
            assert_eq!(answer, Ok(("Bearer a.b.c".to_owned(), seconds)), "{fields}");
        }
    }

    #[test]
    fn an_answer_without_a_token_says_why() {
        for (status, text, reason) in [
            (200, r#"{"access_token":""}"#, "the answer holds none"),
            (200, "{\"access_token\":\"a\\nb\"}", "the answer holds one that is no header"),
            (200, "", "not the JSON expected: Eof error at 1:0"),
            (
                401,
                r#"{"error":"unauthorized_client"}"#,
                "the provider does not accept the keys: 401 unauthorized_client",
            ),
            (403, r#"{"statusCode":403,"message":"No"}"#, "the provider does not accept the keys: 403 No"),
            (500, "<html>", "500 "),
        ] {
            assert_eq!(read(StatusCode::from_u16(status).unwrap(), text), Err(reason.to_owned()), "{text}");
        }
    }
}
