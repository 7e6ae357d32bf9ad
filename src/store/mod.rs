//! The only place that says `diesel::`. Two doors for writing: [`Store::write`] takes an event's turn first and alone
//! reaches seats, orders, attempts, refunds and money effects; [`Store::change`] is for everything else. Closures are
//! re-runnable: on contention they run again. Nothing here calls the world outside.

pub mod attempts;
pub mod books;
pub mod cards;
mod checkup;
mod columns;
pub mod conn;
pub mod door;
mod ended_effects;
pub mod events;
pub mod figures;
pub mod grants;
pub mod groups;
pub mod ledger;
pub mod letters;
pub mod line;
pub mod migrate;
pub mod operations;
pub mod orders;
pub mod outbox;
pub mod own;
mod pool;
pub mod readings;
pub mod registrations;
pub mod replays;
pub mod sales_units;
pub mod schema;
pub mod sessions;
mod skew;
pub mod together;
pub mod trail;
mod tx;
pub mod uid;
pub mod users;
pub mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use diesel::result::Error as DieselError;
use tokio::sync::watch;
use tracing::warn;

use crate::clock::Clock;
use crate::domain::ids::EventId;
use crate::domain::refusal::Refusal;
use conn::{Conn, Place};
use pool::{Lease, Pool};
use together::Errands;
pub use tx::{EventTx, Reader, Tx};

/// How often a write is run again when others were in the way, before the caller hears about it.
const TRIES_MAX: u32 = 8;

/// Trouble with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Others were in the way for too long.
    #[error("the database is busy")]
    Contended(#[source] DieselError),
    /// No connection.
    #[error("connecting to the database")]
    Connecting(#[source] diesel::ConnectionError),
    /// The connection broke.
    #[error("the connection to the database was lost")]
    Lost(#[source] DieselError),
    /// A row like this exists: what it means depends on the row.
    #[error("a row like this exists already")]
    Taken(#[source] DieselError),
    /// A query failed for a reason that is ours.
    #[error("a query failed")]
    Query(#[source] DieselError),
    /// A row holds what no row may hold.
    #[error("the database holds an impossible value: {0}")]
    Corrupt(String),
    /// The schema could not be brought up to date.
    #[error("migrating: {0}")]
    Migrating(String),
    /// The pool is closed: the process is stopping.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// True when trying later may help and nothing is wrong with us.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Contended(_) | Self::Connecting(_) | Self::Lost(_) | Self::Closed => true,
            Self::Taken(_) | Self::Query(_) | Self::Corrupt(_) | Self::Migrating(_) => false,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        if conn::is_contention(&error) {
            Self::Contended(error)
        } else if conn::is_lost(&error) {
            Self::Lost(error)
        } else if conn::is_taken(&error) {
            Self::Taken(error)
        } else {
            Self::Query(error)
        }
    }
}

/// Why a write came to nothing. Everything it did is undone.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// A polite no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DieselError> for Stop {
    fn from(error: DieselError) -> Self {
        Self::Store(error.into())
    }
}

/// Who stands beside every commit of a write. Tests put somebody there who counts, fails or "kills" at a given one; a
/// house has nobody there.
pub trait AtCommit: Send + Sync {
    /// Called before a commit; an error undoes the transaction.
    fn before(&self) -> Result<(), StoreError>;
    /// Called after a commit; an error hides from the caller that it succeeded.
    fn after(&self) -> Result<(), StoreError>;
}

/// A handle to the database. Clones share their connections.
#[derive(Clone)]
pub struct Store {
    at_commit: Option<Arc<dyn AtCommit>>,
    clock: Clock,
    writers: Pool,
    readers: Pool,
    place: Arc<Place>,
    events_version: watch::Sender<u64>,
    errands: Arc<Errands>,
}

impl Store {
    /// A store over `place`; `connections` bounds readers, and on PostgreSQL writers too. Nothing is opened yet.
    pub fn new(place: Place, connections: u16, clock: Clock) -> Self {
        let writers = match &place {
            // SQLite has one writer at a time: a queue in order of arrival beats a crowd that sleeps and retries.
            Place::Sqlite(_) => 1,
            Place::Postgres(_) => connections,
        };
        Self {
            at_commit: None,
            clock,
            writers: Pool::new(place.clone(), writers),
            readers: Pool::new(place.clone(), connections),
            place: Arc::new(place),
            events_version: watch::Sender::default(),
            errands: Arc::default(),
        }
    }

    /// Waits for the work that has begun and takes on no more: a call from now on is told [`StoreError::Closed`].
    pub async fn close(&self) {
        self.writers.close().await;
        self.readers.close().await;
    }

    /// The same store, with somebody beside every commit.
    pub fn watched_by(self, at_commit: Arc<dyn AtCommit>) -> Self {
        Self { at_commit: Some(at_commit), ..self }
    }

    /// Moves whenever this process has changed an event, before the change is answered: what was read under another
    /// number may be out of date.
    pub fn events_version(&self) -> u64 {
        *self.events_version.borrow()
    }

    /// Tells whoever waits for it that [`Self::events_version`] moved.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.events_version.subscribe()
    }

    /// True when other processes may write here too: what they did is seen by reading again.
    pub fn is_shared(&self) -> bool {
        matches!(*self.place, Place::Postgres(_))
    }

    /// Where the data is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Takes the event's turn, runs `work`, commits. Two writes on one event never overlap, on either database.
    pub async fn write<T, W>(&self, event: EventId, work: W) -> Result<T, Stop>
    where
        T: Send + 'static,
        W: Fn(&mut EventTx<'_>) -> Result<T, Stop> + Send + Sync + 'static,
    {
        self.change(move |tx| EventTx::in_turn(tx, event, &work)).await
    }

    /// Runs `work` in a transaction of its own and commits. It must not touch seats or money.
    pub async fn change<T, W>(&self, work: W) -> Result<T, Stop>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T, Stop> + Send + Sync + 'static,
    {
        match &*self.place {
            Place::Sqlite(_) => self.change_together(work).await,
            Place::Postgres(_) => self.at_the_door(move |door| door.change(&work)).await,
        }
    }

    /// Runs `work` on a thread of its own with the writer's connection, for several writes in a row. Once it has begun
    /// it runs to its end, whether or not anybody still waits for what it answers.
    pub async fn at_the_door<T, W>(&self, work: W) -> Result<T, Stop>
    where
        T: Send + 'static,
        W: FnOnce(&mut Door) -> Result<T, Stop> + Send + 'static,
    {
        let mut door = self.door().await?;
        blocking(move || work(&mut door)).await
    }

    async fn door(&self) -> Result<Door, StoreError> {
        Ok(Door {
            lease: self.writers.lease().await?,
            clock: self.clock.clone(),
            at_commit: self.at_commit.clone(),
            events_version: self.events_version.clone(),
        })
    }

    /// Runs `work` on a connection that sees one moment. It must not write.
    pub async fn read<T, W>(&self, work: W) -> Result<T, Stop>
    where
        T: Send + 'static,
        W: FnOnce(&mut Reader<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let mut lease = self.readers.lease().await?;
        let clock = self.clock.clone();
        blocking(move || {
            let conn = open_transaction(&mut lease, Conn::begin_reading)?;
            let result = work(&mut Reader::new(conn, &clock));
            // A read has nothing to lose: rolling back ends its view of the database.
            if !conn.roll_back() {
                lease.spoil();
            }
            result
        })
        .await
    }

    /// Runs `work` outside any transaction, on the writer's connection: migrations, backups, checkpoints.
    pub async fn maintain<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        let mut lease = self.writers.lease().await?;
        blocking(move || work(lease.conn()?)).await
    }
}

/// Both doors for writing, on a connection that is held: nobody else writes through it meanwhile.
pub struct Door {
    lease: Lease,
    clock: Clock,
    at_commit: Option<Arc<dyn AtCommit>>,
    events_version: watch::Sender<u64>,
}

impl Door {
    /// As [`Store::write`].
    pub fn write<T>(&mut self, event: EventId, work: &impl Fn(&mut EventTx<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        self.change(&|tx: &mut Tx<'_>| EventTx::in_turn(tx, event, work))
    }

    /// As [`Store::change`].
    pub fn change<T>(&mut self, work: &impl Fn(&mut Tx<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let mut tries = 1;
        loop {
            match self.run_once(work) {
                Err(Stop::Store(error @ (StoreError::Contended(_) | StoreError::Lost(_)))) if tries < TRIES_MAX => {
                    warn!(tries, error = %error, "a write runs again");
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    fn run_once<T>(&mut self, work: &impl Fn(&mut Tx<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let conn = open_transaction(&mut self.lease, Conn::begin)?;
        let mut tx = Tx::new(Reader::new(conn, &self.clock));
        let result = work(&mut tx);
        let touches_events = tx.touches_events;
        let result = match result {
            Ok(value) => commit(conn, self.at_commit.as_deref()).map(|()| value).map_err(Stop::from),
            Err(stop) => Err(stop),
        };
        // Also after a failure: a commit whose answer was lost may have happened.
        if touches_events {
            self.events_version.send_modify(|version| *version += 1);
        }
        if result.is_err() && !conn.roll_back() {
            self.lease.spoil();
        }
        result
    }
}

/// Begins a transaction; a connection that died while it was idle is replaced once.
fn open_transaction(
    lease: &mut Lease,
    begin: fn(&mut Conn) -> diesel::QueryResult<()>,
) -> Result<&mut Conn, StoreError> {
    if begin(lease.conn()?).is_err() {
        lease.spoil();
        begin(lease.conn()?)?;
    }
    lease.conn()
}

fn commit(conn: &mut Conn, at_commit: Option<&dyn AtCommit>) -> Result<(), StoreError> {
    let Some(at_commit) = at_commit else { return Ok(conn.commit()?) };
    at_commit.before()?;
    conn.commit()?;
    at_commit.after()
}

async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // The work panicked: its connection is gone with it, the process lives on.
        Err(_panicked) => Err(E::from(StoreError::Corrupt("a database task panicked".to_owned()))),
    }
}

/// How long `serve` waits for the database when it starts.
pub const START_PATIENCE: Duration = Duration::from_secs(30);
