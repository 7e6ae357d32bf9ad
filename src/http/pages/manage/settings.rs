//! The settings of the house, for whoever manages them: agreements with payment providers and the sales units under them.
//! Keys are typed in here and never shown again.

pub(crate) mod agreement;
pub(crate) mod codes;
pub(crate) mod sales_unit;

use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use super::one_time::{new_key, once};
use super::states::State;
use super::voice::Voice;
use crate::domain::fault::Fault;
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::permission::{Permission, Standing};
use crate::domain::sales_unit::{Environment, KeysSet, Provider};
use crate::flows::app::App;
use crate::flows::change_agreements::{NewAgreement, add_agreement};
use crate::flows::change_sales_units::{NewSalesUnit, add_sales_unit};
use crate::flows::reply::Reply;
use crate::flows::see_settings::{AgreementView, UnitView, see_agreements, see_sales_units};
use crate::http::Answered;
use crate::http::api::agreements::{read_environment, read_provider, write_agreement};
use crate::http::api::sales_units::write_unit;
use crate::http::error::ApiError;
use crate::http::pages::form::Form;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render, see_other};
use crate::store::replays::Answer;
use crate::words::faults;

/// How many agreements and units the page shows: more than any organization has.
const ROWS: i64 = 200;

/// One agreement or unit in the list.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) path: String,
    pub(super) tags: Vec<State>,
}

/// One choice of a list: its value, and how it is called.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "manage/settings.html")]
pub(super) struct SettingsPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) agreements: Vec<Line>,
    pub(super) units: Vec<Line>,
    pub(super) providers: Vec<Choice>,
    pub(super) environments: Vec<Choice>,
    pub(super) choices: Vec<Choice>,
    pub(super) groups: Vec<Choice>,
    pub(super) key: String,
    pub(super) typed: Typed,
    pub(super) alert: Option<String>,
    pub(super) wrong: &'a str,
    /// The form that the alert is about.
    pub(super) wrong_form: &'a str,
}

/// What was typed into a form that was refused.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) agreement_name: String,
    pub(super) unit_name: String,
    pub(super) number: String,
    pub(super) group: String,
    pub(super) is_default: bool,
}

/// `GET /manage/settings`.
pub(crate) async fn show(visitor: Visitor) -> Answered {
    answer(&visitor, Typed::default(), "", None).await
}

async fn answer(visitor: &Visitor, typed: Typed, wrong_form: &str, refused: Option<&ApiError>) -> Answered {
    let (standing, voice) = (standing(visitor)?, Voice::for_visitor(visitor));
    let agreements = see_agreements(&visitor.app, standing, None, ROWS).await?;
    let units = see_sales_units(&visitor.app, standing, None, ROWS).await?;
    let groups = visitor.app.store.read(|tx| Ok(tx.groups(None, None, ROWS)?)).await?;
    let only_test = visitor.app.settings.vipps.is_sandbox();
    let template = SettingsPage {
        frame: &visitor.frame,
        agreements: agreements.iter().map(|view| agreement_line(view, voice)).collect(),
        units: units.iter().map(|view| unit_line(view, voice)).collect(),
        providers: Provider::ALL.map(|provider| choice(provider.word(), provider_words(provider), false)).into(),
        environments: Environment::ALL
            .into_iter()
            .filter(|environment| environment.is_test_mode() || !only_test)
            .map(|environment| choice(environment.word(), environment_words(environment, voice), false))
            .collect(),
        choices: agreements
            .iter()
            .filter(|view| !view.is_house() && !view.agreement.disabled)
            .map(|view| choice(&view.agreement.id.to_string(), &view.agreement.display_name, false))
            .collect(),
        groups: groups.iter().map(|group| choice(&group.slug, &group.name, group.slug == typed.group)).collect(),
        key: new_key(&visitor.app),
        typed,
        alert: refused.and_then(|error| said(error, voice)),
        wrong: super::refused::wrong_field(refused),
        wrong_form,
    };
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// A new agreement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementForm {
    display_name: String,
    provider: String,
    environment: String,
    key: String,
}

/// `POST /manage/settings/agreements`.
pub(crate) async fn add(visitor: Visitor, form: Form<AgreementForm>) -> Answered {
    standing(&visitor)?;
    let form = form.read()?;
    let typed = Typed { agreement_name: form.display_name.clone(), ..Typed::default() };
    match try_add(&visitor, form).await {
        Ok(path) => Ok(see_other(&path)),
        Err(error) if said(&error, Voice::for_visitor(&visitor)).is_some() => {
            answer(&visitor, typed, "agreement", Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn try_add(visitor: &Visitor, form: AgreementForm) -> Result<String, ApiError> {
    let standing = standing(visitor)?;
    let asked = ["agreement", &form.display_name, &form.provider, &form.environment];
    let once = once(&visitor.app, standing.user_id, &form.key, &asked)?;
    let new = NewAgreement {
        display_name: form.display_name.clone(),
        provider: read_provider(&form.provider)?,
        environment: read_environment(&form.environment)?,
    };
    let reply = Reply { once: Some(once), status: 201, write: write_agreement };
    let answer = add_agreement(&visitor.app, standing, new, reply).await?;
    Ok(format!("/manage/settings/agreements/{}", id_in(&answer, "agreement_id")))
}

/// A new sales unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitForm {
    display_name: String,
    merchant_serial_number: String,
    agreement: Option<String>,
    group: Option<String>,
    is_default: Option<String>,
    key: String,
}

/// `POST /manage/settings/sales-units`.
pub(crate) async fn add_unit(visitor: Visitor, form: Form<UnitForm>) -> Answered {
    standing(&visitor)?;
    let form = form.read()?;
    let typed = Typed {
        unit_name: form.display_name.clone(),
        number: form.merchant_serial_number.clone(),
        group: form.group.clone().unwrap_or_default(),
        is_default: form.is_default.is_some(),
        ..Typed::default()
    };
    match try_add_unit(&visitor, form).await {
        Ok(path) => Ok(see_other(&path)),
        Err(error) if said(&error, Voice::for_visitor(&visitor)).is_some() => {
            answer(&visitor, typed, "unit", Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn try_add_unit(visitor: &Visitor, form: UnitForm) -> Result<String, ApiError> {
    let standing = standing(visitor)?;
    let (agreement, group) = (form.agreement.unwrap_or_default(), form.group.unwrap_or_default());
    let is_default = if form.is_default.is_some() { "default" } else { "" };
    let asked = ["sales unit", &form.display_name, &form.merchant_serial_number, &agreement, &group, is_default];
    let once = once(&visitor.app, standing.user_id, &form.key, &asked)?;
    let agreement: Option<AgreementId> = agreement.parse().ok();
    let new = NewSalesUnit {
        display_name: form.display_name.clone(),
        merchant_serial_number: form.merchant_serial_number.trim().to_owned(),
        agreement: agreement.ok_or_else(|| ApiError::invalid("/agreement", Fault::UnknownAgreement))?,
        group,
        is_default: form.is_default.is_some(),
    };
    let reply = Reply { once: Some(once), status: 201, write: write_unit };
    let answer = add_sales_unit(&visitor.app, standing, new, reply).await?;
    Ok(unit_path(id_in(&answer, "sales_unit_id").parse().unwrap_or(SalesUnitId::HOUSE)))
}

fn id_in(answer: &Answer, field: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body.get(field).and_then(|id| id.as_str()).unwrap_or_default().to_owned()
}

/// Whoever may see the settings.
fn standing(visitor: &Visitor) -> Result<&Standing, ApiError> {
    let standing = &visitor.needs_caller()?.standing;
    standing.needs_everywhere(Permission::SettingsManage)?;
    Ok(standing)
}

/// Why it did not work, in words; empty when that is no matter of this page but of a page of its own.
fn said(error: &ApiError, voice: Voice) -> Option<String> {
    match error.code() {
        "invalid_fields" => {
            let words = |wrong: &crate::domain::fault::FieldError| faults::words_of(wrong, voice.language);
            Some(error.errors().first().map(words).unwrap_or_else(|| error.detail(voice.language)))
        }
        "agreement_in_use"
        | "sales_unit_in_use"
        | "merchant_serial_number_taken"
        | "set_by_configuration"
        | "provider_has_no_webhooks"
        | "credentials_missing"
        | "provider_refused"
        | "payment_provider_unavailable"
        | "idempotency_key_reused"
        | "request_in_progress" => Some(error.detail(voice.language)),
        _ => None,
    }
}

fn choice(value: &str, name: &str, is_chosen: bool) -> Choice {
    Choice { value: value.to_owned(), name: name.to_owned(), is_chosen }
}

fn agreement_line(view: &AgreementView, voice: Voice) -> Line {
    let agreement = &view.agreement;
    let mut tags = tags(agreement.environment, agreement.disabled, view.is_house(), voice);
    if !view.is_house() {
        tags.push(keys_state(view.keys.as_ref(), voice));
    }
    Line {
        name: agreement.display_name.clone(),
        about: provider_words(agreement.provider).to_owned(),
        path: format!("/manage/settings/agreements/{}", agreement.id),
        tags,
    }
}

fn unit_line(view: &UnitView, voice: Voice) -> Line {
    let UnitView { unit, agreement } = view;
    let mut tags = tags(agreement.environment, unit.disabled, view.is_house(), voice);
    if unit.is_default {
        tags.push(State { tone: Tone::Good, text: voice.pick("Fast for gruppa", "The group's default").to_owned() });
    }
    let group = unit.group.as_deref().unwrap_or(voice.pick("alle grupper uten eget", "all groups without their own"));
    Line {
        name: unit.display_name.clone(),
        about: format!("{} · {group} · {}", unit.merchant_serial_number, agreement.display_name),
        path: unit_path(unit.id),
        tags,
    }
}

fn unit_path(id: SalesUnitId) -> String {
    format!("/manage/settings/sales-units/{id}")
}

/// What stands beside every agreement and unit.
fn tags(environment: Environment, disabled: bool, is_house: bool, voice: Voice) -> Vec<State> {
    let tone = if environment.is_test_mode() { Tone::Waiting } else { Tone::Good };
    let mut tags = vec![State { tone, text: environment_words(environment, voice).to_owned() }];
    if is_house {
        tags.push(State {
            tone: Tone::Over,
            text: voice.pick("Fra konfigurasjonen", "From the configuration").to_owned(),
        });
    }
    if disabled {
        tags.push(State { tone: Tone::Over, text: voice.pick("Slått av", "Disabled").to_owned() });
    }
    tags
}

fn keys_state(keys: Option<&KeysSet>, voice: Voice) -> State {
    let (tone, text) = match keys {
        None => (Tone::Open, voice.pick("Mangler nøkler", "Has no keys")),
        Some(keys) if keys.proven_at.is_some() => (Tone::Good, voice.pick("Nøklene virker", "The keys work")),
        Some(_) => (Tone::Open, voice.pick("Nøklene er ikke bekreftet", "The keys are not confirmed")),
    };
    State { tone, text: text.to_owned() }
}

pub(super) fn provider_words(provider: Provider) -> &'static str {
    match provider {
        Provider::VippsEpayment => "Vipps MobilePay ePayment",
        Provider::VippsEcom => "Vipps eCom v2",
        Provider::Askell => "Áskell",
    }
}

fn environment_words(environment: Environment, voice: Voice) -> &'static str {
    match environment {
        Environment::Production => voice.pick("Ekte penger", "Real money"),
        Environment::Test => voice.pick("Test, ingen ekte penger", "Test, no real money"),
    }
}

/// What somebody is called, for "set by".
async fn name_of(app: &App, id: crate::domain::ids::UserId) -> Result<String, ApiError> {
    let user = app.store.read(move |tx| Ok(tx.user_by_id(id)?)).await?;
    Ok(user.map(|user| format!("{} {}", user.profile.first_name, user.profile.last_name)).unwrap_or_default())
}
