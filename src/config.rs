//! Typed settings, read once from a file and the environment. The only reader of the environment.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Everything that can be set. Unknown keys in the file are errors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How browsers and the payment provider reach the server, without a slash at the end.
    pub public_url: String,
    /// The origins of frontends that may call the API from a browser, exactly as browsers send them.
    pub frontend_origins: Vec<String>,
    /// Where a payer goes on to after paying; `{event_id}` stands for the event's id. Empty: nowhere.
    pub frontend_event_url: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// How many connections to the database at most.
    pub database_connections: usize,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// The time zone of pages and letters.
    pub time_zone: chrono_tz::Tz,
    /// The payment provider.
    pub vipps: VippsSettings,
    /// Letters.
    pub mail: MailSettings,
    /// Keys that protect tokens and stored secrets.
    pub keys: KeySettings,
}

/// The sales unit at Vipps and its keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VippsSettings {
    /// `https://api.vipps.no`, its test twin, or the sandbox.
    pub base_url: String,
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The subscription key.
    pub subscription_key: String,
    /// The sales unit's number.
    pub merchant_serial_number: String,
    /// What every payment reference begins with: it tells installations of one sales unit apart.
    pub reference_prefix: String,
    /// How many calls may be under way at once.
    pub calls_at_once: usize,
}

/// How letters are sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `smtp://…` or `smtps://user:password@host:port`. Empty: letters are kept and not sent.
    pub smtp_url: String,
    /// The sender's address.
    pub from: String,
}

/// The master key and its predecessors, each `ID:BASE64` of 32 bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySettings {
    /// The key in use.
    pub master: String,
    /// Keys of the past: still good for reading.
    pub old: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".to_owned(),
            frontend_origins: Vec::new(),
            frontend_event_url: String::new(),
            database_url: "sqlite:plass.db".to_owned(),
            database_connections: 8,
            trusted_proxies: Vec::new(),
            time_zone: chrono_tz::Europe::Oslo,
            vipps: VippsSettings {
                base_url: String::new(),
                reference_prefix: "plass".to_owned(),
                calls_at_once: 16,
                ..VippsSettings::default()
            },
            mail: MailSettings::default(),
            keys: KeySettings::default(),
        }
    }
}
