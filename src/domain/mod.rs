//! The rules of the house as pure functions. Nothing here reads a clock, a row or a socket: values and the time come
//! in, values go out.

pub mod admission;
pub mod attempt;
pub mod attention;
pub mod books;
pub mod charge;
pub mod checkup;
pub mod correspondence;
pub mod credentials;
pub mod deadline;
pub mod door;
pub mod effect;
pub mod event;
pub mod fault;
pub mod flow;
pub mod grant;
pub mod group;
pub mod ids;
pub mod ledger;
pub mod letter;
pub mod look;
pub mod money;
pub mod order;
pub mod patch;
pub mod permission;
pub mod refusal;
pub mod registration;
pub mod sales_unit;
pub mod settlement;
pub mod silence;
pub mod snapshot;
pub mod terms;
pub mod time;
pub mod trail;
pub mod user;
pub mod waitlist;
