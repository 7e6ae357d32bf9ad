//! Reads requests of the provider's API strictly: unknown fields, wrong types and values out of bounds are refused.
//!
//! Pure. What it lets through is valid, so the world behind it checks states and sums only.

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::call::BadField;
use super::payment::{Terms, Way};
use super::refusal::Refusal;
use super::wire::{self, Currency, MethodType, UserFlow};

const AMOUNT_MIN: i64 = 100;
/// 650 000.00 in minor units.
const AMOUNT_MAX: i64 = 65_000_000;
const URL_MAX: usize = 2_500;
const SCOPES: [&str; 6] = ["name", "address", "email", "phoneNumber", "birthDate", "nin"];

/// Why a request is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum No {
    /// A rule with a domain code.
    Refused(Refusal),
    /// These fields cannot be understood.
    Malformed(Vec<BadField>),
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads a JSON body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, No> {
    serde_json::from_slice(body).map_err(|cause| {
        let says = cause.to_string();
        // The parser names the field between the first two backticks: "unknown field `foo`, expected …".
        let field = says.split('`').nth(1).filter(|_| says.contains(" field ")).unwrap_or("body").to_owned();
        No::Malformed(vec![(field, says)])
    })
}

/// Reads a JSON body that may be empty.
pub(super) fn parse_or_default<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, No> {
    if body.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { parse(body) }
}

/// The reference a create names, even when the rest of its body is wrong: the limits are counted by it.
pub(super) fn reference_in(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("reference").and_then(|reference| reference.as_str()).unwrap_or_default().to_owned()
}

/// A reference that a payment may have.
pub(super) fn is_reference(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Reads and checks `POST /payments`.
pub(super) fn new_payment(body: &[u8]) -> Result<Terms, No> {
    let wanted: wire::CreatePayment = parse(body)?;
    if !is_reference(&wanted.reference) {
        return malformed("reference", "Must match ^[a-zA-Z0-9-]{8,64}$.");
    }
    check_amount(&wanted.amount)?;
    check_texts(&wanted)?;
    check_customer(wanted.customer.as_ref())?;
    match (wanted.payment_method.r#type, wanted.user_flow) {
        (MethodType::Card | MethodType::CardPassthrough, _) => return Err(Refusal::CannotBeCreated.into()),
        (MethodType::Wallet, _) => {}
    }
    let way = match wanted.user_flow {
        UserFlow::WebRedirect | UserFlow::NativeRedirect => Way::Page,
        UserFlow::Qr => Way::Code,
        UserFlow::PushMessage => Way::Push,
    };
    match (way, wanted.expires_at.is_some()) {
        (_, false) => {}
        (Way::Page, true) => return malformed("expiresAt", "Can only be used with PUSH_MESSAGE or QR."),
        (Way::Code | Way::Push, true) => return Err(Refusal::LongLivingNotAllowed.into()),
    }
    check_way(way, &wanted)?;
    check_metadata(wanted.metadata.as_ref())?;
    let scope = wanted.profile.and_then(|profile| profile.scope).filter(|scope| !scope.is_empty());
    if scope.as_deref().is_some_and(|scope| scope.split(' ').any(|word| !SCOPES.contains(&word))) {
        return Err(Refusal::BadScope.into());
    }
    Ok(Terms {
        reference: wanted.reference,
        currency: "NOK".to_owned(),
        value: wanted.amount.value,
        return_url: wanted.return_url,
        way,
        phone: wanted.customer.as_ref().and_then(|customer| customer.phone_number.clone()),
        customer_token: wanted.customer.and_then(|customer| customer.customer_token),
        description: wanted.payment_description,
        scope,
        metadata: wanted.metadata,
    })
}

/// What each way to a payment needs.
fn check_way(way: Way, wanted: &wire::CreatePayment) -> Result<(), No> {
    match (way, &wanted.return_url) {
        (Way::Page, None) => return Err(Refusal::MissingParameter.into()),
        (_, Some(url)) => check_url(url, Schemes::HttpsOrCustom)?,
        (Way::Code | Way::Push, None) => {}
    }
    // Pictures of codes are not drawn here: only what they say is told.
    let wants_text = wanted.qr_format.as_ref().is_some_and(|format| format.format == "TEXT/TARGETURL");
    if way == Way::Code && !wants_text {
        return Err(Refusal::CannotBeCreated.into());
    }
    let Some(customer) = &wanted.customer else {
        return if way == Way::Push { Err(Refusal::MissingParameter.into()) } else { Ok(()) };
    };
    // Scanning somebody's own code is not imitated.
    if way == Way::Push && customer.personal_qr.is_some() {
        return Err(Refusal::BadPersonalQr.into());
    }
    Ok(())
}

/// Reads `POST …/capture` and `POST …/refund`: the amount, which must be in the currency of the sales unit.
pub(super) fn modification(body: &[u8]) -> Result<i64, No> {
    let wanted: wire::Modification = parse(body)?;
    if wanted.modification_amount.currency != Currency::Nok {
        return Err(Refusal::WrongCurrency.into());
    }
    if !(0..=AMOUNT_MAX).contains(&wanted.modification_amount.value) {
        return Err(Refusal::InvalidAmount.into());
    }
    Ok(wanted.modification_amount.value)
}

/// Reads `POST /test/payments/{reference}/approve`: the landing token, if the caller names it.
pub(super) fn force_approve(body: &[u8]) -> Result<Option<String>, No> {
    let wanted: wire::ForceApprove = parse_or_default(body)?;
    check_customer(wanted.customer.as_ref())?;
    Ok(wanted.token)
}

/// Reads `POST /webhooks/v1/webhooks`.
pub(super) fn registration(body: &[u8]) -> Result<wire::Register, No> {
    let wanted: wire::Register = parse(body)?;
    if check_url(&wanted.url, Schemes::Https).is_err() {
        return malformed("url", "Must be a valid https URL.");
    }
    Ok(wanted)
}

/// Whether a host name means this machine.
pub(super) fn is_loopback_host(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Schemes {
    Https,
    HttpsOrCustom,
}

/// The one leniency of the sandbox: `http` is let through for hosts that are this machine.
fn check_url(text: &str, schemes: Schemes) -> Result<(), Refusal> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= URL_MAX).ok_or(Refusal::BadUrl)?;
    let good = match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback_host),
        "javascript" | "data" | "file" | "vbscript" | "ftp" | "ws" | "wss" | "blob" => false,
        _ => schemes == Schemes::HttpsOrCustom,
    };
    if good { Ok(()) } else { Err(Refusal::BadUrl) }
}

fn check_amount(amount: &wire::Amount) -> Result<(), Refusal> {
    if amount.currency != Currency::Nok {
        return Err(Refusal::WrongCurrency);
    }
    match amount.value {
        ..=-1 => Err(Refusal::InvalidAmount),
        0..AMOUNT_MIN => Err(Refusal::TooSmall),
        AMOUNT_MIN..=AMOUNT_MAX => Ok(()),
        _ => Err(Refusal::InvalidAmount),
    }
}

fn check_texts(wanted: &wire::CreatePayment) -> Result<(), No> {
    let length = wanted.payment_description.as_ref().map(|text| text.chars().count());
    if length.is_some_and(|length| !(3..=100).contains(&length)) {
        return malformed("paymentDescription", "Must have 3 to 100 characters.");
    }
    let links = wanted.merchant_legal_links.iter();
    let links = links.flat_map(|links| [&links.terms_of_sale_url, &links.privacy_policy_url]);
    for link in links.chain([&wanted.receipt_url]).flatten() {
        check_url(link, Schemes::HttpsOrCustom)?;
    }
    let Some(receipt) = &wanted.receipt else { return Ok(()) };
    if receipt.order_lines.is_empty() {
        return malformed("orderLines", "At least one line is required.");
    }
    for line in &receipt.order_lines {
        if line.name.is_empty() || line.id.is_empty() {
            return malformed("orderLines", "A line needs a name and an id.");
        }
        if line.tax_rate.is_none() && line.tax_percentage.is_none() {
            return malformed("orderLines", "A line needs a taxRate.");
        }
    }
    if receipt.bottom_line.currency != wanted.amount.currency {
        return malformed("bottomLine", "Must have the currency of the amount.");
    }
    Ok(())
}

fn check_customer(customer: Option<&wire::Customer>) -> Result<(), No> {
    let Some(customer) = customer else { return Ok(()) };
    let named = [&customer.phone_number, &customer.personal_qr, &customer.customer_token];
    if named.into_iter().flatten().count() != 1 {
        return malformed("customer", "Exactly one of phoneNumber, personalQr and customerToken.");
    }
    let is_phone = |phone: &String| (9..=15).contains(&phone.len()) && phone.bytes().all(|byte| byte.is_ascii_digit());
    if customer.phone_number.as_ref().is_some_and(|phone| !is_phone(phone)) {
        return Err(Refusal::BadPhoneNumber.into());
    }
    if customer.personal_qr.as_ref().is_some_and(|code| !(5..=255).contains(&code.len())) {
        return Err(Refusal::BadPersonalQr.into());
    }
    if customer.customer_token.as_ref().is_some_and(String::is_empty) {
        return Err(Refusal::BadCustomerToken.into());
    }
    Ok(())
}

fn check_metadata(metadata: Option<&serde_json::Map<String, serde_json::Value>>) -> Result<(), No> {
    let Some(metadata) = metadata else { return Ok(()) };
    if metadata.len() > 5 {
        return Err(Refusal::TooMuchMetadata.into());
    }
    for (key, value) in metadata {
        let Some(value) = value.as_str() else { return malformed("metadata", "Values must be strings.") };
        if key.chars().count() > 100 {
            return Err(Refusal::LongMetadataKey.into());
        }
        if value.chars().count() > 500 {
            return Err(Refusal::LongMetadataValue.into());
        }
    }
    Ok(())
}

fn malformed<T>(field: &str, reason: &str) -> Result<T, No> {
    Err(No::Malformed(vec![(field.to_owned(), reason.to_owned())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(change: Value) -> Vec<u8> {
        let mut body = json!({
            "amount": {"currency": "NOK", "value": 25_000}, "paymentMethod": {"type": "WALLET"},
            "reference": "order-0001", "userFlow": "WEB_REDIRECT", "returnUrl": "https://example.com/back",
        });
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    #[track_caller]
    fn check(change: Value, expected: &str) {
        let found = match new_payment(&body(change)) {
            Ok(_) => "ok".to_owned(),
            Err(No::Refused(refusal)) => refusal.code().to_owned(),
            Err(No::Malformed(fields)) => fields[0].0.clone(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn good_requests_pass() {
        check(json!({}), "ok");
        check(json!({"returnUrl": "http://127.0.0.1:8080/back"}), "ok");
        check(json!({"returnUrl": "http://[::1]:8080/back"}), "ok");
        check(json!({"returnUrl": "myapp://back"}), "ok");
        check(json!({"customer": {"phoneNumber": "4712345678"}, "metadata": {"a": "b"}}), "ok");
        check(json!({"userFlow": "QR", "qrFormat": {"format": "TEXT/TARGETURL"}, "returnUrl": null}), "ok");
        let phone = json!({"phoneNumber": "4712345678"});
        check(json!({"userFlow": "PUSH_MESSAGE", "customer": phone, "returnUrl": null}), "ok");
        check(json!({"userFlow": "PUSH_MESSAGE", "customer": {"customerToken": "t"}}), "ok");
        check(json!({"profile": {"scope": "name email"}, "paymentDescription": "Julebord"}), "ok");
    }

    #[test]
    fn bad_fields_are_named() {
        check(json!({"surprise": 1}), "surprise");
        check(json!({"amount": {"currency": "NOK", "value": 100, "vat": 1}}), "vat");
        check(json!({"reference": "short"}), "reference");
        check(json!({"reference": "with_underscore"}), "reference");
        check(json!({"paymentDescription": "no"}), "paymentDescription");
        check(json!({"paymentDescription": "x".repeat(101)}), "paymentDescription");
        check(json!({"customer": {}}), "customer");
        check(json!({"expiresAt": "2026-01-01T00:00:00Z"}), "expiresAt");
        assert!(matches!(new_payment(b"{}"), Err(No::Malformed(fields)) if fields[0].0 == "amount"));
        assert!(matches!(new_payment(b"not json"), Err(No::Malformed(_))));
    }

    #[test]
    fn broken_rules_have_codes() {
        check(json!({"amount": {"currency": "NOK", "value": 99}}), "6010");
        check(json!({"amount": {"currency": "NOK", "value": -1}}), "4040");
        check(json!({"amount": {"currency": "NOK", "value": 65_000_001}}), "4040");
        check(json!({"amount": {"currency": "DKK", "value": 1_000}}), "5040");
        check(json!({"returnUrl": "http://example.com/back"}), "4090");
        check(json!({"returnUrl": "javascript:alert(1)"}), "4090");
        check(json!({"returnUrl": null}), "4140");
        check(json!({"userFlow": "PUSH_MESSAGE"}), "4140");
        check(json!({"userFlow": "PUSH_MESSAGE", "customer": {"personalQr": "12345"}}), "4060");
        check(json!({"userFlow": "QR"}), "5070");
        check(json!({"userFlow": "QR", "qrFormat": {"format": "IMAGE/PNG"}}), "5070");
        let (expires, phone) = ("2026-01-01T00:00:00Z", json!({"phoneNumber": "4712345678"}));
        check(json!({"userFlow": "PUSH_MESSAGE", "customer": phone, "expiresAt": expires}), "5050");
        check(json!({"paymentMethod": {"type": "CARD"}}), "5070");
        check(json!({"customer": {"phoneNumber": "+4712345678"}}), "4070");
        check(json!({"profile": {"scope": "shoeSize"}}), "4080");
        check(json!({"metadata": {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6"}}), "4100");
        check(json!({"metadata": {"a": "x".repeat(501)}}), "4120");
    }
}
