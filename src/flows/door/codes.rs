//! The codes that hang at the door: made, taken over, moved and deleted at the provider, which has them; we keep which
//! ones are ours. The provider is asked outside any transaction.

use super::super::app::App;
use super::super::keep_webhooks;
use super::super::units::{Unanswered, provider_of};
use crate::domain::door::{DoorCode, code_errors};
use crate::domain::ids::SalesUnitId;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::store::Stop;
use crate::vipps::{Door, ListedCode, PaymentProvider, ProviderError};

/// A code of a sales unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeView {
    /// Ours.
    Own(DoorCode),
    /// Somebody made it elsewhere; it can be taken over.
    Strange(ListedCode),
}

/// The codes of a unit that are ours.
pub async fn see_codes(app: &App, who: &Standing, unit: SalesUnitId) -> Result<Vec<DoorCode>, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    app.store
        .read(move |tx| {
            tx.sales_unit(unit)?.ok_or(Refusal::NotFound)?;
            Ok(tx.door_codes(unit)?)
        })
        .await
}

/// Compares with the provider's list: ours that are gone there are gone, what was renamed there is renamed. Answers all.
pub async fn sync_codes(app: &App, who: &Standing, unit: SalesUnitId) -> Result<Vec<CodeView>, Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    let provider = door_of(app, unit).await?;
    let there = door(&*provider)?.codes().await?;
    let views = app.store.change(move |tx| {
        let own = tx.door_codes(unit)?;
        let mut views = Vec::new();
        for gone in own.iter().filter(|own| !there.iter().any(|listed| listed.id == own.id)) {
            tx.delete_door_code(unit, &gone.id)?;
        }
        for listed in &there {
            match own.iter().find(|own| own.id == listed.id) {
                Some(known) => {
                    let ListedCode { location, content, .. } = listed.clone();
                    let code = DoorCode { location, content, ..known.clone() };
                    tx.put_door_code(&code)?;
                    views.push(CodeView::Own(code));
                }
                None => views.push(CodeView::Strange(listed.clone())),
            }
        }
        Ok(views)
    });
    Ok(views.await?)
}

/// Makes a code, takes one over, or changes where it hangs.
pub async fn put_code(
    app: &App,
    who: &Standing,
    unit: SalesUnitId,
    (id, location): (String, String),
) -> Result<DoorCode, Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    let errors = code_errors(&id, &location);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors).into());
    }
    let provider = door_of(app, unit).await?;
    let door = door(&*provider)?;
    door.put_code(&id, location.trim()).await?;
    // What is drawn is the provider's to say.
    let listed = door.codes().await?.into_iter().find(|listed| listed.id == id);
    let ListedCode { id, location, content } = listed.ok_or(Refusal::ProviderRefused)?;
    let code = app.store.change(move |tx| {
        let (id, location, content) = (id.clone(), location.clone(), content.clone());
        let code = DoorCode { unit, id, location, content, created_at: tx.now(), scanned_at: None };
        tx.put_door_code(&code)?;
        // The first code of a unit wants a webhook for scans.
        tx.hasten_duty(keep_webhooks::DUTY)?;
        Ok(tx.door_code(unit, &code.id)?.unwrap_or(code))
    });
    let code = code.await?;
    app.signals.work_saved();
    Ok(code)
}

/// Deletes a code at the provider: what is printed of it leads nowhere from then on.
pub async fn delete_code(app: &App, who: &Standing, unit: SalesUnitId, id: String) -> Result<(), Unanswered> {
    who.needs_everywhere(Permission::SettingsManage).map_err(Stop::from)?;
    if !code_errors(&id, "anywhere").is_empty() {
        return Err(Refusal::NotFound.into());
    }
    let provider = door_of(app, unit).await?;
    let name = id.clone();
    let is_known = app.store.read(move |tx| Ok(tx.door_code(unit, &name)?)).await?.is_some();
    match door(&*provider)?.delete_code(&id).await {
        Ok(()) => {}
        // It was gone already.
        Err(ProviderError::Refused { status: 404, .. }) if is_known => {}
        Err(ProviderError::Refused { status: 404, .. }) => return Err(Refusal::NotFound.into()),
        Err(error) => return Err(error.into()),
    }
    app.store.change(move |tx| Ok(tx.delete_door_code(unit, &id)?)).await?;
    Ok(())
}

async fn door_of(app: &App, unit: SalesUnitId) -> Result<std::sync::Arc<dyn PaymentProvider>, Stop> {
    app.store
        .read(move |tx| {
            let (_, agreement) = tx.sales_unit(unit)?.ok_or(Refusal::NotFound)?;
            if !agreement.provider.is_at_the_door() {
                return Err(Refusal::DoorNotAvailable.into());
            }
            let has_keys = unit == SalesUnitId::HOUSE || !tx.sealed_credentials(agreement.id)?.is_empty();
            if has_keys { Ok(()) } else { Err(Refusal::CredentialsMissing.into()) }
        })
        .await?;
    provider_of(app, unit).await
}

fn door(provider: &dyn PaymentProvider) -> Result<&dyn Door, Unanswered> {
    provider.door().ok_or(Unanswered::Silent)
}
