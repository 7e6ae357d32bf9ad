//! Routes that know their methods, so that a wrong one is answered with `Allow`, an unknown address as a problem, and
//! all of them can be listed.

use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::web::{self, PathConfig};
use actix_web::{FromRequest, Handler, Resource, Responder, Route};

use super::error::ApiError;
use crate::domain::refusal::Refusal;

/// One method of an address, and who answers it.
pub(super) struct Verb {
    method: Method,
    route: Route,
}

fn verb<F, A>(method: Method, handler: F) -> Verb
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Verb { method, route: web::to(handler) }
}

macro_rules! verbs {
    ($($name:ident $method:ident,)*) => {$(
        pub(super) fn $name<F, A>(handler: F) -> Verb
        where
            F: Handler<A>,
            A: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            verb(Method::$method, handler)
        }
    )*};
}

verbs! { get GET, post POST, put PUT, patch PATCH, delete DELETE, }

/// An address and everything it takes.
pub(super) struct Place {
    /// The address, with its parameters in braces.
    pub(super) path: &'static str,
    /// The methods it takes.
    pub(super) methods: Vec<Method>,
    /// Who answers.
    pub(super) resource: Resource,
}

/// An address and everything it takes.
pub(super) fn at<const N: usize>(path: &'static str, verbs: [Verb; N]) -> Place {
    let methods = verbs.iter().map(|verb| verb.method.clone()).collect();
    let mut allow = Vec::new();
    let mut resource = web::resource(path);
    for Verb { method, route } in verbs {
        allow.push(method.to_string());
        // Whoever may GET may ask for the headers alone.
        if method == Method::GET {
            allow.push(Method::HEAD.to_string());
        }
        resource = resource.route(route.guard(takes(method)));
    }
    let allow = allow.join(", ");
    let resource = resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move { Err::<String, _>(ApiError::MethodNotAllowed { allow }) }
    }));
    Place { path, methods, resource }
}

fn takes(method: Method) -> impl Guard {
    guard::fn_guard(move |context| {
        let asked = &context.head().method;
        *asked == method || (method == Method::GET && *asked == Method::HEAD)
    })
}

/// What unknown addresses answer.
pub(super) fn nothing_here() -> Route {
    web::to(async || Err::<String, _>(ApiError::Refused(Refusal::NotFound)))
}

/// An id that is no id is the id of nothing.
pub(super) fn path_rules() -> PathConfig {
    PathConfig::default().error_handler(|_error, _request| ApiError::Refused(Refusal::NotFound).into())
}
