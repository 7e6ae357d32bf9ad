//! Áskell behind the same wire that breaks: a reading of its own of what Áskell answers, the agreement and the sales unit
//! that lead there, and what is truly charged. Here a call that was given up may still arrive, minutes later: whoever
//! believes a silence charges twice.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use plass::boot::App;
use plass::domain::charge::customer_reference;
use plass::domain::credentials::Credentials;
use plass::domain::effect::EffectKind;
use plass::domain::ids::{AgreementId, PaymentId, SalesUnitId, UserId};
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::sales_unit::{Agreement, Environment, Provider, SalesUnit};
use plass::domain::snapshot::{Amounts, ProviderState, Snapshot};
use plass::keys::Purpose;
use plass::sandbox::{Asked, ChargeSeen, InProcess, OfAskell, PaymentSeen};
use plass::store::sales_units::NewCredentials;
use plass::vipps::{
    CardOutcome, CardPage, Connection, Connector, Created, LogLine, Meaning, NewCustomer, NewPayment, PaymentProvider,
    ProviderError, Registered,
};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::provider::{SimulatedProvider, refused};
use crate::wire::Kind;

/// Hands out clients of Áskell, whatever the keys are.
pub(crate) struct ToAskell(pub(crate) Arc<SimulatedProvider>);

impl Connector for ToAskell {
    fn compose(&self, _provider: Provider, payment: &NewPayment) -> String {
        SimulatedAskell(Arc::clone(&self.0)).compose(payment)
    }
    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        assert_eq!(connection.provider, Provider::Askell, "there is no other agreement");
        Ok(Arc::new(SimulatedAskell(Arc::clone(&self.0))))
    }
}

/// Áskell as the house sees it.
pub(crate) struct SimulatedAskell(Arc<SimulatedProvider>);

impl SimulatedAskell {
    async fn ask(&self, kind: Kind, operation: OfAskell, name: &str, body: &str) -> Result<Value, ProviderError> {
        let answer = self.0.call(kind, Asked::OfAskell(operation, name), None, body).await?;
        Ok(serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// Looks something up; empty when it is not there.
    async fn look_up(&self, operation: OfAskell, name: &str) -> Result<Option<Value>, ProviderError> {
        match self.ask(Kind::Reads, operation, name, "").await {
            Ok(found) => Ok(Some(found)),
            Err(ProviderError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, operation: OfAskell, name: &str, body: &Value) -> Result<Value, ProviderError> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask(Kind::Changes, operation, name, &body).await
    }

    /// The payment by its id or, where nobody knows that, by its name: then the list is read to its end.
    async fn payment(&self, payment: &PaymentId) -> Result<Option<Value>, ProviderError> {
        if let Some(id) = &payment.provider_id {
            return self.look_up(OfAskell::ShowPayment, id).await;
        }
        let mut found: HashMap<String, Value> = HashMap::new();
        for page in 1.. {
            let list = self.ask(Kind::Reads, OfAskell::ListPayments, &i32::to_string(&page), "").await?;
            let named = list["results"].as_array().unwrap().iter().filter(|one| one["reference"] == payment.as_str());
            found.extend(named.map(|one| (text(&one["uuid"]), one.clone())));
            if list["next"].is_null() {
                break;
            }
        }
        if found.len() > 1 {
            return Err(ProviderError::Unknown { reason: "two payments have one name".to_owned() });
        }
        Ok(found.into_values().next())
    }

    async fn id_of(&self, payment: &PaymentId) -> Result<String, ProviderError> {
        match self.payment(payment).await? {
            Some(found) => Ok(text(&found["uuid"])),
            None => Err(refused(404, None)),
        }
    }
}

#[async_trait]
impl PaymentProvider for SimulatedAskell {
    fn compose(&self, payment: &NewPayment) -> String {
        json!({
            "customer_reference": customer_reference(payment.payer),
            "amount": format!("{}.0000", payment.price.amount.0 / 100),
            "currency": payment.price.currency.code(),
            "description": payment.description,
            "reference": payment.reference.as_str(),
        })
        .to_string()
    }

    fn meaning(&self, _: EffectKind, _: &str) -> Meaning {
        Meaning::Final
    }

    async fn check(&self) -> Result<(), ProviderError> {
        self.webhooks().await.map(|_list| ())
    }

    async fn create(&self, _: &PaymentId, body: &str, _key: &str) -> Result<Created, ProviderError> {
        let made = self.ask(Kind::Changes, OfAskell::AddPayment, "", body).await?;
        Ok(Created { redirect_url: None, provider_id: Some(text(&made["uuid"])) })
    }

    async fn find(&self, payment: &PaymentId) -> Result<Option<Created>, ProviderError> {
        let found = self.payment(payment).await?;
        Ok(found.map(|found| Created { redirect_url: None, provider_id: Some(text(&found["uuid"])) }))
    }

    async fn get(&self, payment: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        Ok(self.payment(payment).await?.map(|found| snapshot(&found)))
    }

    async fn events(&self, payment: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        Ok(self.payment(payment).await?.map(|found| log(&found)).unwrap_or_default())
    }

    async fn retry(&self, payment: &PaymentId) -> Result<(), ProviderError> {
        let id = self.id_of(payment).await?;
        self.send(OfAskell::Retry, &id, &Value::Null).await.map(|_done| ())
    }

    async fn refund(&self, payment: &PaymentId, given: Money, _key: &str) -> Result<(), ProviderError> {
        let Some(found) = self.payment(payment).await? else { return Err(refused(404, None)) };
        let seen = snapshot(&found);
        if seen.amounts.refunded.is_positive() {
            return Ok(());
        }
        if seen.price != given.amount {
            return Err(refused(409, None));
        }
        self.send(OfAskell::Refund, &text(&found["uuid"]), &Value::Null).await.map(|_done| ())
    }

    async fn capture(&self, _: &PaymentId, _: Money, _: &str) -> Result<(), ProviderError> {
        Err(refused(409, None))
    }
    async fn close(&self, _: &PaymentId, _: &str) -> Result<(), ProviderError> {
        Err(refused(409, None))
    }
    async fn release(&self, _: &PaymentId, _: &str) -> Result<(), ProviderError> {
        Err(refused(409, None))
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        let list = self.ask(Kind::Reads, OfAskell::ListHooks, "", "").await?;
        let one = |hook: &Value| Registered {
            id: hook["id"].to_string(),
            url: text(&hook["url"]),
            events: hook["events"].as_array().unwrap().iter().map(text).collect(),
        };
        Ok(list.as_array().unwrap().iter().map(one).collect())
    }

    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        let made = self.send(OfAskell::AddHook, "", &json!({ "url": url, "events": ["payment.*"] })).await?;
        Ok((made["id"].to_string(), text(&made["hmac_secret"])))
    }

    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.send(OfAskell::DeleteHook, id, &Value::Null).await.map(|_done| ())
    }

    async fn open_card_page(&self, customer: &NewCustomer, return_url: &str) -> Result<CardPage, ProviderError> {
        if self.look_up(OfAskell::ShowCustomer, &customer.reference).await?.is_none() {
            let body = json!({
                "customer_reference": customer.reference, "email": customer.email,
                "first_name": customer.first_name, "last_name": customer.last_name,
            });
            let made = self.send(OfAskell::AddCustomer, "", &body).await;
            if let Err(error) = made
                && self.look_up(OfAskell::ShowCustomer, &customer.reference).await?.is_none()
            {
                return Err(error);
            }
        }
        let body = json!({
            "payment_processor": "test", "currency": "ISK", "capture_only": true, "return_url": return_url,
        });
        let page = self.send(OfAskell::OpenPage, "", &body).await?;
        Ok(CardPage { url: text(&page["url"]), token: text(&page["token"]) })
    }

    async fn take_card(&self, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
        let Some(page) = self.look_up(OfAskell::ShowPage, token).await? else { return Ok(CardOutcome::Failed) };
        match text(&page["state"]).as_str() {
            "tokencreated" => {
                let body = json!({ "customer_reference": customer, "token": token });
                match self.send(OfAskell::AttachCard, "", &body).await {
                    Ok(_attached) => Ok(CardOutcome::Attached),
                    Err(ProviderError::Refused { .. }) => Ok(CardOutcome::Failed),
                    Err(error) => Err(error),
                }
            }
            "failed" => Ok(CardOutcome::Failed),
            _ => Ok(CardOutcome::Waiting),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Whole krónur as hundredths.
pub(crate) fn hundredths(amount: &str) -> Ore {
    let (whole, part) = amount.split_once('.').unwrap();
    assert!(part.bytes().all(|digit| digit == b'0'), "{amount} is not whole");
    Ore(whole.parse::<i64>().unwrap() * 100)
}

fn is_back(payment: &Value) -> bool {
    payment["transactions"].as_array().unwrap().iter().any(|one| !one["refund_code"].is_null())
}

fn snapshot(payment: &Value) -> Snapshot {
    let price = hundredths(payment["amount"].as_str().unwrap());
    let (state, taken) = match payment["state"].as_str().unwrap() {
        "pending" | "retrying" => (ProviderState::Created, Ore::ZERO),
        "failed" => (ProviderState::Failed, Ore::ZERO),
        "settled" => (ProviderState::Authorized, price),
        other => panic!("no state of the contract: {other}"),
    };
    let refunded = if is_back(payment) { price } else { Ore::ZERO };
    let amounts = Amounts { authorized: taken, captured: taken, refunded, cancelled: Ore::ZERO };
    Snapshot { state, currency: Currency::Isk, price, amounts, redirect_url: None }
}

fn log(payment: &Value) -> Vec<LogLine> {
    let seen = snapshot(payment);
    let line = |name: &str| LogLine {
        psp_reference: format!("{} {name}", text(&payment["uuid"])),
        name: name.to_owned(),
        amount: Money { amount: seen.price, currency: Currency::Isk },
        at: text(&payment["updated_at"]).parse().unwrap(),
        idempotency_key: None,
        success: true,
    };
    let taken = seen.amounts.captured.is_positive().then_some(["AUTHORIZED", "CAPTURED"]);
    let back = seen.amounts.refunded.is_positive().then_some("REFUNDED");
    taken.into_iter().flatten().chain(back).map(line).collect()
}

/// An agreement with Áskell, and a sales unit that the group's events take.
pub(crate) fn agree(engine: &mut Engine, app: &App, (group, by): (&str, UserId)) -> SalesUnitId {
    let now = app.clock.now();
    let agreement = Agreement {
        id: AgreementId(app.clock.id()),
        display_name: "Áskell".to_owned(),
        provider: Provider::Askell,
        environment: Environment::Test,
        disabled: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let unit = SalesUnit {
        id: SalesUnitId(app.clock.id()),
        display_name: "Reykjavík".to_owned(),
        merchant_serial_number: String::new(),
        agreement: agreement.id,
        group: Some(group.to_owned()),
        is_default: true,
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    let credentials =
        Credentials { api_key: "private".to_owned(), payment_processor: "test".to_owned(), ..Credentials::default() };
    let credentials = serde_json::to_vec(&credentials).unwrap();
    let keys = NewCredentials {
        id: app.clock.id(),
        agreement: agreement.id,
        sealed: app.keys.seal(&credentials, Purpose::ProviderKeys).unwrap(),
        key_id: app.keys.key_id().to_owned(),
        set_by: by,
    };
    let (store, id) = (app.store.clone(), unit.id);
    let saved = engine.finish(async move {
        store
            .change(move |tx| {
                tx.insert_agreement(&agreement)?;
                tx.put_credentials(&keys)?;
                Ok(tx.insert_sales_unit(&unit)?)
            })
            .await
    });
    saved.unwrap();
    id
}

/// Everything that is truly paid, at either provider; what has one name is one payment.
pub(crate) fn truth_of(desk: &InProcess) -> HashMap<String, PaymentSeen> {
    let mut truth: HashMap<String, PaymentSeen> =
        desk.payments().into_iter().map(|payment| (payment.reference.clone(), payment)).collect();
    for charge in desk.charges() {
        let seen = as_payment(&charge);
        truth
            .entry(charge.reference)
            .and_modify(|known| {
                known.authorized += seen.authorized;
                known.captured += seen.captured;
                known.refunded += seen.refunded;
            })
            .or_insert(seen);
    }
    truth
}

/// A charge in the words of the other provider. One that is under way can still take money.
fn as_payment(charge: &ChargeSeen) -> PaymentSeen {
    let price = hundredths(&charge.amount).0;
    let (state, taken) = match charge.state {
        "pending" | "retrying" => ("CREATED", 0),
        "settled" => ("AUTHORIZED", price),
        _ => ("FAILED", 0),
    };
    PaymentSeen {
        reference: charge.reference.clone(),
        state,
        price,
        authorized: taken,
        captured: taken,
        refunded: if charge.is_refunded { price } else { 0 },
        cancelled: 0,
    }
}
