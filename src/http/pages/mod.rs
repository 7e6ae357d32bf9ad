//! Pages for people: plain HTML that needs no JavaScript. What they show is decided elsewhere; here it is put into words.
//! What a payment link opens needs no login and says no name of any person.

pub(crate) mod assets;
pub mod code;
pub mod demo;
pub mod event;
mod form;
pub mod frame;
pub(crate) mod invite;
pub mod letters;
pub(crate) mod manage;
pub mod message;
pub mod money;
pub mod own;
pub mod pay;
pub(crate) mod problem;
pub mod returned;
pub(crate) mod session;
pub mod start;
pub mod visit;
mod visitor;
pub mod voice;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub use crate::words::{Language, pick_language};
pub use frame::Frame;
pub use money::MoneyBack;

/// What a page looks like at first glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is to be done.
    Open,
    /// We are finding out.
    Waiting,
    /// It is done.
    Good,
    /// It is over.
    Over,
}

impl Tone {
    /// The class in the stylesheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Over => "over",
        }
    }
}

/// The event as pages show it, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWords {
    /// The title.
    pub title: String,
    /// Where; may be empty.
    pub location: String,
    /// When it starts.
    pub starts: String,
    /// What a seat costs.
    pub price: String,
}

// Everything comes from this house, forms included.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// There is no form-action: browsers apply it to the redirect that follows the button too, and where the provider sends
// people on to, its app included, is the provider's business.
const PAYING_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How a policy names a style or a script that is part of its page.
pub(super) fn hash_of(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A page on its way. Nobody keeps it, for it depends on who asks; no other site learns its address; and nobody puts it
/// into a frame. Its own forms say where they come from, which a page without any referrer could not.
pub(super) fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::VARY, "Accept-Language, Cookie"))
        .body(page)
}

/// Like [`html`], for a page whose address is a secret: nobody at all learns it.
pub(super) fn secret_html(status: StatusCode, page: String) -> HttpResponse {
    let mut response = html(status, page);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Like [`secret_html`], for a page whose button leads to the payment provider.
pub(super) fn paying_html(status: StatusCode, page: String) -> HttpResponse {
    let mut response = secret_html(status, page);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAYING_POLICY));
    response
}

/// After a form: go there and read on.
pub(super) fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// Renders a page. The templates are compiled and write into a string, so there is nothing that could go wrong; should
/// it, the reader still gets a line.
fn render(page: &impl askama::Template, language: Language) -> String {
    page.render().unwrap_or_else(|error| {
        crate::telemetry::log_error_chain(&error, "a page could not be rendered");
        language.pick("Noe gikk galt. Prøv igjen.", "Something went wrong. Try again.").to_owned()
    })
}
