//! Webhooks: who registered for them, and sending one, once, signed as Áskell signs. Only ever to this machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::Sha512;

use crate::clock::Timestamp;
use crate::sandbox::request::is_loopback_host;

/// A registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Hook {
    pub(super) id: u64,
    pub(super) account: String,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) secret: String,
}

impl Hook {
    /// True when it is for this event, by name or by `payment.*`.
    pub(super) fn wants(&self, event: &str) -> bool {
        let is_for =
            |wanted: &String| wanted == event || wanted.strip_suffix('*').is_some_and(|all| event.starts_with(all));
        self.events.iter().any(is_for)
    }
}

/// A webhook on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Bell {
    pub(in crate::sandbox) number: u64,
    pub(super) hook: u64,
    pub(super) event: String,
    pub(super) body: String,
    pub(super) next_at: Timestamp,
}

/// Sends it; nobody asks how it went.
pub(in crate::sandbox) async fn send(client: &reqwest::Client, to: &Hook, bell: &Bell) {
    let Some(url) = Url::parse(&to.url).ok().filter(|url| url.host_str().is_some_and(is_loopback_host)) else {
        tracing::warn!(webhook = to.id, "not delivered: the sandbox calls this machine only");
        return;
    };
    let request = client
        .post(url)
        .header("Content-Type", "application/json")
        .header("Hook-Event", &bell.event)
        .header("Hook-API-Version", "v1")
        .header("Hook-HMAC", sign(&to.secret, &bell.body))
        .body(bell.body.clone());
    if let Err(error) = request.send().await {
        tracing::debug!(webhook = to.id, error = %error, "webhook not answered");
    }
}

/// The signature of a body. The secret is taken as text.
pub(super) fn sign(secret: &str, body: &str) -> String {
    #[expect(clippy::expect_used, reason = "this hash takes a key of any length")]
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_with_the_secret_as_text() {
        let signature = sign("key", "The quick brown fox jumps over the lazy dog");
        assert_eq!(
            signature,
            "tCrwkFe6weLUFwjkipAuCbX/fxKrQopP6GZTxz3SSPuC+UilSfe3kaW0GRXuTR7Dk1NX5OIxclDQNyr6Lr7rOg=="
        );
    }
}
