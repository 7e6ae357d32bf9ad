//! What the letters say, word by word; and what every letter has, in either language.

mod calendar;
mod endings;
mod event;
mod money;
mod page;
mod seats;
mod waiting;

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::domain::event::Occupancy;
use crate::domain::event::tests::event_in;
use crate::domain::ids::EventId;
use crate::domain::letter::{Change, Left, MoneyThen, Paid, PaymentDue, Way};
use crate::domain::money::{Currency, Ore};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn nok(amount: i64) -> Money {
    Money { amount: Ore(amount), currency: Currency::Nok }
}

/// A seat to pay for until half past nine; an hour and a half is left.
fn due() -> PaymentDue {
    PaymentDue {
        price: nok(25_000),
        payment_expiredate: at("2026-12-04T08:30:00Z"),
        pay_token: "t0ken".to_owned(),
        remind_at: None,
    }
}

/// A free event a week away, and Ida, who has a seat.
fn facts(locale: &str) -> Facts {
    let (mut details, _) = event_in(TimeDelta::days(3), None);
    details.start_date = at("2026-12-12T17:00:00Z");
    details.end_date = at("2026-12-12T22:00:00Z");
    details.location = "Festsalen".to_owned();
    let sent_at = at("2026-12-04T07:00:00Z");
    let (id, occupancy) = (EventId(Uuid::from_u128(7)), Occupancy::default());
    Facts {
        effect: EffectId(Uuid::from_u128(9)),
        sent_at,
        to: Recipient { first_name: "Ida".into(), email: "ida@example.org".into(), locale: locale.to_owned() },
        event: Event { id, details, turn: 41, occupancy, created_at: sent_at, updated_at: sent_at },
        status: Status::Confirmed,
        provider: Provider::VippsEpayment,
        place_in_line: None,
        house: House {
            public_url: "https://plass.example.org".into(),
            time_zone: chrono_tz::Europe::Oslo,
            frontend_event_url: "https://medlem.example.org/e/{event_id}".into(),
            organization: "Studentforeningen".into(),
            sender: "Plass <post@example.org>".into(),
        },
    }
}

/// Makes the event cost something; `refunds` when signing off gives the money back.
fn paid_event(facts: &mut Facts, refunds: bool) {
    facts.event.details.paid_information = event_in(TimeDelta::days(3), Some((2, 12))).0.paid_information;
    facts.event.details.refund_on_sign_off = refunds;
}

fn compose_for(locale: &str, news: &News, change: impl Fn(&mut Facts)) -> Outgoing {
    let mut facts = facts(locale);
    change(&mut facts);
    compose(news, &facts).unwrap()
}

/// The letter as a person reads it who sees plain text only.
fn said_where(locale: &str, news: &News, change: impl Fn(&mut Facts)) -> String {
    let letter = compose_for(locale, news, change);
    let files: String =
        letter.attachments.iter().map(|file| format!("\n[{}: {}]", file.name, file.content_type)).collect();
    format!("Subject: {}\n\n{}{files}", letter.subject, letter.text).replace('\u{a0}', "~")
}

fn said(locale: &str, news: &News) -> String {
    said_where(locale, news, |_| {})
}

/// Every kind of letter in every variant there is.
fn every_news() -> Vec<News> {
    let mut all = vec![
        News::SeatLostUnpaid { to_next_in_line: true },
        News::SeatLostUnpaid { to_next_in_line: false },
        News::PaymentReminder { due: due() },
        News::SeatFromWaitingList { due: Some(due()) },
        News::SeatFromWaitingList { due: None },
        News::ReservationReleased { amount: nok(25_050) },
    ];
    for by_organizer in [true, false] {
        all.push(News::OnWaitingList { by_organizer });
        all.push(News::PayBefore { due: due(), by_organizer });
        all.push(News::SeatConfirmed { paid: None, by_organizer });
        for way in [Way::Vipps, Way::Outside] {
            all.push(News::SeatConfirmed { paid: Some(Paid { price: nok(25_000), way }), by_organizer });
            all.push(News::Refunded { amount: nok(4_000), way, keeps_seat: by_organizer });
        }
    }
    let amount = nok(25_000);
    for left in [Left::Queue, Left::HeldSeat, Left::Seat] {
        for money in [
            MoneyThen::NothingOwed,
            MoneyThen::NothingPaid,
            MoneyThen::Reserved { amount },
            MoneyThen::OnItsWay { amount },
            MoneyThen::Outside { amount },
            MoneyThen::BackAlready,
        ] {
            all.push(News::SignedOff { left, money });
            all.push(News::Removed { left, money });
            for reason in ["", "Det er meldt storm, og bussen går ikke."] {
                all.push(News::EventCancelled { reason: reason.to_owned(), left, money });
            }
        }
    }
    let (before, after) = (at("2026-12-11T17:00:00Z"), at("2026-12-12T17:00:00Z"));
    let changes = [
        Change::Title { before: "Julefest".into(), after: "Julebord".into() },
        Change::Start { before, after },
        Change::End { before: before + TimeDelta::hours(5), after: after + TimeDelta::hours(5) },
        Change::Location { before: String::new(), after: "Festsalen".into() },
        Change::Location { before: "Gamle sal".into(), after: String::new() },
    ];
    all.extend(changes.iter().map(|change| News::EventChanged { changes: vec![change.clone()] }));
    all.push(News::EventChanged { changes: changes.to_vec() });
    all
}

/// Everything around a letter that changes its words.
fn every_facts(locale: &str) -> Vec<Facts> {
    let mut all = Vec::new();
    let waits = Status::Waitlisted { queue_no: 5 };
    let held = Status::AwaitingPayment { payment_expiredate: due().payment_expiredate };
    for status in [waits, held, Status::Confirmed] {
        for paid in [None, Some(false), Some(true)] {
            for sign_off_deadline in [None, Some("2026-12-10T11:00:00Z"), Some("2026-12-01T11:00:00Z")] {
                let mut facts = facts(locale);
                facts.status = status;
                facts.place_in_line = status.is_waiting().then_some(3);
                if let Some(refunds) = paid {
                    paid_event(&mut facts, refunds);
                }
                facts.event.details.sign_off_deadline = sign_off_deadline.map(at);
                // Without a place, without a page, and with both, in turn.
                match all.len() % 3 {
                    0 => facts.event.details.location.clear(),
                    1 => facts.house.frontend_event_url.clear(),
                    _ => {}
                }
                all.push(facts);
            }
        }
    }
    all
}

/// The words of a page, line by line, with the addresses of its links; what a mailbox shows beside the subject left out.
fn page_lines(html: &str) -> Vec<String> {
    let body = html.split("</head>").nth(1).unwrap();
    let hidden = body.find("<div style=\"display:none").unwrap();
    let body = format!("{}{}", &body[..hidden], &body[hidden + body[hidden..].find("</div>").unwrap()..]);
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, words) = piece.split_once('>').unwrap();
        if let Some(url) = tag.strip_prefix("a ").and_then(|tag| tag.split("href=\"").nth(1)) {
            text.push_str(&format!("\n{}\n", url.split('"').next().unwrap()));
        } else if !tag.trim_start_matches('/').starts_with("span") {
            text.push('\n');
        }
        text.push_str(words);
    }
    let plain = [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'")];
    let text = plain.iter().fold(text, |text, (mark, c)| text.replace(mark, c));
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn text_lines(text: &str) -> Vec<String> {
    // A link's label has a colon where only its address follows.
    let is_address = |line: Option<&&str>| line.is_some_and(|line| line.starts_with("https://"));
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let label = |(index, line): (usize, &&str)| {
        let stripped = line.strip_suffix(':').filter(|_| is_address(lines.get(index + 1)));
        stripped.unwrap_or(line).to_owned()
    };
    lines.iter().enumerate().map(label).collect()
}

#[test]
fn every_letter_says_everything_in_both_languages_on_the_page_and_in_plain_text() {
    let mut letters = 0;
    for news in every_news() {
        for (nb, en) in every_facts("nb").iter().zip(every_facts("en")) {
            let (nb, en) = (compose(&news, nb).unwrap(), compose(&news, &en).unwrap());
            let (in_nb, in_en) = (text_lines(&nb.text), text_lines(&en.text));
            assert_eq!(in_nb.len(), in_en.len(), "one language says more:\n{}\n{}", nb.text, en.text);
            for (nb, en) in in_nb.iter().zip(&in_en) {
                let is_name = ["Julebord", "Studentforeningen", "https://", "Det er meldt storm"];
                let may_be_alike = is_name.iter().any(|name| nb.starts_with(name));
                assert!(nb != en || may_be_alike, "not translated: {nb:?} in {news:?}");
            }
            for letter in [&nb, &en] {
                let subject_fits = letter.subject.chars().count() < 150 && letter.subject.lines().count() == 1;
                assert!(subject_fits && letter.subject.ends_with(": Julebord"), "{}", letter.subject);
                let mut page = page_lines(&letter.html);
                let headline = letter.subject.strip_suffix(": Julebord").unwrap();
                let at = page.iter().position(|line| line == headline);
                page.remove(at.unwrap_or_else(|| panic!("no heading {headline:?} in {page:?}")));
                // The page names the organization at its head, and links by their words.
                let (mut page, mut text) = (page, text_lines(&letter.text));
                page.sort();
                text.sort();
                assert_eq!(page, text, "page and plain text differ: {news:?}");
                let hidden = letter.html.split("aria-hidden=\"true\">").nth(1).unwrap().split('<').next().unwrap();
                assert!(hidden.chars().count() > 10, "nothing stands beside the subject: {news:?}");
                letters += 1;
            }
            assert!(nb.html.contains("<html lang=\"nb\">") && en.html.contains("<html lang=\"en\">"));
        }
    }
    assert!(letters > 4_000, "{letters} letters are not all");
}

#[test]
fn every_letter_names_the_facts() {
    for news in every_news() {
        let letter = compose_for("nb", &news, |_| {});
        let mut facts = vec!["Hei Ida!", "Julebord", "Når: lørdag 12. desember kl.\u{a0}18.00", "Hvor: Festsalen"];
        let pay = ["250\u{a0}kr", "fredag 4. desember kl.\u{a0}09.30", "1 time og 30 minutter", "/pay/t0ken"];
        match &news {
            News::PayBefore { .. } | News::PaymentReminder { .. } | News::SeatFromWaitingList { due: Some(_) } => {
                facts.extend(pay);
            }
            News::SeatConfirmed { paid: Some(_), .. } => facts.push("250\u{a0}kr"),
            News::Refunded { .. } => facts.push("40\u{a0}kr"),
            News::ReservationReleased { .. } => facts.push("250,50\u{a0}kr"),
            News::SignedOff { money, .. } | News::Removed { money, .. } | News::EventCancelled { money, .. } => {
                match money {
                    MoneyThen::Reserved { .. } | MoneyThen::OnItsWay { .. } | MoneyThen::Outside { .. } => {
                        facts.push("250\u{a0}kr");
                    }
                    MoneyThen::NothingOwed | MoneyThen::NothingPaid | MoneyThen::BackAlready => {}
                }
            }
            News::SeatConfirmed { paid: None, .. }
            | News::SeatFromWaitingList { due: None }
            | News::OnWaitingList { .. }
            | News::SeatLostUnpaid { .. }
            | News::EventChanged { .. } => {}
        }
        if let News::EventCancelled { reason, .. } = &news {
            facts.push(reason);
        }
        for fact in facts {
            assert!(letter.text.contains(fact), "{fact:?} is missing:\n{}", letter.text);
        }
        assert_eq!(letter.message_id, "letter-00000000000000000000000000000009");
        assert_eq!((letter.to.as_str(), letter.sent_at), ("ida@example.org", at("2026-12-04T07:00:00Z")));
    }
}

#[test]
fn only_vipps_money_is_promised_through_vipps() {
    for news in every_news() {
        let outside = if let News::Refunded { way, .. } = &news {
            *way == Way::Outside
        } else if let News::SignedOff { money, .. } | News::Removed { money, .. } | News::EventCancelled { money, .. } =
            &news
        {
            matches!(money, MoneyThen::Outside { .. })
        } else {
            continue;
        };
        let (nb, en) = (compose_for("nb", &news, |_| {}).text, compose_for("en", &news, |_| {}).text);
        for promise in ["tilbake til deg gjennom Vipps", "bankdager"] {
            assert!(!outside || !nb.contains(promise), "{nb}");
        }
        for promise in ["back to you through Vipps", "bank days"] {
            assert!(!outside || !en.contains(promise), "{en}");
        }
        if let News::ReservationReleased { .. } = news {
            assert!(!nb.contains("tilbakebetal") && !en.contains("refund"), "nothing was taken:\n{nb}\n{en}");
        }
    }
}
