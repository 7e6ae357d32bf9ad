//! What goes over the wire to Áskell and comes back. Amounts are decimal texts there and whole hundredths here; what
//! cannot be turned exactly is said, never rounded. Nothing here sends anything.

use chrono::DateTime;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::clock::{Timestamp, at_millis};
use crate::domain::charge::customer_reference;
use crate::domain::ids::Reference;
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::snapshot::{Amounts, ProviderState, Snapshot};
use crate::vipps::{LogLine, NewPayment};

/// The most characters of a description that are sent.
const DESCRIPTION_MAX: usize = 100;

/// The provider answered, and the answer does not tell what we need.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

fn unreadable<T>(why: &str) -> Result<T, Unreadable> {
    Err(Unreadable(why.to_owned()))
}

#[derive(Serialize)]
struct PaymentOut<'a> {
    customer_reference: String,
    amount: String,
    currency: &'static str,
    description: String,
    reference: &'a str,
}

/// The body of a new payment.
pub(super) fn payment_body(payment: &NewPayment) -> String {
    let line = payment.description.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    json(&PaymentOut {
        customer_reference: customer_reference(payment.payer),
        amount: written(payment.price.amount),
        currency: payment.price.currency.code(),
        description: line.chars().take(DESCRIPTION_MAX).collect(),
        reference: payment.reference.as_str(),
    })
}

/// The text of a value. Structs of strings always have one.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An amount as it is sent: four decimals, as in the provider's own examples.
fn written(amount: Ore) -> String {
    format!("{:.4}", Decimal::new(amount.0, 2))
}

/// An amount as it is answered, exactly.
fn amount(text: &str) -> Result<Ore, Unreadable> {
    let Ok(amount) = Decimal::from_str_exact(text) else { return unreadable("an amount is no decimal number") };
    let Some(hundredths) = amount.checked_mul(Decimal::ONE_HUNDRED) else {
        return unreadable("an amount is too large");
    };
    if !hundredths.fract().is_zero() || hundredths.is_sign_negative() && !hundredths.is_zero() {
        return unreadable("an amount is no whole number of hundredths");
    }
    hundredths.to_i64().map(Ore).ok_or_else(|| Unreadable("an amount is too large".to_owned()))
}

/// A payment as it is answered.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaymentIn {
    pub(super) uuid: String,
    amount: String,
    currency: String,
    #[serde(default)]
    pub(super) reference: Option<String>,
    state: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    transactions: Vec<TransactionIn>,
}

/// One try to charge the card.
#[derive(Clone, Debug, Deserialize)]
struct TransactionIn {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    refund_code: Option<String>,
    #[serde(default)]
    amount: Option<String>,
}

impl TransactionIn {
    fn is(&self, state: &str) -> bool {
        self.state.as_deref() == Some(state)
    }

    fn is_refunded(&self) -> bool {
        self.is("refunded") || self.refund_code.as_deref().is_some_and(|code| !code.is_empty())
    }
}

impl PaymentIn {
    /// True when it is the payment of this name.
    pub(super) fn is_of(&self, reference: &Reference) -> bool {
        self.reference.as_deref() == Some(reference.0.as_str())
    }

    /// What was asked for.
    pub(super) fn price(&self) -> Result<Money, Unreadable> {
        let Some(currency) = Currency::from_code(&self.currency) else {
            return unreadable("a payment has a currency we do not know");
        };
        Ok(Money { amount: amount(&self.amount)?, currency })
    }

    fn was_charged(&self) -> bool {
        self.state == "settled" || self.is_refunded()
    }

    /// True when all of it went back: the provider gives back all or nothing.
    pub(super) fn is_refunded(&self) -> bool {
        self.state == "refunded" || self.transactions.iter().any(TransactionIn::is_refunded)
    }

    /// How it stands. A charge that succeeded reserved and took at once.
    pub(super) fn snapshot(&self) -> Result<Snapshot, Unreadable> {
        let price = self.price()?;
        let state = match self.state.as_str() {
            _ if self.was_charged() => ProviderState::Authorized,
            "pending" | "retrying" => ProviderState::Created,
            "failed" => ProviderState::Failed,
            _ => return unreadable("a payment has a state we do not know"),
        };
        for charged in self.transactions.iter().filter(|one| one.is("settled") || one.is_refunded()) {
            if let Some(text) = &charged.amount
                && amount(text)? != price.amount
            {
                return unreadable("a transaction has another amount than its payment");
            }
        }
        let taken = if self.was_charged() { price.amount } else { Ore::ZERO };
        let refunded = if self.is_refunded() { price.amount } else { Ore::ZERO };
        let amounts = Amounts { authorized: taken, captured: taken, refunded, cancelled: Ore::ZERO };
        Ok(Snapshot { state, currency: price.currency, price: price.amount, amounts, redirect_url: None })
    }

    /// What moved, as lines of a log. A payment charges once and goes back once, so each line is known by the payment's
    /// own id for ever.
    pub(super) fn log_lines(&self) -> Result<Vec<LogLine>, Unreadable> {
        let (price, mut lines) = (self.price()?, Vec::new());
        let at = moment(self.updated_at.as_deref().or(self.created_at.as_deref()))?;
        let mut line = |name: &str| {
            lines.push(LogLine {
                psp_reference: format!("{}-{}", self.uuid, name.to_ascii_lowercase()),
                name: name.to_owned(),
                amount: price,
                at,
                idempotency_key: None,
                success: true,
            });
        };
        if self.was_charged() {
            line("AUTHORIZED");
            line("CAPTURED");
        }
        if self.is_refunded() {
            line("REFUNDED");
        }
        Ok(lines)
    }
}

fn moment(text: Option<&str>) -> Result<Timestamp, Unreadable> {
    let read = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    read.map(|at| at_millis(at.timestamp_millis()))
        .ok_or_else(|| Unreadable("a payment has no readable time".to_owned()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::UserId;
    use crate::vipps::Approach;

    #[test]
    fn amounts_are_turned_exactly() {
        for (text, expected) in [
            ("1000.0000", Some(100_000)),
            ("1.0000", Some(100)),
            ("1", Some(100)),
            ("0.01", Some(1)),
            ("0.0100", Some(1)),
            ("0.0000", Some(0)),
            ("0.001", None),
            ("-1.0000", None),
            ("1e3", None),
            ("NaN", None),
            ("", None),
            ("99999999999999999999999999", None),
        ] {
            assert_eq!(amount(text).ok().map(|amount| amount.0), expected, "{text:?}");
        }
        for (ore, text) in [(100_000, "1000.0000"), (1, "0.0100"), (0, "0.0000"), (10_000_000, "100000.0000")] {
            assert_eq!(written(Ore(ore)), text);
            assert_eq!(amount(text), Ok(Ore(ore)));
        }
    }

    #[test]
    fn a_payment_says_who_pays_what_and_nothing_more() {
        let body = payment_body(&NewPayment {
            reference: Reference("plass-0123".to_owned()),
            price: Money { amount: Ore(100_000), currency: Currency::Isk },
            description: " Þorrablót\n2026 ".to_owned(),
            approach: Approach::Web,
            return_url: "https://plass.example/back".to_owned(),
            merchant_serial_number: String::new(),
            callback_prefix: String::new(),
            payer: UserId(Uuid::nil()),
        });
        assert_eq!(
            body,
            concat!(
                r#"{"customer_reference":"plass-00000000000000000000000000000000","amount":"1000.0000","currency":"ISK","#,
                r#""description":"Þorrablót 2026","reference":"plass-0123"}"#
            )
        );
    }

    fn payment(state: &str, transactions: &str) -> PaymentIn {
        let text = format!(
            r#"{{"uuid":"u-1","amount":"1000.0000","currency":"ISK","description":"x","reference":"r","state":"{state}",
                "created_at":"2026-08-03T10:00:00Z","updated_at":"2026-08-03T10:00:05+00:00","transactions":[{transactions}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn check(state: &str, transactions: &str, expected: Option<(ProviderState, i64, i64)>, log: &[&str]) {
        let payment = payment(state, transactions);
        let seen = payment.snapshot().ok().map(|seen| (seen.state, seen.amounts.captured.0, seen.amounts.refunded.0));
        assert_eq!(seen, expected, "{state} {transactions}");
        let lines = payment.log_lines().unwrap();
        assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), log, "{state} {transactions}");
    }

    #[test]
    fn every_state_of_askell_is_known_and_its_log_ties() {
        check("pending", "", Some((ProviderState::Created, 0, 0)), &[]);
        check("retrying", r#"{"uuid":"t","state":"initial"}"#, Some((ProviderState::Created, 0, 0)), &[]);
        check("failed", r#"{"state":"failed","fail_code":"x"}"#, Some((ProviderState::Failed, 0, 0)), &[]);
        let settled = r#"{"uuid":"t","state":"settled","amount":"1000.0000","currency":"ISK","refund_code":null}"#;
        check("settled", settled, Some((ProviderState::Authorized, 100_000, 0)), &["AUTHORIZED", "CAPTURED"]);
        let back = ["AUTHORIZED", "CAPTURED", "REFUNDED"];
        let refunded = r#"{"state":"settled","amount":"1000","refund_code":"R1"}"#;
        check("settled", refunded, Some((ProviderState::Authorized, 100_000, 100_000)), &back);
        check("refunded", "", Some((ProviderState::Authorized, 100_000, 100_000)), &back);
        check("something_new", "", None, &[]);
        check("settled", r#"{"state":"settled","amount":"999.0000"}"#, None, &["AUTHORIZED", "CAPTURED"]);
    }

    #[test]
    fn each_line_keeps_its_name() {
        let names = |payment: &PaymentIn| -> Vec<String> {
            payment.log_lines().unwrap().into_iter().map(|line| line.psp_reference).collect()
        };
        assert_eq!(names(&payment("settled", "")), ["u-1-authorized", "u-1-captured"]);
        assert_eq!(names(&payment("refunded", "")), ["u-1-authorized", "u-1-captured", "u-1-refunded"]);
    }
}
