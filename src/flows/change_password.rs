//! Somebody who is signed in sets a new password. All other logins of this user end.

use std::net::IpAddr;

use super::access_token::Caller;
use super::app::App;
use super::throttle::{note_failure, refuse_the_hasty, subject_of};
use crate::domain::refusal::Refusal;
use crate::domain::user::password_error;
use crate::store::Stop;

/// Sets a new password for whoever knows the current one.
pub async fn change_password(app: &App, caller: &Caller, from: IpAddr, change: NewPassword) -> Result<(), Stop> {
    if let Some(error) = password_error("/new", &change.new) {
        return Err(Refusal::Invalid(vec![error]).into());
    }
    let (user, session) = (caller.standing.user_id, caller.session);
    let subject = subject_of(app, &user.to_string(), from);
    let asking = subject.clone();
    let hash = app
        .store
        .read(move |reader| {
            refuse_the_hasty(reader, &asking)?;
            Ok(reader.user_with_password(user)?.and_then(|found| found.password_hash))
        })
        .await?;
    if !app.passwords.is_right(&change.current, hash).await? {
        note_failure(app, subject).await?;
        return Err(Refusal::WrongPassword.into());
    }
    let hash = app.passwords.hash_password(&change.new).await?;
    app.store
        .change(move |tx| {
            let now = tx.clock().machine_now();
            tx.forget_failures(&subject)?;
            tx.save_password(user, &hash)?;
            Ok(tx.end_sessions_of(user, Some(session), now)?)
        })
        .await
}

/// The password as it is and as it shall be.
pub struct NewPassword {
    /// As it is.
    pub current: String,
    /// As it shall be.
    pub new: String,
}
