//! What the sandbox promises, told as tests: the rules at the desk, and the doors over HTTP.

mod desk;
mod doors;
