//! Somebody is added who can sign in, with a password or without one yet.

use super::app::App;
use super::reply::Reply;
use crate::domain::ids::UserId;
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::user::{Profile, User, password_error, plain_email};
use crate::store::replays::Answer;
use crate::store::{Stop, Tx};

/// A user who is not there yet.
#[derive(Clone)]
pub struct NewUser {
    /// What is known.
    pub profile: Profile,
    /// The password, if there is one already.
    pub password: Option<String>,
}

/// Adds a user.
pub async fn add_user(app: &App, who: &Standing, new: NewUser, reply: Reply<User>) -> Result<Answer, Stop> {
    who.needs_everywhere(Permission::UsersManage)?;
    let profile = Profile { email: plain_email(&new.profile.email), ..new.profile };
    let mut errors = profile.errors();
    errors.extend(new.password.as_deref().and_then(|password| password_error("/password", password)));
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors).into());
    }
    let hash = match &new.password {
        Some(password) => Some(app.passwords.hash_password(password).await?),
        None => None,
    };
    app.store
        .change_once(reply.once.clone(), move |tx| {
            let user = save_new_user(tx, profile.clone(), hash.clone())?;
            Ok(reply.answer(&user))
        })
        .await
}

/// Saves a user whose profile was checked and whose password, if any, was hashed.
pub fn save_new_user(tx: &mut Tx<'_>, profile: Profile, password_hash: Option<String>) -> Result<User, Stop> {
    let now = tx.now();
    let user = User { id: UserId(tx.clock().id()), profile, created_at: now, updated_at: now };
    tx.insert_user(&user, password_hash)?;
    Ok(user)
}
