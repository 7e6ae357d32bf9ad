//! The token that a provider sends back with each callback about a payment: it shows that the call comes from whom we
//! told it. It is derived when it is needed, and stored nowhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// A token for callbacks; printing one for debugging hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackToken(String);

impl fmt::Debug for CallbackToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackToken(hidden)")
    }
}

impl CallbackToken {
    /// The token behind a hash that nobody else can make.
    pub fn of(hash: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(hash))
    }

    /// As the provider sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when the header of a call carries it; told in constant time.
    pub fn is_in(&self, authorization: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(authorization.trim().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_and_only_itself() {
        let token = CallbackToken::of(&[7; 32]);
        assert_eq!((token.as_str().len(), format!("{token:?}").as_str()), (43, "CallbackToken(hidden)"));
        assert!(token.is_in(token.as_str()));
        for wrong in ["", "Bearer", &token.as_str()[1..], CallbackToken::of(&[8; 32]).as_str()] {
            assert!(!token.is_in(wrong), "{wrong}");
        }
        assert!(!CallbackToken::of(&[]).is_in(""));
    }
}
