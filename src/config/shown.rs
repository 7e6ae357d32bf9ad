//! What may be seen of the settings. The settings are serialized through these functions only, so that neither the
//! `config` command nor a debug line can show a secret.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{KeySettings, MailSettings, Settings, VippsSettings};

impl Settings {
    /// The settings with every secret replaced by "set" or "not set", and passwords in URLs masked.
    pub fn without_secrets(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }
}

/// Says whether there is a secret.
pub(super) fn secret<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if value.is_empty() { "not set" } else { "set" })
}

/// Says how many secrets there are.
pub(super) fn secrets<S: Serializer>(values: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|_| "set"))
}

/// Shows a URL without its password.
pub(super) fn url<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked(value))
}

/// The URL with its password masked, in the authority and in the query.
fn masked(url: &str) -> String {
    let mut shown = url.to_owned();
    if let Some((scheme, rest)) = url.split_once("://")
        // The last @: a password may hold one, and showing too little is the better mistake.
        && let Some((account, place)) = rest.rsplit_once('@')
        && let Some((user, _password)) = account.split_once(':')
    {
        shown = format!("{scheme}://{user}:***@{place}");
    }
    let Some((address, query)) = shown.split_once('?') else { return shown };
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    format!("{address}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
}

fn debug_as_shown(value: &impl Serialize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fmt::Debug::fmt(&toml::Table::try_from(value).map_err(|_not_a_table| fmt::Error)?, f)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_as_shown(self, f)
    }
}

impl fmt::Debug for VippsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_as_shown(self, f)
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_as_shown(self, f)
    }
}

impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_as_shown(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_masked() {
        for (url, shown) in [
            ("sqlite:plass.db", "sqlite:plass.db"),
            ("postgres://plass:hush@db/plass", "postgres://plass:***@db/plass"),
            ("postgres://plass:hu/sh@x@db/plass", "postgres://plass:***@db/plass"),
            (
                "postgres://plass@db/plass?password=hush&sslmode=require",
                "postgres://plass@db/plass?password=***&sslmode=require",
            ),
            ("smtps://post%40x.no:hush@smtp.x.no:465", "smtps://post%40x.no:***@smtp.x.no:465"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn nothing_printed_shows_a_secret() {
        let mut settings = Settings { database_url: "postgres://p:hush@db/p".to_owned(), ..Settings::default() };
        settings.vipps.client_secret = "hush".to_owned();
        settings.vipps.subscription_key = "hush".to_owned();
        settings.mail.smtp_url = "smtps://a:hush@b".to_owned();
        settings.keys.master = "k1:hush".to_owned();
        settings.keys.old = vec!["k0:hush".to_owned()];
        let printed = [
            settings.without_secrets().to_string(),
            format!("{settings:?} {settings:#?}"),
            format!("{:?} {:?} {:?}", settings.vipps, settings.mail, settings.keys),
        ];
        for text in printed {
            assert!(!text.contains("hush") && text.contains("set"), "{text}");
        }
    }
}
