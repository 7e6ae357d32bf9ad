//! Sends webhooks, signed as the provider signs them.
//!
//! Only ever to this machine: a registration for any other host counts as one that does not answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Url, redirect};
use sha2::{Digest as _, Sha256};

use super::SandboxError;
use super::hooks::{Delivery, Registration};
use super::request::is_loopback_host;
use crate::clock::Timestamp;

/// The provider waits so long for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Servers hang up on who says nothing for a while: a connection that was idle for longer is not used again.
const IDLE_MAX: Duration = Duration::from_secs(2);

/// The client that webhooks are sent with: no proxy, no redirects, ten seconds.
pub(super) fn client() -> Result<reqwest::Client, SandboxError> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .pool_idle_timeout(IDLE_MAX)
        .user_agent("plass-sandbox")
        .build()
        .map_err(SandboxError::Client)
}

/// Tries one delivery; true when it was taken with a 2xx.
pub(super) async fn send(client: &reqwest::Client, to: &Registration, delivery: &Delivery, now: Timestamp) -> bool {
    let Some(url) = Url::parse(&to.url).ok().filter(|url| url.host_str().is_some_and(is_loopback_host)) else {
        tracing::warn!(webhook = %to.id, "not delivered: the sandbox calls this machine only");
        return false;
    };
    let signed = sign(&to.secret, &url, &http_date(now), &delivery.body);
    let request = client
        .post(url)
        .header("Content-Type", "application/json")
        .header("Webhook-Id", to.id.to_string())
        .header("x-ms-date", &signed.date)
        .header("x-ms-content-sha256", &signed.content_sha256)
        .header("Authorization", &signed.authorization)
        .body(delivery.body.clone());
    match request.send().await {
        Ok(answer) if answer.status().is_success() => true,
        Ok(answer) => {
            tracing::debug!(webhook = %to.id, status = answer.status().as_u16(), "webhook not taken");
            false
        }
        Err(error) => {
            tracing::debug!(webhook = %to.id, error = %error, "webhook not answered");
            false
        }
    }
}

/// The headers that prove where a webhook comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) date: String,
    pub(super) content_sha256: String,
    pub(super) authorization: String,
}

/// Signs a body for a registered URL. The secret is taken as text and never base64-decoded.
pub(super) fn sign(secret: &str, url: &Url, date: &str, body: &str) -> Signed {
    let content_sha256 = STANDARD.encode(Sha256::digest(body.as_bytes()));
    let path_and_query = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    let text = format!("POST\n{path_and_query}\n{date};{host};{content_sha256}");
    let signature = STANDARD.encode(hmac_sha256(secret.as_bytes(), text.as_bytes()));
    Signed {
        date: date.to_owned(),
        content_sha256,
        authorization: format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"),
    }
}

/// The keyed hash that webhooks and access tokens are signed with.
pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "this hash takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn http_date(now: Timestamp) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;

    #[test]
    fn the_official_example_has_the_official_signature() {
        let url = Url::parse("https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63").expect("a url");
        let signed = sign(
            "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
            &url,
            &http_date(at_millis(1_680_165_512_000)),
            r#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#,
        );
        assert_eq!(
            signed,
            Signed {
                date: "Thu, 30 Mar 2023 08:38:32 GMT".to_owned(),
                content_sha256: "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=".to_owned(),
                authorization: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=\
                                agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="
                    .to_owned(),
            }
        );
    }

    #[test]
    fn the_signed_host_has_its_port_and_the_path_its_query() {
        let with = |url: &str| sign("secret", &Url::parse(url).expect("a url"), "now", "{}").authorization;
        assert_ne!(with("http://127.0.0.1:8080/hook"), with("http://127.0.0.1:8081/hook"));
        assert_ne!(with("http://127.0.0.1:8080/hook?a=1"), with("http://127.0.0.1:8080/hook"));
        assert_eq!(with("https://example.com:443/hook"), with("https://example.com/hook"));
    }
}
