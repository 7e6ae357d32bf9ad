//! Makes clients from agreements of every provider: those with Áskell here, the others by the connector of Vipps. Nothing
//! here reads the database, and no key is kept beyond the client that it goes into.

use std::sync::Arc;

use super::payments::{Askell, AskellSettings};
use super::wire::payment_body;
use crate::domain::sales_unit::{Environment, Provider};
use crate::metrics::Metrics;
use crate::vipps::counted::Counted;
use crate::vipps::{Connection, Connector, NewPayment, PaymentProvider, ProviderError};

/// The connectors of all providers.
pub struct AllConnectors {
    vipps: Arc<dyn Connector>,
    settings: AskellSettings,
    production_url: String,
    test_url: String,
    metrics: Arc<Metrics>,
}

impl AllConnectors {
    /// Connectors for Áskell at these addresses, with limits like `settings`, beside those for Vipps.
    pub fn beside(
        vipps: Arc<dyn Connector>,
        settings: AskellSettings,
        (production_url, test_url): (String, String),
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { vipps, settings, production_url, test_url, metrics }
    }
}

impl Connector for AllConnectors {
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String {
        match provider {
            Provider::Askell => payment_body(payment),
            Provider::VippsEpayment | Provider::VippsEcom => self.vipps.compose(provider, payment),
        }
    }

    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        match connection.provider {
            Provider::VippsEpayment | Provider::VippsEcom => return self.vipps.connect(connection),
            Provider::Askell => {}
        }
        let base_url = match connection.environment {
            Environment::Production => self.production_url.clone(),
            Environment::Test => self.test_url.clone(),
        };
        let settings = AskellSettings {
            base_url,
            api_key: connection.credentials.api_key.clone(),
            payment_processor: connection.credentials.payment_processor.clone(),
            ..self.settings.clone()
        };
        match Askell::new(&settings) {
            Ok(client) => Ok(Arc::new(Counted::new(Arc::new(client), Arc::clone(&self.metrics)))),
            // What exactly does not fit is not told: it may be a key.
            Err(_unfit) => {
                let reason = "no client can be made with this key".to_owned();
                Err(ProviderError::Unavailable { reason, retry_after: None })
            }
        }
    }
}
