//! A group changes its name or kind, or whether all its members manage its events; that gives them permissions, so only
//! those may say so who hold them.

use super::app::App;
use crate::domain::group::{Group, GroupKind, MemberRole};
use crate::domain::patch::Patch;
use crate::domain::permission::{Membership, Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::store::Stop;

/// What changes about a group.
#[derive(Clone, Debug, Default)]
pub struct GroupPatch {
    /// Its name for people.
    pub name: Patch<String>,
    /// What sort of group it is.
    pub kind: Patch<GroupKind>,
    /// Whether all its members manage its events.
    pub members_may_manage: Patch<bool>,
}

/// Changes a group.
pub async fn edit_group(app: &App, who: &Standing, slug: String, patch: GroupPatch) -> Result<Group, Stop> {
    let actor = who.user_id;
    app.store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            let actor = tx.standing_of(actor)?;
            actor.needs_everywhere(Permission::GroupsManage)?;
            let mut group = tx.group_by_slug(&slug)?.ok_or(Refusal::NotFound)?;
            let (GroupPatch { name, kind, members_may_manage }, mut errors) = (patch.clone(), Vec::new());
            let before = group.members_may_manage;
            name.apply_filled(&mut group.name, "/name", &mut errors);
            kind.apply_filled(&mut group.kind, "/kind", &mut errors);
            members_may_manage.apply_filled(&mut group.members_may_manage, "/members_may_manage", &mut errors);
            errors.extend(group.errors());
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors).into());
            }
            if group.members_may_manage && !before {
                let place = Membership { group: slug.clone(), role: MemberRole::Member, members_may_manage: true };
                actor.may_give(place.holdings())?;
            }
            group.updated_at = tx.now();
            tx.save_group(&group)?;
            Ok(group)
        })
        .await
}
