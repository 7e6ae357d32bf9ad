//! Makes clients from agreements: one adapter for each provider stands behind the one port. Nothing here reads the
//! database, and no key is kept beyond the client that it goes into.

use std::sync::Arc;

use super::counted::Counted;
use super::ecom::Ecom;
use super::epayment::{Epayment, EpaymentSettings};
use super::keyless::Keyless;
use super::{Connection, Connector, NewPayment, PaymentProvider, ProviderError, ecom, wire};
use crate::clock::Clock;
use crate::domain::sales_unit::{Environment, Provider};
use crate::metrics::Metrics;

/// Makes clients that differ from the house's own in their keys, their number and where the provider is found.
pub struct Connectors {
    house: EpaymentSettings,
    production_url: String,
    test_url: String,
    clock: Clock,
    metrics: Arc<Metrics>,
}

impl Connectors {
    /// Connectors that speak as the house's own client does.
    pub fn like(
        house: EpaymentSettings,
        (production_url, test_url): (String, String),
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { house, production_url, test_url, clock, metrics }
    }
}

impl Connector for Connectors {
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String {
        match provider {
            Provider::VippsEpayment => wire::create_body(payment),
            Provider::VippsEcom => ecom::initiate_body(payment),
            // Another room's: whoever dispatches does not ask here.
            Provider::Askell => String::new(),
        }
    }

    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        let settings = self.settings(connection);
        let (clock, token) = (self.clock.clone(), connection.callback_token.clone());
        let client = match connection.provider {
            Provider::Askell => return Ok(Arc::new(Keyless("this connector is of Vipps only"))),
            Provider::VippsEpayment => Epayment::new(settings, clock).map(|client| self.counted(client)),
            Provider::VippsEcom => {
                let settings = EpaymentSettings { plugin_name: "plass-ecom".to_owned(), ..settings };
                Ecom::new(settings, token, clock).map(|client| self.counted(client))
            }
        };
        // What exactly does not fit is not told: it may be a key.
        client.map_err(|_unfit| {
            let reason = "no client can be made with these keys".to_owned();
            ProviderError::Unavailable { reason, retry_after: None }
        })
    }
}

impl Connectors {
    fn settings(&self, connection: &Connection) -> EpaymentSettings {
        let base_url = match connection.environment {
            Environment::Production => &self.production_url,
            Environment::Test => &self.test_url,
        };
        EpaymentSettings {
            base_url: base_url.clone(),
            client_id: connection.credentials.client_id.clone(),
            client_secret: connection.credentials.client_secret.clone(),
            subscription_key: connection.credentials.subscription_key.clone(),
            merchant_serial_number: connection.merchant_serial_number.clone(),
            ..self.house.clone()
        }
    }

    fn counted(&self, client: impl PaymentProvider + 'static) -> Arc<dyn PaymentProvider> {
        Arc::new(Counted::new(Arc::new(client), Arc::clone(&self.metrics)))
    }
}
