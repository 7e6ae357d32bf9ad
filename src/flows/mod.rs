//! One file per story, named with the verb people say. A flow contains the branches: it loads, lets the domain decide,
//! saves, and enqueues what must happen outside. No flow calls the network inside a transaction.

pub mod app;
mod create_payment;
pub mod edit_event;
pub mod forget;
pub mod give_up;
pub mod hear;
pub mod keep_webhooks;
pub mod look;
pub mod mark_paid;
pub mod mark_registration;
pub mod open_case;
mod move_money;
mod owe;
pub mod pay;
mod promote;
pub mod refund;
pub mod run_effect;
mod send_letter;
pub mod sign_up;
