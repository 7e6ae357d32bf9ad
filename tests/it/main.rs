//! The stories of the product, told over real HTTP, and the contracts with others. One binary, so that it links once.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test says what it expects, and fails otherwise")]

mod openapi_check;
mod sandbox_contract;
mod vipps_client;
