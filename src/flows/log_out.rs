//! Somebody leaves. The login ends with all its tokens; a token that is no longer known has nothing left to end.

use super::app::App;
use crate::keys::Purpose;
use crate::store::Stop;

/// Ends the login that a refresh token belongs to.
pub async fn log_out(app: &App, token: &str) -> Result<(), Stop> {
    end_login(app, token, Purpose::RefreshToken).await
}

/// Ends the login that a secret of this purpose keeps alive.
pub(super) async fn end_login(app: &App, secret: &str, purpose: Purpose) -> Result<(), Stop> {
    let hashes = app.keys.keyed_hashes(purpose, secret.as_bytes());
    app.store
        .change(move |tx| {
            let now = tx.clock().machine_now();
            if let Some(known) = tx.refresh_token(&hashes)? {
                tx.end_session(known.session.id, now)?;
            }
            Ok(())
        })
        .await
}
