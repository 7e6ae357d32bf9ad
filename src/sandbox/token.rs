//! Access tokens of the simulated provider: JWTs in three parts, an hour long, in machine time.
//!
//! The sandbox reads back only what it signed itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::delivery::hmac_sha256;
use crate::clock::Timestamp;

/// Tokens of the test environment live so long.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// Real tokens have over a thousand characters; whoever stores them must have room.
const FILLER: usize = 800;

/// The answer to a token request. All values are strings, as the contract has them.
pub(super) fn issue(signing_key: &str, now: Timestamp) -> Value {
    let expires = now + LIFE;
    let header = encode(&json!({ "typ": "JWT", "alg": "HS256", "kid": "sandbox" }));
    let claims = encode(&json!({
        "iss": "sandbox",
        "iat": now.timestamp(),
        "nbf": now.timestamp(),
        "exp": expires.timestamp(),
        "filler": "x".repeat(FILLER),
    }));
    let token = format!("{header}.{claims}.{}", signature(signing_key, &header, &claims));
    json!({
        "token_type": "Bearer",
        "expires_in": LIFE.num_seconds().to_string(),
        "ext_expires_in": "0",
        "expires_on": expires.timestamp().to_string(),
        "not_before": now.timestamp().to_string(),
        "resource": "00000002-0000-0000-c000-000000000000",
        "access_token": token,
    })
}

/// Whether an `Authorization` header carries a token that was issued here and has not expired.
pub(super) fn is_good(signing_key: &str, authorization: &str, now: Timestamp) -> bool {
    let Some(token) = authorization.strip_prefix("Bearer ") else { return false };
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let claimed = URL_SAFE_NO_PAD.decode(claims).ok();
    let claimed: Option<Value> = claimed.and_then(|claims| serde_json::from_slice(&claims).ok());
    let expires = claimed.and_then(|claims| claims.get("exp")?.as_i64());
    signed == signature(signing_key, header, claims) && expires.is_some_and(|expires| now.timestamp() < expires)
}

fn signature(signing_key: &str, header: &str, claims: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(signing_key.as_bytes(), format!("{header}.{claims}").as_bytes()))
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;

    #[test]
    fn a_token_is_good_for_an_hour_and_only_here() {
        let now = at_millis(1_767_225_600_000);
        let issued = issue("key", now);
        let token = issued["access_token"].as_str().expect("a token");
        let bearer = format!("Bearer {token}");
        assert!(token.len() > 1_000 && token.split('.').count() == 3);
        assert!(is_good("key", &bearer, now));
        assert!(!is_good("key", &bearer, now + TimeDelta::hours(1)));
        assert!(!is_good("other key", &bearer, now));
        assert!(!is_good("key", token, now));
        assert!(!is_good("key", &bearer.replace("Bearer", "bearer"), now));
    }
}
