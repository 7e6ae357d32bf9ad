//! Webhooks of Áskell: their registrations, their signature, and what an incoming one says. A webhook is only a bell:
//! it is signed without a time, so it can be replayed, and a bell that rings twice changes nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha512;

use super::call::{Call, Caller, Kind};
use super::list;
use super::wire::json;
use crate::domain::ids::Reference;
use crate::vipps::transport::segment;
use crate::vipps::{ProviderError, Registered};

/// What is asked for: everything about payments.
const EVENTS: [&str; 1] = ["payment.*"];

/// True when the body was signed with one of these secrets: base64 of HMAC-SHA-512 over the raw body, keyed with the
/// secret as text. Compared in constant time, and every secret is tried.
pub fn verify(body: &[u8], signature: &str, secrets: &[String]) -> bool {
    let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
    let mut is_good = false;
    for secret in secrets {
        if let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(secret.as_bytes()) {
            mac.update(body);
            is_good |= mac.verify_slice(&signature).is_ok();
        }
    }
    is_good
}

/// The payment that a webhook is about, in either of its shapes: `{event, sender, data}` or the bare object.
pub fn reference_in(body: &[u8]) -> Option<Reference> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let payment = said.get("data").filter(|data| data.is_object()).unwrap_or(&said);
    let reference = payment.get("reference")?.as_str().filter(|reference| !reference.is_empty())?;
    Some(Reference(reference.to_owned()))
}

#[derive(Deserialize)]
struct RegisteredIn {
    id: Value,
    url: String,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    hmac_secret: Option<String>,
}

impl RegisteredIn {
    /// Its id, which is a number or a text.
    fn id(&self) -> String {
        self.id.as_str().map_or_else(|| self.id.to_string(), str::to_owned)
    }
}

#[derive(Serialize)]
struct RegisterOut<'a> {
    url: &'a str,
    events: [&'static str; 1],
}

async fn listed(caller: &Caller) -> Result<Vec<RegisteredIn>, ProviderError> {
    list::whole(caller, "GET webhooks", "/webhooks/").await
}

/// The registrations of this account.
pub(super) async fn list(caller: &Caller) -> Result<Vec<Registered>, ProviderError> {
    let listed = listed(caller).await?.into_iter();
    Ok(listed.map(|one| Registered { id: one.id(), url: one.url, events: one.events }).collect())
}

/// Registers a URL; the registration's id and its secret, which the list shows too.
pub(super) async fn register(caller: &Caller, url: &str) -> Result<(String, String), ProviderError> {
    let call = Call {
        endpoint: "POST webhooks",
        kind: Kind::Changes,
        method: Method::POST,
        path: "/webhooks/".to_owned(),
        body: &json(&RegisterOut { url, events: EVENTS }),
    };
    let made: RegisteredIn = caller.call(&call).await?.read().map_err(|error| call.unreadable(&error))?;
    let id = made.id();
    let secret = match made.hmac_secret {
        Some(secret) => Some(secret),
        None => listed(caller).await?.into_iter().find(|one| one.id() == id).and_then(|one| one.hmac_secret),
    };
    let secret = secret.filter(|secret| !secret.is_empty());
    secret
        .map(|secret| (id, secret))
        .ok_or_else(|| ProviderError::Unknown { reason: "a webhook without a secret".into() })
}

/// Deletes a registration.
pub(super) async fn delete(caller: &Caller, id: &str) -> Result<(), ProviderError> {
    let call = Call {
        endpoint: "DELETE webhooks/{id}",
        kind: Kind::Changes,
        method: Method::DELETE,
        path: format!("/webhooks/{}/", segment(id)),
        body: "",
    };
    caller.call(&call).await.map(|_done| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl dgst -sha512 -hmac key -binary | base64`, over the sentence that RFC 4231 and others sign.
    const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";
    const SIGNATURE: &str = "tCrwkFe6weLUFwjkipAuCbX/fxKrQopP6GZTxz3SSPuC+UilSfe3kaW0GRXuTR7Dk1NX5OIxclDQNyr6Lr7rOg==";

    #[test]
    fn a_webhook_of_askell_is_signed_over_its_raw_body() {
        let secrets = |secrets: &[&str]| -> Vec<String> { secrets.iter().map(|one| (*one).to_owned()).collect() };
        assert!(verify(BODY, SIGNATURE, &secrets(&["key"])));
        assert!(verify(BODY, SIGNATURE, &secrets(&["other", "key"])));
        assert!(!verify(BODY, SIGNATURE, &secrets(&["other"])));
        assert!(!verify(BODY, SIGNATURE, &[]));
        assert!(!verify(b"The quick brown fox", SIGNATURE, &secrets(&["key"])));
        for wrong in ["", "%", "aGVs", &SIGNATURE[4..]] {
            assert!(!verify(BODY, wrong, &secrets(&["key"])), "{wrong}");
        }
    }

    #[test]
    fn both_shapes_name_their_payment() {
        let found = |body: &str| reference_in(body.as_bytes()).map(|reference| reference.0);
        let named = Some("plass-1".to_owned());
        assert_eq!(
            found(r#"{"event":"payment.changed","sender":"a","data":{"uuid":"u","reference":"plass-1"}}"#),
            named
        );
        assert_eq!(found(r#"{"uuid":"u","reference":"plass-1","state":"settled"}"#), named);
        for none in ["", "[]", "{}", r#"{"reference":""}"#, r#"{"data":{"reference":7}}"#, r#"{"data":[],"x":1}"#] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
