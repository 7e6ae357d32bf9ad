//! What was asked of the provider and what it answers, as plain values.
//!
//! Problem bodies are made here and nowhere else. Nothing here reads a clock, a file or a socket.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::refusal::Refusal;

/// One operation of the provider's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    /// An access token is fetched.
    Token,
    /// A payment is created.
    Create,
    /// A payment is read.
    Get,
    /// A payment's event log is read.
    Events,
    /// A payment is cancelled.
    Cancel,
    /// Reserved money is captured.
    Capture,
    /// Captured money is given back.
    Refund,
    /// A payment is approved without its payer.
    Approve,
    /// A webhook is registered.
    Register,
    /// The webhooks are listed.
    List,
    /// A webhook is deleted.
    Unregister,
}

/// One call, read from its HTTP request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    /// The sales unit that calls.
    pub(super) msn: String,
    pub(super) subscription_key: String,
    /// The payment's reference, from the path or the body; empty when there is none.
    pub(super) reference: String,
    pub(super) key: Option<String>,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// The kind of body an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Plain JSON.
    Json,
    /// A problem of RFC 7807.
    Problem,
    /// No body.
    Empty,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: Kind,
    pub(super) body: String,
    /// The domain code of a problem, if it has one.
    pub(super) code: Option<String>,
    /// Seconds until another try makes sense.
    pub(super) retry_after: Option<i64>,
}

/// A field that is not as the provider wants it, and why.
pub(super) type BadField = (String, String);

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, kind: Kind::Json, body: body.to_string(), code: None, retry_after: None }
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, kind: Kind::Empty, body: String::new(), code: None, retry_after: None }
    }

    /// A refusal with its domain code.
    pub(super) fn refused(refusal: Refusal, instance: &str, trace: Uuid) -> Self {
        let details = vec![("ErrorCode".to_owned(), refusal.code().to_owned())];
        Self::problem(refusal.status(), refusal.says(), (instance, trace), &details)
    }

    /// A request that could not be understood: the fields are named, there is no domain code.
    pub(super) fn malformed(fields: &[BadField], instance: &str, trace: Uuid) -> Self {
        Self::problem(400, "One or more validation errors occurred.", (instance, trace), fields)
    }

    /// A planned failure.
    pub(super) fn planned(status: u16, code: Option<&str>, instance: &str, trace: Uuid) -> Self {
        let details: Vec<BadField> = code.map(|code| ("ErrorCode".to_owned(), code.to_owned())).into_iter().collect();
        Self::problem(status, "A planned fault.", (instance, trace), &details)
    }

    /// The gateway's own refusal, which is not a problem of RFC 7807.
    pub(super) fn gateway(status: u16, message: &str, retry_after: Option<i64>) -> Self {
        let body = json!({ "statusCode": status, "message": message });
        Self { retry_after, ..Self::json(status, &body) }
    }

    /// Whether a repeat under the same key gets this answer again: a success, or a refusal with a domain code.
    pub(super) fn sticks_to_its_key(&self) -> bool {
        let is_refusal = (400..500).contains(&self.status) && self.status != 423 && self.status != 429;
        self.status < 400 || (is_refusal && self.code.is_some())
    }

    fn problem(status: u16, detail: &str, (instance, trace): (&str, Uuid), details: &[BadField]) -> Self {
        let extra: Vec<Value> =
            details.iter().map(|(name, reason)| json!({ "name": name, "reason": reason })).collect();
        let body = json!({
            "type": "about:blank",
            "title": title(status),
            "status": status,
            "detail": detail,
            "instance": instance,
            "traceId": trace.simple().to_string(),
            "extraDetails": extra,
        });
        let code = details.iter().find(|(name, _)| name == "ErrorCode").map(|(_, reason)| reason.clone());
        Self { status, kind: Kind::Problem, body: body.to_string(), code, retry_after: None }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        423 => "Locked",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
