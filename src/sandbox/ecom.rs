//! The older API of the same provider, eCom v2: it makes payments that ePayment knows too, and knows none of ePayment's.
//!
//! A reading of its own, as strict as the contract. Payments, limits, keys and planned faults are the world's; what is
//! different here is what is asked, how it is answered, and that each payment is called back about once.

mod answers;
mod api;
mod callbacks;
mod desk;
mod in_process;
mod refusal;
mod request;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub(super) use self::api::routes;
pub(super) use self::callbacks::{Callback, Callbacks, of_event, send};
pub use self::in_process::Older;
pub(super) use self::in_process::ask;
use crate::clock::Timestamp;

/// How long the address that a payer is sent to can be opened.
pub(super) const URL_LIFE: TimeDelta = TimeDelta::minutes(5);

/// What only a payment has that was begun here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) callback_prefix: String,
    pub(super) auth_token: Option<String>,
    /// When a card was refused: the log tells that as a reservation that failed.
    pub(super) refused_cards: Vec<Timestamp>,
}
