//! Sends one letter. Names, addresses and what may have changed are looked up now; a letter whose reader is gone, or that
//! is no longer true, is dropped. The row goes when the letter went: it is sent at least once, under one Message-ID.

use tracing::{error, info, warn};

use super::app::App;
use crate::domain::correspondence;
use crate::domain::letter::Letter;
use crate::domain::look::backoff;
use crate::domain::operation::Ending;
use crate::domain::registration::Status;
use crate::mail::MailError;
use crate::mail::letters::{self, Facts, House, Recipient};
use crate::metrics::Lettered;
use crate::store::Stop;
use crate::store::outbox::{Job, Retry};

/// After so many tries in vain somebody should know.
const ALARM_AFTER: i64 = 4;

/// Sends the letter, or puts it back for later.
pub(super) async fn send_letter(app: &App, job: &Job, letter: &Letter) -> Result<(), Stop> {
    let Some(facts) = look_up(app, job, letter).await? else {
        info!(effect = %job.id, "a letter has no reader any more");
        return finish(app, job).await;
    };
    if correspondence::is_moot(&letter.news, facts.status, &facts.event.details, facts.sent_at) {
        info!(effect = %job.id, "a letter came to nothing: it is no longer true");
        return finish(app, job).await;
    }
    let outgoing = match letters::compose(&letter.news, &facts) {
        Ok(outgoing) => outgoing,
        Err(cause) => {
            error!(effect = %job.id, %cause, "a letter cannot be written; it is parked");
            app.metrics.lettered(Lettered::Failed);
            return park(app, job, &cause.to_string()).await;
        }
    };
    match app.mail.send(&outgoing).await {
        Ok(()) => {
            app.metrics.lettered(Lettered::Sent);
            finish_and_follow(app, job, letter).await
        }
        Err(MailError::Refused(why)) => {
            error!(effect = %job.id, why, "a letter was refused; it is parked");
            app.metrics.lettered(Lettered::Failed);
            park(app, job, &why).await
        }
        Err(MailError::Unavailable(why)) => {
            app.metrics.lettered(Lettered::Delayed);
            if job.tries >= ALARM_AFTER {
                warn!(effect = %job.id, tries = job.tries, why, "a letter keeps failing; it is tried again");
            }
            let due_at = app.clock.now() + backoff(job.tries + 1);
            let (job, retry) = (job.clone(), Retry { due_at, why, unanswered: false, new_key: None });
            app.store.change(move |tx| Ok(tx.retry_effect(&job, retry.clone())?)).await
        }
    }
}

/// What the letter needs to know; empty when its reader is gone.
async fn look_up(app: &App, job: &Job, letter: &Letter) -> Result<Option<Facts>, Stop> {
    let (user, event, registration) = (letter.user_id, letter.event_id, letter.registration_id);
    let found = app
        .store
        .read(move |tx| {
            let status = tx.registration_by_id(registration)?.status;
            let place = match status {
                Status::Waitlisted { queue_no } => Some(tx.place_in_queue(event, queue_no)?),
                Status::AwaitingPayment { .. } | Status::Confirmed | Status::Ended(_) => None,
            };
            let Some(event) = tx.event_by_id(event)? else { return Ok(None) };
            let provider = tx.provider_for(registration, &event)?;
            Ok(Some((tx.user_by_id(user)?, event, (status, place), provider)))
        })
        .await?;
    let Some((Some(user), event, (status, place_in_line), provider)) = found else { return Ok(None) };
    let settings = &app.settings;
    Ok(Some(Facts {
        effect: job.id,
        sent_at: app.clock.now(),
        to: Recipient { first_name: user.profile.first_name, email: user.profile.email, locale: user.profile.locale },
        event,
        status,
        provider,
        place_in_line,
        house: House {
            public_url: settings.public_url.clone(),
            time_zone: settings.time_zone,
            frontend_event_url: settings.frontend_event_url.clone(),
            organization: settings.organization.clone(),
            sender: settings.mail.from.clone(),
        },
    }))
}

async fn finish(app: &App, job: &Job) -> Result<(), Stop> {
    let job = job.clone();
    app.store.change(move |tx| Ok(tx.finish_effect(&job, Ending::Done).map(|_mine| ())?)).await
}

/// The letter went: its row goes, and the letter that follows takes its place.
async fn finish_and_follow(app: &App, job: &Job, letter: &Letter) -> Result<(), Stop> {
    let (job, next) = (job.clone(), correspondence::follows(letter, app.clock.now()));
    app.store
        .change(move |tx| {
            if tx.finish_effect(&job, Ending::Done)?
                && let Some(next) = &next
            {
                tx.post(std::slice::from_ref(next))?;
            }
            Ok(())
        })
        .await
}

async fn park(app: &App, job: &Job, why: &str) -> Result<(), Stop> {
    let (job, why) = (job.clone(), why.to_owned());
    app.store.change(move |tx| Ok(tx.park_effect(&job, &why)?)).await
}
