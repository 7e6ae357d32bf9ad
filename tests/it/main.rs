//! The stories of the house, told over HTTP against a real database: SQLite, or PostgreSQL where
//! `PLASS_TEST_POSTGRES` names a server.

mod support;
mod who_may;
mod wire;
