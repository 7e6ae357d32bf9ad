//! What the stories stand on.

mod api;
pub(crate) mod cards;
pub(crate) mod database;
pub(crate) mod html;
pub(crate) mod invariants;
pub(crate) mod never;
mod outside;
pub(crate) mod pages;
pub(crate) mod payments;
pub(crate) mod people;
pub(crate) mod rows;
pub(crate) mod steps;
pub(crate) mod units;
pub(crate) mod world;
