//! What the house says over HTTP.

pub mod pages;
