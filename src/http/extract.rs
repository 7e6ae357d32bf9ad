//! Who asks, and from where. An [`Actor`] has shown a good token; what he may do was read with this request. Nothing
//! here decides what is allowed.

use std::future::{Future, Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev, web};

use super::error::ApiError;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::permission::Standing;
use crate::domain::refusal::Refusal;
use crate::flows::access_token::{Caller, know_caller};
use crate::flows::app::App;

/// Somebody who is signed in. Without a good token: 401.
#[derive(Clone, Debug)]
pub struct Actor(Caller);

impl Actor {
    /// Who.
    pub fn user_id(&self) -> UserId {
        self.0.standing.user_id
    }

    /// With which login.
    pub fn session(&self) -> SessionId {
        self.0.session
    }

    /// Both.
    pub fn caller(&self) -> &Caller {
        &self.0
    }

    /// What he may do.
    pub fn standing(&self) -> &Standing {
        &self.0.standing
    }
}

impl Deref for Actor {
    type Target = Standing;
    fn deref(&self) -> &Standing {
        &self.0.standing
    }
}

impl FromRequest for Actor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().cloned();
        let token = bearer(request);
        Box::pin(async move {
            let app = app.ok_or_else(|| ApiError::Bug("the routes were built without an app".to_owned()))?;
            let token = token.ok_or(Refusal::Unauthenticated)?;
            Ok(Self(know_caller(&app, &token).await?))
        })
    }
}

/// The token that a request shows.
pub(super) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Somebody who is signed in, or nobody. A token that is no longer good is still a 401: its owner should renew it.
#[derive(Clone, Debug)]
pub struct MaybeActor(pub Option<Actor>);

impl FromRequest for MaybeActor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Box::pin(ready(Ok(Self(None))));
        }
        let actor = Actor::from_request(request, payload);
        Box::pin(async move { Ok(Self(Some(actor.await?))) })
    }
}

/// Where the request came from, as far as proxies that we trust tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let trusted = request.app_data::<web::Data<App>>().map(|app| app.settings.trusted_proxies.clone());
        let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
        let forwarded: Vec<&str> =
            request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
        ready(Ok(Self(client_address(peer, &forwarded.join(","), &trusted.unwrap_or_default()))))
    }
}

// Each proxy appends whom it saw; what stands left of the first one we do not trust, anybody may have written.
fn client_address(peer: IpAddr, forwarded: &str, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in forwarded.rsplit(',') {
        if !trusted.iter().any(|proxy| proxy.to_canonical() == client) {
            break;
        }
        let hop = hop.trim();
        let address =
            hop.parse::<IpAddr>().or_else(|_no_port| hop.parse::<SocketAddr>().map(|with_port| with_port.ip()));
        let Ok(address) = address else { break };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &str, expected: &str) {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let found = client_address(peer.parse().unwrap(), forwarded, &trusted);
        assert_eq!(found.to_string(), expected, "{peer} {forwarded}");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("192.0.2.1", "", "192.0.2.1");
        check("192.0.2.1", "198.51.100.1", "192.0.2.1");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1");
        check("10.0.0.1", "198.51.100.1:4711", "198.51.100.1");
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("10.0.0.1", "", "10.0.0.1");
        check("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1");
    }
}
