//! The hosted page on which a card is registered: instead of a number one chooses what the card will do.
//!
//! Plain forms, no script. The page's token is known to nobody but whoever was sent here; the `Host` is checked all the
//! same.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::account::{Stage, TestCard};
use crate::sandbox::control::names_this_machine;
use crate::sandbox::office::Office;
use crate::sandbox::pages::{html, language_of};
use crate::sandbox::words::Language;

/// The page's two routes.
pub(in crate::sandbox) fn routes(config: &mut ServiceConfig) {
    config.route("/askell/card", web::get().to(open)).route("/askell/card", web::post().to(press));
}

#[derive(Deserialize)]
struct Opened {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    token: String,
    card: TestCard,
}

#[derive(Template)]
#[template(path = "sandbox/card.html")]
struct CardPage {
    language: Language,
    /// Empty when nothing can be registered any more.
    token: String,
}

async fn open(office: Data<Office>, request: HttpRequest, opened: Option<Query<Opened>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let token = opened.map(|opened| opened.token.clone()).unwrap_or_default();
    let language = language_of(&request, None);
    let is_open =
        office.read(|world, _| world.askell.checkout(&token).is_some_and(|page| page.stage == Stage::Initial));
    if is_open { html(StatusCode::OK, &CardPage { language, token }) } else { over(language) }
}

fn over(language: Language) -> HttpResponse {
    html(StatusCode::NOT_FOUND, &CardPage { language, token: String::new() })
}

async fn press(office: Data<Office>, request: HttpRequest, pressed: Option<Form<Pressed>>) -> HttpResponse {
    if !names_this_machine(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let language = language_of(&request, None);
    let Some(Form(Pressed { token, card })) = pressed else { return over(language) };
    match office.change(|world, _| world.askell.type_in(&token, card.stage())) {
        Ok(Some(url)) => {
            HttpResponse::SeeOther().insert_header((LOCATION, url)).insert_header((CACHE_CONTROL, "no-store")).finish()
        }
        Ok(None) => over(language),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
