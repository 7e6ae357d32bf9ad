//! The keys of an agreement. They come in, are sealed, and go to the provider; they are never shown again, and printing
//! one for debugging hides it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, FieldError};
use super::sales_unit::Provider;

/// The most characters that one of them has. The providers' own have at most 100.
const KEY_MAX: usize = 200;

/// What a provider gave out for an agreement. Which of these there are differs; the others are empty.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// The client id (Vipps).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    /// The client secret (Vipps).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_secret: String,
    /// The subscription key, primary or secondary (Vipps).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subscription_key: String,
    /// The private API key (Áskell).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_key: String,
    /// The name of the acquirer over which cards are registered (Áskell).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub payment_processor: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

impl Credentials {
    /// Every one of them, with its field and whether this provider gives it out.
    fn each(&self, provider: Provider) -> [(&'static str, &String, bool); 5] {
        let (of_vipps, of_askell) = match provider {
            Provider::VippsEpayment | Provider::VippsEcom => (true, false),
            Provider::Askell => (false, true),
        };
        [
            ("/client_id", &self.client_id, of_vipps),
            ("/client_secret", &self.client_secret, of_vipps),
            ("/subscription_key", &self.subscription_key, of_vipps),
            ("/api_key", &self.api_key, of_askell),
            ("/payment_processor", &self.payment_processor, of_askell),
        ]
    }

    /// What is wrong with them: they travel in headers, so they are plain and whole, and a provider has its own only.
    pub fn errors(&self, provider: Provider) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (pointer, key, is_its) in self.each(provider) {
            if !is_its {
                if !key.is_empty() {
                    errors.push(FieldError::new(pointer, Fault::OfAnotherProvider));
                }
            } else if key.is_empty() {
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
            ..Credentials::default()
        };
        assert_eq!(keys.errors(Provider::VippsEpayment).len(), expected, "{key:?}");
        assert_eq!(format!("{keys:?}"), "Credentials(hidden)");
    }

    #[test]
    fn keys_are_plain_whole_and_hidden() {
        check("fb492b5e-7907-4d83-bc20-c7fb60ca35de", 0);
        for wrong in ["", " ", "a b", "a\nb", "å", &"x".repeat(201)] {
            check(wrong, 2);
        }
    }

    #[test]
    fn each_provider_has_keys_of_its_own() {
        let keys =
            Credentials { api_key: "key".to_owned(), payment_processor: "test".to_owned(), ..Credentials::default() };
        assert!(keys.errors(Provider::Askell).is_empty());
        let pointers = |keys: &Credentials, provider| -> Vec<String> {
            keys.errors(provider).into_iter().map(|error| error.pointer).collect()
        };
        let all = ["/client_id", "/client_secret", "/subscription_key", "/api_key", "/payment_processor"];
        assert_eq!(pointers(&keys, Provider::VippsEpayment), all);
        let mixed = Credentials { client_id: "x".to_owned(), payment_processor: String::new(), ..keys };
        assert_eq!(pointers(&mixed, Provider::Askell), ["/client_id", "/payment_processor"]);
    }

    #[test]
    fn keys_from_before_are_still_read() {
        let old = r#"{"client_id":"a","client_secret":"b","subscription_key":"c"}"#;
        let keys: Credentials = serde_json::from_str(old).unwrap();
        assert!(keys.errors(Provider::VippsEpayment).is_empty());
        assert_eq!(serde_json::to_string(&keys).unwrap(), old);
    }
}
