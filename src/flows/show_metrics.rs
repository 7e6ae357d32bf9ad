//! Shows whoever watches the house what it counts: what this process saw, and what the database says at this moment. A
//! database that does not answer hides only its own figures.

use tracing::warn;

use super::app::App;
use super::{doctor, forget, keep_webhooks};
use crate::domain::attention::AttentionReason;
use crate::domain::checkup::Ailment;
use crate::domain::effect::EffectKind;
use crate::metrics::{Figures, Waiting};
use crate::store::{Reader, Stop, StoreError};
use crate::telemetry::chain;

/// The duties whose last time is shown.
const DUTIES: [&str; 3] = [doctor::DUTY, forget::DUTY, keep_webhooks::DUTY];

/// Everything, as Prometheus reads it.
pub async fn show_metrics(app: &App) -> Result<String, std::fmt::Error> {
    let figures: Result<Figures, Stop> = app.store.read(|tx| Ok(figures(tx)?)).await;
    let figures = figures.inspect_err(|stop| warn!(error = %chain(stop), "no figures of the database")).ok();
    app.metrics.show(app.desk.standing(), figures.as_ref())
}

fn figures(tx: &mut Reader<'_>) -> Result<Figures, StoreError> {
    let now = tx.now();
    let seconds_since = |at: i64| (now.timestamp_millis() - at).max(0) / 1_000;
    let reasons = tx.count_needing_attention()?;
    let outbox = tx.outbox_by_kind()?;
    let (looks_due, longest_due) = tx.count_looks_due(now)?;
    let of = |found: &[(String, i64)], word: &str| {
        found.iter().find(|(other, _)| other == word).map_or(0, |(_, count)| *count)
    };
    let waiting = |kind: EffectKind| {
        let mut all = Waiting::default();
        for row in outbox.iter().filter(|row| row.kind == kind.word()) {
            if row.is_parked {
                all.parked += row.count;
            } else {
                all.waiting += row.count;
                all.oldest = all.oldest.max(seconds_since(row.oldest));
            }
        }
        (kind.word(), all)
    };
    let mut duties = Vec::new();
    for duty in DUTIES {
        if let Some(done_at) = tx.duty_done_at(duty)? {
            duties.push((duty, done_at / 1_000));
        }
    }
    let rounds = tx.duty_report(doctor::DUTY)?.map(|text| doctor::Rounds::read(&text)).unwrap_or_default();
    Ok(Figures {
        needs_attention: AttentionReason::ALL.map(|reason| (reason.word(), of(&reasons, reason.word()))).to_vec(),
        outbox: EffectKind::ALL.map(waiting).to_vec(),
        looks_due,
        looks_late: longest_due.map_or(0, seconds_since),
        duties,
        findings: Ailment::ALL.iter().map(|ailment| (ailment.word(), rounds.count_of(*ailment))).collect(),
        compared: (rounds.compared, rounds.unanswered),
    })
}
