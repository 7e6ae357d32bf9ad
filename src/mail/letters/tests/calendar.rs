//! The calendar file.

use insta::assert_snapshot;

use super::super::calendar::{Method, file};
use super::*;

fn text_of(method: Method, change: impl Fn(&mut Facts)) -> String {
    let mut facts = facts("nb");
    change(&mut facts);
    String::from_utf8(file(&facts, method).content).unwrap()
}

/// The lines as they were before they were folded.
fn unfolded(text: &str) -> Vec<String> {
    text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

fn line(text: &str, name: &str) -> String {
    let mut found = unfolded(text).into_iter().filter(|line| line.starts_with(name));
    let line = found.next().unwrap_or_else(|| panic!("no {name} in {text}"));
    assert_eq!(found.next(), None);
    line
}

#[test]
fn an_event_to_keep() {
    assert_snapshot!(text_of(Method::Publish, |_| {}).replace("\r\n", "\n"), @r#"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Plass//Plass//NO
    CALSCALE:GREGORIAN
    METHOD:PUBLISH
    BEGIN:VEVENT
    UID:00000000-0000-0000-0000-000000000007
    SEQUENCE:41
    DTSTAMP:20261204T070000Z
    DTSTART:20261212T170000Z
    DTEND:20261212T220000Z
    SUMMARY:Julebord
    LOCATION:Festsalen
    DESCRIPTION:https://medlem.example.org/e/00000000-0000-0000-0000-0000000000
     07
    URL:https://medlem.example.org/e/00000000-0000-0000-0000-000000000007
    ORGANIZER;CN="Studentforeningen":mailto:post@example.org
    STATUS:CONFIRMED
    END:VEVENT
    END:VCALENDAR
    "#);
}

#[test]
fn an_event_that_does_not_take_place() {
    let text = text_of(Method::Cancel, |facts| facts.event.turn = 42);
    assert_eq!(line(&text, "METHOD"), "METHOD:CANCEL");
    assert_eq!(line(&text, "STATUS"), "STATUS:CANCELLED");
    assert_eq!(line(&text, "UID"), line(&text_of(Method::Publish, |_| {}), "UID"));
    assert_eq!(line(&text, "SEQUENCE"), "SEQUENCE:42");
}

#[test]
fn text_is_marked_and_lines_are_folded_between_characters() {
    let title = format!("Jul; mat, dans \\ moro\nog {}", "blåbærsyltetøy🎄".repeat(10));
    let text = text_of(Method::Publish, |facts| facts.event.details.title.clone_from(&title));
    let expected = title.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', " ");
    assert_eq!(line(&text, "SUMMARY"), format!("SUMMARY:{expected}"));
    assert!(text.ends_with("END:VCALENDAR\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    let widths: Vec<usize> = text.split("\r\n").map(str::len).collect();
    assert!(widths.iter().all(|width| *width <= 75) && widths.iter().any(|width| *width >= 72), "{widths:?}");
}

#[test]
fn a_line_of_exactly_75_octets_is_not_folded() {
    for (letters, folds) in [(67, 0), (68, 1), (141, 1), (142, 2)] {
        let text = text_of(Method::Publish, |facts| facts.event.details.title = "x".repeat(letters));
        let own = text.split("\r\nSUMMARY:").nth(1).unwrap().split("\r\nLOCATION").next().unwrap();
        assert_eq!(own.matches("\r\n ").count(), folds, "{letters}: {own}");
    }
}

#[test]
fn a_newer_file_has_a_higher_number_and_the_same_name() {
    let first = text_of(Method::Publish, |_| {});
    let second = text_of(Method::Publish, |facts| facts.event.turn += 1);
    assert_eq!(line(&first, "UID"), line(&second, "UID"));
    let number = |text: &str| line(text, "SEQUENCE").strip_prefix("SEQUENCE:").unwrap().parse::<i32>().unwrap();
    assert!(number(&second) > number(&first));
    assert_eq!(number(&text_of(Method::Publish, |facts| facts.event.turn = i64::MAX)), i32::MAX);
}

#[test]
fn who_publishes_has_an_address_with_or_without_a_mail_server() {
    for (sender, expected) in [
        ("Plass <post@example.org>", "ORGANIZER;CN=\"Studentforeningen\":mailto:post@example.org"),
        ("post@example.org", "ORGANIZER;CN=\"Studentforeningen\":mailto:post@example.org"),
        ("", "ORGANIZER;CN=\"Studentforeningen\":https://plass.example.org"),
    ] {
        let text = text_of(Method::Publish, |facts| facts.house.sender = sender.to_owned());
        assert_eq!(line(&text, "ORGANIZER"), expected);
    }
    let text = text_of(Method::Publish, |facts| facts.house.organization = "De \"gode\"\r\nX".to_owned());
    assert!(line(&text, "ORGANIZER").starts_with("ORGANIZER;CN=\"De 'gode' X\":"));
}

#[test]
fn a_file_comes_with_a_seat_and_takes_it_back_with_the_event() {
    let with = |news: &News| {
        let letter = compose(news, &facts("nb")).unwrap();
        letter.attachments.first().map(|file| file.content_type.rsplit_once('=').unwrap().1.to_owned())
    };
    for news in every_news() {
        let is_news = matches!(
            &news,
            News::SeatConfirmed { .. } | News::SeatFromWaitingList { due: None } | News::EventChanged { .. }
        );
        let is_end = matches!(&news, News::EventCancelled { left: Left::Seat, .. });
        let expected = is_news.then_some("PUBLISH").or(is_end.then_some("CANCEL")).map(str::to_owned);
        assert_eq!(with(&news), expected, "{news:?}");
    }
}
