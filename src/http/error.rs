//! How anything that is not a success goes out: the only picker of status codes. Internal causes never reach an answer;
//! they are logged here, once, with the whole chain. What each code means stands in `problems.rs`, and every word in it.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use tracing::{error, warn};

use super::problems::{detail_of, problem_kind};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{Stop, StoreError};
use crate::telemetry::chain;
use crate::words::Language;

/// Why a request did not succeed.
#[derive(Debug)]
pub enum ApiError {
    /// A polite no.
    Refused(Refusal),
    /// The request itself is malformed.
    Malformed(Malformed),
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

/// How a request is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It stopped before its end.
    BrokenOff,
    /// It cannot be read at all.
    Unreadable,
    /// A form without its one field.
    FormLacks(&'static str),
    /// The body is not JSON.
    Json {
        /// The line where reading stopped.
        line: usize,
        /// The place in the line.
        column: usize,
    },
    /// The idempotency key is none.
    IdempotencyKey,
    /// A parameter of the query is wrong.
    Query {
        /// Which.
        parameter: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The cursor is none of ours, or of another list.
    Cursor,
    /// The limit of a list is out of its range.
    Limit,
}

impl Malformed {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BrokenOff | Self::Unreadable | Self::FormLacks(_) => "bad_request",
            Self::Json { .. } => "malformed_json",
            Self::IdempotencyKey => "invalid_idempotency_key",
            Self::Query { .. } => "invalid_query",
            Self::Cursor => "invalid_cursor",
            Self::Limit => "invalid_limit",
        }
    }
}

impl ApiError {
    /// One field that is well-formed and wrong.
    pub fn invalid(pointer: &str, fault: Fault) -> Self {
        Self::Refused(Refusal::Invalid(vec![FieldError::new(pointer, fault)]))
    }

    /// A parameter of the query that is wrong.
    pub fn bad_query(parameter: &str, fault: Fault) -> Self {
        Self::Malformed(Malformed::Query { parameter: parameter.to_owned(), fault })
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Malformed(malformed) => malformed.code(),
            Self::Unavailable { code, .. } => code,
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
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Trouble(trouble) if trouble.is_trouble() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Trouble(_) | Self::Bug(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A few words for people; the same for every problem of its kind.
    pub fn title(&self, language: Language) -> &'static str {
        problem_kind(self.code()).map_or("", |kind| kind.texts(language).title)
    }

    /// A sentence for people: what is wrong this time.
    pub fn detail(&self, language: Language) -> String {
        detail_of(self, language)
    }

    /// The fields that are wrong; `words::faults` words them.
    pub fn errors(&self) -> &[FieldError] {
        match self {
            Self::Refused(Refusal::Invalid(errors)) => errors,
            Self::Refused(_)
            | Self::Malformed(_)
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
            Self::Malformed(_)
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
            Self::Refused(_) | Self::Malformed(_) | Self::MethodNotAllowed { .. } | Self::TooLarge | Self::NotJson => {}
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
        Refusal::Forbidden | Refusal::WrongPassword | Refusal::FormExpired => StatusCode::FORBIDDEN,
        Refusal::InvalidCredentials | Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
        Refusal::Invalid(_) | Refusal::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::IdempotencyKeyRequired => StatusCode::BAD_REQUEST,
        Refusal::TooManyAttempts { .. } | Refusal::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::LinkExpired => StatusCode::GONE,
        Refusal::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::AlreadyRegistered
        | Refusal::EventCancelled
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
        | Refusal::RefundOnlyInFull
        | Refusal::NothingToResolve
        | Refusal::QrInUse
        | Refusal::DoorNotAvailable
        | Refusal::NotCapturedYet
        | Refusal::EmailTaken
        | Refusal::SlugTaken
        | Refusal::GroupInUse
        | Refusal::AgreementInUse
        | Refusal::SalesUnitInUse
        | Refusal::SerialNumberTaken
        | Refusal::NoWebhooks
        | Refusal::SetByConfiguration
        | Refusal::CredentialsMissing
        | Refusal::ProviderRefused
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
