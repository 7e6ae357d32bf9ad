//! The outermost layer: gives every request its id, writes one line about it, and finishes every answer — the problem
//! bodies, the security headers, the id. No query string, token or name is ever written to the log.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use tracing::{Instrument, info, info_span};

use super::error::{ApiError, Malformed, Wait};
use super::pages::problem::{problem_page, wants_page};
use super::problems::ProblemAnswer;
use super::unread::Unread;
use crate::clock::Stopwatch;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::flows::app::App;
use crate::words::{Language, problem_language};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, the client's own or a fresh one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The layer itself.
pub(super) async fn identify(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Err(ApiError::Bug("the routes were built without an app".to_owned()).into());
    };
    let id = own_id(request.headers()).unwrap_or_else(|| app.clock.id().simple().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = info_span!("request", id = %id, method = %request.method());
    let watch = Stopwatch::start();
    let unread = Unread::of(&mut request);
    async move {
        // PostgreSQL keeps no NUL in a text, and no address here has one.
        let mut response = if request.uri().path().contains("%00") {
            request.error_response(ApiError::Refused(Refusal::NotFound))
        } else {
            next.call(request).await?.map_into_boxed_body()
        };
        if let Some(problem) = problem_of(&response) {
            problem.log();
            let body = if wants_page(response.request()) {
                problem_page(&app, response.request(), &problem)
            } else {
                problem_body(&app, &problem, &id, language_of(response.request()))
            };
            let body = with_headers(&app, &problem, body, response.headers());
            response = response.into_response(body);
        }
        finish(&app, &mut response, &id);
        let status = response.status().as_u16();
        let (route, took) = (response.request().match_pattern(), watch.elapsed());
        info!(route = route.as_deref().unwrap_or_default(), status, micros = took.as_micros(), "answered");
        app.metrics.answered(response.request().method().as_str(), route, status, took);
        Ok(response.map_body(|_head, body| unread.hold(body)))
    }
    .instrument(span)
    .await
}

fn own_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

/// What went wrong, if anything did: also what the framework refused without asking us.
fn problem_of(response: &ServiceResponse<BoxBody>) -> Option<Problem<'_>> {
    let status = response.status();
    if let Some(error) = response.response().error() {
        return Some(error.as_error::<ApiError>().map_or_else(|| Problem::Other(from_status(status)), Problem::Ours));
    }
    None
}

enum Problem<'r> {
    Ours(&'r ApiError),
    Other(ApiError),
}

impl std::ops::Deref for Problem<'_> {
    type Target = ApiError;
    fn deref(&self) -> &ApiError {
        match self {
            Self::Ours(error) => error,
            Self::Other(error) => error,
        }
    }
}

fn from_status(status: StatusCode) -> ApiError {
    if status == StatusCode::NOT_FOUND {
        ApiError::Refused(Refusal::NotFound)
    } else if status == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge
    } else if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        ApiError::NotJson
    } else if status.is_client_error() {
        ApiError::Malformed(Malformed::Unreadable)
    } else {
        ApiError::Bug(format!("a layer answered {status}"))
    }
}

/// The language that a problem is told in.
fn language_of(request: &HttpRequest) -> Language {
    let header = request.headers().get(header::ACCEPT_LANGUAGE);
    problem_language(header.and_then(|header| header.to_str().ok()))
}

fn problem_body(app: &App, problem: &ApiError, id: &str, language: Language) -> HttpResponse {
    let retry_at = wait_of(app, problem.wait()).map(|(at, _)| at);
    let body = ProblemAnswer::of(problem, language, (&app.settings.public_url, id), retry_at);
    let mut response = HttpResponse::build(problem.status());
    if problem.status() == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    response.insert_header((header::CONTENT_LANGUAGE, language.tag()));
    response.append_header((header::VARY, "Accept-Language"));
    response.content_type("application/problem+json").body(super::written(&body).to_string())
}

/// Adds what every answer about a problem says, whoever reads it.
fn with_headers(app: &App, problem: &ApiError, mut response: HttpResponse, before: &HeaderMap) -> HttpResponse {
    let headers = response.headers_mut();
    // What inner layers said, about CORS, stays.
    for (name, value) in before {
        if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some((_, seconds)) = wait_of(app, problem.wait())
        && (problem.status() == StatusCode::TOO_MANY_REQUESTS || problem.status() == StatusCode::SERVICE_UNAVAILABLE)
    {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let ApiError::MethodNotAllowed { allow } = problem
        && let Ok(allow) = HeaderValue::from_str(allow)
    {
        headers.insert(header::ALLOW, allow);
    }
    response
}

/// The moment to try again, and how many seconds it is until then, at least one.
fn wait_of(app: &App, wait: Wait) -> Option<(Timestamp, i64)> {
    let (at, now) = match wait {
        Wait::No => return None,
        Wait::Seconds(seconds) => {
            let now = app.clock.now();
            (now + chrono::TimeDelta::seconds(i64::from(seconds)), now)
        }
        Wait::UntilDomain(at) => (at, app.clock.now()),
        Wait::UntilMachine(at) => (at, app.clock.machine_now()),
    };
    let millis = (at - now).num_milliseconds();
    Some((at, (millis.max(0) + 999).div_euclid(1_000).max(1)))
}

fn finish(app: &App, response: &mut ServiceResponse<BoxBody>, id: &str) {
    let is_secure = app.settings.public_url.starts_with("https://");
    let is_preflight = response.request().method() == Method::OPTIONS;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    let mut unless_set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(header::X_FRAME_OPTIONS, "DENY");
    unless_set(header::REFERRER_POLICY, "no-referrer");
    unless_set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    if is_secure {
        unless_set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !is_preflight {
        // Answers depend on who asks.
        unless_set(header::CACHE_CONTROL, "no-store");
    }
}

/// The id of the request that is being answered.
pub fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}
