//! A browser as stories use it: it keeps cookies, reads every page that it is shown, fills in forms and presses buttons.
//! It goes where an answer sends it only when the story says so, and it runs no script.

use std::collections::BTreeMap;

use reqwest::header::SET_COOKIE;
use reqwest::redirect::Policy;

use super::html::{assert_sound, form_fields, said};
use super::people::Reply;
use super::world::{KEPT_OPEN, Person, World};

/// Everybody's password in a [`World`].
pub(crate) const PASSWORD: &str = "a password for tests";

/// One person's browser.
pub(crate) struct Browser {
    client: reqwest::Client,
    home: String,
    /// What it shows with every request.
    pub(crate) cookies: BTreeMap<String, String>,
    /// What `Accept-Language` says.
    pub(crate) language: &'static str,
}

/// A page, or an answer that leads to one.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) reply: Reply,
    /// Its path and query.
    pub(crate) address: String,
}

impl Seen {
    pub(crate) fn status(&self) -> u16 {
        self.reply.status
    }

    /// Where the answer leads.
    pub(crate) fn leads_to(&self) -> (u16, &str) {
        (self.reply.status, self.reply.header("location"))
    }

    /// What a reader sees, on one line.
    pub(crate) fn text(&self) -> String {
        said(&self.reply.text).join(" ")
    }

    /// True when a reader sees this.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// Fails unless a reader sees all of this.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status(), status, "{} {}", self.address, self.text());
        for words in words {
            assert!(self.says(words), "{} does not say {words:?}: {}", self.address, self.text());
        }
    }

    /// True when the page has a form that goes there.
    pub(crate) fn has_form(&self, action: &str) -> bool {
        form_fields(&self.reply.text, action).is_some()
    }

    /// True when the page has a link that goes there.
    pub(crate) fn has_link(&self, address: &str) -> bool {
        self.reply.text.contains(&format!("href=\"{address}\""))
    }

    /// What a form would send if nobody touched it.
    #[track_caller]
    pub(crate) fn fields(&self, action: &str) -> Vec<(String, String)> {
        form_fields(&self.reply.text, action).unwrap_or_else(|| panic!("no form goes to {action}: {}", self.reply.text))
    }
}

impl Browser {
    /// A browser that was never here.
    pub(crate) fn new(home: &str) -> Self {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .pool_idle_timeout(KEPT_OPEN)
            .build()
            .unwrap();
        Self { client, home: home.to_owned(), cookies: BTreeMap::new(), language: "nb" }
    }

    /// Somebody's browser, signed in.
    pub(crate) async fn of(world: &World, who: &Person) -> Self {
        let mut browser = Self::new(&world.url());
        browser.signs_in(&who.email).await;
        browser
    }

    /// Signs in through the form.
    pub(crate) async fn signs_in(&mut self, email: &str) {
        let page = self.open("/login").await;
        let seen = self.press(&page, "/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(seen.leads_to(), (303, "/"), "{}", seen.text());
    }

    /// Opens an address.
    pub(crate) async fn open(&mut self, path: &str) -> Seen {
        self.send(self.client.get(self.url(path)), path).await
    }

    /// Goes where the answer leads.
    pub(crate) async fn follow(&mut self, seen: &Seen) -> Seen {
        let (status, path) = seen.leads_to();
        assert_eq!(status, 303, "{}", seen.text());
        let path = path.strip_prefix(&self.home).unwrap_or(path).split('#').next().unwrap().to_owned();
        self.open(&path).await
    }

    /// Sends the page's form that goes to `action`, with these fields filled in; a field that is not in the form may only
    /// be a button.
    pub(crate) async fn press(&mut self, page: &Seen, action: &str, filled: &[(&str, &str)]) -> Seen {
        let mut fields = page.fields(action);
        for (name, value) in filled {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        // A page that tells nobody its address does not say where its forms come from either.
        let hides = page.reply.header("referrer-policy") == "no-referrer";
        let origin = if hides { "null".to_owned() } else { self.home.clone() };
        self.post_from(&origin, action, &fields).await
    }

    /// Sends a form that may never have been on a page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Seen {
        let home = self.home.clone();
        self.post_from(&home, path, fields).await
    }

    /// Sends a form from a page of some site.
    pub(crate) async fn post_from(&mut self, origin: &str, path: &str, fields: &[(String, String)]) -> Seen {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = self.client.post(self.url(path)).header("Origin", origin);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.join("&"));
        self.send(request, path).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, path: &str) -> Seen {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("Accept-Language", self.language).header("Accept", "text/html");
        let request = if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let text = response.text().await.unwrap();
        let reply = Reply { status, headers, json: serde_json::Value::Null, text };
        if reply.header("content-type").starts_with("text/html") {
            assert_sound(&reply.text);
            assert!(!reply.header("content-security-policy").contains("unsafe"), "{path}");
        }
        Seen { reply, address: path.to_owned() }
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        if parts.any(|part| part == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn escaped(text: &str) -> String {
    plass::http::pages::frame::url_escape(text)
}
