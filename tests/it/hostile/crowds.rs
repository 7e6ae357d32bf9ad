//! Clients that are slow, giant, many, or speak no HTTP: each is shown the door, and everybody else is served meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use plass::clock::Stopwatch;
use proptest::prelude::*;

use super::{any_text, check_all, runtime};
use crate::support::world::World;

/// What a server says that answers: the status of its first answer, if it gave one before it closed.
fn status_of(said: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(said.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    line.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()
}

fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.url().strip_prefix("http://").unwrap()).unwrap()
}

/// Sends bytes, says that there are no more, and hears until the server has closed.
fn sends(world: &World, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(world);
    // A server that has heard enough may have closed before the end.
    let sent = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut said = Vec::new();
    let heard = stream.read_to_end(&mut said);
    assert!(sent.is_ok() || heard.is_err() || !said.is_empty() || bytes.len() > 10_000, "{sent:?} {heard:?}");
    said
}

/// Goes on sending until the server has closed the connection.
fn hears_no_more(mut stream: TcpStream, piece: &[u8]) {
    let watch = Stopwatch::start();
    while stream.write_all(piece).is_ok() {
        assert!(watch.elapsed().as_secs() < 30, "the server reads on and on");
    }
}

async fn is_well(world: &World) {
    let ready = world.visit("GET", &format!("{}/health/ready", world.url())).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
}

#[test]
fn requests_that_never_end_hold_nobody_up() {
    let runtime = runtime();
    let world = runtime.block_on(World::begin());
    let ida = runtime.block_on(world.person("ida"));
    // Half a line, half a head, a body that was announced and never comes, one that comes in pieces without an end.
    let halves: [&[u8]; 4] = [
        b"GET /api/v1/ev",
        b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAccept: ",
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
        b"POST /webhooks/vipps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ];
    let held: Vec<TcpStream> = (0..240)
        .map(|number| {
            let mut stream = connect(&world);
            stream.write_all(halves[number % halves.len()]).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        runtime.block_on(is_well(&world));
        assert_eq!(runtime.block_on(world.get(&ida, "/me")).status, 200);
    }
    drop(held);
    runtime.block_on(world.end());
}

#[test]
fn what_is_too_much_is_not_kept() {
    let runtime = runtime();
    let world = runtime.block_on(World::begin());
    // A body without an end is refused before its end, and thrown away as it comes.
    let mut endless = connect(&world);
    endless
        .write_all(
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
              Transfer-Encoding: chunked\r\n\r\n",
        )
        .unwrap();
    let piece = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    for _ in 0..40 {
        endless.write_all(&piece).unwrap();
    }
    let mut said = [0_u8; 12];
    endless.read_exact(&mut said).unwrap();
    assert_eq!(status_of(&[&said[..], b" "].concat()), Some(413));
    hears_no_more(endless, &piece);
    // Nor is one listened to that nobody reads: the answer does not depend on it.
    let mut unread = connect(&world);
    unread.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    unread.read_exact(&mut said).unwrap();
    assert_eq!(status_of(&[&said[..], b" "].concat()), Some(200));
    hears_no_more(unread, &piece);
    for (what, bytes) in [
        ("a long line", format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20))),
        ("a long header", format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))),
        ("many headers", format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(100_000))),
        ("a giant number", "POST /webhooks/vipps HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n".to_owned()),
        ("less than nothing", "POST /webhooks/vipps HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned()),
        (
            "two lengths",
            "POST /webhooks/vipps HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_owned(),
        ),
        (
            "a length and pieces",
            "POST /webhooks/vipps HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        ),
    ] {
        let said = sends(&world, bytes.as_bytes());
        let status = status_of(&said);
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{what}: {status:?}");
        runtime.block_on(is_well(&world));
    }
    let long = format!("/api/v1/auth/login?{}", "x".repeat(30_000));
    let reply = runtime.block_on(world.visit("POST", &format!("{}{long}", world.url())));
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    runtime.block_on(world.end());
}

#[test]
fn what_is_no_http_does_no_harm() {
    let runtime = runtime();
    let world = runtime.block_on(World::begin());
    let head = (
        prop_oneof![
            any_text(),
            prop::sample::select(vec!["GET", "POST", "PRI", "CONNECT", "TRACE", "OPTIONS"]).prop_map(str::to_owned)
        ],
        prop_oneof![
            any_text(),
            Just("/api/v1/events".to_owned()),
            Just("*".to_owned()),
            Just("http://evil.example/".to_owned())
        ],
        prop::sample::select(vec!["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "", "http/1.1"]),
        prop::collection::vec((any_text(), any_text()), 0..4),
    )
        .prop_map(|(method, path, version, headers)| {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            format!("{method} {path} {version}\r\nHost: x\r\n{headers}\r\n").into_bytes()
        });
    let inputs = prop_oneof![head, prop::collection::vec(any::<u8>(), 0..400)];
    check_all(400, &inputs, |bytes| {
        let status = status_of(&sends(&world, &bytes));
        assert!(status.is_none_or(|status| status < 500 || status == 505), "{status:?}");
    });
    runtime.block_on(is_well(&world));
    runtime.block_on(world.end());
}
