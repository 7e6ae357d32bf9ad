//! A refresh token is changed for a fresh pair. A token that was replaced is good for a moment more, for a second tab or
//! a lost answer; shown later it was stolen from somebody, and the whole login ends.

use chrono::TimeDelta;

use super::app::App;
use super::tokens::{Tokens, new_secret, pair, save_refresh_token};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::refusal::Refusal;
use crate::keys::Purpose;
use crate::store::Stop;

/// How long a replaced token is still good.
const REPLACED_GOOD_FOR: TimeDelta = TimeDelta::seconds(30);

enum Outcome {
    Renewed(UserId, SessionId),
    Ended,
}

/// Changes a refresh token for a fresh pair.
pub async fn refresh(app: &App, token: &str) -> Result<Tokens, Stop> {
    let hashes = app.keys.keyed_hashes(Purpose::RefreshToken, token.as_bytes());
    let fresh = new_secret(app, Purpose::RefreshToken)?;
    let saved = fresh.clone();
    let outcome = app
        .store
        .change(move |tx| {
            let now = tx.clock().machine_now();
            let known = tx.refresh_token(&hashes)?.ok_or(Refusal::Unauthenticated)?;
            if known.session.has_ended || known.expires_at <= now {
                return Err(Refusal::Unauthenticated.into());
            }
            if known.replaced_at.is_some_and(|at| at + REPLACED_GOOD_FOR < now) {
                // Not an error inside here: that would undo the ending.
                tx.end_session(known.session.id, now)?;
                return Ok(Outcome::Ended);
            }
            tx.replace_refresh_token(&known.hash, now)?;
            save_refresh_token(tx, known.session.id, &saved)?;
            Ok(Outcome::Renewed(known.session.user, known.session.id))
        })
        .await?;
    match outcome {
        Outcome::Renewed(user, session) => pair(app, user, session, fresh),
        Outcome::Ended => Err(Refusal::Unauthenticated.into()),
    }
}
