//! Seats that one has, or had.

use insta::assert_snapshot;

use super::*;

#[test]
fn a_seat_that_costs_nothing() {
    let news = News::SeatConfirmed { paid: None, by_organizer: false };
    assert_snapshot!(said("nb", &news), @r#"
    Subject: Du har plass: Julebord

    Hei Ida!

    Du er påmeldt, og plassen er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said("en", &news), @r#"
    Subject: You have a seat: Julebord

    Hi Ida!

    You are signed up, and the seat is yours.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    The attached calendar file puts the event into your calendar.

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}

#[test]
fn a_seat_that_an_organizer_gave() {
    let news = News::SeatConfirmed { paid: None, by_organizer: true };
    let no_place = |facts: &mut Facts| facts.event.details.location.clear();
    assert_snapshot!(said_where("nb", &news, no_place), @r#"
    Subject: Du har plass: Julebord

    Hei Ida!

    Arrangøren har meldt deg på, og plassen er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said_where("en", &news, no_place), @r#"
    Subject: You have a seat: Julebord

    Hi Ida!

    An organizer signed you up, and the seat is yours.

    Julebord
    When: Saturday 12 December at~18:00

    The attached calendar file puts the event into your calendar.

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}

#[test]
fn a_seat_that_was_paid() {
    let news = News::SeatConfirmed { paid: Some(Paid { price: nok(25_000), way: Way::Vipps }), by_organizer: false };
    let without_refund = |facts: &mut Facts| paid_event(facts, false);
    let with_refund = |facts: &mut Facts| {
        paid_event(facts, true);
        facts.event.details.sign_off_deadline = Some(at("2026-12-10T11:00:00Z"));
    };
    assert_snapshot!(said_where("nb", &news, without_refund), @r#"
    Subject: Du har plass: Julebord

    Hei Ida!

    Takk! Du har betalt 250~kr med Vipps, og plassen er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Si fra til arrangøren.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said_where("nb", &news, with_refund), @r#"
    Subject: Du har plass: Julebord

    Hei Ida!

    Takk! Du har betalt 250~kr med Vipps, og plassen er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Meld deg av før torsdag 10. desember kl.~12.00, så får noen andre plassen, og du får pengene tilbake.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said_where("en", &news, with_refund), @r#"
    Subject: You have a seat: Julebord

    Hi Ida!

    Thank you! You paid NOK~250 with Vipps, and the seat is yours.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    The attached calendar file puts the event into your calendar.

    Can't make it after all? Sign off before Thursday 10 December at~12:00, and somebody else gets the seat, and you get your money back.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}

#[test]
fn a_seat_that_was_paid_elsewhere() {
    let news = |by_organizer| {
        let paid = Some(Paid { price: nok(25_000), way: Way::Outside });
        News::SeatConfirmed { paid, by_organizer }
    };
    let without_refund = |facts: &mut Facts| paid_event(facts, false);
    assert_snapshot!(said_where("nb", &news(false), without_refund), @r#"
    Subject: Du har plass: Julebord

    Hei Ida!

    Arrangøren har registrert at du har betalt 250~kr. Plassen er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Si fra til arrangøren.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said_where("en", &news(true), without_refund), @r#"
    Subject: You have a seat: Julebord

    Hi Ida!

    An organizer signed you up and recorded that you paid NOK~250. The seat is yours.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    The attached calendar file puts the event into your calendar.

    Can't make it after all? Tell the organizer.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}

#[test]
fn a_seat_that_was_not_paid() {
    let news = |to_next_in_line| News::SeatLostUnpaid { to_next_in_line };
    assert_snapshot!(said("nb", &news(true)), @r#"
    Subject: Plassen din gikk til nestemann: Julebord

    Hei Ida!

    Vi fikk ikke betalingen din i tide, så du har mistet plassen. Den går til nestemann på ventelista. Du er ikke trukket for noe.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Vil du fortsatt være med? Meld deg på igjen. Er det fullt, havner du på ventelista.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(true)), @r#"
    Subject: Your seat went to the next in line: Julebord

    Hi Ida!

    Your payment did not reach us in time, so you have lost the seat. It goes to the next in line. You have not been charged.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Still want to come? Sign up again. If the event is full, you join the waiting list.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
    let closed = |facts: &mut Facts| facts.event.details.closed = true;
    assert_snapshot!(said_where("nb", &news(false), closed), @r#"
    Subject: Du har mistet plassen din: Julebord

    Hei Ida!

    Vi fikk ikke betalingen din i tide, så du har mistet plassen. Du er ikke trukket for noe.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said_where("en", &news(false), closed), @r#"
    Subject: You have lost your seat: Julebord

    Hi Ida!

    Your payment did not reach us in time, so you have lost the seat. You have not been charged.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}
