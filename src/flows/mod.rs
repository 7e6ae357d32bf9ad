//! One file per story, named with the verb people say. A flow contains the branches: it loads, lets the domain decide,
//! saves, and enqueues what must happen outside. No flow calls the network inside a transaction.

pub mod app;
pub mod demo_data;
pub mod import_users;
