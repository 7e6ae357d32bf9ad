//! A problem as it goes out (RFC 9457), and as the documentation shows it.

use serde::Serialize;
use utoipa::ToSchema;

use super::ProblemKind;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::refusal::Refusal;
use crate::domain::time::{NoSpan, Timestamp, at_millis};
use crate::http::error::{ApiError, Malformed};
use crate::http::values::Stamp;
use crate::http::words::{FieldCodeWord, ProblemCodeWord};
use crate::words::{Language, faults};

/// Why a request did not succeed (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemAnswer {
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
    request_id: String,
    /// The fields that are wrong, for bad fields only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    errors: Vec<FieldProblem>,
    /// When trying again may help, where waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Stamp, required = false)]
    retry_at: Option<Stamp>,
}

/// A field that is wrong.
#[derive(Serialize, ToSchema)]
struct FieldProblem {
    /// Where, as a JSON pointer; empty for the whole body.
    pointer: String,
    /// What is wrong, as a stable code.
    #[schema(value_type = FieldCodeWord)]
    code: &'static str,
    /// What is wrong, for people.
    detail: String,
}

impl ProblemAnswer {
    /// What goes out about `error`, from the house at an address to the request with an id.
    pub(crate) fn of(
        error: &ApiError,
        language: Language,
        (public_url, request_id): (&str, &str),
        retry_at: Option<Timestamp>,
    ) -> Self {
        let field = |error: &FieldError| FieldProblem {
            pointer: error.pointer.clone(),
            code: error.code(),
            detail: faults::words_of(error, language),
        };
        Self {
            r#type: format!("{public_url}/docs/problems/{}", error.code()),
            title: error.title(language),
            status: error.status().as_u16(),
            detail: error.detail(language),
            code: error.code(),
            request_id: request_id.to_owned(),
            errors: error.errors().iter().map(field).collect(),
            retry_at: retry_at.map(Stamp),
        }
    }

    /// How such a problem looks.
    pub(crate) fn example(kind: &ProblemKind, language: Language) -> Self {
        let known = match kind.code {
            "malformed_json" => Some(ApiError::Malformed(Malformed::Json { line: 1, column: 18 })),
            "invalid_query" => Some(ApiError::bad_query("open", Fault::NoneOf(vec!["true", "false"]))),
            "method_not_allowed" => Some(ApiError::MethodNotAllowed { allow: "GET, HEAD".to_owned() }),
            "invalid_fields" => Some(ApiError::Refused(Refusal::Invalid(vec![
                FieldError::new("/title", Fault::Required),
                FieldError::new("/paid_information/paytime", Fault::NoSpan(NoSpan::NotClock)),
            ]))),
            _ => None,
        };
        let retry_at = WAITS.contains(&kind.code).then(|| at_millis(EXAMPLE_TIME));
        let house = (EXAMPLE_HOUSE, EXAMPLE_REQUEST);
        known.map_or_else(
            || Self {
                r#type: format!("{EXAMPLE_HOUSE}/docs/problems/{}", kind.code),
                title: kind.texts(language).title,
                status: kind.status,
                detail: kind.texts(language).detail.to_owned(),
                code: kind.code,
                request_id: EXAMPLE_REQUEST.to_owned(),
                errors: Vec::new(),
                retry_at: retry_at.map(Stamp),
            },
            |error| Self::of(&error, language, house, retry_at),
        )
    }
}

/// Where examples are at home.
pub const EXAMPLE_HOUSE: &str = "https://plass.example.org";

/// The request that an example answers.
pub const EXAMPLE_REQUEST: &str = "0194695c1e007a4b9d3e5f60718293a4";

/// A winter morning.
const EXAMPLE_TIME: i64 = 1_800_000_000_000;

/// The problems that say when to try again.
const WAITS: [&str; 7] = [
    "not_open_yet",
    "too_many_attempts",
    "too_many_requests",
    "payment_provider_unavailable",
    "unavailable",
    "overloaded",
    "not_ready",
];
