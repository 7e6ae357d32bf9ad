//! What a browser sees instead of a page when something is in the way: the same problems as in the API, in words for
//! people and in their language.

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::frame::{Frame, Ways};
use super::message::{MessagePage, render_message};
use super::visitor::{address_of, language_of};
use super::{html, secret_html, see_other};
use crate::flows::app::App;
use crate::http::error::ApiError;
use crate::http::request_id::request_id;

/// True when whoever asks is looking at pages: at one of ours, or at none with a browser.
pub(crate) fn wants_page(request: &HttpRequest) -> bool {
    match request.match_pattern() {
        Some(pattern) => !["/api/", "/webhooks/", "/health/", "/assets/"].iter().any(|door| pattern.starts_with(door)),
        None => {
            let accepts = request.headers().get(header::ACCEPT).and_then(|text| text.to_str().ok());
            !request.path().starts_with("/api/") && accepts.is_some_and(|text| text.contains("text/html"))
        }
    }
}

/// The page about a problem; somebody who only has to sign in is led there.
pub(crate) fn problem_page(app: &App, request: &HttpRequest, error: &ApiError) -> HttpResponse {
    let address = address_of(request);
    if error.status() == StatusCode::UNAUTHORIZED {
        let is_read = *request.method() == Method::GET || *request.method() == Method::HEAD;
        let back = if is_read { address.as_str() } else { "/" };
        return see_other(&Frame::plain(app, language_of(request), back).login_path());
    }
    let known = request.extensions().get::<Frame>().cloned();
    let is_link = request.path().starts_with("/pay/");
    let frame = known.unwrap_or_else(|| Frame {
        ways: (!is_link).then_some(Ways { reader: None, has_letters: app.letterbox.is_some() }),
        ..Frame::plain(app, language_of(request), &address)
    });
    let status = error.status();
    let page = if is_link && status == StatusCode::NOT_FOUND {
        MessagePage::no_such_link(frame)
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        MessagePage::one_moment(frame, None)
    } else if status.is_server_error() {
        MessagePage::our_fault(frame, Some(request_id(request)))
    } else {
        MessagePage::about(frame, error)
    };
    // Elsewhere the page has forms of its own, which have to say where they come from.
    if is_link || request.path().starts_with("/invite/") {
        secret_html(status, render_message(&page))
    } else {
        html(status, render_message(&page))
    }
}
