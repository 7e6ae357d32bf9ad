//! The list of problems says what goes out, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::domain::fault::Fault;
use crate::domain::refusal::Refusal;
use crate::domain::time::at_millis;
use crate::http::error::{ApiError, Malformed, Wait};
use crate::store::StoreError;

/// The refusal after this one. A new refusal does not compile until it has its place here.
fn next(refusal: &Refusal) -> Option<Refusal> {
    let at = at_millis(0);
    Some(match refusal {
        Refusal::NotFound => Refusal::Forbidden,
        Refusal::Forbidden => Refusal::Invalid(Vec::new()),
        Refusal::Invalid(_) => Refusal::AlreadyRegistered,
        Refusal::AlreadyRegistered => Refusal::EventCancelled,
        Refusal::EventCancelled => Refusal::EventClosed,
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
        Refusal::RefundExceedsCaptured => Refusal::RefundOnlyInFull,
        Refusal::RefundOnlyInFull => Refusal::NothingToResolve,
        Refusal::NothingToResolve => Refusal::QrInUse,
        Refusal::QrInUse => Refusal::DoorNotAvailable,
        Refusal::DoorNotAvailable => Refusal::NotCapturedYet,
        Refusal::NotCapturedYet => Refusal::EmailTaken,
        Refusal::EmailTaken => Refusal::SlugTaken,
        Refusal::SlugTaken => Refusal::GroupInUse,
        Refusal::GroupInUse => Refusal::AgreementInUse,
        Refusal::AgreementInUse => Refusal::SalesUnitInUse,
        Refusal::SalesUnitInUse => Refusal::SerialNumberTaken,
        Refusal::SerialNumberTaken => Refusal::NoWebhooks,
        Refusal::NoWebhooks => Refusal::SetByConfiguration,
        Refusal::SetByConfiguration => Refusal::CredentialsMissing,
        Refusal::CredentialsMissing => Refusal::ProviderRefused,
        Refusal::ProviderRefused => Refusal::LastAdmin,
        Refusal::LastAdmin => Refusal::IdempotencyKeyReused,
        Refusal::IdempotencyKeyReused => Refusal::RequestInProgress,
        Refusal::RequestInProgress => Refusal::IdempotencyKeyRequired,
        Refusal::IdempotencyKeyRequired => Refusal::InvalidCredentials,
        Refusal::InvalidCredentials => Refusal::WrongPassword,
        Refusal::WrongPassword => Refusal::Unauthenticated,
        Refusal::Unauthenticated => Refusal::FormExpired,
        Refusal::FormExpired => Refusal::TooManyRequests { retry_at: at },
        Refusal::TooManyRequests { .. } => Refusal::LinkExpired,
        Refusal::LinkExpired => Refusal::Overloaded,
        Refusal::Overloaded => return None,
    })
}

fn refusals() -> Vec<Refusal> {
    std::iter::successors(Some(Refusal::NotFound), next).collect()
}

/// The malformed request after this one. A new one does not compile until it has its place here.
fn next_malformed(malformed: &Malformed) -> Option<Malformed> {
    Some(match malformed {
        Malformed::BrokenOff => Malformed::Unreadable,
        Malformed::Unreadable => Malformed::FormLacks("password"),
        Malformed::FormLacks(_) => Malformed::Json { line: 1, column: 7 },
        Malformed::Json { .. } => Malformed::IdempotencyKey,
        Malformed::IdempotencyKey => Malformed::Query { parameter: "from".to_owned(), fault: Fault::Twice },
        Malformed::Query { .. } => Malformed::Cursor,
        Malformed::Cursor => Malformed::Limit,
        Malformed::Limit => return None,
    })
}

/// Every error that is no refusal, with the codes that the code base gives them.
fn others() -> Vec<ApiError> {
    let mut errors = vec![
        ApiError::MethodNotAllowed { allow: "GET, HEAD".to_owned() },
        ApiError::TooLarge,
        ApiError::NotJson,
        ApiError::Trouble(StoreError::Closed),
        ApiError::Bug(String::new()),
    ];
    errors.extend(std::iter::successors(Some(Malformed::BrokenOff), next_malformed).map(ApiError::Malformed));
    let source = source_of_the_house();
    let named = source.split("Unavailable { code: ").skip(1);
    let named = named.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
    errors.extend(named.map(|code| ApiError::Unavailable { code: &*code.to_owned().leak(), retry_after: 1 }));
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
    let listed: BTreeSet<&str> = problems().map(|kind| kind.code).collect();
    assert_eq!(given, listed, "a code is listed that nothing answers");
}

#[test]
fn codes_are_listed_once() {
    let codes: BTreeSet<&str> = problems().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), problems().count());
}

#[test]
fn every_problem_is_explained_in_both_languages() {
    for kind in problems() {
        let texts = |language| {
            let Texts { title, detail, meaning, advice } = kind.texts(language);
            [title, detail, meaning, advice]
        };
        for (nb, en) in texts(Language::Nb).into_iter().zip(texts(Language::En)) {
            assert_ne!(nb, en, "{}", kind.code);
            assert!(nb.trim() == *nb && en.trim() == *en, "{}", kind.code);
        }
        for language in [Language::Nb, Language::En] {
            let [title, sentences @ ..] = texts(language);
            assert!(title.len() > 4 && !title.ends_with('.') && title.len() <= 50, "{}: {title}", kind.code);
            for sentence in sentences {
                assert!(sentence.len() > 10 && sentence.ends_with('.'), "{}: {sentence}", kind.code);
                assert!(sentence.matches('`').count().is_multiple_of(2), "{}: {sentence}", kind.code);
            }
            assert!(!texts(language)[1].contains('`'), "{}: a detail is plain text", kind.code);
        }
    }
}

#[test]
fn every_error_is_told_in_both_languages() {
    for error in refusals().into_iter().map(ApiError::Refused).chain(others()) {
        let told = [Language::Nb, Language::En].map(|language| (error.title(language), error.detail(language)));
        for (title, detail) in &told {
            assert!(!title.is_empty() && detail.len() > 10 && detail.ends_with('.'), "{error:?}: {detail}");
        }
        let [(title_nb, detail_nb), (title_en, detail_en)] = told;
        assert!(title_nb != title_en && detail_nb != detail_en, "{error:?} is told in one language only");
    }
}

#[test]
fn what_is_known_about_the_case_is_told() {
    let query = ApiError::bad_query("open", Fault::NoneOf(vec!["true", "false"]));
    assert_eq!(query.detail(Language::En), "open: One of true, false.");
    assert_eq!(query.detail(Language::Nb), "open: En av true, false.");
    let method = ApiError::MethodNotAllowed { allow: "GET, HEAD".to_owned() };
    assert_eq!(method.detail(Language::Nb), "Denne adressen tar imot GET, HEAD.");
    let password = ApiError::Refused(Refusal::WrongPassword);
    assert_eq!(password.detail(Language::En), "The current password is wrong.");
}

#[test]
fn examples_look_like_what_goes_out() {
    for error in refusals().into_iter().map(ApiError::Refused).chain(others()) {
        let kind = problem_kind(error.code()).unwrap();
        for language in [Language::Nb, Language::En] {
            let example = crate::http::written(&ProblemAnswer::example(kind, language));
            let waits = error.wait() != Wait::No;
            let at = waits.then(|| at_millis(1_800_000_000_000));
            let mut real =
                crate::http::written(&ProblemAnswer::of(&error, language, (EXAMPLE_HOUSE, EXAMPLE_REQUEST), at));
            // These tell more about their case than their code.
            let is_case = matches!(&error, ApiError::Refused(Refusal::Invalid(_) | Refusal::WrongPassword));
            let is_unreadable = matches!(&error, ApiError::Malformed(Malformed::Unreadable));
            let tells_more = is_case || (matches!(&error, ApiError::Malformed(_)) && !is_unreadable);
            if tells_more {
                for field in ["status", "detail", "errors"] {
                    real[field] = example[field].clone();
                }
            }
            let fields = |value: &serde_json::Value| {
                value
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect::<Vec<_>>()
            };
            let (mut real, mut example) = (fields(&real), fields(&example));
            real.sort_by(|one, other| one.0.cmp(&other.0));
            example.sort_by(|one, other| one.0.cmp(&other.0));
            assert_eq!(real, example, "{}", error.code());
        }
    }
}
