//! axe-core looks at every page in both languages, sizes and colors, and finds nothing; nor is anything squeezed or too
//! wide. Its rules come from npm: `npm ci` in `tests/web` brings them, as `.ci/browser` does.

use serde_json::{Value, json};

use crate::browser::{Browser, Window};
use crate::gallery::{Look, each_size_and_color, walk};
use crate::layout::broken;
use crate::pages::{Sight, members_pages, organizers_pages, payers_pages, settings_pages};

/// Where npm puts the rules.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web/node_modules/axe-core/axe.min.js");

/// Which of them: the levels A and AA of WCAG up to 2.2, and what else is known to be good.
const TAGS: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'] })
        .then(result => done(result.violations), error => done(String(error)));";

async fn finds_nothing(sights: Vec<Sight>) {
    let rules = std::fs::read_to_string(AXE).expect("axe-core; `npm ci` in tests/web brings it");
    let browser = Browser::open(Window::Phone).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": rules })).await;
    let mut found = Vec::new();
    walk(&browser, sights, each_size_and_color, async |look| {
        found.extend(violations(&browser, look).await);
        found.extend(broken(&browser, look).await);
    })
    .await;
    browser.close().await;
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

/// What is wrong with a page: where, which rule, and which element.
async fn violations(browser: &Browser, look: &Look<'_>) -> Vec<String> {
    let found = browser.run_async(RUN, vec![json!(TAGS)]).await;
    let violations = found.as_array().unwrap_or_else(|| panic!("{}: {found}", look.name()));
    let mut lines = Vec::new();
    for violation in violations {
        for node in violation["nodes"].as_array().unwrap() {
            let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let (rule, summary) = (word(&violation["id"]), word(&node["failureSummary"]));
            lines.push(format!("{}: {rule} at {}: {summary}", look.name(), node["target"]));
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium, its driver and axe-core: see .ci/browser"]
async fn axe_finds_nothing_on_the_pages_of_payers() {
    finds_nothing(payers_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium, its driver and axe-core: see .ci/browser"]
async fn axe_finds_nothing_on_the_pages_of_members() {
    finds_nothing(members_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium, its driver and axe-core: see .ci/browser"]
async fn axe_finds_nothing_on_the_pages_of_organizers() {
    finds_nothing(organizers_pages()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium, its driver and axe-core: see .ci/browser"]
async fn axe_finds_nothing_on_the_pages_of_the_settings() {
    finds_nothing(settings_pages()).await;
}
