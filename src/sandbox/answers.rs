//! The answers of the provider's API and the bodies of its webhooks, made from payments.
//!
//! An own reading of the contract, shared with nobody; tests hold it against the official description.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::codes::Scan;
use super::hooks::Registration;
use super::payment::{Event, EventName, Payment, Way};
use crate::clock::Timestamp;

/// How long the bank guarantees a reservation, in the commonest case.
const CAPTURE_GUARANTEE: TimeDelta = TimeDelta::days(7);

/// The landing page of a payment, under the sandbox's own address.
pub(super) fn redirect_url(base: &str, payment: &Payment) -> String {
    format!("{base}/landing?token={}", payment.landing_token)
}

/// 201 of `POST /payments`.
pub(super) fn created(base: &str, payment: &Payment) -> Value {
    with(json!({ "reference": payment.terms.reference }), shown_url(base, payment))
}

/// Where the merchant sends the payer, or what the code says; nothing for a request to a phone.
fn shown_url(base: &str, payment: &Payment) -> Vec<(&'static str, Value)> {
    match payment.terms.way {
        Way::Page | Way::Code => vec![("redirectUrl", json!(redirect_url(base, payment)))],
        Way::Push => Vec::new(),
    }
}

/// 200 of `GET /payments/{reference}`.
pub(super) fn payment(base: &str, payment: &Payment) -> Value {
    let profile = match (&payment.terms.scope, payment.authorized_at) {
        (Some(_), Some(_)) => json!({ "sub": payment.landing_token }),
        (Some(_), None) | (None, _) => json!({}),
    };
    let mut more = vec![("paymentMethod", json!({ "type": "WALLET" })), ("profile", profile)];
    more.extend(shown_url(base, payment));
    more.extend(payment.terms.metadata.as_ref().map(|metadata| ("metadata", json!(metadata))));
    more.extend(payment.authorized_at.map(guarantee));
    with(modified(payment), more)
}

/// 200 of capture, refund and cancel.
pub(super) fn modified(payment: &Payment) -> Value {
    json!({
        "aggregate": aggregate(payment),
        "amount": amount(payment, payment.terms.value),
        "state": payment.state,
        "pspReference": payment.psp_reference(),
        "reference": payment.terms.reference,
    })
}

/// 200 of `GET /payments/{reference}/events`.
pub(super) fn events(payment: &Payment) -> Value {
    payment.events.iter().map(|event| event_of(payment, event)).collect()
}

/// The body of a webhook.
pub(super) fn webhook(payment: &Payment, event: &Event) -> Value {
    let mut more = vec![("msn", json!(payment.msn))];
    if event.name == EventName::Authorized {
        more.push(guarantee(event.at));
    }
    with(event_of(payment, event), more)
}

/// 200 of `GET /webhooks/v1/webhooks`: never the secrets.
pub(super) fn webhooks<'a>(registrations: impl Iterator<Item = &'a Registration>) -> Value {
    let listed: Vec<Value> =
        registrations.map(|hook| json!({ "id": hook.id, "url": hook.url, "events": hook.events })).collect();
    json!({ "webhooks": listed })
}

/// What a payment looks like on the control port.
pub(super) fn controlled(base: &str, payment: &Payment) -> Value {
    json!({
        "reference": payment.terms.reference,
        "merchant_serial_number": payment.msn,
        "state": payment.state,
        "amount": amount(payment, payment.terms.value),
        "aggregate": aggregate(payment),
        "redirect_url": redirect_url(base, payment),
        "description": payment.terms.description,
        "created_at": moment(payment.created_at),
        "expires_at": moment(payment.expires_at),
    })
}

/// The body of a webhook about a scan.
pub(super) fn scanned(scan: &Scan) -> Value {
    json!({
        "customerToken": scan.token,
        "merchantQrId": scan.code,
        "msn": scan.msn,
        "initiatedAt": moment(scan.at),
    })
}

/// A moment the way the provider writes it.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn event_of(payment: &Payment, event: &Event) -> Value {
    json!({
        "reference": payment.terms.reference,
        "pspReference": event.psp_reference,
        "name": event.name,
        "amount": amount(payment, event.value),
        "timestamp": moment(event.at),
        "idempotencyKey": event.idempotency_key,
        "success": true,
    })
}

fn guarantee(authorized_at: Timestamp) -> (&'static str, Value) {
    ("captureGuaranteedUntil", json!(moment(authorized_at + CAPTURE_GUARANTEE)))
}

fn with(mut body: Value, more: Vec<(&str, Value)>) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    body
}

fn aggregate(payment: &Payment) -> Value {
    json!({
        "authorizedAmount": amount(payment, payment.authorized),
        "cancelledAmount": amount(payment, payment.cancelled),
        "capturedAmount": amount(payment, payment.captured),
        "refundedAmount": amount(payment, payment.refunded),
    })
}

fn amount(payment: &Payment, value: i64) -> Value {
    json!({ "currency": payment.terms.currency, "value": value })
}
