//! Somebody who can sign in. Addresses are compared without regard to case and to spaces around them. Nothing here
//! hashes a password.

use std::ops::RangeInclusive;

use super::fault::{Fault, FieldError};
use super::ids::UserId;
use super::time::Timestamp;

/// A user as it is kept, without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// What the user and those who manage users decide.
    pub profile: Profile,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What is known about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The address to sign in with, see [`plain_email`].
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The telephone number.
    pub phone: Option<String>,
    /// The language of letters and pages, like `nb` or `en-GB`.
    pub locale: String,
    /// What a sign-up says about photos unless it says otherwise.
    pub allow_photo_by_default: bool,
}

/// The language of whoever did not choose one.
pub const LOCALE_DEFAULT: &str = "nb";

/// How long a password may be, in characters. Longer than the most is no safer and slower to hash.
pub const PASSWORD_LENGTH: RangeInclusive<usize> = 10..=200;

/// An address the way it is kept and compared.
pub fn plain_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Profile {
    /// What is wrong with it.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !is_email(&self.email) {
            errors.push(FieldError::new("/email", Fault::NoEmail));
        }
        check_length(&mut errors, "/first_name", &self.first_name, 1..=100);
        check_length(&mut errors, "/last_name", &self.last_name, 1..=100);
        if self.phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
            errors.push(FieldError::new("/phone", Fault::NoPhone));
        }
        if !is_locale(&self.locale) {
            errors.push(FieldError::new("/locale", Fault::NoLocale));
        }
        errors
    }
}

/// What is wrong with a new password.
pub fn password_error(pointer: &str, password: &str) -> Option<FieldError> {
    length_fault(password.chars().count(), password.chars().count(), PASSWORD_LENGTH)
        .map(|fault| FieldError::new(pointer, fault))
}

/// Adds an error when `text` has fewer or more characters than it should; spaces alone are nothing.
pub fn check_length(errors: &mut Vec<FieldError>, pointer: &str, text: &str, length: RangeInclusive<usize>) {
    let fault = length_fault(text.trim().chars().count(), text.chars().count(), length);
    errors.extend(fault.map(|fault| FieldError::new(pointer, fault)));
}

fn length_fault(at_least: usize, at_most: usize, length: RangeInclusive<usize>) -> Option<Fault> {
    if at_least < *length.start() {
        Some(Fault::TooShort(*length.start()))
    } else if at_most > *length.end() {
        Some(Fault::TooLong(*length.end()))
    } else {
        None
    }
}

fn is_email(email: &str) -> bool {
    let Some((name, host)) = email.rsplit_once('@') else { return false };
    let is_clean = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    email.len() <= 254
        && is_clean(name)
        && is_clean(host)
        && !name.contains(['@', '<', '>', ',', ';', '"', '(', ')'])
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains(['<', '>', ',', ';', '"', '(', ')'])
}

fn is_phone(phone: &str) -> bool {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let rest = phone.strip_prefix('+').unwrap_or(phone);
    (4..=20).contains(&digits) && phone.len() <= 30 && rest.chars().all(|c| c.is_ascii_digit() || c == ' ')
}

fn is_locale(locale: &str) -> bool {
    let (language, region) = match locale.split_once('-') {
        Some((language, region)) => (language, Some(region)),
        None => (locale, None),
    };
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(|region| region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ida() -> Profile {
        Profile {
            email: "ida@example.org".to_owned(),
            first_name: "Ida".to_owned(),
            last_name: "Berg".to_owned(),
            phone: None,
            locale: "nb".to_owned(),
            allow_photo_by_default: true,
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Profile), expected: &[&str]) {
        let mut profile = ida();
        change(&mut profile);
        let found: Vec<String> = profile.errors().into_iter().map(|error| error.pointer).collect();
        assert_eq!(found, expected, "{profile:?}");
    }

    #[test]
    fn a_profile_is_checked_field_by_field() {
        check(|_| {}, &[]);
        for email in ["", "ida", "@x.no", "ida@", "i da@x.no", "a@b@x.no", "ida@.no", "<ida@x.no>", "ida@x.no,ola@x.no"]
        {
            check(|profile| email.clone_into(&mut profile.email), &["/email"]);
        }
        check(|profile| profile.first_name = "  ".to_owned(), &["/first_name"]);
        check(|profile| profile.last_name = "x".repeat(101), &["/last_name"]);
        for (phone, fine) in
            [("+47 99 88 77 66", true), ("99887766", true), ("nei", false), ("1", false), ("9+98877", false)]
        {
            let expected: &[&str] = if fine { &[] } else { &["/phone"] };
            check(|profile| profile.phone = Some(phone.to_owned()), expected);
        }
        for (locale, fine) in
            [("en", true), ("en-GB", true), ("norsk", false), ("", false), ("EN", false), ("en-gb", false)]
        {
            let expected: &[&str] = if fine { &[] } else { &["/locale"] };
            check(|profile| locale.clone_into(&mut profile.locale), expected);
        }
    }

    #[test]
    fn passwords_have_10_to_200_characters() {
        assert!(password_error("/new", &"å".repeat(9)).is_some());
        assert!(password_error("/new", &"å".repeat(10)).is_none());
        assert!(password_error("/new", &"å".repeat(200)).is_none());
        assert!(password_error("/new", &"å".repeat(201)).is_some());
    }

    #[test]
    fn addresses_are_plain() {
        assert_eq!(plain_email("  Ida@Example.ORG "), "ida@example.org");
    }
}
