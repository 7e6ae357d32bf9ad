//! What is known about a user changes: by the user, or by those who manage users. The address opens the account, so only
//! those change it who hold everything that the account holds.

use super::app::App;
use super::invite_user::may_open_account;
use crate::domain::ids::UserId;
use crate::domain::patch::Patch;
use crate::domain::permission::Standing;
use crate::domain::refusal::Refusal;
use crate::domain::user::{Profile, User, plain_email};
use crate::store::{Stop, Tx};

/// What changes about a user.
#[derive(Clone, Debug, Default)]
pub struct ProfilePatch {
    /// The address.
    pub email: Patch<String>,
    /// The first name.
    pub first_name: Patch<String>,
    /// The last name.
    pub last_name: Patch<String>,
    /// The telephone number.
    pub phone: Patch<String>,
    /// The language.
    pub locale: Patch<String>,
    /// What a sign-up says about photos unless it says otherwise.
    pub allow_photo_by_default: Patch<bool>,
}

/// Somebody changes what is known about himself; not the address.
pub async fn edit_own_profile(app: &App, who: &Standing, patch: ProfilePatch) -> Result<User, Stop> {
    let user = who.user_id;
    app.store.change(move |tx| save(tx, user, ProfilePatch { email: Patch::Absent, ..patch.clone() })).await
}

/// Those who manage users change what is known about one.
pub async fn edit_user(app: &App, who: &Standing, user: UserId, patch: ProfilePatch) -> Result<User, Stop> {
    let actor = who.user_id;
    app.store
        .change(move |tx| {
            tx.take_turn_for_who_may()?;
            may_open_account(tx, actor, user)?;
            save(tx, user, patch.clone())
        })
        .await
}

fn save(tx: &mut Tx<'_>, user: UserId, patch: ProfilePatch) -> Result<User, Stop> {
    let mut user = tx.user_by_id(user)?.ok_or(Refusal::NotFound)?;
    user.profile = apply(patch, user.profile)?;
    user.updated_at = tx.now();
    tx.save_profile(&user)?;
    Ok(user)
}

fn apply(patch: ProfilePatch, mut profile: Profile) -> Result<Profile, Refusal> {
    let mut errors = Vec::new();
    patch.email.map(|email| plain_email(&email)).apply_filled(&mut profile.email, "/email", &mut errors);
    patch.first_name.apply_filled(&mut profile.first_name, "/first_name", &mut errors);
    patch.last_name.apply_filled(&mut profile.last_name, "/last_name", &mut errors);
    patch.phone.apply(&mut profile.phone);
    patch.locale.apply_filled(&mut profile.locale, "/locale", &mut errors);
    let photo = &mut profile.allow_photo_by_default;
    patch.allow_photo_by_default.apply_filled(photo, "/allow_photo_by_default", &mut errors);
    errors.extend(profile.errors());
    if errors.is_empty() { Ok(profile) } else { Err(Refusal::Invalid(errors)) }
}
