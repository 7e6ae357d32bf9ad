//! Sign-ups that are over, and their money.

use insta::assert_snapshot;

use super::*;

#[test]
fn somebody_signed_off() {
    let news = |left, money| News::SignedOff { left, money };
    let amount = nok(25_000);
    assert_snapshot!(said("nb", &news(Left::Seat, MoneyThen::NothingOwed)), @r#"
    Subject: Du er meldt av: Julebord

    Hei Ida!

    Du har meldt deg av og gitt fra deg plassen.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(Left::Queue, MoneyThen::NothingOwed)), @r#"
    Subject: You are no longer on the waiting list: Julebord

    Hi Ida!

    You signed off and left the waiting list.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
    assert_snapshot!(said("nb", &news(Left::HeldSeat, MoneyThen::NothingPaid)), @r#"
    Subject: Du er meldt av: Julebord

    Hei Ida!

    Du har meldt deg av og gitt fra deg plassen.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Du har ikke betalt noe. Skulle en betaling likevel gå gjennom, får du pengene tilbake.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("nb", &news(Left::Seat, MoneyThen::OnItsWay { amount })), @r#"
    Subject: Du er meldt av: Julebord

    Hei Ida!

    Du har meldt deg av og gitt fra deg plassen.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    250~kr er på vei tilbake til deg gjennom Vipps. Vi skriver igjen når det er gjort.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(Left::Seat, MoneyThen::OnItsWay { amount })), @r#"
    Subject: You have signed off: Julebord

    Hi Ida!

    You signed off and gave up your seat.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    NOK~250 is on its way back to you through Vipps. We write again when it is done.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}

#[test]
fn an_organizer_signed_somebody_off() {
    let news = |left, money| News::Removed { left, money };
    let amount = nok(25_000);
    assert_snapshot!(said("nb", &news(Left::Queue, MoneyThen::NothingOwed)), @r#"
    Subject: Arrangøren har meldt deg av: Julebord

    Hei Ida!

    Arrangøren har tatt deg av ventelista.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Lurer du på hvorfor? Spør arrangøren.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("nb", &news(Left::Seat, MoneyThen::Outside { amount })), @r#"
    Subject: Arrangøren har meldt deg av: Julebord

    Hei Ida!

    Arrangøren har meldt deg av, så du har ikke lenger plass.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    250~kr som du betalte utenom Vipps, er registrert som tilbakebetalt. Pengene kommer ikke gjennom Vipps: Spør arrangøren hvis du ikke har fått dem.

    Lurer du på hvorfor? Spør arrangøren.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
    assert_snapshot!(said("en", &news(Left::Seat, MoneyThen::Reserved { amount })), @r#"
    Subject: An organizer signed you off: Julebord

    Hi Ida!

    An organizer signed you off, so you no longer have a seat.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    NOK~250 was reserved in Vipps. The reservation is let go, and you will not be charged.

    Wondering why? Ask the organizer.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    "#);
}

#[test]
fn the_event_is_cancelled() {
    let news = |reason: &str, left, money| News::EventCancelled { reason: reason.to_owned(), left, money };
    let amount = nok(25_000);
    let storm = "Det er meldt storm,\r\nog bussen går ikke.";
    assert_snapshot!(said("nb", &news(storm, Left::Seat, MoneyThen::OnItsWay { amount })), @r#"
    Subject: Avlyst: Julebord

    Hei Ida!

    Arrangementet er dessverre avlyst.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Arrangøren skriver:

    Det er meldt storm, og bussen går ikke.

    250~kr er på vei tilbake til deg gjennom Vipps. Vi skriver igjen når det er gjort.

    Kalenderfila som ligger ved, tar arrangementet ut av kalenderen din.

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    [event.ics: text/calendar; charset=utf-8; method=CANCEL]
    "#);
    assert_snapshot!(said("en", &news(storm, Left::Seat, MoneyThen::BackAlready)), @r#"
    Subject: Cancelled: Julebord

    Hi Ida!

    Unfortunately the event is cancelled.

    Julebord
    When: Saturday 12 December at~18:00
    Where: Festsalen

    The organizer writes:

    Det er meldt storm, og bussen går ikke.

    What you paid has already been given back.

    The attached calendar file takes the event out of your calendar.

    See the event:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    This message was sent automatically.
    [event.ics: text/calendar; charset=utf-8; method=CANCEL]
    "#);
    assert_snapshot!(said("nb", &news("", Left::Queue, MoneyThen::NothingOwed)), @r#"
    Subject: Avlyst: Julebord

    Hei Ida!

    Arrangementet er dessverre avlyst.

    Julebord
    Når: lørdag 12. desember kl.~18.00
    Hvor: Festsalen

    Se arrangementet:
    https://medlem.example.org/e/00000000-0000-0000-0000-000000000007

    Studentforeningen
    Denne meldingen er sendt automatisk.
    "#);
}
