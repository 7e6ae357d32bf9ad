//! The provider with a counter beside it: how each kind of call ended, and how long it took. Nothing is changed.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    CardOutcome, CardPage, Created, Door, LogLine, Meaning, NewCustomer, NewPayment, PaymentProvider, ProviderError,
    Registered,
};
use crate::clock::Stopwatch;
use crate::domain::effect::EffectKind;
use crate::domain::ids::PaymentId;
use crate::domain::money::Money;
use crate::domain::snapshot::Snapshot;
use crate::metrics::{Called, Metrics};

/// A provider whose calls are counted.
pub struct Counted {
    provider: Arc<dyn PaymentProvider>,
    metrics: Arc<Metrics>,
}

impl Counted {
    /// Counts the calls to a provider.
    pub fn new(provider: Arc<dyn PaymentProvider>, metrics: Arc<Metrics>) -> Self {
        Self { provider, metrics }
    }

    async fn count<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let watch = Stopwatch::start();
        let answer = call.await;
        let ended = match &answer {
            Ok(_) => Called::Answered,
            Err(ProviderError::Refused { .. }) => Called::Refused,
            Err(ProviderError::Unavailable { .. }) => Called::Unavailable,
            Err(ProviderError::Unknown { .. }) => Called::Unknown,
        };
        self.metrics.called(operation, ended, watch.elapsed());
        answer
    }
}

#[async_trait]
impl PaymentProvider for Counted {
    fn compose(&self, payment: &NewPayment) -> String {
        self.provider.compose(payment)
    }
    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        self.provider.meaning(kind, code)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        self.count("check", self.provider.check()).await
    }
    async fn create(&self, payment: &PaymentId, body: &str, key: &str) -> Result<Created, ProviderError> {
        self.count("create", self.provider.create(payment, body, key)).await
    }
    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        self.count("get", self.provider.get(payment)).await
    }
    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        self.count("events", self.provider.events(payment)).await
    }
    async fn capture(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.count("capture", self.provider.capture(payment, amount, key)).await
    }
    async fn refund(&self, payment: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.count("refund", self.provider.refund(payment, amount, key)).await
    }
    async fn close(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.count("close", self.provider.close(payment, key)).await
    }
    async fn release(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.count("release", self.provider.release(payment, key)).await
    }
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        self.count("webhooks", self.provider.webhooks()).await
    }
    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        self.count("register_webhook", self.provider.register_webhook(url)).await
    }
    fn door(&self) -> Option<&dyn Door> {
        self.provider.door()
    }
    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.count("delete_webhook", self.provider.delete_webhook(id)).await
    }
    async fn find(&self, payment: &PaymentId) -> Result<Option<Created>, ProviderError> {
        self.count("find", self.provider.find(payment)).await
    }
    async fn retry(&self, payment: &PaymentId) -> Result<(), ProviderError> {
        self.count("retry", self.provider.retry(payment)).await
    }
    async fn open_card_page(&self, customer: &NewCustomer, return_url: &str) -> Result<CardPage, ProviderError> {
        self.count("open_card_page", self.provider.open_card_page(customer, return_url)).await
    }
    async fn take_card(&self, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
        self.count("take_card", self.provider.take_card(customer, token)).await
    }
}
