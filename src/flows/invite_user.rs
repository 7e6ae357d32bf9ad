//! A one-time link with which somebody sets a password. It opens the account, so only those may make it who hold
//! everything that the account holds; a newer link makes the older ones worthless.

use chrono::TimeDelta;

use super::app::App;
use super::tokens::new_secret;
use crate::clock::Timestamp;
use crate::domain::ids::UserId;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::keys::Purpose;
use crate::store::{Stop, Tx};

/// How long a link is good.
const INVITE_LIFE: TimeDelta = TimeDelta::days(7);

/// A one-time link.
pub struct Invitation {
    /// Where to set the password.
    pub link: String,
    /// Until when, in machine time.
    pub expires_at: Timestamp,
}

/// Makes a one-time link for a user.
pub async fn invite_user(app: &App, who: &Standing, user: UserId) -> Result<Invitation, Stop> {
    let secret = new_secret(app, Purpose::Invite)?;
    let (actor, hash) = (who.user_id, secret.hash);
    let expires_at = app
        .store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            may_open_account(tx, actor, user)?;
            let expires_at = tx.clock().machine_now() + INVITE_LIFE;
            tx.insert_invite(hash.clone(), user, expires_at)?;
            Ok(expires_at)
        })
        .await?;
    let link = format!("{}/invite/{}", app.settings.public_url, secret.text);
    Ok(Invitation { link, expires_at })
}

/// Refuses whoever may not act in the user's place. One's own account one may see, so that is a plain no.
pub(super) fn may_open_account(tx: &mut Tx<'_>, actor: UserId, user: UserId) -> Result<(), Stop> {
    let actor = tx.standing_of(actor)?;
    if !actor.may_everywhere(Permission::UsersManage) {
        let no = if actor.user_id == user { Refusal::Forbidden } else { Refusal::NotFound };
        return Err(no.into());
    }
    if tx.user_by_id(user)?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let theirs = tx.standing_of(user)?;
    Ok(actor.may_stand_in_for(&theirs)?)
}
