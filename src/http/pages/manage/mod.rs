//! Pages for organizers and treasurers: who comes to an event, what they paid, and what became of the money; and the
//! settings, for whoever manages those. They do
//! what the API does, through the same flows and with the same permissions; nothing here decides.

pub(crate) mod add;
pub(crate) mod books;
pub(crate) mod door;
pub(crate) mod events;
pub(crate) mod list;
mod one_time;
pub(crate) mod operations;
pub(crate) mod order;
pub(crate) mod order_log;
mod order_words;
pub(crate) mod orders;
pub(crate) mod paid;
mod place;
mod refused;
pub(crate) mod remove;
pub(crate) mod settings;
mod states;
mod story;
mod voice;

use super::frame::url_escape;
use super::visitor::Visitor;
use crate::domain::event::Event;
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::flows::page_session::PageCaller;
use crate::http::error::ApiError;

/// Whoever may do something with an event's registrations or orders, and the event.
struct Managed {
    caller: PageCaller,
    event: Event,
}

impl Managed {
    /// Finds the event, and refuses whoever does not hold the permission for it.
    async fn find(visitor: &Visitor, id: EventId, needed: Permission) -> Result<Self, ApiError> {
        let caller = visitor.needs_caller()?.clone();
        let event = visitor.app.store.read(move |tx| Ok(tx.event_by_id(id)?)).await?.ok_or(Refusal::NotFound)?;
        caller.standing.needs(needed, &Scope::EventsOf(event.details.organizer.clone()))?;
        Ok(Self { caller, event })
    }

    fn may(&self, permission: Permission) -> bool {
        self.caller.standing.may_for(permission, &self.event.details.organizer)
    }

    fn user_id(&self) -> UserId {
        self.caller.standing.user_id
    }
}

/// An address with its query; what has no value is left out.
fn address(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in query {
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&format!("{name}={}", url_escape(value)));
    }
    address
}

/// A word from a form; nothing but blanks is no word.
fn said(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
