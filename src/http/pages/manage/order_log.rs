//! The provider's own log of an order beside our books: one table for each payment, and in words where one side lacks a
//! line. The page is there whether or not the provider answers.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::order::Readable;
use super::states::{self, State};
use super::voice::Voice;
use crate::domain::beside::{Line, Stands, What, do_agree};
use crate::domain::ids::OrderId;
use crate::domain::ledger::MovementKind;
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::flows::read_log::{OurLog, read_what_there_is};
use crate::http::Answered;
use crate::http::page::{NoFilter, Query};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render};
use crate::http::write_time;

/// One line of both logs, in words.
#[derive(Debug)]
pub(super) struct LogRow {
    pub(super) what: String,
    pub(super) note: Option<String>,
    pub(super) at: String,
    pub(super) machine_at: String,
    pub(super) amount: String,
    pub(super) transaction_id: String,
    pub(super) here: State,
    pub(super) there: State,
}

/// One payment, in words.
#[derive(Debug)]
pub(super) struct PaymentLog {
    pub(super) reference: String,
    pub(super) state: State,
    pub(super) provider: &'static str,
    /// What there is to say about both logs together, and how its notice looks.
    pub(super) summary: (&'static str, String),
    pub(super) rows: Vec<LogRow>,
}

#[derive(Template)]
#[template(path = "manage/order_log.html")]
pub(super) struct LogPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) name: String,
    pub(super) event: &'a str,
    pub(super) order_path: String,
    pub(super) provider: &'static str,
    pub(super) payments: Vec<PaymentLog>,
}

/// `GET /manage/orders/{order_id}/log`.
pub(crate) async fn show(visitor: Visitor, id: Path<OrderId>, _query: Query<NoFilter>) -> Answered {
    let readable = Readable::find(&visitor, *id).await?;
    let order = readable.id;
    let view = visitor.app.store.read(move |tx| {
        let order = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
        Ok(tx.view_order(order)?)
    });
    let view = view.await?;
    let logs = read_what_there_is(&visitor.app, order).await?;
    let voice = Voice::for_visitor(&visitor);
    let frame = Frame { test_mode: view.order.test_mode, ..visitor.frame.clone() };
    let name = format!("{} {}", view.first_name, view.last_name);
    let template = log_page(&frame, (name, &view.event_title), readable.path(), &logs, voice);
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

/// The page, in words.
pub(super) fn log_page<'a>(
    frame: &'a Frame,
    (name, event): (String, &'a str),
    order_path: String,
    logs: &[OurLog],
    voice: Voice,
) -> LogPage<'a> {
    let provider = logs.last().map_or(Provider::VippsEpayment, |log| log.attempt.provider);
    LogPage {
        frame,
        name,
        event,
        order_path,
        provider: provider.name(),
        payments: logs.iter().map(|log| payment(log, voice)).collect(),
    }
}

fn payment(log: &OurLog, voice: Voice) -> PaymentLog {
    let lines = log.beside();
    let provider = log.attempt.provider.name();
    let two = |nb: String, en: String| if voice.language.is_nb() { nb } else { en };
    let summary = if log.provider.is_none() {
        let nb = format!("{provider} svarte ikke. Her er det som står hos oss.");
        ("", two(nb, format!("{provider} did not answer. This is what our books say.")))
    } else if !do_agree(&lines) {
        let en = "Something stands in one place only.".to_owned();
        ("wrong", two("Noe står bare det ene stedet.".to_owned(), en))
    } else {
        ("good", two("Loggene stemmer.".to_owned(), "The logs agree.".to_owned()))
    };
    PaymentLog {
        reference: log.attempt.reference.as_str().to_owned(),
        state: states::attempt(log.attempt.state, voice),
        provider,
        summary,
        rows: lines.iter().map(|line| row(line, voice)).collect(),
    }
}

fn row(line: &Line, voice: Voice) -> LogRow {
    let (what, note) = match &line.what {
        What::Moved(kind) => (moved(*kind, voice).to_owned(), None),
        What::Told { name, success: true } => {
            (name.clone(), Some(voice.pick("Ingen penger flyttet seg.", "No money moved.").to_owned()))
        }
        What::Told { name, success: false } => (
            name.clone(),
            Some(voice.pick("Mislyktes, ingen penger flyttet seg.", "Failed, no money moved.").to_owned()),
        ),
    };
    let portal = || voice.pick("Gjort i portalen.", "Done in the portal.").to_owned();
    LogRow {
        what,
        note: if line.elsewhere { Some(portal()) } else { note },
        at: voice.short(line.at),
        machine_at: write_time(line.at),
        amount: voice.price(line.amount),
        transaction_id: line.transaction_id.clone(),
        here: stands(line.here, voice),
        there: stands(line.there, voice),
    }
}

/// What an amount did.
pub(super) fn moved(kind: MovementKind, voice: Voice) -> &'static str {
    match kind {
        MovementKind::Authorized => voice.pick("Reservert", "Reserved"),
        MovementKind::Captured => voice.pick("Trukket", "Taken"),
        MovementKind::Refunded => voice.pick("Betalt tilbake", "Refunded"),
        MovementKind::Cancelled => voice.pick("Frigitt", "Released"),
    }
}

fn stands(stands: Stands, voice: Voice) -> State {
    let (tone, text) = match stands {
        Stands::There => (Tone::Good, voice.pick("Ja", "Yes")),
        Stands::Missing => (Tone::Open, voice.pick("Mangler", "Missing")),
        Stands::NotDue => (Tone::Over, voice.pick("Skal ikke føres", "Not to be booked")),
        Stands::Unknown => (Tone::Waiting, voice.pick("Vet ikke", "Not known")),
    };
    State { tone, text: text.to_owned() }
}
