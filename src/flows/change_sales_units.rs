//! Sales units are made, changed and disabled. A unit that events take stays; orders keep theirs in any case.

use super::app::App;
use super::keep_webhooks;
use super::reply::Reply;
use super::see_settings::{UnitView, view_unit};
use super::units::house_environment;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::patch::Patch;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::{Provider, SalesUnit};
use crate::store::replays::Answer;
use crate::store::{Reader, Stop};

/// A sales unit that is not there yet.
#[derive(Clone)]
pub struct NewSalesUnit {
    /// Its name for people.
    pub display_name: String,
    /// The provider's number of it.
    pub merchant_serial_number: String,
    /// The agreement whose keys it is used with.
    pub agreement: AgreementId,
    /// The slug of the group it belongs to.
    pub group: String,
    /// True when the group's events take it unless they name another.
    pub is_default: bool,
}

/// Makes a sales unit.
pub async fn add_sales_unit(
    app: &App,
    who: &Standing,
    new: NewSalesUnit,
    reply: Reply<UnitView>,
) -> Result<Answer, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let id = SalesUnitId(app.clock.id());
    let house = app.clone();
    let answer = app
        .store
        .change_once(reply.once.clone(), move |tx| {
            tx.take_turn_for_who_may()?;
            let now = tx.now();
            let NewSalesUnit { display_name, merchant_serial_number, agreement, group, is_default } = new.clone();
            if agreement == AgreementId::HOUSE {
                return Err(Refusal::SetByConfiguration.into());
            }
            let unit = SalesUnit {
                id,
                display_name,
                merchant_serial_number,
                agreement,
                group: Some(group.clone()),
                is_default,
                disabled: false,
                created_at: now,
                updated_at: now,
            };
            let agreement = tx.agreement(agreement)?.filter(|agreement| !agreement.disabled);
            let provider = agreement.as_ref().map_or(Provider::VippsEpayment, |agreement| agreement.provider);
            let mut errors = unit.errors(provider);
            if agreement.is_none() {
                errors.push(FieldError::new("/agreement", Fault::UnknownAgreement));
            }
            if tx.group_by_slug(&group)?.is_none() {
                errors.push(FieldError::new("/group", Fault::UnknownUnitGroup));
            }
            check_default(tx, &unit, unit.is_default, provider, &mut errors)?;
            let Some(agreement) = agreement.filter(|_| errors.is_empty()) else {
                return Err(Refusal::Invalid(errors).into());
            };
            let number = &unit.merchant_serial_number;
            let is_houses = *number == house.settings.vipps.merchant_serial_number
                && agreement.environment == house_environment(&house);
            let is_taken = provider.numbers_its_units()
                && (is_houses || tx.serial_number_is_taken(number, agreement.environment)?);
            if is_taken {
                return Err(Refusal::SerialNumberTaken.into());
            }
            tx.insert_sales_unit(&unit)?;
            tx.hasten_duty(keep_webhooks::DUTY)?;
            Ok(reply.answer(&UnitView { unit, agreement }))
        })
        .await?;
    app.signals.work_saved();
    Ok(answer)
}

/// Coming events that name no unit go on with the group's default, and so with its provider: it must take their prices.
/// A group without a default falls back on the house's own, which is with Vipps.
fn check_default(
    tx: &mut Reader<'_>,
    unit: &SalesUnit,
    changes: bool,
    provider: Provider,
    errors: &mut Vec<FieldError>,
) -> Result<(), Stop> {
    let Some(group) = unit.group.as_deref().filter(|_| changes) else { return Ok(()) };
    if tx.currencies_without_a_unit(group)?.into_iter().any(|currency| !provider.takes(currency)) {
        errors.push(FieldError::new("/is_default", Fault::PricesNotTaken));
    }
    Ok(())
}

/// What changes about a sales unit.
#[derive(Clone)]
pub struct SalesUnitPatch {
    /// Its name for people.
    pub display_name: Patch<String>,
    /// Whether the group's events take it unless they name another.
    pub is_default: Patch<bool>,
    /// Whether new orders may begin with it.
    pub disabled: Patch<bool>,
}

/// Changes a sales unit. It is not disabled while events take it: their money would go elsewhere unseen.
pub async fn edit_sales_unit(
    app: &App,
    who: &Standing,
    id: SalesUnitId,
    patch: SalesUnitPatch,
) -> Result<UnitView, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let house = app.clone();
    let view = app
        .store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            let (mut unit, agreement) = tx.sales_unit(id)?.ok_or(Refusal::NotFound)?;
            if id == SalesUnitId::HOUSE {
                return Err(Refusal::SetByConfiguration.into());
            }
            let was_default = unit.is_default;
            let (SalesUnitPatch { display_name, is_default, disabled }, mut errors) = (patch.clone(), Vec::new());
            display_name.apply_filled(&mut unit.display_name, "/display_name", &mut errors);
            is_default.apply_filled(&mut unit.is_default, "/is_default", &mut errors);
            disabled.apply_filled(&mut unit.disabled, "/disabled", &mut errors);
            errors.extend(unit.errors(agreement.provider));
            let changes = unit.is_default != was_default;
            check_default(
                tx,
                &unit,
                changes,
                if unit.is_default { agreement.provider } else { Provider::VippsEpayment },
                &mut errors,
            )?;
            if agreement.disabled && !unit.disabled {
                errors.push(FieldError::new("/disabled", Fault::UnknownAgreement));
            }
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors).into());
            }
            if unit.disabled && (unit.is_default || tx.sales_unit_is_named(id)?) {
                return Err(Refusal::SalesUnitInUse.into());
            }
            unit.updated_at = tx.now();
            tx.save_sales_unit(&unit)?;
            tx.hasten_duty(keep_webhooks::DUTY)?;
            Ok(view_unit(&house, (unit, agreement)))
        })
        .await?;
    app.signals.work_saved();
    Ok(view)
}
