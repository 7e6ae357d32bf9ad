//! What somebody has signed up for, and what became of his payments. Everybody sees his own and nobody else's.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use super::event::stand::{Paid, SignOff, Stand, stand};
use super::money::{order_words, refund_lines};
use super::visitor::Visitor;
use super::voice::Voice;
use super::{Frame, MoneyBack, Tone, html, render};
use crate::domain::registration::EndedReason;
use crate::flows::open_case::is_payable;
use crate::http::Answered;
use crate::http::page::{NoFilter, Page};
use crate::store::orders::{OrderFilter, OrderView};
use crate::store::own::{OwnRegistration, Part};
use crate::words;

/// One registration in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLine {
    /// Where the event's page is.
    pub path: String,
    /// The event's title.
    pub title: String,
    /// The day and the month, as on a calendar's leaf.
    pub leaf: (String, String),
    /// When it is.
    pub when: String,
    /// How it stands, in a few words.
    pub tag: String,
    /// How that looks.
    pub tone: Tone,
    /// What there is to know or do.
    pub line: String,
    /// Where to pay, if that is possible now.
    pub pay_path: Option<String>,
}

/// What the page of registrations shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPage {
    /// What stands around it.
    pub frame: Frame,
    /// What is to come; nothing on later pages of what was.
    pub coming: Vec<OwnLine>,
    /// Where more of it is.
    pub more_coming: Option<String>,
    /// What was; nothing on later pages of what is to come.
    pub earlier: Vec<OwnLine>,
    /// Where more of it is.
    pub more_earlier: Option<String>,
    /// True on the first page, which says so when there is nothing.
    pub is_first: bool,
}

#[derive(Template)]
#[template(path = "pages/own.html")]
struct OwnTemplate<'a> {
    frame: &'a Frame,
    page: &'a OwnPage,
}

/// Renders the page.
pub fn render_own(page: &OwnPage) -> String {
    render(&OwnTemplate { frame: &page.frame, page }, page.frame.language)
}

/// Which part of the list is asked for; both unless given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    part: Option<PartWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PartWord {
    Coming,
    Earlier,
}

/// `GET /my`.
pub(crate) async fn show(visitor: Visitor, page: Page<Which>) -> Answered {
    let user = visitor.needs_caller()?.user.id;
    let (part, after, fetch) = (page.filter.part, page.after::<(i64, uuid::Uuid)>()?, page.fetch());
    let wanted = |which| part.is_none_or(|part| part == which);
    let (coming, earlier) = (wanted(PartWord::Coming), wanted(PartWord::Earlier));
    let read = visitor.app.store.read(move |tx| {
        let mut own = |part, is_wanted| {
            let rows = if is_wanted { tx.own_registrations(user, part, after, fetch)? } else { Vec::new() };
            rows.into_iter()
                .map(|row| {
                    let order = row.view.order.clone().map(|order| tx.view_order(order)).transpose()?;
                    Ok::<_, crate::store::Stop>((row, order))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let lists = (own(Part::Coming, coming)?, own(Part::Earlier, earlier)?);
        Ok((lists, tx.now()))
    });
    let ((coming, earlier), now) = read.await?;
    let voice = Voice::at(&visitor, now);
    let list = |rows: Vec<(OwnRegistration, Option<OrderView>)>, word: &str| {
        let (rows, next) = page.cut(rows, |(row, _)| row.place());
        let lines: Vec<OwnLine> = rows.iter().map(|(row, order)| own_line(row, order.as_ref(), voice)).collect();
        (lines, next.map(|cursor| format!("/my?part={word}&cursor={cursor}")))
    };
    let ((coming, more_coming), (earlier, more_earlier)) = (list(coming, "coming"), list(earlier, "earlier"));
    let page = OwnPage { frame: visitor.frame, coming, more_coming, earlier, more_earlier, is_first: part.is_none() };
    Ok(html(StatusCode::OK, render_own(&page)))
}

/// A registration as one line of a list.
pub fn own_line(row: &OwnRegistration, order: Option<&OrderView>, voice: Voice) -> OwnLine {
    let details = &row.event.details;
    let stand = stand(&row.event, &row.view, order, voice.now);
    let (tag, tone) = tag(&stand, voice);
    OwnLine {
        path: format!("/events/{}", row.event.id),
        title: words::one_line(&details.title),
        leaf: words::calendar_leaf(details.start_date, voice.zone, voice.language),
        when: voice.stretch(details.start_date, details.end_date),
        line: line(&stand, row, voice),
        pay_path: match stand {
            Stand::Payable { pay_path, .. } => Some(pay_path),
            Stand::Nothing
            | Stand::Waiting { .. }
            | Stand::Checking { .. }
            | Stand::Seated { .. }
            | Stand::Ended { .. } => None,
        },
        tag,
        tone,
    }
}

/// How somebody stands at an event, in a few words and with a color.
pub fn tag(stand: &Stand, voice: Voice) -> (String, Tone) {
    let pick = |nb: &str, en: &str| voice.pick(nb, en).to_owned();
    match stand {
        Stand::Nothing => (pick("Ikke påmeldt", "Not signed up"), Tone::Over),
        Stand::Waiting { place } => (format!("{} {place}", pick("På venteliste, nr.", "Waiting, no.")), Tone::Waiting),
        Stand::Payable { .. } => (pick("Ikke betalt ennå", "Not paid yet"), Tone::Open),
        Stand::Checking { .. } => (pick("Vi spør Vipps", "Asking Vipps"), Tone::Waiting),
        Stand::Seated { .. } => (pick("Du har plass", "You have a seat"), Tone::Good),
        Stand::Ended { reason, .. } => {
            let words = match reason {
                EndedReason::Withdrawn => pick("Meldt av", "Signed off"),
                EndedReason::Unpaid => pick("Ikke betalt i tide", "Not paid in time"),
                EndedReason::Removed => pick("Meldt av av arrangøren", "Signed off by the organizer"),
                EndedReason::EventCancelled => pick("Avlyst", "Cancelled"),
            };
            (words, Tone::Over)
        }
    }
}

fn line(stand: &Stand, row: &OwnRegistration, voice: Voice) -> String {
    let price = |amount| words::price(amount, voice.language);
    let pick = |nb: &str, en: &str| voice.pick(nb, en).to_owned();
    match stand {
        Stand::Nothing | Stand::Waiting { .. } | Stand::Checking { .. } => String::new(),
        Stand::Payable { until, price: owed, .. } => match voice.language.is_nb() {
            true => format!("Betal {} innen {}.", price(*owed), voice.moment(*until)),
            false => format!("Pay {} by {}.", price(*owed), voice.moment(*until)),
        },
        Stand::Seated { paid, sign_off } => {
            let paid = match paid {
                Paid::Free => None,
                Paid::Through(amount) => Some(format!("{} {}.", pick("Betalt:", "Paid:"), price(*amount))),
                Paid::Outside(amount) => {
                    Some(format!("{} {}.", pick("Betalt utenom Vipps:", "Paid outside Vipps:"), price(*amount)))
                }
                Paid::GivenBack => Some(pick("Pengene er gitt tilbake.", "Your money has been given back.")),
            };
            let is_over = voice.now >= row.event.details.end_date;
            let until = match sign_off {
                SignOff::Until(until) if !is_over => match voice.language.is_nb() {
                    true => Some(format!("Du kan melde deg av til {}.", voice.moment(*until))),
                    false => Some(format!("You can sign off until {}.", voice.moment(*until))),
                },
                SignOff::Until(_) | SignOff::TooLate | SignOff::AskOrganizer => None,
            };
            let came = row.view.registration.has_attended.then(|| pick("Du var med.", "You were there."));
            paid.into_iter().chain(until).chain(came).collect::<Vec<_>>().join(" ")
        }
        Stand::Ended { money, .. } => match money {
            Some(MoneyBack::Nothing) | None => String::new(),
            Some(money) => money.words(voice.language).to_owned(),
        },
    }
}

/// One order in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// Where the event's page is.
    pub path: String,
    /// The event's title.
    pub title: String,
    /// When the order was made.
    pub made: String,
    /// What it costs.
    pub price: String,
    /// How it stands, in a few words.
    pub tag: &'static str,
    /// How that looks.
    pub tone: Tone,
    /// What was given back or is on its way.
    pub refunds: Vec<String>,
    /// Where to pay, if that is possible now.
    pub pay_path: Option<String>,
}

/// What the page of payments shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentsPage {
    /// What stands around it.
    pub frame: Frame,
    /// The orders, newest first.
    pub payments: Vec<PaymentLine>,
    /// Where more of them are.
    pub more: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/payments.html")]
struct PaymentsTemplate<'a> {
    frame: &'a Frame,
    page: &'a PaymentsPage,
}

/// Renders the page.
pub fn render_payments(page: &PaymentsPage) -> String {
    render(&PaymentsTemplate { frame: &page.frame, page }, page.frame.language)
}

/// `GET /my/payments`.
pub(crate) async fn payments(visitor: Visitor, page: Page<NoFilter>) -> Answered {
    let filter = OrderFilter { user_id: Some(visitor.needs_caller()?.user.id), ..OrderFilter::default() };
    let (after, fetch) = (page.after()?, page.fetch());
    let (rows, now) = visitor.app.store.read(move |tx| Ok((tx.orders(&filter, after, fetch)?, tx.now()))).await?;
    let voice = Voice::at(&visitor, now);
    let (rows, next) = page.cut(rows, |view| (view.order.created_at.timestamp_millis(), view.order.id));
    let payments = rows.iter().map(|view| payment_line(view, voice)).collect();
    let more = next.map(|cursor| format!("/my/payments?cursor={cursor}"));
    Ok(answer(&PaymentsPage { frame: visitor.frame, payments, more }))
}

fn answer(page: &PaymentsPage) -> HttpResponse {
    html(StatusCode::OK, render_payments(page))
}

/// An order as one line of a list.
pub fn payment_line(view: &OrderView, voice: Voice) -> PaymentLine {
    let order = &view.order;
    let payable = is_payable(&view.registration, order, voice.now);
    let (tag, tone) = order_words(view, payable, voice.language);
    PaymentLine {
        path: format!("/events/{}", order.event_id),
        title: words::one_line(&view.event_title),
        made: words::moment(order.created_at, voice.zone, voice.language),
        price: words::price(order.price, voice.language),
        tag,
        tone,
        refunds: refund_lines(view, voice.language),
        pay_path: payable.then(|| format!("/pay/{}", order.pay_token)),
    }
}
