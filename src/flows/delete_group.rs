//! A group that organizes nothing and holds no role goes, and who belonged to it belongs to it no more.

use super::app::App;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::store::Stop;

/// Deletes a group.
pub async fn delete_group(app: &App, who: &Standing, slug: String) -> Result<(), Stop> {
    who.needs_everywhere(Permission::GroupsManage)?;
    app.store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            tx.group_by_slug(&slug)?.ok_or(Refusal::NotFound)?;
            // A group that holds the admin's role is in use, so no admin is lost here.
            if tx.group_is_in_use(&slug)? {
                return Err(Refusal::GroupInUse.into());
            }
            tx.delete_group(&slug)
        })
        .await
}
