//! What the sandbox promises, told as tests: the rules at the desk, the doors over HTTP, and its webhooks.

mod bells;
mod callbacks;
mod desk;
mod doors;
mod guest;
