//! Paid seats: how fast they are decided, how soon each has its payment at Vipps, how many webhooks are taken, and what a
//! deadline costs that thousands share.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::super::BootError;
use super::crowd::{self, Opened, Request};
use super::row::Row;
use super::scenes::{press, seated};
use super::stage::{PAYTIME, Stage};
use crate::clock::Stopwatch;
use crate::domain::ids::SalesUnitId;
use crate::domain::money::Ore;
use crate::domain::registration::EndedReason;
use crate::flows::hear::webhook_url;

/// The seats of a paid event.
const PAID_SEATS: i64 = 100;
/// What a seat costs.
const PRICE: Ore = Ore(25_000);
/// No more seats than these expire at once.
const EXPIRING_MAX: usize = 10_000;

/// Everybody signs up for a paid event, while the provider takes so many milliseconds for each answer.
pub(super) async fn sign_ups(stage: &Stage, name: &'static str, late: u64) -> Result<Row, BootError> {
    let event = stage.event(PAID_SEATS, Some(PRICE)).await?;
    stage.sandbox.answer_after(Duration::from_millis(late));
    stage.sandbox.most_calls_at_once();
    let made_before = stage.sandbox.references().len();
    let watch = Stopwatch::start();
    let measured = press(stage, event, Opened::Before).await?;
    stage.until(async || Ok(stage.calls_waiting().await? == 0)).await?;
    let took = watch.elapsed();
    let row = Row::of(name, measured)
        .with("until_every_seat_had_its_payment_ms", took.as_millis())
        .with("calls_at_once", u128::try_from(stage.sandbox.most_calls_at_once()).unwrap_or_default());
    stage.sandbox.answer_after(Duration::ZERO);
    let made = stage.sandbox.references().len() - made_before;
    let row = row.expecting("payments made", PAID_SEATS.min(stage.people()), i64::try_from(made).unwrap_or_default());
    seated(stage, row, event, PAID_SEATS).await
}

/// The provider tells about every payment it has, as often as there are people.
pub(super) async fn webhooks(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let event = stage.event(PAID_SEATS, Some(PRICE)).await?;
    press(stage, event, Opened::Before).await?;
    stage.until_quiet().await?;
    let host = stage.app.settings.listen;
    let url = webhook_url(&stage.app, SalesUnitId::HOUSE);
    let path = url.strip_prefix(&stage.app.settings.public_url).unwrap_or_default();
    let mut requests = Vec::new();
    for (number, reference) in stage.sandbox.references().iter().rev().cycle().take(stage.options.people).enumerate() {
        let body = json!({
            "msn": "123456", "reference": reference, "pspReference": format!("bench-{number}"), "name": "CREATED",
            "amount": { "currency": "NOK", "value": PRICE.0 }, "timestamp": "2026-01-01T12:00:00Z", "success": true,
        });
        let signed = stage.sandbox.webhook_saying(&body.to_string());
        let signed = signed.ok_or_else(|| BootError::Unexpected("nobody registered for webhooks".to_owned()))?;
        requests.push(Request::webhook(host, path, &signed));
    }
    let measured = crowd::press(host, requests, stage.options.connections, Opened::Before).await?;
    Ok(Row::of(name, measured))
}

/// Everybody has a seat that is not paid, and the deadline of all of them passes in the same moment, while everybody signs
/// up for another event.
pub(super) async fn expiry(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let event = stage.event(0, Some(PRICE)).await?;
    let host = stage.app.settings.listen;
    let some: Vec<Request> =
        stage.tokens.iter().take(EXPIRING_MAX).map(|token| Request::sign_up(host, event, token)).collect();
    let expiring = i64::try_from(some.len()).unwrap_or_default();
    crowd::press(host, some, stage.options.connections, Opened::Before).await?;
    stage.until_quiet().await?;
    let other = stage.event(0, None).await?;
    let undisturbed = press(stage, other, Opened::Before).await?.per_second();
    stage.until_quiet().await?;
    let other = stage.event(0, None).await?;
    stage.sandbox.most_calls_at_once();
    stage.app.clock.advance(PAYTIME + TimeDelta::seconds(1));
    stage.app.signals.work_saved();
    let watch = Stopwatch::start();
    let meanwhile = press(stage, other, Opened::Before).await?;
    stage.until(async || Ok(stage.occupancy(event).await?.seats_held == 0)).await?;
    let took = watch.elapsed();
    let ended = stage.app.store.read(move |reader| Ok(reader.count_ended(event, EndedReason::Unpaid)?)).await?;
    let looked = crowd::Measured::new(vec![took; usize::try_from(expiring).unwrap_or_default()], took, 0);
    Ok(Row::of(name, looked)
        .with("calls_at_once", u128::try_from(stage.sandbox.most_calls_at_once()).unwrap_or_default())
        .with("sign-ups_per_second_meanwhile", meanwhile.per_second())
        .with("sign-ups_per_second_before", undisturbed)
        .expecting("seats expired", expiring, ended))
}
