//! The rules of the house as pure functions. Nothing here reads a clock, a row or a socket: values and the time come
//! in, values go out.

pub mod ids;
pub mod money;
pub mod snapshot;
pub mod time;
