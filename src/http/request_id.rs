//! The outermost layer: gives every request its id, writes one line about it, and finishes every answer — the problem
//! bodies, the security headers, the id. No query string, token or name is ever written to the log.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use serde::Serialize;
use tracing::{Instrument, info, info_span};
use utoipa::ToSchema;

use super::error::{ApiError, Wait};
use super::problems::problem_kind;
use super::values::Stamp;
use super::words::ProblemCodeWord;
use crate::clock::Stopwatch;
use crate::domain::refusal::{FieldError, Refusal};
use crate::domain::time::Timestamp;
use crate::flows::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, the client's own or a fresh one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The layer itself.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Err(ApiError::Bug("the routes were built without an app".to_owned()).into());
    };
    let id = own_id(request.headers()).unwrap_or_else(|| app.clock.id().simple().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = info_span!("request", id = %id, method = %request.method());
    let watch = Stopwatch::start();
    async move {
        // PostgreSQL keeps no NUL in a text, and no address here has one.
        let mut response = if request.uri().path().contains("%00") {
            request.error_response(ApiError::Refused(Refusal::NotFound))
        } else {
            next.call(request).await?.map_into_boxed_body()
        };
        if let Some(problem) = problem_of(&response) {
            problem.log();
            let body = write_problem(&app, &problem, &id, response.headers());
            response = response.into_response(body);
        }
        finish(&app, &mut response, &id);
        let status = response.status().as_u16();
        let route = response.request().match_pattern().unwrap_or_default();
        info!(route, status, micros = watch.elapsed().as_micros(), "answered");
        Ok(response)
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
        ApiError::bad_request("bad_request", "the request could not be read")
    } else {
        ApiError::Bug(format!("a layer answered {status}"))
    }
}

/// Why a request did not succeed (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemAnswer<'p> {
    /// Where the code is explained.
    #[schema(format = "uri")]
    r#type: String,
    /// A few words for people.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong this time, for people.
    detail: String,
    /// The stable code: what clients branch on.
    #[schema(value_type = ProblemCodeWord)]
    code: &'static str,
    /// The id of the request, as in `X-Request-Id`: it helps to find it in the log.
    request_id: &'p str,
    /// The fields that are wrong, for bad fields only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    errors: Vec<FieldProblem<'p>>,
    /// When trying again may help, where waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Stamp, required = false)]
    retry_at: Option<Stamp>,
}

/// A field that is wrong.
#[derive(Serialize, ToSchema)]
struct FieldProblem<'p> {
    /// Where, as a JSON pointer; empty for the whole body.
    pointer: &'p str,
    /// What is wrong, as a stable code.
    code: &'static str,
    /// What is wrong, for the client's developer.
    detail: &'p str,
}

impl<'p> From<&'p FieldError> for FieldProblem<'p> {
    fn from(error: &'p FieldError) -> Self {
        Self { pointer: &error.pointer, code: error.code, detail: &error.detail }
    }
}

fn write_problem(app: &App, problem: &ApiError, id: &str, headers: &HeaderMap) -> HttpResponse {
    let code = problem.code();
    let wait = wait_of(app, problem.wait());
    let body = ProblemAnswer {
        r#type: format!("{}/docs/problems/{code}", app.settings.public_url),
        title: problem_kind(code).map_or("Problem", |kind| kind.title),
        status: problem.status().as_u16(),
        detail: problem.detail(),
        code,
        request_id: id,
        errors: problem.errors().iter().map(FieldProblem::from).collect(),
        retry_at: wait.map(|(at, _)| Stamp(at)),
    };
    let mut response = HttpResponse::build(problem.status());
    // What inner layers said, about CORS, stays.
    for (name, value) in headers {
        if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
            response.append_header((name.clone(), value.clone()));
        }
    }
    if let Some((_, seconds)) = wait
        && (problem.status() == StatusCode::TOO_MANY_REQUESTS || problem.status() == StatusCode::SERVICE_UNAVAILABLE)
    {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    if let ApiError::MethodNotAllowed { allow } = problem {
        response.insert_header((header::ALLOW, allow.clone()));
    }
    if problem.status() == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    response.content_type("application/problem+json").body(super::written(&body).to_string())
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
