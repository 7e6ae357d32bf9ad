//! The sandbox without its sockets: calls go straight to the front desk, and webhooks are handed over instead of sent. For
//! simulations, which ask thousands of times a second and decide themselves what arrives, when and how often.
//!
//! The reading of the contract is the same as over HTTP: limits, remembered keys and refusals are the desk's own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Url;

use super::askell;
use super::call::{Call, Operation};
use super::delivery;
use super::desk;
use super::ecom::{self, Older};
use super::hooks::Registration;
use super::payment::{Outcome, Payment, Stamp, State};
use super::request;
use super::world::World;
use crate::clock::{Clock, Timestamp};

/// The one sales unit that there is.
const SALES_UNIT: &str = "123456";

/// The sandbox without its sockets.
#[derive(Debug)]
pub struct InProcess {
    clock: Clock,
    world: Mutex<World>,
}

/// What is asked of the provider. Bodies and keys are those of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'a> {
    /// `POST /payments`.
    Create,
    /// `GET /payments/{reference}`.
    Get(&'a str),
    /// `GET /payments/{reference}/events`.
    Events(&'a str),
    /// `POST /payments/{reference}/cancel`.
    Cancel(&'a str),
    /// `POST /payments/{reference}/capture`.
    Capture(&'a str),
    /// `POST /payments/{reference}/refund`.
    Refund(&'a str),
    /// `POST /webhooks`.
    Register,
    /// `GET /webhooks`.
    List,
    /// `DELETE /webhooks/{id}`.
    Unregister(&'a str),
    /// Something over the older API, about an order.
    Older(Older, &'a str),
    /// Something of Áskell, by the name in its path; of its list, by the number of the page.
    OfAskell(askell::Operation, &'a str),
}

/// What the provider answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body; empty for none.
    pub body: String,
    /// The domain code of a refusal.
    pub code: Option<String>,
    /// Seconds until another try makes sense.
    pub retry_after: Option<i64>,
}

/// A payment as it truly stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSeen {
    /// Its name.
    pub reference: String,
    /// The provider's word for its state.
    pub state: &'static str,
    /// What it was made for.
    pub price: i64,
    /// Reserved.
    pub authorized: i64,
    /// Taken.
    pub captured: i64,
    /// Given back.
    pub refunded: i64,
    /// Released, or never reserved.
    pub cancelled: i64,
}

/// A webhook on its way, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSent {
    /// The header `x-ms-date`.
    pub date: String,
    /// The header `x-ms-content-sha256`.
    pub content_sha256: String,
    /// The header `Authorization`.
    pub authorization: String,
    /// The body.
    pub body: String,
}

impl InProcess {
    /// An empty provider whose ids and secrets come from `seed`.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self { clock, world: Mutex::new(World::new("http://127.0.0.1".to_owned(), seed)) }
    }

    /// One call to the provider.
    pub fn ask(&self, asked: Asked<'_>, key: Option<&str>, body: &str) -> Answered {
        let (mut world, now) = (self.world(), self.clock.now());
        let answer = match call(asked, key, body) {
            Ok(call) => desk::handle(&mut world, &call, now).answer,
            Err(Elsewhere::Older(older, order)) => ecom::ask(&mut world, (older, SALES_UNIT, order), (key, body), now),
            Err(Elsewhere::Askell(operation, name)) => askell::ask(&mut world, (operation, name), body, now),
        };
        drop(world.take_changes());
        Answered { status: answer.status, body: answer.body, code: answer.code, retry_after: answer.retry_after }
    }

    /// The name of the payment whose landing page this is.
    pub fn reference_behind(&self, redirect_url: &str) -> Option<String> {
        let (_, token) = redirect_url.split_once("token=")?;
        self.world().landed(token).map(|payment| payment.terms.reference.clone())
    }

    /// The payer approves; false when there is nothing to approve any more.
    pub fn approve(&self, reference: &str) -> bool {
        self.act(reference, Payment::approve)
    }

    /// The payer gives up.
    pub fn abort(&self, reference: &str) -> bool {
        self.act(reference, Payment::abort)
    }

    /// Somebody refunds in the provider's portal.
    pub fn refund_in_portal(&self, reference: &str, value: i64) -> bool {
        self.act(reference, |payment, stamp| payment.refund(value, stamp))
    }

    /// Somebody cancels in the provider's portal.
    pub fn cancel_in_portal(&self, reference: &str) -> bool {
        self.act(reference, Payment::cancel)
    }

    fn act(&self, reference: &str, act: impl FnOnce(&mut Payment, Stamp) -> Outcome) -> bool {
        let now = self.clock.now();
        let mut world = self.world();
        world.catch_up(now);
        let done = world.act((SALES_UNIT, reference), None, now, act).is_ok();
        drop(world.take_changes());
        done
    }

    /// All payments as they truly stand now, oldest first.
    pub fn payments(&self) -> Vec<PaymentSeen> {
        let mut world = self.world();
        world.catch_up(self.clock.now());
        drop(world.take_changes());
        world.payments().into_iter().map(seen).collect()
    }

    /// The numbers of the webhooks that were not delivered yet, oldest first.
    pub fn webhooks(&self) -> Vec<u64> {
        let mut world = self.world();
        world.catch_up(self.clock.now());
        drop(world.take_changes());
        world.hooks().deliveries().map(|delivery| delivery.number).collect()
    }

    /// A webhook as it goes out now.
    pub fn webhook(&self, number: u64) -> Option<WebhookSent> {
        let world = self.world();
        let delivery = world.hooks().deliveries().find(|delivery| delivery.number == number)?;
        let to = world.hooks().registrations().iter().find(|hook| hook.id == delivery.registration)?;
        self.sign(to, &delivery.body)
    }

    /// A webhook with another body, signed like the provider's own: what somebody could send who knows the secret.
    pub fn webhook_saying(&self, body: &str) -> Option<WebhookSent> {
        let world = self.world();
        let to = world.hooks().registrations().last()?;
        self.sign(to, body)
    }

    fn sign(&self, to: &Registration, body: &str) -> Option<WebhookSent> {
        let url = Url::parse(&to.url).ok()?;
        let signed = delivery::sign(&to.secret, &url, &delivery::http_date(self.clock.now()), body);
        let delivery::Signed { date, content_sha256, authorization } = signed;
        Some(WebhookSent { date, content_sha256, authorization, body: body.to_owned() })
    }

    /// A webhook was taken, or is lost: it does not come again.
    pub fn forget_webhook(&self, number: u64) {
        let mut world = self.world();
        world.change_hooks(|hooks| hooks.forget_delivery(number));
        drop(world.take_changes());
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is not asked over ePayment.
enum Elsewhere<'a> {
    Older(Older, &'a str),
    Askell(askell::Operation, &'a str),
}

/// The call, or what is asked elsewhere.
fn call<'a>(asked: Asked<'a>, key: Option<&str>, body: &str) -> Result<Call, Elsewhere<'a>> {
    let payments = "/epayment/v1/payments";
    let (operation, reference, path) = match asked {
        Asked::Create => (Operation::Create, request::reference_in(body.as_bytes()), payments.to_owned()),
        Asked::Get(reference) => (Operation::Get, reference.to_owned(), format!("{payments}/{reference}")),
        Asked::Events(reference) => (Operation::Events, reference.to_owned(), format!("{payments}/{reference}/events")),
        Asked::Cancel(reference) => (Operation::Cancel, reference.to_owned(), format!("{payments}/{reference}/cancel")),
        Asked::Capture(reference) => {
            (Operation::Capture, reference.to_owned(), format!("{payments}/{reference}/capture"))
        }
        Asked::Refund(reference) => (Operation::Refund, reference.to_owned(), format!("{payments}/{reference}/refund")),
        Asked::Register => (Operation::Register, String::new(), "/webhooks/v1/webhooks".to_owned()),
        Asked::List => (Operation::List, String::new(), "/webhooks/v1/webhooks".to_owned()),
        Asked::Unregister(id) => (Operation::Unregister, id.to_owned(), format!("/webhooks/v1/webhooks/{id}")),
        Asked::Older(older, order) => return Err(Elsewhere::Older(older, order)),
        Asked::OfAskell(operation, name) => return Err(Elsewhere::Askell(operation, name)),
    };
    Ok(Call {
        operation,
        msn: SALES_UNIT.to_owned(),
        subscription_key: "simulation".to_owned(),
        reference,
        key: key.map(str::to_owned),
        path,
        body: body.as_bytes().to_vec(),
    })
}

fn seen(payment: &Payment) -> PaymentSeen {
    let state = match payment.state {
        State::Created => "CREATED",
        State::Authorized => "AUTHORIZED",
        State::Aborted => "ABORTED",
        State::Expired => "EXPIRED",
        State::Terminated => "TERMINATED",
    };
    PaymentSeen {
        reference: payment.terms.reference.clone(),
        state,
        price: payment.terms.value,
        authorized: payment.authorized,
        captured: payment.captured,
        refunded: payment.refunded,
        cancelled: payment.cancelled,
    }
}
