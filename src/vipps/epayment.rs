//! Vipps MobilePay ePayment v1 as a payment provider. One try per call, never a decision about what comes after it:
//! a capture that was taken is not a capture that was seen. Nothing here reads the database or the environment.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;

use super::call::{Call, Caller};
use super::refusal::Kind;
use super::transport::segment;
use super::wire::{CreateIn, EventIn, PaymentIn, Unreadable};
use super::{Created, Door, ListedCode, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered};
use super::{qr, snapshot, webhooks, wire};
use crate::clock::Clock;
use crate::domain::effect::EffectKind;
use crate::domain::ids::PaymentId;
use crate::domain::money::Money;
use crate::domain::snapshot::Snapshot;

/// What the client needs to know of its sales unit and of itself.
#[derive(Clone)]
pub struct EpaymentSettings {
    /// Where the API lives, without a trailing path.
    pub base_url: String,
    /// The sales unit's client id.
    pub client_id: String,
    /// The sales unit's client secret.
    pub client_secret: String,
    /// The sales unit's subscription key, primary or secondary.
    pub subscription_key: String,
    /// The sales unit's number.
    pub merchant_serial_number: String,
    /// The name of this system, in one lowercase word; cut to 30 characters, like the next three.
    pub system_name: String,
    /// The version of this system.
    pub system_version: String,
    /// The name of the module that calls.
    pub plugin_name: String,
    /// The version of that module.
    pub plugin_version: String,
    /// The most a whole call may take, after it got its turn and its token, each of which may take as long.
    pub timeout: Duration,
    /// The most it may take to connect.
    pub connect_timeout: Duration,
    /// How many calls may be in flight; more wait their turn.
    pub calls_at_once: usize,
}

impl EpaymentSettings {
    /// The usual limit of a whole call.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// The usual limit of connecting.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// The usual number of calls in flight.
    pub const CALLS_AT_ONCE: usize = 8;
}

impl fmt::Debug for EpaymentSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpaymentSettings")
            .field("base_url", &self.base_url)
            .field("merchant_serial_number", &self.merchant_serial_number)
            .field("system_name", &self.system_name)
            .field("system_version", &self.system_version)
            .field("plugin_name", &self.plugin_name)
            .field("plugin_version", &self.plugin_version)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("calls_at_once", &self.calls_at_once)
            .finish_non_exhaustive()
    }
}

/// The client of one sales unit. It holds a pool of connections and a token: make one and share it.
pub struct Epayment {
    caller: Caller,
    clock: Clock,
}

impl Epayment {
    /// Makes the client without calling anybody. Fails when the base URL is none, or a setting holds what no header
    /// can.
    pub fn new(settings: EpaymentSettings, clock: Clock) -> Result<Self, reqwest::Error> {
        Ok(Self { caller: Caller::new(&settings, clock.clone())?, clock })
    }

    /// A call that moves money or ends a session. A success is believed whatever its body says: the result is
    /// observed by `get`.
    async fn modify(
        &self,
        endpoint: &'static str,
        path: String,
        (body, key): (&str, &str),
    ) -> Result<(), ProviderError> {
        let call = Call { endpoint, kind: Kind::Changes, method: Method::POST, path, body, key: Some(key) };
        self.caller.call(&call).await.map(|_done| ())
    }

    /// A key for a call that has no row to keep one in.
    fn passing_key(&self) -> String {
        self.clock.id().to_string()
    }
}

fn path_of(payment: &PaymentId, operation: &str) -> String {
    format!("/epayment/v1/payments/{}{operation}", segment(payment.as_str()))
}

/// What the codes of a refusal mean (Vipps ePayment, "Errors").
pub fn meaning(kind: EffectKind, code: &str) -> Meaning {
    match (kind, code) {
        (_, "6250" | "6160") => Meaning::Busy,
        (EffectKind::Close, "6040" | "6050" | "6060" | "6190") => Meaning::NotSo,
        (EffectKind::Release, "6040" | "6050" | "6170" | "6190") => Meaning::NotSo,
        (EffectKind::Capture, "6070" | "6080" | "6090" | "6170" | "6190") => Meaning::NotSo,
        (EffectKind::Capture, "6280") => Meaning::Later,
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

fn reading(endpoint: &'static str, path: String) -> Call<'static> {
    Call { endpoint, kind: Kind::Reads, method: Method::GET, path, body: "", key: None }
}

#[async_trait]
impl PaymentProvider for Epayment {
    fn compose(&self, payment: &NewPayment) -> String {
        wire::create_body(payment)
    }

    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        meaning(kind, code)
    }

    async fn check(&self) -> Result<(), ProviderError> {
        self.caller.check().await
    }

    async fn create(&self, payment: &PaymentId, body: &str, key: &str) -> Result<Created, ProviderError> {
        let call = Call {
            endpoint: "POST payments",
            kind: Kind::Creates,
            method: Method::POST,
            path: "/epayment/v1/payments".to_owned(),
            body,
            key: Some(key),
        };
        let answer = self.caller.call(&call).await?;
        let created: CreateIn = answer.body.read().map_err(|error| call.unreadable(&error))?;
        if created.reference != payment.as_str() {
            return Err(call.unreadable(&Unreadable("the answer is about another reference".to_owned())));
        }
        let redirect_url = created.redirect_url.filter(|url| !url.is_empty());
        Ok(Created { redirect_url, provider_id: None })
    }

    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        let call = reading("GET payments/{reference}", path_of(payment, ""));
        let answer = match self.caller.call(&call).await {
            Ok(answer) => answer,
            Err(ProviderError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let answer = answer.body.read::<PaymentIn>();
        let snapshot = answer.and_then(|answer| snapshot::snapshot(&payment.reference, answer));
        snapshot.map(Some).map_err(|error| call.unreadable(&error))
    }

    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        let call = reading("GET payments/{reference}/events", path_of(payment, "/events"));
        let answer = self.caller.call(&call).await?;
        let events = answer.body.read::<Vec<EventIn>>();
        events.and_then(wire::log_lines).map_err(|error| call.unreadable(&error))
    }

    async fn capture(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        let body = wire::modification_body(amount);
        self.modify("POST payments/{reference}/capture", path_of(payment, "/capture"), (&body, key)).await
    }

    async fn refund(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        let body = wire::modification_body(amount);
        self.modify("POST payments/{reference}/refund", path_of(payment, "/refund"), (&body, key)).await
    }

    async fn close(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        let body = wire::close_body();
        self.modify("POST payments/{reference}/cancel (close)", path_of(payment, "/cancel"), (&body, key)).await
    }

    async fn release(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.modify("POST payments/{reference}/cancel (release)", path_of(payment, "/cancel"), ("", key)).await
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        webhooks::list(&self.caller).await
    }

    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        webhooks::register(&self.caller, url, &webhooks::EVENTS, &self.passing_key()).await
    }

    fn door(&self) -> Option<&dyn Door> {
        Some(self)
    }

    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        webhooks::delete(&self.caller, id, &self.passing_key()).await
    }
}

#[async_trait]
impl Door for Epayment {
    async fn codes(&self) -> Result<Vec<ListedCode>, ProviderError> {
        qr::list(&self.caller).await
    }

    async fn put_code(&self, id: &str, location: &str) -> Result<(), ProviderError> {
        qr::put(&self.caller, id, location, &self.passing_key()).await
    }

    async fn delete_code(&self, id: &str) -> Result<(), ProviderError> {
        qr::delete(&self.caller, id, &self.passing_key()).await
    }

    async fn register_scans(&self, url: &str) -> Result<(String, String), ProviderError> {
        webhooks::register(&self.caller, url, &[qr::CHECKED_IN], &self.passing_key()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;

    fn settings() -> EpaymentSettings {
        EpaymentSettings {
            base_url: "https://api.example/".to_owned(),
            client_id: "hidden-id".to_owned(),
            client_secret: "hidden-secret".to_owned(),
            subscription_key: "hidden-key".to_owned(),
            merchant_serial_number: "123456".to_owned(),
            system_name: "plass".to_owned(),
            system_version: "0.1.0".to_owned(),
            plugin_name: "plass-vipps".to_owned(),
            plugin_version: "0.1.0".to_owned(),
            timeout: EpaymentSettings::TIMEOUT,
            connect_timeout: EpaymentSettings::CONNECT_TIMEOUT,
            calls_at_once: EpaymentSettings::CALLS_AT_ONCE,
        }
    }

    #[test]
    fn settings_are_shown_without_secrets() {
        let shown = format!("{:?}", settings());
        assert!(shown.contains("123456") && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn settings_that_cannot_be_sent_are_refused_at_once() {
        let new = |settings| Epayment::new(settings, Clock::still(at_millis(0))).is_ok();
        assert!(new(settings()));
        assert!(!new(EpaymentSettings { base_url: "api.example".to_owned(), ..settings() }));
        assert!(!new(EpaymentSettings { client_secret: "a\nb".to_owned(), ..settings() }));
        assert!(!new(EpaymentSettings { subscription_key: "a\r\nb: c".to_owned(), ..settings() }));
    }
}
