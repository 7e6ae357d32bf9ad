//! One effect of the outbox: claim it, do it outside any transaction, write down how it ended. A call without an answer
//! may have been done: it is tried again under the same key, and what became of it is observed by a look.

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::{create_payment, move_money, send_letter, tell};
use crate::domain::ids::EffectId;
use crate::domain::look::backoff;
use crate::store::Stop;
use crate::store::outbox::{Job, Retry, TRIES_APART, Task};
use crate::vipps::ProviderError;

/// How long one executor may hold an effect: longer than the longest call.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// After so many tries in vain somebody should know.
const ALARM_AFTER: i64 = 4;

/// Runs an effect if it is due; false when it was not, or somebody else has it.
pub async fn run_effect(app: &App, id: EffectId) -> Result<bool, Stop> {
    let Some(job) = app.store.change(move |tx| Ok(tx.claim_effect(id, CLAIM)?)).await? else {
        return Ok(false);
    };
    match &job.task {
        // What follows a letter is not due now, and nobody waits for either.
        Task::Letter(letter) => {
            send_letter::send_letter(app, &job, letter).await?;
            return Ok(true);
        }
        Task::Announcement(announcement) => tell::announce(app, &job, announcement.event_id).await?,
        Task::Payment { event, order, attempt, key, act: None } => {
            let payment = create_payment::Payment { event: *event, order: *order, attempt: *attempt };
            create_payment::create_payment(app, &job, payment, key).await?;
        }
        Task::Payment { event, order, attempt, key, act: Some(act) } => {
            let payment = create_payment::Payment { event: *event, order: *order, attempt: *attempt };
            move_money::move_money(app, &job, payment, *act, key).await?;
        }
    }
    app.signals.work_done();
    Ok(true)
}

/// When to try again what failed for now, and how to say why: title, code and trace id only.
pub(super) fn retry_later(app: &App, job: &Job, error: &ProviderError) -> Retry {
    // Four tries a minute at most, and ever slower.
    let pause = backoff(job.tries + 1).max(TRIES_APART).max(error.asks_for());
    if job.tries >= ALARM_AFTER {
        warn!(effect = %job.id, tries = job.tries, %error, "an effect keeps failing; it is tried again");
    } else {
        info!(effect = %job.id, tries = job.tries, %error, "an effect failed; it is tried again");
    }
    Retry {
        due_at: app.clock.now() + pause,
        why: error.to_string(),
        unanswered: matches!(error, ProviderError::Unknown { .. }),
        new_key: None,
    }
}
