//! Every "no" of the simulated provider that has a domain code.
//!
//! Which HTTP status goes with which code is not published; callers decide by the code. Nothing here decides
//! anything: the rules are in `payment` and `request`.

/// Why the provider says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The key of a capture or cancel came before with another body.
    KeyHasOtherBody,
    /// The key came before for another operation.
    KeyExists,
    /// The amount is no amount.
    InvalidAmount,
    /// The customer token is not one.
    BadCustomerToken,
    /// The personal QR code is not one.
    BadPersonalQr,
    /// The phone number is not one.
    BadPhoneNumber,
    /// The scope is not one.
    BadScope,
    /// The URL is not https.
    BadUrl,
    /// More than five pairs of metadata.
    TooMuchMetadata,
    /// A key of the metadata is too long.
    LongMetadataKey,
    /// A value of the metadata is too long.
    LongMetadataValue,
    /// A field that this flow needs is missing.
    MissingParameter,
    /// The reference, or the key of a refund or create, was used before.
    ReferenceExists,
    /// Not the currency of this sales unit.
    WrongCurrency,
    /// There is no account to pay a refund from.
    NoReceivingAccount,
    /// This sales unit cannot create such a payment.
    CannotBeCreated,
    /// This sales unit may make no payment that waits for longer than usual.
    LongLivingNotAllowed,
    /// Nobody here has this phone.
    UnknownCustomer,
    /// There is no such payment.
    UnknownReference,
    /// Under the smallest amount.
    TooSmall,
    /// Nothing was ever reserved.
    RefundBeforeReservation,
    /// Everything is captured, so nothing can be released.
    CancelOfCaptured,
    /// Nothing is reserved, so nothing can be released.
    CancelOfNonReserved,
    /// Only an unapproved payment was to be cancelled, and this one is approved.
    CancelOfAuthorized,
    /// The reservation was released.
    CaptureOfCancelled,
    /// Nothing is reserved yet.
    CaptureBeforeReservation,
    /// More than what is reserved.
    CaptureTooHigh,
    /// The reservation is too old.
    CapturePeriodOver,
    /// More than what can be given back.
    NotEnoughRefundable,
    /// The payment is being processed.
    OrderProcessing,
    /// Everything is captured already.
    AlreadyCaptured,
    /// Everything is given back already.
    AlreadyRefunded,
    /// It was cancelled before.
    CancelInWrongState,
    /// It ended without being approved.
    CaptureInWrongState,
    /// It ended without being approved.
    RefundInWrongState,
    /// The reservation is too old.
    RefundPeriodOver,
    /// It is approved already.
    AlreadyReserved,
    /// The payer's bank has not answered yet.
    Processing,
    /// The payment has ended, so its payer can do nothing more.
    PaymentEnded,
}

impl Refusal {
    /// The code that goes out as `ErrorCode`.
    pub(super) fn code(self) -> &'static str {
        self.facts().1
    }

    /// The HTTP status it is sent with.
    pub(super) fn status(self) -> u16 {
        self.facts().0
    }

    /// The sentence for developers.
    pub(super) fn says(self) -> &'static str {
        self.facts().2
    }

    fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::KeyHasOtherBody => (409, "4010", "The idempotency key was used with another request body."),
            Self::KeyExists => (409, "4020", "The idempotency key was used for another operation."),
            Self::InvalidAmount => (400, "4040", "The amount is not valid."),
            Self::BadCustomerToken => (400, "4050", "The customer token is not valid."),
            Self::BadPersonalQr => (400, "4060", "The personal QR code is not valid."),
            Self::BadPhoneNumber => (400, "4070", "The phone number is not valid."),
            Self::BadScope => (400, "4080", "The scope is not valid."),
            Self::BadUrl => (400, "4090", "The URL is not valid: it must be https or a custom scheme."),
            Self::TooMuchMetadata => (400, "4100", "Metadata may have five pairs at most."),
            Self::LongMetadataKey => (400, "4110", "A metadata key may have 100 characters at most."),
            Self::LongMetadataValue => (400, "4120", "A metadata value may have 500 characters at most."),
            Self::MissingParameter => (400, "4140", "A parameter that this user flow needs is missing."),
            Self::ReferenceExists => (409, "4150", "The reference or the idempotency key was used before."),
            Self::WrongCurrency => (400, "5040", "The currency is not the one of the sales unit."),
            Self::NoReceivingAccount => (400, "5060", "There is no receiving account for the refund."),
            Self::CannotBeCreated => (400, "5070", "The payment cannot be created with this method and flow."),
            Self::LongLivingNotAllowed => (403, "5050", "The sales unit may not make long-living payments."),
            Self::UnknownCustomer => (400, "7010", "The customer was not found, or is too young."),
            Self::UnknownReference => (404, "5090", "There is no payment with this reference."),
            Self::TooSmall => (400, "6010", "The amount is too small."),
            Self::RefundBeforeReservation => (400, "6020", "A payment cannot be refunded before it is reserved."),
            Self::CancelOfCaptured => (400, "6040", "A captured payment cannot be cancelled."),
            Self::CancelOfNonReserved => (400, "6050", "A payment that is not reserved cannot be cancelled."),
            Self::CancelOfAuthorized => (400, "6060", "cancelTransactionOnly on an authorized payment."),
            Self::CaptureOfCancelled => (400, "6070", "A cancelled payment cannot be captured."),
            Self::CaptureBeforeReservation => (400, "6080", "A payment cannot be captured before it is reserved."),
            Self::CaptureTooHigh => (400, "6090", "More than the reserved amount cannot be captured."),
            Self::CapturePeriodOver => (400, "6100", "The period for captures is over."),
            Self::NotEnoughRefundable => (400, "6150", "There is not enough captured money to refund."),
            Self::OrderProcessing => (409, "6160", "The payment is being processed."),
            Self::AlreadyCaptured => (400, "6170", "The payment is captured already."),
            Self::AlreadyRefunded => (400, "6180", "The payment is refunded already."),
            Self::CancelInWrongState => (400, "6190", "The payment is in a state in which it cannot be cancelled."),
            Self::CaptureInWrongState => (400, "6200", "The payment is in a state in which it cannot be captured."),
            Self::RefundInWrongState => (400, "6210", "The payment is in a state in which it cannot be refunded."),
            Self::RefundPeriodOver => (400, "6220", "The period for refunds is over."),
            Self::AlreadyReserved => (409, "6230", "The payment is reserved already."),
            Self::Processing => (409, "6250", "The payer's approval is being processed."),
            Self::PaymentEnded => (409, "6200", "The payment has ended."),
        }
    }
}
