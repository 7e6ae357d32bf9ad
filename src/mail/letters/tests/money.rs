//! Money that went back.

use insta::assert_snapshot;

use super::*;

#[test]
fn money_is_given_back_through_vipps() {
    let news = |keeps_seat| News::Refunded { amount: nok(4_000), way: Way::Vipps, keeps_seat };
    assert_snapshot!(said("nb", &news(true)), @r#"
    Subject: 40~kr er betalt tilbake: Julebord

    Hei Ida!

    Vi har betalt tilbake 40~kr til deg gjennom Vipps.

    Pengene er som regel på kontoen din etter to–tre bankdager. Noen ganger tar det opptil ti.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Plassen din er fortsatt din.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(true)), @r#"
    Subject: NOK~40 was paid back: Julebord

    Hi Ida!

    We have paid NOK~40 back to you through Vipps.

    The money is usually in your account after two or three bank days. Sometimes it takes up to ten.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Your seat is still yours.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
    assert_snapshot!(said("nb", &news(false)), @r#"
    Subject: 40~kr er betalt tilbake: Julebord

    Hei Ida!

    Vi har betalt tilbake 40~kr til deg gjennom Vipps.

    Pengene er som regel på kontoen din etter to–tre bankdager. Noen ganger tar det opptil ti.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
}

#[test]
fn money_is_given_back_between_people() {
    let news = News::Refunded { amount: nok(4_000), way: Way::Outside, keeps_seat: true };
    assert_snapshot!(said("nb", &news), @r#"
    Subject: 40~kr er betalt tilbake: Julebord

    Hei Ida!

    Arrangøren har registrert at du har fått tilbake 40~kr utenom Vipps.

    Har du ikke fått pengene? Spør arrangøren. De kommer ikke gjennom Vipps.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Plassen din er fortsatt din.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news), @r#"
    Subject: NOK~40 was paid back: Julebord

    Hi Ida!

    An organizer recorded that you got NOK~40 back outside Vipps.

    Have you not received the money? Ask the organizer. It does not come through Vipps.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    Your seat is still yours.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}

#[test]
fn a_reservation_is_let_go() {
    let news = News::ReservationReleased { amount: nok(25_000) };
    assert_snapshot!(said("nb", &news), @r#"
    Subject: Reservasjonen på 250~kr er opphevet: Julebord

    Hei Ida!

    Reservasjonen på 250~kr i Vipps er opphevet. Du er ikke trukket for disse pengene.

    Det kan gå noen dager før banken din viser beløpet som ledig igjen.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news), @r#"
    Subject: The reservation of NOK~250 was let go: Julebord

    Hi Ida!

    The reservation of NOK~250 in Vipps was let go. You have not been charged for it.

    It may take a few days until your bank shows the amount as available again.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}
