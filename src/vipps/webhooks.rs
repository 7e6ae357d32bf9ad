//! Webhooks: their registrations at the provider, and what an incoming one says. A webhook is only a bell, so nothing
//! here reads amounts or states from it: who hears it asks with `get`.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::{Call, Caller};
use super::refusal::Kind;
use super::transport::segment;
use super::wire;
use super::{ProviderError, Registered};
use crate::domain::ids::Reference;

/// Everything that can happen to a payment. One registration carries all, since order is promised per registration.
pub const EVENTS: [&str; 8] = [
    "epayments.payment.created.v1",
    "epayments.payment.aborted.v1",
    "epayments.payment.expired.v1",
    "epayments.payment.cancelled.v1",
    "epayments.payment.captured.v1",
    "epayments.payment.refunded.v1",
    "epayments.payment.authorized.v1",
    "epayments.payment.terminated.v1",
];

/// What the house needs of an incoming webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The attempt it is about.
    pub reference: Reference,
    /// The provider's id of this event, the same in a duplicate; empty when it gave none.
    pub psp_reference: String,
    /// What happened, like `AUTHORIZED`; empty when it does not say.
    pub name: String,
    /// False when the operation failed: nothing changed.
    pub success: bool,
}

/// The body is about no payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook names no payment")]
pub struct NoEvent;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventIn {
    reference: String,
    #[serde(default)]
    psp_reference: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    success: Option<bool>,
}

impl WebhookEvent {
    /// Reads a body whose signature was verified. Only the reference is necessary.
    pub fn parse(body: &[u8]) -> Result<Self, NoEvent> {
        let event: EventIn = serde_json::from_slice(body).map_err(|_error| NoEvent)?;
        if event.reference.is_empty() {
            return Err(NoEvent);
        }
        Ok(Self {
            reference: Reference(event.reference),
            psp_reference: event.psp_reference.unwrap_or_default(),
            name: event.name.unwrap_or_default(),
            success: event.success.unwrap_or(true),
        })
    }
}

#[derive(Deserialize)]
struct ListIn {
    webhooks: Vec<RegisteredIn>,
}

#[derive(Deserialize)]
struct RegisteredIn {
    id: String,
    url: String,
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Serialize)]
struct RegisterOut<'a> {
    url: &'a str,
    events: &'a [&'static str],
}

#[derive(Deserialize)]
struct RegisterIn {
    id: String,
    secret: String,
}

/// The registrations of this sales unit.
pub(super) async fn list(caller: &Caller) -> Result<Vec<Registered>, ProviderError> {
    let call = Call {
        endpoint: "GET webhooks",
        kind: Kind::Reads,
        method: Method::GET,
        path: "/webhooks/v1/webhooks".to_owned(),
        body: "",
        key: None,
    };
    let answer = caller.call(&call).await?;
    let list: ListIn = answer.body.read().map_err(|error| call.unreadable(&error))?;
    Ok(list.webhooks.into_iter().map(|one| Registered { id: one.id, url: one.url, events: one.events }).collect())
}

/// Registers a URL for these events: the registration's id and its secret.
pub(super) async fn register(
    caller: &Caller,
    url: &str,
    events: &[&'static str],
    key: &str,
) -> Result<(String, String), ProviderError> {
    let call = Call {
        endpoint: "POST webhooks",
        kind: Kind::Changes,
        method: Method::POST,
        path: "/webhooks/v1/webhooks".to_owned(),
        body: &wire::json(&RegisterOut { url, events }),
        key: Some(key),
    };
    let answer = caller.call(&call).await?;
    let made: RegisterIn = answer.body.read().map_err(|error| call.unreadable(&error))?;
    Ok((made.id, made.secret))
}

/// Deletes a registration.
pub(super) async fn delete(caller: &Caller, id: &str, key: &str) -> Result<(), ProviderError> {
    let call = Call {
        endpoint: "DELETE webhooks/{id}",
        kind: Kind::Changes,
        method: Method::DELETE,
        path: format!("/webhooks/v1/webhooks/{}", segment(id)),
        body: "",
        key: Some(key),
    };
    caller.call(&call).await.map(|_done| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<(&str, &str, &str, bool)>) {
        let read = WebhookEvent::parse(body.as_bytes()).ok();
        let told = read
            .as_ref()
            .map(|event| (event.reference.as_str(), event.psp_reference.as_str(), event.name.as_str(), event.success));
        assert_eq!(told, expected, "{body}");
    }

    #[test]
    fn a_webhook_is_a_bell_with_a_name() {
        check(
            r#"{"msn":"123456","reference":"plass-1","pspReference":"p","name":"AUTHORIZED","amount":{"currency":"NOK","value":1},
                "timestamp":"2026-01-01T00:00:00Z","idempotencyKey":null,"success":true,"userDetails":{"email":"x"}}"#,
            Some(("plass-1", "p", "AUTHORIZED", true)),
        );
        check(
            r#"{"reference":"plass-1","pspReference":"p","name":"NEW","success":false,"amount":"?"}"#,
            Some(("plass-1", "p", "NEW", false)),
        );
        check(r#"{"reference":"plass-1"}"#, Some(("plass-1", "", "", true)));
    }

    #[test]
    fn what_names_no_payment_is_none() {
        for body in ["", "[]", "{}", r#"{"reference":""}"#, r#"{"reference":7}"#, r#"{"customerToken":"t"}"#] {
            check(body, None);
        }
        assert_eq!(WebhookEvent::parse(b"\xff"), Err(NoEvent));
    }
}
