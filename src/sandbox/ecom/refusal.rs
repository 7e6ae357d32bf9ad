//! Every "no" of eCom: its group, its code, its sentence and the status it is sent with. They come as a list of one.

use serde_json::json;
use uuid::Uuid;

use crate::sandbox::call::Answer;
use crate::sandbox::refusal::Refusal;

/// Why eCom says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// The order id was used before.
    OrderExists,
    /// There is no such order, or it was not made here.
    UnknownOrder,
    /// Nothing is reserved.
    NotReserved,
    /// It is captured, and so not cancelled.
    Captured,
    /// It has ended, or was released before.
    NotCancelled,
    /// More than what is reserved.
    CaptureTooHigh,
    /// More than what was taken and not given back.
    RefundTooHigh,
    /// The reservation is too old to be taken.
    CapturePeriodOver,
    /// It is too old to be given back.
    RefundPeriodOver,
    /// The payment is being processed.
    Locked,
    /// The request id came before with another body.
    OtherBody,
    /// The telephone number is nobody's.
    UnknownUser,
    /// The sales unit is not the caller's.
    OtherMerchant,
    /// This field is not as it should be.
    Field(&'static str),
    /// What makes their own service fail: a field of the wrong name, or a number where a text must be.
    Broken,
}

impl No {
    fn facts(&self) -> (u16, &'static str, &str, &'static str) {
        match self {
            Self::OrderExists => (400, "Merchant", "34", "Unique constraint violation of the order id"),
            Self::UnknownOrder => (404, "InvalidRequest", "35", "Requested Order not found"),
            Self::OtherMerchant => (400, "Merchant", "37", "Merchant not available or deactivated"),
            Self::Captured => (400, "Payment", "51", "Can't cancel already captured order"),
            Self::NotCancelled => (400, "Payment", "52", "Cancellation failed"),
            Self::CaptureTooHigh => (400, "Payment", "61", "Captured amount exceeds the reserved amount"),
            Self::NotReserved => (400, "Payment", "62", "The amount you tried to capture is not reserved"),
            Self::RefundTooHigh => (400, "Payment", "71", "Can't refund more than captured amount"),
            Self::UnknownUser => (400, "User", "81", "User not registered with Vipps"),
            Self::OtherBody => (400, "Payment", "93", "Captured amount must be the same in an Idempotent retry"),
            Self::Locked => (423, "Payment", "94", "The order is locked by another process"),
            Self::RefundPeriodOver => (400, "Payment", "95", "Payments can only be refunded up to 365 days"),
            Self::CapturePeriodOver => (400, "Payment", "96", "Payments can only be captured up to 180 days"),
            Self::Field(name) => (400, "InvalidRequest", name, "The field is missing or not valid"),
            Self::Broken => (500, "VippsError", "99", "Internal error"),
        }
    }

    /// As it is sent.
    pub(super) fn answer(&self, context: Uuid) -> Answer {
        let (status, group, code, says) = self.facts();
        error(status, (group, code, says), context)
    }
}

/// A list of one error.
pub(super) fn error(status: u16, (group, code, says): (&str, &str, &str), context: Uuid) -> Answer {
    let body = json!([{
        "errorGroup": group, "errorCode": code, "errorMessage": says, "contextId": context.to_string(),
    }]);
    Answer { code: Some(code.to_owned()), ..Answer::json(status, &body) }
}

/// What a refusal of the payment itself is called here.
impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ReferenceExists => Self::OrderExists,
            Refusal::UnknownReference => Self::UnknownOrder,
            Refusal::KeyHasOtherBody | Refusal::KeyExists => Self::OtherBody,
            Refusal::CaptureBeforeReservation
            | Refusal::CaptureOfCancelled
            | Refusal::CaptureInWrongState
            | Refusal::RefundBeforeReservation
            | Refusal::RefundInWrongState => Self::NotReserved,
            Refusal::CaptureTooHigh | Refusal::AlreadyCaptured => Self::CaptureTooHigh,
            Refusal::NotEnoughRefundable | Refusal::AlreadyRefunded | Refusal::NoReceivingAccount => {
                Self::RefundTooHigh
            }
            Refusal::CancelOfCaptured => Self::Captured,
            Refusal::CancelOfNonReserved | Refusal::CancelInWrongState | Refusal::CancelOfAuthorized => {
                Self::NotCancelled
            }
            Refusal::CapturePeriodOver => Self::CapturePeriodOver,
            Refusal::RefundPeriodOver => Self::RefundPeriodOver,
            Refusal::OrderProcessing | Refusal::Processing => Self::Locked,
            Refusal::AlreadyReserved | Refusal::PaymentEnded => Self::NotReserved,
            Refusal::InvalidAmount | Refusal::TooSmall | Refusal::WrongCurrency => Self::Field("transaction.amount"),
            Refusal::BadPhoneNumber | Refusal::BadCustomerToken | Refusal::BadPersonalQr => Self::UnknownUser,
            Refusal::BadUrl => Self::Field("merchantInfo.fallBack"),
            Refusal::BadScope => Self::Field("transaction.scope"),
            Refusal::TooMuchMetadata
            | Refusal::LongMetadataKey
            | Refusal::LongMetadataValue
            | Refusal::MissingParameter
            | Refusal::CannotBeCreated
            | Refusal::LongLivingNotAllowed
            | Refusal::UnknownCustomer => Self::Field("body"),
        }
    }
}
