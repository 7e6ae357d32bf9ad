//! The shapes of Áskell's API: what its requests may say, strictly, and what it answers.

use std::str::FromStr as _;

use chrono::SecondsFormat;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::{Checkout, Customer, Payment, Stage, State};
use super::bells::Hook;
use crate::clock::Timestamp;

/// `POST /customers/`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCustomer {
    pub(super) customer_reference: String,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
}

/// `POST /customers/paymentmethod/`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMethod {
    pub(super) customer_reference: String,
    pub(super) token: String,
}

/// `POST /checkouts/`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCheckout {
    pub(super) payment_processor: String,
    pub(super) currency: String,
    pub(super) capture_only: Option<bool>,
    pub(super) return_url: String,
}

/// `POST /payments/`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPayment {
    pub(super) customer_reference: String,
    amount: String,
    pub(super) currency: String,
    pub(super) description: Option<String>,
    pub(super) reference: Option<String>,
}

impl NewPayment {
    /// The amount in four decimals; none when it is none, or has hundredths of a króna.
    pub(super) fn amount(&self) -> Option<String> {
        let amount = Decimal::from_str(&self.amount).ok()?;
        let is_good = amount > Decimal::ZERO && amount.fract().is_zero() && amount < Decimal::from(100_000_000);
        is_good.then(|| format!("{amount:.4}"))
    }
}

/// `POST /webhooks/`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHook {
    pub(super) url: String,
    pub(super) events: Vec<String>,
}

fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A payment as it is answered.
pub(super) fn payment(payment: &Payment) -> Value {
    let (state, transaction) = match payment.state {
        State::Pending => ("pending", "initial"),
        State::Settled => ("settled", "settled"),
        State::Failed => ("failed", "failed"),
        State::Retrying => ("retrying", "initial"),
    };
    json!({
        "uuid": payment.uuid,
        "amount": payment.amount,
        "currency": payment.currency,
        "description": payment.description,
        "reference": payment.reference,
        "state": state,
        "created_at": moment(payment.created_at),
        "updated_at": moment(payment.updated_at),
        "transactions": [{
            "uuid": payment.transaction,
            "external_reference": null,
            "data": {},
            "state": transaction,
            "fail_code": (payment.state == State::Failed).then_some("declined"),
            "refund_code": payment.refund_code,
            "cancel_code": null,
            "amount": payment.amount,
            "currency": payment.currency,
        }],
    })
}

/// A webhook about a payment.
pub(super) fn bell(event: &str, about: &Payment) -> Value {
    json!({ "event": event, "sender": "sandbox", "data": payment(about) })
}

/// A customer as it is answered.
pub(super) fn customer(customer: &Customer) -> Value {
    json!({
        "customer_reference": customer.reference,
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "payment_method": customer.card.map(|_| json!({ "state": "valid" })),
    })
}

/// A page as it is answered.
pub(super) fn checkout(checkout: &Checkout, base: &str) -> Value {
    let state = match checkout.stage {
        Stage::Initial => "initial",
        Stage::TokenCreated(_) => "tokencreated",
        Stage::Failed => "failed",
    };
    json!({ "token": checkout.token, "url": format!("{base}/askell/card?token={}", checkout.token), "state": state })
}

/// A registration as it is answered, with its secret.
pub(super) fn hook(hook: &Hook) -> Value {
    json!({ "id": hook.id, "url": hook.url, "events": hook.events, "hmac_secret": hook.secret })
}
