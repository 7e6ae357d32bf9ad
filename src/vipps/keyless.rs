//! Stands where no client can be made: the agreement has no keys, or they cannot be opened. Every call is answered as if
//! the provider were down, so whoever waits for it goes on waiting, and no seat is lost.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Connection, Connector, Created, LogLine, NewPayment, PaymentProvider, ProviderError, Registered, wire};
use crate::domain::ids::Reference;
use crate::domain::money::Money;
use crate::domain::sales_unit::Provider;
use crate::domain::snapshot::Snapshot;

/// A provider that nobody can ask, and why.
pub struct Keyless(pub &'static str);

impl Keyless {
    fn unavailable<T>(&self) -> Result<T, ProviderError> {
        Err(ProviderError::Unavailable { reason: self.0.to_owned(), retry_after: None })
    }
}

#[async_trait]
impl PaymentProvider for Keyless {
    fn compose(&self, payment: &NewPayment) -> String {
        wire::create_body(payment)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn create(&self, _reference: &Reference, _body: &str, _key: &str) -> Result<Created, ProviderError> {
        self.unavailable()
    }
    async fn get(&self, _reference: &Reference) -> Result<Option<Snapshot>, ProviderError> {
        self.unavailable()
    }
    async fn events(&self, _reference: &Reference) -> Result<Vec<LogLine>, ProviderError> {
        self.unavailable()
    }
    async fn capture(&self, _reference: &Reference, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn refund(&self, _reference: &Reference, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn close(&self, _reference: &Reference, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn release(&self, _reference: &Reference, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        self.unavailable()
    }
    async fn register_webhook(&self, _url: &str) -> Result<(String, String), ProviderError> {
        self.unavailable()
    }
    async fn delete_webhook(&self, _id: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
}

/// A house with its own sales unit and nothing else.
pub struct OnlyTheHouse;

impl Connector for OnlyTheHouse {
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String {
        match provider {
            Provider::VippsEpayment => wire::create_body(payment),
        }
    }

    fn connect(&self, _connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        Ok(Arc::new(Keyless("this house has its own sales unit only")))
    }
}
