//! The master key and what is derived from it: token signatures, storage encryption, keyed hashes. No key ever leaves in
//! a log, an answer or a backup of the database. Keys of the past stay good for reading.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::{BadKey, KeySettings, MasterKey};

/// How many bytes a key has.
const KEY_LENGTH: usize = 32;

/// How many bytes precede a sealed text.
const NONCE_LENGTH: usize = 12;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// No master key is set.
    #[error("no master key is set")]
    Missing,
    /// A key is not `ID:BASE64` of 32 bytes. The key itself is not repeated here.
    #[error("a key")]
    Malformed(#[source] BadKey),
    /// Two keys have one id.
    #[error("two keys have the id {0}")]
    SameId(String),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
}

/// Why a sealed text stays sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key is not among ours.
    #[error("no key with this id")]
    UnknownKey,
    /// The text was changed, or sealed for another purpose.
    #[error("the sealed text is broken")]
    Broken,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
}

/// What a keyed hash or a sealed text is for. One made for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Refresh tokens.
    RefreshToken,
    /// One-time links.
    Invite,
    /// Whose failures are counted.
    Throttle,
    /// Digests of requests with a key: a body may hold a password.
    Fingerprint,
    /// Secrets of webhook registrations.
    WebhookSecret,
    /// Keys of agreements with payment providers.
    ProviderKeys,
    /// The cookie of somebody who is signed in on the pages.
    PageSession,
    /// What a form on a page shows, to prove that it is ours.
    FormToken,
    /// What a provider sends back with its callbacks about a sales unit's payments.
    PaymentCallback,
    /// The token of a provider's page on which a card is registered.
    CardPage,
}

impl Purpose {
    fn word(self) -> &'static [u8] {
        match self {
            Self::RefreshToken => b"refresh-token",
            Self::Invite => b"invite",
            Self::Throttle => b"throttle",
            Self::Fingerprint => b"fingerprint",
            Self::WebhookSecret => b"webhook-secret",
            Self::ProviderKeys => b"provider-keys",
            Self::PageSession => b"page-session",
            Self::FormToken => b"form-token",
            Self::PaymentCallback => b"payment-callback",
            Self::CardPage => b"card-page",
        }
    }
}

/// The keys of the house.
pub struct Keys {
    current: Derived,
    old: Vec<Derived>,
}

struct Derived {
    id: String,
    tokens: [u8; KEY_LENGTH],
    storage: [u8; KEY_LENGTH],
    hashes: [u8; KEY_LENGTH],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

impl Keys {
    /// The keys that are configured.
    pub fn from_settings(settings: &KeySettings) -> Result<Self, KeysError> {
        if settings.master.is_empty() {
            return Err(KeysError::Missing);
        }
        let current = Derived::read(&settings.master)?;
        let old = settings.old.iter().map(|text| Derived::read(text)).collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<&str> = old.iter().map(|key| key.id.as_str()).chain([current.id.as_str()]).collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(KeysError::SameId(twice.concat()));
        }
        Ok(Self { current, old })
    }

    /// A fresh master key, and the text to keep it as.
    pub fn generate() -> Result<(Self, String), KeysError> {
        let mut key = [0; KEY_LENGTH];
        let mut id = [0; 4];
        getrandom::fill(&mut key).map_err(KeysError::Random)?;
        getrandom::fill(&mut id).map_err(KeysError::Random)?;
        let id = format!("k{:08x}", u32::from_be_bytes(id));
        let text = format!("{id}:{}", STANDARD.encode(key));
        Ok((Self { current: Derived::new(id, &key), old: Vec::new() }, text))
    }

    /// Keys that everybody knows.
    pub fn for_tests() -> Self {
        Self { current: Derived::new("test".to_owned(), &[7; KEY_LENGTH]), old: Vec::new() }
    }

    /// The id of the key in use.
    pub fn key_id(&self) -> &str {
        &self.current.id
    }

    /// The secret that signs tokens.
    pub fn token_secret(&self) -> &[u8] {
        &self.current.tokens
    }

    /// The secret that signed the tokens naming this key.
    pub fn token_secret_of(&self, key_id: &str) -> Option<&[u8]> {
        self.find(key_id).map(|key| key.tokens.as_slice())
    }

    /// Encrypts for storage under the key in use; save [`Self::key_id`] beside it.
    pub fn seal(&self, plaintext: &[u8], purpose: Purpose) -> Result<Vec<u8>, SealError> {
        let mut sealed = random::<NONCE_LENGTH>().map_err(SealError::Random)?.to_vec();
        let cipher = ChaCha20Poly1305::new(&self.current.storage.into());
        let nonce = chacha20poly1305::Nonce::try_from(sealed.as_slice()).map_err(|_length| SealError::Broken)?;
        let payload = Payload { msg: plaintext, aad: purpose.word() };
        sealed.extend(cipher.encrypt(&nonce, payload).map_err(|_opaque| SealError::Broken)?);
        Ok(sealed)
    }

    /// Decrypts what [`Self::seal`] made under the key with this id.
    pub fn open(&self, key_id: &str, sealed: &[u8], purpose: Purpose) -> Result<Vec<u8>, SealError> {
        let key = self.find(key_id).ok_or(SealError::UnknownKey)?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LENGTH).ok_or(SealError::Broken)?;
        let nonce = chacha20poly1305::Nonce::try_from(nonce).map_err(|_length| SealError::Broken)?;
        let payload = Payload { msg: text, aad: purpose.word() };
        ChaCha20Poly1305::new(&key.storage.into()).decrypt(&nonce, payload).map_err(|_opaque| SealError::Broken)
    }

    /// A hash that only we can make, under the key in use.
    pub fn keyed_hash(&self, purpose: Purpose, secret: &[u8]) -> Vec<u8> {
        self.current.keyed_hash(purpose, secret)
    }

    /// The hashes of `secret` under every key, to find what an old key wrote.
    pub fn keyed_hashes(&self, purpose: Purpose, secret: &[u8]) -> Vec<Vec<u8>> {
        [&self.current].into_iter().chain(&self.old).map(|key| key.keyed_hash(purpose, secret)).collect()
    }

    /// A secret that nobody can guess, of 256 random bits.
    pub fn new_secret(&self) -> Result<String, KeysError> {
        random::<KEY_LENGTH>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).map_err(KeysError::Random)
    }

    /// The unguessable part of a payment link, of 128 random bits.
    pub fn new_pay_token(&self) -> Result<String, KeysError> {
        random::<16>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).map_err(KeysError::Random)
    }

    fn find(&self, key_id: &str) -> Option<&Derived> {
        [&self.current].into_iter().chain(&self.old).find(|key| key.id == key_id)
    }
}

impl Derived {
    fn read(text: &str) -> Result<Self, KeysError> {
        let key = MasterKey::parse(text.trim()).map_err(KeysError::Malformed)?;
        Ok(Self::new(key.id, &key.bytes))
    }

    fn new(id: String, master: &[u8; KEY_LENGTH]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, master);
        let derive = |info: &[u8]| {
            let mut key = [0; KEY_LENGTH];
            // 32 bytes are one block of the hash; only more than 255 blocks are refused.
            hkdf.expand(info, &mut key).map(|()| key).unwrap_or_else(|_impossible| unreachable!("one block"))
        };
        Self { id, tokens: derive(b"plass tokens"), storage: derive(b"plass storage"), hashes: derive(b"plass hashes") }
    }

    fn keyed_hash(&self, purpose: Purpose, secret: &[u8]) -> Vec<u8> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.hashes) else { unreachable!("HMAC takes any length") };
        mac.update(purpose.word());
        mac.update(&[0]);
        mac.update(secret);
        mac.finalize().into_bytes().to_vec()
    }
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(master: &str, old: &[&str]) -> KeySettings {
        KeySettings { master: master.to_owned(), old: old.iter().map(|&text| text.to_owned()).collect() }
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_purpose_only() {
        let keys = Keys::for_tests();
        let sealed = keys.seal(b"secret", Purpose::WebhookSecret).unwrap();
        assert_eq!(keys.open("test", &sealed, Purpose::WebhookSecret).unwrap(), b"secret");
        assert!(keys.open("test", &sealed, Purpose::Invite).is_err());
        assert!(keys.open("other", &sealed, Purpose::WebhookSecret).is_err());
        assert!(keys.open("test", b"short", Purpose::WebhookSecret).is_err());
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert!(keys.open("test", &changed, Purpose::WebhookSecret).is_err());
    }

    #[test]
    fn an_old_key_still_reads() {
        let (first, text) = Keys::generate().unwrap();
        let (_, newer) = Keys::generate().unwrap();
        let both = Keys::from_settings(&settings(&newer, &[&text])).unwrap();
        let sealed = first.seal(b"secret", Purpose::WebhookSecret).unwrap();
        assert_eq!(both.open(first.key_id(), &sealed, Purpose::WebhookSecret).unwrap(), b"secret");
        let hash = first.keyed_hash(Purpose::Invite, b"token");
        assert_ne!(hash, both.keyed_hash(Purpose::Invite, b"token"));
        assert!(both.keyed_hashes(Purpose::Invite, b"token").contains(&hash));
        assert_eq!(both.token_secret_of(first.key_id()), Some(first.token_secret()));
    }

    #[test]
    fn broken_keys_are_refused_without_repeating_them() {
        let (_, good) = Keys::generate().unwrap();
        assert!(matches!(Keys::from_settings(&settings("", &[])), Err(KeysError::Missing)));
        for text in ["a", "a:b", ":AAAA", "A:AAAA", "a:AAAA"] {
            assert!(matches!(Keys::from_settings(&settings(text, &[])), Err(KeysError::Malformed(_))), "{text}");
        }
        assert!(matches!(Keys::from_settings(&settings(&good, &[&good])), Err(KeysError::SameId(_))));
        assert_eq!(format!("{:?}", Keys::for_tests()), "Keys(hidden)");
    }

    #[test]
    fn purposes_do_not_meet() {
        let keys = Keys::for_tests();
        assert_ne!(keys.keyed_hash(Purpose::Invite, b"x"), keys.keyed_hash(Purpose::RefreshToken, b"x"));
    }
}
