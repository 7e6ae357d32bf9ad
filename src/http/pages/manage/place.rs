//! A place in the list of an event's people: which part, which words, which page. What is done to somebody leads back to
//! it, and the list says what was done.

use serde::Deserialize;

use super::voice::Voice;
use super::{address, said};
use crate::domain::ids::{EventId, UserId};
use crate::domain::order::OrderStatus;
use crate::domain::registration::{EndedReason, Status};
use crate::http::page::Page;
use crate::store::registrations::{RegistrationFilter, RegistrationView, Tallies};

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Which part.
    tab: Option<Tab>,
    /// Whose name says this.
    q: Option<String>,
    /// What was just done.
    pub(super) done: Option<Done>,
    /// To whom.
    pub(super) at: Option<UserId>,
}

/// Which part of the list is meant.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tab {
    /// Everybody who is signed up.
    #[default]
    All,
    /// Seats that are paid.
    Paid,
    /// Seats that are not.
    Unpaid,
    /// Whoever waits.
    Waiting,
    /// Whoever was there.
    Attended,
    /// Whoever is not signed up any more.
    Ended,
}

/// What was just done to somebody.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    /// Marked as having been there.
    Attended,
    /// The mark was taken back.
    NotAttended,
    /// A payment made elsewhere was recorded.
    Paid,
    /// Removed.
    Removed,
    /// Signed up.
    Added,
}

impl Tab {
    /// All parts.
    pub(super) const ALL: [Self; 6] = [Self::All, Self::Paid, Self::Unpaid, Self::Waiting, Self::Attended, Self::Ended];

    /// The word in the query.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Paid => "paid",
            Self::Unpaid => "unpaid",
            Self::Waiting => "waiting",
            Self::Attended => "attended",
            Self::Ended => "ended",
        }
    }

    /// What readers see.
    pub(super) fn name(self, voice: Voice) -> &'static str {
        match self {
            Self::All => voice.pick("Alle", "All"),
            Self::Paid => voice.pick("Betalt", "Paid"),
            Self::Unpaid => voice.pick("Ikke betalt", "Not paid"),
            Self::Waiting => voice.pick("Venteliste", "Waiting"),
            Self::Attended => voice.pick("Møtt opp", "Attended"),
            Self::Ended => voice.pick("Avsluttet", "Ended"),
        }
    }

    /// True for parts that only a paid event has.
    pub(super) fn is_about_money(self) -> bool {
        matches!(self, Self::Paid | Self::Unpaid)
    }

    /// How many there are.
    pub(super) fn count(self, tallies: &Tallies) -> i64 {
        match self {
            Self::All => tallies.active,
            Self::Paid => tallies.paid,
            Self::Unpaid => tallies.unpaid,
            Self::Waiting => tallies.waiting,
            Self::Attended => tallies.attended,
            Self::Ended => tallies.ended,
        }
    }

    /// Which registrations these are.
    pub(super) fn filter(self, words: Option<String>) -> RegistrationFilter {
        let all = RegistrationFilter { words, ..RegistrationFilter::default() };
        match self {
            Self::All => all,
            Self::Paid => RegistrationFilter { holds_seat: Some(true), has_paid: Some(true), ..all },
            Self::Unpaid => RegistrationFilter { holds_seat: Some(true), has_paid: Some(false), ..all },
            Self::Waiting => RegistrationFilter { status: Some("waitlisted".to_owned()), ..all },
            Self::Attended => RegistrationFilter { has_attended: Some(true), ..all },
            Self::Ended => RegistrationFilter { status: Some("ended".to_owned()), ..all },
        }
    }
}

impl Done {
    /// Everything.
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [Self::Attended, Self::NotAttended, Self::Paid, Self::Removed, Self::Added];

    fn word(self) -> &'static str {
        match self {
            Self::Attended => "attended",
            Self::NotAttended => "not_attended",
            Self::Paid => "paid",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }

    /// What was done, and how it stands now; empty when that is not so any more.
    pub(super) fn words(self, view: &RegistrationView, voice: Voice) -> Option<String> {
        let (name, status) = (name_of(view), view.registration.status);
        let order = view.order.as_ref().map(|order| order.status);
        let is_so = match self {
            Self::Attended => view.registration.has_attended,
            Self::NotAttended => !view.registration.has_attended,
            Self::Paid => order == Some(OrderStatus::Sale),
            Self::Removed => status == Status::Ended(EndedReason::Removed),
            Self::Added => status.is_active(),
        };
        let words = match self {
            Self::Attended => voice.pick("er merket som møtt.", "is marked as attended."),
            Self::NotAttended => voice.pick("er ikke lenger merket som møtt.", "is no longer marked as attended."),
            Self::Paid => voice.pick("har betalt. Det er ført.", "has paid. That is recorded."),
            Self::Removed => match order {
                Some(OrderStatus::Refund) => {
                    voice.pick("er fjernet, og pengene er gitt tilbake.", "is removed, and the money was returned.")
                }
                Some(OrderStatus::Capture | OrderStatus::Reserved) => voice
                    .pick("er fjernet, og pengene er på vei tilbake.", "is removed, and the money is on its way back."),
                Some(OrderStatus::Initiate | OrderStatus::Void | OrderStatus::Cancel | OrderStatus::Sale) | None => {
                    voice.pick("er fjernet.", "is removed.")
                }
            },
            Self::Added => match status {
                Status::Waitlisted { .. } => voice.pick("er satt på ventelista.", "is put on the waiting list."),
                Status::AwaitingPayment { .. } => {
                    voice.pick("er lagt til, og plassen må betales.", "is added, and the seat must be paid.")
                }
                Status::Confirmed | Status::Ended(_) => {
                    voice.pick("er lagt til og har plass.", "is added and has a seat.")
                }
            },
        };
        is_so.then(|| format!("{name} {words}"))
    }
}

/// Where a list page is: what leads back to it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Of which event.
    pub(super) event: EventId,
    /// Which part.
    pub(super) tab: Tab,
    /// Whose name says this.
    pub(super) words: Option<String>,
    /// Where the page begins; empty on the first.
    pub(super) cursor: Option<String>,
}

impl Place {
    pub(super) fn of(event: EventId, page: &Page<ListQuery>) -> Self {
        let (tab, words) = (page.filter.tab.unwrap_or_default(), said(page.filter.q.as_ref()));
        Self { event, tab, words, cursor: page.cursor().map(str::to_owned) }
    }

    /// Where the list of an event begins.
    pub(super) fn start(event: EventId) -> Self {
        Self { event, tab: Tab::All, words: None, cursor: None }
    }

    fn query<'p>(&'p self, more: &[(&'p str, Option<&'p str>)]) -> Vec<(&'p str, Option<&'p str>)> {
        let tab = Some(self.tab.word()).filter(|_| self.tab != Tab::All);
        let mut query = vec![("tab", tab), ("q", self.words.as_deref()), ("cursor", self.cursor.as_deref())];
        query.extend_from_slice(more);
        query
    }

    /// The address of the list.
    pub(super) fn path(&self) -> String {
        address(&format!("/manage/events/{}", self.event), &self.query(&[]))
    }

    /// The address of the list after something was done to somebody, with the row in view.
    pub(super) fn after(&self, done: Done, user: UserId) -> String {
        let at = user.to_string();
        let query = self.query(&[("done", Some(done.word())), ("at", Some(&at))]);
        format!("{}#{}", address(&format!("/manage/events/{}", self.event), &query), row_id(user))
    }

    /// The address of something to be done to somebody, which leads back here.
    pub(super) fn act(&self, user: UserId, act: &str) -> String {
        address(&format!("/manage/events/{}/registrations/{user}/{act}", self.event), &self.query(&[]))
    }

    /// The first page of a part, with the same words.
    pub(super) fn tab(&self, tab: Tab) -> String {
        Self { tab, cursor: None, ..self.clone() }.path()
    }

    /// Another page of the same part.
    pub(super) fn page(&self, cursor: Option<String>) -> String {
        Self { cursor, ..self.clone() }.path()
    }
}

/// What a person's row is called on the page.
pub(super) fn row_id(user: UserId) -> String {
    format!("person-{user}")
}

/// First and last name.
pub(super) fn name_of(view: &RegistrationView) -> String {
    format!("{} {}", view.first_name, view.last_name)
}
