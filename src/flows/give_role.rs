//! A role is given to a user or to a group's members. Nobody gives what he does not hold there himself; giving what is
//! given already changes nothing.

use super::app::App;
use super::reply::Reply;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::grant::{Grant, Grantee};
use crate::domain::ids::GrantId;
use crate::domain::permission::{Permission, Role, Scope, Standing};
use crate::domain::refusal::Refusal;
use crate::store::replays::Answer;
use crate::store::{Stop, Tx};

/// A role that is to be given.
#[derive(Clone)]
pub struct NewGrant {
    /// The role.
    pub role: Role,
    /// To whom.
    pub to: Grantee,
    /// Where it holds.
    pub scope: Scope,
}

/// Gives a role.
pub async fn give_role(app: &App, who: &Standing, new: NewGrant, reply: Reply<Grant>) -> Result<Answer, Stop> {
    let actor = who.user_id;
    app.store
        .change_once(reply.once.clone(), move |tx| {
            tx.take_turn_for_who_may()?;
            let actor = tx.standing_of(actor)?;
            actor.needs_everywhere(Permission::RolesManage)?;
            let grant = save_grant(tx, new.clone(), |grant| actor.may_give(grant.held().holdings()))?;
            Ok(reply.answer(&grant))
        })
        .await
}

/// Saves a grant unless the same is given already. `allowed` has the last word; a fresh house has nobody to ask.
pub fn save_grant(
    tx: &mut Tx<'_>,
    new: NewGrant,
    allowed: impl FnOnce(&Grant) -> Result<(), Refusal>,
) -> Result<Grant, Stop> {
    let NewGrant { role, to, scope } = new;
    let grant = Grant { id: GrantId(tx.clock().id()), role, to, scope, created_at: tx.now() };
    allowed(&grant)?;
    let errors = unknown(tx, &grant)?;
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors).into());
    }
    if let Some(given) = tx.grant_like(&grant)? {
        return Ok(given);
    }
    tx.insert_grant(&grant)?;
    Ok(grant)
}

fn unknown(tx: &mut Tx<'_>, grant: &Grant) -> Result<Vec<FieldError>, Stop> {
    let mut errors = Vec::new();
    match &grant.to {
        Grantee::User(user) => {
            if tx.user_by_id(*user)?.is_none() {
                errors.push(FieldError::new("/user_id", Fault::UnknownGrantee));
            }
        }
        Grantee::Group(group) => {
            if tx.group_by_slug(group)?.is_none() {
                errors.push(FieldError::new("/group", Fault::UnknownGrantGroup));
            }
        }
    }
    if let Scope::EventsOf(group) = &grant.scope
        && tx.group_by_slug(group)?.is_none()
    {
        errors.push(FieldError::new("/scope_group", Fault::UnknownGrantGroup));
    }
    Ok(errors)
}
