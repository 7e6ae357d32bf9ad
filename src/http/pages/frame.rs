//! What stands around the contents of every page: the organization, the reader's language, the ways to go on, and who is
//! signed in.

use super::Language;
use super::assets;
use crate::domain::ids::EventId;
use crate::flows::app::App;
use crate::words;

/// What every page says about itself, whatever it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The language.
    pub language: Language,
    /// The organization's name.
    pub organization: String,
    /// The way home: the frontend's page of the event. Empty: there is none.
    pub home_url: Option<String>,
    /// Where the reader is, as path and query.
    pub address: String,
    /// The ways to go on; empty on pages that somebody without an account may open from a letter.
    pub ways: Option<Ways>,
    /// In a demo: what its clock shows, in words.
    pub demo_clock: Option<String>,
    /// True where the page is about money that is not real.
    pub test_mode: bool,
}

/// The ways to go on from a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// Who is signed in.
    pub reader: Option<Reader>,
    /// True where letters are kept to be read here, as in the demo.
    pub has_letters: bool,
}

/// Who is signed in, as far as a page tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The name.
    pub name: String,
    /// What each form shows, to prove that it is ours.
    pub form_token: String,
    /// True for whoever manages events of some group.
    pub manages: bool,
    /// True for whoever reads orders.
    pub reads_orders: bool,
    /// True for whoever manages the settings.
    pub manages_settings: bool,
}

impl Frame {
    /// The frame of a page that needs no account and leads nowhere else.
    pub fn plain(app: &App, language: Language, address: &str) -> Self {
        Self {
            language,
            organization: app.settings.organization.clone(),
            home_url: None,
            address: address.to_owned(),
            ways: None,
            demo_clock: app.demo.is_some().then(|| words::moment(app.clock.now(), app.settings.time_zone, language)),
            test_mode: false,
        }
    }

    /// Where the stylesheet is.
    pub fn style_path(&self) -> &'static str {
        assets::style_path()
    }

    /// Where the icon is.
    pub fn icon_path(&self) -> &'static str {
        assets::icon_path()
    }

    /// Where the script is.
    pub fn script_path(&self) -> &'static str {
        assets::script_path()
    }

    /// One of two texts, in the reader's language.
    pub fn pick<'a>(&self, nb: &'a str, en: &'a str) -> &'a str {
        self.language.pick(nb, en)
    }

    /// Where somebody signs in, to come back here.
    pub fn login_path(&self) -> String {
        format!("/login?next={}", url_escape(&self.address))
    }

    /// Who is signed in.
    pub fn reader(&self) -> Option<&Reader> {
        self.ways.as_ref().and_then(|ways| ways.reader.as_ref())
    }

    /// What a form shows; empty when nobody is signed in.
    pub fn form_token(&self) -> &str {
        self.reader().map_or("", |reader| reader.form_token.as_str())
    }

    /// The other language's tag, its name in itself, and where the choice is made.
    pub fn other_language(&self) -> (&'static str, &'static str, String) {
        let other = match self.language {
            Language::Nb => Language::En,
            Language::En => Language::Nb,
        };
        let back: String = url_escape(&self.address);
        (other.tag(), other.pick("Norsk", "English"), format!("/language/{}?back={back}", other.tag()))
    }

    /// True for the part of the house that the reader is in, to mark it.
    pub fn is_at(&self, start: &str) -> bool {
        let path = self.address.split('?').next().unwrap_or_default();
        path == start || (start != "/" && path.strip_prefix(start).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// Where an event is at home: on the organization's own frontend, or else on our page of it.
pub fn home_of(app: &App, event: EventId) -> String {
    let template = &app.settings.frontend_event_url;
    if template.is_empty() { format!("/events/{event}") } else { template.replace("{event_id}", &event.to_string()) }
}

/// A text as part of a query.
pub fn url_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_language_comes_back_to_the_same_page() {
        let frame = Frame {
            language: Language::Nb,
            organization: String::new(),
            home_url: None,
            address: "/events/1?q=a b&c=ø".to_owned(),
            ways: None,
            demo_clock: None,
            test_mode: false,
        };
        let (tag, name, path) = frame.other_language();
        assert_eq!((tag, name), ("en", "English"));
        assert_eq!(path, "/language/en?back=/events/1%3Fq%3Da%20b%26c%3D%C3%B8");
        assert!(frame.is_at("/events/1") && frame.is_at("/events") && !frame.is_at("/event") && !frame.is_at("/"));
    }
}
