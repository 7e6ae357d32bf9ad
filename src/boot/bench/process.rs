//! The server as a process of its own, as it is deployed: how soon it answers, what memory it takes, and how it tells
//! thousands of listeners what changes.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::super::{BootError, furnish, open_store};
use super::crowd::{self, Measured, Opened, Request};
use super::row::Row;
use super::scenes::{SEATS, path_of};
use super::stage::{self, Stage};
use crate::clock::{Stopwatch, sleep};
use crate::config::{KeySettings, Settings, own_binary};
use crate::domain::ids::EventId;
use crate::keys::Keys;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long memory gets to settle before it is read.
const SETTLING: Duration = Duration::from_secs(2);
/// No more connections than these are opened in the same instant.
const OPENING_TOGETHER: usize = 500;

/// The server, over a database that is there already. It does not outlive its scene.
struct Process {
    child: Child,
    address: SocketAddr,
    /// From the start to the first answer.
    first_answer: Duration,
    tokens: Vec<String>,
    event: EventId,
}

impl Process {
    async fn start(stage: &Stage) -> Result<Self, BootError> {
        let own = stage::file_in(&stage.folder, &format!("{}.db", stage.app.clock.id()));
        let database_url = stage.options.database_url.clone().unwrap_or(own);
        let settings = Settings { database_url: database_url.clone(), ..(*stage.app.settings).clone() };
        let store = open_store(&settings, &stage.app.clock)?;
        store.migrate().await?;
        let keys = Keys::from_settings(&KeySettings { master: stage.master_key.clone(), ..Settings::default().keys })?;
        let app = furnish(settings, store, stage.app.clock.clone(), keys, Arc::clone(&stage.app.mail))?;
        let tokens = stage::invite(&app, stage.options.people).await?;
        let event = stage::new_event(&app, SEATS, None).await?;
        app.store.close().await;
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).map_err(BootError::io("a port"))?;
        let address = free.local_addr().map_err(BootError::io("a port"))?;
        drop(free);
        let binary = own_binary().map_err(BootError::io("finding the binary"))?;
        let watch = Stopwatch::start();
        let vipps = &stage.app.settings.vipps;
        let child = Command::new(binary)
            .args(["serve", "--log", "error"])
            .env_clear()
            .env("PLASS_LISTEN", address.to_string())
            .env("PLASS_PUBLIC_URL", format!("http://{address}"))
            .env("PLASS_DATABASE_URL", database_url)
            .env("PLASS_KEYS_MASTER", &stage.master_key)
            .env("PLASS_VIPPS_BASE_URL", &vipps.base_url)
            .env("PLASS_VIPPS_CLIENT_ID", &vipps.client_id)
            .env("PLASS_VIPPS_CLIENT_SECRET", &vipps.client_secret)
            .env("PLASS_VIPPS_SUBSCRIPTION_KEY", &vipps.subscription_key)
            .env("PLASS_VIPPS_MERCHANT_SERIAL_NUMBER", &vipps.merchant_serial_number)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(BootError::io("starting a server"))?;
        let mut process = Self { child, address, first_answer: Duration::ZERO, tokens, event };
        while !process.answers().await {
            if watch.elapsed() > PATIENCE {
                return Err(BootError::Unexpected("the server does not answer".to_owned()));
            }
            sleep(Duration::from_millis(1)).await;
        }
        process.first_answer = watch.elapsed();
        Ok(process)
    }

    async fn answers(&self) -> bool {
        let one = [Request::get(self.address, &path_of(self.event))];
        crowd::press(self.address, one.into(), 1, Opened::AtOnce).await.is_ok_and(|measured| measured.failed == 0)
    }

    /// A line of what Linux tells about a process, in KiB; nothing elsewhere.
    fn memory(&self, line: &str) -> u128 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        found.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    fn sign_ups(&self) -> Vec<Request> {
        self.tokens.iter().map(|token| Request::sign_up(self.address, self.event, token)).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The first answer, and memory at rest and under the burst.
pub(super) async fn alone(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let process = Process::start(stage).await?;
    sleep(SETTLING).await;
    let idle = process.memory("VmRSS");
    let measured = crowd::press(process.address, process.sign_ups(), stage.options.connections, Opened::Before).await?;
    Ok(Row::of(name, measured)
        .with("first_answer_ms", process.first_answer.as_millis())
        .with("memory_idle_kib", idle)
        .with("memory_at_most_kib", process.memory("VmHWM")))
}

/// Many listen to one event; somebody signs up for it.
pub(super) async fn listeners(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let process = Process::start(stage).await?;
    sleep(SETTLING).await;
    let before = process.memory("VmRSS");
    let mut streams = Vec::with_capacity(stage.options.listeners);
    while streams.len() < stage.options.listeners {
        let mut opening = JoinSet::new();
        for _ in 0..OPENING_TOGETHER.min(stage.options.listeners - streams.len()) {
            opening.spawn(listen(process.address, process.event));
        }
        while let Some(opened) = opening.join_next().await {
            let opened = opened.map_err(|cause| BootError::Unexpected(cause.to_string()))?;
            streams.push(opened.map_err(BootError::io("listening"))?);
        }
    }
    let with_all = process.memory("VmRSS");
    let one: Vec<Request> = process.sign_ups().into_iter().take(1).collect();
    let watch = Stopwatch::start();
    let mut hearing = JoinSet::new();
    for stream in streams {
        hearing.spawn(async move {
            hear(&stream).await?;
            Ok::<_, std::io::Error>((stream, watch.elapsed()))
        });
    }
    crowd::press(process.address, one, 1, Opened::AtOnce).await?;
    let (mut latencies, mut streams) = (Vec::new(), Vec::new());
    while let Some(heard) = hearing.join_next().await {
        let heard = heard.map_err(|cause| BootError::Unexpected(cause.to_string()))?;
        let (stream, after) = heard.map_err(BootError::io("listening"))?;
        latencies.push(after);
        streams.push(stream);
    }
    let took = watch.elapsed();
    Ok(Row::of(name, Measured::new(latencies, took, 0))
        .with("listeners", u128::try_from(streams.len()).unwrap_or_default())
        .with("memory_for_them_kib", with_all.saturating_sub(before)))
}

/// Opens a stream, and reads what it says first.
async fn listen(to: SocketAddr, event: EventId) -> std::io::Result<TcpStream> {
    let stream = crowd::connect(to).await?;
    Request::get(to, &format!("{}/stream", path_of(event))).send(&stream).await?;
    hear(&stream).await?;
    Ok(stream)
}

/// Waits until the stream has said something, to its end.
async fn hear(stream: &TcpStream) -> std::io::Result<()> {
    let mut said = Vec::new();
    loop {
        stream.readable().await?;
        match stream.try_read_buf(&mut said) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            // A frame ends with an empty line; the head of the answer does too, with others.
            Ok(_) if said.ends_with(b"\n\n\r\n") || said.ends_with(b"\n\n") => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
