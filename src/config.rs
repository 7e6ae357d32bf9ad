//! Typed settings, read once from a file and the environment: the only reader of the environment. What is printed of
//! them, as TOML or for debugging, never shows a secret. `check` holds what a server refuses to start with.

mod askell;
mod check;
mod shown;
mod variables;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::{Deserialize, Serialize};

pub use check::{BadKey, DEMO_KEY_ID, MasterKey};

/// What is logged unless somebody says otherwise: what the house does, not how its engine room starts.
pub const LOG_DEFAULT: &str = "info,actix_server=warn,tokio_cron_scheduler=warn";

/// Where the provider's money is real.
const PRODUCTION_HOST: &str = "api.vipps.no";

/// Its test twin.
const TEST_HOST: &str = "apitest.vipps.no";

/// Everything that can be set. Unknown keys in the file are errors.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where metrics are shown, to whoever watches the server: an address of its own, never a public one. Empty: nowhere.
    pub metrics_listen: String,
    /// How browsers and the payment provider reach the server, without a slash at the end.
    pub public_url: String,
    /// The organization's name, as pages and letters show it.
    pub organization: String,
    /// The origins of frontends that may call the API from a browser, exactly as browsers send them.
    pub frontend_origins: Vec<String>,
    /// Where a payer goes on to after paying; `{event_id}` stands for the event's id. Empty: nowhere.
    pub frontend_event_url: String,
    /// `sqlite:PATH` or `postgres://…`.
    #[serde(serialize_with = "shown::url")]
    pub database_url: String,
    /// How many connections to the database at most.
    pub database_connections: u16,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The time zone of pages and letters.
    pub time_zone: chrono_tz::Tz,
    /// What is logged: a level, or `target=level` pairs with commas between.
    pub log: String,
    /// True to log JSON lines instead of text.
    pub log_json: bool,
    /// The payment provider.
    pub vipps: VippsSettings,
    /// Letters.
    pub mail: MailSettings,
    /// Keys that protect tokens and stored secrets.
    pub keys: KeySettings,
}

/// The sales unit at Vipps and its keys.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VippsSettings {
    /// `https://api.vipps.no`, its test twin, or the sandbox.
    pub base_url: String,
    /// The client id.
    pub client_id: String,
    /// The client secret.
    #[serde(serialize_with = "shown::secret")]
    pub client_secret: String,
    /// The subscription key.
    #[serde(serialize_with = "shown::secret")]
    pub subscription_key: String,
    /// The sales unit's number.
    pub merchant_serial_number: String,
    /// What every payment reference begins with: it tells installations of one sales unit apart.
    pub reference_prefix: String,
    /// How many calls may be under way at once.
    pub calls_at_once: usize,
}

/// How letters are sent.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `smtp://…` or `smtps://user:password@host:port`. Empty: letters are kept and not sent.
    #[serde(serialize_with = "shown::url")]
    pub smtp_url: String,
    /// The sender's address.
    pub from: String,
}

/// The master key and its predecessors, each `ID:BASE64` of 32 bytes.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySettings {
    /// The key in use.
    #[serde(serialize_with = "shown::secret")]
    pub master: String,
    /// Keys of the past: still good for reading.
    #[serde(serialize_with = "shown::secrets")]
    pub old: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: String::new(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            organization: "Plass".to_owned(),
            frontend_origins: Vec::new(),
            frontend_event_url: String::new(),
            database_url: "sqlite:plass.db".to_owned(),
            database_connections: 8,
            trusted_proxies: Vec::new(),
            time_zone: chrono_tz::Europe::Oslo,
            log: LOG_DEFAULT.to_owned(),
            log_json: false,
            vipps: VippsSettings::default(),
            mail: MailSettings::default(),
            keys: KeySettings::default(),
        }
    }
}

impl Default for VippsSettings {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            subscription_key: String::new(),
            merchant_serial_number: String::new(),
            reference_prefix: "plass".to_owned(),
            calls_at_once: 24,
        }
    }
}

impl VippsSettings {
    /// True when money is real there: everywhere but in the sandbox and at the provider's test twin.
    pub fn is_production(&self) -> bool {
        let is_test = Url::parse(&self.base_url).is_ok_and(|url| url.host_str() == Some(TEST_HOST));
        !self.is_sandbox() && !is_test
    }

    /// Where the provider is found for agreements whose money is real, or is not. A house over the sandbox has nothing
    /// but the sandbox.
    pub fn base_url_for(&self, production: bool) -> String {
        if self.is_sandbox() || production == self.is_production() {
            return self.base_url.clone();
        }
        format!("https://{}", if production { PRODUCTION_HOST } else { TEST_HOST })
    }
}

/// Settings as they were found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file they were read from, if any.
    pub file: Option<PathBuf>,
    /// Names of `PLASS_…` variables that mean nothing here; somebody may have mistyped one.
    pub unknown_variables: Vec<String>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, or not readable.
    #[error("reading the settings from {}", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file says something it cannot say.
    #[error("{file}, line {line}{}: {reason}", if key.is_empty() { String::new() } else { format!(", `{key}`") })]
    File {
        /// Which file.
        file: String,
        /// Where.
        line: usize,
        /// The key on that line, if there is one.
        key: String,
        /// What is wrong, without any value.
        reason: String,
    },
    /// A variable has no possible value.
    #[error("the environment variable {name}: {reason}")]
    Variable {
        /// Which variable.
        name: String,
        /// What is wrong, without its value.
        reason: String,
    },
}

impl Settings {
    /// Reads the file, if there is one, and then the environment, which wins. Without `file` the variable
    /// `PLASS_CONFIG` names it.
    pub fn load(file: Option<&Path>) -> Result<Loaded, ConfigError> {
        let variables = of_this_process()?;
        let named =
            || variables.iter().find(|(name, _)| name == variables::CONFIG).map(|(_, path)| PathBuf::from(path));
        let file = file.map(Path::to_path_buf).or_else(named);
        let text = match &file {
            Some(path) => Some(
                std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable { file: path.clone(), cause })?,
            ),
            None => None,
        };
        let name = file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let mut loaded = Self::from_parts(text.as_deref().map(|text| (name.as_str(), text)), variables)?;
        loaded.file = file;
        Ok(loaded)
    }

    /// Settings from a file's name and text and from variables; nothing else is read.
    pub fn from_parts(
        file: Option<(&str, &str)>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let mut settings = match file {
            Some((name, text)) => toml::from_str(text).map_err(|error| file_error(name, text, &error))?,
            None => Self::default(),
        };
        let mut unknown_variables = Vec::new();
        for (name, value) in variables {
            if !settings.set_variable(&name, &value)? {
                unknown_variables.push(name);
            }
        }
        unknown_variables.sort();
        settings.public_url.truncate(settings.public_url.trim_end_matches('/').len());
        settings.vipps.base_url.truncate(settings.vipps.base_url.trim_end_matches('/').len());
        Ok(Loaded { settings, file: None, unknown_variables })
    }
}

/// The variables of this process that are meant for us.
fn of_this_process() -> Result<Vec<(String, String)>, ConfigError> {
    let ours = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(variables::PREFIX))?;
        Some((name, value))
    });
    ours.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_not_text) => Err(ConfigError::Variable { name, reason: "this is not UTF-8".to_owned() }),
    })
    .collect()
}

/// Says where and what, and shows no value: the broken line may hold a secret.
fn file_error(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count();
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim().to_owned());
    let message = error.message();
    let reason = match message.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => message.to_owned(),
    };
    ConfigError::File { file: file.to_owned(), line: line + 1, key: key.unwrap_or_default(), reason }
}

/// A folder of its own for something that is thrown away; it is not made yet.
pub fn temporary_folder() -> PathBuf {
    std::env::temp_dir().join(format!("plass-{}", uuid::Uuid::new_v4()))
}

/// The program that is running, to start it once more.
pub fn own_binary() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        Settings::from_parts(Some(("plass.toml", text)), []).unwrap_err().to_string()
    }

    #[test]
    fn a_file_sets_what_it_names_and_leaves_the_rest() {
        let text = "listen = \"0.0.0.0:9000\"\npublic_url = \"https://p.example/\"\n[vipps]\nclient_id = \"c\"\n";
        let settings = Settings::from_parts(Some(("plass.toml", text)), []).unwrap().settings;
        assert_eq!(settings.listen.port(), 9000);
        assert_eq!(settings.public_url, "https://p.example");
        assert_eq!((settings.vipps.client_id.as_str(), settings.vipps.calls_at_once), ("c", 24));
        assert_eq!(settings.time_zone, chrono_tz::Europe::Oslo);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = error_of("log = \"info\"\nclinet_secret = \"hush\"\n");
        assert!(error.starts_with("plass.toml, line 2, `clinet_secret`: unknown field `clinet_secret`"), "{error}");
        let error = error_of("[vipps]\nclinet_secret = \"hush\"\n");
        assert!(error.starts_with("plass.toml, line 2, `clinet_secret`: unknown field"), "{error}");
        assert!(!error.contains("hush"));
    }

    #[test]
    fn a_wrong_type_is_told_without_the_value() {
        let error = error_of("[keys]\nold = \"k1:hush\"\n");
        assert_eq!(error, "plass.toml, line 2, `old`: expected a sequence");
        let error = error_of("time_zone = \"Europe/Olso\"\n");
        assert!(error.starts_with("plass.toml, line 1, `time_zone`: "), "{error}");
        let error = error_of("[vipps]\nclient_secret = \"hu\nsh\"\n");
        assert!(error.starts_with("plass.toml, line ") && !error.contains("hu") && !error.contains("sh"), "{error}");
    }

    #[test]
    fn made_up_money_is_known_by_its_address() {
        for (base_url, production, elsewhere) in [
            ("https://api.vipps.no", true, "https://apitest.vipps.no"),
            ("https://apitest.vipps.no", false, "https://api.vipps.no"),
            ("https://vipps-gateway.example.org", true, "https://apitest.vipps.no"),
            ("http://127.0.0.1:8081", false, "http://127.0.0.1:8081"),
        ] {
            let vipps = VippsSettings { base_url: base_url.to_owned(), ..VippsSettings::default() };
            assert_eq!(vipps.is_production(), production, "{base_url}");
            assert_eq!(vipps.base_url_for(production), base_url);
            assert_eq!(vipps.base_url_for(!production), elsewhere);
        }
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let variables = [("PLASS_LOG".to_owned(), "debug".to_owned())];
        let loaded = Settings::from_parts(Some(("plass.toml", "log = \"warn\"")), variables).unwrap();
        assert_eq!(loaded.settings.log, "debug");
    }
}
