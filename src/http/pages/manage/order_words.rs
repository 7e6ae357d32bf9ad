//! The page of one order, in words.

use std::collections::HashMap;

use askama::Template;
use chrono::TimeDelta;

use super::order::Done;
use super::states::{self, State};
use super::story::{Sentence, Story};
use super::voice::{Voice, named};
use crate::domain::attention;
use crate::domain::ids::UserId;
use crate::domain::money::{Money, Ore};
use crate::domain::order::{self, RefundStatus};
use crate::domain::sales_unit::Provider;
use crate::flows::open_case::is_payable;
use crate::http::pages::Frame;
use crate::store::orders::OrderView;
use crate::store::trail::TrailLine;

/// How often a page about an order that is under way looks again, in seconds.
const LIVE_SECONDS: u32 = 5;

/// An order that is looked at within this time is under way; a later look is routine.
const LIVE_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// What whoever looks may do and see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    /// May give money back.
    pub(super) may_refund: bool,
    /// Manages the people of the event.
    pub(super) manages: bool,
    /// Sees addresses, as in the API.
    pub(super) sees_addresses: bool,
}

/// What the page shows.
pub(super) struct Shown {
    pub(super) view: OrderView,
    pub(super) lines: Vec<TrailLine>,
    /// The names of whoever acted.
    pub(super) names: HashMap<UserId, (String, String)>,
    pub(super) email: Option<String>,
    pub(super) done: Option<Done>,
    /// Where the story goes on.
    pub(super) next: Option<String>,
    pub(super) is_continued: bool,
}

/// One payment at its provider, in words.
#[derive(Debug)]
pub(super) struct AttemptRow {
    pub(super) reference: String,
    pub(super) state: State,
    pub(super) made: String,
}

/// One refund, in words.
#[derive(Debug)]
pub(super) struct RefundRow {
    pub(super) amount: String,
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) made: String,
}

#[derive(Template)]
#[template(path = "manage/order.html")]
pub(super) struct OrderPage<'a> {
    pub(super) frame: &'a Frame,
    /// Over whom it is paid.
    pub(super) provider: Provider,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) email: Option<&'a str>,
    pub(super) event: &'a str,
    pub(super) people_path: Option<String>,
    pub(super) orders_path: String,
    /// What goes or went to the provider for it.
    pub(super) operations_path: String,
    pub(super) status: State,
    pub(super) seat: State,
    pub(super) attention: Option<(String, String)>,
    pub(super) price: String,
    pub(super) is_sale: bool,
    pub(super) reserved: String,
    pub(super) taken: String,
    pub(super) refunded: String,
    pub(super) released: Option<String>,
    pub(super) link: Option<String>,
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) refunds: Vec<RefundRow>,
    pub(super) story: Vec<Sentence>,
    pub(super) is_continued: bool,
    pub(super) first_path: String,
    pub(super) next_path: Option<String>,
    pub(super) live_seconds: Option<u32>,
    pub(super) may_refund: bool,
    /// What can be done about what needs a person: the word, and in words; the proposed act first.
    pub(super) acts: Vec<(&'static str, String)>,
    /// What is left to give back; empty when nothing is.
    pub(super) left: Option<String>,
    pub(super) amount: String,
    pub(super) reason: String,
    pub(super) key: String,
    pub(super) done: Option<String>,
    pub(super) alert: Option<String>,
    pub(super) wrong: &'a str,
}

/// The page, in words.
pub(super) fn order_page<'a>(
    frame: &'a Frame,
    public_url: &str,
    asker: Asker,
    shown: &'a Shown,
    voice: Voice,
) -> OrderPage<'a> {
    let (view, order) = (&shown.view, &shown.view.order);
    let price = |amount: Ore| voice.price(Money { amount, ..order.price });
    let sums = order::sums(order, &view.attempts, &view.refunds);
    let left = order::refundable(order, &view.attempts, &view.refunds);
    let name = format!("{} {}", view.first_name, view.last_name);
    let provider = view.attempts.last().map_or(Provider::VippsEpayment, |attempt| attempt.provider);
    let story = Story { person: &name, provider, currency: order.price.currency, names: &shown.names, voice };
    let path = format!("/manage/orders/{}", order.id);
    let released = Money { amount: sums.cancelled, ..order.price };
    OrderPage {
        frame,
        provider,
        email: shown.email.as_deref(),
        event: &view.event_title,
        people_path: asker.manages.then(|| format!("/manage/events/{}", order.event_id)),
        orders_path: format!("/manage/events/{}/orders", order.event_id),
        operations_path: format!("/manage/operations?order_id={}", order.id),
        status: states::order_status(order.status, voice),
        seat: states::seat(&view.registration, None, voice).at(provider),
        attention: order
            .needs_attention
            .as_ref()
            .map(|about| (named(states::attention(about.reason, voice), provider), voice.short(about.since))),
        price: price(order.price.amount),
        is_sale: order.sale,
        reserved: price(sums.reserved()),
        taken: price(sums.captured),
        refunded: price(sums.refunded),
        released: released.amount.is_positive().then(|| voice.price(released)),
        link: is_payable(&view.registration, order, voice.now).then(|| format!("{public_url}/pay/{}", order.pay_token)),
        attempts: attempts(view, voice),
        refunds: refunds(view, voice),
        story: shown.lines.iter().map(|line| story.tell(line)).collect(),
        is_continued: shown.is_continued,
        first_path: path.clone(),
        next_path: shown.next.as_ref().map(|next| super::address(&path, &[("cursor", Some(next))])),
        live_seconds: order.check_at.filter(|at| *at <= voice.now + LIVE_WITHIN).map(|_| LIVE_SECONDS),
        may_refund: asker.may_refund,
        acts: acts(view, provider, voice).into_iter().filter(|_| asker.may_refund).collect(),
        left: left.is_positive().then(|| price(left)),
        amount: in_digits(left, voice),
        reason: String::new(),
        key: String::new(),
        done: shown.done.map(|done| named(done_words(done, view, voice), provider)),
        alert: None,
        wrong: "",
        name,
        path,
    }
}

impl OrderPage<'_> {
    /// Words of ours with the provider's name.
    fn named(&self, words: &str) -> String {
        named(words, self.provider)
    }
}

fn acts(view: &OrderView, provider: Provider, voice: Voice) -> Vec<(&'static str, String)> {
    let acts = attention::acts(&view.order, &view.registration, &view.attempts);
    acts.into_iter().map(|act| (act.word(), named(states::act(act, voice), provider))).collect()
}

/// An amount as it is typed: "250", "99,50".
fn in_digits(amount: Ore, voice: Voice) -> String {
    let text = amount.to_string();
    text.strip_suffix(".00").map_or_else(|| text.replace('.', voice.pick(",", ".")), str::to_owned)
}

fn attempts(view: &OrderView, voice: Voice) -> Vec<AttemptRow> {
    let row = |attempt: &crate::domain::attempt::Attempt| AttemptRow {
        reference: attempt.reference.as_str().to_owned(),
        state: states::attempt(attempt.state, voice),
        made: voice.short(attempt.created_at),
    };
    view.attempts.iter().map(row).collect()
}

fn refunds(view: &OrderView, voice: Voice) -> Vec<RefundRow> {
    let row = |refund: &order::Refund| RefundRow {
        amount: voice.price(Money { amount: refund.amount, ..view.order.price }),
        state: states::refund(refund.status, voice),
        reason: refund.reason.clone(),
        made: voice.short(refund.created_at),
    };
    view.refunds.iter().map(row).collect()
}

fn done_words(done: Done, view: &OrderView, voice: Voice) -> &'static str {
    match done {
        Done::Asked => {
            voice.pick("Vipps har svart, og siden er à jour.", "Vipps has answered, and the page is up to date.")
        }
        Done::Resolved => voice.pick("Det er ført.", "That is recorded."),
        Done::Refund => match view.refunds.last().map(|refund| refund.status) {
            Some(RefundStatus::Done) => voice.pick("Pengene er gitt tilbake.", "The money was given back."),
            Some(RefundStatus::Refused) => voice.pick("Vipps avviste tilbakebetalingen.", "Vipps refused the refund."),
            Some(RefundStatus::Pending) | None => voice.pick(
                "Tilbakebetalingen er på vei. Det kan ta litt tid før Vipps bekrefter den.",
                "The refund is on its way. It may take a while before Vipps confirms it.",
            ),
        },
    }
}
