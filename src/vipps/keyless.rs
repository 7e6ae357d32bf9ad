//! Stands where no client can be made: the agreement has no keys, or they cannot be opened. Every call is answered as if
//! the provider were down, so whoever waits for it goes on waiting, and no seat is lost.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Connection, Connector, Created, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered, ecom,
    wire,
};
use crate::domain::effect::EffectKind;
use crate::domain::ids::PaymentId;
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
    fn meaning(&self, _kind: EffectKind, _code: &str) -> Meaning {
        Meaning::Later
    }
    async fn check(&self) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn create(&self, _payment: &PaymentId, _body: &str, _key: &str) -> Result<Created, ProviderError> {
        self.unavailable()
    }
    async fn get(&self, _payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        self.unavailable()
    }
    async fn events(&self, _payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        self.unavailable()
    }
    async fn capture(&self, _payment: &PaymentId, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn refund(&self, _payment: &PaymentId, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn close(&self, _payment: &PaymentId, _key: &str) -> Result<(), ProviderError> {
        self.unavailable()
    }
    async fn release(&self, _payment: &PaymentId, _key: &str) -> Result<(), ProviderError> {
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
            Provider::VippsEcom => ecom::initiate_body(payment),
            Provider::Askell => String::new(),
        }
    }

    fn connect(&self, _connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        Ok(Arc::new(Keyless("this house has its own sales unit only")))
    }
}
