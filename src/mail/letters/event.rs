//! The letter about an event that changed: what was, and what is.

use super::calendar::Method;
use super::seats::sign_off_from_a_seat;
use super::{Block, Changed, Draft, Pen};
use crate::domain::letter::{Change, Paid, Way};
use crate::domain::registration::Status;
use crate::words::one_line;

pub(super) fn changed(pen: &Pen<'_>, changes: &[Change]) -> Draft {
    let changes: Vec<Changed> = changes.iter().map(|change| told(pen, change)).collect();
    let preheader: Vec<String> = changes.iter().map(|change| format!("{}: {}", change.what, change.after)).collect();
    let preheader = preheader.join(". ");
    let mut blocks = vec![pen.text("Arrangøren har endret arrangementet.", "The organizer changed the event.")];
    blocks.extend(changes.into_iter().map(Block::Change));
    blocks.push(Block::Event);
    let mut calendar = None;
    match pen.facts.status {
        Status::Confirmed => {
            calendar = Some(Method::Publish);
            blocks.push(pen.text(
                "Kalenderfila som ligger ved, oppdaterer arrangementet i kalenderen din.",
                "The attached calendar file updates the event in your calendar.",
            ));
            blocks.push(leave(pen));
        }
        // Neither has a calendar file yet: it comes with the seat.
        Status::AwaitingPayment { .. } => blocks.push(pen.text(
            "Passer det ikke lenger? Meld deg av, så får noen andre plassen.",
            "Does it no longer suit you? Sign off, and somebody else gets the seat.",
        )),
        Status::Waitlisted { .. } | Status::Ended(_) => blocks.push(pen.text(
            "Passer det ikke lenger? Du kan melde deg av ventelista når som helst.",
            "Does it no longer suit you? You can leave the waiting list at any time.",
        )),
    }
    blocks.push(pen.event_button());
    Draft { headline: pen.say("Endret", "Changed"), preheader, blocks, calendar }
}

/// How to leave, as for any seat. That it was paid is all that matters here.
fn leave(pen: &Pen<'_>) -> Block {
    let paid = pen.facts.event.details.paid_information;
    sign_off_from_a_seat(pen, paid.map(|paid| Paid { price: paid.price, way: Way::Outside }))
}

fn told(pen: &Pen<'_>, change: &Change) -> Changed {
    let (what, before, after) = match change {
        Change::Title { before, after } => (("Tittel", "Title"), one_line(before), one_line(after)),
        Change::Start { before, after } => (("Start", "Starts"), pen.moment(*before), pen.moment(*after)),
        Change::End { before, after } => (("Slutt", "Ends"), pen.moment(*before), pen.moment(*after)),
        Change::Location { before, after } => (("Sted", "Place"), place(pen, before), place(pen, after)),
    };
    Changed {
        what: pen.say(what.0, what.1),
        before_label: pen.language.pick("Før", "Before"),
        before,
        after_label: pen.language.pick("Nå", "Now"),
        after,
    }
}

fn place(pen: &Pen<'_>, location: &str) -> String {
    let location = one_line(location);
    if location.is_empty() { pen.say("ikke bestemt", "not decided") } else { location }
}
