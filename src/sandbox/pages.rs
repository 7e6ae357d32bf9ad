//! The landing page: where a person plays the payer.
//!
//! Plain forms, no script. The page's token is known to nobody but whoever was sent here, so no other site can press
//! its buttons; the `Host` is checked all the same.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::control::names_this_machine;
use super::office::Office;
use super::payment::{Payment, State};
use super::refusal::Refusal;
use crate::clock::Timestamp;

/// The landing page's two routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/landing", web::get().to(open)).route("/landing", web::post().to(press));
}

#[derive(Template)]
#[template(path = "sandbox/landing.html")]
struct Landing {
    amount: String,
    description: String,
    reference: String,
    /// Empty when nothing can be done any more.
    token: String,
    minutes_left: i64,
    /// Why the last card was refused; empty when none was.
    refused: String,
    /// What happened in the end; empty while the payer can act.
    outcome: &'static str,
    return_url: String,
}

#[derive(Template)]
#[template(path = "sandbox/unknown.html")]
struct Unknown {}

#[derive(Deserialize)]
struct Opened {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    token: String,
    act: Button,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Button {
    Approve,
    Decline,
    Cancel,
}

async fn open(office: Data<Office>, request: HttpRequest, opened: Option<Query<Opened>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let Some(opened) = opened else { return unknown() };
    let page = office.change(|world, now| {
        world.catch_up(now);
        world.landed(&opened.token).map(|payment| landing(payment, now))
    });
    match page {
        Ok(Some(page)) => html(StatusCode::OK, &page),
        Ok(None) => unknown(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn press(office: Data<Office>, request: HttpRequest, pressed: Option<Form<Pressed>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let Some(Form(pressed)) = pressed else { return unknown() };
    let acted = office.change(|world, now| {
        world.catch_up(now);
        let (msn, reference) = world.landed(&pressed.token).map(name)?;
        let done = world.act((&msn, &reference), None, now, |payment, stamp| match pressed.act {
            Button::Approve => payment.approve(stamp),
            Button::Decline => payment.decline(),
            Button::Cancel => payment.abort(stamp),
        });
        // A button of an old page changes nothing; the page then says what happened before.
        let refused = matches!(&done, Err(refusal) if *refusal != Refusal::UnknownReference);
        let payment = world.payment(&msn, &reference).ok()?;
        let still_open = payment.state == State::Created && payment.processing_until.is_none();
        let stays = refused || still_open;
        Some(if stays { Err(landing(payment, now)) } else { Ok(payment.terms.return_url.clone()) })
    });
    match acted {
        Ok(Some(Ok(return_url))) => {
            HttpResponse::SeeOther().insert_header((LOCATION, return_url)).insert_header(NO_STORE).finish()
        }
        Ok(Some(Err(page))) => html(StatusCode::OK, &page),
        Ok(None) => unknown(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn name(payment: &Payment) -> (String, String) {
    (payment.msn.clone(), payment.terms.reference.clone())
}

fn landing(payment: &Payment, now: Timestamp) -> Landing {
    let outcome = match payment.state {
        State::Created if payment.processing_until.is_some() => "The bank has not answered yet. This may take an hour.",
        State::Created => "",
        State::Authorized if payment.refunded > 0 && payment.refundable() == 0 => "Paid, and given back.",
        State::Authorized if payment.refunded > 0 => "Paid, and partly given back.",
        State::Authorized if payment.captured > 0 => "Paid.",
        State::Authorized if payment.cancelled > 0 => "Approved, and then released by the merchant.",
        State::Authorized => "Approved. The money is reserved.",
        State::Aborted => "Cancelled by you.",
        State::Expired => "The time ran out.",
        State::Terminated => "Cancelled by the merchant.",
    };
    let kroner = payment.terms.value / 100;
    let oere = payment.terms.value % 100;
    Landing {
        amount: format!("{kroner}.{oere:02} {}", payment.terms.currency),
        description: payment.terms.description.clone().unwrap_or_default(),
        reference: payment.terms.reference.clone(),
        token: if outcome.is_empty() { payment.landing_token.clone() } else { String::new() },
        minutes_left: (payment.expires_at - now).num_seconds().max(0).div_euclid(60) + 1,
        refused: if outcome.is_empty() { payment.card_refused.clone().unwrap_or_default() } else { String::new() },
        outcome,
        return_url: payment.terms.return_url.clone(),
    }
}

const NO_STORE: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "no-store");

fn unknown() -> HttpResponse {
    html(StatusCode::NOT_FOUND, &Unknown {})
}

fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
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
