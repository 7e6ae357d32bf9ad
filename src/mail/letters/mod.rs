//! What the letters say, in the reader's language. Each is written down once, as a few blocks; the page and the plain
//! text show the same blocks, so that neither says less than the other. Nothing here decides that a letter is due, and
//! nothing that people typed can add a line to a header or markup to a page.

mod calendar;
mod endings;
mod event;
mod money;
mod seats;

use askama::Template;
use chrono::TimeDelta;
use chrono_tz::Tz;

use super::Outgoing;
use crate::domain::event::Event;
use crate::domain::ids::EffectId;
use crate::domain::letter::News;
use crate::domain::money::Money;
use crate::domain::registration::Status;
use crate::domain::sales_unit::Provider;
use crate::domain::time::Timestamp;
use crate::words::{self, Language};
use calendar::Method;

/// How much of an event's title a subject line shows.
const TITLE_IN_SUBJECT_MAX: usize = 80;

/// Who reads the letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What the letter calls them.
    pub first_name: String,
    /// Where it goes.
    pub email: String,
    /// The language they read, like `nb` or `en`.
    pub locale: String,
}

/// What a letter needs to know about the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct House {
    /// How the reader's browser reaches us, without a slash at the end.
    pub public_url: String,
    /// The zone in which times are said.
    pub time_zone: Tz,
    /// The frontend's page of an event; `{event_id}` stands for its id. Empty: it is our own.
    pub frontend_event_url: String,
    /// Who signs the letter.
    pub organization: String,
    /// The address that letters come from, with or without a name.
    pub sender: String,
}

/// Everything a letter needs beside its news, as it is when the letter goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// The effect that sends it: its letter keeps one Message-ID.
    pub effect: EffectId,
    /// Now.
    pub sent_at: Timestamp,
    /// Who reads it.
    pub to: Recipient,
    /// The event.
    pub event: Event,
    /// Where the reader's registration stands.
    pub status: Status,
    /// With whom the seat is paid.
    pub provider: Provider,
    /// The place on the waiting list, from 1.
    pub place_in_line: Option<i64>,
    /// The house.
    pub house: House,
}

/// What one letter says.
struct Draft {
    /// The first words of the subject, and the heading of the page.
    headline: String,
    /// What a mailbox shows beside the subject.
    preheader: String,
    blocks: Vec<Block>,
    /// What the calendar file asks for, if one comes along.
    calendar: Option<Method>,
}

/// A part of a letter.
enum Block {
    /// A paragraph.
    Text(String),
    /// What nobody may miss.
    Notice(String),
    /// What somebody wrote.
    Quote(String),
    /// What, when and where.
    Event,
    /// What was, and what is.
    Change(Changed),
    /// What to do next; at most one in a letter.
    Button(Link),
    /// Where to read more.
    Link(Link),
}

struct Link {
    label: String,
    url: String,
}

struct Changed {
    what: String,
    before_label: &'static str,
    before: String,
    after_label: &'static str,
    after: String,
}

/// The event as a letter shows it.
struct Shown {
    title: String,
    when_label: &'static str,
    starts: String,
    where_label: &'static str,
    location: String,
}

#[derive(Template)]
#[template(path = "letters/letter.txt")]
struct LetterText<'a> {
    greeting: &'a str,
    blocks: &'a [Block],
    event: &'a Shown,
    organization: &'a str,
    automatic: &'a str,
}

#[derive(Template)]
#[template(path = "letters/letter.html")]
struct LetterHtml<'a> {
    language: Language,
    subject: &'a str,
    headline: &'a str,
    preheader: &'a str,
    greeting: &'a str,
    blocks: &'a [Block],
    event: &'a Shown,
    organization: &'a str,
    automatic: &'a str,
}

/// The letter that tells `news`.
pub fn compose(news: &News, facts: &Facts) -> Result<Outgoing, askama::Error> {
    let pen = Pen::new(facts);
    let draft = match news {
        News::SeatConfirmed { paid, by_organizer } => seats::confirmed(&pen, *paid, *by_organizer),
        News::PayBefore { due, by_organizer } => seats::pay_before(&pen, due, *by_organizer),
        News::PaymentReminder { due } => seats::reminder(&pen, due),
        News::OnWaitingList { by_organizer } => seats::on_waiting_list(&pen, *by_organizer),
        News::SeatFromWaitingList { due } => seats::from_waiting_list(&pen, due.as_ref()),
        News::SeatLostUnpaid { to_next_in_line } => seats::lost_unpaid(&pen, *to_next_in_line),
        News::SignedOff { left, money } => endings::signed_off(&pen, *left, *money),
        News::Removed { left, money } => endings::removed(&pen, *left, *money),
        News::EventCancelled { reason, left, money } => endings::event_cancelled(&pen, reason, *left, *money),
        News::Refunded { amount, way, keeps_seat } => money::refunded(&pen, *amount, *way, *keeps_seat),
        News::ReservationReleased { amount } => money::released(&pen, *amount),
        News::EventChanged { changes } => event::changed(&pen, changes),
    };
    let shown = pen.shown();
    let subject = format!("{}: {}", draft.headline, short(&shown.title));
    let (greeting, automatic) = (pen.greeting(), pen.automatic());
    let organization = words::one_line(&facts.house.organization);
    let text = LetterText {
        greeting: &greeting,
        blocks: &draft.blocks,
        event: &shown,
        organization: &organization,
        automatic: &automatic,
    };
    let html = LetterHtml {
        language: pen.language,
        subject: &subject,
        headline: &draft.headline,
        preheader: &draft.preheader,
        greeting: &greeting,
        blocks: &draft.blocks,
        event: &shown,
        organization: &organization,
        automatic: &automatic,
    };
    Ok(Outgoing {
        message_id: format!("letter-{}", facts.effect.0.simple()),
        sent_at: facts.sent_at,
        to: facts.to.email.clone(),
        text: text.render()?,
        html: html.render()?,
        subject,
        attachments: draft.calendar.map(|method| calendar::file(facts, method)).into_iter().collect(),
    })
}

/// Writes down what every letter has in common, in one language.
struct Pen<'a> {
    language: Language,
    facts: &'a Facts,
}

impl<'a> Pen<'a> {
    fn new(facts: &'a Facts) -> Self {
        Self { language: Language::of_locale(&facts.to.locale), facts }
    }

    /// The one of two texts that the reader understands.
    fn say(&self, nb: impl Into<String>, en: impl Into<String>) -> String {
        match self.language {
            Language::Nb => nb.into(),
            Language::En => en.into(),
        }
    }

    fn text(&self, nb: impl Into<String>, en: impl Into<String>) -> Block {
        Block::Text(self.say(nb, en))
    }

    fn notice(&self, nb: impl Into<String>, en: impl Into<String>) -> Block {
        Block::Notice(self.say(nb, en))
    }

    fn moment(&self, at: Timestamp) -> String {
        let moment = words::moment(at, self.facts.house.time_zone, self.language);
        // "kl. 18.00" stays on one line.
        match moment.rsplit_once(' ') {
            Some((day, clock)) => format!("{day}\u{a0}{clock}"),
            None => moment,
        }
    }

    fn span(&self, span: TimeDelta) -> String {
        words::span(span, self.language)
    }

    fn price(&self, money: Money) -> String {
        words::price(money, self.language)
    }

    /// With whom the seat is paid, by name.
    fn provider(&self) -> &'static str {
        self.facts.provider.name()
    }

    fn greeting(&self) -> String {
        let name = words::one_line(&self.facts.to.first_name);
        self.say(format!("Hei {name}!"), format!("Hi {name}!"))
    }

    fn automatic(&self) -> String {
        self.say("Denne meldingen er sendt automatisk.", "This message was sent automatically.")
    }

    fn shown(&self) -> Shown {
        let details = &self.facts.event.details;
        Shown {
            title: words::one_line(&details.title),
            when_label: self.language.pick("Når", "When"),
            starts: self.moment(details.start_date),
            where_label: self.language.pick("Hvor", "Where"),
            location: words::one_line(&details.location),
        }
    }

    /// The way to the event's page, as the letter's button or beside it.
    fn event_button(&self) -> Block {
        Block::Button(self.event_link())
    }

    fn event_line(&self) -> Block {
        Block::Link(self.event_link())
    }

    fn event_link(&self) -> Link {
        Link { label: self.say("Se arrangementet", "See the event"), url: event_url(self.facts) }
    }
}

/// The event's page: the frontend's, or our own.
fn event_url(facts: &Facts) -> String {
    let (house, id) = (&facts.house, facts.event.id.to_string());
    if house.frontend_event_url.is_empty() {
        format!("{}/events/{id}", house.public_url)
    } else {
        house.frontend_event_url.replace("{event_id}", &id)
    }
}

fn short(title: &str) -> String {
    if title.chars().count() <= TITLE_IN_SUBJECT_MAX {
        return title.to_owned();
    }
    let start: String = title.chars().take(TITLE_IN_SUBJECT_MAX - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests;
