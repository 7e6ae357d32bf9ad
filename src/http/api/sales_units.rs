//! Sales units and their webhooks, for those who manage the settings.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Nothing;
use super::orders::provider_unavailable;
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::patch::Patch;
use crate::domain::permission::Permission;
use crate::flows::app::App;
use crate::flows::change_sales_units::{NewSalesUnit, SalesUnitPatch, add_sales_unit, edit_sales_unit};
use crate::flows::change_webhooks::{self, WebhookView, register_anew, see_webhooks};
use crate::flows::see_settings::{UnitView, see_sales_unit, see_sales_units};
use crate::flows::units::Unanswered;
use crate::http::body::Body;
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::values::Stamp;
use crate::http::words::ProviderWord;
use crate::http::{Answered, write_answer, written};

/// A sales unit to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSalesUnit)]
pub(crate) struct New {
    /// Its name for people.
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// The provider's number of it; it never changes. Left out or empty where the provider is Áskell, which numbers none.
    #[serde(default)]
    #[schema(pattern = "^([0-9]{4,6})?$")]
    merchant_serial_number: String,
    /// The agreement whose keys it is used with; it never changes.
    #[schema(value_type = uuid::Uuid)]
    agreement: AgreementId,
    /// The slug of the group it belongs to; it never changes.
    group: String,
    /// True when the group's events take it unless they name another; false unless given. A group has one default.
    is_default: Option<bool>,
}

/// What changes about a sales unit; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SalesUnitPatch)]
pub(crate) struct Fields {
    /// Its name for people.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    display_name: Patch<String>,
    /// True when the group's events take it unless they name another. The default before it is one no more.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    is_default: Patch<bool>,
    /// True so that no new order begins with it. Orders that were begun go on.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    disabled: Patch<bool>,
}

/// A sales unit: what the provider pays out for.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesUnit)]
pub(crate) struct UnitAnswer<'u> {
    /// Its id; that of the house's own is all zeros.
    #[schema(value_type = uuid::Uuid)]
    sales_unit_id: SalesUnitId,
    /// Its name for people.
    display_name: &'u str,
    /// The provider's number of it; empty where it has none.
    merchant_serial_number: &'u str,
    /// The agreement whose keys it is used with.
    agreement: UnderAnswer<'u>,
    /// The slug of the group it belongs to; null for the house's own.
    #[schema(required)]
    group: Option<&'u str>,
    /// True when the group's events take it unless they name another.
    is_default: bool,
    /// True when no money is real: nothing of it counts in the books.
    test_mode: bool,
    /// True for the house's own, which is changed in the configuration.
    from_configuration: bool,
    /// True when no new order begins with it.
    disabled: bool,
    /// When it was made.
    created_at: Stamp,
    /// When it changed last.
    updated_at: Stamp,
}

/// The agreement of a sales unit.
#[derive(Serialize, ToSchema)]
#[schema(as = UnderAgreement)]
pub(crate) struct UnderAnswer<'u> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    agreement_id: AgreementId,
    /// Its name for people.
    display_name: &'u str,
    /// With which provider.
    #[schema(value_type = ProviderWord)]
    provider: &'static str,
}

/// A webhook registration at the provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookAnswer<'w> {
    /// The provider's id of it.
    webhook_id: &'w str,
    /// Where it sends.
    #[schema(format = "uri")]
    url: &'w str,
    /// What it sends.
    events: &'w [String],
    /// What we know of it; null for one that somebody else made.
    #[schema(required)]
    own: Option<OwnAnswer>,
}

/// What we know of a webhook registration of our own.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnWebhook)]
pub(crate) struct OwnAnswer {
    /// When it was made.
    created_at: Stamp,
    /// When a webhook of it came last; null when none did.
    #[schema(required)]
    last_heard_at: Option<Stamp>,
    /// Since when nothing came.
    silent_since: Stamp,
    /// When the provider deletes it, if what it sends finds nobody until then.
    may_be_deleted_at: Stamp,
    /// True when that is near. A unit without payments is silent too, and is not deleted for that.
    is_about_to_be_deleted: bool,
}

/// `GET /sales-units`
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page) -> Answered {
    let found = see_sales_units(&app, actor.standing(), page.after()?, page.fetch()).await?;
    Ok(page.answer(found, write_unit, |view| (view.unit.created_at.timestamp_millis(), view.unit.id)))
}

/// `POST /sales-units`
pub(crate) async fn add(app: Data<App>, actor: Actor, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let New { display_name, merchant_serial_number, agreement, group, is_default } = body.json()?;
    let is_default = is_default.unwrap_or_default();
    let new = NewSalesUnit { display_name, merchant_serial_number, agreement, group, is_default };
    let reply = body.reply(&actor, 201, write_unit)?;
    write_answer(add_sales_unit(&app, actor.standing(), new, reply).await?)
}

/// `GET /sales-units/{sales_unit_id}`
pub(crate) async fn show(app: Data<App>, actor: Actor, id: Path<SalesUnitId>) -> Answered {
    let found = see_sales_unit(&app, actor.standing(), *id).await?;
    Ok(HttpResponse::Ok().json(write_unit(&found)))
}

/// `PATCH /sales-units/{sales_unit_id}`
pub(crate) async fn edit(app: Data<App>, actor: Actor, id: Path<SalesUnitId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let Fields { display_name, is_default, disabled } = body.json()?;
    let patch = SalesUnitPatch { display_name, is_default, disabled };
    let changed = edit_sales_unit(&app, actor.standing(), *id, patch).await?;
    Ok(HttpResponse::Ok().json(write_unit(&changed)))
}

/// `GET /sales-units/{sales_unit_id}/webhooks`
pub(crate) async fn webhooks(app: Data<App>, actor: Actor, id: Path<SalesUnitId>, page: Page) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    let after: Option<String> = page.after()?;
    let mut found = see_webhooks(&app, actor.standing(), *id).await.map_err(unanswered)?;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let rest = found.into_iter().filter(|webhook| after.as_ref().is_none_or(|after| webhook.id > *after)).collect();
    Ok(page.answer(rest, write_webhook, |webhook| webhook.id.clone()))
}

/// `POST /sales-units/{sales_unit_id}/webhooks`
pub(crate) async fn register_webhook(app: Data<App>, actor: Actor, id: Path<SalesUnitId>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::SettingsManage)?;
    body.json::<Nothing>()?;
    let registered = register_anew(&app, actor.standing(), *id).await.map_err(unanswered)?;
    Ok(HttpResponse::Created().json(write_webhook(&registered)))
}

/// `DELETE /sales-units/{sales_unit_id}/webhooks/{webhook_id}`
pub(crate) async fn delete_webhook(app: Data<App>, actor: Actor, place: Path<(SalesUnitId, String)>) -> Answered {
    let (unit, webhook) = place.into_inner();
    change_webhooks::delete_webhook(&app, actor.standing(), unit, webhook).await.map_err(unanswered)?;
    Ok(HttpResponse::NoContent().finish())
}

/// A question about a unit that the provider did not answer.
pub(in crate::http) fn unanswered(cause: Unanswered) -> ApiError {
    match cause {
        Unanswered::Stop(stop) => stop.into(),
        Unanswered::Silent => provider_unavailable(),
    }
}

pub(in crate::http) fn write_unit(view: &UnitView) -> Value {
    let UnitView { unit, agreement } = view;
    written(&UnitAnswer {
        sales_unit_id: unit.id,
        display_name: &unit.display_name,
        merchant_serial_number: &unit.merchant_serial_number,
        agreement: UnderAnswer {
            agreement_id: agreement.id,
            display_name: &agreement.display_name,
            provider: agreement.provider.word(),
        },
        group: unit.group.as_deref(),
        is_default: unit.is_default,
        test_mode: agreement.environment.is_test_mode(),
        from_configuration: view.is_house(),
        disabled: unit.disabled,
        created_at: Stamp(unit.created_at),
        updated_at: Stamp(unit.updated_at),
    })
}

fn write_webhook(webhook: &WebhookView) -> Value {
    written(&WebhookAnswer {
        webhook_id: &webhook.id,
        url: &webhook.url,
        events: &webhook.events,
        own: webhook.own.map(|own| OwnAnswer {
            created_at: Stamp(own.made_at),
            last_heard_at: own.last_heard_at.map(Stamp),
            silent_since: Stamp(own.silence.since),
            may_be_deleted_at: Stamp(own.silence.may_be_deleted_at),
            is_about_to_be_deleted: own.silence.is_about_to_be_deleted,
        }),
    })
}
