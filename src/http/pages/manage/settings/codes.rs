//! The codes of a sales unit that hang at doors: made, taken over, moved and deleted. The page asks the provider for its
//! list, and is there whether or not that answers.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::super::refused::wrong_field;
use super::super::states::State;
use super::super::voice::Voice;
use super::{said, standing, unit_path};
use crate::domain::ids::SalesUnitId;
use crate::flows::door::codes::{CodeView, delete_code, put_code, see_codes, sync_codes};
use crate::flows::see_settings::see_sales_unit;
use crate::http::Answered;
use crate::http::api::sales_units::unanswered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::Form;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render, see_other};

/// One code, in words.
struct Line {
    id: String,
    location: String,
    state: State,
    scanned: String,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "manage/codes.html")]
struct CodesPage<'a> {
    frame: &'a Frame,
    name: String,
    unit_path: String,
    path: String,
    new_id: String,
    lines: Vec<Line>,
    /// Why the provider's list is not there.
    no_list: Option<String>,
    done: Option<&'static str>,
    alert: Option<String>,
    wrong: &'a str,
}

/// What the query says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodesQuery {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// A code was made, taken over or moved.
    Saved,
    /// A code was deleted.
    Deleted,
}

/// `GET /manage/settings/sales-units/{sales_unit_id}/qrs`.
pub(crate) async fn show(visitor: Visitor, id: Path<SalesUnitId>, page: Page<CodesQuery>) -> Answered {
    answer(&visitor, *id, page.filter.done, None).await
}

async fn answer(visitor: &Visitor, id: SalesUnitId, done: Option<Done>, refused: Option<&ApiError>) -> Answered {
    let (standing, voice) = (standing(visitor)?, Voice::for_visitor(visitor));
    let view = see_sales_unit(&visitor.app, standing, id).await?;
    let (codes, no_list) = match sync_codes(&visitor.app, standing, id).await.map_err(unanswered) {
        Ok(codes) => (codes, None),
        Err(error) => match said(&error, voice) {
            Some(words) => {
                let known = see_codes(&visitor.app, standing, id).await?;
                (known.into_iter().map(CodeView::Own).collect(), Some(words))
            }
            None => return Err(error),
        },
    };
    let template = CodesPage {
        frame: &visitor.frame,
        name: view.unit.display_name.clone(),
        unit_path: unit_path(id),
        path: format!("{}/qrs", unit_path(id)),
        new_id: visitor.app.clock.id().to_string(),
        lines: codes.iter().map(|code| line(code, voice)).collect(),
        no_list,
        done: done.map(|done| match done {
            Done::Saved => voice.pick("QR-koden er lagret hos Vipps.", "The QR code is saved at Vipps."),
            Done::Deleted => voice.pick("QR-koden er slettet hos Vipps.", "The QR code is deleted at Vipps."),
        }),
        alert: refused.and_then(|error| said(error, voice)),
        wrong: wrong_field(refused),
    };
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

fn line(code: &CodeView, voice: Voice) -> Line {
    let never = voice.pick("aldri", "never");
    match code {
        CodeView::Own(code) => Line {
            id: code.id.clone(),
            location: code.location.clone(),
            state: State { tone: Tone::Good, text: voice.pick("Vår", "Ours").to_owned() },
            scanned: code.scanned_at.map_or_else(|| never.to_owned(), |at| voice.short(at)),
            is_own: true,
        },
        CodeView::Strange(code) => Line {
            id: code.id.clone(),
            location: code.location.clone(),
            state: State { tone: Tone::Over, text: voice.pick("Ikke vår", "Not ours").to_owned() },
            scanned: never.to_owned(),
            is_own: false,
        },
    }
}

/// Which code, and where it hangs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutForm {
    qr_id: String,
    location: String,
}

/// `POST /manage/settings/sales-units/{sales_unit_id}/qrs`.
pub(crate) async fn put(visitor: Visitor, id: Path<SalesUnitId>, form: Form<PutForm>) -> Answered {
    let standing = standing(&visitor)?;
    let PutForm { qr_id, location } = form.read()?;
    let saved = put_code(&visitor.app, standing, *id, (qr_id, location)).await.map_err(unanswered);
    after(&visitor, *id, ("saved", saved.map(|_code| ()))).await
}

/// Which code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteForm {
    qr_id: String,
}

/// `POST /manage/settings/sales-units/{sales_unit_id}/qrs/delete`.
pub(crate) async fn delete(visitor: Visitor, id: Path<SalesUnitId>, form: Form<DeleteForm>) -> Answered {
    let standing = standing(&visitor)?;
    let DeleteForm { qr_id } = form.read()?;
    let deleted = delete_code(&visitor.app, standing, *id, qr_id).await.map_err(unanswered);
    after(&visitor, *id, ("deleted", deleted)).await
}

async fn after(visitor: &Visitor, id: SalesUnitId, (word, result): (&str, Result<(), ApiError>)) -> Answered {
    match result {
        Ok(()) => Ok(see_other(&format!("{}/qrs?done={word}", unit_path(id)))),
        Err(error) if said(&error, Voice::for_visitor(visitor)).is_some() => {
            answer(visitor, id, None, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}
