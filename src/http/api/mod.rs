//! The API's handlers, one file per subject. Each parses, calls one flow and writes the answer.

pub(crate) mod agreements;
pub(crate) mod auth;
pub(crate) mod books;
pub(crate) mod door;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod me;
pub(crate) mod operations;
pub(crate) mod orders;
pub(crate) mod registrations;
pub(crate) mod sales_units;
pub(crate) mod users;

/// The body of a request that needs no field.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
