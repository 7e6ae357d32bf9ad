//! Sends one letter. Names and addresses are looked up now; a letter whose reader is gone is dropped.

use tracing::{error, info};

use super::app::App;
use crate::domain::effect::Letter;
use crate::domain::look::backoff;
use crate::mail::MailError;
use crate::mail::letters::{self, LetterContext, Recipient};
use crate::store::Stop;
use crate::store::outbox::Job;

/// Sends the letter, or puts it back for later.
pub(super) async fn send_letter(app: &App, job: &Job, letter: &Letter) -> Result<(), Stop> {
    let (user, event) = (letter.user_id, letter.event_id);
    let found = app.store.read(move |tx| Ok((tx.user_by_id(user)?, tx.event_by_id(event)?))).await?;
    let (Some(user), Some(event)) = found else {
        info!(effect = %job.id, "a letter has no reader any more");
        return finish(app, job).await;
    };
    let recipient =
        Recipient { first_name: user.profile.first_name, email: user.profile.email, locale: user.profile.locale };
    let context = LetterContext {
        public_url: app.settings.public_url.clone(),
        time_zone: app.settings.time_zone,
        frontend_event_url: app.settings.frontend_event_url.clone(),
        organization: app.settings.organization.clone(),
    };
    let outgoing = match letters::compose(&letter.news, &recipient, &event, &context) {
        Ok(outgoing) => outgoing,
        Err(cause) => {
            error!(effect = %job.id, %cause, "a letter cannot be written; it is parked");
            return park(app, job, &cause.to_string()).await;
        }
    };
    match app.mail.send(&outgoing).await {
        Ok(()) => finish(app, job).await,
        Err(MailError::Refused(why)) => {
            error!(effect = %job.id, "a letter was refused; it is parked");
            park(app, job, &why).await
        }
        Err(MailError::Unavailable(why)) => {
            let due_at = app.clock.now() + backoff(job.tries + 1);
            let job = job.clone();
            app.store.change(move |tx| Ok(tx.retry_effect(&job, due_at, &why, None)?)).await
        }
    }
}

async fn finish(app: &App, job: &Job) -> Result<(), Stop> {
    let job = job.clone();
    app.store.change(move |tx| Ok(tx.finish_effect(&job).map(|_mine| ())?)).await
}

async fn park(app: &App, job: &Job, why: &str) -> Result<(), Stop> {
    let (job, why) = (job.clone(), why.to_owned());
    app.store.change(move |tx| Ok(tx.park_effect(&job, &why)?)).await
}
