//! A Vipps of our own: the provider's API, a landing page and a control port, with no keys and no network.
//!
//! It is an independent reading of the contract and shares nothing with our client but the clock. It listens on this
//! machine only, delivers webhooks to this machine only, and never moves real money.

mod answers;
mod api;
mod askell;
mod call;
mod codes;
mod control;
mod delivery;
mod desk;
mod ecom;
mod faults;
mod hooks;
mod in_process;
mod journal;
mod keys;
mod limits;
mod observed;
mod office;
mod pages;
mod payment;
mod phone;
mod qr;
mod random;
mod refusal;
mod request;
#[cfg(test)]
mod tests;
mod token;
mod wire;
mod words;
mod world;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{NormalizePath, TrailingSlash};
use actix_web::web::{Data, PayloadConfig, to};
use actix_web::{App, HttpServer};
use chrono::TimeDelta;
use tokio::task::JoinHandle;

pub use self::askell::{BellSent, ChargeSeen, Operation as OfAskell, TestCard};
pub use self::ecom::Older;
pub use self::in_process::{Answered, Asked, InProcess, PaymentSeen, WebhookSent};
pub use self::journal::stored_offset;
use self::office::Office;
use crate::clock::{Clock, Timestamp};

/// The largest request body.
const BODY_MAX: usize = 64 * 1024;

/// The server that lives in the same process as the sandbox, if there is one.
#[async_trait::async_trait]
pub trait Neighbor: Send + Sync {
    /// Does everything that is due now; true when it did anything.
    async fn run_until_idle(&self) -> bool;
    /// The next moment of domain time at which it wants to act.
    async fn next_due(&self) -> Option<Timestamp>;
}

/// How a sandbox is set up.
pub struct Settings {
    /// The clock it shares with its neighbor.
    pub clock: Clock,
    /// The folder of its journal; without one everything is forgotten when it stops.
    pub data: Option<PathBuf>,
    /// Whether a background task delivers webhooks and ends sessions when they are due. Tests settle instead.
    pub ticking: bool,
}

/// Why a sandbox does not start, or stopped working.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address could be reached from other machines.
    #[error("the sandbox listens on this machine only, and {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The address is taken or not ours.
    #[error("listening on {address}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The journal cannot be read or written.
    #[error("using {}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The journal holds what no sandbox wrote.
    #[error("line {line} of {} cannot be understood", path.display())]
    CorruptJournal {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// Another sandbox has the folder.
    #[error("another sandbox uses {}", data.display())]
    InUse {
        /// The folder.
        data: PathBuf,
    },
    /// It was stopped, or its journal failed earlier.
    #[error("the sandbox was stopped, or its journal failed, so nothing is answered any more")]
    Closed,
    /// The client for webhooks cannot be made.
    #[error("making the webhook client")]
    Client(#[source] reqwest::Error),
    /// There is no randomness to be had.
    #[error("drawing random numbers: {0}")]
    Random(getrandom::Error),
}

/// A running sandbox. Dropping it stops it.
pub struct Sandbox {
    office: Arc<Office>,
    address: SocketAddr,
    server: ServerHandle,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    ticking: Option<JoinHandle<()>>,
}

/// Moves the time that the sandbox shares with its neighbor.
pub struct Clockwork(Arc<Office>);

impl Clockwork {
    /// Moves domain time forward through every due moment in order, settling at each.
    pub async fn advance(&self, by: TimeDelta) {
        let office = Arc::clone(&self.0);
        // At home it goes on to the end, whoever asked for it and went away.
        let moved = self.0.home.spawn(async move { office.advance(by).await }).await;
        match moved {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %error, "the sandbox cannot write the time down"),
            Err(error) => tracing::error!(error = %error, "a journey through time was cut off"),
        }
    }
}

impl Sandbox {
    /// Binds `listen` (port 0: any free one) and serves until it is stopped. Other machines' addresses are refused.
    pub async fn start(settings: Settings, listen: SocketAddr) -> Result<Self, SandboxError> {
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let trouble = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).map_err(trouble)?;
        let address = listener.local_addr().map_err(trouble)?;
        let seed = getrandom::u64().map_err(SandboxError::Random)?;
        let ticks = settings.ticking;
        let office = Arc::new(Office::open(settings, format!("http://{address}"), seed)?);
        let shared = Data::from(office.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(PayloadConfig::new(BODY_MAX))
                .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
                .configure(api::routes)
                .configure(ecom::routes)
                .configure(control::routes)
                .configure(pages::routes)
                .configure(phone::routes)
                .configure(qr::routes)
                .configure(askell::api::routes)
                .configure(askell::card_page::routes)
                .default_service(to(api::not_found))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(1).listen(listener).map_err(trouble)?.run();
        let handle = server.handle();
        #[expect(clippy::disallowed_methods, reason = "the sandbox serves and ticks beside whoever started it")]
        let (serving, ticking) = (tokio::spawn(server), ticks.then(|| tokio::spawn(office.clone().tick())));
        Ok(Self { office, address, server: handle, serving: Some(serving), ticking })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Names the server that lives in the same process.
    pub fn set_neighbor(&self, neighbor: Arc<dyn Neighbor>) {
        self.office.set_neighbor(neighbor);
    }

    /// Delivers what is due and lets the neighbor run, again and again until neither has anything to do now.
    pub async fn settle(&self) {
        self.office.settle().await;
    }

    /// Moves domain time forward through every due moment in order, settling at each.
    pub async fn advance(&self, by: TimeDelta) {
        self.clockwork().advance(by).await;
    }

    /// What moves the time, for whoever does not hold the sandbox itself.
    pub fn clockwork(&self) -> Clockwork {
        Clockwork(Arc::clone(&self.office))
    }

    /// Does its own due work only: sessions that end and webhooks. True when there was any.
    pub async fn run_until_idle(&self) -> bool {
        self.office.run_until_idle().await
    }

    /// The next moment at which it wants to act itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.office.next_due()
    }

    /// Stops serving and working.
    pub async fn stop(mut self) {
        self.halt();
        if let Some(serving) = self.serving.take() {
            match serving.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = %error, "the sandbox's server ended badly"),
                Err(error) => tracing::warn!(error = %error, "the sandbox's server was cut off"),
            }
        }
        if let Some(ticking) = self.ticking.take() {
            // It was told to end; how it ended says nothing.
            ticking.await.ok();
        }
    }

    fn halt(&self) {
        // The order is sent when it is made; only its end would have to be awaited.
        drop(self.server.stop(false));
        if let Some(ticking) = &self.ticking {
            ticking.abort();
        }
        self.office.close();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.halt();
    }
}
