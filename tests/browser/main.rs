//! The pages in a real browser: the main stories with real clicks, what axe-core has to say about every page, and the
//! pictures of all of them. They need Chromium and its driver, so a plain `cargo test` leaves them out: `.ci/browser`
//! installs what is missing and runs them, `.ci/screenshots` takes the pictures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects, and fails otherwise"
)]

mod axe;
mod browser;
mod child;
mod gallery;
mod layout;
mod pages;
mod scenes;
mod screenshots;
mod stories;

// What the stories of the other binary stand on.
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "the stories in the browser need a part of it")]
mod support;

mod described {
    use crate::support::people::Reply;

    /// The stories of the other binary hold every answer against the description of the API; once is enough.
    pub(crate) fn assert_described(_method: &str, _path: &str, _reply: &Reply) {}
}
