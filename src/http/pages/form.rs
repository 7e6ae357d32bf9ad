//! Forms that pages send. A form is taken from our own pages only: the browser says where it comes from, and whoever is
//! signed in shows the token that his pages carry.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, dev};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::session::session_secret;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::page_session::is_form_token;
use crate::http::body::Body;
use crate::http::error::{ApiError, Malformed};
use crate::http::read::read_query;

/// What needs no token. Whoever signs in has none yet, and the demo's clock is also on pages that know nobody.
const NOBODYS: [&str; 2] = ["/login", "/demo/clock"];

/// The field that carries the token.
const TOKEN_FIELD: &str = "form_token=";

/// A form as it came. What is wrong with it is said when it is read.
pub(crate) struct Form<T>(Result<T, ApiError>);

/// A form that only has a button.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFields {}

impl<T> Form<T> {
    /// The fields.
    pub(crate) fn read(self) -> Result<T, ApiError> {
        self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let body = Body::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Ok(Self(read(&request, &body.await?))) })
    }
}

fn read<T: DeserializeOwned>(request: &HttpRequest, body: &Body) -> Result<T, ApiError> {
    let Some(app) = request.app_data::<Data<App>>() else {
        return Err(ApiError::Bug("the routes were built without an app".to_owned()));
    };
    if !is_from_here(request.headers(), &app.settings.public_url) {
        return Err(Refusal::FormExpired.into());
    }
    let bytes = body.bytes()?;
    let text = std::str::from_utf8(bytes).map_err(|_not_text| ApiError::Malformed(Malformed::Unreadable))?;
    let (tokens, fields): (Vec<&str>, Vec<&str>) =
        text.split('&').filter(|field| !field.is_empty()).partition(|field| field.starts_with(TOKEN_FIELD));
    if let Some(secret) = session_secret(app, request).filter(|_| !NOBODYS.contains(&request.path())) {
        let shown = tokens.first().and_then(|field| field.strip_prefix(TOKEN_FIELD)).unwrap_or_default();
        if !is_form_token(app, &secret, shown) {
            return Err(Refusal::FormExpired.into());
        }
    }
    read_query(&fields.join("&"))
}

/// Browsers say which page a form was sent from. Programs that are no browser say nothing, and carry nobody's cookies.
fn is_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // Where a browser says this it is the truth, and `Origin` may be hidden by a page that tells nobody its address.
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == public_url || (host.is_some() && host == text(header::HOST))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], expected: bool) {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(is_from_here(&map, "https://plass.example.org"), expected, "{headers:?}");
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        check(&[], true);
        check(&[("origin", "https://plass.example.org")], true);
        check(&[("origin", "https://plass.example.org"), ("sec-fetch-site", "same-origin")], true);
        check(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true);
        check(&[("origin", "https://evil.example"), ("host", "plass.example.org")], false);
        check(&[("origin", "null"), ("host", "plass.example.org")], false);
        check(&[("origin", "null")], false);
        check(&[("origin", "null"), ("sec-fetch-site", "same-origin")], true);
        check(&[("origin", "null"), ("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-site"), ("origin", "https://plass.example.org")], false);
    }
}
