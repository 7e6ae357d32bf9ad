//! The payment provider of a simulation: the sandbox's own front desk, and between it and the house a wire that breaks in
//! every way a wire can. Before and after what a call does the house may die.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use plass::clock::Clock;
use plass::domain::effect::EffectKind;
use plass::domain::ids::PaymentId;
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::snapshot::{Amounts, ProviderState, Snapshot};
use plass::mail::{Mail, MailError, Outgoing};
use plass::sandbox::{Answered, Asked, InProcess, OfAskell, Older};
use plass::vipps::epayment::meaning;
use plass::vipps::{Created, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered};
use serde_json::{Value, json};

use crate::engine::breathe;
use crate::wire::{ARRIVES_WITHIN, Fault, Kind, Late, Weather, Wire};

/// The provider as the house sees it; and its mail, which fails with the same weather.
pub(crate) struct SimulatedProvider {
    pub(crate) desk: Arc<InProcess>,
    pub(crate) wire: Arc<Mutex<Wire>>,
    pub(crate) clock: Clock,
}

impl SimulatedProvider {
    fn note(&self, asked: Asked<'_>, ended: &str) {
        let (verb, reference) = match asked {
            Asked::Get(_) | Asked::List if ended == "200" => return,
            Asked::Create => ("create".to_owned(), ""),
            Asked::Get(reference) => ("get".to_owned(), reference),
            Asked::Events(reference) => ("events".to_owned(), reference),
            Asked::Cancel(reference) => ("cancel".to_owned(), reference),
            Asked::Capture(reference) => ("capture".to_owned(), reference),
            Asked::Refund(reference) => ("refund".to_owned(), reference),
            Asked::Register => ("register".to_owned(), ""),
            Asked::List => ("list".to_owned(), ""),
            Asked::Unregister(_) => ("unregister".to_owned(), ""),
            Asked::Older(Older::Details, _) if ended == "200" => return,
            Asked::Older(Older::Initiate, _) => ("initiate".to_owned(), ""),
            Asked::Older(Older::Details, reference) => ("details".to_owned(), reference),
            Asked::Older(Older::Cancel, reference) => ("void".to_owned(), reference),
            Asked::Older(Older::Capture, reference) => ("take".to_owned(), reference),
            Asked::Older(Older::Refund, reference) => ("return".to_owned(), reference),
            Asked::OfAskell(OfAskell::ShowPayment | OfAskell::ListPayments | OfAskell::ListHooks, _)
                if ended == "200" =>
            {
                return;
            }
            Asked::OfAskell(operation, name) => (format!("{operation:?}"), name),
        };
        let short = reference.get(reference.len().saturating_sub(6)..).unwrap_or_default();
        self.wire.lock().unwrap().calls.push(format!("{verb} {short}: {ended}"));
    }

    pub(crate) async fn call(
        &self,
        kind: Kind,
        asked: Asked<'_>,
        key: Option<&str>,
        body: &str,
    ) -> Result<Answered, ProviderError> {
        let is_of_askell = matches!(asked, Asked::OfAskell(..));
        let mut fault = self.wire.lock().unwrap().draw(kind, is_of_askell);
        let left_at = self.clock.now();
        breathe().await;
        if is_of_askell && self.clock.now() - left_at > ARRIVES_WITHIN {
            // Whoever stood still for so long hears that the connection is gone.
            fault = Some(Fault::TimeoutBefore);
        }
        let unavailable = |reason: &str, seconds: Option<i64>| ProviderError::Unavailable {
            reason: reason.to_owned(),
            retry_after: seconds.map(TimeDelta::seconds),
        };
        let unknown = |reason: &str| ProviderError::Unknown { reason: reason.to_owned() };
        let broken = |status: u16| match kind {
            Kind::Reads => unavailable("500", None),
            Kind::Creates | Kind::Changes => unknown(&status.to_string()),
        };
        let error = match fault {
            None => {
                let answer = self.arrives(asked, key, body);
                breathe().await;
                self.note(
                    asked,
                    &format!(
                        "{}{}",
                        answer.status,
                        answer.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default()
                    ),
                );
                return judge(kind, answer);
            }
            Some(Fault::NotReached) => unavailable("connect", None),
            Some(Fault::ErrorBefore) => broken(500),
            Some(Fault::TimeoutBefore) => unknown("timeout"),
            Some(Fault::ArrivesLate) => {
                self.arrives_late(asked, body);
                unknown("timeout")
            }
            Some(Fault::Locked) => unavailable("423", None),
            Some(Fault::TooMany) => unavailable("429", Some(20)),
            Some(Fault::Processing) => {
                let code = if matches!(asked, Asked::Older(..)) { "94" } else { "6250" };
                refused(409, Some(code.to_owned()))
            }
            Some(after @ (Fault::ErrorAfter | Fault::TimeoutAfter)) => {
                self.arrives(asked, key, body);
                breathe().await;
                if after == Fault::ErrorAfter { broken(500) } else { unknown("timeout") }
            }
        };
        self.note(asked, &format!("{fault:?}"));
        Err(error)
    }

    /// The provider hears a call.
    pub(crate) fn arrives(&self, asked: Asked<'_>, key: Option<&str>, body: &str) -> Answered {
        if let Asked::OfAskell(OfAskell::Retry, id) = asked {
            self.wire.lock().unwrap().count_retry(id);
        }
        self.desk.ask(asked, key, body)
    }

    /// The call is under way, and arrives when nobody waits for it any more.
    fn arrives_late(&self, asked: Asked<'_>, body: &str) {
        let Asked::OfAskell(operation, name) = asked else { return };
        let mut wire = self.wire.lock().unwrap();
        let due_at = self.clock.now() + TimeDelta::seconds(wire.chance.pick(&[1, 20, 100, 299]));
        wire.late.push(Late { due_at, operation, name: name.to_owned(), body: body.to_owned() });
    }

    async fn change(&self, asked: Asked<'_>, key: &str, body: &Value) -> Result<(), ProviderError> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.call(Kind::Changes, asked, Some(key), &body).await.map(|_done| ())
    }
}

pub(crate) fn refused(status: u16, code: Option<String>) -> ProviderError {
    ProviderError::Refused { status, code, title: "refused".to_owned(), detail: String::new(), trace_id: None }
}

/// What an answer means, read from the contract: see its table of errors.
fn judge(kind: Kind, answer: Answered) -> Result<Answered, ProviderError> {
    match answer.status {
        200..=299 => Ok(answer),
        401 | 403 | 423 | 429 => Err(ProviderError::Unavailable {
            reason: answer.status.to_string(),
            retry_after: answer.retry_after.map(TimeDelta::seconds),
        }),
        // The reference exists: an earlier try may have made it.
        400..=499 if kind == Kind::Creates && matches!(answer.code.as_deref(), Some("4150" | "4020" | "34")) => {
            Err(ProviderError::Unknown { reason: "the reference exists".to_owned() })
        }
        status @ 400..=499 => Err(refused(status, answer.code)),
        status => Err(ProviderError::Unknown { reason: status.to_string() }),
    }
}

#[async_trait]
impl PaymentProvider for SimulatedProvider {
    fn compose(&self, payment: &NewPayment) -> String {
        json!({
            "amount": amount(payment.price),
            "paymentMethod": { "type": "WALLET" },
            "reference": payment.reference.as_str(),
            "userFlow": "WEB_REDIRECT",
            "returnUrl": payment.return_url,
            "paymentDescription": payment.description,
        })
        .to_string()
    }

    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        meaning(kind, code)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        self.call(Kind::Reads, Asked::List, None, "").await.map(|_list| ())
    }

    async fn create(&self, _: &PaymentId, body: &str, key: &str) -> Result<Created, ProviderError> {
        let answer = self.call(Kind::Creates, Asked::Create, Some(key), body).await?;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        Ok(Created { redirect_url: answer["redirectUrl"].as_str().map(str::to_owned), provider_id: None })
    }

    async fn get(&self, reference: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        match self.call(Kind::Reads, Asked::Get(reference.as_str()), None, "").await {
            Ok(answer) => Ok(Some(snapshot(&serde_json::from_str(&answer.body).unwrap()))),
            Err(ProviderError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn events(&self, reference: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        let answer = self.call(Kind::Reads, Asked::Events(reference.as_str()), None, "").await?;
        let lines: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
        Ok(lines.iter().map(log_line).collect())
    }

    async fn capture(&self, reference: &PaymentId, taken: Money, key: &str) -> Result<(), ProviderError> {
        let body = json!({ "modificationAmount": amount(taken) });
        self.change(Asked::Capture(reference.as_str()), key, &body).await
    }

    async fn refund(&self, reference: &PaymentId, given: Money, key: &str) -> Result<(), ProviderError> {
        let body = json!({ "modificationAmount": amount(given) });
        self.change(Asked::Refund(reference.as_str()), key, &body).await
    }

    async fn close(&self, reference: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.change(Asked::Cancel(reference.as_str()), key, &json!({ "cancelTransactionOnly": true })).await
    }

    async fn release(&self, reference: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.change(Asked::Cancel(reference.as_str()), key, &Value::Null).await
    }

    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        let answer = self.call(Kind::Reads, Asked::List, None, "").await?;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let one = |hook: &Value| Registered {
            id: text(&hook["id"]),
            url: text(&hook["url"]),
            events: hook["events"].as_array().unwrap().iter().map(text).collect(),
        };
        Ok(answer["webhooks"].as_array().unwrap().iter().map(one).collect())
    }

    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        let names = ["created", "aborted", "expired", "cancelled", "captured", "refunded", "authorized", "terminated"];
        let events = names.map(|name| format!("epayments.payment.{name}.v1"));
        let body = json!({ "url": url, "events": events }).to_string();
        let answer = self.call(Kind::Changes, Asked::Register, None, &body).await?;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Ok((text("id"), text("secret")))
    }

    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.call(Kind::Changes, Asked::Unregister(id), None, "").await.map(|_done| ())
    }
}

fn amount(money: Money) -> Value {
    json!({ "currency": money.currency.code(), "value": money.amount.0 })
}

fn snapshot(answer: &Value) -> Snapshot {
    let ore = |of: &Value| Ore(of["value"].as_i64().unwrap());
    let sums = &answer["aggregate"];
    Snapshot {
        state: match answer["state"].as_str().unwrap() {
            "CREATED" => ProviderState::Created,
            "AUTHORIZED" => ProviderState::Authorized,
            "ABORTED" => ProviderState::Aborted,
            "EXPIRED" => ProviderState::Expired,
            "TERMINATED" => ProviderState::Terminated,
            other => panic!("no state of the contract: {other}"),
        },
        currency: Currency::Nok,
        price: ore(&answer["amount"]),
        amounts: Amounts {
            authorized: ore(&sums["authorizedAmount"]),
            captured: ore(&sums["capturedAmount"]),
            refunded: ore(&sums["refundedAmount"]),
            cancelled: ore(&sums["cancelledAmount"]),
        },
        redirect_url: answer["redirectUrl"].as_str().map(str::to_owned),
    }
}

fn log_line(line: &Value) -> LogLine {
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    LogLine {
        psp_reference: text("pspReference").unwrap(),
        name: text("name").unwrap(),
        amount: Money { amount: Ore(line["amount"]["value"].as_i64().unwrap()), currency: Currency::Nok },
        at: text("timestamp").unwrap().parse().unwrap(),
        idempotency_key: text("idempotencyKey"),
        success: line["success"].as_bool().unwrap(),
    }
}

#[async_trait]
impl Mail for SimulatedProvider {
    async fn send(&self, _: &Outgoing) -> Result<(), MailError> {
        breathe().await;
        let fails = {
            let mut wire = self.wire.lock().unwrap();
            wire.weather != Weather::Calm && wire.chance.happens(20)
        };
        breathe().await;
        if fails { Err(MailError::Unavailable("simulated".to_owned())) } else { Ok(()) }
    }
}
