//! The crowd: many connections that stay open, each sending one request after the other and waiting for its answer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::super::BootError;
use crate::clock::Stopwatch;
use crate::domain::ids::EventId;
use crate::sandbox::WebhookSent;

/// No answer is longer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// One request, as it goes over the wire.
pub(super) struct Request(Vec<u8>);

impl Request {
    /// Somebody signs up.
    pub(super) fn sign_up(host: SocketAddr, event: EventId, token: &str) -> Self {
        Self(
            format!(
                "POST /api/v1/events/{}/registrations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
                event.0
            )
            .into_bytes(),
        )
    }

    /// The provider tells something.
    pub(super) fn webhook(host: SocketAddr, path: &str, sent: &WebhookSent) -> Self {
        let WebhookSent { date, content_sha256, authorization, body } = sent;
        let length = body.len();
        Self(
            format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nx-ms-date: {date}\r\nx-ms-content-sha256: {content_sha256}\r\n\
                 Authorization: {authorization}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }

    /// Somebody reads.
    pub(super) fn get(host: SocketAddr, path: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes())
    }

    /// Sends it.
    pub(super) async fn send(&self, stream: &TcpStream) -> std::io::Result<()> {
        write_all(stream, &self.0).await
    }
}

/// When a connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Before the first request of all, and not measured.
    Before,
    /// With its first request.
    AtOnce,
}

/// What was measured.
pub(super) struct Measured {
    latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub(super) took: Duration,
    /// How many were not answered with success.
    pub(super) failed: usize,
}

impl Measured {
    pub(super) fn new(mut latencies: Vec<Duration>, took: Duration, failed: usize) -> Self {
        latencies.sort_unstable();
        Self { latencies, took, failed }
    }

    pub(super) fn per_second(&self) -> u128 {
        let answered = u128::try_from(self.latencies.len()).unwrap_or(u128::MAX);
        answered.saturating_mul(1_000_000) / self.took.as_micros().max(1)
    }

    /// The latency that so many of a hundred stayed within.
    pub(super) fn percentile(&self, of_hundred: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((self.latencies.len() * of_hundred / 100).min(last)).copied().unwrap_or_default()
    }
}

/// Sends all requests over so many connections, each as soon as the one before it on its connection is answered.
pub(super) async fn press(
    to: SocketAddr,
    requests: Vec<Request>,
    connections: usize,
    opened: Opened,
) -> Result<Measured, BootError> {
    let connections = connections.clamp(1, requests.len().max(1));
    let mut shares: Vec<Vec<Request>> = (0..connections).map(|_| Vec::new()).collect();
    for (number, request) in requests.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(number % connections) {
            share.push(request);
        }
    }
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(match opened {
            Opened::Before => Some(connect(to).await.map_err(BootError::io("connecting"))?),
            Opened::AtOnce => None,
        });
    }
    let all = Stopwatch::start();
    let mut people = JoinSet::new();
    for (stream, share) in streams.into_iter().zip(shares) {
        people.spawn(send_all(to, stream, share));
    }
    let (mut latencies, mut failed) = (Vec::new(), 0);
    while let Some(done) = people.join_next().await {
        let (of_one, failures) = done
            .map_err(|cause| BootError::Unexpected(cause.to_string()))?
            .map_err(BootError::io("talking to the house"))?;
        latencies.extend(of_one);
        failed += failures;
    }
    Ok(Measured::new(latencies, all.elapsed(), failed))
}

/// A connection that sends at once what it is given.
pub(super) async fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn send_all(
    to: SocketAddr,
    stream: Option<TcpStream>,
    requests: Vec<Request>,
) -> std::io::Result<(Vec<Duration>, usize)> {
    let (mut latencies, mut failed) = (Vec::with_capacity(requests.len()), 0);
    let mut one = Stopwatch::start();
    let stream = match stream {
        Some(stream) => stream,
        None => connect(to).await?,
    };
    let mut buffer = Vec::with_capacity(4_096);
    for request in requests {
        request.send(&stream).await?;
        buffer.clear();
        if !(200..300).contains(&read_answer(&stream, &mut buffer).await?) {
            failed += 1;
        }
        latencies.push(one.elapsed());
        one = Stopwatch::start();
    }
    Ok((latencies, failed))
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads one answer with a length, and says its status.
pub(super) async fn read_answer(stream: &TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<u16> {
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    loop {
        if let Some((status, whole)) = head(buffer)
            && buffer.len() >= whole
        {
            return Ok(status);
        }
        if buffer.len() > ANSWER_BYTES_MAX {
            return Err(broken());
        }
        stream.readable().await?;
        match stream.try_read_buf(buffer) {
            Ok(0) => return Err(broken()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// The status of an answer and how long all of it is, once its head is there.
fn head(buffer: &[u8]) -> Option<(u16, usize)> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(buffer.get(..end)?).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some((status, end + length.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        assert_eq!(head(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n"), None);
        assert_eq!(head(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n"), Some((201, 45)));
        assert_eq!(head(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, 27)));
    }

    #[test]
    fn figures_of_nothing_are_nothing() {
        let nothing = Measured::new(Vec::new(), Duration::ZERO, 0);
        assert_eq!((nothing.per_second(), nothing.percentile(99)), (0, Duration::ZERO));
    }

    #[test]
    fn percentiles_are_read_off_the_sorted_list() {
        let measured = Measured::new((1..=200).rev().map(Duration::from_millis).collect(), Duration::from_secs(2), 0);
        assert_eq!(measured.per_second(), 100);
        assert_eq!((measured.percentile(50).as_millis(), measured.percentile(99).as_millis()), (101, 199));
    }
}
