//! Plass: event registration for student organisations, free and paid.
//!
//! Rules are pure functions in [`domain`]; [`store`] is the only room that knows the database; [`flows`] tell one story
//! each. `ARCHITECTURE.md` is the map of the house.

pub mod askell;
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod flows;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod mail;
pub mod metrics;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod vipps;
pub mod words;
