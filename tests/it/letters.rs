//! Letters: each cause is told once, to the right person in their language, and as things are when the letter goes.
//! Nothing is told that did not happen, nothing is lost, and nobody waits for the mail.

mod endings;
mod events;
mod post;
mod seats;

use plass::mail::Outgoing;
use serde_json::json;

use crate::support::world::{Person, World};

/// Somebody who reads English.
async fn english(world: &World, name: &str) -> Person {
    let person = world.person(name).await;
    assert_eq!(world.patch(&person, "/me", &json!({ "locale": "en" })).await.status, 200);
    person
}

/// What the calendar file of a letter says after a name, if it has one.
fn in_calendar(letter: &Outgoing, name: &str) -> Option<String> {
    let file = letter.attachments.first()?;
    let text = String::from_utf8(file.content.clone()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}:")).map(str::to_owned));
    Some(line.unwrap_or_else(|| panic!("no {name} in {text}")))
}
