//! The phone: a page on which somebody plays the person who scans a code at the door, and one with the payment requests
//! that a number has got. What is approved there is approved on the landing page.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::control::names_this_machine;
use super::office::Office;
use super::pages::{NO_STORE, html, language_of, unknown};
use super::payment::State;
use super::words::{self, Language};

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/scan", web::get().to(look_at))
        .route("/scan", web::post().to(scan))
        .route("/phone", web::get().to(phone));
}

#[derive(Template)]
#[template(path = "sandbox/scan.html")]
struct Scanned {
    language: Language,
    location: String,
    msn: String,
    code: String,
    is_no_number: bool,
}

#[derive(Template)]
#[template(path = "sandbox/phone.html")]
struct Phone {
    language: Language,
    number: String,
    requests: Vec<Request>,
}

/// A payment that waits for this phone.
struct Request {
    amount: String,
    description: String,
    path: String,
}

#[derive(Deserialize)]
struct Which {
    msn: String,
    code: String,
    language: Option<Language>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByWhom {
    msn: String,
    code: String,
    phone: String,
    language: Option<Language>,
}

#[derive(Deserialize)]
struct Whose {
    number: String,
    language: Option<Language>,
}

async fn look_at(office: Data<Office>, request: HttpRequest, which: Option<Query<Which>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, which.as_ref().and_then(|which| which.language));
    let Some(Query(which)) = which else { return unknown(language) };
    scan_page(&office, which.msn, which.code, language, false)
}

fn scan_page(office: &Office, msn: String, code: String, language: Language, is_no_number: bool) -> HttpResponse {
    let location = office.read(|world, _| world.codes().find(&msn, &code).map(|code| code.location.clone()));
    match location {
        Some(location) => html(StatusCode::OK, &Scanned { language, location, msn, code, is_no_number }),
        None => unknown(language),
    }
}

async fn scan(office: Data<Office>, request: HttpRequest, by: Option<Form<ByWhom>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, by.as_ref().and_then(|by| by.language));
    let Some(Form(by)) = by else { return unknown(language) };
    let number: String = by.phone.chars().filter(char::is_ascii_digit).collect();
    if !(9..=15).contains(&number.len()) {
        return scan_page(&office, by.msn, by.code, language, true);
    }
    let scanned = office.change(|world, now| world.scan((&by.msn, &by.code), &number, now));
    match scanned {
        Ok(true) => HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("/phone?number={number}&language={}", language.tag())))
            .insert_header(NO_STORE)
            .finish(),
        Ok(false) => unknown(language),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn phone(office: Data<Office>, request: HttpRequest, whose: Option<Query<Whose>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, whose.as_ref().and_then(|whose| whose.language));
    let Some(Query(whose)) = whose else { return unknown(language) };
    let requests = office.change(|world, now| {
        world.catch_up(now);
        let payments = world.payments().into_iter().rev();
        let waiting = payments.filter(|payment| {
            payment.terms.phone.as_deref() == Some(whose.number.as_str()) && payment.state == State::Created
        });
        waiting
            .map(|payment| Request {
                amount: words::amount(payment.terms.value, &payment.terms.currency, language),
                description: payment.terms.description.clone().unwrap_or_default(),
                path: format!("/landing?token={}&language={}", payment.landing_token, language.tag()),
            })
            .collect::<Vec<_>>()
    });
    match requests {
        Ok(requests) => html(StatusCode::OK, &Phone { language, number: whose.number, requests }),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
