//! A login on the pages. The browser keeps a secret in a cookie, and we keep its keyed hash; the purpose of the hash keeps
//! it apart from refresh tokens, so neither opens the other's door. Every form shows a token made from the secret.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::app::App;
use super::log_in::begin_login;
use super::log_out::end_login;
use crate::domain::ids::SessionId;
use crate::domain::permission::Standing;
use crate::domain::user::User;
use crate::keys::Purpose;
use crate::store::Stop;

/// No secret of ours is longer: nothing longer is looked for.
const SECRET_LENGTH_MAX: usize = 64;

/// Somebody who is signed in on the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCaller {
    /// Who it is.
    pub user: User,
    /// What he may do at this moment.
    pub standing: Standing,
    /// With which login.
    pub session: SessionId,
}

/// Checks the password and begins a login; answers the secret for the cookie. It is always a new one.
pub async fn log_in_on_pages(app: &App, from: IpAddr, email: &str, password: &str) -> Result<String, Stop> {
    Ok(begin_login(app, from, email, password, Purpose::PageSession).await?.secret.text)
}

/// Who shows this secret; nobody when it is unknown, old, or of a login that has ended.
pub async fn know_page_caller(app: &App, secret: &str) -> Result<Option<PageCaller>, Stop> {
    if secret.len() > SECRET_LENGTH_MAX {
        return Ok(None);
    }
    let hashes = app.keys.keyed_hashes(Purpose::PageSession, secret.as_bytes());
    let now = app.clock.machine_now();
    app.store
        .read(move |reader| {
            let known = reader.refresh_token(&hashes)?;
            let Some(known) = known.filter(|known| !known.session.has_ended && known.expires_at > now) else {
                return Ok(None);
            };
            let standing = reader.standing_of(known.session.user)?;
            let user = reader.user_by_id(known.session.user)?;
            Ok(user.map(|user| PageCaller { user, standing, session: known.session.id }))
        })
        .await
}

/// Ends the login behind this secret; one that is no longer known has nothing left to end.
pub async fn log_out_on_pages(app: &App, secret: &str) -> Result<(), Stop> {
    end_login(app, secret, Purpose::PageSession).await
}

/// What the forms of this login show.
pub fn form_token(app: &App, secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(app.keys.keyed_hash(Purpose::FormToken, secret.as_bytes()))
}

/// True when a form shows the token of this login.
pub fn is_form_token(app: &App, secret: &str, shown: &str) -> bool {
    let Ok(shown) = URL_SAFE_NO_PAD.decode(shown) else { return false };
    let good = app.keys.keyed_hashes(Purpose::FormToken, secret.as_bytes());
    good.iter().any(|good| bool::from(good.ct_eq(&shown)))
}
