//! The answers of eCom, and the bodies of its callbacks, made from payments. An own reading of the contract, shared with
//! nobody; tests hold it against the official description.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::sandbox::answers::{moment, redirect_url};
use crate::sandbox::payment::{Event, EventName, Payment, State};

/// 200 of an initiate.
pub(super) fn initiated(base: &str, payment: &Payment) -> Value {
    json!({ "orderId": payment.terms.reference, "url": redirect_url(base, payment) })
}

/// 200 of a capture, refund or cancel. Three words for the same things that the log has other words for.
pub(super) fn modified(payment: &Payment, (status, value, text): (&str, i64, &str), now: Timestamp) -> Value {
    let done = json!({
        "amount": value, "status": status, "timeStamp": moment(now), "transactionId": transaction(payment),
        "transactionText": text,
    });
    let name = if status == "Refund" { "transaction" } else { "transactionInfo" };
    json!({ "orderId": payment.terms.reference, name: done, "transactionSummary": summary(payment) })
}

/// 200 of details. There is no summary until the payer acts.
pub(super) fn details(payment: &Payment) -> Value {
    let mut told = json!({ "orderId": payment.terms.reference, "transactionLogHistory": history(payment) });
    if payment.state != State::Created
        && let Some(fields) = told.as_object_mut()
    {
        fields.insert("transactionSummary".to_owned(), summary(payment));
    }
    told
}

/// 200 of the deprecated status: the last operation that succeeded.
pub(super) fn status(payment: &Payment) -> Value {
    let last = payment.events.last();
    let word = last.map_or("INITIATE", |event| operation(event.name));
    let (value, at) = last.map_or((payment.terms.value, payment.created_at), |event| (event.value, event.at));
    let info =
        json!({ "amount": value, "status": word, "timeStamp": moment(at), "transactionId": transaction(payment) });
    json!({ "orderId": payment.terms.reference, "transactionInfo": info })
}

/// The body of a callback.
pub(super) fn callback(payment: &Payment, status: &str, event: &Event) -> Value {
    let mut told = json!({
        "merchantSerialNumber": payment.msn,
        "orderId": payment.terms.reference,
        "transactionInfo": {
            "amount": event.value, "status": status, "timeStamp": moment(event.at),
            "transactionId": transaction(payment),
        },
    });
    if status == "REJECTED"
        && let Some(fields) = told.as_object_mut()
    {
        let error = json!({ "errorGroup": "User", "errorCode": "45", "errorMessage": "The user did not act" });
        fields.insert("errorInfo".to_owned(), error);
    }
    told
}

/// Newest first. An id of the transaction is shared by all that happens to a payment.
fn history(payment: &Payment) -> Vec<Value> {
    let line = |operation: &str, value: i64, at: Timestamp, (success, key): (bool, &str)| {
        let told = json!({
            "operation": operation, "operationSuccess": success, "amount": value, "timeStamp": moment(at),
            "transactionId": transaction(payment), "requestId": key,
            "transactionText": payment.terms.description.as_deref().unwrap_or_default(),
        });
        (at, told)
    };
    let done = |event: &Event| {
        let key = event.idempotency_key.as_deref().unwrap_or_default();
        line(operation(event.name), event.value, event.at, (true, key))
    };
    let mut lines: Vec<(Timestamp, Value)> = payment.events.iter().map(done).collect();
    let refused = payment.ecom.iter().flat_map(|begun| &begun.refused_cards);
    lines.extend(refused.map(|at| line("RESERVE", payment.terms.value, *at, (false, ""))));
    // What failed at the moment in which something else succeeded came before it.
    lines.sort_by_key(|(at, told)| (*at, told["operation"] != "INITIATE", told["operationSuccess"] == true));
    lines.into_iter().rev().map(|(_, told)| told).collect()
}

/// They do not tell whether the payer gave up or was too late: both are a cancel.
fn operation(name: EventName) -> &'static str {
    match name {
        EventName::Created => "INITIATE",
        EventName::Authorized => "RESERVE",
        EventName::Captured => "CAPTURE",
        EventName::Refunded => "REFUND",
        EventName::Aborted | EventName::Expired => "CANCEL",
        EventName::Cancelled | EventName::Terminated => "VOID",
    }
}

fn summary(payment: &Payment) -> Value {
    json!({
        "capturedAmount": payment.captured,
        "refundedAmount": payment.refunded,
        "remainingAmountToCapture": payment.reserved(),
        "remainingAmountToRefund": payment.refundable(),
    })
}

/// Ten digits.
fn transaction(payment: &Payment) -> String {
    format!("{:010}", 5_000_000_000 + payment.number)
}
