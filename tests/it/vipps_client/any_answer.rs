//! Whatever the provider answers, whole or cut, in any charset: nothing panics, and no money is believed to be where the
//! answer does not say so.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;

use super::server::{Reply, Server, TOKEN, answer};
use super::{PAYMENT, PROBLEM, client_of, kroner, reference, told};
use crate::hostile::check_all;
use plass::domain::money::Ore;
use plass::vipps::PaymentProvider;

/// An answer as bytes on the wire.
#[derive(Clone, Debug)]
struct Said {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    /// How much of the body is missing, though its length was told.
    missing: usize,
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let whole =
        prop::sample::select(vec![PAYMENT.to_owned(), PROBLEM.to_owned(), format!("[{PAYMENT}]"), String::new()]);
    let swap = (
        whole.clone(),
        prop::sample::select(vec![
            "\"NOK\"",
            "100",
            "0",
            "\"CREATED\"",
            "\"plass-0123456789\"",
            "\"value\"",
            "{",
            "}",
            ",",
            "\"6080\"",
            "null",
            "\"aggregate\"",
        ]),
        prop_oneof![
            Just("-1".to_owned()),
            Just("1e3".to_owned()),
            Just("99999999999999999999".to_owned()),
            Just("null".to_owned()),
            Just("\"AUTHORIZED\"".to_owned()),
            Just("\"DKK\"".to_owned()),
            Just("[]".to_owned()),
            Just("\"\\u0000\"".to_owned()),
            Just("\"\\ud800\"".to_owned()),
            Just("100.0".to_owned()),
            any::<String>(),
        ],
    )
        .prop_map(|(text, from, to)| text.replace(from, &to).into_bytes());
    let cut = (whole.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let length = at.index(text.len() + 1);
        text.into_bytes()[..length].to_vec()
    });
    let wide = whole.clone().prop_map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let marked = whole.clone().prop_map(|text| [vec![0xef, 0xbb, 0xbf], text.into_bytes()].concat());
    let huge = whole.clone().prop_map(|text| [vec![b' '; 300 * 1024], text.into_bytes()].concat());
    let deep = (1_usize..5_000).prop_map(|depth| "[".repeat(depth).into_bytes());
    prop_oneof![
        4 => whole.prop_map(String::into_bytes),
        6 => swap,
        3 => cut,
        1 => wide,
        1 => marked,
        1 => huge,
        1 => deep,
        2 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let content_type = prop::sample::select(vec![
        "application/json",
        "application/problem+json",
        "text/html; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "image/png",
        "",
    ]);
    let status =
        prop_oneof![4 => Just(200_u16), 1 => 200_u16..205, 2 => 400_u16..500, 1 => 300_u16..400, 1 => 500_u16..600];
    (status, content_type, body(), prop_oneof![4 => Just(0_usize), 1 => 1_usize..50]).prop_map(
        |(status, content_type, body, missing)| Said { status, content_type: content_type.to_owned(), body, missing },
    )
}

fn written(said: &Said) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        said.status,
        said.content_type,
        said.body.len() + said.missing
    );
    [head.into_bytes(), said.body.clone()].concat()
}

/// What the sum says, read a second time.
fn sum(payment: &Value, name: &str) -> Option<Ore> {
    payment["aggregate"][name]["value"].as_i64().map(Ore)
}

#[test]
fn whatever_the_provider_answers_is_read_or_not_believed() {
    let now: Arc<Mutex<Vec<u8>>> = Arc::default();
    let script = Arc::clone(&now);
    let server = Server::start(move |request| {
        if request.is_for_token() { answer(200, TOKEN) } else { Reply::Bytes(script.lock().unwrap().clone()) }
    });
    let runtime = crate::hostile::runtime();
    let client = client_of(&server);
    check_all(1_200, &said(), |said| {
        *now.lock().unwrap() = written(&said);
        let whole = said.missing == 0 && !matches!(said.status, 204 | 304);
        let text = String::from_utf8_lossy(&said.body).into_owned();
        let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
        // Half a surrogate pair in a field that nobody reads is no reason not to read the others.
        let is_odd = text.contains("\\ud800");
        runtime.block_on(async {
            match client.get(&reference()).await {
                Ok(Some(seen)) => {
                    assert!(whole && (200..300).contains(&said.status), "{said:?}");
                    if is_odd {
                        return;
                    }
                    assert_eq!(json["reference"], reference().as_str());
                    let amounts = seen.amounts;
                    let seen = [amounts.authorized, amounts.captured, amounts.refunded, amounts.cancelled];
                    let told = ["authorized", "captured", "refunded", "cancelled"];
                    assert_eq!(seen.map(Some), told.map(|name| sum(&json, &format!("{name}Amount"))), "{text}");
                    assert!(seen.iter().all(|amount| amount.0 >= 0), "{text}");
                }
                Ok(None) => assert_eq!(said.status, 404, "{said:?}"),
                Err(_) => {}
            }
            match client.create(&reference(), "{}", "k").await {
                Ok(_) => {
                    let is_ours = is_odd || json["reference"] == reference().as_str();
                    assert!(whole && (200..300).contains(&said.status) && is_ours);
                }
                // Only a definite no is one: anything else may have made the payment.
                Err(error) => assert_definite(&said, &told::<()>(Err(error))),
            }
            match client.refund(&reference(), kroner(1), "k").await {
                Ok(()) => assert!((200..300).contains(&said.status), "{said:?}"),
                Err(error) => assert_definite(&said, &told::<()>(Err(error))),
            }
            if let Ok(lines) = client.events(&reference()).await {
                let count = json.as_array().map(Vec::len);
                assert!(whole && (is_odd || Some(lines.len()) == count), "{said:?}");
            }
            if let Ok(hooks) = client.webhooks().await {
                assert!(whole && json.is_object() && hooks.is_empty() != json["webhooks"].is_array(), "{said:?}");
            }
            if let Ok((id, secret)) = client.register_webhook("https://plass.test/webhooks/vipps").await {
                assert!(!id.is_empty() && !secret.is_empty(), "{said:?}");
            }
        });
    });
}

#[track_caller]
fn assert_definite(said: &Said, told: &str) {
    let is_no = (400..500).contains(&said.status) && !matches!(said.status, 401 | 403 | 408 | 423 | 429);
    assert!(is_no || !told.starts_with("refused"), "{told}: {said:?}");
}

#[test]
fn whatever_is_said_about_a_token_is_no_token_unless_it_is_one() {
    let now: Arc<Mutex<Vec<u8>>> = Arc::default();
    let script = Arc::clone(&now);
    let server = Server::start(move |request| {
        if request.is_for_token() { Reply::Bytes(script.lock().unwrap().clone()) } else { answer(200, PAYMENT) }
    });
    let runtime = crate::hostile::runtime();
    let parts =
        ("[ -~]{0,20}", prop_oneof![Just("\"3600\"".to_owned()), Just("3600".to_owned()), any::<String>()], said());
    check_all(400, &parts, |(token, life, mut said)| {
        if said.status == 200 {
            said.body =
                format!(r#"{{"token_type":"Bearer","expires_in":{life},"access_token":"{token}"}}"#).into_bytes();
        }
        *now.lock().unwrap() = written(&said);
        let client = client_of(&server);
        // Without a token nothing leaves, so nothing was done.
        match runtime.block_on(client.capture(&reference(), kroner(1), "k")) {
            Ok(()) => assert_eq!((said.status / 100, said.missing), (2, 0), "{said:?}"),
            Err(error) => assert!(told::<()>(Err(error)).starts_with("unavailable"), "{said:?}"),
        }
    });
}
