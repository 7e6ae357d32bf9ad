//! Agreements and sales units, for those who manage the settings. What the configuration says of the house's own is put
//! in its place here; the keys themselves are never part of what is seen.

use super::app::App;
use super::units::house_environment;
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::{Agreement, KeysSet, SalesUnit};
use crate::store::sales_units::Contracted;
use crate::store::{Reader, Stop, StoreError};

/// An agreement with what is known of its keys.
#[derive(Clone, Debug)]
pub struct AgreementView {
    /// The agreement.
    pub agreement: Agreement,
    /// That it has keys; empty when it has none, and for the house's own.
    pub keys: Option<KeysSet>,
}

impl AgreementView {
    /// True for the agreement that the configuration tells of.
    pub fn is_house(&self) -> bool {
        self.agreement.id == AgreementId::HOUSE
    }
}

/// A sales unit with its agreement.
#[derive(Clone, Debug)]
pub struct UnitView {
    /// The unit.
    pub unit: SalesUnit,
    /// The agreement whose keys it is used with.
    pub agreement: Agreement,
}

impl UnitView {
    /// True for the unit that the configuration tells of.
    pub fn is_house(&self) -> bool {
        self.unit.id == SalesUnitId::HOUSE
    }
}

/// An agreement as it is in this transaction.
pub(super) fn view_agreement(
    app: &App,
    reader: &mut Reader<'_>,
    agreement: Agreement,
) -> Result<AgreementView, StoreError> {
    let keys = reader.keys_set(&[agreement.id])?.remove(&agreement.id);
    Ok(AgreementView { agreement: as_configured(app, agreement), keys })
}

/// A unit as it is shown.
pub(super) fn view_unit(app: &App, (mut unit, agreement): Contracted) -> UnitView {
    if unit.id == SalesUnitId::HOUSE {
        unit.display_name.clone_from(&app.settings.organization);
        unit.merchant_serial_number.clone_from(&app.settings.vipps.merchant_serial_number);
    }
    UnitView { unit, agreement: as_configured(app, agreement) }
}

fn as_configured(app: &App, mut agreement: Agreement) -> Agreement {
    if agreement.id == AgreementId::HOUSE {
        agreement.display_name.clone_from(&app.settings.organization);
        agreement.environment = house_environment(app);
    }
    agreement
}

/// Agreements in the order they were made; the house's own is the first.
pub async fn see_agreements(
    app: &App,
    who: &Standing,
    after: Option<(i64, AgreementId)>,
    limit: i64,
) -> Result<Vec<AgreementView>, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let house = app.clone();
    app.store
        .read(move |tx| {
            let agreements = tx.agreements(after, limit)?;
            let ids: Vec<AgreementId> = agreements.iter().map(|agreement| agreement.id).collect();
            let mut keys = tx.keys_set(&ids)?;
            let view = |agreement: Agreement| AgreementView {
                keys: keys.remove(&agreement.id),
                agreement: as_configured(&house, agreement),
            };
            Ok(agreements.into_iter().map(view).collect())
        })
        .await
}

/// One agreement.
pub async fn see_agreement(app: &App, who: &Standing, id: AgreementId) -> Result<AgreementView, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let house = app.clone();
    app.store
        .read(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Refusal::NotFound)?;
            Ok(view_agreement(&house, tx, agreement)?)
        })
        .await
}

/// Sales units in the order they were made; the house's own is the first.
pub async fn see_sales_units(
    app: &App,
    who: &Standing,
    after: Option<(i64, SalesUnitId)>,
    limit: i64,
) -> Result<Vec<UnitView>, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let found = app.store.read(move |tx| Ok(tx.sales_units(after, limit)?)).await?;
    Ok(found.into_iter().map(|contracted| view_unit(app, contracted)).collect())
}

/// One sales unit.
pub async fn see_sales_unit(app: &App, who: &Standing, id: SalesUnitId) -> Result<UnitView, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let found = app.store.read(move |tx| Ok(tx.sales_unit(id)?)).await?;
    Ok(view_unit(app, found.ok_or(Refusal::NotFound)?))
}
