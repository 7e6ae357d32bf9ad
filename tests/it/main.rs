//! The tests of the whole program, in one binary.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test says what it expects, and fails otherwise")]

mod openapi_check;
mod sandbox_contract;
