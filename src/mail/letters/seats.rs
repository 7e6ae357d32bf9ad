//! Letters about a seat that one has, may have, or had for a while.

use super::calendar::Method;
use super::{Block, Draft, Link, Pen};
use crate::domain::admission;
use crate::domain::letter::{Paid, PaymentDue, Way};

pub(super) fn confirmed(pen: &Pen<'_>, paid: Option<Paid>, by_organizer: bool) -> Draft {
    let preheader = match (paid, by_organizer) {
        (None, false) => pen.say("Du er påmeldt, og plassen er din.", "You are signed up, and the seat is yours."),
        (None, true) => pen.say(
            "Arrangøren har meldt deg på, og plassen er din.",
            "An organizer signed you up, and the seat is yours.",
        ),
        (Some(Paid { price, way: Way::Vipps }), _) => {
            let (price, provider) = (pen.price(price), pen.provider());
            pen.say(
                format!("Takk! Du har betalt {price} med {provider}, og plassen er din."),
                format!("Thank you! You paid {price} with {provider}, and the seat is yours."),
            )
        }
        (Some(Paid { price, way: Way::Outside }), true) => {
            let price = pen.price(price);
            pen.say(
                format!("Arrangøren har meldt deg på og registrert at du har betalt {price}. Plassen er din."),
                format!("An organizer signed you up and recorded that you paid {price}. The seat is yours."),
            )
        }
        (Some(Paid { price, way: Way::Outside }), false) => {
            let price = pen.price(price);
            pen.say(
                format!("Arrangøren har registrert at du har betalt {price}. Plassen er din."),
                format!("An organizer recorded that you paid {price}. The seat is yours."),
            )
        }
    };
    let mut blocks = vec![Block::Text(preheader.clone()), Block::Event, calendar_comes_along(pen)];
    blocks.push(sign_off_from_a_seat(pen, paid));
    blocks.push(pen.event_button());
    Draft { headline: pen.say("Du har plass", "You have a seat"), preheader, blocks, calendar: Some(Method::Publish) }
}

fn calendar_comes_along(pen: &Pen<'_>) -> Block {
    pen.text(
        "Kalenderfila som ligger ved, legger arrangementet i kalenderen din.",
        "The attached calendar file puts the event into your calendar.",
    )
}

pub(super) fn pay_before(pen: &Pen<'_>, due: &PaymentDue, by_organizer: bool) -> Draft {
    let held = if by_organizer {
        pen.text(
            "Arrangøren har meldt deg på, og vi holder av en plass til deg.",
            "An organizer signed you up, and we are holding a seat for you.",
        )
    } else {
        pen.text("Vi holder av en plass til deg.", "We are holding a seat for you.")
    };
    let headline = pen.say("Betal i tide, så er plassen din", "Pay in time, and the seat is yours");
    to_pay(pen, headline, held, due, None)
}

pub(super) fn reminder(pen: &Pen<'_>, due: &PaymentDue) -> Draft {
    let held = pen.text(
        "Vi har ikke fått betalingen din ennå. Plassen er fortsatt holdt av til deg.",
        "We have not received your payment yet. Your seat is still held.",
    );
    let headline = pen.say("Husk å betale for plassen din", "Remember to pay for your seat");
    let crossed = pen.text(
        "Har du nettopp betalt? Da kan du se bort fra denne meldingen.",
        "Have you just paid? Then you can ignore this message.",
    );
    to_pay(pen, headline, held, due, Some(crossed))
}

pub(super) fn from_waiting_list(pen: &Pen<'_>, due: Option<&PaymentDue>) -> Draft {
    let came = || pen.say("Det ble en ledig plass, og den er din.", "A seat came free, and it is yours.");
    if let Some(due) = due {
        let headline = pen.say("Du har fått plass – betal i tide", "You got a seat – pay in time");
        return to_pay(pen, headline, Block::Text(came()), due, None);
    }
    let nothing_to_do = pen.text("Du trenger ikke gjøre noe mer.", "There is nothing more you need to do.");
    let mut blocks = vec![Block::Text(came()), Block::Event, nothing_to_do, calendar_comes_along(pen)];
    blocks.push(sign_off_from_a_seat(pen, None));
    blocks.push(pen.event_button());
    Draft {
        headline: pen.say("Du har fått plass", "You got a seat"),
        preheader: came(),
        blocks,
        calendar: Some(Method::Publish),
    }
}

/// Until when, how much, and where; what every letter about a held seat says.
fn to_pay(pen: &Pen<'_>, headline: String, held: Block, due: &PaymentDue, after: Option<Block>) -> Draft {
    let (price, until) = (pen.price(due.price), pen.moment(due.payment_expiredate));
    let (left, provider) = (pen.span(due.payment_expiredate - pen.facts.sent_at), pen.provider());
    let preheader = pen.say(
        format!("Betal {price} med {provider} før {until}."),
        format!("Pay {price} with {provider} before {until}."),
    );
    let mut blocks = vec![
        held,
        Block::Event,
        Block::Notice(preheader.clone()),
        pen.text(
            format!("Fristen går ut om {left}. Etter det går plassen videre til noen andre."),
            format!("The deadline is in {left}. After that the seat goes to somebody else."),
        ),
        Block::Button(Link {
            label: pen.say(format!("Betal med {provider}"), format!("Pay with {provider}")),
            url: format!("{}/pay/{}", pen.facts.house.public_url, due.pay_token),
        }),
    ];
    blocks.extend(after);
    blocks.push(pen.text(
        "Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.",
        "Can't make it after all? Sign off, and somebody else gets the seat.",
    ));
    blocks.push(pen.event_line());
    Draft { headline, preheader, blocks, calendar: None }
}

pub(super) fn on_waiting_list(pen: &Pen<'_>, by_organizer: bool) -> Draft {
    // Whoever waits no longer gets no letter about waiting, so the place is known.
    let place = pen.facts.place_in_line.unwrap_or(1);
    let preheader = pen.say(
        format!("Det er fullt akkurat nå. Du står som nummer {place} på ventelista."),
        format!("The event is full right now. You are number {place} in line."),
    );
    let mut blocks = Vec::new();
    if by_organizer {
        blocks.push(pen.text("Arrangøren har satt deg på ventelista.", "An organizer put you on the waiting list."));
    }
    let word = if pen.facts.event.details.paid_information.is_some() {
        pen.text(
            "Blir det en ledig plass til deg, sier vi fra med en gang. Da får du en frist til å betale for den.",
            "If a seat comes free for you, we tell you at once. You then get some time to pay for it.",
        )
    } else {
        pen.text(
            "Blir det en ledig plass til deg, sier vi fra med en gang.",
            "If a seat comes free for you, we tell you at once.",
        )
    };
    blocks.extend([Block::Text(preheader.clone()), Block::Event, word]);
    blocks.push(pen.text(
        "Vil du ikke vente lenger? Du kan melde deg av når som helst.",
        "Don't want to wait any longer? You can sign off at any time.",
    ));
    blocks.push(pen.event_button());
    let headline = pen.say("Du står på ventelista", "You are on the waiting list");
    Draft { headline, preheader, blocks, calendar: None }
}

pub(super) fn lost_unpaid(pen: &Pen<'_>, to_next_in_line: bool) -> Draft {
    let preheader = pen.say(
        "Vi fikk ikke betalingen din i tide, så du har mistet plassen.",
        "Your payment did not reach us in time, so you have lost the seat.",
    );
    let (headline, lost) = if to_next_in_line {
        (
            pen.say("Plassen din gikk til nestemann", "Your seat went to the next in line"),
            pen.text(
                format!("{preheader} Den går til nestemann på ventelista. Du er ikke trukket for noe."),
                format!("{preheader} It goes to the next in line. You have not been charged."),
            ),
        )
    } else {
        (
            pen.say("Du har mistet plassen din", "You have lost your seat"),
            pen.text(
                format!("{preheader} Du er ikke trukket for noe."),
                format!("{preheader} You have not been charged."),
            ),
        )
    };
    let mut blocks = vec![lost, Block::Event];
    let event = &pen.facts.event;
    if admission::is_open_at(&event.details, pen.facts.sent_at) {
        blocks.push(pen.text(
            "Vil du fortsatt være med? Meld deg på igjen. Er det fullt, havner du på ventelista.",
            "Still want to come? Sign up again. If the event is full, you join the waiting list.",
        ));
    }
    blocks.push(pen.event_button());
    Draft { headline, preheader, blocks, calendar: None }
}

/// How to leave a seat that one has. Who paid for it leaves by oneself only where signing off gives the money back.
pub(super) fn sign_off_from_a_seat(pen: &Pen<'_>, paid: Option<Paid>) -> Block {
    let details = &pen.facts.event.details;
    let by_oneself = paid.is_none() || details.refund_on_sign_off;
    if !by_oneself || pen.facts.sent_at >= details.sign_off_ends_at() {
        return pen
            .text("Kan du ikke komme likevel? Si fra til arrangøren.", "Can't make it after all? Tell the organizer.");
    }
    let until = details.sign_off_deadline.map(|until| pen.moment(until));
    let until = until.map_or_else(String::new, |until| pen.say(format!(" før {until}"), format!(" before {until}")));
    let through_vipps = paid.is_some_and(|paid| paid.way == Way::Vipps);
    let (back, back_en) =
        if through_vipps { (", og du får pengene tilbake", ", and you get your money back") } else { ("", "") };
    pen.text(
        format!("Kan du ikke komme likevel? Meld deg av{until}, så får noen andre plassen{back}."),
        format!("Can't make it after all? Sign off{until}, and somebody else gets the seat{back_en}."),
    )
}
