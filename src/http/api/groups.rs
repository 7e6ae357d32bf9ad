//! Groups and who belongs to them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::fault::Fault;
use crate::domain::group::{Group, GroupKind, MemberRole};
use crate::domain::ids::UserId;
use crate::domain::patch::Patch;
use crate::domain::permission::Permission;
use crate::flows::add_group::{NewGroup, add_group};
use crate::flows::app::App;
use crate::flows::change_members::{put_member as put_into, remove_member as take_out};
use crate::flows::delete_group::delete_group;
use crate::flows::edit_group::{GroupPatch, edit_group};
use crate::flows::see_people::{see_group, see_groups, see_members};
use crate::http::body::Body;
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::values::Stamp;
use crate::http::words::{GroupKindWord, MemberRoleWord};
use crate::http::{Answered, write_answer, written};

/// A group to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGroup)]
pub(crate) struct New {
    /// Its name in addresses; it never changes.
    #[schema(max_length = 50, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    slug: String,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What sort of group it is.
    #[schema(value_type = GroupKindWord)]
    kind: String,
}

/// What changes about a group; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupPatch)]
pub(crate) struct Fields {
    /// Its name for people.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    /// What sort of group it is.
    #[serde(default)]
    #[schema(value_type = GroupKindWord, required = false)]
    kind: Patch<String>,
    /// True when all its members manage its events, not only its leaders.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    members_may_manage: Patch<bool>,
}

/// A place in a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPlace)]
pub(crate) struct Place {
    /// As what.
    #[schema(value_type = MemberRoleWord)]
    role: String,
}

/// A group: a board, a committee, a year.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupAnswer<'g> {
    /// Its name in addresses; it never changes.
    slug: &'g str,
    /// Its name for people.
    name: &'g str,
    /// What sort of group it is.
    #[schema(value_type = GroupKindWord)]
    kind: &'static str,
    /// True when all its members manage its events, not only its leaders.
    members_may_manage: bool,
    /// When it was made.
    created_at: Stamp,
    /// When it changed last.
    updated_at: Stamp,
}

/// Somebody who belongs to a group.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberAnswer {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    user_id: UserId,
    /// As what.
    #[schema(value_type = MemberRoleWord)]
    role: &'static str,
}

/// `GET /groups`
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page) -> Answered {
    let groups = see_groups(&app, actor.standing(), page.after()?, page.fetch()).await?;
    Ok(page.answer(groups, write_group, |group| group.slug.clone()))
}

/// `POST /groups`
pub(crate) async fn add(app: Data<App>, actor: Actor, body: Body) -> Answered {
    actor.needs_everywhere(Permission::GroupsManage)?;
    let New { slug, name, kind } = body.json()?;
    let new = NewGroup { slug, name, kind: read_kind(&kind)? };
    let reply = body.reply(&actor, 201, write_group)?;
    write_answer(add_group(&app, actor.standing(), new, reply).await?)
}

/// `GET /groups/{slug}`
pub(crate) async fn show(app: Data<App>, actor: Actor, slug: Path<String>) -> Answered {
    let group = see_group(&app, actor.standing(), slug.into_inner()).await?;
    Ok(HttpResponse::Ok().json(write_group(&group)))
}

/// `PATCH /groups/{slug}`
pub(crate) async fn edit(app: Data<App>, actor: Actor, slug: Path<String>, body: Body) -> Answered {
    actor.needs_everywhere(Permission::GroupsManage)?;
    let Fields { name, kind, members_may_manage } = body.json()?;
    let kind = match kind {
        Patch::Absent => Patch::Absent,
        Patch::Null => Patch::Null,
        Patch::Value(word) => Patch::Value(read_kind(&word)?),
    };
    let patch = GroupPatch { name, kind, members_may_manage };
    let group = edit_group(&app, actor.standing(), slug.into_inner(), patch).await?;
    Ok(HttpResponse::Ok().json(write_group(&group)))
}

/// `DELETE /groups/{slug}`
pub(crate) async fn remove(app: Data<App>, actor: Actor, slug: Path<String>) -> Answered {
    delete_group(&app, actor.standing(), slug.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /groups/{slug}/members`
pub(crate) async fn members(app: Data<App>, actor: Actor, slug: Path<String>, page: Page) -> Answered {
    let members = see_members(&app, actor.standing(), slug.into_inner(), (page.after()?, page.fetch())).await?;
    Ok(page.answer(members, |(user, role)| write_member(*user, *role), |(user, _)| *user))
}

/// `PUT /groups/{slug}/members/{user_id}`
pub(crate) async fn put_member(app: Data<App>, actor: Actor, place: Path<(String, UserId)>, body: Body) -> Answered {
    let (slug, user) = place.into_inner();
    if !actor.leads(&slug) {
        actor.needs_everywhere(Permission::GroupsManage)?;
    }
    let Place { role } = body.json()?;
    let known = || Fault::NoneOf(MemberRole::ALL.map(MemberRole::word).to_vec());
    let role = MemberRole::from_word(&role).ok_or_else(|| ApiError::invalid("/role", known()))?;
    put_into(&app, actor.standing(), (slug, user), role).await?;
    Ok(HttpResponse::Ok().json(write_member(user, role)))
}

/// `DELETE /groups/{slug}/members/{user_id}`
pub(crate) async fn remove_member(app: Data<App>, actor: Actor, place: Path<(String, UserId)>) -> Answered {
    let (slug, user) = place.into_inner();
    take_out(&app, actor.standing(), slug, user).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read_kind(word: &str) -> Result<GroupKind, ApiError> {
    let known = || Fault::NoneOf(GroupKind::ALL.map(GroupKind::word).to_vec());
    GroupKind::from_word(word).ok_or_else(|| ApiError::invalid("/kind", known()))
}

fn write_group(group: &Group) -> Value {
    written(&GroupAnswer {
        slug: &group.slug,
        name: &group.name,
        kind: group.kind.word(),
        members_may_manage: group.members_may_manage,
        created_at: Stamp(group.created_at),
        updated_at: Stamp(group.updated_at),
    })
}

fn write_member(user: UserId, role: MemberRole) -> Value {
    written(&MemberAnswer { user_id: user, role: role.word() })
}
