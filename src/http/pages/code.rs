//! A payment that a phone opens by scanning a code from this screen, for whoever sits at a desktop. The code is of this
//! payment alone and dies with it.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::visit::Visit;
use super::{EventWords, Frame, render, secret_html, see_other};
use crate::domain::attempt::AttemptState;
use crate::domain::flow::Flow;
use crate::flows::app::App;
use crate::flows::pay::{self, Way};
use crate::http::Answered;
use crate::http::drawn::{Drawn, draw};
use crate::store::trail::ActedBy;

#[derive(Template)]
#[template(path = "pages/code.html")]
struct CodePage<'a> {
    frame: &'a Frame,
    event: &'a EventWords,
    drawn: Drawn,
    pay_path: String,
}

/// `POST /pay/{token}/code`.
pub async fn open(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let visit = Visit::begin(app, &request, token.into_inner()).await?;
    match pay::pay(&visit.app, visit.view.order.id, Way::Code, ActedBy::Payer).await {
        Ok(_content) => Ok(see_other(&format!("/pay/{}/code", visit.token))),
        Err(error) => visit.not_opened(error),
    }
}

/// `GET /pay/{token}/code`.
pub async fn show(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let visit = Visit::begin(app, &request, token.into_inner()).await?;
    let drawn_one = visit
        .view
        .attempts
        .iter()
        .rev()
        .find(|attempt| attempt.flow == Flow::Qr && attempt.state == AttemptState::Open && !attempt.giving_up);
    // Once it is over, or was never begun, the page says how the payment stands.
    let Some(content) = drawn_one.and_then(|attempt| attempt.redirect_url.as_deref()) else {
        return Ok(visit.return_page());
    };
    let (frame, event) = (visit.frame(), visit.event_words());
    let page =
        CodePage { frame: &frame, event: &event, drawn: draw(content)?, pay_path: format!("/pay/{}", visit.token) };
    Ok(secret_html(StatusCode::OK, render(&page, visit.language)))
}
