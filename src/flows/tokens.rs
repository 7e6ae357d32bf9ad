//! The pair that a login hands out: an access token for a quarter of an hour and a refresh token for thirty days. Only
//! the keyed hash of a refresh token is kept.

use chrono::TimeDelta;

use super::access_token::{ACCESS_TOKEN_LIFE, issue_access_token};
use super::app::App;
use crate::domain::ids::{SessionId, UserId};
use crate::keys::Purpose;
use crate::store::{Stop, StoreError, Tx};

/// How long a refresh token is good.
pub const REFRESH_TOKEN_LIFE: TimeDelta = TimeDelta::days(30);

/// What a login hands out.
#[derive(Clone)]
pub struct Tokens {
    /// For every request.
    pub access_token: String,
    /// For the next pair.
    pub refresh_token: String,
    /// How long the access token is good.
    pub expires_in: TimeDelta,
}

/// A secret and the hash to keep of it.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) text: String,
    pub(super) hash: Vec<u8>,
}

pub(super) fn new_secret(app: &App, purpose: Purpose) -> Result<Secret, Stop> {
    let text = app.keys.new_secret().map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let hash = app.keys.keyed_hash(purpose, text.as_bytes());
    Ok(Secret { text, hash })
}

/// Saves a fresh refresh token of a login.
pub(super) fn save_refresh_token(tx: &mut Tx<'_>, session: SessionId, secret: &Secret) -> Result<(), Stop> {
    let expires_at = tx.clock().machine_now() + REFRESH_TOKEN_LIFE;
    Ok(tx.insert_refresh_token(secret.hash.clone(), session, expires_at)?)
}

/// The pair, once its refresh token is saved.
pub(super) fn pair(app: &App, user: UserId, session: SessionId, refresh: Secret) -> Result<Tokens, Stop> {
    let access_token = issue_access_token(app, user, session)?;
    Ok(Tokens { access_token, refresh_token: refresh.text, expires_in: ACCESS_TOKEN_LIFE })
}
