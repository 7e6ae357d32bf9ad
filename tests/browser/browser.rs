//! One browser with a fresh profile, and what a person does with it. Whatever a page takes its time for is asked for
//! again and again, up to a limit; nothing waits a fixed time.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use plass::clock::{Stopwatch, sleep};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Driver;

/// How long a page may take to become what it should be.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(25);

/// How much of a page goes into a picture. Browsers paint no more than twice as much at a time.
const TALLEST: f64 = 8_000.0;

/// The continuous integration is root, and root's Chromium has no sandbox; the pages are all ours. The rest keeps it
/// quiet: it asks for nothing but our pages.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--hide-scrollbars",
];

/// The text of an element as it is read: a space is a space.
const SPACED: &str = "normalize-space(translate(., '\u{a0}', ' '))";

/// How large the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    Phone,
    /// The smallest that pages are made for.
    SmallPhone,
    Desktop,
}

/// Which colors somebody likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

impl Window {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::SmallPhone => "small-phone",
            Self::Desktop => "desktop",
        }
    }

    fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::SmallPhone => (320, 640),
            Self::Desktop => (1280, 900),
        }
    }
}

impl Scheme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A browser. Close it at the end; when a test fails it goes with its driver.
pub(crate) struct Browser {
    client: Client,
    // They go in this order: the driver takes its browser along, and then nobody writes into the profile anymore.
    _driver: Driver,
    _profile: TempDir,
}

/// A command of the browser's own protocol, which the driver hands on.
#[derive(Debug)]
struct Devtools {
    method: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.method, "params": self.parameters }).to_string()))
    }
}

impl Browser {
    /// Opens a browser whose owner reads Norwegian.
    pub(crate) async fn open(window: Window) -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({
            "browserName": "chrome",
            "timeouts": { "pageLoad": 30_000, "script": 30_000 },
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": "nb" } },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver.url)
            .await
            .expect("a browser; is chromium installed? `.ci/browser` does it");
        let browser = Self { client, _driver: driver, _profile: profile };
        browser.becomes(window).await;
        browser
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Gives a command of the browser's own protocol.
    pub(crate) async fn devtools(&self, method: &'static str, parameters: Value) -> Value {
        let answer = self.client.issue_cmd(Devtools { method, parameters }).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Changes the size; a phone is touched, too.
    pub(crate) async fn becomes(&self, window: Window) {
        let ((width, height), mobile) = (window.size(), window != Window::Desktop);
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": mobile })).await;
    }

    /// Likes these colors, and nothing that moves.
    pub(crate) async fn likes(&self, scheme: Scheme) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.word() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Runs a script with `arguments`, and answers what it returns.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script that calls its last argument with its answer.
    pub(crate) async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    // ---- what a person does

    /// Opens an address.
    pub(crate) async fn visits(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Loads the page again.
    pub(crate) async fn reloads(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Clicks on the button or link of this name.
    pub(crate) async fn clicks(&self, name: &str) {
        let path = format!("//*[self::button or self::a or self::summary][{} = {}]", SPACED, quoted(name));
        self.clicks_at(Locator::XPath(&path), name).await;
    }

    /// Clicks on what a selector names.
    pub(crate) async fn clicks_on(&self, css: &str) {
        self.clicks_at(Locator::Css(css), css).await;
    }

    async fn clicks_at(&self, place: Locator<'_>, name: &str) {
        self.until(&format!("{name:?} to be clicked"), LIMIT, async || {
            let Ok(element) = self.client.find(place).await else { return None };
            // What is covered, or was taken over by a newer page just now, is looked for again.
            element.click().await.ok()
        })
        .await;
    }

    /// Writes into the field of this label, in place of what is there.
    pub(crate) async fn writes(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Writes into what a selector names.
    pub(crate) async fn writes_into(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn field(&self, label: &str) -> Element {
        let path = format!("//*[@id = //label[{SPACED} = {0}]/@for] | //label[{SPACED} = {0}]//input", quoted(label));
        self.until(&format!("a field {label:?}"), LIMIT, async || self.client.find(Locator::XPath(&path)).await.ok())
            .await
    }

    // ---- what a person sees

    /// Waits until the page shows this text.
    pub(crate) async fn sees(&self, text: &str) {
        self.sees_within(LIMIT, text).await;
    }

    /// Waits until the page shows this text, and answers when that was, in milliseconds of the browser's clock.
    pub(crate) async fn sees_within(&self, limit: Duration, text: &str) -> f64 {
        let script = "return document.body && document.body.innerText.replaceAll('\\u00a0', ' ').includes(arguments[0]) \
                      ? Date.now() : null";
        self.until(&format!("{text:?} to be seen"), limit, async || {
            // Between two pages there is none to ask.
            self.client.execute(script, vec![json!(text)]).await.ok()?.as_f64()
        })
        .await
    }

    /// What the browser's clock says, in milliseconds.
    pub(crate) async fn now(&self) -> f64 {
        self.run("return Date.now()", vec![]).await.as_f64().unwrap()
    }

    /// Fails when the page shows this text.
    pub(crate) async fn does_not_see(&self, text: &str) {
        let shown = self.text().await;
        assert!(!shown.contains(text), "{text:?} is on {}:\n{shown}", self.address().await);
    }

    /// All that can be read on the page.
    pub(crate) async fn text(&self) -> String {
        self.run("return document.body.innerText.replaceAll('\\u00a0', ' ')", vec![]).await.as_str().unwrap().to_owned()
    }

    /// Where it is.
    pub(crate) async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// Looks again and again until there is an answer.
    pub(crate) async fn until<T>(&self, what: &str, limit: Duration, look: impl AsyncFn() -> Option<T>) -> T {
        let waited = Stopwatch::start();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if waited.elapsed() > limit {
                self.gives_up(what, limit).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Fails with what is there instead.
    async fn gives_up(&self, what: &str, limit: Duration) -> ! {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{}.png", std::thread::current().name().unwrap_or("browser").replace("::", "-")));
        std::fs::write(&file, self.picture().await).unwrap();
        let (address, text) = (self.address().await, self.text().await);
        panic!("waited {limit:?} for {what}, on {address} (see {}):\n{text}", file.display());
    }

    /// A picture of the whole page; of a very long one, its beginning.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let size = &self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"];
        let height = size["height"].as_f64().unwrap().min(TALLEST);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.devtools("Page.captureScreenshot", wanted).await;
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// Belongs to somebody else from now on: who reads this language, and is signed in by this cookie.
    pub(crate) async fn changes_hands(&self, language: &str, house: &str, session: Option<&str>) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": language } })).await;
        self.devtools("Network.clearBrowserCookies", json!({})).await;
        if let Some(session) = session {
            let cookie = json!({ "url": house, "name": "plass_session", "value": session });
            self.devtools("Network.setCookie", cookie).await;
        }
    }
}

/// A text in an XPath.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}
