//! Plass: event registration for student organisations, free and paid.

pub mod clock;
pub mod sandbox;
