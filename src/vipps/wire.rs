//! What goes over the wire to ePayment and comes back: types of our own, strict in what they write and tolerant in
//! what they read. Nothing here sends anything, and no amount is ever guessed: what cannot be read is said.

use chrono::{DateTime, NaiveDateTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Approach, LogLine, NewPayment};
use crate::clock::{Timestamp, at_millis};
use crate::domain::flow::Flow;
use crate::domain::money::{Currency, Money, Ore};

/// The most a description may have (ePayment, create, paymentDescription), counted in UTF-16 units: a service that
/// counts characters counts at most as many.
const DESCRIPTION_MAX: usize = 100;
/// The least a description must have, in characters.
const DESCRIPTION_MIN: usize = 3;

/// The provider answered, and the answer does not tell what we need.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

/// An answer's body, as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// More than we read; the rest was thrown away.
    TooLarge,
    /// The connection broke or the time ran out before its end.
    Broken(String),
}

impl Body {
    /// Reads JSON. Bytes that are not UTF-8 become replacement characters: only free text can hold them.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        match self {
            Self::Whole(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
                    // The error's own text would repeat values of the body, which may be about persons.
                    Unreadable(format!(
                        "not the JSON expected: {:?} error at {}:{}",
                        error.classify(),
                        error.line(),
                        error.column()
                    ))
                })
            }
            Self::TooLarge => Err(Unreadable("the answer is too large".to_owned())),
            Self::Broken(reason) => Err(Unreadable(format!("the answer broke off: {reason}"))),
        }
    }
}

#[derive(Serialize)]
struct AmountOut {
    currency: &'static str,
    value: i64,
}

impl From<Money> for AmountOut {
    fn from(money: Money) -> Self {
        Self { currency: money.currency.code(), value: money.amount.0 }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateOut<'a> {
    amount: AmountOut,
    payment_method: MethodOut,
    reference: &'a str,
    user_flow: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_interaction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_format: Option<QrFormatOut>,
    payment_description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum CustomerOut<'a> {
    PhoneNumber(&'a str),
    CustomerToken(&'a str),
}

#[derive(Serialize)]
struct QrFormatOut {
    format: &'static str,
}

#[derive(Serialize)]
struct MethodOut {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModificationOut {
    modification_amount: AmountOut,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CloseOut {
    cancel_transaction_only: bool,
}

/// The body of a create: the app as the means of payment, and how the payer comes to it. Of a code to be drawn the
/// content is asked for: we draw it ourselves. Whoever stands at the door is said to be there (Vipps checklist, 17).
pub(super) fn create_body(payment: &NewPayment) -> String {
    let (user_flow, customer) = match &payment.approach {
        Approach::Web => ("WEB_REDIRECT", None),
        Approach::Qr => ("QR", None),
        Approach::Phone(number) => ("PUSH_MESSAGE", Some(CustomerOut::PhoneNumber(number))),
        Approach::Scan(token) => ("PUSH_MESSAGE", Some(CustomerOut::CustomerToken(token))),
    };
    let flow = payment.approach.flow();
    json(&CreateOut {
        amount: payment.price.into(),
        payment_method: MethodOut { kind: "WALLET" },
        reference: payment.reference.as_str(),
        user_flow,
        return_url: (flow == Flow::Web).then_some(&payment.return_url),
        customer,
        customer_interaction: flow.is_on_the_phone().then_some("CUSTOMER_PRESENT"),
        qr_format: (flow == Flow::Qr).then_some(QrFormatOut { format: "TEXT/TARGETURL" }),
        payment_description: description(&payment.description),
    })
}

/// The body of a capture or a refund. The amount is always said: there is no "0 means all".
pub(super) fn modification_body(amount: Money) -> String {
    json(&ModificationOut { modification_amount: amount.into() })
}

/// The body of a cancel that must not touch money.
pub(super) fn close_body() -> String {
    json(&CloseOut { cancel_transaction_only: true })
}

/// The text of a value. Structs of strings and integers always have one.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The description as the provider takes it: on one line, cut to its most, filled up with dots to its least.
pub(super) fn description(text: &str) -> String {
    let line = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut units = 0_usize;
    let mut short: String = line
        .chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= DESCRIPTION_MAX
        })
        .collect();
    short.truncate(short.trim_end().len());
    while short.chars().count() < DESCRIPTION_MIN {
        short.push('.');
    }
    short
}

/// An amount as it is answered.
#[derive(Debug, Deserialize)]
pub(super) struct AmountIn {
    currency: String,
    value: serde_json::Number,
}

impl AmountIn {
    /// The amount in whole minor units; a fraction, a float, a negative amount or a strange currency is none.
    pub(super) fn money(&self) -> Result<Money, Unreadable> {
        let currency = Currency::from_code(&self.currency)
            .ok_or_else(|| Unreadable("an amount has a currency we do not know".to_owned()))?;
        let value = self.value.as_i64().filter(|value| *value >= 0);
        let value = value.ok_or_else(|| Unreadable("an amount is no whole number of minor units".to_owned()))?;
        Ok(Money { amount: Ore(value), currency })
    }
}

/// The answer to a create.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateIn {
    pub(super) reference: String,
    #[serde(default)]
    pub(super) redirect_url: Option<String>,
}

/// The answer to a get.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentIn {
    pub(super) reference: String,
    pub(super) state: String,
    pub(super) amount: AmountIn,
    pub(super) aggregate: AggregateIn,
    #[serde(default)]
    pub(super) redirect_url: Option<String>,
}

/// The sums of a payment. All four are required: a missing one is not the same as zero.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AggregateIn {
    pub(super) authorized_amount: AmountIn,
    pub(super) captured_amount: AmountIn,
    pub(super) refunded_amount: AmountIn,
    pub(super) cancelled_amount: AmountIn,
}

/// One line of the event log.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventIn {
    psp_reference: String,
    name: String,
    amount: AmountIn,
    timestamp: String,
    #[serde(default)]
    idempotency_key: Option<String>,
    success: bool,
}

impl EventIn {
    fn line(self) -> Result<LogLine, Unreadable> {
        Ok(LogLine {
            amount: self.amount.money()?,
            at: moment(&self.timestamp)?,
            psp_reference: self.psp_reference,
            name: self.name,
            idempotency_key: self.idempotency_key,
            success: self.success,
        })
    }
}

/// The event log, oldest first, whatever order it came in.
pub(super) fn log_lines(events: Vec<EventIn>) -> Result<Vec<LogLine>, Unreadable> {
    let mut lines = events.into_iter().map(EventIn::line).collect::<Result<Vec<_>, _>>()?;
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

/// A moment of RFC 3339; without an offset it is UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, Unreadable> {
    let millis = DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis()).or_else(|_no_offset| {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc().timestamp_millis())
    });
    millis.map(at_millis).map_err(|_error| Unreadable("a line of the log has no readable time".to_owned()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{Reference, UserId};

    fn whole(text: &str) -> Body {
        Body::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn a_create_says_what_is_owed_and_nothing_more() {
        let body = create_body(&NewPayment {
            reference: Reference("plass-0123456789".to_owned()),
            price: Money { amount: Ore(25_000), currency: Currency::Nok },
            description: "  Immatrikuleringsball\n2026 ".to_owned(),
            approach: Approach::Web,
            return_url: "https://plass.example/back?a=1&b=2".to_owned(),
            merchant_serial_number: "123456".to_owned(),
            callback_prefix: String::new(),
            payer: UserId(Uuid::nil()),
        });
        assert_eq!(
            body,
            concat!(
                r#"{"amount":{"currency":"NOK","value":25000},"paymentMethod":{"type":"WALLET"},"#,
                r#""reference":"plass-0123456789","userFlow":"WEB_REDIRECT","#,
                r#""returnUrl":"https://plass.example/back?a=1&b=2","paymentDescription":"Immatrikuleringsball 2026"}"#
            )
        );
    }

    #[test]
    fn money_is_moved_by_an_amount_that_is_said() {
        let amount = Money { amount: Ore(100), currency: Currency::Eur };
        assert_eq!(modification_body(amount), r#"{"modificationAmount":{"currency":"EUR","value":100}}"#);
        assert_eq!(close_body(), r#"{"cancelTransactionOnly":true}"#);
    }

    #[test]
    fn descriptions_fit() {
        let long = "å".repeat(101);
        let cases = [
            ("", "...".to_owned()),
            ("5k", "5k.".to_owned()),
            (" \t\n ", "...".to_owned()),
            ("Bedpres med\u{0}Ås", "Bedpres med Ås".to_owned()),
            (&long, "å".repeat(100)),
            (&"🎓".repeat(60), "🎓".repeat(50)),
            (&format!("{} b", "a".repeat(99)), "a".repeat(99)),
        ];
        for (text, expected) in cases {
            assert_eq!(description(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_amount_is_read_whole_or_not_at_all() {
        let cases = [
            (r#"{"currency":"NOK","value":0}"#, Some(0)),
            (r#"{"currency":"NOK","value":25000,"new":true}"#, Some(25_000)),
            (r#"{"currency":"NOK","value":9223372036854775807}"#, Some(i64::MAX)),
            (r#"{"currency":"NOK","value":9223372036854775808}"#, None),
            (r#"{"currency":"NOK","value":-1}"#, None),
            (r#"{"currency":"NOK","value":100.0}"#, None),
            (r#"{"currency":"NOK","value":1e2}"#, None),
            (r#"{"currency":"NOK","value":"100"}"#, None),
            (r#"{"currency":"NOK","value":null}"#, None),
            (r#"{"currency":"SEK","value":100}"#, None),
            (r#"{"currency":"nok","value":100}"#, None),
            (r#"{"value":100}"#, None),
        ];
        for (text, expected) in cases {
            let read = whole(text).read::<AmountIn>().and_then(|amount| amount.money());
            assert_eq!(read.ok().map(|money| money.amount.0), expected, "{text}");
        }
    }

    #[test]
    fn bodies_in_strange_clothes_are_read_and_never_repeated() {
        let read = |body: &Body| body.read::<CreateIn>();
        assert_eq!(read(&whole("\u{feff}{\"reference\":\"a\"}")).unwrap().reference, "a");
        assert_eq!(read(&Body::Whole(b"{\"reference\":\"a\",\"x\":\"Sj\xf8\"}".to_vec())).unwrap().redirect_url, None);
        let error = read(&whole(r#"{"reference":"a","redirectUrl":4712345678}"#)).unwrap_err();
        assert!(!error.to_string().contains("4712345678"), "{error}");
        for body in [whole(""), whole("<html>"), whole("[]"), Body::TooLarge, Body::Broken("cut".to_owned())] {
            assert!(read(&body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn the_log_is_told_oldest_first() {
        let line = |at: &str, name: &str| {
            format!(
                r#"{{"reference":"r","pspReference":"p-{name}","name":"{name}","amount":{{"currency":"NOK","value":1}},
                    "timestamp":"{at}","idempotencyKey":null,"success":true,"paymentAction":"X"}}"#
            )
        };
        let text = format!(
            "[{},{},{}]",
            line("2026-02-02T12:00:02.1234567Z", "CAPTURED"),
            line("2026-02-02T13:00:01+01:00", "AUTHORIZED"),
            line("2026-02-02T12:00:00", "CREATED")
        );
        let lines = whole(&text).read().and_then(log_lines).unwrap();
        let told: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.at.timestamp_subsec_millis())).collect();
        assert_eq!(told, [("CREATED", 0), ("AUTHORIZED", 0), ("CAPTURED", 123)]);
        let no_time = whole(&format!("[{}]", line("yesterday", "CREATED"))).read().and_then(log_lines);
        assert!(no_time.is_err());
    }
}
