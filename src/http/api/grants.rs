//! Roles, and who was given which.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::fault::Fault;
use crate::domain::grant::{Grant, Grantee};
use crate::domain::ids::{GrantId, UserId};
use crate::domain::permission::{Permission, Role, Scope};
use crate::flows::app::App;
use crate::flows::give_role::{NewGrant, give_role};
use crate::flows::see_people::see_grants;
use crate::flows::take_role::take_role;
use crate::http::body::Body;
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::values::Stamp;
use crate::http::words::{PermissionWord, RoleWord};
use crate::http::{Answered, write_answer, written};

/// A role to be given: to a user or to a group's members, never both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGrant)]
pub(crate) struct New {
    /// Which role.
    #[schema(value_type = RoleWord)]
    role: String,
    /// To which user.
    #[schema(value_type = Option<uuid::Uuid>)]
    user_id: Option<String>,
    /// To the members of which group.
    group: Option<String>,
    /// Only for the events of this group; null means everywhere.
    scope_group: Option<String>,
}

/// A named set of permissions.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub(crate) struct RoleAnswer {
    /// Its name.
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// What it is made of.
    #[schema(value_type = Vec<PermissionWord>)]
    permissions: &'static [Permission],
}

/// A role that was given.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantAnswer<'g> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    grant_id: GrantId,
    /// Which role.
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// The user who has it; null when a group has.
    #[schema(required, value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
    /// The group whose members have it; null when a user has.
    #[schema(required)]
    group: Option<&'g str>,
    /// The group for whose events it is good; null means everywhere.
    #[schema(required)]
    scope_group: Option<&'g str>,
    /// When it was given.
    created_at: Stamp,
}

/// `GET /roles`
pub(crate) async fn roles(actor: Actor, page: Page) -> Answered {
    actor.needs_everywhere(Permission::RolesManage)?;
    let after: Option<String> = page.after()?;
    let seen = after.map_or(0, |after| 1 + Role::ALL.iter().position(|role| role.word() == after).unwrap_or_default());
    let roles = Role::ALL.into_iter().skip(seen).collect();
    let write = |role: &Role| written(&RoleAnswer { role: role.word(), permissions: role.permissions() });
    Ok(page.answer(roles, write, |role| role.word()))
}

/// `GET /grants`
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page) -> Answered {
    let grants = see_grants(&app, actor.standing(), page.after()?, page.fetch()).await?;
    Ok(page.answer(grants, write_grant, |grant| grant.id))
}

/// `POST /grants`
pub(crate) async fn give(app: Data<App>, actor: Actor, body: Body) -> Answered {
    actor.needs_everywhere(Permission::RolesManage)?;
    let new = read_grant(body.json()?)?;
    let reply = body.reply(&actor, 201, write_grant)?;
    write_answer(give_role(&app, actor.standing(), new, reply).await?)
}

/// `DELETE /grants/{grant_id}`
pub(crate) async fn take_back(app: Data<App>, actor: Actor, grant: Path<GrantId>) -> Answered {
    take_role(&app, actor.standing(), grant.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read_grant(new: New) -> Result<NewGrant, ApiError> {
    let known = || Fault::NoneOf(Role::ALL.map(Role::word).to_vec());
    let role = Role::from_word(&new.role).ok_or_else(|| ApiError::invalid("/role", known()))?;
    let to = match (new.user_id, new.group) {
        (Some(user), None) => {
            let user: Option<UserId> = user.parse().ok();
            Grantee::User(user.ok_or_else(|| ApiError::invalid("/user_id", Fault::UnknownGrantee))?)
        }
        (None, Some(group)) => Grantee::Group(group),
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid("/group", Fault::OneTooMany(&["user_id", "group"])));
        }
        (None, None) => return Err(ApiError::invalid("/user_id", Fault::OneNeeded(&["user_id", "group"]))),
    };
    Ok(NewGrant { role, to, scope: Scope::of(new.scope_group) })
}

fn write_grant(grant: &Grant) -> Value {
    let (user_id, group) = match &grant.to {
        Grantee::User(user) => (Some(*user), None),
        Grantee::Group(group) => (None, Some(group.as_str())),
    };
    let scope_group = match &grant.scope {
        Scope::Everywhere => None,
        Scope::EventsOf(group) => Some(group.as_str()),
    };
    written(&GrantAnswer {
        grant_id: grant.id,
        role: grant.role.word(),
        user_id,
        group,
        scope_group,
        created_at: Stamp(grant.created_at),
    })
}
