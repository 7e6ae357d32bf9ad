//! Who visits a page, and in which language. Being signed in is a cookie; a visitor without one reads what anybody may
//! read. Nothing here decides what is allowed.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};

use super::frame::{Frame, Reader, Ways};
use super::session::{LANGUAGE_COOKIE, session_secret};
use super::{Language, pick_language};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::page_session::{PageCaller, form_token, know_page_caller};
use crate::http::error::ApiError;

/// Somebody in front of a page.
pub(crate) struct Visitor {
    /// The house.
    pub(crate) app: Data<App>,
    /// What stands around the page.
    pub(crate) frame: Frame,
    /// Who it is, when signed in.
    pub(crate) caller: Option<PageCaller>,
}

impl Visitor {
    /// Whoever is signed in; otherwise the way to the login.
    pub(crate) fn needs_caller(&self) -> Result<&PageCaller, ApiError> {
        self.caller.as_ref().ok_or_else(|| Refusal::Unauthenticated.into())
    }
}

/// The language of a request: chosen on this browser, else the one it likes best.
pub(crate) fn language_of(request: &HttpRequest) -> Language {
    let chosen = request.cookie(LANGUAGE_COOKIE).and_then(|cookie| Language::of_word(cookie.value()));
    let liked = || pick_language(request.headers().get(header::ACCEPT_LANGUAGE).and_then(|text| text.to_str().ok()));
    chosen.unwrap_or_else(liked)
}

/// Where the reader is, as path and query.
pub(crate) fn address_of(request: &HttpRequest) -> String {
    request.uri().path_and_query().map(ToString::to_string).unwrap_or_else(|| "/".to_owned())
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let app = request.app_data::<Data<App>>().cloned();
        let request = request.clone();
        Box::pin(async move {
            let app = app.ok_or_else(|| ApiError::Bug("the routes were built without an app".to_owned()))?;
            let secret = session_secret(&app, &request);
            let caller = match &secret {
                Some(secret) => know_page_caller(&app, secret).await?,
                None => None,
            };
            let mut frame = Frame::plain(&app, language_of(&request), &address_of(&request));
            let reader = caller.as_ref().zip(secret).map(|(caller, secret)| Reader {
                name: caller.user.profile.first_name.clone(),
                form_token: form_token(&app, &secret),
                manages: holds_somewhere(caller, Permission::RegistrationsManage),
                reads_orders: holds_somewhere(caller, Permission::OrdersRead),
                manages_settings: caller.standing.may_everywhere(Permission::SettingsManage),
            });
            frame.ways = Some(Ways { reader, has_letters: app.letterbox.is_some() });
            // Should the page become another one, about something that went wrong, it has the same frame.
            request.extensions_mut().insert(frame.clone());
            Ok(Self { app, frame, caller })
        })
    }
}

fn holds_somewhere(caller: &PageCaller, permission: Permission) -> bool {
    caller.standing.may_everywhere(permission) || !caller.standing.groups_where(permission).is_empty()
}
