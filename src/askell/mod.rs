//! The adapter for Áskell (askell.is): one-off payments over a stored card, in ISK. It stands behind the port in
//! `src/vipps`. There is no idempotency header there, so nothing here ever repeats a call; who calls looks first. Nothing
//! here touches the database.
//!
//! Two things are not written down anywhere we know and are assumed: that a hosted checkout answers its `token` and the
//! `url` of its page and takes a `return_url`; and that a refund shows in the payment's state or in a transaction's
//! `refund_code`. Both are to be tried with real keys before money goes this way.

pub mod connector;
pub mod payments;
pub mod webhooks;

mod call;
mod cards;
mod list;
mod wire;
