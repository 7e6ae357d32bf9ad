//! Áskell's one-off payments as a payment provider. One try per call, never a decision about what comes after it: a
//! charge that was asked for is not a charge that was seen. What Áskell does not have, reserving, closing and giving back
//! a part, is refused here without a call.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;

use super::call::{Body, Call, Caller, Kind};
use super::wire::{PaymentIn, Unreadable, payment_body};
use super::{cards, list, webhooks};
use crate::domain::effect::EffectKind;
use crate::domain::ids::PaymentId;
use crate::domain::money::Money;
use crate::domain::snapshot::Snapshot;
use crate::vipps::transport::segment;
use crate::vipps::{
    CardOutcome, CardPage, Created, LogLine, Meaning, NewCustomer, NewPayment, PaymentProvider, ProviderError,
    Registered,
};

/// What the client needs to know.
#[derive(Clone)]
pub struct AskellSettings {
    /// Where the API lives, like `https://askell.is/api`.
    pub base_url: String,
    /// The private API key.
    pub api_key: String,
    /// The name of the acquirer over which cards are registered.
    pub payment_processor: String,
    /// The most a whole call may take, after it got its turn.
    pub timeout: Duration,
    /// The most it may take to connect.
    pub connect_timeout: Duration,
    /// How many calls may be in flight; more wait their turn.
    pub calls_at_once: usize,
}

impl fmt::Debug for AskellSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskellSettings").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The client of one agreement. It holds a pool of connections: make one and share it.
pub struct Askell {
    caller: Caller,
    payment_processor: String,
}

impl Askell {
    /// Makes the client without calling anybody. Fails when the base URL is none, or the key is no header value.
    pub fn new(settings: &AskellSettings) -> Result<Self, reqwest::Error> {
        Ok(Self { caller: Caller::new(settings)?, payment_processor: settings.payment_processor.clone() })
    }

    /// The payment, by the provider's id where that is known, else looked for by our reference.
    async fn payment(&self, payment: &PaymentId) -> Result<Option<PaymentIn>, ProviderError> {
        let Some(id) = &payment.provider_id else { return list::find(&self.caller, &payment.reference).await };
        let call = Call {
            endpoint: "GET payments/{uuid}",
            kind: Kind::Reads,
            method: Method::GET,
            path: format!("/payments/{}/", segment(id)),
            body: "",
        };
        let body = match self.caller.call(&call).await {
            Ok(body) => body,
            Err(ProviderError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.read(&call, &body, payment).map(Some)
    }

    fn read(&self, call: &Call<'_>, body: &Body, payment: &PaymentId) -> Result<PaymentIn, ProviderError> {
        let read: PaymentIn = body.read().map_err(|error| call.unreadable(&error))?;
        if read.is_of(&payment.reference) {
            return Ok(read);
        }
        Err(call.unreadable(&Unreadable("the answer is about another reference".to_owned())))
    }

    /// A call about a payment that is there.
    async fn act(&self, payment: &PaymentId, act: (&'static str, &str)) -> Result<(), ProviderError> {
        let id = match &payment.provider_id {
            Some(id) => id.clone(),
            None => self.payment(payment).await?.ok_or_else(|| not_here("there is no such payment"))?.uuid,
        };
        let call = Call {
            endpoint: act.0,
            kind: Kind::Changes,
            method: Method::POST,
            path: format!("/payments/{}/{}/", segment(&id), act.1),
            body: "",
        };
        self.caller.call(&call).await.map(|_done| ())
    }
}

/// Refused without a call: certainly not done.
fn not_here(title: &str) -> ProviderError {
    ProviderError::Refused {
        status: 409,
        code: Some("not_here".to_owned()),
        title: title.to_owned(),
        detail: String::new(),
        trace_id: None,
    }
}

#[async_trait]
impl PaymentProvider for Askell {
    fn compose(&self, payment: &NewPayment) -> String {
        payment_body(payment)
    }

    // Áskell gives its refusals no codes. A refund that is refused is asked about by whoever sent it.
    fn meaning(&self, _kind: EffectKind, _code: &str) -> Meaning {
        Meaning::Final
    }

    async fn check(&self) -> Result<(), ProviderError> {
        // The webhooks are shown to private keys only.
        match webhooks::list(&self.caller).await {
            Err(ProviderError::Unavailable { reason, .. })
                if reason.starts_with("401") || reason.starts_with("403") =>
            {
                Err(not_here(&reason))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    async fn create(&self, payment: &PaymentId, body: &str, _key: &str) -> Result<Created, ProviderError> {
        let call = Call {
            endpoint: "POST payments",
            kind: Kind::Changes,
            method: Method::POST,
            path: "/payments/".to_owned(),
            body,
        };
        let answer = self.caller.call(&call).await?;
        let made = self.read(&call, &answer, payment)?;
        Ok(Created { redirect_url: None, provider_id: Some(made.uuid) })
    }

    async fn find(&self, payment: &PaymentId) -> Result<Option<Created>, ProviderError> {
        let found = self.payment(payment).await?;
        Ok(found.map(|found| Created { redirect_url: None, provider_id: Some(found.uuid) }))
    }

    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        let Some(seen) = self.payment(payment).await? else { return Ok(None) };
        seen.snapshot().map(Some).map_err(said_nothing)
    }

    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        let Some(seen) = self.payment(payment).await? else { return Ok(Vec::new()) };
        seen.log_lines().map_err(said_nothing)
    }

    async fn retry(&self, payment: &PaymentId) -> Result<(), ProviderError> {
        self.act(payment, ("POST payments/{uuid}/retry", "retry")).await
    }

    async fn capture(&self, _payment: &PaymentId, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        Err(not_here("a charge takes the money at once"))
    }

    /// All of it goes back, or nothing. There is no key that makes a second call the first, so it is asked first whether
    /// an earlier one was done unheard.
    async fn refund(&self, payment: &PaymentId, amount: Money, _key: &str) -> Result<(), ProviderError> {
        let seen = self.payment(payment).await?.ok_or_else(|| not_here("there is no such payment"))?;
        if seen.is_refunded() {
            return Ok(());
        }
        if seen.price().map_err(said_nothing)? != amount {
            return Err(not_here("all of it goes back, or nothing"));
        }
        let payment = PaymentId { provider_id: Some(seen.uuid), ..payment.clone() };
        self.act(&payment, ("POST payments/{uuid}/refund", "refund")).await
    }

    async fn close(&self, _payment: &PaymentId, _key: &str) -> Result<(), ProviderError> {
        Err(not_here("no call ends a charge that is under way"))
    }

    async fn release(&self, _payment: &PaymentId, _key: &str) -> Result<(), ProviderError> {
        Err(not_here("nothing is ever reserved"))
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        webhooks::list(&self.caller).await
    }

    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        webhooks::register(&self.caller, url).await
    }

    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        webhooks::delete(&self.caller, id).await
    }

    async fn open_card_page(&self, customer: &NewCustomer, return_url: &str) -> Result<CardPage, ProviderError> {
        cards::ensure_customer(&self.caller, customer).await?;
        cards::open_page(&self.caller, &self.payment_processor, return_url).await
    }

    async fn take_card(&self, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
        cards::take(&self.caller, customer, token).await
    }
}

fn said_nothing(error: Unreadable) -> ProviderError {
    tracing::warn!("the provider's answer is unreadable: {error}");
    ProviderError::Unknown { reason: error.to_string() }
}
