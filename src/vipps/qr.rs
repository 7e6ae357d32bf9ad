//! Codes at the door: their list at the provider, and what a webhook about a scan says (Vipps QR API, "Merchant
//! callback"). Nothing here decides whom a scan is for.

use chrono::DateTime;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::{Call, Caller};
use super::refusal::Kind;
use super::transport::segment;
use super::webhooks::NoEvent;
use super::{ListedCode, ProviderError, wire};
use crate::clock::{Timestamp, at_millis};
use crate::domain::door::Scan;

/// Somebody scanned a code.
pub const CHECKED_IN: &str = "user.checked-in.v1";

const PATH: &str = "/qr/v1/merchant-callback";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeIn {
    merchant_qr_id: String,
    #[serde(default)]
    location_description: Option<String>,
    qr_content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeOut<'a> {
    location_description: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanIn {
    customer_token: String,
    merchant_qr_id: String,
    #[serde(default)]
    initiated_at: Option<String>,
}

/// Reads a body whose signature was verified. A scan that does not say when it was is one of now: its token dies no
/// later than that.
pub fn parse_scan(body: &[u8], now: Timestamp) -> Result<Scan, NoEvent> {
    let scan: ScanIn = serde_json::from_slice(body).map_err(|_error| NoEvent)?;
    if scan.customer_token.is_empty() || scan.merchant_qr_id.is_empty() {
        return Err(NoEvent);
    }
    let told = scan.initiated_at.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let at = told.map_or(now, |at| at_millis(at.timestamp_millis()).min(now));
    Ok(Scan { code: scan.merchant_qr_id, token: scan.customer_token, at })
}

/// The codes of this sales unit.
pub(super) async fn list(caller: &Caller) -> Result<Vec<ListedCode>, ProviderError> {
    let call = Call {
        endpoint: "GET merchant-callback",
        kind: Kind::Reads,
        method: Method::GET,
        path: PATH.to_owned(),
        body: "",
        key: None,
    };
    let answer = caller.call(&call).await?;
    let codes: Vec<CodeIn> = answer.body.read().map_err(|error| call.unreadable(&error))?;
    let listed = |code: CodeIn| ListedCode {
        id: code.merchant_qr_id,
        location: code.location_description.unwrap_or_default(),
        content: code.qr_content,
    };
    Ok(codes.into_iter().map(listed).collect())
}

/// Makes a code, or changes where it hangs.
pub(super) async fn put(caller: &Caller, id: &str, location: &str, key: &str) -> Result<(), ProviderError> {
    let body = wire::json(&CodeOut { location_description: location });
    change(caller, "PUT merchant-callback/{id}", Method::PUT, (id, &body, key)).await
}

/// Deletes a code.
pub(super) async fn delete(caller: &Caller, id: &str, key: &str) -> Result<(), ProviderError> {
    change(caller, "DELETE merchant-callback/{id}", Method::DELETE, (id, "", key)).await
}

async fn change(
    caller: &Caller,
    endpoint: &'static str,
    method: Method,
    (id, body, key): (&str, &str, &str),
) -> Result<(), ProviderError> {
    let path = format!("{PATH}/{}", segment(id));
    let call = Call { endpoint, kind: Kind::Changes, method, path, body, key: Some(key) };
    caller.call(&call).await.map(|_done| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<(&str, &str, i64)>) {
        let now = at_millis(1_800_000_000_000);
        let read = parse_scan(body.as_bytes(), now).ok();
        let told = read.as_ref().map(|scan| (scan.code.as_str(), scan.token.as_str(), scan.at.timestamp_millis()));
        assert_eq!(told, expected, "{body}");
    }

    #[test]
    fn a_scan_says_which_code_and_stands_for_a_person() {
        for number in ["msn", "merchantSerialNumber"] {
            check(
                &format!(
                    r#"{{"customerToken":"t","merchantQrId":"door-1","{number}":"123456","initiatedAt":"2027-01-15T07:59:00Z"}}"#
                ),
                Some(("door-1", "t", 1_799_999_940_000)),
            );
        }
        let now = Some(("a", "t", 1_800_000_000_000));
        check(r#"{"customerToken":"t","merchantQrId":"a"}"#, now);
        check(r#"{"customerToken":"t","merchantQrId":"a","initiatedAt":"soon"}"#, now);
        check(r#"{"customerToken":"t","merchantQrId":"a","initiatedAt":"2099-01-01T00:00:00Z"}"#, now);
        for body in ["", "{}", r#"{"customerToken":"","merchantQrId":"a"}"#, r#"{"customerToken":"t"}"#] {
            check(body, None);
        }
    }
}
