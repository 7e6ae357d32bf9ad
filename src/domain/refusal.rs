//! Every polite "no" of the house, each with a stable code. The codes are part of the API: they are never renamed.

use super::fault::FieldError;
use super::time::Timestamp;

/// A polite no: nothing changed, and the caller can be told why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or the caller may not know of it.
    #[error("there is nothing here")]
    NotFound,
    /// The caller may not do this.
    #[error("you may not do this")]
    Forbidden,
    /// Some fields are wrong.
    #[error("some fields are invalid")]
    Invalid(Vec<FieldError>),
    /// The user has a seat or a place in the queue already.
    #[error("already signed up for this event")]
    AlreadyRegistered,
    /// The event was cancelled.
    #[error("this event is cancelled")]
    EventCancelled,
    /// An organizer stopped sign-ups.
    #[error("sign-up for this event was closed by an organizer")]
    EventClosed,
    /// The event takes no sign-ups at all.
    #[error("this event takes no sign-ups")]
    SignUpDisabled,
    /// Sign-up opens later.
    #[error("sign-up has not opened yet")]
    NotOpenYet {
        /// When it opens.
        opens_at: Timestamp,
    },
    /// Sign-up is over.
    #[error("sign-up for this event is over")]
    RegistrationClosed,
    /// Too little time is left before the start to pay.
    #[error("too little time is left before the event starts to pay for a seat")]
    TooLateToPay,
    /// Nothing active to end or change.
    #[error("not signed up for this event")]
    NotRegistered,
    /// A confirmed seat can no longer be given up.
    #[error("the deadline for signing off has passed")]
    SignOffDeadlinePassed,
    /// A paid seat is not given up without deciding about the money.
    #[error("the seat is paid: an organizer must refund it")]
    PaidRegistrationNeedsRefund,
    /// No seat is free.
    #[error("no seat is free")]
    EventFull,
    /// It is paid.
    #[error("this is paid already")]
    AlreadyPaid,
    /// The event is free.
    #[error("this event costs nothing")]
    NotAPaidEvent,
    /// The registration has ended.
    #[error("the registration has ended")]
    RegistrationEnded,
    /// Free and paid do not change while anyone is signed up.
    #[error("an event does not become free or paid while anyone is signed up")]
    EventHasRegistrations,
    /// An event with a history is not deleted.
    #[error("an event that anybody ever signed up for is not deleted")]
    EventInUse,
    /// The time to pay is over.
    #[error("the time to pay is over")]
    PaymentDeadlinePassed,
    /// The order can no longer be paid.
    #[error("the order has ended")]
    OrderEnded,
    /// Too many payment sessions within an hour.
    #[error("too many attempts to pay; wait a little")]
    TooManyAttempts {
        /// When the next attempt is possible.
        retry_at: Timestamp,
    },
    /// More than is left to refund.
    #[error("more than is left to refund")]
    RefundExceedsCaptured,
    /// The provider gives back all or nothing.
    #[error("the provider gives back all or nothing")]
    RefundOnlyInFull,
    /// There is no money to refund yet.
    #[error("nothing has been captured yet")]
    NotCapturedYet,
    /// Somebody else waits for a scan of this code.
    #[error("somebody else waits for a scan of this code")]
    QrInUse,
    /// The order's sales unit takes no payments at the door.
    #[error("this sales unit takes no payments at the door")]
    DoorNotAvailable,
    /// Nothing about the order needs a person, or this act does not fit what does.
    #[error("there is nothing to resolve in this way")]
    NothingToResolve,
    /// The address belongs to another user.
    #[error("this email address is taken")]
    EmailTaken,
    /// The slug belongs to another group.
    #[error("this slug is taken")]
    SlugTaken,
    /// The group organizes events or holds grants.
    #[error("the group is in use")]
    GroupInUse,
    /// The agreement still has sales units that are in use.
    #[error("sales units under this agreement are in use")]
    AgreementInUse,
    /// A group's events take this sales unit.
    #[error("events take this sales unit")]
    SalesUnitInUse,
    /// Another sales unit has this number already.
    #[error("another sales unit has this merchant serial number")]
    SerialNumberTaken,
    /// The provider of this sales unit knows no webhook registrations.
    #[error("this sales unit's provider has no webhook registrations")]
    NoWebhooks,
    /// What the configuration says is changed there.
    #[error("the configuration says this")]
    SetByConfiguration,
    /// The agreement has no keys yet.
    #[error("the agreement has no keys yet")]
    CredentialsMissing,
    /// The payment provider said no.
    #[error("the payment provider refused this")]
    ProviderRefused,
    /// Somebody must remain who may do everything.
    #[error("the last admin stays")]
    LastAdmin,
    /// The key came with another request before.
    #[error("this idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The first request with this key is still running.
    #[error("the first request with this idempotency key is still running")]
    RequestInProgress,
    /// A refund needs a key.
    #[error("this request needs an Idempotency-Key")]
    IdempotencyKeyRequired,
    /// The address or the password is wrong.
    #[error("the email address or the password is wrong")]
    InvalidCredentials,
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Not known: no token, or one that is no longer good.
    #[error("sign in first")]
    Unauthenticated,
    /// A form that is not of this login, or came from another site.
    #[error("the form is too old or came from elsewhere; open the page again")]
    FormExpired,
    /// Too many failures.
    #[error("too many attempts; wait a little")]
    TooManyRequests {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The one-time link was used or is too old.
    #[error("the link was used already or is too old")]
    LinkExpired,
    /// Too many people want something costly at the same moment.
    #[error("too busy at this moment; try again")]
    Overloaded,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Invalid(_) => "invalid_fields",
            Self::AlreadyRegistered => "already_registered",
            Self::EventCancelled => "event_cancelled",
            Self::EventClosed => "event_closed",
            Self::SignUpDisabled => "sign_up_disabled",
            Self::NotOpenYet { .. } => "not_open_yet",
            Self::RegistrationClosed => "registration_closed",
            Self::TooLateToPay => "too_late_to_pay",
            Self::NotRegistered => "not_registered",
            Self::SignOffDeadlinePassed => "sign_off_deadline_passed",
            Self::PaidRegistrationNeedsRefund => "paid_registration_needs_refund",
            Self::EventFull => "event_full",
            Self::AlreadyPaid => "already_paid",
            Self::NotAPaidEvent => "not_a_paid_event",
            Self::RegistrationEnded => "registration_ended",
            Self::EventHasRegistrations => "event_has_registrations",
            Self::EventInUse => "event_in_use",
            Self::PaymentDeadlinePassed => "payment_deadline_passed",
            Self::OrderEnded => "order_ended",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::RefundExceedsCaptured => "refund_exceeds_captured",
            Self::RefundOnlyInFull => "refund_only_in_full",
            Self::NotCapturedYet => "not_captured_yet",
            Self::QrInUse => "qr_in_use",
            Self::DoorNotAvailable => "door_not_available",
            Self::NothingToResolve => "nothing_to_resolve",
            Self::EmailTaken => "email_taken",
            Self::SlugTaken => "slug_taken",
            Self::GroupInUse => "group_in_use",
            Self::AgreementInUse => "agreement_in_use",
            Self::NoWebhooks => "provider_has_no_webhooks",
            Self::SalesUnitInUse => "sales_unit_in_use",
            Self::SerialNumberTaken => "merchant_serial_number_taken",
            Self::SetByConfiguration => "set_by_configuration",
            Self::CredentialsMissing => "credentials_missing",
            Self::ProviderRefused => "provider_refused",
            Self::LastAdmin => "last_admin",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::RequestInProgress => "request_in_progress",
            Self::IdempotencyKeyRequired => "idempotency_key_required",
            Self::InvalidCredentials | Self::WrongPassword => "invalid_credentials",
            Self::Unauthenticated => "unauthenticated",
            Self::FormExpired => "form_expired",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::LinkExpired => "link_expired",
            Self::Overloaded => "overloaded",
        }
    }
}
