//! A role is taken back. The last admin stays.

use super::app::App;
use crate::domain::ids::GrantId;
use crate::domain::permission::{Permission, Standing, an_admin_remains};
use crate::domain::refusal::Refusal;
use crate::store::Stop;

/// Takes a role back.
pub async fn take_role(app: &App, who: &Standing, grant: GrantId) -> Result<(), Stop> {
    let actor = who.user_id;
    app.store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            tx.standing_of(actor)?.needs_everywhere(Permission::RolesManage)?;
            tx.grant_by_id(grant)?.ok_or(Refusal::NotFound)?;
            let admins = tx.count_admins()?;
            tx.delete_grant(grant)?;
            Ok(an_admin_remains(admins, tx.count_admins()?)?)
        })
        .await
}
