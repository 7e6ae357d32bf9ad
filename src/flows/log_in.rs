//! Somebody signs in. A wrong password and an address that nobody has get the same answer after the same time.

use std::net::IpAddr;

use super::app::App;
use super::throttle::{note_failure, refuse_the_hasty, subject_of};
use super::tokens::{Secret, Tokens, new_secret, pair, save_refresh_token};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::user::plain_email;
use crate::keys::Purpose;
use crate::store::Stop;
use crate::store::users::UserWithPassword;

/// Checks the password and begins a login on the API.
pub async fn log_in(app: &App, from: IpAddr, email: &str, password: &str) -> Result<Tokens, Stop> {
    let login = begin_login(app, from, email, password, Purpose::RefreshToken).await?;
    pair(app, login.user, login.session, login.secret)
}

/// A login that has begun, and the secret that keeps it alive.
pub(super) struct Login {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) secret: Secret,
}

/// Checks the password and begins a login whose secret is good for one purpose only.
pub(super) async fn begin_login(
    app: &App,
    from: IpAddr,
    email: &str,
    password: &str,
    purpose: Purpose,
) -> Result<Login, Stop> {
    let email = plain_email(email);
    let subject = subject_of(app, &email, from);
    let asking = subject.clone();
    let found = app
        .store
        .read(move |reader| {
            refuse_the_hasty(reader, &asking)?;
            Ok(reader.user_by_email(&email)?)
        })
        .await?;
    let hash = found.as_ref().and_then(|found| found.password_hash.clone());
    let is_right = app.passwords.is_right(password, hash).await?;
    match found {
        Some(found) if is_right => begin(app, found, subject, purpose).await,
        Some(_) | None => {
            note_failure(app, subject).await?;
            Err(Refusal::InvalidCredentials.into())
        }
    }
}

async fn begin(app: &App, found: UserWithPassword, subject: Vec<u8>, purpose: Purpose) -> Result<Login, Stop> {
    let session = SessionId(app.clock.id());
    let secret = new_secret(app, purpose)?;
    let (user, saved) = (found.user.id, secret.clone());
    app.store
        .change(move |tx| {
            // Others may have failed, and the password may have changed, while this one was compared.
            tx.take_turn_for_subject(&subject)?;
            refuse_the_hasty(tx, &subject)?;
            let present = tx.user_with_password(user)?.and_then(|present| present.password_hash);
            if present != found.password_hash {
                return Err(Refusal::InvalidCredentials.into());
            }
            tx.forget_failures(&subject)?;
            let now = tx.clock().machine_now();
            tx.insert_session(session, user, now)?;
            save_refresh_token(tx, session, &saved)
        })
        .await?;
    Ok(Login { user, session, secret })
}
