//! A fresh database for one history: a copy of an empty one with all tables. A file in memory where the machine has such
//! a place, so that the disk's own speed says nothing; or a database of its own on the server that `PLASS_TEST_POSTGRES`
//! names.

use std::path::Path;
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use plass::store::conn::{Conn, Place};
use plass::store::migrate::migrate;
use tempfile::TempDir;

/// A database. Keep it as long as the history goes on.
pub(crate) enum Database {
    /// In a directory of its own.
    File(TempDir),
    /// On a server.
    OnServer { server: String, name: String },
}

/// The server to run on, if the environment names one.
pub(crate) fn server() -> Option<String> {
    crate::setting("PLASS_TEST_POSTGRES")
}

impl Database {
    /// An empty database with all tables.
    pub(crate) fn fresh() -> Self {
        let Some(server) = server() else {
            let directory = in_memory_if_possible();
            std::fs::write(directory.path().join("plass.db"), empty()).unwrap();
            return Self::File(directory);
        };
        let name = format!("plass_simulation_{:016x}", getrandom::u64().unwrap());
        on(&server, &format!("CREATE DATABASE {name}"));
        migrate(&mut Conn::open(&named(&server, &name)).unwrap()).unwrap();
        Self::OnServer { server, name }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::File(directory) => Place::Sqlite(directory.path().join("plass.db").to_str().unwrap().to_owned()),
            Self::OnServer { server, name } => named(server, name),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::OnServer { server, name } = self {
            on(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The bytes of an empty database with all tables.
fn empty() -> &'static [u8] {
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let directory = in_memory_if_possible();
        let path = directory.path().join("empty.db");
        let mut conn = Conn::open(&Place::Sqlite(path.to_str().unwrap().to_owned())).unwrap();
        migrate(&mut conn).unwrap();
        conn.checkpoint().unwrap();
        drop(conn);
        std::fs::read(path).unwrap()
    })
}

fn in_memory_if_possible() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

fn on(server: &str, sql: &str) {
    let mut conn = Conn::open(&Place::Postgres(server.to_owned())).unwrap();
    conn.batch_execute("SET statement_timeout = 0").unwrap();
    conn.batch_execute(sql).unwrap();
}

/// The same server, another database.
fn named(server: &str, name: &str) -> Place {
    let (base, _) = server.rsplit_once('/').unwrap();
    Place::Postgres(format!("{base}/{name}"))
}
