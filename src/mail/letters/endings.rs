//! Letters about a sign-up that is over, by one's own wish or by somebody else's, and about the money that it had.

use super::calendar::Method;
use super::{Block, Draft, Pen};
use crate::domain::letter::{Left, MoneyThen};
use crate::words::one_line;

pub(super) fn signed_off(pen: &Pen<'_>, left: Left, money: MoneyThen) -> Draft {
    let (headline, preheader) = match left {
        Left::Queue => (
            pen.say("Du står ikke lenger på ventelista", "You are no longer on the waiting list"),
            pen.say(
                "Du har meldt deg av og står ikke lenger på ventelista.",
                "You signed off and left the waiting list.",
            ),
        ),
        Left::HeldSeat | Left::Seat => (
            pen.say("Du er meldt av", "You have signed off"),
            pen.say("Du har meldt deg av og gitt fra deg plassen.", "You signed off and gave up your seat."),
        ),
    };
    let mut blocks = vec![Block::Text(preheader.clone()), Block::Event];
    blocks.extend(about_money(pen, money));
    blocks.push(pen.event_button());
    Draft { headline, preheader, blocks, calendar: None }
}

pub(super) fn removed(pen: &Pen<'_>, left: Left, money: MoneyThen) -> Draft {
    let preheader = match left {
        Left::Queue => {
            pen.say("Arrangøren har tatt deg av ventelista.", "An organizer removed you from the waiting list.")
        }
        Left::HeldSeat | Left::Seat => pen.say(
            "Arrangøren har meldt deg av, så du har ikke lenger plass.",
            "An organizer signed you off, so you no longer have a seat.",
        ),
    };
    let mut blocks = vec![Block::Text(preheader.clone()), Block::Event];
    blocks.extend(about_money(pen, money));
    blocks.push(pen.text("Lurer du på hvorfor? Spør arrangøren.", "Wondering why? Ask the organizer."));
    blocks.push(pen.event_button());
    let headline = pen.say("Arrangøren har meldt deg av", "An organizer signed you off");
    Draft { headline, preheader, blocks, calendar: None }
}

pub(super) fn event_cancelled(pen: &Pen<'_>, reason: &str, left: Left, money: MoneyThen) -> Draft {
    let preheader = pen.say("Arrangementet er dessverre avlyst.", "Unfortunately the event is cancelled.");
    let mut blocks = vec![Block::Text(preheader.clone()), Block::Event];
    let reason = one_line(reason);
    if !reason.is_empty() {
        blocks.push(pen.text("Arrangøren skriver:", "The organizer writes:"));
        blocks.push(Block::Quote(reason));
    }
    blocks.extend(about_money(pen, money));
    // Who only waited or had not paid yet got no calendar file to take back.
    let calendar = match left {
        Left::Seat => Some(Method::Cancel),
        Left::HeldSeat | Left::Queue => None,
    };
    if calendar.is_some() {
        blocks.push(pen.text(
            "Kalenderfila som ligger ved, tar arrangementet ut av kalenderen din.",
            "The attached calendar file takes the event out of your calendar.",
        ));
    }
    blocks.push(pen.event_button());
    Draft { headline: pen.say("Avlyst", "Cancelled"), preheader, blocks, calendar }
}

/// What becomes of the money; where none was owed there is nothing to say.
fn about_money(pen: &Pen<'_>, money: MoneyThen) -> Option<Block> {
    let provider = pen.provider();
    Some(match money {
        MoneyThen::NothingOwed => return None,
        MoneyThen::NothingPaid => pen.notice(
            "Du har ikke betalt noe. Skulle en betaling likevel gå gjennom, får du pengene tilbake.",
            "You have not paid anything. Should a payment still go through, you get the money back.",
        ),
        MoneyThen::Reserved { amount } => {
            let amount = pen.price(amount);
            pen.notice(
                format!("{amount} var reservert i {provider}. Reservasjonen oppheves, og du blir ikke trukket."),
                format!("{amount} was reserved in {provider}. The reservation is let go, and you will not be charged."),
            )
        }
        MoneyThen::OnItsWay { amount } => {
            let amount = pen.price(amount);
            pen.notice(
                format!("{amount} er på vei tilbake til deg gjennom {provider}. Vi skriver igjen når det er gjort."),
                format!("{amount} is on its way back to you through {provider}. We write again when it is done."),
            )
        }
        MoneyThen::Outside { amount } => {
            let amount = pen.price(amount);
            pen.notice(
                format!(
                    "{amount} som du betalte utenom {provider}, er registrert som tilbakebetalt. Pengene kommer ikke gjennom \
                     {provider}: Spør arrangøren hvis du ikke har fått dem."
                ),
                format!(
                    "{amount} that you paid outside {provider} is recorded as given back. The money does not come through \
                     {provider}: ask the organizer if you have not received it."
                ),
            )
        }
        MoneyThen::BackAlready => {
            pen.notice("Det du betalte, er allerede betalt tilbake.", "What you paid has already been given back.")
        }
    })
}
