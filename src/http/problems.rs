//! Every kind of problem that an answer may tell: its code, its status, and in both languages what it is called, what it
//! means and what to do about it. The codes are part of the API: they are never renamed.

mod answer;
mod details;
mod house;
mod money;
mod people;
mod requests;
mod seats;
mod settings;

pub(super) use answer::ProblemAnswer;
pub use answer::{EXAMPLE_HOUSE, EXAMPLE_REQUEST};
pub(super) use details::detail_of;

use crate::words::Language;

/// One kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status. `invalid_credentials` is 401 at the login, and 403 when the current password is wrong.
    pub status: u16,
    /// In Norwegian.
    pub nb: Texts,
    /// In English.
    pub en: Texts,
}

/// What is said about a problem in one language. Code stands between backticks in `meaning` and `advice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    /// A few words for people.
    pub title: &'static str,
    /// A sentence for people, unless more is known about the case.
    pub detail: &'static str,
    /// What it means, for developers.
    pub meaning: &'static str,
    /// What to do, for developers.
    pub advice: &'static str,
}

impl ProblemKind {
    /// What is said in this language.
    pub fn texts(&self, language: Language) -> &Texts {
        match language {
            Language::Nb => &self.nb,
            Language::En => &self.en,
        }
    }
}

/// Every problem there is.
pub fn problems() -> impl Iterator<Item = &'static ProblemKind> {
    [requests::PROBLEMS, people::PROBLEMS, seats::PROBLEMS, money::PROBLEMS, settings::PROBLEMS, house::PROBLEMS]
        .into_iter()
        .flatten()
}

/// The kind with this code.
pub fn problem_kind(code: &str) -> Option<&'static ProblemKind> {
    problems().find(|kind| kind.code == code)
}

#[cfg(test)]
mod tests;
