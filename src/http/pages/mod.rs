//! Pages for people who pay: plain HTML that needs neither JavaScript nor a login, and says no name of any person. What
//! they show is decided elsewhere; here it is put into words.

pub mod message;
pub mod pay;
pub mod returned;
pub mod visit;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub use crate::words::{Language, pick_language};

/// The one stylesheet, part of every page.
pub const STYLE: &str = include_str!("../../../templates/pages/style.css");

/// The one script, part of every page. Nothing depends on it.
pub const SCRIPT: &str = include_str!("../../../templates/pages/page.js");

/// What every page says about itself, whatever it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The language.
    pub language: Language,
    /// The organization's name.
    pub organization: String,
    /// The way home: the frontend's page of the event. Empty: there is none.
    pub home_url: Option<String>,
}

/// What a page looks like at first glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is to be done.
    Open,
    /// We are finding out.
    Waiting,
    /// It is done.
    Good,
    /// It is over.
    Over,
}

impl Tone {
    /// The class in the stylesheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Over => "over",
        }
    }
}

/// What became of money that was paid for a seat that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyBack {
    /// There was none.
    Nothing,
    /// It is on its way back.
    OnItsWay,
    /// It is back.
    Returned,
}

impl MoneyBack {
    fn words(self, language: Language) -> &'static str {
        match self {
            Self::Nothing => language.pick("Du er ikke trukket for noe.", "You have not been charged."),
            Self::OnItsWay => {
                language.pick("Pengene er på vei tilbake til deg.", "Your money is on its way back to you.")
            }
            Self::Returned => language.pick("Pengene er gitt tilbake.", "Your money has been returned."),
        }
    }
}

/// The event as pages show it, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWords {
    /// The title.
    pub title: String,
    /// Where; may be empty.
    pub location: String,
    /// When it starts.
    pub starts: String,
    /// What a seat costs.
    pub price: String,
}

// There is no form-action: browsers apply it to the redirect that follows the button too, and where the provider sends
// people on to, its app included, is the provider's business.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; frame-ancestors 'none'",
        hash_of(STYLE),
        hash_of(SCRIPT)
    )
});

/// How a policy names a style or a script that is part of its page.
pub(super) fn hash_of(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The headers that every page is sent with: the link is a secret, so nobody keeps the page, learns the link from it,
/// or puts it into a frame.
pub fn headers() -> [(&'static str, &'static str); 7] {
    [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex"),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY.as_str()),
        ("Vary", "Accept-Language"),
    ]
}

/// Renders a page. The templates are compiled and write into a string, so there is nothing that could go wrong; should
/// it, the reader still gets a line.
fn render(page: &impl askama::Template, language: Language) -> String {
    page.render().unwrap_or_else(|error| {
        crate::telemetry::log_error_chain(&error, "a page could not be rendered");
        language.pick("Noe gikk galt. Prøv igjen.", "Something went wrong. Try again.").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_style_and_the_script_as_they_are_sent() {
        let policy = headers().into_iter().find(|(name, _)| *name == "Content-Security-Policy").unwrap().1;
        let frame = Frame { language: Language::Nb, organization: "Foreningen".to_owned(), home_url: None };
        let page = message::render_message(&message::MessagePage::no_such_link(frame));
        for (open, close, directive) in [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")]
        {
            let sent = page.split_once(open).unwrap().1.split_once(close).unwrap().0;
            assert!(policy.contains(&format!("{directive} '{}'", hash_of(sent))), "{directive}");
        }
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !page.contains(" style="));
    }
}
