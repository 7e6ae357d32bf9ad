//! Agreements with payment providers, for those who manage the settings. Keys come in here and never go out.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Nothing;
use crate::domain::credentials::Credentials;
use crate::domain::fault::Fault;
use crate::domain::ids::{AgreementId, UserId};
use crate::domain::patch::Patch;
use crate::domain::permission::Permission;
use crate::domain::sales_unit::{Environment, KeysSet, Provider};
use crate::flows::app::App;
use crate::flows::change_agreements::{
    AgreementPatch, ConnectionTrouble, NewAgreement, Tested, add_agreement, edit_agreement, set_credentials,
    test_connection,
};
use crate::flows::see_settings::{AgreementView, see_agreement, see_agreements};
use crate::http::body::Body;
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::values::Stamp;
use crate::http::words::{CONNECTION_TROUBLES, ConnectionTroubleWord, EnvironmentWord, ProviderWord};
use crate::http::{Answered, write_answer, written};

/// An agreement to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAgreement)]
pub(crate) struct New {
    /// Its name for people.
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// With which provider; it only ever moves from eCom to ePayment.
    #[schema(value_type = ProviderWord)]
    provider: String,
    /// Whether its money is real; it never changes.
    #[schema(value_type = EnvironmentWord)]
    environment: String,
}

/// What changes about an agreement; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgreementPatch)]
pub(crate) struct Fields {
    /// Its name for people.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    display_name: Patch<String>,
    /// With which provider: an agreement moves from `vipps_ecom` to `vipps_epayment`, and in no other way. Orders that
    /// were begun are finished there.
    #[serde(default)]
    #[schema(value_type = ProviderWord, required = false)]
    provider: Patch<String>,
    /// True so that nothing new begins under it. Orders that were begun go on.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    disabled: Patch<bool>,
}

/// The keys of an agreement, just as the provider's portal shows them. They are never shown again. Vipps gives out the
/// first three, Áskell the last two; those of another provider are left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredentials)]
pub(crate) struct NewKeys {
    /// The client id (Vipps).
    #[serde(default)]
    #[schema(max_length = 200, write_only)]
    client_id: String,
    /// The client secret (Vipps).
    #[serde(default)]
    #[schema(max_length = 200, write_only)]
    client_secret: String,
    /// The subscription key, primary or secondary (Vipps).
    #[serde(default)]
    #[schema(max_length = 200, write_only)]
    subscription_key: String,
    /// The private API key (Áskell).
    #[serde(default)]
    #[schema(max_length = 200, write_only)]
    api_key: String,
    /// The name of the acquirer over which cards are registered (Áskell).
    #[serde(default)]
    #[schema(max_length = 200, write_only)]
    payment_processor: String,
}

/// An agreement with a payment provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Agreement)]
pub(crate) struct AgreementAnswer<'a> {
    /// Its id; that of the house's own is all zeros.
    #[schema(value_type = uuid::Uuid)]
    agreement_id: AgreementId,
    /// Its name for people.
    display_name: &'a str,
    /// With which provider.
    #[schema(value_type = ProviderWord)]
    provider: &'static str,
    /// Whether its money is real.
    #[schema(value_type = EnvironmentWord)]
    environment: &'static str,
    /// True when no money is real: nothing of it counts in the books.
    test_mode: bool,
    /// True for the house's own, which is changed in the configuration.
    from_configuration: bool,
    /// True when nothing new begins under it.
    disabled: bool,
    /// That it has keys, and never what they are; null when it has none, and for the house's own.
    #[schema(required)]
    credentials: Option<KeysAnswer>,
    /// When it was made.
    created_at: Stamp,
    /// When it changed last.
    updated_at: Stamp,
}

/// When and by whom keys were set.
#[derive(Serialize, ToSchema)]
#[schema(as = Credentials)]
pub(crate) struct KeysAnswer {
    /// When.
    set_at: Stamp,
    /// By whom.
    #[schema(value_type = uuid::Uuid)]
    set_by: UserId,
    /// When the provider first accepted them; null until then.
    #[schema(required)]
    proven_at: Option<Stamp>,
    /// True while the keys before them are in use, because the provider has not accepted these yet.
    older_are_kept: bool,
}

/// How a try of the connection went.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
pub(crate) struct TestedAnswer<'t> {
    /// True when the provider gave an access token.
    ok: bool,
    /// When.
    tested_at: Stamp,
    /// What is wrong; null when nothing is.
    #[schema(required)]
    trouble: Option<TroubleAnswer<'t>>,
}

/// Why a connection is not good.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionTrouble)]
pub(crate) struct TroubleAnswer<'t> {
    /// Why, as a stable code.
    #[schema(value_type = ConnectionTroubleWord)]
    reason: &'static str,
    /// The provider's own code; null when it gave none.
    #[schema(required)]
    provider_code: Option<&'t str>,
    /// What the provider says, or how the question got lost.
    title: &'t str,
}

/// `GET /agreements`
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page) -> Answered {
    let found = see_agreements(&app, actor.standing(), page.after()?, page.fetch()).await?;
    Ok(page.answer(found, write_agreement, |view| (view.agreement.created_at.timestamp_millis(), view.agreement.id)))
}

/// `POST /agreements`
pub(crate) async fn add(app: Data<App>, actor: Actor, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let New { display_name, provider, environment } = body.json()?;
    let new = NewAgreement {
        display_name,
        provider: read_provider(&provider)?,
        environment: read_environment(&environment)?,
    };
    let reply = body.reply(&actor, 201, write_agreement)?;
    write_answer(add_agreement(&app, actor.standing(), new, reply).await?)
}

/// `GET /agreements/{agreement_id}`
pub(crate) async fn show(app: Data<App>, actor: Actor, id: Path<AgreementId>) -> Answered {
    let found = see_agreement(&app, actor.standing(), *id).await?;
    Ok(HttpResponse::Ok().json(write_agreement(&found)))
}

/// `PATCH /agreements/{agreement_id}`
pub(crate) async fn edit(app: Data<App>, actor: Actor, id: Path<AgreementId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let Fields { display_name, provider, disabled } = body.json()?;
    let provider = match provider {
        Patch::Absent => Patch::Absent,
        Patch::Null => Patch::Null,
        Patch::Value(word) => Patch::Value(read_provider(&word)?),
    };
    let patch = AgreementPatch { display_name, provider, disabled };
    let changed = edit_agreement(&app, actor.standing(), *id, patch).await?;
    Ok(HttpResponse::Ok().json(write_agreement(&changed)))
}

/// `PUT /agreements/{agreement_id}/credentials`
pub(crate) async fn set_keys(app: Data<App>, actor: Actor, id: Path<AgreementId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let NewKeys { client_id, client_secret, subscription_key, api_key, payment_processor } = body.json()?;
    let credentials = Credentials { client_id, client_secret, subscription_key, api_key, payment_processor };
    let changed = set_credentials(&app, actor.standing(), *id, &credentials).await?;
    Ok(HttpResponse::Ok().json(write_agreement(&changed)))
}

/// `POST /agreements/{agreement_id}/test`
pub(crate) async fn test(app: Data<App>, actor: Actor, id: Path<AgreementId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    body.json::<Nothing>()?;
    let tested = test_connection(&app, actor.standing(), *id).await?;
    Ok(HttpResponse::Ok().json(write_tested(&tested)))
}

pub(in crate::http) fn read_provider(word: &str) -> Result<Provider, ApiError> {
    let known = || Fault::NoneOf(Provider::ALL.map(Provider::word).to_vec());
    Provider::from_word(word).ok_or_else(|| ApiError::invalid("/provider", known()))
}

pub(in crate::http) fn read_environment(word: &str) -> Result<Environment, ApiError> {
    let known = || Fault::NoneOf(Environment::ALL.map(Environment::word).to_vec());
    Environment::from_word(word).ok_or_else(|| ApiError::invalid("/environment", known()))
}

pub(in crate::http) fn write_agreement(view: &AgreementView) -> Value {
    let agreement = &view.agreement;
    written(&AgreementAnswer {
        agreement_id: agreement.id,
        display_name: &agreement.display_name,
        provider: agreement.provider.word(),
        environment: agreement.environment.word(),
        test_mode: agreement.environment.is_test_mode(),
        from_configuration: view.is_house(),
        disabled: agreement.disabled,
        credentials: view.keys.as_ref().map(write_keys),
        created_at: Stamp(agreement.created_at),
        updated_at: Stamp(agreement.updated_at),
    })
}

fn write_keys(keys: &KeysSet) -> KeysAnswer {
    KeysAnswer {
        set_at: Stamp(keys.at),
        set_by: keys.by,
        proven_at: keys.proven_at.map(Stamp),
        older_are_kept: keys.older_are_kept,
    }
}

fn write_tested(tested: &Tested) -> Value {
    let trouble = tested.trouble.as_ref();
    written(&TestedAnswer {
        ok: trouble.is_none(),
        tested_at: Stamp(tested.at),
        trouble: trouble.map(|trouble| TroubleAnswer {
            reason: reason_of(trouble),
            provider_code: trouble.code.as_deref(),
            title: &trouble.title,
        }),
    })
}

fn reason_of(trouble: &ConnectionTrouble) -> &'static str {
    let [refused, no_answer] = CONNECTION_TROUBLES;
    if trouble.keys_are_refused { refused } else { no_answer }
}
