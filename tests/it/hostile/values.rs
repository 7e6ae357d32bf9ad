//! Amounts, spans, moments and signatures: read again by a second reading, written and read back.

use plass::clock::at_millis;
use plass::domain::money::{Ore, parse_amount};
use plass::domain::time::{parse_span, write_span};
use plass::http::values::parse_moment;
use plass::http::write_time;
use plass::vipps::signature::{SignedRequest, sign, verify};
use proptest::prelude::*;

use super::{any_text, check_all};

/// An amount by a second reading: whole digits, at most two of a fraction, counted in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if (1..=2).contains(&fraction.len()) => (whole, format!("{fraction:0<2}")),
        Some(_) => return None,
        None => (text, "00".to_owned()),
    };
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit());
    let is_plain = is_number(whole) && is_number(&fraction) && (whole == "0" || !whole.starts_with('0'));
    (is_plain && whole.len() <= 12).then(|| format!("{whole}{fraction}").parse().unwrap())
}

#[test]
fn an_amount_is_what_a_second_reading_says_or_none() {
    let texts = prop_oneof![any_text(), "[0-9]{0,14}(\\.[0-9]{0,4})?", "[0-9+.,eE_ -]{0,12}"];
    check_all(4_000, &texts, |text| {
        assert_eq!(parse_amount(&text).ok().map(|ore| ore.0), hundredths(&text), "{text:?}");
    });
}

#[test]
fn an_amount_comes_back_as_it_went() {
    check_all(2_000, &(0_i64..=99_999_999_999_999), |ore| {
        assert_eq!(parse_amount(&Ore(ore).to_string()), Ok(Ore(ore)));
    });
}

/// Seconds by a second reading.
fn seconds(text: &str) -> Option<i64> {
    let fields: Vec<&str> = text.split(':').collect();
    let widths: &[(usize, usize)] = if fields.len() == 2 { &[(1, 5), (2, 2)] } else { &[(1, 5), (2, 2), (2, 2)] };
    let fits = |(field, (least, most)): (&&str, &(usize, usize))| {
        (*least..=*most).contains(&field.len()) && field.chars().all(|letter| letter.is_ascii_digit())
    };
    if fields.len() != widths.len() || !fields.iter().zip(widths).all(fits) {
        return None;
    }
    let numbers: Vec<i64> = fields.iter().map(|field| field.parse().unwrap()).collect();
    let sum = numbers[0] * 3_600 + numbers[1] * 60 + numbers.get(2).copied().unwrap_or_default();
    let is_clock = numbers[1..].iter().all(|part| *part < 60);
    (is_clock && (1..=744 * 3_600).contains(&sum)).then_some(sum)
}

#[test]
fn a_span_is_what_a_second_reading_says_or_none() {
    let texts = prop_oneof![any_text(), "[0-9]{1,6}:[0-9]{1,3}(:[0-9]{1,3})?", "[0-9]{1,3}:[0-5][0-9](:[0-5][0-9])?"];
    check_all(4_000, &texts, |text| {
        assert_eq!(parse_span(&text).ok().map(|span| span.num_seconds()), seconds(&text), "{text:?}");
    });
    check_all(1_000, &(1_i64..=744 * 3_600), |seconds| {
        let span = chrono::TimeDelta::seconds(seconds);
        assert_eq!(parse_span(&write_span(span)), Ok(span));
    });
}

#[test]
fn a_moment_has_an_offset_and_comes_back_as_it_went() {
    let texts = prop_oneof![
        any_text(),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2})?",
    ];
    check_all(4_000, &texts, |text| {
        let Ok(moment) = parse_moment(&text) else { return };
        let zone = text.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == ':');
        assert!(text.ends_with(['Z', 'z']) || zone.ends_with(['+', '-', '\u{2212}']), "{text:?}");
        assert_eq!(parse_moment(&write_time(moment)), Ok(moment), "{text:?}");
    });
    check_all(1_000, &(0_i64..221_845_392_000_000), |millis| {
        let moment = at_millis(millis);
        assert_eq!(parse_moment(&write_time(moment)), Ok(moment));
    });
}

const URL: &str = "https://plass.test/webhooks/vipps";

#[test]
fn what_was_signed_is_believed_and_nothing_else() {
    let inputs = (prop::collection::vec(any::<u8>(), 0..200), any_text(), "[!-~]{1,40}", any::<prop::sample::Index>());
    check_all(1_000, &inputs, |(body, date, secret, place)| {
        let signed = sign(URL, &date, &body, &secret).unwrap();
        let (sha, authorization) = (signed.content_sha256.as_str(), signed.authorization.as_str());
        let good = SignedRequest { registered_url: URL, date: &date, content_sha256: sha, authorization, body: &body };
        assert!(verify(&good, std::slice::from_ref(&secret)));
        assert!(!verify(&good, &[format!("{secret}x")]));
        let mut longer = body.clone();
        longer.insert(place.index(body.len() + 1), 0);
        assert!(!verify(&SignedRequest { body: &longer, ..good }, std::slice::from_ref(&secret)));
        if !body.is_empty() {
            let mut other = body.clone();
            let at = place.index(other.len());
            other[at] ^= 1;
            assert!(!verify(&SignedRequest { body: &other, ..good }, std::slice::from_ref(&secret)));
        }
        // One letter less of the signature is no signature.
        let cut = &authorization[..authorization.len() - 1];
        assert!(!verify(&SignedRequest { authorization: cut, ..good }, &[secret]));
    });
}

#[test]
fn no_header_that_somebody_makes_up_is_a_signature() {
    let shape =
        "(HMAC-SHA256|hmac-sha256|Bearer|) ?(SignedHeaders=)?[a-z0-9;-]{0,40}&?(Signature=)?[A-Za-z0-9+/=]{0,60}";
    let inputs = (prop_oneof![any_text(), shape], any_text(), any_text(), prop::collection::vec(any::<u8>(), 0..50));
    check_all(4_000, &inputs, |(authorization, date, sha, body)| {
        let request = SignedRequest {
            registered_url: URL,
            date: &date,
            content_sha256: &sha,
            authorization: &authorization,
            body: &body,
        };
        assert!(!verify(&request, &["the secret".to_owned()]), "{request:?}");
    });
}
