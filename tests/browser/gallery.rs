//! The walk through all pages: each in both languages, in both sizes, in light and in dark.

use serde_json::json;

use crate::browser::{Browser, Scheme, Window};
use crate::pages::Sight;
use crate::scenes::{Stage, View};

/// One look at a page.
pub(crate) struct Look<'l> {
    pub(crate) sight: &'l Sight,
    pub(crate) language: &'static str,
    pub(crate) window: Window,
    pub(crate) scheme: Scheme,
}

impl Look<'_> {
    /// Like `pay-paid-phone-nb-dark`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}-{}-{}", self.sight.name, self.window.word(), self.language, self.scheme.word())
    }
}

/// Ways to look at a page in one language.
pub(crate) type Ways = Vec<(Window, Scheme)>;

/// Shows all these pages in these ways, and looks at each.
pub(crate) async fn walk(
    browser: &Browser,
    sights: Vec<Sight>,
    ways: fn(&Sight, &str) -> Ways,
    mut look: impl AsyncFnMut(&Look<'_>),
) {
    for sight in &sights {
        let languages: &[&str] = if sight.is_english { &["en"] } else { &["nb", "en"] };
        for &language in languages {
            let stage = Stage::set().await;
            let view = sight.play(&stage).await;
            open(browser, &stage, &view, language).await;
            for (window, scheme) in ways(sight, language) {
                browser.becomes(window).await;
                browser.likes(scheme).await;
                look(&Look { sight, language, window, scheme }).await;
            }
            stage.strike().await;
        }
    }
}

async fn open(browser: &Browser, stage: &Stage, view: &View, language: &str) {
    browser.changes_hands(language, &stage.world.url(), view.session.as_deref()).await;
    browser.devtools("Page.setBypassCSP", json!({ "enabled": view.is_locked })).await;
    browser.visits(&view.url).await;
    for act in &view.acts {
        act.is_done(stage, browser).await;
    }
}

/// Each size in one of the colors, and in the other language the other way round.
pub(crate) fn each_size_and_color(_sight: &Sight, language: &str) -> Ways {
    let (phone, desktop) = if language == "nb" { (Scheme::Light, Scheme::Dark) } else { (Scheme::Dark, Scheme::Light) };
    vec![(Window::Phone, phone), (Window::Desktop, desktop)]
}

/// Each size in each of the colors.
pub(crate) fn all_ways(sight: &Sight, _language: &str) -> Ways {
    let (phone, desktop) = (Window::Phone, Window::Desktop);
    if sight.is_long {
        vec![(phone, Scheme::Dark), (desktop, Scheme::Light)]
    } else {
        vec![(phone, Scheme::Light), (phone, Scheme::Dark), (desktop, Scheme::Light), (desktop, Scheme::Dark)]
    }
}
