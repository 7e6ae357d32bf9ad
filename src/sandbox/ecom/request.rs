//! Reads requests of eCom strictly: names are exact, unknown fields and values out of bounds are refused, and what makes
//! the real service fail fails here too. Pure.

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::Begun;
use super::refusal::No;
use crate::sandbox::payment::{Terms, Way};
use crate::sandbox::request::is_loopback_host;

const TEXT_MAX: usize = 100;
const URL_MAX: usize = 255;
const AMOUNT_MIN: i64 = 100;
const AMOUNT_MAX: i64 = 65_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Initiate {
    customer_info: CustomerInfo,
    merchant_info: MerchantInfo,
    transaction: NewTransaction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomerInfo {
    mobile_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MerchantInfo {
    merchant_serial_number: String,
    callback_prefix: String,
    fall_back: String,
    auth_token: Option<String>,
    #[serde(rename = "isApp")]
    _is_app: Option<bool>,
    payment_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewTransaction {
    order_id: String,
    amount: i64,
    transaction_text: String,
    skip_landing_page: Option<bool>,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Action {
    merchant_info: Seller,
    transaction: Acted,
    should_release_remaining_funds: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seller {
    merchant_serial_number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Acted {
    amount: Option<i64>,
    transaction_text: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Approve {
    customer_phone_number: Option<String>,
    token: Option<String>,
}

/// What is asked of a payment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Empty means all there is.
    pub(super) amount: Option<i64>,
    /// Whether what is left after a part was taken is to be released.
    pub(super) releases_rest: bool,
    pub(super) text: String,
}

/// The order that an initiate names, even when the rest of its body is wrong: the limits are counted by it.
pub(super) fn order_in(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.pointer("/transaction/orderId").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Reads `POST /payments` of this sales unit.
pub(super) fn initiate(body: &[u8], msn: &str) -> Result<(Terms, Begun), No> {
    let wanted: Initiate = parse(body)?;
    let (merchant, transaction) = (wanted.merchant_info, wanted.transaction);
    check_seller(&merchant.merchant_serial_number, msn)?;
    if wanted.customer_info.mobile_number.is_some_and(|number| !is_mobile(&number)) {
        return Err(No::UnknownUser);
    }
    if transaction.skip_landing_page == Some(true) || transaction.scope.is_some() {
        // Only for sales units that were let in.
        return Err(No::Field("transaction.skipLandingPage"));
    }
    check_url(&merchant.callback_prefix, false).map_err(|()| No::Field("merchantInfo.callbackPrefix"))?;
    check_url(&merchant.fall_back, true).map_err(|()| No::Field("merchantInfo.fallBack"))?;
    if merchant.auth_token.as_ref().is_some_and(|token| token.len() > 255) {
        return Err(No::Field("merchantInfo.authToken"));
    }
    if merchant.payment_type.is_some_and(|kind| kind != "eComm Regular Payment") {
        return Err(No::Field("merchantInfo.paymentType"));
    }
    if !is_order(&transaction.order_id) {
        return Err(No::Field("transaction.orderId"));
    }
    if !(AMOUNT_MIN..=AMOUNT_MAX).contains(&transaction.amount) {
        return Err(No::Field("transaction.amount"));
    }
    check_text(&transaction.transaction_text)?;
    let terms = Terms {
        reference: transaction.order_id,
        currency: "NOK".to_owned(),
        value: transaction.amount,
        return_url: Some(merchant.fall_back),
        way: Way::Page,
        phone: None,
        customer_token: None,
        description: Some(transaction.transaction_text),
        scope: None,
        metadata: None,
    };
    let begun = Begun {
        callback_prefix: merchant.callback_prefix.trim_end_matches('/').to_owned(),
        auth_token: merchant.auth_token,
        refused_cards: Vec::new(),
    };
    Ok((terms, begun))
}

/// Reads capture and refund: an amount of zero, or none, means all.
pub(super) fn modification(body: &[u8], msn: &str) -> Result<Wanted, No> {
    let wanted = action(body, msn)?;
    if wanted.releases_rest {
        return Err(No::Field("shouldReleaseRemainingFunds"));
    }
    Ok(wanted)
}

/// Reads cancel, which takes no amount.
pub(super) fn cancel(body: &[u8], msn: &str) -> Result<Wanted, No> {
    let wanted = action(body, msn)?;
    if wanted.amount.is_some() {
        return Err(No::Field("transaction.amount"));
    }
    Ok(wanted)
}

fn action(body: &[u8], msn: &str) -> Result<Wanted, No> {
    let wanted: Action = parse(body)?;
    check_seller(&wanted.merchant_info.merchant_serial_number, msn)?;
    check_text(&wanted.transaction.transaction_text)?;
    let amount = wanted.transaction.amount;
    if amount.is_some_and(|amount| !(0..=AMOUNT_MAX).contains(&amount)) {
        return Err(No::Field("transaction.amount"));
    }
    Ok(Wanted {
        amount: amount.filter(|amount| *amount > 0),
        releases_rest: wanted.should_release_remaining_funds == Some(true),
        text: wanted.transaction.transaction_text,
    })
}

/// Reads a force approve: the token of the landing page, if the caller names it.
pub(super) fn approve(body: &[u8]) -> Result<Option<String>, No> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let wanted: Approve = parse(body)?;
    if wanted.customer_phone_number.is_some_and(|number| !is_mobile(&number)) {
        return Err(No::UnknownUser);
    }
    Ok(wanted.token)
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, No> {
    let value: Value = serde_json::from_slice(body).map_err(|_no_json| No::Field("body"))?;
    let merchant = |name: &str| value.pointer(&format!("/merchantInfo/{name}"));
    if merchant("fallback").is_some() || merchant("merchantSerialNumber").is_some_and(Value::is_number) {
        return Err(No::Broken);
    }
    serde_json::from_value(value).map_err(|_other_shape| No::Field("body"))
}

fn check_seller(named: &str, msn: &str) -> Result<(), No> {
    let is_number = (5..=6).contains(&named.len()) && named.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(No::Field("merchantInfo.merchantSerialNumber"));
    }
    if named == msn { Ok(()) } else { Err(No::OtherMerchant) }
}

fn check_text(text: &str) -> Result<(), No> {
    if (1..=TEXT_MAX).contains(&text.chars().count()) { Ok(()) } else { Err(No::Field("transaction.transactionText")) }
}

fn is_mobile(number: &str) -> bool {
    number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_order(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The one leniency, as everywhere in the sandbox: `http` is let through for hosts that are this machine.
fn check_url(text: &str, may_open_an_app: bool) -> Result<(), ()> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= URL_MAX).ok_or(())?;
    let good = match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback_host),
        "javascript" | "data" | "file" | "vbscript" | "ftp" | "ws" | "wss" | "blob" => false,
        _ => may_open_an_app,
    };
    if good { Ok(()) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order() -> Value {
        json!({
            "merchantInfo": {
                "merchantSerialNumber": "123456", "callbackPrefix": "https://a.example/hook",
                "fallBack": "https://a.example/back", "authToken": "t", "isApp": false,
                "paymentType": "eComm Regular Payment",
            },
            "customerInfo": {"mobileNumber": "91234567"},
            "transaction": {"orderId": "o-1", "amount": 100, "transactionText": "x"},
        })
    }

    #[track_caller]
    fn check(pointer: &str, value: Value, expected: &No) {
        let mut body = order();
        let (object, name) = pointer.rsplit_once('/').expect("a field");
        body.pointer_mut(object).expect("an object")[name] = value;
        assert_eq!(initiate(body.to_string().as_bytes(), "123456").unwrap_err(), *expected, "{pointer}");
    }

    #[test]
    fn an_initiate_is_read_by_its_exact_names() {
        let (terms, begun) = initiate(order().to_string().as_bytes(), "123456").expect("an initiate");
        assert_eq!(
            (terms.reference.as_str(), terms.value, terms.return_url.as_deref().unwrap_or_default()),
            ("o-1", 100, "https://a.example/back")
        );
        assert_eq!(begun.auth_token.as_deref(), Some("t"));
        check("/merchantInfo/fallback", json!("https://a.example/back"), &No::Broken);
        check("/merchantInfo/merchantSerialNumber", json!(123_456), &No::Broken);
        check("/merchantInfo/merchantSerialNumber", json!("654321"), &No::OtherMerchant);
        check("/merchantInfo/merchantSerialNumber", json!("1234"), &No::Field("merchantInfo.merchantSerialNumber"));
        check("/merchantInfo/callbackPrefix", json!("http://a.example"), &No::Field("merchantInfo.callbackPrefix"));
        check("/merchantInfo/fallBack", json!("javascript:alert(1)"), &No::Field("merchantInfo.fallBack"));
        check("/merchantInfo/authToken", json!("t".repeat(256)), &No::Field("merchantInfo.authToken"));
        check("/merchantInfo/paymentType", json!("eComm Express Payment"), &No::Field("merchantInfo.paymentType"));
        check("/transaction/orderId", json!("o_1"), &No::Field("transaction.orderId"));
        check("/transaction/orderId", json!("o".repeat(51)), &No::Field("transaction.orderId"));
        check("/transaction/amount", json!(99), &No::Field("transaction.amount"));
        check("/transaction/amount", json!(100.5), &No::Field("body"));
        check("/transaction/transactionText", json!("x".repeat(101)), &No::Field("transaction.transactionText"));
        check("/transaction/currency", json!("NOK"), &No::Field("body"));
        check("/customerInfo/mobileNumber", json!("4791234567"), &No::UnknownUser);
    }
}
