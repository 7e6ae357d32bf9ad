//! A page that only says something: there is no such link, try again in a moment. It names no cause from inside.

use askama::Template;

use super::{Frame, SCRIPT, STYLE, Tone, render};

/// What the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// Language, organization, way home.
    pub frame: Frame,
    /// The heading.
    pub heading: &'static str,
    /// One or two sentences.
    pub text: &'static str,
    /// What to quote when asking for help.
    pub request_id: Option<String>,
}

impl MessagePage {
    /// There is nothing behind the link.
    pub fn no_such_link(frame: Frame) -> Self {
        let nb = frame.language.is_nb();
        Self {
            frame,
            heading: if nb { "Denne lenka finnes ikke" } else { "There is nothing behind this link" },
            text: if nb {
                "Kanskje ble den klippet av på veien. Åpne den igjen derfra du fikk den."
            } else {
                "It may have been cut off on its way. Open it again from where you got it."
            },
            request_id: None,
        }
    }

    /// The house is busy or cannot reach what it needs.
    pub fn one_moment(frame: Frame, request_id: Option<String>) -> Self {
        let nb = frame.language.is_nb();
        Self {
            frame,
            heading: if nb { "Et øyeblikk" } else { "One moment" },
            text: if nb {
                "Vi får ikke svart akkurat nå. Ingenting er gått tapt. Prøv igjen om litt."
            } else {
                "We cannot answer right now. Nothing is lost. Try again in a moment."
            },
            request_id,
        }
    }

    /// Something is broken on our side.
    pub fn our_fault(frame: Frame, request_id: Option<String>) -> Self {
        let nb = frame.language.is_nb();
        Self {
            frame,
            heading: if nb { "Noe gikk galt hos oss" } else { "Something went wrong on our side" },
            text: if nb {
                "Feilen er notert. Hvis den ikke går over, si fra til arrangøren og oppgi koden under."
            } else {
                "The fault has been noted. If it does not go away, tell the organizer and quote the code below."
            },
            request_id,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/message.html")]
struct MessageTemplate<'a> {
    frame: &'a Frame,
    tone: Tone,
    title: &'a str,
    page: &'a MessagePage,
    refresh_seconds: Option<u32>,
    style: &'static str,
    script: &'static str,
}

/// Renders the page.
pub fn render_message(page: &MessagePage) -> String {
    let template = MessageTemplate {
        frame: &page.frame,
        tone: Tone::Over,
        title: page.heading,
        page,
        refresh_seconds: None,
        style: STYLE,
        script: SCRIPT,
    };
    render(&template, page.frame.language)
}
