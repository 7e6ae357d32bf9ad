//! The same provider over its older API: a reading of its own of what eCom's log tells, over the same wire that breaks.
//! Nobody calls back, so that everything is seen by asking.

use std::sync::Arc;

use async_trait::async_trait;
use plass::domain::effect::{EffectKind, key_of_request_id, request_id};
use plass::domain::ids::PaymentId;
use plass::domain::ledger::numbered;
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::snapshot::{Amounts, ProviderState, Snapshot};
use plass::sandbox::{Asked, Older};
use plass::vipps::ecom::meaning;
use plass::vipps::{Created, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered};
use serde_json::{Value, json};

use crate::provider::{SimulatedProvider, refused};
use crate::wire::Kind;

/// The number of the one sales unit.
const SALES_UNIT: &str = "123456";

/// The provider over its older API.
pub(crate) struct SimulatedEcom(pub(crate) Arc<SimulatedProvider>);

impl SimulatedEcom {
    async fn details(&self, payment: &PaymentId) -> Result<Option<(Snapshot, Vec<LogLine>)>, ProviderError> {
        match self.0.call(Kind::Reads, Asked::Older(Older::Details, payment.as_str()), None, "").await {
            Ok(answer) => Ok(Some(read(&serde_json::from_str(&answer.body).unwrap()))),
            Err(ProviderError::Refused { code: Some(code), .. }) if code == "35" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn change(
        &self,
        older: Older,
        payment: &PaymentId,
        (amount, releases): (Option<Money>, bool),
        key: &str,
    ) -> Result<(), ProviderError> {
        let mut body = json!({
            "merchantInfo": { "merchantSerialNumber": SALES_UNIT }, "transaction": { "transactionText": "a seat" },
        });
        if let Some(amount) = amount {
            body["transaction"]["amount"] = json!(amount.amount.0);
        }
        if releases {
            body["shouldReleaseRemainingFunds"] = json!(true);
        }
        let asked = Asked::Older(older, payment.as_str());
        self.0.call(Kind::Changes, asked, Some(&request_id(key)), &body.to_string()).await.map(|_done| ())
    }
}

#[async_trait]
impl PaymentProvider for SimulatedEcom {
    fn compose(&self, payment: &NewPayment) -> String {
        json!({
            "merchantInfo": {
                "merchantSerialNumber": SALES_UNIT, "callbackPrefix": "https://plass.example/callback",
                "fallBack": payment.return_url,
            },
            "customerInfo": {},
            "transaction": {
                "orderId": payment.reference.as_str(), "amount": payment.price.amount.0,
                "transactionText": payment.description,
            },
        })
        .to_string()
    }

    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        meaning(kind, code)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn create(&self, _: &PaymentId, body: &str, _key: &str) -> Result<Created, ProviderError> {
        let answer = self.0.call(Kind::Creates, Asked::Older(Older::Initiate, ""), None, body).await?;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        Ok(Created { redirect_url: answer["url"].as_str().map(str::to_owned), provider_id: None })
    }

    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        Ok(self.details(payment).await?.map(|(snapshot, _)| snapshot))
    }

    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        Ok(self.details(payment).await?.map(|(_, log)| log).unwrap_or_default())
    }

    async fn capture(&self, payment: &PaymentId, taken: Money, key: &str) -> Result<(), ProviderError> {
        self.change(Older::Capture, payment, (Some(taken), false), key).await
    }

    async fn refund(&self, payment: &PaymentId, given: Money, key: &str) -> Result<(), ProviderError> {
        self.change(Older::Refund, payment, (Some(given), false), key).await
    }

    async fn close(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        let Some((snapshot, _)) = self.details(payment).await? else { return Err(refused(404, Some("35".to_owned()))) };
        match snapshot.state {
            ProviderState::Created => self.change(Older::Cancel, payment, (None, false), key).await,
            ProviderState::Authorized => Err(refused(409, Some("approved".to_owned()))),
            ProviderState::Aborted | ProviderState::Expired | ProviderState::Terminated | ProviderState::Failed => {
                Ok(())
            }
        }
    }

    async fn release(&self, payment: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.change(Older::Cancel, payment, (None, true), key).await
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        self.0.webhooks().await
    }

    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        self.0.register_webhook(url).await
    }

    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.0.delete_webhook(id).await
    }
}

/// The payment as its log tells, oldest line first.
fn read(details: &Value) -> (Snapshot, Vec<LogLine>) {
    let nok = |amount: Ore| Money { amount, currency: Currency::Nok };
    let (mut price, mut amounts, mut state) = (Ore::ZERO, Amounts::default(), ProviderState::Created);
    let mut log = Vec::new();
    for line in details["transactionLogHistory"].as_array().unwrap().iter().rev() {
        let mut amount = Ore(line["amount"].as_i64().unwrap());
        let success = line["operationSuccess"].as_bool().unwrap();
        let name = match (line["operation"].as_str().unwrap(), success, amounts.authorized.is_positive()) {
            ("RESERVE", false, _) => "AUTHORIZED",
            ("INITIATE", true, false) => {
                price = amount;
                "CREATED"
            }
            ("RESERVE", true, false) => {
                (amounts.authorized, state) = (amount, ProviderState::Authorized);
                "AUTHORIZED"
            }
            ("CAPTURE", true, true) => {
                amounts.captured = amounts.captured + amount;
                "CAPTURED"
            }
            ("REFUND", true, true) => {
                amounts.refunded = amounts.refunded + amount;
                "REFUNDED"
            }
            ("VOID", true, true) => {
                amount = amounts.reserved();
                amounts.cancelled = amount;
                "CANCELLED"
            }
            ("VOID", true, false) => {
                (amounts.cancelled, state) = (amount, ProviderState::Terminated);
                "TERMINATED"
            }
            ("CANCEL", true, false) => {
                state = ProviderState::Aborted;
                "ABORTED"
            }
            other => panic!("no log of the contract: {other:?} in {details}"),
        };
        let key = line["requestId"].as_str().filter(|id| !id.is_empty());
        log.push(LogLine {
            psp_reference: String::new(),
            name: name.to_owned(),
            amount: nok(amount),
            at: line["timeStamp"].as_str().unwrap().parse().unwrap(),
            idempotency_key: key.map(key_of_request_id),
            success,
        });
    }
    let snapshot = Snapshot { state, currency: Currency::Nok, price, amounts, redirect_url: None };
    (snapshot, numbered(log))
}
