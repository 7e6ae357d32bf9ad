//! Who may look at users, groups, members and grants, and what they see.

use super::app::App;
use crate::domain::grant::Grant;
use crate::domain::group::{Group, MemberRole};
use crate::domain::ids::{GrantId, UserId};
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::user::User;
use crate::store::Stop;

/// Users in the order they were made, for those who manage them.
pub async fn see_users(app: &App, who: &Standing, after: Option<UserId>, limit: i64) -> Result<Vec<User>, Stop> {
    who.needs_everywhere(Permission::UsersManage)?;
    app.store.read(move |reader| Ok(reader.users(after, limit)?)).await
}

/// One user, for those who manage users and for himself. For others there is no such user.
pub async fn see_user(app: &App, who: &Standing, user: UserId) -> Result<User, Stop> {
    if who.user_id != user && !who.may_everywhere(Permission::UsersManage) {
        return Err(Refusal::NotFound.into());
    }
    app.store.read(move |reader| Ok(reader.user_by_id(user)?.ok_or(Refusal::NotFound)?)).await
}

/// Groups by slug: all for those who manage groups, their own for leaders.
pub async fn see_groups(app: &App, who: &Standing, after: Option<String>, limit: i64) -> Result<Vec<Group>, Stop> {
    let only = if who.may_everywhere(Permission::GroupsManage) {
        None
    } else {
        let led: Vec<String> =
            who.memberships.iter().map(|place| place.group.clone()).filter(|group| who.leads(group)).collect();
        if led.is_empty() {
            return Err(Refusal::Forbidden.into());
        }
        Some(led)
    };
    app.store.read(move |reader| Ok(reader.groups(only, after, limit)?)).await
}

/// One group, for those who manage groups and for those who belong to it.
pub async fn see_group(app: &App, who: &Standing, slug: String) -> Result<Group, Stop> {
    if !who.may_everywhere(Permission::GroupsManage) && !who.belongs_to(&slug) {
        return Err(Refusal::Forbidden.into());
    }
    app.store.read(move |reader| Ok(reader.group_by_slug(&slug)?.ok_or(Refusal::NotFound)?)).await
}

/// Who belongs to a group, for those who may change that.
pub async fn see_members(
    app: &App,
    who: &Standing,
    slug: String,
    page: (Option<UserId>, i64),
) -> Result<Vec<(UserId, MemberRole)>, Stop> {
    if !who.may_everywhere(Permission::GroupsManage) && !who.leads(&slug) {
        return Err(Refusal::Forbidden.into());
    }
    let (after, limit) = page;
    app.store
        .read(move |reader| {
            reader.group_by_slug(&slug)?.ok_or(Refusal::NotFound)?;
            Ok(reader.members(&slug, after, limit)?)
        })
        .await
}

/// Grants in the order they were given, for those who manage roles.
pub async fn see_grants(app: &App, who: &Standing, after: Option<GrantId>, limit: i64) -> Result<Vec<Grant>, Stop> {
    who.needs_everywhere(Permission::RolesManage)?;
    app.store.read(move |reader| Ok(reader.grants(after, limit)?)).await
}
