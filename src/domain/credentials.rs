//! The keys of an agreement. They come in, are sealed, and go to the provider; they are never shown again, and printing
//! one for debugging hides it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, FieldError};

/// The most characters that one of them has. Vipps' own have at most 100.
const KEY_MAX: usize = 200;

/// What a provider gave out for an agreement.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The subscription key, primary or secondary.
    pub subscription_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

impl Credentials {
    /// What is wrong with them: they travel in headers, so they are plain and whole.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (pointer, key) in [
            ("/client_id", &self.client_id),
            ("/client_secret", &self.client_secret),
            ("/subscription_key", &self.subscription_key),
        ] {
            if key.is_empty() {
                errors.push(FieldError::new(pointer, Fault::Required));
            } else if key.len() > KEY_MAX {
                errors.push(FieldError::new(pointer, Fault::TooLong(KEY_MAX)));
            } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                errors.push(FieldError::new(pointer, Fault::NoKey));
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: usize) {
        let keys = Credentials {
            client_id: key.to_owned(),
            client_secret: "c2VjcmV0LXNlY3JldA==".to_owned(),
            subscription_key: key.to_owned(),
        };
        assert_eq!(keys.errors().len(), expected, "{key:?}");
        assert_eq!(format!("{keys:?}"), "Credentials(hidden)");
    }

    #[test]
    fn keys_are_plain_whole_and_hidden() {
        check("fb492b5e-7907-4d83-bc20-c7fb60ca35de", 0);
        for wrong in ["", " ", "a b", "a\nb", "å", &"x".repeat(201)] {
            check(wrong, 2);
        }
    }
}
