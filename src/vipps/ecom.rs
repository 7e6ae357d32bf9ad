//! Vipps eCom v2 as a payment provider, for agreements that have not moved to ePayment yet: only Norwegian kroner, no
//! webhooks, and a payment is known by its log alone. One try per call, never a decision about what comes after it.
//! Nothing here reads the database or the environment.

mod log;
mod wire;

use async_trait::async_trait;
use reqwest::Method;

use super::call::{Call, Caller};
use super::epayment::EpaymentSettings;
use super::refusal::Kind;
use super::transport::segment;
use super::wire::Unreadable;
use super::{CallbackToken, Created, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered};
use crate::clock::Clock;
use crate::domain::effect::{EffectKind, request_id};
use crate::domain::ids::PaymentId;
use crate::domain::money::Money;
use crate::domain::snapshot::{ProviderState, Snapshot};
use log::Told;

pub use wire::initiate_body;

/// The header that makes a repeat the same call; at most 40 characters.
const KEY_HEADER: &str = "X-Request-Id";
/// Our own word for a session that is to be closed and was approved meanwhile. Their codes are numbers.
const APPROVED: &str = "approved";

/// The client of one sales unit over eCom. It speaks with the same keys and the same token as ePayment.
pub struct Ecom {
    caller: Caller,
    merchant_serial_number: String,
    callback_token: CallbackToken,
}

impl Ecom {
    /// Makes the client without calling anybody. Fails when the base URL is none, or a setting holds what no header
    /// can.
    pub fn new(
        settings: EpaymentSettings,
        callback_token: CallbackToken,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        let caller = Caller::new(&settings, clock)?.with_key_header(KEY_HEADER);
        Ok(Self { caller, merchant_serial_number: settings.merchant_serial_number, callback_token })
    }

    /// What the log of a payment tells; empty when there is no such payment.
    async fn details(&self, payment: &PaymentId) -> Result<Option<Told>, ProviderError> {
        let call = Call {
            endpoint: "GET ecomm payments/{orderId}/details",
            kind: Kind::Reads,
            method: Method::GET,
            path: path_of(payment, "details"),
            body: "",
            key: None,
        };
        let answer = match self.caller.call(&call).await {
            Ok(answer) => answer,
            Err(ProviderError::Refused { code: Some(code), .. }) if code == "35" => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = answer.body.read().and_then(|details| log::read(payment, details));
        told.map(Some).map_err(|error| call.unreadable(&error))
    }

    /// A call that moves money or ends a session. A success is believed whatever its body says: the result is
    /// observed by `get`.
    async fn modify(
        &self,
        (endpoint, method): (&'static str, Method),
        path: String,
        (body, key): (&str, &str),
    ) -> Result<(), ProviderError> {
        let id = request_id(key);
        let call = Call { endpoint, kind: Kind::Changes, method, path, body, key: Some(&id) };
        self.caller.call(&call).await.map(|_done| ()).map_err(troubled)
    }

    async fn cancel(&self, payment: &PaymentId, releases: bool, key: &str) -> Result<(), ProviderError> {
        let body = wire::cancel_body(&self.merchant_serial_number, payment, releases);
        let endpoint = ("PUT ecomm payments/{orderId}/cancel", Method::PUT);
        self.modify(endpoint, path_of(payment, "cancel"), (&body, key)).await
    }
}

fn path_of(payment: &PaymentId, operation: &str) -> String {
    format!("/ecomm/v2/payments/{}/{operation}", segment(payment.as_str()))
}

/// A refusal that says nothing about what was done: something broke on their side.
fn troubled(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Refused { code: Some(code), title, .. } if code == "99" => {
            ProviderError::Unknown { reason: format!("99 {title}") }
        }
        ProviderError::Refused { .. } | ProviderError::Unavailable { .. } | ProviderError::Unknown { .. } => error,
    }
}

fn refused(status: u16, code: Option<&str>, title: &str) -> ProviderError {
    ProviderError::Refused {
        status,
        code: code.map(str::to_owned),
        title: title.to_owned(),
        detail: String::new(),
        trace_id: None,
    }
}

/// What the codes of a refusal mean (Vipps eCom, "Error codes"). Locked or concurrent calls may be done in a moment; a
/// key that was used with another body, or a state that is another than we thought, wants a look first.
pub fn meaning(kind: EffectKind, code: &str) -> Meaning {
    match (kind, code) {
        (_, "94" | "98") => Meaning::Busy,
        (_, "99") => Meaning::Later,
        (_, "93") => Meaning::NotSo,
        (EffectKind::Close, APPROVED | "51" | "52" | "53" | "62") => Meaning::NotSo,
        (EffectKind::Release, "51" | "52" | "53" | "62") => Meaning::NotSo,
        (EffectKind::Capture, "51" | "61" | "62") => Meaning::NotSo,
        (EffectKind::Capture, "63") => Meaning::Later,
        (
            EffectKind::Create
            | EffectKind::Close
            | EffectKind::Capture
            | EffectKind::Release
            | EffectKind::Refund
            | EffectKind::Letter,
            _,
        ) => Meaning::Final,
    }
}

#[async_trait]
impl PaymentProvider for Ecom {
    fn compose(&self, payment: &NewPayment) -> String {
        initiate_body(payment)
    }

    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        meaning(kind, code)
    }

    async fn check(&self) -> Result<(), ProviderError> {
        self.caller.check().await
    }

    /// An initiate has no key: a second one is told by its order id.
    async fn create(&self, payment: &PaymentId, body: &str, _key: &str) -> Result<Created, ProviderError> {
        let Some(body) = wire::with_token(body, &self.callback_token) else {
            return Err(refused(400, None, "eCom takes Norwegian kroner only"));
        };
        let call = Call {
            endpoint: "POST ecomm payments",
            kind: Kind::Creates,
            method: Method::POST,
            path: "/ecomm/v2/payments".to_owned(),
            body: &body,
            key: None,
        };
        let answer = match self.caller.call(&call).await {
            Ok(answer) => answer,
            // The order id exists: that may be our own earlier try.
            Err(ProviderError::Refused { code: Some(code), .. }) if code == "34" => {
                return Err(ProviderError::Unknown { reason: "34: the order id exists".to_owned() });
            }
            Err(error) => return Err(troubled(error)),
        };
        let created: wire::InitiatedIn = answer.body.read().map_err(|error| call.unreadable(&error))?;
        if created.order_id != payment.as_str() {
            return Err(call.unreadable(&Unreadable("the answer is about another order".to_owned())));
        }
        Ok(Created { redirect_url: created.url.filter(|url| !url.is_empty()), provider_id: None })
    }

    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        Ok(self.details(payment).await?.map(|told| told.snapshot))
    }

    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        let Some(told) = self.details(payment).await? else { return Ok(Vec::new()) };
        told.lines.map_err(|error| {
            tracing::warn!("the log of a payment is unreadable: {error}");
            ProviderError::Unknown { reason: error.to_string() }
        })
    }

    async fn capture(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        let body = wire::modification_body(&self.merchant_serial_number, payment, amount);
        let endpoint = ("POST ecomm payments/{orderId}/capture", Method::POST);
        self.modify(endpoint, path_of(payment, "capture"), (&body, key)).await
    }

    async fn refund(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        let body = wire::modification_body(&self.merchant_serial_number, payment, amount);
        let endpoint = ("POST ecomm payments/{orderId}/refund", Method::POST);
        self.modify(endpoint, path_of(payment, "refund"), (&body, key)).await
    }

    /// There is no cancel here that spares an approved payment, so the log is read just before. Whoever approves in
    /// between has the money released at once: nobody is charged, and nothing is taken.
    async fn close(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        let Some(told) = self.details(payment).await? else {
            return Err(refused(404, Some("35"), "there is no such payment"));
        };
        match told.snapshot.state {
            ProviderState::Created => self.cancel(payment, false, key).await,
            ProviderState::Authorized => Err(refused(409, Some(APPROVED), "the payer has approved")),
            ProviderState::Aborted | ProviderState::Expired | ProviderState::Terminated | ProviderState::Failed => {
                Ok(())
            }
        }
    }

    async fn release(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.cancel(payment, true, key).await
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        Ok(Vec::new())
    }

    async fn register_webhook(&self, _url: &str) -> Result<(String, String), ProviderError> {
        Err(refused(404, None, "eCom has no webhook registrations"))
    }

    async fn delete_webhook(&self, _id: &str) -> Result<(), ProviderError> {
        Err(refused(404, None, "eCom has no webhook registrations"))
    }
}
