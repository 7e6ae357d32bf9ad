//! What a server refuses to start with: secrets that can be guessed, real money over an open line, and the sandbox
//! where real money is expected. Everything wrong is told at once, and never with the value.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::{KeySettings, Settings, VippsSettings};

/// The id of the key that `demo` makes for itself. No server runs on it.
pub const DEMO_KEY_ID: &str = "demo";

/// References have at most 50 characters: the prefix, a hyphen and 32 hexadecimal digits.
const REFERENCE_PREFIX_MAX: usize = 17;

/// Keys of the provider are 32 characters and longer; made-up ones for the sandbox are short.
const MADE_UP_KEY_MAX: usize = 15;

/// A master key, decoded. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// Its name, which may be seen.
    pub id: String,
    /// The key.
    pub bytes: [u8; 32],
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// There is none.
    #[error("is missing; make one with: echo \"k1:$(openssl rand -base64 32)\"")]
    Missing,
    /// Not of the form `ID:BASE64`.
    #[error("is not of the form ID:BASE64, where ID is 1 to 16 of a-z, 0-9 and -")]
    NotIdAndBase64,
    /// Too short, or too long.
    #[error("is not 32 bytes long")]
    NotThirtyTwoBytes,
    /// Not drawn at random.
    #[error("can be guessed; make one with: echo \"k1:$(openssl rand -base64 32)\"")]
    Guessable,
    /// The demo's own.
    #[error("is the demo's key")]
    Demo,
}

impl MasterKey {
    /// Reads `ID:BASE64` of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        if text.is_empty() {
            return Err(BadKey::Missing);
        }
        let (id, encoded) = text.split_once(':').ok_or(BadKey::NotIdAndBase64)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=16).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(BadKey::NotIdAndBase64);
        }
        let bytes = STANDARD.decode(encoded).map_err(|_told_by_form| BadKey::NotIdAndBase64)?;
        let bytes = bytes.try_into().map_err(|_told_by_length| BadKey::NotThirtyTwoBytes)?;
        Ok(Self { id: id.to_owned(), bytes })
    }

    /// Refuses a key that somebody typed, or that stands in an example.
    fn check_for_serving(&self) -> Result<(), BadKey> {
        if self.id == DEMO_KEY_ID {
            return Err(BadKey::Demo);
        }
        if is_guessable(&self.bytes) { Err(BadKey::Guessable) } else { Ok(()) }
    }
}

/// True for bytes that no random draw gives: few different ones, a repeated or counting pattern, or plain text. Each
/// has a chance below 1 in 10^13 among 32 random bytes.
fn is_guessable(bytes: &[u8; 32]) -> bool {
    let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
    let repeats = (1..=16).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b));
    let steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a)).collect::<BTreeSet<_>>().len();
    let text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    distinct <= 8 || repeats || steps <= 2 || text
}

impl KeySettings {
    /// The key in use.
    pub fn master_key(&self) -> Result<MasterKey, BadKey> {
        MasterKey::parse(&self.master)
    }

    /// Keys of the past.
    pub fn old_keys(&self) -> Result<Vec<MasterKey>, BadKey> {
        self.old.iter().map(|text| MasterKey::parse(text)).collect()
    }

    fn check_for_serving(&self, wrong: &mut Vec<String>) {
        let master = self.master_key().and_then(|key| key.check_for_serving().map(|()| key));
        let mut ids = BTreeSet::new();
        match master {
            Ok(key) => _ = ids.insert(key.id),
            Err(reason) => wrong.push(format!("keys.master {reason}")),
        }
        for (place, text) in self.old.iter().enumerate() {
            match MasterKey::parse(text) {
                Ok(key) if ids.contains(&key.id) => wrong.push(format!("keys.old: the id {} is there twice", key.id)),
                Ok(key) => _ = ids.insert(key.id),
                Err(reason) => wrong.push(format!("keys.old, number {}, {reason}", place + 1)),
            }
        }
    }
}

impl VippsSettings {
    /// True when the provider is a sandbox on this machine.
    pub fn is_sandbox(&self) -> bool {
        is_loopback(&self.base_url)
    }

    /// True when any of the keys looks like one that the provider gave out.
    pub fn has_real_keys(&self) -> bool {
        [&self.client_id, &self.client_secret, &self.subscription_key].into_iter().any(|key| {
            let made_up = ["sandbox", "demo", "test"].iter().any(|word| key.to_lowercase().starts_with(word));
            key.len() > MADE_UP_KEY_MAX && !made_up
        })
    }

    fn check_for_serving(&self, public_url: &str, wrong: &mut Vec<String>) {
        for (name, value) in [
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
            ("subscription_key", &self.subscription_key),
            ("merchant_serial_number", &self.merchant_serial_number),
        ] {
            let real = !self.is_sandbox();
            if value.is_empty() {
                wrong.push(format!("vipps.{name} is missing"));
            } else if real && name != "merchant_serial_number" && is_placeholder(value) {
                wrong.push(format!("vipps.{name} is a placeholder"));
            }
        }
        let prefix = &self.reference_prefix;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=REFERENCE_PREFIX_MAX).contains(&prefix.len()) || !prefix.bytes().all(plain) {
            wrong.push(format!("vipps.reference_prefix is 1 to {REFERENCE_PREFIX_MAX} letters, digits and hyphens"));
        }
        if self.calls_at_once == 0 {
            wrong.push("vipps.calls_at_once is at least 1".to_owned());
        }
        let public_is_loopback = is_loopback(public_url);
        match Url::parse(&self.base_url) {
            Err(_) => wrong.push("vipps.base_url is missing or no URL; Vipps is at https://api.vipps.no".to_owned()),
            Ok(_) if self.is_sandbox() => {
                if self.has_real_keys() {
                    wrong.push("vipps: real keys do not go to the sandbox; its own begin with \"sandbox\"".to_owned());
                }
                if !public_is_loopback {
                    wrong.push(
                        "vipps.base_url is the sandbox, and public_url is open to the world: nobody would \
                                really pay"
                            .to_owned(),
                    );
                }
            }
            Ok(base) => {
                if base.scheme() != "https" {
                    wrong.push("vipps.base_url must be https".to_owned());
                }
                if !public_url.starts_with("https://") || public_is_loopback {
                    wrong.push(
                        "public_url must be https and reachable: Vipps sends payers and webhooks there".to_owned(),
                    );
                }
            }
        }
    }
}

/// True for texts that stand where a secret should.
fn is_placeholder(value: &str) -> bool {
    let value = value.to_lowercase();
    let words =
        ["changeme", "change-me", "change_me", "your-", "example", "sandbox", "demo", "secret", "password", "xxx"];
    value.len() < 8
        || words.iter().any(|word| value.starts_with(word))
        || value.bytes().collect::<BTreeSet<_>>().len() < 4
}

/// True when the URL's host is this machine itself.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

impl Settings {
    /// Everything that a server must not start with.
    pub fn check_for_serving(&self) -> Result<(), Vec<String>> {
        let mut wrong = Vec::new();
        self.keys.check_for_serving(&mut wrong);
        self.vipps.check_for_serving(&self.public_url, &mut wrong);
        self.check_addresses(&mut wrong);
        self.check_mail(&mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Where metrics are shown, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_listen.parse().ok()
    }

    /// Adds what is wrong with the addresses.
    pub fn check_addresses(&self, wrong: &mut Vec<String>) {
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if !Url::parse(&self.public_url).is_ok_and(|url| is_web(&url) && url.query().is_none()) {
            wrong.push("public_url is no http(s) URL".to_owned());
        }
        if !self.metrics_listen.is_empty() && self.metrics_address().is_none_or(|address| address == self.listen) {
            wrong.push("metrics_listen is like 127.0.0.1:9464, and another address than listen".to_owned());
        }
        for origin in &self.frontend_origins {
            if !Url::parse(origin).is_ok_and(|url| is_web(&url) && url.origin().ascii_serialization() == *origin) {
                wrong.push("frontend_origins are like https://members.example.org: no path, no slash".to_owned());
            }
        }
        let event_url = self.frontend_event_url.replace("{event_id}", "x");
        if !event_url.is_empty() && !Url::parse(&event_url).is_ok_and(|url| is_web(&url)) {
            wrong.push("frontend_event_url is no http(s) URL".to_owned());
        }
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| self.database_url.starts_with(scheme)) {
            wrong.push("database_url is sqlite:PATH or postgres://…".to_owned());
        }
        if self.database_connections == 0 {
            wrong.push("database_connections is at least 1".to_owned());
        }
    }

    fn check_mail(&self, wrong: &mut Vec<String>) {
        if self.mail.smtp_url.is_empty() {
            return;
        }
        let encrypted = |url: &Url| {
            url.scheme() == "smtps" || url.query_pairs().any(|pair| pair == ("tls".into(), "required".into()))
        };
        match Url::parse(&self.mail.smtp_url) {
            Ok(url) if matches!(url.scheme(), "smtp" | "smtps") => {
                if url.password().is_some() && !encrypted(&url) && !is_loopback(&self.mail.smtp_url) {
                    wrong.push(
                        "mail.smtp_url would send its password in the open: smtps://, or ?tls=required".to_owned(),
                    );
                }
            }
            _ => wrong.push("mail.smtp_url is smtp://… or smtps://…".to_owned()),
        }
        if !self.mail.from.contains('@') {
            wrong.push("mail.from is the address that letters come from".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 bytes that look drawn.
    fn drawn() -> [u8; 32] {
        let mut byte: u8 = 7;
        [0; 32].map(|_: u8| {
            byte = byte.wrapping_mul(141).wrapping_add(83) ^ (byte >> 3);
            byte
        })
    }

    fn key(id: &str, bytes: &[u8]) -> String {
        format!("{id}:{}", STANDARD.encode(bytes))
    }

    fn real() -> Settings {
        let mut settings = Settings { public_url: "https://plass.example.org".to_owned(), ..Settings::default() };
        settings.keys.master = key("k1", &drawn());
        settings.vipps.base_url = "https://api.vipps.no".to_owned();
        settings.vipps.client_id = "fb492b5e-7907-4d83-bc20-c7fb60ca35de".to_owned();
        settings.vipps.client_secret = "Y8Kteew6GE3ZmeycEt6egg==".to_owned();
        settings.vipps.subscription_key = "0f14ebcab0eb4b29ae0cb90d91b4a84a".to_owned();
        settings.vipps.merchant_serial_number = "123456".to_owned();
        settings
    }

    fn sandbox() -> Settings {
        let mut settings = Settings::default();
        settings.keys.master = key("k1", &drawn());
        settings.vipps.base_url = "http://127.0.0.1:8081".to_owned();
        settings.vipps.client_id = "sandbox".to_owned();
        settings.vipps.client_secret = "sandbox".to_owned();
        settings.vipps.subscription_key = "sandbox".to_owned();
        settings.vipps.merchant_serial_number = "1".to_owned();
        settings
    }

    /// What is refused, as the name each message begins with.
    #[track_caller]
    fn check(mut settings: Settings, change: impl Fn(&mut Settings), expected: &[&str]) {
        change(&mut settings);
        let wrong = settings.check_for_serving().err().unwrap_or_default();
        let names: Vec<&str> = wrong.iter().map(|text| text.split([' ', ':', ',']).next().unwrap()).collect();
        assert_eq!(names, expected, "{wrong:?}");
    }

    #[test]
    fn whole_settings_are_served() {
        check(real(), |_| {}, &[]);
        check(sandbox(), |_| {}, &[]);
        check(real(), |s| s.keys.old = vec![key("k0", &[0; 32])], &[]);
    }

    #[test]
    fn nothing_set_is_refused_with_everything_that_is_missing() {
        let missing = ["client_id", "client_secret", "subscription_key", "merchant_serial_number", "base_url"];
        let expected: Vec<String> = missing.iter().map(|name| format!("vipps.{name}")).collect();
        let expected: Vec<&str> = std::iter::once("keys.master").chain(expected.iter().map(String::as_str)).collect();
        check(Settings::default(), |_| {}, &expected);
    }

    #[test]
    fn guessable_master_keys_are_refused() {
        let counting: Vec<u8> = (0..32).collect();
        let halves = [*b"\x01\x92\xa3\x74\x05\xf6\x87\x18\x29\xba\xcb\x3c\x4d\xde\xef\x50"; 2].concat();
        for bad in [
            String::new(),
            "changeme".to_owned(),
            "k1:changeme".to_owned(),
            key("k1", &[0; 32]),
            key("k1", &[0; 31]),
            key("k1", &counting),
            key("k1", &halves),
            key("k1", b"changeme-changeme-really-change!"),
            key("K1", &drawn()),
            key(DEMO_KEY_ID, &drawn()),
        ] {
            check(real(), |s| s.keys.master = bad.clone(), &["keys.master"]);
        }
        check(real(), |s| s.keys.old = vec![key("k1", &drawn())], &["keys.old"]);
        check(real(), |s| s.keys.old = vec!["k0".to_owned()], &["keys.old"]);
    }

    #[test]
    fn real_payments_need_https_and_whole_credentials() {
        check(real(), |s| s.public_url = "http://plass.example.org".to_owned(), &["public_url"]);
        check(real(), |s| s.public_url = "https://localhost".to_owned(), &["public_url"]);
        check(real(), |s| s.vipps.base_url = "http://api.vipps.no".to_owned(), &["vipps.base_url"]);
        check(real(), |s| s.vipps.client_secret = "changeme".to_owned(), &["vipps.client_secret"]);
        check(real(), |s| s.vipps.subscription_key = "0".repeat(32), &["vipps.subscription_key"]);
        check(real(), |s| s.vipps.merchant_serial_number.clear(), &["vipps.merchant_serial_number"]);
        check(real(), |s| s.vipps.reference_prefix = "p_".to_owned(), &["vipps.reference_prefix"]);
        check(real(), |s| s.vipps.reference_prefix = "p".repeat(18), &["vipps.reference_prefix"]);
    }

    #[test]
    fn the_sandbox_meets_neither_the_world_nor_real_keys() {
        check(sandbox(), |s| s.public_url = "https://plass.example.org".to_owned(), &["vipps.base_url"]);
        check(sandbox(), |s| s.vipps.client_secret = "Y8Kteew6GE3ZmeycEt6egg==".to_owned(), &["vipps"]);
        for host in ["localhost:1", "127.9.9.9", "[::1]:1", "[::ffff:127.0.0.1]", "2130706433", "a.localhost"] {
            assert!(is_loopback(&format!("http://{host}/x")), "{host}");
        }
        for host in ["localhost.example.org", "api.vipps.no", "10.0.0.1", "127.0.0.1.example.org"] {
            assert!(!is_loopback(&format!("http://{host}/x")), "{host}");
        }
    }

    #[test]
    fn addresses_and_letters_are_checked() {
        check(real(), |s| s.frontend_origins = vec!["https://a.no/".to_owned()], &["frontend_origins"]);
        check(real(), |s| s.frontend_origins = vec!["*".to_owned()], &["frontend_origins"]);
        check(real(), |s| s.frontend_event_url = "javascript:x".to_owned(), &["frontend_event_url"]);
        check(real(), |s| s.frontend_event_url = "https://a.no/e/{event_id}".to_owned(), &[]);
        check(real(), |s| s.database_url = "mysql://x".to_owned(), &["database_url"]);
        check(real(), |s| s.metrics_listen = "9464".to_owned(), &["metrics_listen"]);
        check(real(), |s| s.metrics_listen = "127.0.0.1:8080".to_owned(), &["metrics_listen"]);
        let mail = |url: &'static str| {
            move |s: &mut Settings| {
                s.mail.smtp_url = url.to_owned();
                s.mail.from = "post@a.no".to_owned();
            }
        };
        check(real(), mail("smtp://u:p@mail.a.no:587"), &["mail.smtp_url"]);
        check(real(), mail("smtp://u:p@mail.a.no:587?tls=required"), &[]);
        check(real(), mail("smtps://u:p@mail.a.no"), &[]);
        check(real(), |s| s.mail.smtp_url = "smtps://mail.a.no".to_owned(), &["mail.from"]);
    }
}
