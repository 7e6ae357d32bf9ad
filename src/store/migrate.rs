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
        let ran = ran.into_iter().map(|version| version.to_string()).collect();
        forbid_rewriting(conn)?;
        Ok(ran)
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

/// The tables whose lines are only ever added.
const APPEND_ONLY: [&str; 2] = ["ledger", "trail"];

/// Has the database refuse to change or delete what must only grow. The two write triggers differently, so these stand
/// here and not in the migrations; they are set up again after each, since a rebuilt table has lost its own.
fn forbid_rewriting(conn: &mut Conn) -> Result<(), StoreError> {
    for table in APPEND_ONLY {
        let sql = match conn {
            Conn::Sqlite(_) => format!(
                "CREATE TRIGGER IF NOT EXISTS {table}_keeps_its_lines BEFORE UPDATE ON {table} \
                 BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END; \
                 CREATE TRIGGER IF NOT EXISTS {table}_keeps_all_lines BEFORE DELETE ON {table} \
                 BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            ),
            // Only where it is missing: making one waits for everybody else at the table.
            Conn::Pg(_) => format!(
                "CREATE OR REPLACE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS \
                 $body$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $body$; \
                 DO $do$ BEGIN IF NOT EXISTS \
                 (SELECT FROM pg_trigger WHERE tgname = '{table}_keeps_its_lines' AND tgrelid = '{table}'::regclass) \
                 THEN CREATE TRIGGER {table}_keeps_its_lines BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION only_added_to(); END IF; END $do$"
            ),
        };
        conn.batch_execute(&sql)?;
    }
    Ok(())
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
