//! The provider with a counter beside it: how each kind of call ended, and how long it took. Nothing is changed.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Created, LogLine, NewPayment, PaymentProvider, ProviderError, Registered};
use crate::clock::Stopwatch;
use crate::domain::ids::Reference;
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
    async fn check(&self) -> Result<(), ProviderError> {
        self.count("check", self.provider.check()).await
    }
    async fn create(&self, reference: &Reference, body: &str, key: &str) -> Result<Created, ProviderError> {
        self.count("create", self.provider.create(reference, body, key)).await
    }
    async fn get(&self, reference: &Reference) -> Result<Option<Snapshot>, ProviderError> {
        self.count("get", self.provider.get(reference)).await
    }
    async fn events(&self, reference: &Reference) -> Result<Vec<LogLine>, ProviderError> {
        self.count("events", self.provider.events(reference)).await
    }
    async fn capture(&self, reference: &Reference, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.count("capture", self.provider.capture(reference, amount, key)).await
    }
    async fn refund(&self, reference: &Reference, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.count("refund", self.provider.refund(reference, amount, key)).await
    }
    async fn close(&self, reference: &Reference, key: &str) -> Result<(), ProviderError> {
        self.count("close", self.provider.close(reference, key)).await
    }
    async fn release(&self, reference: &Reference, key: &str) -> Result<(), ProviderError> {
        self.count("release", self.provider.release(reference, key)).await
    }
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        self.count("webhooks", self.provider.webhooks()).await
    }
    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        self.count("register_webhook", self.provider.register_webhook(url)).await
    }
    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.count("delete_webhook", self.provider.delete_webhook(id)).await
    }
}
