//! The stories of the house, told over HTTP against a real database: SQLite, or PostgreSQL where
//! `PLASS_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that is wrong about its own setup should fail"
)]

mod log_in;
mod support;
mod who_may;
mod wire;
