//! The older API over HTTP: a callback comes once, with the token that was given, and never again; what waits survives a
//! restart; and the landing page opens for five minutes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::guest::{Guest, REFERENCE};

/// Notes each request as text, then answers with this status.
fn listener(status: u16) -> (u16, Receiver<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let (heard, notes) = channel();
    std::thread::spawn(move || {
        for stream in socket.incoming() {
            let mut stream = stream.expect("a caller");
            let (mut text, mut some) = (String::new(), [0_u8; 4_096]);
            while !text.ends_with('}') {
                let read = stream.read(&mut some).expect("bytes");
                text.push_str(&String::from_utf8_lossy(some.get(..read).expect("as many")));
            }
            // Before the answer: whoever reads it looks at the notes.
            if heard.send(text).is_err() {
                return;
            }
            let answer = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("answered");
        }
    });
    (port, notes)
}

async fn initiate(guest: &Guest, reference: &str, port: u16) -> Value {
    let order = json!({
        "merchantInfo": {
            "merchantSerialNumber": "123456", "callbackPrefix": format!("http://127.0.0.1:{port}/hook"),
            "fallBack": "http://localhost/back", "authToken": "the-token",
        },
        "customerInfo": {},
        "transaction": {"orderId": reference, "amount": 25_000, "transactionText": "Julebord"},
    });
    let (status, answer) = guest.post("/ecomm/v2/payments", &order, "").await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn plays(guest: &Guest, reference: &str, act: &str) {
    let (status, told) = guest.control(Method::POST, &format!("/payments/{reference}/{act}"), json!({})).await;
    assert_eq!(status, 200, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_made_once_whatever_it_is_answered() {
    for status in [200, 500] {
        let (guest, (port, notes)) = (Guest::start().await, listener(status));
        for (reference, act, word) in [
            ("order-0001", "approve", "RESERVED"),
            ("order-0002", "abort", "CANCELLED"),
            ("order-0003", "expire", "REJECTED"),
        ] {
            initiate(&guest, reference, port).await;
            plays(&guest, reference, act).await;
            let heard = notes.try_recv().expect("a callback");
            assert!(heard.starts_with(&format!("POST /hook/v2/payments/{reference} HTTP/1.1")), "{heard}");
            assert!(heard.to_lowercase().contains("\r\nauthorization: the-token\r\n"), "{heard}");
            assert!(heard.contains(&format!("\"status\":\"{word}\"")) && heard.contains("\"amount\":25000"), "{heard}");
        }
        // Taking and giving back are the merchant's own acts: nobody is called.
        plays(&guest, "order-0001", "capture").await;
        plays(&guest, "order-0001", "refund").await;
        guest.sandbox.advance(TimeDelta::days(8)).await;
        assert!(notes.try_recv().is_err(), "{status}: a callback came twice");
        guest.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_ecom_and_its_callback_survive_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    let (port, notes) = listener(200);
    let guest = Guest::with_data(data.path()).await;
    let late = json!({"rules": [{"on": "webhook", "do": "delay", "delay": "01:00:00"}]});
    assert_eq!(guest.control(Method::PUT, "/faults", late).await.0, 200);
    initiate(&guest, REFERENCE, port).await;
    plays(&guest, REFERENCE, "decline").await;
    plays(&guest, REFERENCE, "approve").await;
    let details = format!("/ecomm/v2/payments/{REFERENCE}/details");
    let (_, before) = guest.get(&details).await;
    assert_eq!(before["transactionLogHistory"].as_array().map(Vec::len), Some(3), "{before}");
    guest.stop().await;
    let guest = Guest::with_data(data.path()).await;
    assert_eq!(guest.get(&details).await.1, before);
    assert!(notes.try_recv().is_err());
    guest.sandbox.advance(TimeDelta::hours(1)).await;
    assert!(notes.try_recv().expect("a callback").contains("RESERVED"));
    guest.sandbox.advance(TimeDelta::hours(1)).await;
    assert!(notes.try_recv().is_err());
    guest.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_ecom_opens_for_five_minutes() {
    let guest = Guest::start().await;
    let created = initiate(&guest, REFERENCE, 9).await;
    let url = created["url"].as_str().expect("an address");
    assert!(guest.page(url).await.contains("Julebord"));
    let (_, token) = url.split_once("token=").expect("a token");
    guest.sandbox.advance(TimeDelta::minutes(5)).await;
    assert!(!guest.page(url).await.contains("Julebord"));
    // Who opened it in time has five more to approve.
    let (status, location, _) = guest.press(token, "approve").await;
    assert_eq!((status, location.as_deref()), (303, Some("http://localhost/back")));
    assert!(guest.page(url).await.contains("Julebord"));
    guest.stop().await;
}
