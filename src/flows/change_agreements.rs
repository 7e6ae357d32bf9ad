//! Agreements are made, changed and disabled, and their keys are set. Keys go in and never come out.

use super::app::App;
use super::keep_webhooks;
use super::reply::Reply;
use super::see_settings::{AgreementView, view_agreement};
use super::units::{seal, try_keys};
use crate::clock::Timestamp;
use crate::domain::credentials::Credentials;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::patch::Patch;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::{Agreement, Environment, Provider, SalesUnit};
use crate::store::Stop;
use crate::store::replays::Answer;
use crate::store::sales_units::NewCredentials;
use crate::vipps::ProviderError;

/// An agreement that is not there yet.
#[derive(Clone)]
pub struct NewAgreement {
    /// Its name for people.
    pub display_name: String,
    /// With whom.
    pub provider: Provider,
    /// Whether its money is real.
    pub environment: Environment,
}

/// Makes an agreement. It has no keys yet.
pub async fn add_agreement(
    app: &App,
    who: &Standing,
    new: NewAgreement,
    reply: Reply<AgreementView>,
) -> Result<Answer, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let id = AgreementId(app.clock.id());
    let only_test = app.settings.vipps.is_sandbox();
    app.store
        .change_once(reply.once.clone(), move |tx| {
            let now = tx.now();
            let NewAgreement { display_name, provider, environment } = new.clone();
            let agreement = Agreement {
                id,
                display_name,
                provider,
                environment,
                disabled: false,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            let mut errors = agreement.errors();
            if only_test && !environment.is_test_mode() {
                errors.push(FieldError::new("/environment", Fault::OnlyTestHere));
            }
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors).into());
            }
            tx.insert_agreement(&agreement)?;
            Ok(reply.answer(&AgreementView { agreement, keys: None }))
        })
        .await
}

/// What changes about an agreement.
#[derive(Clone)]
pub struct AgreementPatch {
    /// Its name for people.
    pub display_name: Patch<String>,
    /// With whom: it moves one way only, so that what was begun over the one can be finished over the other.
    pub provider: Patch<Provider>,
    /// Whether something new may begin under it.
    pub disabled: Patch<bool>,
}

/// Changes an agreement. It is not disabled while its units are at work.
pub async fn edit_agreement(
    app: &App,
    who: &Standing,
    id: AgreementId,
    patch: AgreementPatch,
) -> Result<AgreementView, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let house = app.clone();
    let view = app
        .store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            let mut agreement = tx.agreement(id)?.ok_or(Refusal::NotFound)?;
            if id == AgreementId::HOUSE {
                return Err(Refusal::SetByConfiguration.into());
            }
            let (AgreementPatch { display_name, provider, disabled }, mut errors) = (patch.clone(), Vec::new());
            let before = agreement.provider;
            display_name.apply_filled(&mut agreement.display_name, "/display_name", &mut errors);
            provider.apply_filled(&mut agreement.provider, "/provider", &mut errors);
            disabled.apply_filled(&mut agreement.disabled, "/disabled", &mut errors);
            if !before.may_become(agreement.provider) {
                errors.push(FieldError::new("/provider", Fault::ProviderStays));
            }
            errors.extend(agreement.errors());
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors).into());
            }
            if agreement.disabled && tx.units_of_agreement(id)?.iter().any(|unit| !unit.disabled) {
                return Err(Refusal::AgreementInUse.into());
            }
            agreement.updated_at = tx.now();
            tx.save_agreement(&agreement)?;
            if before != agreement.provider {
                // The units may have to be registered where they now are.
                tx.hasten_duty(keep_webhooks::DUTY)?;
            }
            Ok(view_agreement(&house, tx, agreement)?)
        })
        .await?;
    app.signals.work_saved();
    Ok(view)
}

/// Sets the keys of an agreement. Those that the provider accepted before stay in use until it has accepted these.
pub async fn set_credentials(
    app: &App,
    who: &Standing,
    id: AgreementId,
    credentials: &Credentials,
) -> Result<AgreementView, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    if id == AgreementId::HOUSE {
        return Err(Refusal::SetByConfiguration.into());
    }
    let agreement = app.store.read(move |tx| Ok(tx.agreement(id)?)).await?.ok_or(Refusal::NotFound)?;
    let errors = credentials.errors(agreement.provider);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors).into());
    }
    let new = NewCredentials {
        id: app.clock.id(),
        agreement: id,
        sealed: seal(app, credentials)?,
        key_id: app.keys.key_id().to_owned(),
        set_by: who.user_id,
    };
    let house = app.clone();
    let view = app
        .store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            tx.agreement(id)?.ok_or(Refusal::NotFound)?;
            tx.put_credentials(&new)?;
            tx.hasten_duty(keep_webhooks::DUTY)?;
            let agreement = tx.agreement(id)?.ok_or(Refusal::NotFound)?;
            Ok(view_agreement(&house, tx, agreement)?)
        })
        .await?;
    app.signals.work_saved();
    Ok(view)
}

/// How a try of the connection went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// When.
    pub at: Timestamp,
    /// What is wrong; empty when nothing is.
    pub trouble: Option<ConnectionTrouble>,
}

/// Why the connection is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionTrouble {
    /// True when the provider answered that the keys are not good; else it did not answer.
    pub keys_are_refused: bool,
    /// The provider's own code, if it has one.
    pub code: Option<String>,
    /// What the provider says, or how the question got lost.
    pub title: String,
}

impl From<ProviderError> for ConnectionTrouble {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused { status, code, title, .. } => {
                let title = if title.is_empty() { format!("HTTP {status}") } else { title };
                Self { keys_are_refused: true, code, title }
            }
            ProviderError::Unavailable { reason, .. } | ProviderError::Unknown { reason } => {
                Self { keys_are_refused: false, code: None, title: reason }
            }
        }
    }
}

/// Tries the connection now: asks for an access token with the newest keys. Good ones take the place of older ones.
pub async fn test_connection(app: &App, who: &Standing, id: AgreementId) -> Result<Tested, Stop> {
    who.needs_everywhere(Permission::SettingsManage)?;
    let (agreement, units) = app
        .store
        .read(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Refusal::NotFound)?;
            Ok((agreement, tx.units_of_agreement(id)?))
        })
        .await?;
    let tried = if id == AgreementId::HOUSE {
        app.vipps.check().await
    } else {
        let unit = units.into_iter().min_by_key(|unit| unit.disabled);
        let unit = unit.unwrap_or_else(|| numberless(&agreement));
        try_keys(app, &(unit, agreement)).await?
    };
    Ok(Tested { at: app.clock.now(), trouble: tried.err().map(ConnectionTrouble::from) })
}

/// Stands for a unit while there is none: keys can be tried before.
fn numberless(agreement: &Agreement) -> SalesUnit {
    SalesUnit {
        id: SalesUnitId::HOUSE,
        display_name: String::new(),
        merchant_serial_number: String::new(),
        agreement: agreement.id,
        group: None,
        is_default: false,
        disabled: false,
        created_at: agreement.created_at,
        updated_at: agreement.updated_at,
    }
}
