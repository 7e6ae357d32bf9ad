//! One agreement: its keys are set here, and the connection is tried.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

use super::super::refused::wrong_field;
use super::super::states::State;
use super::super::voice::Voice;
use super::{Choice, choice, keys_state, name_of, provider_words, said, standing, tags};
use crate::domain::credentials::Credentials;
use crate::domain::ids::AgreementId;
use crate::domain::patch::Patch;
use crate::domain::sales_unit::Provider;
use crate::flows::change_agreements::{AgreementPatch, Tested, edit_agreement, set_credentials, test_connection};
use crate::flows::see_settings::see_agreement;
use crate::http::Answered;
use crate::http::api::agreements::read_provider;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::{Form, NoFields};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};

#[derive(Template)]
#[template(path = "manage/agreement.html")]
struct AgreementPage<'a> {
    frame: &'a Frame,
    name: String,
    provider: &'static str,
    /// What the provider is called in sentences.
    with: &'static str,
    of_askell: bool,
    tags: Vec<State>,
    keys: Option<State>,
    /// When the keys were set and by whom, in words.
    set: Option<String>,
    older_are_kept: bool,
    is_house: bool,
    disabled: bool,
    /// With whom it may be, where it may move.
    moves: Vec<Choice>,
    path: String,
    done: Option<&'static str>,
    tested: Option<String>,
    alert: Option<String>,
    wrong: &'a str,
}

/// What the query says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementQuery {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// The keys were set.
    Keys,
    /// Name or state were changed.
    Changed,
}

/// What happened on the way to a page.
#[derive(Default)]
struct News<'a> {
    done: Option<Done>,
    tested: Option<&'a Tested>,
    refused: Option<&'a ApiError>,
}

/// `GET /manage/settings/agreements/{agreement_id}`.
pub(crate) async fn show(visitor: Visitor, id: Path<AgreementId>, page: Page<AgreementQuery>) -> Answered {
    answer(&visitor, *id, News { done: page.filter.done, ..News::default() }).await
}

async fn answer(visitor: &Visitor, id: AgreementId, news: News<'_>) -> Answered {
    let (standing, voice) = (standing(visitor)?, Voice::for_visitor(visitor));
    let view = see_agreement(&visitor.app, standing, id).await?;
    let set = match &view.keys {
        Some(keys) => {
            let who = name_of(&visitor.app, keys.by).await?;
            Some(format!("{} – {who}", voice.short(keys.at)))
        }
        None => None,
    };
    let agreement = &view.agreement;
    let with = agreement.provider.name();
    let (good, trouble) = match news.tested.map(|tested| tested.trouble.as_ref()) {
        Some(None) => (
            Some(
                voice.pick("Forbindelsen virker: Leverandøren svarte.", "The connection works: the provider answered."),
            ),
            None,
        ),
        Some(Some(trouble)) => {
            let words = if trouble.keys_are_refused {
                voice.pick("godtar ikke nøklene.", "does not accept the keys.")
            } else {
                voice.pick("svarte ikke.", "did not answer.")
            };
            let code = trouble.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            (None, Some(format!("{with} {words} ({}{code})", trouble.title)))
        }
        None => (None, None),
    };
    let template = AgreementPage {
        frame: &visitor.frame,
        name: agreement.display_name.clone(),
        provider: provider_words(agreement.provider),
        with,
        of_askell: agreement.provider == Provider::Askell,
        tags: tags(agreement.environment, agreement.disabled, view.is_house(), voice),
        keys: (!view.is_house()).then(|| keys_state(view.keys.as_ref(), voice)),
        set,
        older_are_kept: view.keys.as_ref().is_some_and(|keys| keys.older_are_kept),
        is_house: view.is_house(),
        disabled: agreement.disabled,
        moves: moves_of(agreement.provider),
        path: format!("/manage/settings/agreements/{id}"),
        done: good.or(news.done.map(|done| match done {
            Done::Keys => voice.pick(
                "Nøklene er lagret og vises aldri igjen. Test forbindelsen nå.",
                "The keys are saved and never shown again. Test the connection now.",
            ),
            Done::Changed => voice.pick("Endringen er lagret.", "The change is saved."),
        })),
        tested: trouble,
        alert: news.refused.and_then(|error| said(error, voice)),
        wrong: wrong_field(news.refused),
    };
    let status = news.refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// After something was done: to the page, or back to it with what is wrong.
async fn after(visitor: &Visitor, id: AgreementId, done: Done, result: Result<(), ApiError>) -> Answered {
    match result {
        Ok(()) => {
            let word = match done {
                Done::Keys => "keys",
                Done::Changed => "changed",
            };
            Ok(see_other(&format!("/manage/settings/agreements/{id}?done={word}")))
        }
        Err(error) if said(&error, Voice::for_visitor(visitor)).is_some() => {
            answer(visitor, id, News { refused: Some(&error), ..News::default() }).await
        }
        Err(error) => Err(error),
    }
}

/// Name and state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeForm {
    display_name: String,
    provider: Option<String>,
    disabled: Option<String>,
}

/// The providers that an agreement may be with, where there is a choice.
fn moves_of(now: Provider) -> Vec<Choice> {
    let may = Provider::ALL.into_iter().filter(|provider| now.may_become(*provider));
    let may: Vec<Choice> =
        may.map(|provider| choice(provider.word(), provider_words(provider), provider == now)).collect();
    if may.len() > 1 { may } else { Vec::new() }
}

/// `POST /manage/settings/agreements/{agreement_id}`.
pub(crate) async fn change(visitor: Visitor, id: Path<AgreementId>, form: Form<ChangeForm>) -> Answered {
    let standing = standing(&visitor)?;
    let ChangeForm { display_name, provider, disabled } = form.read()?;
    let result = async {
        let provider = provider.map_or(Ok(Patch::Absent), |word| read_provider(&word).map(Patch::Value))?;
        let (display_name, disabled) = (Patch::Value(display_name), Patch::Value(disabled.is_some()));
        let patch = AgreementPatch { display_name, provider, disabled };
        edit_agreement(&visitor.app, standing, *id, patch).await.map_err(ApiError::from)
    };
    after(&visitor, *id, Done::Changed, result.await.map(|_changed| ())).await
}

/// New keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysForm {
    client_id: Option<String>,
    client_secret: Option<String>,
    subscription_key: Option<String>,
    api_key: Option<String>,
    payment_processor: Option<String>,
}

/// `POST /manage/settings/agreements/{agreement_id}/credentials`.
pub(crate) async fn set_keys(visitor: Visitor, id: Path<AgreementId>, form: Form<KeysForm>) -> Answered {
    let standing = standing(&visitor)?;
    let KeysForm { client_id, client_secret, subscription_key, api_key, payment_processor } = form.read()?;
    // What is copied from a portal often brings a space along.
    let [client_id, client_secret, subscription_key, api_key, payment_processor] =
        [client_id, client_secret, subscription_key, api_key, payment_processor]
            .map(|key| key.unwrap_or_default().trim().to_owned());
    let credentials = Credentials { client_id, client_secret, subscription_key, api_key, payment_processor };
    let result = set_credentials(&visitor.app, standing, *id, &credentials).await;
    after(&visitor, *id, Done::Keys, result.map(|_set| ()).map_err(ApiError::from)).await
}

/// `POST /manage/settings/agreements/{agreement_id}/test`.
pub(crate) async fn test(visitor: Visitor, id: Path<AgreementId>, form: Form<NoFields>) -> Answered {
    let standing = standing(&visitor)?;
    form.read()?;
    match test_connection(&visitor.app, standing, *id).await.map_err(ApiError::from) {
        Ok(tested) => answer(&visitor, *id, News { tested: Some(&tested), ..News::default() }).await,
        Err(error) => after(&visitor, *id, Done::Changed, Err(error)).await,
    }
}
