//! What goes over the wire to eCom and comes back: the names are exactly those of the contract (`fallBack` with a capital
//! B, the number of the sales unit as a text). Nothing here sends anything, and no secret is in a body that is stored.

use serde::{Deserialize, Serialize};

use crate::domain::ids::PaymentId;
use crate::domain::money::{Currency, Money};
use crate::vipps::wire::{description, json};
use crate::vipps::{CallbackToken, NewPayment};

/// Where the token goes: the first thing in a stored body. No text of a person can come before it.
const MERCHANT: &str = r#"{"merchantInfo":{"#;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitiateOut<'a> {
    // The first: see MERCHANT.
    merchant_info: MerchantOut<'a>,
    customer_info: NobodyOut,
    transaction: TransactionOut<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MerchantOut<'a> {
    merchant_serial_number: &'a str,
    callback_prefix: &'a str,
    fall_back: &'a str,
    payment_type: &'static str,
}

#[derive(Serialize)]
struct NobodyOut {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransactionOut<'a> {
    order_id: &'a str,
    amount: i64,
    transaction_text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionOut<'a> {
    merchant_info: SellerOut<'a>,
    transaction: ActedOut<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    should_release_remaining_funds: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SellerOut<'a> {
    merchant_serial_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    transaction_text: &'a str,
}

/// The body of an initiate, without the token. eCom has no field for a currency: what is not in kroner has no body, and
/// so is never sent.
pub fn initiate_body(payment: &NewPayment) -> String {
    match payment.price.currency {
        Currency::Nok => json(&InitiateOut {
            merchant_info: MerchantOut {
                merchant_serial_number: &payment.merchant_serial_number,
                callback_prefix: &payment.callback_prefix,
                fall_back: &payment.return_url,
                payment_type: "eComm Regular Payment",
            },
            customer_info: NobodyOut {},
            transaction: TransactionOut {
                order_id: payment.reference.as_str(),
                amount: payment.price.amount.0,
                transaction_text: description(&payment.description),
            },
        }),
        Currency::Dkk | Currency::Eur | Currency::Isk => String::new(),
    }
}

/// A stored body with the token in its place; empty when it is none of ours.
pub(super) fn with_token(body: &str, token: &CallbackToken) -> Option<String> {
    let rest = body.strip_prefix(MERCHANT)?;
    Some(format!("{MERCHANT}\"authToken\":{},{rest}", json(&token.as_str())))
}

/// The body of a capture or a refund. The amount is always said: to leave it out would mean all.
pub(super) fn modification_body(seller: &str, payment: &PaymentId, amount: Money) -> String {
    json(&ActionOut {
        merchant_info: SellerOut { merchant_serial_number: seller },
        transaction: ActedOut { amount: Some(amount.amount.0), transaction_text: payment.as_str() },
        should_release_remaining_funds: None,
    })
}

/// The body of a cancel. Only one that releases touches what is left after a part was taken.
pub(super) fn cancel_body(seller: &str, payment: &PaymentId, releases: bool) -> String {
    json(&ActionOut {
        merchant_info: SellerOut { merchant_serial_number: seller },
        transaction: ActedOut { amount: None, transaction_text: payment.as_str() },
        should_release_remaining_funds: releases.then_some(true),
    })
}

/// The answer to an initiate.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InitiatedIn {
    pub(super) order_id: String,
    #[serde(default)]
    pub(super) url: Option<String>,
}

/// The answer to a question about a payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DetailsIn {
    #[serde(default)]
    pub(super) order_id: Option<String>,
    /// Newest first.
    pub(super) transaction_log_history: Vec<EntryIn>,
}

/// One line of the log. Ids come as texts and as numbers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryIn {
    pub(super) operation: String,
    pub(super) operation_success: bool,
    pub(super) amount: serde_json::Number,
    #[serde(default)]
    pub(super) time_stamp: Option<String>,
    #[serde(default)]
    pub(super) request_id: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{Reference, UserId};
    use crate::domain::money::Ore;
    use crate::vipps::Approach;

    fn payment(currency: Currency) -> NewPayment {
        NewPayment {
            reference: Reference("plass-0123456789".to_owned()),
            price: Money { amount: Ore(25_000), currency },
            description: "Fest {\"merchantInfo\":{ \u{1f389}".to_owned(),
            approach: Approach::Web,
            return_url: "https://plass.example/pay/x/return".to_owned(),
            merchant_serial_number: "123456".to_owned(),
            callback_prefix: "https://plass.example/webhooks/vipps/u".to_owned(),
            payer: UserId(Uuid::nil()),
        }
    }

    #[test]
    fn an_initiate_is_stored_without_the_token_and_sent_with_it() {
        let stored = initiate_body(&payment(Currency::Nok));
        assert_eq!(
            stored,
            concat!(
                r#"{"merchantInfo":{"merchantSerialNumber":"123456","#,
                r#""callbackPrefix":"https://plass.example/webhooks/vipps/u","#,
                r#""fallBack":"https://plass.example/pay/x/return","paymentType":"eComm Regular Payment"},"#,
                r#""customerInfo":{},"transaction":{"orderId":"plass-0123456789","amount":25000,"#,
                "\"transactionText\":\"Fest {\\\"merchantInfo\\\":{ \u{1f389}\"}}"
            )
        );
        let sent = with_token(&stored, &CallbackToken::of(b"secret")).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(value["merchantInfo"]["authToken"], "c2VjcmV0");
        value["merchantInfo"].as_object_mut().unwrap().remove("authToken");
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(&stored).unwrap());
    }

    #[test]
    fn other_currencies_and_other_bodies_are_never_sent() {
        let token = CallbackToken::of(b"secret");
        for body in [&initiate_body(&payment(Currency::Eur)), &initiate_body(&payment(Currency::Dkk)), "", "{}", "[]"] {
            assert_eq!(with_token(body, &token), None, "{body}");
        }
    }

    #[test]
    fn money_is_moved_by_an_amount_that_is_said() {
        let wanted = Reference("plass-0123456789".to_owned()).into();
        let amount = Money { amount: Ore(100), currency: Currency::Nok };
        let seller = r#"{"merchantInfo":{"merchantSerialNumber":"123456"},"transaction":{"#;
        let text = r#""transactionText":"plass-0123456789"}"#;
        assert_eq!(modification_body("123456", &wanted, amount), format!("{seller}\"amount\":100,{text}}}"));
        assert_eq!(cancel_body("123456", &wanted, false), format!("{seller}{text}}}"));
        assert_eq!(
            cancel_body("123456", &wanted, true),
            format!("{seller}{text},\"shouldReleaseRemainingFunds\":true}}")
        );
    }
}
