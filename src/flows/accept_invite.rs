//! Somebody sets a password with a one-time link, without signing in. The link is used up, and every login of this user
//! ends.

use super::app::App;
use crate::domain::refusal::Refusal;
use crate::domain::user::password_error;
use crate::keys::Purpose;
use crate::store::sessions::Invite;
use crate::store::{Reader, Stop};

/// Refuses a link that is unknown, used or too old.
pub async fn look_at_invite(app: &App, token: &str) -> Result<(), Stop> {
    let hashes = app.keys.keyed_hashes(Purpose::Invite, token.as_bytes());
    app.store.read(move |reader| find(reader, &hashes).map(|_good| ())).await
}

/// Sets the password and uses the link up.
pub async fn accept_invite(app: &App, token: &str, password: &str) -> Result<(), Stop> {
    look_at_invite(app, token).await?;
    if let Some(error) = password_error("/password", password) {
        return Err(Refusal::Invalid(vec![error]).into());
    }
    let hash = app.passwords.hash_password(password).await?;
    let hashes = app.keys.keyed_hashes(Purpose::Invite, token.as_bytes());
    app.store
        .change(move |tx| {
            let now = tx.clock().machine_now();
            let invite = find(tx, &hashes)?;
            if !tx.use_invite(&invite.hash, now)? {
                return Err(Refusal::LinkExpired.into());
            }
            tx.save_password(invite.user, &hash)?;
            Ok(tx.end_sessions_of(invite.user, None, now)?)
        })
        .await
}

fn find(reader: &mut Reader<'_>, hashes: &[Vec<u8>]) -> Result<Invite, Stop> {
    let now = reader.clock().machine_now();
    let known = reader.invite(hashes)?;
    let good = known.filter(|invite| invite.used_at.is_none() && invite.expires_at > now);
    Ok(good.ok_or(Refusal::LinkExpired)?)
}
