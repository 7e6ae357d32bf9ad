//! An organizer looks for somebody to sign up. Nobody leafs through the members this way: one must know the whole
//! address, or a first and a last name as they are spelled. Who has the same name as somebody else is told apart by a
//! glimpse of the address, which helps only those who know it.

use super::app::App;
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::{Permission, Scope, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::registration::Registration;
use crate::domain::user::{User, plain_email};
use crate::store::Stop;

/// So many people are shown; whoever has a more common name is found by the address.
const FOUND_MAX: i64 = 5;

/// Somebody who may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// A glimpse of the address.
    pub hint: String,
    /// The registration at this event that has not ended.
    pub registration: Option<Registration>,
}

/// Whoever may be meant, and whether there are more of that name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Them.
    pub found: Vec<Found>,
    /// True when there are more than are shown.
    pub has_more: bool,
}

/// Looks for people by address or name, for whoever manages the registrations of the event.
pub async fn find_people(app: &App, who: &Standing, event: EventId, words: &str) -> Result<Search, Stop> {
    let (who, words) = (who.clone(), words.trim().to_owned());
    app.store
        .read(move |reader| {
            let organizer = reader.event_by_id(event)?.ok_or(Refusal::NotFound)?.details.organizer;
            who.needs(Permission::RegistrationsManage, &Scope::EventsOf(organizer))?;
            let mut users: Vec<User> = if words.contains('@') {
                reader.user_by_email(&plain_email(&words))?.map(|known| known.user).into_iter().collect()
            } else if words_of(&words).len() < 2 {
                Vec::new()
            } else {
                reader.users_called(|name| is_called(name, &words), FOUND_MAX + 1)?
            };
            let shown = usize::try_from(FOUND_MAX).unwrap_or_default();
            let has_more = users.len() > shown;
            users.truncate(shown);
            let mut found = Vec::new();
            for user in users {
                let registration = reader.active_registration(event, user.id)?;
                let profile = user.profile;
                found.push(Found {
                    id: user.id,
                    name: format!("{} {}", profile.first_name, profile.last_name),
                    hint: glimpse(&profile.email),
                    registration,
                });
            }
            Ok(Search { found, has_more })
        })
        .await
}

fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// True when the words begin and end as the name does, and stand in it in this order: "Ida Berg" means "Ida Marie Berg"
/// too. A part of a word means nobody.
fn is_called(name: &str, words: &str) -> bool {
    let (name, words) = (words_of(name), words_of(words));
    let mut rest = name.iter();
    words.len() >= 2
        && name.first() == words.first()
        && name.last() == words.last()
        && words.iter().all(|word| rest.any(|part| part == word))
}

/// The first letter of an address, and where it is: "i…@example.org".
fn glimpse(email: &str) -> String {
    let (name, place) = email.split_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, words: &str, expected: bool) {
        assert_eq!(is_called(name, words), expected, "{words:?} for {name:?}");
    }

    #[test]
    fn people_are_found_by_whole_names() {
        check("Ida Nygård", "ida nygård", true);
        check("Ida Nygård", " IDA  NYGÅRD ", true);
        check("Ida Marie Nygård", "Ida Nygård", true);
        check("Ida Marie Nygård", "Ida Marie Nygård", true);
        check("Ida Marie Nygård", "Marie Nygård", false);
        check("Ida Nygård", "Ida", false);
        check("Ida Nygård", "Ida Ny", false);
        check("Ida Nygård", "Nygård Ida", false);
        check("Ida Nygård", "", false);
        check("Ida", "Ida", false);
        check("Ida", "Ida Ida", false);
    }

    #[test]
    fn an_address_is_glimpsed_and_not_shown() {
        assert_eq!(glimpse("ida.nygaard@example.org"), "i…@example.org");
        assert_eq!(glimpse("øystein@example.org"), "ø…@example.org");
    }
}
