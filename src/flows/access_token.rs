//! Access tokens: signed for a quarter of an hour, naming the user and the login and nothing else. What the user may do
//! is read with every request, and a login that has ended takes its access tokens with it.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::app::App;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::permission::Standing;
use crate::domain::refusal::Refusal;
use crate::keys::Keys;
use crate::store::{Stop, StoreError};

/// How long an access token is good.
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);

const ISSUER: &str = "plass";
const AUDIENCE: &str = "plass-api";

/// No real token is longer: nothing longer is read.
const TOKEN_LENGTH_MAX: usize = 2_048;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    /// No two tokens are the same, also within a second. Those from before had none.
    #[serde(default)]
    jti: Uuid,
    iat: i64,
    exp: i64,
}

/// Whoever shows a good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who, and what he may do.
    pub standing: Standing,
    /// With which login.
    pub session: SessionId,
}

/// A fresh access token.
pub fn issue_access_token(app: &App, user: UserId, session: SessionId) -> Result<String, Stop> {
    let now = app.clock.machine_now();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user.0,
        sid: session.0,
        jti: app.clock.id(),
        iat: now.timestamp(),
        exp: (now + ACCESS_TOKEN_LIFE).timestamp(),
    };
    let header = Header { kid: Some(app.keys.key_id().to_owned()), ..Header::new(Algorithm::HS256) };
    let token = encode(&header, &claims, &EncodingKey::from_secret(app.keys.token_secret()));
    token.map_err(|error| StoreError::Corrupt(format!("signing a token: {error}")).into())
}

/// Who shows this token, and what he may do at this moment.
pub async fn know_caller(app: &App, token: &str) -> Result<Caller, Stop> {
    let claims = read_token(&app.keys, token).ok_or(Refusal::Unauthenticated)?;
    if claims.exp <= app.clock.machine_now().timestamp() {
        return Err(Refusal::Unauthenticated.into());
    }
    let session = SessionId(claims.sid);
    let standing = app.porter.standing(app, session, UserId(claims.sub)).await?;
    Ok(Caller { standing: standing.ok_or(Refusal::Unauthenticated)?, session })
}

// The expiry is compared with the house's own machine clock by whoever calls.
fn read_token(keys: &Keys, token: &str) -> Option<Claims> {
    if token.len() > TOKEN_LENGTH_MAX {
        return None;
    }
    let key_id = decode_header(token).ok()?.kid?;
    let secret = keys.token_secret_of(&key_id)?;
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    rules.validate_exp = false;
    decode::<Claims>(token, &DecodingKey::from_secret(secret), &rules).ok().map(|read| read.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &Header, iss: &str, aud: &str, secret: &[u8]) -> String {
        let claims = Claims {
            iss: iss.to_owned(),
            aud: aud.to_owned(),
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            jti: Uuid::nil(),
            iat: 0,
            exp: 4_102_444_800,
        };
        encode(header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) }
    }

    #[test]
    fn only_our_own_tokens_are_read() {
        let keys = Keys::for_tests();
        let ours = header(Algorithm::HS256, Some("test"));
        let secret = keys.token_secret();
        assert!(read_token(&keys, &token(&ours, "plass", "plass-api", secret)).is_some());
        for (what, other) in [
            ("issuer", token(&ours, "other", "plass-api", secret)),
            ("audience", token(&ours, "plass", "other", secret)),
            ("secret", token(&ours, "plass", "plass-api", b"guess")),
            ("algorithm", token(&header(Algorithm::HS512, Some("test")), "plass", "plass-api", secret)),
            ("key id", token(&header(Algorithm::HS256, Some("other")), "plass", "plass-api", secret)),
            ("no key id", token(&header(Algorithm::HS256, None), "plass", "plass-api", secret)),
            ("none", "eyJhbGciOiJub25lIiwia2lkIjoidGVzdCJ9.e30.".to_owned()),
            ("length", "x".repeat(3_000)),
        ] {
            assert!(read_token(&keys, &other).is_none(), "{what}");
        }
    }
}
