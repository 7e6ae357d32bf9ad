//! How a field that somebody sent can be wrong. A fault carries what a sentence about it needs, and no sentence: those
//! stand in `words/faults.rs`, in every language. The codes are part of the API: they are never renamed.

use super::money::{NoAmount, Ore};
use super::time::{NoMoment, NoSpan};

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub fault: Fault,
}

impl FieldError {
    /// A field error.
    pub fn new(pointer: &str, fault: Fault) -> Self {
        Self { pointer: pointer.to_owned(), fault }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// What sort of value something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Nothing.
    Null,
    /// True or false.
    Flag,
    /// A number without a fraction.
    Whole,
    /// Any other number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// Fields with names.
    Object,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is null and must not be.
    Null,
    /// It is missing or empty.
    Required,
    /// One of these fields is needed.
    OneNeeded(&'static [&'static str]),
    /// Only one of these fields may be there.
    OneTooMany(&'static [&'static str]),
    /// The text has fewer characters than this.
    TooShort(usize),
    /// The text has more characters than this.
    TooLong(usize),
    /// The number is below the first or above the second.
    NumberOutOfRange(i64, i64),
    /// The price is none that may be asked.
    PriceOutOfRange(Ore, Ore),
    /// The amount is less than this.
    AmountTooSmall(Ore),
    /// The event ends before it starts.
    EndsBeforeItStarts,
    /// Sign-up ends before it opens.
    ClosesBeforeItOpens,
    /// It is later than the event's end.
    AfterTheEnd,
    /// No slug.
    NoSlug,
    /// No email address.
    NoEmail,
    /// No telephone number.
    NoPhone,
    /// No number that a payment request can be sent to.
    NoMobile,
    /// No language.
    NoLocale,
    /// There is no such group to organize an event.
    UnknownOrganizer,
    /// There is no such user to sign up.
    UnknownUser,
    /// There is no such user to be given a role.
    UnknownGrantee,
    /// There is no such group, to be given a role or to limit one to.
    UnknownGrantGroup,
    /// None of these words.
    NoneOf(Vec<&'static str>),
    /// The field is none of those that are known.
    UnknownField,
    /// The field is there twice.
    Twice,
    /// The text has a character that no text has.
    NulCharacter,
    /// Another sort of value is wanted: the first is, the second came.
    WrongKind(ValueKind, ValueKind),
    /// This sort of value does not fit, where several do.
    KindUnfit(ValueKind),
    /// No moment.
    NoMoment(NoMoment),
    /// No span of time.
    NoSpan(NoSpan),
    /// No amount of money.
    NoAmount(NoAmount),
    /// No currency that prices have.
    NoCurrency,
    /// The currency has no decimals, and the amount has.
    WholeOnly,
    /// The sales unit takes none but these currencies.
    CurrencyNotTaken(Vec<&'static str>),
    /// Coming events of the group have prices that the unit does not take.
    PricesNotTaken,
    /// The agreement's provider gives out no such thing.
    OfAnotherProvider,
    /// No day.
    NoDay,
    /// A file of more lines than this is not made.
    TooManyLines(usize),
    /// No id.
    NoId,
    /// No number of a sales unit.
    NoSerialNumber,
    /// No key of a provider.
    NoKey,
    /// No id of a code at the door.
    NoCodeId,
    /// The event's sales unit has no such code.
    UnknownCode,
    /// There is no such agreement under which something new may begin.
    UnknownAgreement,
    /// There is no such sales unit that the group's events may name.
    UnknownSalesUnit,
    /// There is no such group, for a sales unit to belong to.
    UnknownUnitGroup,
    /// A house over the sandbox has no real money.
    OnlyTestHere,
    /// An agreement does not become one with this provider.
    ProviderStays,
    /// The value cannot be read.
    Unreadable,
}

/// What a single value can find wrong with itself, by the names that it has on its way through serde: that carries
/// nothing but a text.
const IN_SERDE: [(&str, Fault); 9] = [
    ("no_moment", Fault::NoMoment(NoMoment::NotRfc3339)),
    ("moment_out_of_range", Fault::NoMoment(NoMoment::OutOfRange)),
    ("no_span", Fault::NoSpan(NoSpan::NotClock)),
    ("span_out_of_range", Fault::NoSpan(NoSpan::OutOfRange)),
    ("no_amount", Fault::NoAmount(NoAmount::NotDigits)),
    ("amount_too_precise", Fault::NoAmount(NoAmount::TooPrecise)),
    ("amount_too_large", Fault::NoAmount(NoAmount::TooLarge)),
    ("no_currency", Fault::NoCurrency),
    ("no_id", Fault::NoId),
];

impl Fault {
    /// Every code that a field may have.
    pub const CODES: [&str; 20] = [
        "after_end",
        "before_start",
        "conflict",
        "duplicate_field",
        "invalid_characters",
        "invalid_email",
        "invalid_locale",
        "invalid_phone",
        "invalid_slug",
        "invalid_type",
        "invalid_value",
        "null",
        "out_of_range",
        "required",
        "too_long",
        "too_short",
        "unknown",
        "unknown_field",
        "unknown_group",
        "unknown_user",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Required | Self::OneNeeded(_) => "required",
            Self::OneTooMany(_) => "conflict",
            Self::TooShort(_) => "too_short",
            Self::TooLong(_) => "too_long",
            Self::NumberOutOfRange(..)
            | Self::PriceOutOfRange(..)
            | Self::AmountTooSmall(_)
            | Self::TooManyLines(_) => "out_of_range",
            Self::EndsBeforeItStarts | Self::ClosesBeforeItOpens => "before_start",
            Self::AfterTheEnd => "after_end",
            Self::NoSlug => "invalid_slug",
            Self::NoEmail => "invalid_email",
            Self::NoPhone | Self::NoMobile => "invalid_phone",
            Self::NoLocale => "invalid_locale",
            Self::UnknownOrganizer | Self::UnknownUnitGroup => "unknown_group",
            Self::UnknownUser => "unknown_user",
            Self::UnknownGrantee
            | Self::UnknownGrantGroup
            | Self::UnknownAgreement
            | Self::UnknownSalesUnit
            | Self::UnknownCode => "unknown",
            Self::UnknownField => "unknown_field",
            Self::Twice => "duplicate_field",
            Self::NulCharacter => "invalid_characters",
            Self::WrongKind(..) | Self::KindUnfit(_) => "invalid_type",
            Self::NoneOf(_)
            | Self::NoMoment(_)
            | Self::NoSpan(_)
            | Self::NoAmount(_)
            | Self::NoCurrency
            | Self::CurrencyNotTaken(_)
            | Self::PricesNotTaken
            | Self::OfAnotherProvider
            | Self::WholeOnly
            | Self::NoDay
            | Self::NoId
            | Self::NoSerialNumber
            | Self::NoKey
            | Self::NoCodeId
            | Self::OnlyTestHere
            | Self::ProviderStays
            | Self::Unreadable => "invalid_value",
        }
    }

    /// An error for a value that is read with serde; [`Fault::from_serde`] finds the fault again.
    pub fn into_serde<E: serde::de::Error>(self) -> E {
        E::custom(IN_SERDE.iter().find(|(_, fault)| *fault == self).map_or("", |(name, _)| *name))
    }

    /// The fault behind the text of an error of serde.
    pub fn from_serde(text: &str) -> Self {
        IN_SERDE.into_iter().find(|(name, _)| *name == text).map_or(Self::Unreadable, |(_, fault)| fault)
    }
}
