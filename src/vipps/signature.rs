//! Signatures of incoming webhooks. The path and the host are those of the registered URL, never those a proxy passed
//! on, and the secret is used as text, never base64-decoded. No date window is enforced: a retry may be a week late.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The names of the signed headers, in the order they are signed in.
const SIGNED_HEADERS: [&str; 3] = ["x-ms-date", "host", "x-ms-content-sha256"];

/// What a webhook came with.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Where we asked the provider to send; not the URL the request arrived at.
    pub registered_url: &'a str,
    /// The header `x-ms-date`.
    pub date: &'a str,
    /// The header `x-ms-content-sha256`.
    pub content_sha256: &'a str,
    /// The header `Authorization`.
    pub authorization: &'a str,
    /// The raw body.
    pub body: &'a [u8],
}

/// The headers that a signature consists of, beside the date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The header `x-ms-content-sha256`.
    pub content_sha256: String,
    /// The header `Authorization`.
    pub authorization: String,
}

/// True when one of the secrets signed this request. All are tried, in constant time for each.
pub fn verify(request: &SignedRequest<'_>, secrets: &[String]) -> bool {
    let Some(signature) = signature(request.authorization) else { return false };
    let content_sha256 = content_sha256(request.body);
    let Some(text) = string_to_sign(request.registered_url, request.date, &content_sha256) else { return false };
    let same_content: bool = content_sha256.as_bytes().ct_eq(request.content_sha256.trim().as_bytes()).into();
    let mut signed = false;
    // An empty secret would be a key that everybody has.
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        signed |= mac(secret, &text).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
    }
    signed & same_content
}

/// Signs a body as the provider does; `None` when the URL is none.
pub fn sign(registered_url: &str, date: &str, body: &[u8], secret: &str) -> Option<Signed> {
    let content_sha256 = content_sha256(body);
    let text = string_to_sign(registered_url, date, &content_sha256)?;
    let signature = STANDARD.encode(mac(secret, &text)?.finalize().into_bytes());
    let names = SIGNED_HEADERS.join(";");
    Some(Signed { content_sha256, authorization: format!("HMAC-SHA256 SignedHeaders={names}&Signature={signature}") })
}

fn content_sha256(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// `POST`, path and query, and the signed headers' values, on three lines.
fn string_to_sign(registered_url: &str, date: &str, content_sha256: &str) -> Option<String> {
    let url = Url::parse(registered_url).ok()?;
    let path_and_query = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = url.host_str()?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Some(format!("POST\n{path_and_query}\n{};{host};{content_sha256}", date.trim()))
}

fn mac(secret: &str, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

/// The signature in an `Authorization` header. Case and spaces of the names do not matter, since what is signed is
/// rebuilt from our side; other signed headers than ours do.
fn signature(authorization: &str) -> Option<Vec<u8>> {
    let (scheme, parameters) = authorization.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("HMAC-SHA256") {
        return None;
    }
    let parameter = |name: &str| {
        parameters.split('&').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    };
    let names = parameter("SignedHeaders")?.split(';').map(|name| name.trim().to_ascii_lowercase());
    if !names.eq(SIGNED_HEADERS) {
        return None;
    }
    STANDARD.decode(parameter("Signature")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The provider's published example.
    const SECRET: &str = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
    const DATE: &str = "Thu, 30 Mar 2023 08:38:32 GMT";
    const BODY: &str = r#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#;
    const URL: &str = "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63";
    const SHA: &str = "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=";
    const AUTHORIZATION: &str = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=";

    fn official() -> SignedRequest<'static> {
        SignedRequest {
            registered_url: URL,
            date: DATE,
            content_sha256: SHA,
            authorization: AUTHORIZATION,
            body: BODY.as_bytes(),
        }
    }

    #[track_caller]
    fn check(request: &SignedRequest<'_>, secrets: &[&str], expected: bool) {
        let secrets: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        assert_eq!(verify(request, &secrets), expected, "{request:?}");
    }

    #[test]
    fn the_official_vector_holds_both_ways() {
        check(&official(), &[SECRET], true);
        let signed = sign(URL, DATE, BODY.as_bytes(), SECRET).unwrap();
        assert_eq!((signed.content_sha256.as_str(), signed.authorization.as_str()), (SHA, AUTHORIZATION));
    }

    #[test]
    fn what_was_tampered_with_is_refused() {
        let official = official();
        let other_body = BODY.replace("hello", "hallo");
        let other_sha = content_sha256(other_body.as_bytes());
        let decoded_key = AUTHORIZATION
            .replace("agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=", "T3+NXHMmhNVEjW5PeJ4Gql70nf0MOXCAY9CoZDxuVQw=");
        let fewer_names = AUTHORIZATION.replace("x-ms-date;host;", "host;");
        let reordered = AUTHORIZATION.replace("x-ms-date;host;", "host;x-ms-date;");
        let cut = AUTHORIZATION.replace("v+U=", "");
        let cases = [
            SignedRequest { body: other_body.as_bytes(), ..official },
            SignedRequest { body: other_body.as_bytes(), content_sha256: &other_sha, ..official },
            SignedRequest { content_sha256: &other_sha, ..official },
            SignedRequest { content_sha256: "", ..official },
            SignedRequest { date: "Thu, 30 Mar 2023 08:38:33 GMT", ..official },
            SignedRequest { date: "", ..official },
            SignedRequest {
                registered_url: "https://webhook.example/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
                ..official
            },
            SignedRequest { registered_url: "https://webhook.site/other", ..official },
            SignedRequest {
                registered_url: "https://webhook.site:8080/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
                ..official
            },
            SignedRequest {
                registered_url: "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63?a=1",
                ..official
            },
            SignedRequest { registered_url: "no url", ..official },
            SignedRequest { authorization: &decoded_key, ..official },
            SignedRequest { authorization: &fewer_names, ..official },
            SignedRequest { authorization: &reordered, ..official },
            SignedRequest { authorization: &cut, ..official },
            SignedRequest { authorization: "Bearer abc", ..official },
            SignedRequest { authorization: "HMAC-SHA256", ..official },
            SignedRequest { authorization: "HMAC-SHA256 &&==;;", ..official },
            SignedRequest { authorization: "", ..official },
        ];
        for request in &cases {
            check(request, &[SECRET], false);
        }
    }

    #[test]
    fn names_of_headers_may_be_written_differently() {
        let official = official();
        for names in ["X-MS-Date;Host;X-MS-Content-SHA256", "x-ms-date; host; x-ms-content-sha256"] {
            let authorization = AUTHORIZATION.replace("x-ms-date;host;x-ms-content-sha256", names);
            check(&SignedRequest { authorization: &authorization, ..official }, &[SECRET], true);
        }
        for (from, to) in [("HMAC-SHA256 ", "hmac-sha256  "), ("&Signature=", " & signature = ")] {
            let authorization = AUTHORIZATION.replace(from, to);
            check(&SignedRequest { authorization: &authorization, ..official }, &[SECRET], true);
        }
    }

    #[test]
    fn every_live_secret_is_tried_and_an_empty_one_never() {
        let official = official();
        check(&official, &["old", SECRET], true);
        check(&official, &[SECRET, "new"], true);
        check(&official, &["old", "new"], false);
        check(&official, &[], false);
        let forged = sign(URL, DATE, BODY.as_bytes(), "").unwrap();
        check(&SignedRequest { authorization: &forged.authorization, ..official }, &["", SECRET], false);
    }

    #[test]
    fn a_port_and_a_query_are_signed_unless_the_port_goes_without_saying() {
        let with_port = sign("http://127.0.0.1:8080/a?b=c", DATE, b"", "s").unwrap();
        for (url, expected) in [("http://127.0.0.1:8080/a?b=c", true), ("http://127.0.0.1/a?b=c", false)] {
            let request = SignedRequest {
                registered_url: url,
                date: DATE,
                content_sha256: &with_port.content_sha256,
                authorization: &with_port.authorization,
                body: b"",
            };
            check(&request, &["s"], expected);
        }
        assert_eq!(sign("https://a.no:443/x", DATE, b"", "s"), sign("https://a.no/x", DATE, b"", "s"));
        assert_eq!(sign("data:,", DATE, b"", "s"), None);
    }
}
