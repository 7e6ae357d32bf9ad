//! Brings the schema up to date, on both databases from one folder. Nothing here loses a row: on SQLite a table
//! rebuild with foreign keys on would delete children, so migrations run with them off and are checked before the
//! commit; on PostgreSQL one process migrates while the others wait.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::Conn;
use super::{Store, StoreError};

/// The schema's history, part of the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The advisory lock under which one process migrates: the letters of "plass".
const MIGRATION_LOCK: i64 = 0x0070_6c61_7373;

impl Store {
    /// Runs what is pending; answers the versions that ran.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.maintain(migrate).await
    }

    /// True when nothing is pending.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.maintain(|conn| conn.has_pending_migration(MIGRATIONS).map(|pending| !pending).map_err(trouble)).await
    }
}

/// Runs what is pending on one connection.
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    guarded(conn, |conn| {
        let ran = conn.run_pending_migrations(MIGRATIONS).map_err(trouble)?;
        Ok(ran.into_iter().map(|version| version.to_string()).collect())
    })
}

/// Runs the next one and answers its version, or nothing; for tests that stop at every version.
pub fn migrate_next(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    guarded(conn, |conn| {
        if !conn.has_pending_migration(MIGRATIONS).map_err(trouble)? {
            return Ok(None);
        }
        let ran = conn.run_next_migration(MIGRATIONS).map_err(trouble)?;
        Ok(Some(ran.to_string()))
    })
}

/// Undoes every migration; for tests of the migrations themselves.
pub fn revert_all(conn: &mut Conn) -> Result<(), StoreError> {
    guarded(conn, |conn| conn.revert_all_migrations(MIGRATIONS).map(|_| ()).map_err(trouble))
}

fn trouble(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migrating(error.to_string())
}

fn guarded<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
    match conn {
        // The pragma does nothing inside a transaction, so it comes first.
        Conn::Sqlite(_) => conn.batch_execute("PRAGMA foreign_keys = OFF")?,
        Conn::Pg(_) => {
            conn.batch_execute(&format!(
                "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
            ))?;
        }
    }
    let result = in_one_transaction(conn, work);
    match conn {
        Conn::Sqlite(_) => conn.batch_execute("PRAGMA foreign_keys = ON")?,
        Conn::Pg(_) => conn.batch_execute(&format!(
            "SELECT pg_advisory_unlock({MIGRATION_LOCK}); SET lock_timeout = '2s'; SET statement_timeout = '10s'"
        ))?,
    }
    result
}

fn in_one_transaction<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.begin()?;
    let result = work(conn).and_then(|value| {
        check_foreign_keys(conn)?;
        Ok(value)
    });
    match result {
        Ok(value) => {
            conn.commit()?;
            Ok(value)
        }
        Err(error) => {
            conn.roll_back();
            Err(error)
        }
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn check_foreign_keys(conn: &mut Conn) -> Result<(), StoreError> {
    if matches!(conn, Conn::Pg(_)) {
        return Ok(());
    }
    let broken: Count = diesel::sql_query("SELECT COUNT(*) AS count FROM pragma_foreign_key_check").get_result(conn)?;
    match broken.count {
        0 => Ok(()),
        rows => Err(StoreError::Migrating(format!("{rows} rows point at rows that are not there"))),
    }
}
