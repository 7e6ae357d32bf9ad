//! The stories of the house, told over real HTTP against a real database, and the contracts with others: SQLite, or
//! PostgreSQL where `PLASS_TEST_POSTGRES` names a server. One binary, so that it links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects, and fails otherwise"
)]

mod architecture;
mod askell;
mod bells;
mod books;
mod cancelled_and_killed;
mod cancelling;
mod concurrency;
mod constraints;
mod described;
mod desk;
mod doctor;
mod door;
mod duties;
mod ecom;
mod ecom_contract;
mod endings;
mod events_api;
mod examples;
mod failures;
mod finding_events;
mod hostile;
mod killed;
mod ledger;
mod letters;
mod links;
mod log_in;
mod metrics;
mod migrations;
mod openapi_check;
mod operations;
mod organizing;
mod pages_manage;
mod pages_money;
mod pages_session;
mod pages_settings;
mod paying;
mod plans;
mod portal;
mod provider_trouble;
mod reading_orders;
mod real_processes;
mod refusals;
mod resolving;
mod sales_units;
mod sandbox_contract;
mod signing_off;
mod statements;
mod streams;
mod support;
mod together;
mod treasury;
mod two_processes;
mod vipps_client;
mod waiting_list;
mod who_may;
mod who_may_pages;
mod who_may_walk;
mod wire;
