//! A running house: the server and the jobs of one process, opened and closed together.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use async_trait::async_trait;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::{App, BootError};
use crate::clock::Timestamp;
use crate::jobs::{Duties, Jobs};
use crate::sandbox::Neighbor;
use crate::store::conn::Place;

/// A running house.
pub struct House {
    app: App,
    jobs: Arc<Jobs>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: ServerHandle,
    serving: JoinHandle<()>,
    working: JoinHandle<()>,
    metrics: Option<ServerHandle>,
}

/// The house as the sandbox next door sees it.
pub struct NextDoor(Arc<Jobs>);

#[async_trait]
impl Neighbor for NextDoor {
    async fn run_until_idle(&self) -> bool {
        self.0.run_until_idle().await
    }

    async fn next_due(&self) -> Option<Timestamp> {
        self.0.next_due().await
    }
}

impl House {
    /// Opens the doors and starts the jobs. The schema must be up to date.
    pub fn open(app: App, listener: TcpListener, duties: Duties) -> Result<Self, BootError> {
        let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let server =
            crate::http::serve(app.clone(), listener, workers).map_err(BootError::io("starting the server"))?;
        let handle = server.handle();
        let jobs = Arc::new(Jobs::new(app.clone(), duties));
        let (stop, stopped) = watch::channel(false);
        let at_work = Arc::clone(&jobs);
        Ok(Self {
            app,
            jobs,
            address,
            stop,
            metrics: None,
            server: handle,
            serving: start(async move {
                if let Err(cause) = server.await {
                    error!(%cause, "the server stopped");
                }
            }),
            working: start(async move {
                if let Err(cause) = at_work.work(stopped).await {
                    error!(%cause, "the jobs stopped");
                }
            }),
        })
    }

    /// Shows what it counts, on a listener of its own; where that is.
    pub fn show_metrics(&mut self, listener: TcpListener) -> Result<SocketAddr, BootError> {
        let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
        let server = crate::http::metrics::serve_metrics(self.app.clone(), listener);
        let server = server.map_err(BootError::io("starting the server of metrics"))?;
        self.metrics = Some(server.handle());
        // It ends with its handle, and holds nothing that somebody waits for.
        drop(start(async move {
            if let Err(cause) = server.await {
                error!(%cause, "the server of metrics stopped");
            }
        }));
        Ok(address)
    }

    /// What its flows work with.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Its jobs.
    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The house as the sandbox next door sees it.
    pub fn next_door(&self) -> Arc<NextDoor> {
        Arc::new(NextDoor(Arc::clone(&self.jobs)))
    }

    /// Ends everything at once, as a kill would: calls under way break off, claims stay behind.
    pub async fn kill(self) {
        self.working.abort();
        self.server.stop(false).await;
        self.serving.abort();
        if let Some(metrics) = self.metrics {
            metrics.stop(false).await;
        }
        if self.working.await.is_err_and(|cause| cause.is_panic()) {
            error!("the jobs panicked");
        }
        // What a thread had begun to write is written now or never: nothing comes from a process that is dead.
        self.app.store.close().await;
    }

    /// Closes the doors: running requests and calls end, nothing new begins. What is left over is in the outbox.
    pub async fn close(self) {
        info!("stopping");
        self.stop.send_replace(true);
        self.app.signals.close();
        self.server.stop(true).await;
        if let Some(metrics) = self.metrics {
            metrics.stop(false).await;
        }
        for (task, what) in [(self.serving, "the server"), (self.working, "the jobs")] {
            if let Err(cause) = task.await {
                error!(%cause, "{what} did not end well");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tasks of a process start here")]
fn start(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(task)
}

/// How many connections may wait until they are taken: thousands come in the same instant, and whom the system turns
/// away tries again a second later. The system may allow fewer.
const BACKLOG: u32 = 4_096;

/// A listener on the address.
pub(super) fn bind(listen: SocketAddr) -> Result<TcpListener, BootError> {
    let open = || {
        let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(listen)?;
        socket.listen(BACKLOG)?.into_std()
    };
    open().map_err(BootError::io(format!("listening on {listen}")))
}

/// Keeps a second process away from a SQLite file; PostgreSQL takes many. Keep it as long as the house is open.
pub(super) fn lock_database(place: &Place) -> Result<Option<File>, BootError> {
    let Place::Sqlite(path) = place else { return Ok(None) };
    let file = File::create(format!("{path}.lock")).map_err(BootError::io(format!("making {path}.lock")))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(BootError::InUse(path.clone())),
        Err(std::fs::TryLockError::Error(cause)) => Err(BootError::io(format!("locking {path}.lock"))(cause)),
    }
}

/// Waits until somebody asks the process to stop: SIGTERM or Ctrl-C.
pub(super) async fn wait_for_signal() -> Result<(), BootError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(BootError::io("listening for SIGTERM"))?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed.map_err(BootError::io("listening for Ctrl-C")),
    }
}
