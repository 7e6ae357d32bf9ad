//! A group is made. It has no members yet.

use super::app::App;
use super::reply::Reply;
use crate::domain::group::{Group, GroupKind};
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::store::Stop;
use crate::store::replays::Answer;

/// A group that is not there yet.
#[derive(Clone)]
pub struct NewGroup {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What sort of group it is.
    pub kind: GroupKind,
}

/// Makes a group.
pub async fn add_group(app: &App, who: &Standing, new: NewGroup, reply: Reply<Group>) -> Result<Answer, Stop> {
    who.needs_everywhere(Permission::GroupsManage)?;
    app.store
        .change_once(reply.once.clone(), move |tx| {
            let now = tx.now();
            let NewGroup { slug, name, kind } = new.clone();
            let group = Group { slug, name, kind, members_may_manage: false, created_at: now, updated_at: now };
            let errors = group.errors();
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors).into());
            }
            tx.insert_group(&group)?;
            Ok(reply.answer(&group))
        })
        .await
}
