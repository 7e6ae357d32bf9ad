//! The page behind a one-time link: a form that sets a password, without signing in. It sets no cookie, loads nothing
//! from elsewhere, and names nobody.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;

use super::Answered;
use super::body::Body;
use super::error::ApiError;
use super::page::read_query;
use crate::domain::refusal::Refusal;
use crate::domain::user::PASSWORD_LENGTH;
use crate::flows::accept_invite::{accept_invite, look_at_invite};
use crate::flows::app::App;
use crate::store::Stop;

#[derive(Template)]
#[template(path = "pages/invite.html")]
struct InvitePage {
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
struct Form {
    password: String,
}

/// `GET /invite/{token}`
pub(super) async fn show(app: Data<App>, token: Path<String>) -> Answered {
    answer(look_at_invite(&app, &token).await, State::Open)
}

/// `POST /invite/{token}`
pub(super) async fn accept(app: Data<App>, token: Path<String>, body: Body) -> Answered {
    let form = std::str::from_utf8(body.bytes()?).ok().and_then(|text| read_query::<Form>(text).ok());
    let Some(form) = form else {
        return Err(ApiError::bad_request("bad_request", "the form has one field, password"));
    };
    answer(accept_invite(&app, &token, &form.password).await, State::Done)
}

fn answer(result: Result<(), Stop>, success: State) -> Answered {
    match result {
        Ok(()) => write(success, StatusCode::OK),
        Err(Stop::Refused(refusal)) if refusal == Refusal::LinkExpired => refuse(State::Expired, refusal),
        Err(Stop::Refused(Refusal::Invalid(errors))) => refuse(State::Wrong, Refusal::Invalid(errors)),
        Err(stop) => Err(stop.into()),
    }
}

fn refuse(state: State, refusal: Refusal) -> Answered {
    write(state, ApiError::Refused(refusal).status())
}

fn write(state: State, status: StatusCode) -> Answered {
    let page = InvitePage { state, shortest: *PASSWORD_LENGTH.start(), longest: *PASSWORD_LENGTH.end() };
    let html = page.render().map_err(|error| ApiError::Bug(format!("rendering the invite page: {error}")))?;
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(html))
}
