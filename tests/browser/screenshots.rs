//! Pictures of every page in every language, size and color, for people to look at: `.ci/screenshots` takes them.

use std::path::Path;

use crate::browser::{Browser, Window};
use crate::gallery::{all_ways, walk};
use crate::pages::{Sight, members_pages, organizers_pages, payers_pages, settings_pages};

/// Where they are put.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots");

async fn take(sights: Vec<Sight>) {
    std::fs::create_dir_all(FOLDER).unwrap();
    let browser = Browser::open(Window::Phone).await;
    walk(&browser, sights, all_ways, async |look| {
        let file = Path::new(FOLDER).join(look.name()).with_extension("png");
        std::fs::write(file, browser.picture().await).unwrap();
    })
    .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and its driver: see .ci/screenshots"]
async fn screenshots_of_the_pages_of_payers() {
    take(payers_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and its driver: see .ci/screenshots"]
async fn screenshots_of_the_pages_of_members() {
    take(members_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and its driver: see .ci/screenshots"]
async fn screenshots_of_the_pages_of_organizers() {
    take(organizers_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and its driver: see .ci/screenshots"]
async fn screenshots_of_the_pages_of_the_settings() {
    take(settings_pages()).await;
}
