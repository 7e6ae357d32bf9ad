//! A page that only says something: there is no such link, try again in a moment. It names no cause from inside.

use askama::Template;

use super::{Frame, Tone, render};
use crate::http::error::ApiError;

/// What the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// Language, organization, way home.
    pub frame: Frame,
    /// The heading.
    pub heading: String,
    /// One or two sentences.
    pub text: String,
    /// What to quote when asking for help.
    pub request_id: Option<String>,
}

impl MessagePage {
    /// A problem of the API, said to people.
    pub fn about(frame: Frame, error: &ApiError) -> Self {
        let language = frame.language;
        Self { frame, heading: error.title(language).to_owned(), text: error.detail(language), request_id: None }
    }

    /// There is nothing behind the link.
    pub fn no_such_link(frame: Frame) -> Self {
        let heading = frame.pick("Denne lenka finnes ikke", "There is nothing behind this link").to_owned();
        let text = frame.pick(
            "Kanskje ble den klippet av på veien. Åpne den igjen derfra du fikk den.",
            "It may have been cut off on its way. Open it again from where you got it.",
        );
        Self { text: text.to_owned(), frame, heading, request_id: None }
    }

    /// The house is busy or cannot reach what it needs.
    pub fn one_moment(frame: Frame, request_id: Option<String>) -> Self {
        let heading = frame.pick("Et øyeblikk", "One moment").to_owned();
        let text = frame.pick(
            "Vi får ikke svart akkurat nå. Ingenting er gått tapt. Prøv igjen om litt.",
            "We cannot answer right now. Nothing is lost. Try again in a moment.",
        );
        Self { text: text.to_owned(), frame, heading, request_id }
    }

    /// Something is broken on our side.
    pub fn our_fault(frame: Frame, request_id: Option<String>) -> Self {
        let heading = frame.pick("Noe gikk galt hos oss", "Something went wrong on our side").to_owned();
        let text = frame.pick(
            "Feilen er notert. Hvis den ikke går over, si fra til arrangøren og oppgi koden under.",
            "The fault has been noted. If it does not go away, tell the organizer and quote the code below.",
        );
        Self { text: text.to_owned(), frame, heading, request_id }
    }
}

#[derive(Template)]
#[template(path = "pages/message.html")]
struct MessageTemplate<'a> {
    frame: &'a Frame,
    tone: Tone,
    title: &'a str,
    page: &'a MessagePage,
}

/// Renders the page.
pub fn render_message(page: &MessagePage) -> String {
    let template = MessageTemplate { frame: &page.frame, tone: Tone::Over, title: &page.heading, page };
    render(&template, page.frame.language)
}
