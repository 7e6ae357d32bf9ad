//! The tour's guide: talks to the house and to the sandbox over HTTP, and prints what was seen.

use std::io::Write;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::super::BootError;
use crate::flows::demo_data::DEMO_PASSWORD;
use crate::mail::memory::MemoryMail;

/// Who leads the tour.
pub(super) struct Guide {
    client: Client,
    house: String,
    sandbox: String,
    mail: Arc<MemoryMail>,
}

/// Somebody who is signed in.
pub(super) struct Visitor {
    client: Client,
    api: String,
    token: String,
}

/// What came back.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Seen {
    /// True when the status and one value are as told.
    pub(super) fn is(&self, status: u16, pointer: &str, value: &Value) -> bool {
        self.status == status && self.body.pointer(pointer) == Some(value)
    }

    /// A text of the answer.
    pub(super) fn text(&self, pointer: &str) -> Result<String, BootError> {
        let text = self.body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| BootError::Unexpected(format!("status {} without {pointer}", self.status)))
    }
}

async fn seen(answer: Response) -> Result<Seen, BootError> {
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    Ok(Seen { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
}

impl Visitor {
    pub(super) async fn get(&self, path: &str) -> Result<Seen, BootError> {
        seen(self.client.get(format!("{}{path}", self.api)).bearer_auth(&self.token).send().await?).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Seen, BootError> {
        seen(self.client.post(format!("{}{path}", self.api)).bearer_auth(&self.token).json(body).send().await?).await
    }

    pub(super) async fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Seen, BootError> {
        let request = self.client.post(format!("{}{path}", self.api)).bearer_auth(&self.token);
        seen(request.header("Idempotency-Key", key).json(body).send().await?).await
    }
}

impl Guide {
    pub(super) fn new(house: String, sandbox: String, mail: Arc<MemoryMail>) -> Result<Self, BootError> {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build()?;
        Ok(Self { client, house, sandbox, mail })
    }

    pub(super) fn say(&self, text: &str) -> Result<(), BootError> {
        writeln!(std::io::stdout().lock(), "{text}").map_err(BootError::io("printing"))
    }

    pub(super) fn chapter(&self, title: &str) -> Result<(), BootError> {
        self.say(&format!("\n{title}\n"))
    }

    /// Prints what was expected, and stops the tour when it was not so.
    pub(super) fn expect(&self, what: &str, holds: bool) -> Result<(), BootError> {
        self.say(&format!("  {} {what}", if holds { "✓" } else { "✗" }))?;
        if holds { Ok(()) } else { Err(BootError::Unexpected(what.to_owned())) }
    }

    pub(super) async fn signs_in(&self, email: &str) -> Result<Visitor, BootError> {
        let api = format!("{}/api/v1", self.house);
        let body = json!({ "email": email, "password": DEMO_PASSWORD });
        let answer = seen(self.client.post(format!("{api}/auth/login")).json(&body).send().await?).await?;
        let token = answer.text("/access_token")?;
        Ok(Visitor { client: self.client.clone(), api, token })
    }

    /// The text of a page, as anybody sees it.
    pub(super) async fn visit(&self, url: &str) -> Result<String, BootError> {
        Ok(self.client.get(url).send().await?.text().await?)
    }

    /// Presses the button on a payment page; answers where that leads.
    pub(super) async fn press(&self, link: &str) -> Result<String, BootError> {
        leads_to(&self.client.post(link).send().await?)
    }

    /// Approves on the sandbox's landing page as a person would; answers where that leads.
    pub(super) async fn approve_on_page(&self, landing: &str) -> Result<String, BootError> {
        let token = landing.split_once("token=").map(|(_, token)| token).unwrap_or_default();
        let request = self.client.post(self.sandbox_url("/landing"));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        leads_to(&request.body(format!("token={token}&act=approve")).send().await?)
    }

    pub(super) fn sandbox_url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox)
    }

    /// Lets everything that is under way come to rest.
    pub(super) async fn settle(&self) -> Result<(), BootError> {
        self.client.get(self.sandbox_url("/control/clock")).send().await?.error_for_status()?;
        Ok(())
    }

    pub(super) async fn advance(&self, by: &str) -> Result<(), BootError> {
        let request = self.client.post(self.sandbox_url("/control/clock")).json(&json!({ "advance": by }));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// True when a letter whose subject begins with this went to the address.
    pub(super) fn has_letter(&self, to: &str, subject: &str) -> bool {
        self.mail.letters().iter().any(|kept| kept.letter.to == to && kept.letter.subject.starts_with(subject))
    }
}

fn leads_to(answer: &Response) -> Result<String, BootError> {
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let unexpected = || BootError::Unexpected(format!("status {} without a way on", answer.status().as_u16()));
    location.map(str::to_owned).ok_or_else(unexpected)
}
