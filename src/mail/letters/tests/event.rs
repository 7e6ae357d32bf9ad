//! Events that changed.

use insta::assert_snapshot;

use super::*;

fn moved() -> News {
    let changes = vec![
        Change::Title { before: "Julefest".into(), after: "Julebord".into() },
        Change::Start { before: at("2026-12-11T17:00:00Z"), after: at("2026-12-12T17:00:00Z") },
        Change::Location { before: String::new(), after: "Festsalen".into() },
    ];
    News::EventChanged { changes }
}

#[test]
fn who_has_a_seat_hears_of_it_with_a_new_calendar_file() {
    assert_snapshot!(said("nb", &moved()), @r#"
    Subject: Endret: Julebord

    Hei Ida!

    Arrangøren har endret arrangementet.

    Tittel
    Før: Julefest
    Nå: Julebord

    Start
    Før: fredag 11. desember kl.~18.00
    Nå: lørdag 12. desember kl.~18.00

    Sted
    Før: ikke bestemt
    Nå: Festsalen

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Kalenderfila som ligger ved, oppdaterer arrangementet i kalenderen din.

    Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
    assert_snapshot!(said("en", &moved()), @r#"
    Subject: Changed: Julebord

    Hi Ida!

    The organizer changed the event.

    Title
    Before: Julefest
    Now: Julebord

    Starts
    Before: Friday 11 December at~18:00
    Now: Saturday 12 December at~18:00

    Place
    Before: not decided
    Now: Festsalen

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    The attached calendar file updates the event in your calendar.

    Can't make it after all? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=PUBLISH]
    "#);
}

#[test]
fn who_waits_or_has_not_paid_hears_of_it_without_one() {
    let later = News::EventChanged {
        changes: vec![Change::End { before: at("2026-12-12T21:00:00Z"), after: at("2026-12-12T22:00:00Z") }],
    };
    let waits = |facts: &mut Facts| facts.status = Status::Waitlisted { queue_no: 1 };
    assert_snapshot!(said_where("nb", &later, waits), @r#"
    Subject: Endret: Julebord

    Hei Ida!

    Arrangøren har endret arrangementet.

    Slutt
    Før: lørdag 12. desember kl.~22.00
    Nå: lørdag 12. desember kl.~23.00

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Passer det ikke lenger? Du kan melde deg av ventelista når som helst.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    let holds = |facts: &mut Facts| {
        paid_event(facts, true);
        facts.status = Status::AwaitingPayment { payment_expiredate: due().payment_expiredate };
    };
    assert_snapshot!(said_where("en", &later, holds), @r#"
    Subject: Changed: Julebord

    Hi Ida!

    The organizer changed the event.

    Ends
    Before: Saturday 12 December at~22:00
    Now: Saturday 12 December at~23:00

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Does it no longer suit you? Sign off, and somebody else gets the seat.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}
