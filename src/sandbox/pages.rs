//! The landing page: where a person plays the payer.
//!
//! Plain forms, no script. The page's token is known to nobody but whoever was sent here, so no other site can press
//! its buttons; the `Host` is checked all the same.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
};
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::control::names_this_machine;
use super::office::Office;
use super::payment::{Payment, State};
use super::refusal::Refusal;
use super::words::{self, Language};
use crate::clock::Timestamp;

/// The landing page's two routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/landing", web::get().to(open)).route("/landing", web::post().to(press));
}

#[derive(Template)]
#[template(path = "sandbox/landing.html")]
struct Landing {
    language: Language,
    amount: String,
    description: String,
    reference: String,
    /// Empty when nothing can be done any more.
    token: String,
    /// This page in the other language.
    other_page: String,
    minutes_left: i64,
    /// Why the last card was refused; empty when none was.
    refused: String,
    /// What happened in the end; empty while the payer can act.
    outcome: &'static str,
    return_url: String,
}

#[derive(Template)]
#[template(path = "sandbox/unknown.html")]
struct Unknown {
    language: Language,
}

#[derive(Deserialize)]
struct Opened {
    token: String,
    language: Option<Language>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    token: String,
    act: Button,
    language: Option<Language>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Button {
    Approve,
    Decline,
    Cancel,
}

pub(super) fn language_of(request: &HttpRequest, chosen: Option<Language>) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
    chosen.unwrap_or_else(|| Language::of_header(header))
}

async fn open(office: Data<Office>, request: HttpRequest, opened: Option<Query<Opened>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, opened.as_ref().and_then(|opened| opened.language));
    let Some(opened) = opened else { return unknown(language) };
    let page = office.change(|world, now| {
        world.catch_up(now);
        let payment = world.landed(&opened.token).filter(|payment| payment.opens_at(now));
        payment.map(|payment| landing(payment, now, language))
    });
    match page {
        Ok(Some(page)) => html(StatusCode::OK, &page),
        Ok(None) => unknown(language),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn press(office: Data<Office>, request: HttpRequest, pressed: Option<Form<Pressed>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, pressed.as_ref().and_then(|pressed| pressed.language));
    let Some(Form(pressed)) = pressed else { return unknown(language) };
    let acted = office.change(|world, now| {
        world.catch_up(now);
        let (msn, reference) = world.landed(&pressed.token).map(name)?;
        let done = world.act((&msn, &reference), None, now, |payment, stamp| match pressed.act {
            Button::Approve => payment.approve(stamp),
            Button::Decline => payment.decline(stamp),
            Button::Cancel => payment.abort(stamp),
        });
        // A button of an old page changes nothing; the page then says what happened before.
        let refused = matches!(&done, Err(refusal) if *refusal != Refusal::UnknownReference);
        let payment = world.payment(&msn, &reference).ok()?;
        let still_open = payment.state == State::Created && payment.processing_until.is_none();
        let stays = refused || still_open;
        Some(match payment.terms.return_url.clone().filter(|_| !stays) {
            Some(return_url) => Ok(return_url),
            None => Err(landing(payment, now, language)),
        })
    });
    match acted {
        Ok(Some(Ok(return_url))) => {
            HttpResponse::SeeOther().insert_header((LOCATION, return_url)).insert_header(NO_STORE).finish()
        }
        Ok(Some(Err(page))) => html(StatusCode::OK, &page),
        Ok(None) => unknown(language),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn name(payment: &Payment) -> (String, String) {
    (payment.msn.clone(), payment.terms.reference.clone())
}

fn landing(payment: &Payment, now: Timestamp, language: Language) -> Landing {
    let outcome = words::outcome(payment, language);
    let token = &payment.landing_token;
    let refused = payment.card_refused.as_deref().filter(|_| outcome.is_empty()).unwrap_or_default();
    Landing {
        language,
        amount: words::amount(payment.terms.value, &payment.terms.currency, language),
        description: payment.terms.description.clone().unwrap_or_default(),
        reference: payment.terms.reference.clone(),
        other_page: format!("/landing?token={token}&language={}", language.other().0.tag()),
        token: if outcome.is_empty() { token.clone() } else { String::new() },
        minutes_left: ((payment.expires_at - now).num_seconds() + 59).div_euclid(60).max(1),
        refused: words::refusal(refused, language).to_owned(),
        outcome,
        return_url: payment.terms.return_url.clone().unwrap_or_default(),
    }
}

pub(super) const NO_STORE: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "no-store");

pub(super) fn unknown(language: Language) -> HttpResponse {
    html(StatusCode::NOT_FOUND, &Unknown { language })
}

pub(super) fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header(NO_STORE)
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
            ))
            .body(body),
        Err(error) => {
            tracing::error!(error = %error, "a page of the sandbox cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
