//! How anything that is not a success goes out: the only picker of status codes. Internal causes never reach an answer;
//! they are logged here, once, with the whole chain. What each code means stands in `problems.rs`.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use tracing::{error, warn};

use crate::domain::refusal::{FieldError, Refusal};
use crate::domain::time::Timestamp;
use crate::store::{Stop, StoreError};
use crate::telemetry::chain;

/// Why a request did not succeed.
#[derive(Debug)]
pub enum ApiError {
    /// A polite no.
    Refused(Refusal),
    /// The request itself is malformed.
    BadRequest {
        /// The stable code.
        code: &'static str,
        /// What is wrong, for the client's developer.
        detail: String,
        /// Which fields.
        errors: Vec<FieldError>,
    },
    /// The route exists and does not take this method.
    MethodNotAllowed {
        /// The methods it takes.
        allow: String,
    },
    /// The body is too long.
    TooLarge,
    /// The body is not JSON, or does not say so.
    NotJson,
    /// The database is in trouble, or holds what it must not.
    Trouble(StoreError),
    /// Something outside is down; trying again may help.
    Unavailable {
        /// The stable code.
        code: &'static str,
        /// How many seconds to wait.
        retry_after: u32,
    },
    /// Something that cannot happen.
    Bug(String),
}

impl ApiError {
    /// A malformed request.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::BadRequest { code, detail: detail.into(), errors: Vec::new() }
    }

    /// One field that is well-formed and wrong.
    pub fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal::Invalid(vec![FieldError::new(pointer, code, detail)]))
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::BadRequest { code, .. } | Self::Unavailable { code, .. } => code,
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::TooLarge => "body_too_large",
            Self::NotJson => "unsupported_media_type",
            Self::Trouble(trouble) if trouble.is_trouble() => "unavailable",
            Self::Trouble(_) | Self::Bug(_) => "internal",
        }
    }

    /// The HTTP status. Every new error is given one here.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => refusal_status(refusal),
            Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Trouble(trouble) if trouble.is_trouble() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Trouble(_) | Self::Bug(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is said to people.
    pub fn detail(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::BadRequest { detail, .. } => detail.clone(),
            Self::MethodNotAllowed { allow } => format!("this address takes {allow}"),
            Self::TooLarge => "the body is too long".to_owned(),
            Self::NotJson => "send the body as application/json".to_owned(),
            Self::Trouble(trouble) if trouble.is_trouble() => "try again in a moment".to_owned(),
            Self::Unavailable { .. } => "not possible at this moment; try again".to_owned(),
            Self::Trouble(_) | Self::Bug(_) => "something went wrong here; the request id helps to find it".to_owned(),
        }
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        match self {
            Self::Refused(Refusal::Invalid(errors)) | Self::BadRequest { errors, .. } => errors,
            Self::Refused(_)
            | Self::MethodNotAllowed { .. }
            | Self::TooLarge
            | Self::NotJson
            | Self::Trouble(_)
            | Self::Unavailable { .. }
            | Self::Bug(_) => &[],
        }
    }

    /// When trying again may help.
    pub fn wait(&self) -> Wait {
        match self {
            Self::Refused(refusal) => refusal_wait(refusal),
            Self::Unavailable { retry_after, .. } => Wait::Seconds(*retry_after),
            Self::Trouble(trouble) if trouble.is_trouble() => Wait::Seconds(1),
            Self::BadRequest { .. }
            | Self::MethodNotAllowed { .. }
            | Self::TooLarge
            | Self::NotJson
            | Self::Trouble(_)
            | Self::Bug(_) => Wait::No,
        }
    }

    /// Writes about what is our fault, once. Refusals and bad requests are not worth a line.
    pub(super) fn log(&self) {
        match self {
            Self::Refused(_)
            | Self::BadRequest { .. }
            | Self::MethodNotAllowed { .. }
            | Self::TooLarge
            | Self::NotJson => {}
            Self::Unavailable { code, .. } => warn!(code, "a request found something outside unavailable"),
            Self::Trouble(trouble) if trouble.is_trouble() => {
                warn!(error = %chain(trouble), "a request met trouble with the database");
            }
            Self::Trouble(trouble) => error!(error = %chain(trouble), "a request failed"),
            Self::Bug(what) => error!(error = %what, "a request failed"),
        }
    }
}

/// When trying again may help, and on whose clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It never does, or nobody knows.
    No,
    /// After so many seconds.
    Seconds(u32),
    /// At a moment of domain time.
    UntilDomain(Timestamp),
    /// At a moment of machine time.
    UntilMachine(Timestamp),
}

fn refusal_wait(refusal: &Refusal) -> Wait {
    if let Refusal::NotOpenYet { opens_at } = refusal {
        Wait::UntilDomain(*opens_at)
    } else if let Refusal::TooManyAttempts { retry_at } = refusal {
        Wait::UntilDomain(*retry_at)
    } else if let Refusal::TooManyRequests { retry_at } = refusal {
        Wait::UntilMachine(*retry_at)
    } else if *refusal == Refusal::Overloaded {
        Wait::Seconds(1)
    } else {
        Wait::No
    }
}

fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound | Refusal::NotRegistered => StatusCode::NOT_FOUND,
        Refusal::Forbidden | Refusal::WrongPassword => StatusCode::FORBIDDEN,
        Refusal::InvalidCredentials | Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
        Refusal::Invalid(_) | Refusal::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::IdempotencyKeyRequired => StatusCode::BAD_REQUEST,
        Refusal::TooManyAttempts { .. } | Refusal::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::LinkExpired => StatusCode::GONE,
        Refusal::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::AlreadyRegistered
        | Refusal::EventClosed
        | Refusal::SignUpDisabled
        | Refusal::NotOpenYet { .. }
        | Refusal::RegistrationClosed
        | Refusal::TooLateToPay
        | Refusal::SignOffDeadlinePassed
        | Refusal::PaidRegistrationNeedsRefund
        | Refusal::EventFull
        | Refusal::AlreadyPaid
        | Refusal::NotAPaidEvent
        | Refusal::RegistrationEnded
        | Refusal::EventHasRegistrations
        | Refusal::EventInUse
        | Refusal::PaymentDeadlinePassed
        | Refusal::OrderEnded
        | Refusal::RefundExceedsCaptured
        | Refusal::NotCapturedYet
        | Refusal::EmailTaken
        | Refusal::SlugTaken
        | Refusal::GroupInUse
        | Refusal::LastAdmin
        | Refusal::RequestInProgress => StatusCode::CONFLICT,
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl actix_web::ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// The outermost layer writes the body: it alone knows the request's id. See `request_id.rs`.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for ApiError {
    fn from(trouble: StoreError) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Stop> for ApiError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::Refused(refusal),
            Stop::Store(trouble) => Self::Trouble(trouble),
        }
    }
}
