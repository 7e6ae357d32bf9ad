//! Settings from `PLASS_…` variables: the name of a setting in capitals, with the section before it, like
//! `PLASS_VIPPS_CLIENT_SECRET`. No value of a variable ever stands in an error.

use std::str::FromStr;

use super::{ConfigError, Settings};

/// The variable that names the settings file.
pub(super) const CONFIG: &str = "PLASS_CONFIG";

/// What the names of our variables begin with.
pub(super) const PREFIX: &str = "PLASS_";

impl Settings {
    /// Sets what a variable names; false when the name means nothing here.
    pub(super) fn set_variable(&mut self, name: &str, value: &str) -> Result<bool, ConfigError> {
        let Some(key) = name.strip_prefix(PREFIX) else { return Ok(false) };
        let value = value.trim();
        let text = || value.to_owned();
        match key {
            "CONFIG" => {}
            "LISTEN" => self.listen = parsed(name, value, "an address with a port, like 127.0.0.1:8080")?,
            "METRICS_LISTEN" => self.metrics_listen = text(),
            "PUBLIC_URL" => self.public_url = text(),
            "ORGANIZATION" => self.organization = text(),
            "FRONTEND_ORIGINS" => self.frontend_origins = list(value),
            "FRONTEND_EVENT_URL" => self.frontend_event_url = text(),
            "DATABASE_URL" => self.database_url = text(),
            "DATABASE_CONNECTIONS" => self.database_connections = parsed(name, value, "a whole number")?,
            "TRUSTED_PROXIES" => {
                let addresses = list(value);
                let addresses = addresses.iter().map(|one| parsed(name, one, "addresses with commas between"));
                self.trusted_proxies = addresses.collect::<Result<_, _>>()?;
            }
            "TIME_ZONE" => self.time_zone = parsed(name, value, "a time zone, like Europe/Oslo")?,
            "LOG" => self.log = text(),
            "LOG_JSON" => self.log_json = parsed(name, value, "true or false")?,
            "VIPPS_BASE_URL" => self.vipps.base_url = text(),
            "VIPPS_CLIENT_ID" => self.vipps.client_id = text(),
            "VIPPS_CLIENT_SECRET" => self.vipps.client_secret = text(),
            "VIPPS_SUBSCRIPTION_KEY" => self.vipps.subscription_key = text(),
            "VIPPS_MERCHANT_SERIAL_NUMBER" => self.vipps.merchant_serial_number = text(),
            "VIPPS_REFERENCE_PREFIX" => self.vipps.reference_prefix = text(),
            "VIPPS_CALLS_AT_ONCE" => self.vipps.calls_at_once = parsed(name, value, "a whole number")?,
            "MAIL_SMTP_URL" => self.mail.smtp_url = text(),
            "MAIL_FROM" => self.mail.from = text(),
            "KEYS_MASTER" => self.keys.master = text(),
            "KEYS_OLD" => self.keys.old = list(value),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn parsed<T: FromStr>(name: &str, value: &str, expected: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|_told_by_expected| ConfigError::Variable {
        name: name.to_owned(),
        reason: format!("expected {expected}"),
    })
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, read: impl Fn(&Settings) -> String, expected: &str) {
        let loaded = Settings::from_parts(None, [(name.to_owned(), value.to_owned())]).unwrap();
        assert_eq!(loaded.unknown_variables, Vec::<String>::new(), "{name}");
        assert_eq!(read(&loaded.settings), expected, "{name}");
    }

    #[test]
    fn variables_set_what_they_name() {
        check("PLASS_LISTEN", "[::1]:80", |s| s.listen.to_string(), "[::1]:80");
        check("PLASS_METRICS_LISTEN", "127.0.0.1:9464", |s| s.metrics_listen.clone(), "127.0.0.1:9464");
        check("PLASS_DATABASE_URL", " sqlite:x.db ", |s| s.database_url.clone(), "sqlite:x.db");
        check(
            "PLASS_FRONTEND_ORIGINS",
            "https://a, ,https://b,",
            |s| s.frontend_origins.join("|"),
            "https://a|https://b",
        );
        check("PLASS_TRUSTED_PROXIES", "10.0.0.1,::1", |s| format!("{:?}", s.trusted_proxies), "[10.0.0.1, ::1]");
        check("PLASS_TRUSTED_PROXIES", "", |s| format!("{:?}", s.trusted_proxies), "[]");
        check("PLASS_TIME_ZONE", "UTC", |s| s.time_zone.to_string(), "UTC");
        check("PLASS_LOG_JSON", "true", |s| s.log_json.to_string(), "true");
        check("PLASS_VIPPS_CLIENT_SECRET", "hush", |s| s.vipps.client_secret.clone(), "hush");
        check("PLASS_KEYS_OLD", "a:x,b:y", |s| s.keys.old.join("|"), "a:x|b:y");
        check("PLASS_CONFIG", "plass.toml", |s| s.log.clone(), super::super::LOG_DEFAULT);
    }

    #[test]
    fn every_setting_has_its_variable_and_its_line_in_the_readme() {
        let readme = include_str!("../../README.md");
        let table = Settings::default().without_secrets();
        for (key, value) in &table {
            let names: Vec<String> = match value.as_table() {
                Some(section) => section.keys().map(|inner| format!("{key}.{inner}")).collect(),
                None => vec![key.clone()],
            };
            for setting in names {
                let name = format!("PLASS_{}", setting.replace('.', "_").to_uppercase());
                // A value that fits no type is an error where the type is checked; "unknown" would be Ok(false).
                assert!(Settings::default().set_variable(&name, "1").unwrap_or(true), "{name} is not read");
                assert!(readme.contains(&format!("| `{setting}` | `{name}` |")), "{setting} is not in the README");
            }
        }
    }

    #[test]
    fn a_wrong_value_names_the_variable_and_hides_the_value() {
        for (name, value) in [
            ("PLASS_LISTEN", "8080hush"),
            ("PLASS_DATABASE_CONNECTIONS", "-1hush"),
            ("PLASS_LOG_JSON", "yeshush"),
            ("PLASS_TIME_ZONE", "Olsohush"),
            ("PLASS_TRUSTED_PROXIES", "10.0.0.1,hush"),
        ] {
            let error = Settings::from_parts(None, [(name.to_owned(), value.to_owned())]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("the environment variable {name}: expected ")), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn unknown_variables_are_named_and_nothing_else() {
        let variables = [("PLASS_VIPS_CLIENT_ID", "x"), ("PLASS_DATABASE", "y")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let loaded = Settings::from_parts(None, variables).unwrap();
        assert_eq!(loaded.unknown_variables, ["PLASS_DATABASE", "PLASS_VIPS_CLIENT_ID"]);
    }
}
