//! Seats that one waits for, or has to pay for.

use insta::assert_snapshot;

use super::*;

#[test]
fn a_seat_to_pay_for() {
    let news = |by_organizer| News::PayBefore { due: due(), by_organizer };
    assert_snapshot!(said("nb", &news(false)), @r#"
    Subject: Betal i tide, så er plassen din: Julebord

    Hei Ida!

    Vi holder av en plass til deg.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Betal 250~kr med Vipps før fredag 4. desember kl.~09.30.

    Fristen går ut om 1 time og 30 minutter. Etter det går plassen videre til noen andre.

    Betal med Vipps:
    https://plass.example.org/pay/t0ken

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(false)), @r#"
    Subject: Pay in time, and the seat is yours: Julebord

    Hi Ida!

    We are holding a seat for you.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Pay NOK~250 with Vipps before Friday 4 December at~09:30.

    The deadline is in 1 hour and 30 minutes. After that the seat goes to somebody else.

    Pay with Vipps:
    https://plass.example.org/pay/t0ken

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
    assert_snapshot!(said("nb", &news(true)), @r#"
    Subject: Betal i tide, så er plassen din: Julebord

    Hei Ida!

    Arrangøren har meldt deg på, og vi holder av en plass til deg.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Betal 250~kr med Vipps før fredag 4. desember kl.~09.30.

    Fristen går ut om 1 time og 30 minutter. Etter det går plassen videre til noen andre.

    Betal med Vipps:
    https://plass.example.org/pay/t0ken

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
}

#[test]
fn a_reminder() {
    let news = News::PaymentReminder { due: due() };
    assert_snapshot!(said("nb", &news), @r#"
    Subject: Husk å betale for plassen din: Julebord

    Hei Ida!

    Vi har ikke fått betalingen din ennå. Plassen er fortsatt holdt av til deg.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Betal 250~kr med Vipps før fredag 4. desember kl.~09.30.

    Fristen går ut om 1 time og 30 minutter. Etter det går plassen videre til noen andre.

    Betal med Vipps:
    https://plass.example.org/pay/t0ken

    Har du nettopp betalt? Da kan du se bort fra denne meldingen.

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news), @r#"
    Subject: Remember to pay for your seat: Julebord

    Hi Ida!

    We have not received your payment yet. Your seat is still held.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Pay NOK~250 with Vipps before Friday 4 December at~09:30.

    The deadline is in 1 hour and 30 minutes. After that the seat goes to somebody else.

    Pay with Vipps:
    https://plass.example.org/pay/t0ken

    Have you just paid? Then you can ignore this message.

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}

#[test]
fn a_place_in_line() {
    let news = |by_organizer| News::OnWaitingList { by_organizer };
    let third = |facts: &mut Facts| {
        facts.status = Status::Waitlisted { queue_no: 8 };
        facts.place_in_line = Some(3);
    };
    let and_paid = |facts: &mut Facts| {
        third(facts);
        paid_event(facts, false);
    };
    assert_snapshot!(said_where("nb", &news(false), third), @r#"
    Subject: Du står på ventelista: Julebord

    Hei Ida!

    Det er fullt akkurat nå. Du står som nummer 3 på ventelista.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Blir det en ledig plass til deg, sier vi fra med en gang.

    Vil du ikke vente lenger? Du kan melde deg av når som helst.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said_where("nb", &news(true), and_paid), @r#"
    Subject: Du står på ventelista: Julebord

    Hei Ida!

    Arrangøren har satt deg på ventelista.

    Det er fullt akkurat nå. Du står som nummer 3 på ventelista.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Blir det en ledig plass til deg, sier vi fra med en gang. Da får du en frist til å betale for den.

    Vil du ikke vente lenger? Du kan melde deg av når som helst.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said_where("en", &news(true), and_paid), @r#"
    Subject: You are on the waiting list: Julebord

    Hi Ida!

    An organizer put you on the waiting list.

    The event is full right now. You are number 3 in line.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    If a seat comes free for you, we tell you at once. You then get some time to pay for it.

    Don't want to wait any longer? You can sign off at any time.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}

#[test]
fn a_seat_from_the_waiting_list() {
    let to_pay = News::SeatFromWaitingList { due: Some(due()) };
    assert_snapshot!(said("nb", &to_pay), @r#"
    Subject: Du har fått plass – betal i tide: Julebord

    Hei Ida!

    Det ble en ledig plass, og den er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Betal 250~kr med Vipps før fredag 4. desember kl.~09.30.

    Fristen går ut om 1 time og 30 minutter. Etter det går plassen videre til noen andre.

    Betal med Vipps:
    https://plass.example.org/pay/t0ken

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &to_pay), @r#"
    Subject: You got a seat – pay in time: Julebord

    Hi Ida!

    A seat came free, and it is yours.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Pay NOK~250 with Vipps before Friday 4 December at~09:30.

    The deadline is in 1 hour and 30 minutes. After that the seat goes to somebody else.

    Pay with Vipps:
    https://plass.example.org/pay/t0ken

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
    let free = News::SeatFromWaitingList { due: None };
    assert_snapshot!(said("nb", &free), @r#"
    Subject: Du har fått plass: Julebord

    Hei Ida!

    Det ble en ledig plass, og den er din.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Du trenger ikke gjøre noe mer.

    Kalenderfila som ligger ved, legger arrangementet i kalenderen din.

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said("en", &free), @r#"
    Subject: You got a seat: Julebord

    Hi Ida!

    A seat came free, and it is yours.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    There is nothing more you need to do.

    The attached calendar file puts the event into your calendar.

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}
