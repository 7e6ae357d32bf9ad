//! How anything that is not a success goes out: the only picker of status codes, and the list of all problem codes.
//! Internal causes never reach an answer; they are logged here, once, with the whole chain.

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

/// One kind of problem, for the API's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A few words for people.
    pub title: &'static str,
}

const fn kind(status: u16, code: &'static str, title: &'static str) -> ProblemKind {
    ProblemKind { code, status, title }
}

/// Every problem there is. `invalid_credentials` is 401 at the login and 403 when the current password is wrong.
pub const PROBLEMS: &[ProblemKind] = &[
    kind(400, "bad_request", "The request is malformed"),
    kind(400, "malformed_json", "The body is not JSON"),
    kind(400, "invalid_query", "A query parameter is wrong"),
    kind(400, "invalid_cursor", "The cursor is broken"),
    kind(400, "invalid_limit", "The limit is wrong"),
    kind(400, "invalid_idempotency_key", "The idempotency key is malformed"),
    kind(400, "idempotency_key_required", "An idempotency key is needed"),
    kind(401, "unauthenticated", "Sign in first"),
    kind(401, "invalid_credentials", "Wrong address or password"),
    kind(403, "forbidden", "Not allowed"),
    kind(404, "not_found", "Not found"),
    kind(404, "not_registered", "Not signed up"),
    kind(405, "method_not_allowed", "Method not allowed"),
    kind(409, "already_registered", "Already signed up"),
    kind(409, "event_closed", "Sign-up closed by an organizer"),
    kind(409, "sign_up_disabled", "No sign-up"),
    kind(409, "not_open_yet", "Not open yet"),
    kind(409, "registration_closed", "Sign-up is over"),
    kind(409, "too_late_to_pay", "Too late to pay"),
    kind(409, "sign_off_deadline_passed", "Too late to sign off"),
    kind(409, "paid_registration_needs_refund", "The seat is paid"),
    kind(409, "event_full", "No seat is free"),
    kind(409, "already_paid", "Already paid"),
    kind(409, "not_a_paid_event", "The event is free"),
    kind(409, "registration_ended", "The registration has ended"),
    kind(409, "event_has_registrations", "Somebody is signed up"),
    kind(409, "event_in_use", "The event has a history"),
    kind(409, "payment_deadline_passed", "Too late to pay"),
    kind(409, "order_ended", "The order has ended"),
    kind(409, "refund_exceeds_captured", "More than is left to refund"),
    kind(409, "not_captured_yet", "Nothing to refund yet"),
    kind(409, "email_taken", "Address taken"),
    kind(409, "slug_taken", "Slug taken"),
    kind(409, "group_in_use", "The group is in use"),
    kind(409, "last_admin", "The last admin stays"),
    kind(409, "request_in_progress", "The first request is still running"),
    kind(410, "link_expired", "The link is no longer good"),
    kind(413, "body_too_large", "The body is too long"),
    kind(415, "unsupported_media_type", "The body is not JSON"),
    kind(422, "invalid_fields", "Some fields are invalid"),
    kind(422, "idempotency_key_reused", "The idempotency key was used for another request"),
    kind(429, "too_many_attempts", "Too many attempts to pay"),
    kind(429, "too_many_requests", "Too many attempts"),
    kind(500, "internal", "Something went wrong"),
    kind(503, "unavailable", "Not possible at this moment"),
    kind(503, "overloaded", "Too busy at this moment"),
    kind(503, "not_ready", "Not ready"),
    kind(503, "payment_provider_unavailable", "The payment provider does not answer"),
];

/// The few words that belong to a code.
pub(super) fn title_of(code: &str) -> &'static str {
    PROBLEMS.iter().find(|kind| kind.code == code).map_or("Problem", |kind| kind.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::at_millis;

    #[track_caller]
    fn check(error: &ApiError) {
        let found = PROBLEMS.iter().find(|kind| kind.code == error.code());
        let listed = found.unwrap_or_else(|| panic!("{} is not listed", error.code()));
        let exception = matches!(error, ApiError::Refused(Refusal::WrongPassword));
        assert!(exception || listed.status == error.status().as_u16(), "{}", error.code());
    }

    #[test]
    fn the_list_of_problems_says_what_goes_out() {
        let at = at_millis(0);
        for refusal in [
            Refusal::NotFound,
            Refusal::Forbidden,
            Refusal::Invalid(Vec::new()),
            Refusal::NotOpenYet { opens_at: at },
            Refusal::NotRegistered,
            Refusal::EventFull,
            Refusal::TooManyAttempts { retry_at: at },
            Refusal::LastAdmin,
            Refusal::IdempotencyKeyReused,
            Refusal::RequestInProgress,
            Refusal::IdempotencyKeyRequired,
            Refusal::InvalidCredentials,
            Refusal::WrongPassword,
            Refusal::Unauthenticated,
            Refusal::TooManyRequests { retry_at: at },
            Refusal::LinkExpired,
            Refusal::Overloaded,
        ] {
            check(&ApiError::Refused(refusal));
        }
        check(&ApiError::bad_request("bad_request", ""));
        check(&ApiError::MethodNotAllowed { allow: String::new() });
        check(&ApiError::TooLarge);
        check(&ApiError::NotJson);
        check(&ApiError::Trouble(StoreError::Closed));
        check(&ApiError::Bug(String::new()));
    }

    #[test]
    fn codes_are_listed_once() {
        let mut codes: Vec<&str> = PROBLEMS.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PROBLEMS.len());
    }
}
