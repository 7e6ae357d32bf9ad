//! A fresh database for one test: a file in a directory of its own, or a database of its own on the server that
//! `PLASS_TEST_POSTGRES` names (like `postgres://root@127.0.0.1/postgres`). It is gone when the test is over.

use diesel::connection::SimpleConnection;
use plass::clock::Clock;
use plass::store::Store;
use plass::store::conn::{Conn, Place};
use tempfile::TempDir;

/// A fresh database. Keep it until the test is over.
pub(crate) struct TestDatabase {
    place: Place,
    kept: Kept,
}

enum Kept {
    Directory(TempDir),
    OnServer { server: String, name: String },
}

impl TestDatabase {
    /// A fresh database, without tables.
    pub(crate) fn create() -> Self {
        match server() {
            None => Self::sqlite(),
            Some(server) => {
                let name = format!("plass_test_{:016x}", getrandom::u64().unwrap());
                run(&server, &format!("CREATE DATABASE {name}"));
                let place = Place::Postgres(named(&server, &name));
                Self { place, kept: Kept::OnServer { server, name } }
            }
        }
    }

    /// True when these tests run on a server.
    pub(crate) fn is_on_server() -> bool {
        server().is_some()
    }

    /// A fresh file, whatever the other tests run on.
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plass.db").to_str().unwrap().to_owned();
        Self { place: Place::Sqlite(path), kept: Kept::Directory(directory) }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// A store over it, with all tables.
    pub(crate) async fn store(&self, clock: &Clock) -> Store {
        let store = Store::new(self.place(), 4, clock.clone());
        store.migrate().await.unwrap();
        store
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.kept {
            Kept::Directory(directory) => assert!(directory.path().exists()),
            Kept::OnServer { server, name } => run(server, &format!("DROP DATABASE {name} WITH (FORCE)")),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn server() -> Option<String> {
    std::env::var("PLASS_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn run(server: &str, sql: &str) {
    let mut conn = Conn::open(&Place::Postgres(server.to_owned())).unwrap();
    // Making a database copies files, and that may take longer than a query of ours ever should.
    conn.batch_execute("SET statement_timeout = 0").unwrap();
    conn.batch_execute(sql).unwrap();
}

/// The same server, another database.
fn named(server: &str, name: &str) -> String {
    let (base, parameters) = match server.split_once('?') {
        Some((base, parameters)) => (base, format!("?{parameters}")),
        None => (server, String::new()),
    };
    let (scheme, rest) = base.split_once("://").unwrap();
    let authority = rest.split('/').next().unwrap();
    format!("{scheme}://{authority}/{name}{parameters}")
}
