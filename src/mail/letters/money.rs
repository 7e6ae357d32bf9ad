//! Letters about money that went back. How long a bank takes is nothing we can promise (Vipps: usually two to three
//! bank days, up to ten).

use super::{Block, Draft, Pen};
use crate::domain::letter::Way;
use crate::domain::money::Money;

pub(super) fn refunded(pen: &Pen<'_>, amount: Money, way: Way, keeps_seat: bool) -> Draft {
    let (amount, provider) = (pen.price(amount), pen.provider());
    let (preheader, then) = match way {
        Way::Vipps => (
            pen.say(
                format!("Vi har betalt tilbake {amount} til deg gjennom {provider}."),
                format!("We have paid {amount} back to you through {provider}."),
            ),
            pen.text(
                "Pengene er som regel på kontoen din etter to–tre bankdager. Noen ganger tar det opptil ti.",
                "The money is usually in your account after two or three bank days. Sometimes it takes up to ten.",
            ),
        ),
        Way::Outside => (
            pen.say(
                format!("Arrangøren har registrert at du har fått tilbake {amount} utenom {provider}."),
                format!("An organizer recorded that you got {amount} back outside {provider}."),
            ),
            pen.text(
                format!("Har du ikke fått pengene? Spør arrangøren. De kommer ikke gjennom {provider}."),
                format!("Have you not received the money? Ask the organizer. It does not come through {provider}."),
            ),
        ),
    };
    let mut blocks = vec![Block::Notice(preheader.clone()), then, Block::Event];
    if keeps_seat {
        blocks.push(pen.text("Plassen din er fortsatt din.", "Your seat is still yours."));
    }
    blocks.push(pen.event_button());
    let headline = pen.say(format!("{amount} er betalt tilbake"), format!("{amount} was paid back"));
    Draft { headline, preheader, blocks, calendar: None }
}

pub(super) fn released(pen: &Pen<'_>, amount: Money) -> Draft {
    let (amount, provider) = (pen.price(amount), pen.provider());
    let preheader = pen.say(
        format!("Reservasjonen på {amount} i {provider} er opphevet. Du er ikke trukket for disse pengene."),
        format!("The reservation of {amount} in {provider} was let go. You have not been charged for it."),
    );
    let blocks = [
        Block::Notice(preheader.clone()),
        pen.text(
            "Det kan gå noen dager før banken din viser beløpet som ledig igjen.",
            "It may take a few days until your bank shows the amount as available again.",
        ),
        Block::Event,
        pen.event_button(),
    ];
    let headline =
        pen.say(format!("Reservasjonen på {amount} er opphevet"), format!("The reservation of {amount} was let go"));
    Draft { headline, preheader, blocks: blocks.into(), calendar: None }
}
