//! What a person would see at once and no rule of accessibility names: a page that scrolls sideways, and words squeezed
//! into a column too narrow for them. Also at 320 px, where WCAG 2.2 wants pages without scrolling in two directions
//! (success criterion 1.4.10, reflow).

use serde_json::Value;

use crate::browser::{Browser, Window};
use crate::gallery::Look;

/// The squeezed: three lines in less than two and a half letters' width, or four in less than six where it is no heading,
/// whose lines are evened out.
const RUN: &str = "
    const found = [];
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide > 1) found.push('scrolls ' + wide + ' px sideways');
    for (const element of document.querySelectorAll('dt, dd, th, td, label, legend, button, a, .tag, h1, h2, h3, p')) {
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        if (box.width < 2 || style.clipPath !== 'none' || element.closest('.hidden')) continue;
        const range = document.createRange();
        range.selectNodeContents(element);
        const rects = [...range.getClientRects()].filter(rect => rect.width > 0 && rect.height > 0);
        const lines = new Set(rects.map(rect => Math.round(rect.top / 4))).size;
        const width = range.getBoundingClientRect().width / parseFloat(style.fontSize);
        const is_heading = /^H\\d$/.test(element.tagName);
        if ((lines >= 4 && width < 6 && !is_heading) || (lines >= 3 && width < 2.5)) {
            found.push('squeezed into ' + lines + ' lines: ' + element.tagName + ' ' + element.innerText.slice(0, 40));
        }
    }
    return found;";

/// What is broken on the page that is open, on a phone also at the smallest width.
pub(crate) async fn broken(browser: &Browser, look: &Look<'_>) -> Vec<String> {
    let mut found = at_this_size(browser, &look.name()).await;
    if look.window == Window::Phone {
        browser.becomes(Window::SmallPhone).await;
        found.extend(at_this_size(browser, &format!("{} at 320 px", look.name())).await);
        browser.becomes(look.window).await;
    }
    found
}

async fn at_this_size(browser: &Browser, name: &str) -> Vec<String> {
    let found = browser.run(RUN, vec![]).await;
    let found = found.as_array().unwrap_or_else(|| panic!("{name}: {found}"));
    found
        .iter()
        .map(|what| format!("{name}: {}", what.as_str().map_or_else(|| Value::to_string(what), str::to_owned)))
        .collect()
}
