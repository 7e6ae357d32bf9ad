//! What does not fit is named, and told for what it is.

use serde::Deserialize;

use super::*;
use crate::domain::ids::UserId;
use crate::domain::money::NoAmount;
use crate::domain::time::{NoMoment, NoSpan};
use crate::http::values::{Amount, Moment, Span};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read is looked at")]
struct Order {
    title: String,
    paid: Option<Paid>,
    seats: Option<i64>,
    marks: Option<Vec<bool>>,
    user: Option<UserId>,
    starts: Option<Moment>,
    color: Option<Color>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read is looked at")]
struct Paid {
    price: Amount,
    paytime: Option<Span>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Color {
    Red,
    Blue,
}

#[track_caller]
fn check(json: &str, pointer: &str, fault: Fault) {
    let error = read_json::<Order>(json.as_bytes()).expect_err(json);
    assert_eq!(error.errors(), [FieldError::new(pointer, fault)], "{json}");
}

#[track_caller]
fn check_more(fields: &str, pointer: &str, fault: Fault) {
    check(&format!(r#"{{"title": "x", {fields}}}"#), pointer, fault);
}

#[test]
fn what_fits_is_read() {
    for json in [
        r#"{"title": "x"}"#,
        r#"{"title": "x", "paid": null, "seats": -5, "marks": [true, false], "color": "blue"}"#,
        r#"{"title": "x", "paid": {"price": 250, "paytime": "2:00"}, "starts": "2026-12-01T18:00:00+01:00"}"#,
        r#"{"title": "x", "user": "0193f5a0-0000-7000-8000-000000000001"}"#,
    ] {
        assert!(read_json::<Order>(json.as_bytes()).is_ok(), "{json}");
    }
}

#[test]
fn what_is_no_json_is_told_by_its_place() {
    for (json, line, column) in [("{", 1, 1), ("", 1, 0), ("{} x", 1, 4), ("{\n\"a\": }", 2, 6), ("\u{feff}{}", 1, 1)] {
        let error = read_json::<Order>(json.as_bytes()).expect_err(json);
        assert!(
            matches!(&error, ApiError::Malformed(Malformed::Json { line: l, column: c }) if (*l, *c) == (line, column)),
            "{json:?} {error:?}"
        );
    }
    let deep = "[".repeat(10_000);
    assert_eq!(read_json::<Order>(deep.as_bytes()).map_err(|error| error.code()).err(), Some("malformed_json"));
}

#[test]
fn what_does_not_fit_is_named() {
    check("[]", "", Fault::WrongKind(ValueKind::Object, ValueKind::List));
    check("5", "", Fault::WrongKind(ValueKind::Object, ValueKind::Whole));
    check("{}", "/title", Fault::Required);
    check(r#"{"title": 5}"#, "/title", Fault::WrongKind(ValueKind::Text, ValueKind::Whole));
    check(r#"{"title": null}"#, "/title", Fault::WrongKind(ValueKind::Text, ValueKind::Null));
    check(r#"{"title": "x", "title": "y"}"#, "/title", Fault::Twice);
    check_more(r#""colour": 1"#, "/colour", Fault::UnknownField);
    check_more(r#""paid": {}"#, "/paid/price", Fault::Required);
    check_more(r#""paid": []"#, "/paid", Fault::WrongKind(ValueKind::Object, ValueKind::List));
    check_more(r#""paid": {"price": "1", "a/b~": 1}"#, "/paid/a~1b~0", Fault::UnknownField);
    check_more(r#""paid": {"price": "\u0000"}"#, "/paid/price", Fault::NulCharacter);
    check_more(r#""marks": [true, 1]"#, "/marks/1", Fault::WrongKind(ValueKind::Flag, ValueKind::Whole));
    check_more(r#""marks": "true""#, "/marks", Fault::WrongKind(ValueKind::List, ValueKind::Text));
    check_more(r#""seats": 1.5"#, "/seats", Fault::WrongKind(ValueKind::Whole, ValueKind::Number));
    check_more(r#""seats": 9223372036854775808"#, "/seats", Fault::Unreadable);
    check_more(r#""color": "green""#, "/color", Fault::NoneOf(vec!["red", "blue"]));
    check_more(r#""color": 1"#, "/color", Fault::WrongKind(ValueKind::Text, ValueKind::Whole));
}

#[test]
fn a_value_says_itself_what_is_wrong_with_it() {
    check_more(r#""paid": {"price": 250.5}"#, "/paid/price", Fault::KindUnfit(ValueKind::Number));
    check_more(r#""paid": {"price": true}"#, "/paid/price", Fault::KindUnfit(ValueKind::Flag));
    check_more(r#""paid": {"price": -1}"#, "/paid/price", Fault::NoAmount(NoAmount::NotDigits));
    check_more(r#""paid": {"price": "1.005"}"#, "/paid/price", Fault::NoAmount(NoAmount::TooPrecise));
    check_more(r#""paid": {"price": "1", "paytime": "soon"}"#, "/paid/paytime", Fault::NoSpan(NoSpan::NotClock));
    check_more(r#""paid": {"price": "1", "paytime": "0:00"}"#, "/paid/paytime", Fault::NoSpan(NoSpan::OutOfRange));
    check_more(r#""starts": "2026-12-01T18:00:00""#, "/starts", Fault::NoMoment(NoMoment::NotRfc3339));
    check_more(r#""user": "ida""#, "/user", Fault::NoId);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read is looked at")]
struct Filter {
    open: Option<bool>,
    user: Option<UserId>,
    color: Option<Color>,
    seats: Option<i64>,
    q: Option<String>,
}

#[track_caller]
fn check_query(query: &str, parameter: &str, fault: Fault) {
    let error = read_query::<Filter>(query).expect_err(query);
    let expected = Malformed::Query { parameter: parameter.to_owned(), fault };
    assert!(matches!(&error, ApiError::Malformed(found) if *found == expected), "{query} {error:?}");
}

#[test]
fn a_query_is_read_as_strictly() {
    for query in ["", "open=true", "open=false&color=red&q=a%20b+c", "q=true", "q=5", "q=", "seats=-5", "seats=5"] {
        assert!(read_query::<Filter>(query).is_ok(), "{query}");
    }
    check_query("open=maybe", "open", Fault::NoneOf(vec!["true", "false"]));
    check_query("open=", "open", Fault::NoneOf(vec!["true", "false"]));
    check_query("colour=red", "colour", Fault::UnknownField);
    check_query("color=green", "color", Fault::NoneOf(vec!["red", "blue"]));
    check_query("open=true&open=true", "open", Fault::Twice);
    check_query("user=ida", "user", Fault::NoId);
    check_query("seats=many", "seats", Fault::WrongKind(ValueKind::Whole, ValueKind::Text));
    check_query("q=%00", "q", Fault::NulCharacter);
}
