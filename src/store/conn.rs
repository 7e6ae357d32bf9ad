//! Connections: one enum over SQLite and PostgreSQL, how each is set up, how a transaction begins on each, and what
//! their errors mean. Only this file knows the differences between the two databases' errors.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::StoreError;

pub use multi::{Conn, MultiBackend};

#[expect(missing_docs, reason = "the derive makes public items without words")]
mod multi {
    use diesel::prelude::*;

    /// A connection to either database.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// The embedded database.
        Sqlite(SqliteConnection),
        /// The server.
        Pg(PgConnection),
    }
}

/// Runs the same expression on the connection that is there.
macro_rules! each_backend {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite($c) => $body,
            $crate::store::conn::Conn::Pg($c) => $body,
        }
    };
}
pub(super) use each_backend;

/// Which database a URL names, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file.
    Sqlite(String),
    /// A server; the text is a libpq URL.
    Postgres(String),
}

impl Place {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub fn parse(url: &str) -> Option<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Some(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
        (!path.is_empty()).then(|| Self::Sqlite(path.to_owned()))
    }
}

/// How long a write waits for the database before it is tried again.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Conn {
    /// Keeps more of the database in memory: 16 MiB of an embedded one, as far as they are used.
    pub(super) fn keep_more_pages(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => Ok(conn.batch_execute("PRAGMA cache_size = -16384")?),
            // Its server keeps them.
            Self::Pg(_) => Ok(()),
        }
    }

    /// Opens a connection and sets it up.
    pub fn open(place: &Place) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).map_err(StoreError::Connecting)?;
                // busy_timeout first: switching to WAL may itself have to wait.
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = {};\
                     PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;\
                     PRAGMA journal_size_limit = 67108864;",
                    BUSY_TIMEOUT.as_millis()
                ))?;
                Ok(Self::Sqlite(conn))
            }
            Place::Postgres(url) => {
                let mut conn = PgConnection::establish(url).map_err(StoreError::Connecting)?;
                // A paused process must not hold an event for long, and nobody waits for ever.
                conn.batch_execute(
                    "SET lock_timeout = '2s'; SET statement_timeout = '10s';\
                     SET idle_in_transaction_session_timeout = '5s'; SET TIME ZONE 'UTC';\
                     SET client_min_messages = warning;",
                )?;
                Ok(Self::Pg(conn))
            }
        }
    }

    /// Writes a consistent copy of an embedded database to a file that does not exist yet.
    pub fn copy_to(&mut self, file: &str) -> Result<(), StoreError> {
        diesel::sql_query("VACUUM INTO $1").bind::<diesel::sql_types::Text, _>(file).execute(self)?;
        Ok(())
    }

    /// Writes the log of an embedded database into its file and cuts it short.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => Ok(conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?),
            Self::Pg(_) => Ok(()),
        }
    }

    /// Begins a transaction that will write.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        match self {
            // IMMEDIATE: a transaction that reads first and writes later fails with "database is locked".
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
            Self::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
        }
    }

    /// Begins a transaction that only reads and sees one moment.
    pub(super) fn begin_reading(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
            Self::Pg(conn) => {
                AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
        }
    }

    /// Begins a part of a transaction that can be undone alone: what ends next, by a commit or by being undone, is it.
    pub(super) fn set_savepoint(&mut self) -> QueryResult<()> {
        each_backend!(self, c => AnsiTransactionManager::begin_transaction(c))
    }

    /// Commits.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        each_backend!(self, c => AnsiTransactionManager::commit_transaction(c))
    }

    /// Undoes the transaction; false when the connection is no longer usable.
    pub(super) fn roll_back(&mut self) -> bool {
        each_backend!(self, c => AnsiTransactionManager::rollback_transaction(c)).is_ok()
    }
}

/// True when the same transaction may succeed if it is run again: busy, deadlock, serialization, lock timeout.
pub(super) fn is_contention(error: &DieselError) -> bool {
    let DieselError::DatabaseError(kind, info) = error else { return false };
    let known =
        ["database is locked", "database table is locked", "deadlock detected", "lock timeout", "statement timeout"];
    matches!(kind, DatabaseErrorKind::SerializationFailure) || is_only_a_message(kind, info.message(), &known)
}

/// True when the connection itself is gone.
pub(super) fn is_lost(error: &DieselError) -> bool {
    let DieselError::DatabaseError(kind, info) = error else {
        return matches!(error, DieselError::BrokenTransactionManager);
    };
    let known =
        ["server closed the connection", "terminating connection", "no connection to the server", "could not receive"];
    matches!(kind, DatabaseErrorKind::ClosedConnection) || is_only_a_message(kind, info.message(), &known)
}

/// What has no kind of its own is known by its words.
fn is_only_a_message(kind: &DatabaseErrorKind, message: &str, known: &[&str]) -> bool {
    matches!(kind, DatabaseErrorKind::Unknown) && known.iter().any(|words| message.contains(words))
}

/// True when a row was refused because another one like it exists.
pub(super) fn is_taken(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
