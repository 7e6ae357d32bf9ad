//! What is said about a problem where more is known than its kind: which parameter, which methods.

use super::problem_kind;
use crate::domain::refusal::Refusal;
use crate::http::error::{ApiError, Malformed};
use crate::words::{Language, faults};

/// A sentence about this problem.
pub(crate) fn detail_of(error: &ApiError, language: Language) -> String {
    let known = match error {
        ApiError::Malformed(malformed) => malformed_detail(malformed, language),
        ApiError::MethodNotAllowed { allow } => match language {
            Language::Nb => Some(format!("Denne adressen tar imot {allow}.")),
            Language::En => Some(format!("This address takes {allow}.")),
        },
        ApiError::Refused(Refusal::WrongPassword) => {
            Some(language.pick("Det nåværende passordet er feil.", "The current password is wrong.").to_owned())
        }
        ApiError::Refused(_)
        | ApiError::TooLarge
        | ApiError::NotJson
        | ApiError::Trouble(_)
        | ApiError::Unavailable { .. }
        | ApiError::Bug(_) => None,
    };
    known.unwrap_or_else(|| problem_kind(error.code()).map_or("", |kind| kind.texts(language).detail).to_owned())
}

fn malformed_detail(malformed: &Malformed, language: Language) -> Option<String> {
    match malformed {
        Malformed::BrokenOff => {
            Some(language.pick("Forespørselen brøt av underveis.", "The request broke off on its way.").to_owned())
        }
        Malformed::FormLacks(field) => Some(match language {
            Language::Nb => format!("Skjemaet har ett felt: {field}."),
            Language::En => format!("The form has one field: {field}."),
        }),
        Malformed::Json { line, column } => Some(match language {
            Language::Nb => format!("Innholdet er ikke JSON: Lesingen stoppet på linje {line}, tegn {column}."),
            Language::En => format!("The body is not JSON: reading stopped at line {line}, column {column}."),
        }),
        Malformed::Query { parameter, fault } => Some(format!("{parameter}: {}", faults::sentence(fault, language))),
        Malformed::Unreadable | Malformed::Cursor | Malformed::Limit | Malformed::IdempotencyKey => None,
    }
}
