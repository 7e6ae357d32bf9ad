//! The list of problems says what goes out, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::domain::refusal::Refusal;
use crate::domain::time::at_millis;
use crate::http::error::ApiError;
use crate::store::StoreError;

/// The refusal after this one. A new refusal does not compile until it has its place here.
fn next(refusal: &Refusal) -> Option<Refusal> {
    let at = at_millis(0);
    Some(match refusal {
        Refusal::NotFound => Refusal::Forbidden,
        Refusal::Forbidden => Refusal::Invalid(Vec::new()),
        Refusal::Invalid(_) => Refusal::AlreadyRegistered,
        Refusal::AlreadyRegistered => Refusal::EventClosed,
        Refusal::EventClosed => Refusal::SignUpDisabled,
        Refusal::SignUpDisabled => Refusal::NotOpenYet { opens_at: at },
        Refusal::NotOpenYet { .. } => Refusal::RegistrationClosed,
        Refusal::RegistrationClosed => Refusal::TooLateToPay,
        Refusal::TooLateToPay => Refusal::NotRegistered,
        Refusal::NotRegistered => Refusal::SignOffDeadlinePassed,
        Refusal::SignOffDeadlinePassed => Refusal::PaidRegistrationNeedsRefund,
        Refusal::PaidRegistrationNeedsRefund => Refusal::EventFull,
        Refusal::EventFull => Refusal::AlreadyPaid,
        Refusal::AlreadyPaid => Refusal::NotAPaidEvent,
        Refusal::NotAPaidEvent => Refusal::RegistrationEnded,
        Refusal::RegistrationEnded => Refusal::EventHasRegistrations,
        Refusal::EventHasRegistrations => Refusal::EventInUse,
        Refusal::EventInUse => Refusal::PaymentDeadlinePassed,
        Refusal::PaymentDeadlinePassed => Refusal::OrderEnded,
        Refusal::OrderEnded => Refusal::TooManyAttempts { retry_at: at },
        Refusal::TooManyAttempts { .. } => Refusal::RefundExceedsCaptured,
        Refusal::RefundExceedsCaptured => Refusal::NotCapturedYet,
        Refusal::NotCapturedYet => Refusal::EmailTaken,
        Refusal::EmailTaken => Refusal::SlugTaken,
        Refusal::SlugTaken => Refusal::GroupInUse,
        Refusal::GroupInUse => Refusal::LastAdmin,
        Refusal::LastAdmin => Refusal::IdempotencyKeyReused,
        Refusal::IdempotencyKeyReused => Refusal::RequestInProgress,
        Refusal::RequestInProgress => Refusal::IdempotencyKeyRequired,
        Refusal::IdempotencyKeyRequired => Refusal::InvalidCredentials,
        Refusal::InvalidCredentials => Refusal::WrongPassword,
        Refusal::WrongPassword => Refusal::Unauthenticated,
        Refusal::Unauthenticated => Refusal::TooManyRequests { retry_at: at },
        Refusal::TooManyRequests { .. } => Refusal::LinkExpired,
        Refusal::LinkExpired => Refusal::Overloaded,
        Refusal::Overloaded => return None,
    })
}

fn refusals() -> Vec<Refusal> {
    std::iter::successors(Some(Refusal::NotFound), next).collect()
}

/// Every error that is no refusal, with the codes that the code base gives them.
fn others() -> Vec<ApiError> {
    let mut errors = vec![
        ApiError::MethodNotAllowed { allow: String::new() },
        ApiError::TooLarge,
        ApiError::NotJson,
        ApiError::Trouble(StoreError::Closed),
        ApiError::Bug(String::new()),
    ];
    let source = source_of_the_house();
    let named = |before: &str| -> Vec<&'static str> {
        let after = source.split(before).skip(1);
        after
            .filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
            .map(|code| &*code.to_owned().leak())
            .collect()
    };
    errors.extend(named("bad_request(").into_iter().map(|code| ApiError::bad_request(code, "")));
    errors.extend(named("Unavailable { code: ").into_iter().map(|code| ApiError::Unavailable { code, retry_after: 1 }));
    errors
}

/// Everything in `src/http` but this file.
fn source_of_the_house() -> String {
    let (mut folders, mut source) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")], String::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("problems/tests.rs") {
                source.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    source
}

#[test]
fn the_list_of_problems_says_what_goes_out() {
    let errors: Vec<ApiError> = refusals().into_iter().map(ApiError::Refused).chain(others()).collect();
    for error in &errors {
        let listed = problem_kind(error.code()).unwrap_or_else(|| panic!("{} is not listed", error.code()));
        let exception = matches!(error, ApiError::Refused(Refusal::WrongPassword));
        assert!(exception || listed.status == error.status().as_u16(), "{}", error.code());
    }
    let given: BTreeSet<&str> = errors.iter().map(ApiError::code).collect();
    let listed: BTreeSet<&str> = PROBLEMS.iter().map(|kind| kind.code).collect();
    assert_eq!(given, listed, "a code is listed that nothing answers");
}

#[test]
fn codes_are_listed_once() {
    let codes: BTreeSet<&str> = PROBLEMS.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), PROBLEMS.len());
}

#[test]
fn every_problem_is_explained() {
    for kind in PROBLEMS {
        for text in [kind.meaning, kind.advice] {
            assert!(text.len() > 10 && text.ends_with('.'), "{}", kind.code);
        }
    }
}
