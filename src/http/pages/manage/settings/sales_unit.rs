//! One sales unit: whose default it is, whether it takes new orders, and its webhooks at the provider.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::super::refused::wrong_field;
use super::super::states::State;
use super::super::voice::{Voice, named};
use super::{said, standing, tags, unit_path};
use crate::domain::ids::SalesUnitId;
use crate::domain::patch::Patch;
use crate::domain::sales_unit::Provider;
use crate::flows::change_sales_units::{SalesUnitPatch, edit_sales_unit};
use crate::flows::change_webhooks::{WebhookView, delete_webhook, register_anew, see_webhooks};
use crate::flows::see_settings::see_sales_unit;
use crate::http::Answered;
use crate::http::api::sales_units::unanswered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::{Form, NoFields};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render, see_other};

/// One webhook registration, in words.
struct Hook {
    id: String,
    url: String,
    state: State,
    heard: String,
    deleted: String,
}

#[derive(Template)]
#[template(path = "manage/sales_unit.html")]
struct UnitPage<'a> {
    frame: &'a Frame,
    name: String,
    number: String,
    group: Option<String>,
    agreement: String,
    agreement_path: String,
    tags: Vec<State>,
    is_house: bool,
    /// True when people can pay at the door.
    has_door: bool,
    is_default: bool,
    disabled: bool,
    path: String,
    /// False when the provider calls back about each payment by itself.
    has_hooks: bool,
    of_askell: bool,
    hooks: Vec<Hook>,
    /// Why the provider's list is not there.
    no_hooks: Option<String>,
    done: Option<String>,
    alert: Option<String>,
    wrong: &'a str,
}

/// What the query says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitQuery {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// The unit was changed.
    Changed,
    /// Its webhook was registered anew.
    Registered,
    /// A registration was deleted.
    Deleted,
}

impl Done {
    fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Registered => "registered",
            Self::Deleted => "deleted",
        }
    }

    fn words(self, voice: Voice) -> &'static str {
        match self {
            Self::Changed => voice.pick("Endringen er lagret.", "The change is saved."),
            Self::Registered => voice.pick("Webhooken er registrert på nytt.", "The webhook is registered anew."),
            Self::Deleted => {
                voice.pick("Registreringen er slettet hos Vipps.", "The registration is deleted at Vipps.")
            }
        }
    }
}

/// `GET /manage/settings/sales-units/{sales_unit_id}`.
pub(crate) async fn show(visitor: Visitor, id: Path<SalesUnitId>, page: Page<UnitQuery>) -> Answered {
    answer(&visitor, *id, page.filter.done, None).await
}

async fn answer(visitor: &Visitor, id: SalesUnitId, done: Option<Done>, refused: Option<&ApiError>) -> Answered {
    let (standing, voice) = (standing(visitor)?, Voice::for_visitor(visitor));
    let view = see_sales_unit(&visitor.app, standing, id).await?;
    // The page is there whether or not the provider answers.
    let (hooks, no_hooks) = match see_webhooks(&visitor.app, standing, id).await.map_err(unanswered) {
        Ok(hooks) => (hooks.iter().map(|hook| hook_words(hook, voice)).collect(), None),
        Err(error) => match said(&error, voice) {
            Some(words) => (Vec::new(), Some(words)),
            None => return Err(error),
        },
    };
    let (unit, agreement) = (&view.unit, &view.agreement);
    let template = UnitPage {
        frame: &visitor.frame,
        name: unit.display_name.clone(),
        number: unit.merchant_serial_number.clone(),
        group: unit.group.clone(),
        agreement: agreement.display_name.clone(),
        agreement_path: format!("/manage/settings/agreements/{}", agreement.id),
        tags: tags(agreement.environment, unit.disabled, view.is_house(), voice),
        is_house: view.is_house(),
        has_door: agreement.provider.is_at_the_door(),
        is_default: unit.is_default,
        disabled: unit.disabled,
        path: unit_path(id),
        has_hooks: agreement.provider.has_webhooks(),
        of_askell: agreement.provider == Provider::Askell,
        hooks,
        no_hooks,
        done: done.map(|done| named(done.words(voice), agreement.provider)),
        alert: refused.and_then(|error| said(error, voice)),
        wrong: wrong_field(refused),
    };
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

fn hook_words(hook: &WebhookView, voice: Voice) -> Hook {
    let never = voice.pick("aldri", "never");
    let (tone, text) = match &hook.own {
        None => (Tone::Over, voice.pick("Ikke vår", "Not ours")),
        Some(own) if own.silence.is_about_to_be_deleted => {
            (Tone::Open, voice.pick("Stille lenge, kan bli slettet", "Long silent, may be deleted"))
        }
        Some(_) => (Tone::Good, voice.pick("Vår", "Ours")),
    };
    let heard = hook.own.and_then(|own| own.last_heard_at).map(|at| voice.short(at));
    Hook {
        id: hook.id.clone(),
        url: hook.url.clone(),
        state: State { tone, text: text.to_owned() },
        heard: heard.unwrap_or_else(|| never.to_owned()),
        deleted: hook.own.map(|own| voice.short(own.silence.may_be_deleted_at)).unwrap_or_default(),
    }
}

/// After something was done: to the page, or back to it with what is wrong.
async fn after(visitor: &Visitor, id: SalesUnitId, done: Done, result: Result<(), ApiError>) -> Answered {
    match result {
        Ok(()) => Ok(see_other(&format!("{}?done={}", unit_path(id), done.word()))),
        Err(error) if said(&error, Voice::for_visitor(visitor)).is_some() => {
            answer(visitor, id, None, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

/// Name and state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeForm {
    display_name: String,
    is_default: Option<String>,
    disabled: Option<String>,
}

/// `POST /manage/settings/sales-units/{sales_unit_id}`.
pub(crate) async fn change(visitor: Visitor, id: Path<SalesUnitId>, form: Form<ChangeForm>) -> Answered {
    let standing = standing(&visitor)?;
    let ChangeForm { display_name, is_default, disabled } = form.read()?;
    let patch = SalesUnitPatch {
        display_name: Patch::Value(display_name),
        is_default: Patch::Value(is_default.is_some()),
        disabled: Patch::Value(disabled.is_some()),
    };
    let result = edit_sales_unit(&visitor.app, standing, *id, patch).await;
    after(&visitor, *id, Done::Changed, result.map(|_changed| ()).map_err(ApiError::from)).await
}

/// `POST /manage/settings/sales-units/{sales_unit_id}/webhooks`.
pub(crate) async fn register(visitor: Visitor, id: Path<SalesUnitId>, form: Form<NoFields>) -> Answered {
    let standing = standing(&visitor)?;
    form.read()?;
    let result = register_anew(&visitor.app, standing, *id).await;
    after(&visitor, *id, Done::Registered, result.map(|_new| ()).map_err(unanswered)).await
}

/// Which registration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteForm {
    webhook_id: String,
}

/// `POST /manage/settings/sales-units/{sales_unit_id}/webhooks/delete`.
pub(crate) async fn delete(visitor: Visitor, id: Path<SalesUnitId>, form: Form<DeleteForm>) -> Answered {
    let standing = standing(&visitor)?;
    let DeleteForm { webhook_id } = form.read()?;
    let result = delete_webhook(&visitor.app, standing, *id, webhook_id).await;
    after(&visitor, *id, Done::Deleted, result.map_err(unanswered)).await
}
