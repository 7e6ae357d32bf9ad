//! An Áskell of our own, in the same process and on the same port: customers, cards, one-off payments and webhooks.
//!
//! It is an independent reading of the contract and shares nothing with our client. It is as unkind as the contract
//! allows: references are not unique, lists cannot be filtered, a webhook is delivered once.

mod account;
pub(super) mod api;
mod bells;
pub(super) mod card_page;
pub(super) mod control;
mod in_process;
mod shop;
mod wire;

pub use self::account::TestCard;
pub use self::api::Operation;
pub(super) use self::bells::send;
pub(super) use self::in_process::ask;
pub use self::in_process::{BellSent, ChargeSeen};
pub(super) use self::shop::{Record, Shop};

/// Where the API is below the sandbox's own address.
const BASE: &str = "/askell/api";
