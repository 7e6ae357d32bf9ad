//! Who belongs to a group changes: by those who manage groups, or by its leaders. Belonging brings permissions, so
//! nobody lets in with more than he holds himself, and the last admin stays.

use super::app::App;
use crate::domain::group::{Group, MemberRole};
use crate::domain::ids::UserId;
use crate::domain::permission::{HeldRole, Membership, Permission, Scope, Standing, an_admin_remains};
use crate::domain::refusal::Refusal;
use crate::store::{Stop, Tx};

/// Lets somebody into a group, or changes as what he belongs to it.
pub async fn put_member(app: &App, who: &Standing, place: (String, UserId), role: MemberRole) -> Result<(), Stop> {
    let (actor, (slug, user)) = (who.user_id, place);
    app.store
        .change(move |tx| {
            let (actor, group) = may_change(tx, actor, &slug)?;
            if tx.user_by_id(user)?.is_none() {
                return Err(Refusal::NotFound.into());
            }
            let before = tx.member(&slug, user)?;
            actor.may_give(given(tx, &group, before, role)?)?;
            Ok(tx.put_member(&slug, user, role)?)
        })
        .await
}

/// Takes somebody out of a group.
pub async fn remove_member(app: &App, who: &Standing, slug: String, user: UserId) -> Result<(), Stop> {
    let actor = who.user_id;
    app.store
        .change(move |tx| {
            may_change(tx, actor, &slug)?;
            let admins = tx.count_admins()?;
            if !tx.remove_member(&slug, user)? {
                return Err(Refusal::NotFound.into());
            }
            Ok(an_admin_remains(admins, tx.count_admins()?)?)
        })
        .await
}

fn may_change(tx: &mut Tx<'_>, actor: UserId, slug: &str) -> Result<(Standing, Group), Stop> {
    tx.take_turn_for_who_may()?;
    let actor = tx.standing_of(actor)?;
    if !actor.may_everywhere(Permission::GroupsManage) && !actor.leads(slug) {
        return Err(Refusal::Forbidden.into());
    }
    let group = tx.group_by_slug(slug)?.ok_or(Refusal::NotFound)?;
    Ok((actor, group))
}

/// What somebody holds afterwards that he did not hold before.
fn given(
    tx: &mut Tx<'_>,
    group: &Group,
    before: Option<MemberRole>,
    role: MemberRole,
) -> Result<Vec<(Permission, Scope)>, Stop> {
    let place = |role| Membership { group: group.slug.clone(), role, members_may_manage: group.members_may_manage };
    if before.is_some_and(|before| place(before).manages()) {
        return Ok(Vec::new());
    }
    let mut given = place(role).holdings();
    if before.is_none() {
        given.extend(tx.roles_of_group(&group.slug)?.iter().flat_map(HeldRole::holdings));
    }
    Ok(given)
}
