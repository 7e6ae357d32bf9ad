//! Signing in and out on the pages, and the language. A login is a cookie that no script reads and no other site sends.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;

use super::form::{Form, NoFields};
use super::frame::Frame;
use super::visitor::Visitor;
use super::{Language, html, render, see_other};
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::page_session::{log_in_on_pages, log_out_on_pages};
use crate::flows::tokens::REFRESH_TOKEN_LIFE;
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::extract::ClientAddress;
use crate::http::page::Query;
use crate::store::Stop;

/// The cookie that holds the language somebody chose.
pub(super) const LANGUAGE_COOKIE: &str = "plass_language";

/// How long a choice of language is remembered, in days.
const LANGUAGE_KEPT_DAYS: i64 = 365;

// A browser takes a cookie of the first name only over TLS, from this very host, for all of it.
fn cookie_name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-plass_session" } else { "plass_session" }
}

fn is_secure(app: &App) -> bool {
    app.settings.public_url.starts_with("https://")
}

/// The secret in the cookie.
pub(super) fn session_secret(app: &App, request: &HttpRequest) -> Option<String> {
    request.cookie(cookie_name(app)).map(|cookie| cookie.value().to_owned())
}

fn session_cookie(app: &App, secret: String, life: Duration) -> Cookie<'static> {
    Cookie::build(cookie_name(app), secret)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure(app))
        .max_age(life)
        .finish()
}

/// A path of this house; anything else leads to the start.
pub(super) fn path_within(path: Option<String>) -> String {
    let is_ours = |path: &String| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t', '\0'])
    };
    path.filter(is_ours).unwrap_or_else(|| "/".to_owned())
}

#[derive(Template)]
#[template(path = "pages/login.html")]
struct LoginPage<'a> {
    frame: &'a Frame,
    next: &'a str,
    email: &'a str,
    wrong: Option<&'a str>,
}

/// Where to go once signed in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Next {
    next: Option<String>,
}

/// `GET /login`.
pub(crate) async fn show(visitor: Visitor, query: Query<Next>) -> Answered {
    let next = path_within(query.0.next);
    if visitor.caller.is_some() {
        return Ok(see_other(&next));
    }
    let page = LoginPage { frame: &visitor.frame, next: &next, email: "", wrong: None };
    Ok(html(StatusCode::OK, render(&page, visitor.frame.language)))
}

/// Who signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
}

/// `POST /login`.
pub(crate) async fn log_in(
    visitor: Visitor,
    from: ClientAddress,
    request: HttpRequest,
    form: Form<Credentials>,
) -> Answered {
    let Credentials { email, password, next } = form.read()?;
    let (app, next) = (&visitor.app, path_within(next));
    let secret = match log_in_on_pages(app, from.0, &email, &password).await {
        Ok(secret) => secret,
        Err(Stop::Refused(
            refusal @ (Refusal::InvalidCredentials | Refusal::TooManyRequests { .. } | Refusal::Overloaded),
        )) => {
            let error = ApiError::from(refusal);
            let wrong = login_words(&error, visitor.frame.language);
            let page = LoginPage { frame: &visitor.frame, next: &next, email: &email, wrong: Some(wrong) };
            return Ok(html(error.status(), render(&page, visitor.frame.language)));
        }
        Err(stop) => return Err(stop.into()),
    };
    // Whoever was signed in on this browser is not any more.
    if let Some(old) = session_secret(app, &request) {
        log_out_on_pages(app, &old).await?;
    }
    let mut response = see_other(&next);
    let cookie = session_cookie(app, secret, Duration::seconds(REFRESH_TOKEN_LIFE.num_seconds()));
    response.add_cookie(&cookie).map_err(cannot_be_set)?;
    Ok(response)
}

fn login_words(error: &ApiError, language: Language) -> &'static str {
    if error.status() == StatusCode::UNAUTHORIZED {
        language.pick("E-postadressen eller passordet er feil.", "The email address or the password is wrong.")
    } else {
        language
            .pick("For mange forsøk. Vent litt, og prøv igjen.", "Too many attempts. Wait a little, then try again.")
    }
}

/// `POST /logout`.
pub(crate) async fn log_out(visitor: Visitor, request: HttpRequest, form: Form<NoFields>) -> Answered {
    form.read()?;
    if let Some(secret) = session_secret(&visitor.app, &request) {
        log_out_on_pages(&visitor.app, &secret).await?;
    }
    let mut response = see_other("/");
    let cookie = session_cookie(&visitor.app, String::new(), Duration::ZERO);
    response.add_cookie(&cookie).map_err(cannot_be_set)?;
    Ok(response)
}

/// Where to go back to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Back {
    back: Option<String>,
}

/// `GET /language/{language}`.
pub(crate) async fn choose_language(app: Data<App>, word: Path<String>, query: Query<Back>) -> Answered {
    let language = Language::of_word(&word).ok_or(Refusal::NotFound)?;
    let cookie = Cookie::build(LANGUAGE_COOKIE, language.tag())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure(&app))
        .max_age(Duration::days(LANGUAGE_KEPT_DAYS))
        .finish();
    let mut response = see_other(&path_within(query.0.back));
    response.add_cookie(&cookie).map_err(cannot_be_set)?;
    Ok(response)
}

fn cannot_be_set(error: impl std::fmt::Display) -> ApiError {
    ApiError::Bug(format!("a cookie cannot be set: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_house() {
        for path in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nb", "/\t/evil"] {
            assert_eq!(path_within(Some(path.to_owned())), "/", "{path}");
        }
        assert_eq!(path_within(Some("/my?a=b".to_owned())), "/my?a=b");
        assert_eq!(path_within(None), "/");
    }
}
