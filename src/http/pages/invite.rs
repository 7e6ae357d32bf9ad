//! The page behind a one-time link: a form that sets a password, without signing in. It sets no cookie, loads nothing
//! from elsewhere, and names nobody.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;

use super::frame::Frame;
use super::visitor::{address_of, language_of};
use super::{render, secret_html};
use crate::domain::refusal::Refusal;
use crate::domain::user::PASSWORD_LENGTH;
use crate::flows::accept_invite::{accept_invite, look_at_invite};
use crate::flows::app::App;
use crate::http::Answered;
use crate::http::body::Body;
use crate::http::error::{ApiError, Malformed};
use crate::http::read::read_query;
use crate::store::Stop;

#[derive(Template)]
#[template(path = "pages/invite.html")]
struct InvitePage {
    frame: Frame,
    state: State,
    shortest: usize,
    longest: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Wrong,
    Done,
    Expired,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    password: String,
}

/// `GET /invite/{token}`
pub(crate) async fn show(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    answer(&app, &request, look_at_invite(&app, &token).await, State::Open)
}

/// `POST /invite/{token}`
pub(crate) async fn accept(app: Data<App>, request: HttpRequest, token: Path<String>, body: Body) -> Answered {
    let form = std::str::from_utf8(body.bytes()?).ok().and_then(|text| read_query::<Fields>(text).ok());
    let Some(form) = form else {
        return Err(ApiError::Malformed(Malformed::FormLacks("password")));
    };
    answer(&app, &request, accept_invite(&app, &token, &form.password).await, State::Done)
}

fn answer(app: &App, request: &HttpRequest, result: Result<(), Stop>, success: State) -> Answered {
    let (state, status) = match result {
        Ok(()) => (success, StatusCode::OK),
        Err(Stop::Refused(refusal @ Refusal::LinkExpired)) => (State::Expired, ApiError::from(refusal).status()),
        Err(Stop::Refused(refusal @ Refusal::Invalid(_))) => (State::Wrong, ApiError::from(refusal).status()),
        Err(stop) => return Err(stop.into()),
    };
    let frame = Frame::plain(app, language_of(request), &address_of(request));
    let language = frame.language;
    let page = InvitePage { frame, state, shortest: *PASSWORD_LENGTH.start(), longest: *PASSWORD_LENGTH.end() };
    Ok(secret_html(status, render(&page, language)))
}
