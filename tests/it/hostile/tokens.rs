//! Access tokens that are not ours, or not good any more: each is nobody's.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use super::check_all;
use crate::support::people::{House, Person};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signed with HMAC-SHA256, whatever the header says.
fn signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let said = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn signed_longer(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let said = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha512>::new_from_slice(secret).unwrap();
    mac.update(said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The same with one more or another field; null takes one away.
fn with(value: &Value, name: &str, field: Value) -> Value {
    let mut changed = value.clone();
    if field.is_null() {
        drop(changed.as_object_mut().unwrap().remove(name));
    } else {
        changed[name] = field;
    }
    changed
}

/// Every token that must not be taken, with what is wrong with it.
fn wrong_tokens(house: &House, ida: &Person, ola: &Person) -> Vec<(String, String)> {
    let secret = house.app.keys.token_secret().to_vec();
    let parts: Vec<&str> = ida.token.split('.').collect();
    let (header, claims) = (read(parts[0]), read(parts[1]));
    let now = house.app.clock.machine_now().timestamp();
    let mut wrong = Vec::new();
    let mut add = |what: &str, token: String| wrong.push((what.to_owned(), token));
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let bare = with(&header, "alg", json!(none));
        add("no algorithm, no signature", format!("{}.{}.", part(&bare), parts[1]));
        add("no algorithm, two parts", format!("{}.{}", part(&bare), parts[1]));
        add("no algorithm, the old signature", format!("{}.{}.{}", part(&bare), parts[1], parts[2]));
        add("no algorithm, signed all the same", signed(&bare, &claims, &secret));
    }
    add("no signature", format!("{}.{}.", parts[0], parts[1]));
    for other in ["RS256", "PS256", "ES256", "EdDSA", "HS384", "HS512"] {
        add("another algorithm over our key", signed(&with(&header, "alg", json!(other)), &claims, &secret));
        add("another algorithm, truly", signed_longer(&with(&header, "alg", json!(other)), &claims, &secret));
    }
    add("no algorithm named", signed(&with(&header, "alg", Value::Null), &claims, &secret));
    for kid in [json!("other"), json!(""), json!("../test"), json!(1), json!(["test"]), json!("TEST"), Value::Null] {
        add("another key", signed(&with(&header, "kid", kid), &claims, &secret));
    }
    add("a key of one's own", signed(&header, &claims, b"guess"));
    add("an empty key", signed(&header, &claims, b""));
    let own = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("guess"), "alg": "HS256" });
    add("a key that it brings along", signed(&with(&header, "jwk", own), &claims, b"guess"));
    for (name, values) in [
        ("iss", vec![json!("other"), json!("Plass"), json!(""), json!(["plass", "other"]), Value::Null]),
        ("aud", vec![json!("other"), json!("plass"), json!(""), json!([]), Value::Null]),
        (
            "exp",
            vec![
                json!(now),
                json!(now - 1),
                json!(0),
                json!(-1),
                json!("4102444800"),
                json!(f64::INFINITY),
                Value::Null,
            ],
        ),
        ("sub", vec![json!(ola.id), json!("x"), json!(""), Value::Null]),
        (
            "sid",
            vec![read(ola.token.split('.').nth(1).unwrap())["sid"].clone(), json!(ida.id), json!("x"), Value::Null],
        ),
    ] {
        for value in values {
            add(&format!("{name} is {value}"), signed(&header, &with(&claims, name, value), &secret));
        }
    }
    add("a claim that was changed", format!("{}.{}.{}", parts[0], part(&with(&claims, "x", json!(1))), parts[2]));
    add("a header that was changed", format!("{}.{}.{}", part(&with(&header, "x", json!(1))), parts[1], parts[2]));
    add("twice", format!("{0} {0}", ida.token));
    add("twice without a space", format!("{0}{0}", ida.token));
    add("twice with a dot", format!("{0}.{0}", ida.token));
    add("twice with a comma", format!("{0},{0}", ida.token));
    add("padded", format!("{}==", ida.token));
    add("a fourth part", format!("{}.x", ida.token));
    add("in quotes", format!("\"{}\"", ida.token));
    add("two kinds", format!("{}.{}.{}", parts[0], parts[1], ola.token.split('.').nth(2).unwrap()));
    add("the wrong alphabet", format!("{}.{}.{}", parts[0], parts[1], STANDARD.encode([0xff; 32])));
    add("a refresh token", ida.refresh_token.clone());
    add("nothing", String::new());
    add("long", "x".repeat(8_000));
    add("a long claim", signed(&header, &with(&claims, "x", json!("x".repeat(6_000))), &secret));
    for length in 0..ida.token.len() {
        add(&format!("cut to {length}"), ida.token[..length].to_owned());
    }
    wrong
}

#[actix_web::test]
async fn a_token_that_is_not_ours_is_nobodys() {
    let house = House::open().await;
    let (ida, ola) = (house.person("ida").await, house.person("ola").await);
    let secret = house.app.keys.token_secret().to_vec();
    let parts: Vec<&str> = ida.token.split('.').collect();
    // The very way the wrong ones are made makes a good one.
    let good = signed(&read(parts[0]), &read(parts[1]), &secret);
    assert_eq!(house.get("/me", Some(&good)).await.json["user_id"], ida.id.as_str());
    let wrong = wrong_tokens(&house, &ida, &ola);
    assert!(wrong.len() > 300, "{}", wrong.len());
    let mut taken = Vec::new();
    for (what, token) in &wrong {
        let reply = house.get("/me", Some(token)).await;
        if reply.refusal() != (401, "unauthenticated") || reply.header("www-authenticate") != "Bearer" {
            taken.push(format!("{what}: {} {}", reply.status, reply.text));
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    for scheme in ["Basic", "Token", "BearerX", ""] {
        let request = house.request("GET", "/me", None).header("authorization", format!("{scheme} {}", ida.token));
        assert_eq!(house.send(request).await.refusal(), (401, "unauthenticated"), "{scheme}");
    }
    for place in ["/me?access_token=", "/me?token="] {
        let reply = house.get(&format!("{place}{}", ida.token), None).await;
        assert_eq!(reply.refusal(), (401, "unauthenticated"), "{place}");
    }
    assert_eq!(house.get("/me", Some(&ida.token)).await.status, 200);
    house.app.clock.advance_machine(TimeDelta::minutes(15));
    assert_eq!(house.get("/me", Some(&ida.token)).await.refusal(), (401, "unauthenticated"));
    house.close().await;
}

#[test]
fn no_letter_of_a_token_can_be_another() {
    let runtime = super::runtime();
    let (world, ida) = runtime.block_on(async {
        let world = crate::support::world::World::begin().await;
        let ida = world.person("ida").await;
        (world, ida)
    });
    let inputs = (proptest::prelude::any::<proptest::sample::Index>(), 0_u8..64);
    check_all(300, &inputs, |(place, letter)| {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut bytes = ida.token.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = alphabet[usize::from(letter)];
        let other = String::from_utf8(bytes).unwrap();
        let expected = if other == ida.token { 200 } else { 401 };
        let request = world.request("GET", "/me", None).bearer_auth(&other);
        assert_eq!(runtime.block_on(world.send(request)).status, expected, "{at} is {letter}");
    });
    runtime.block_on(world.end());
}
