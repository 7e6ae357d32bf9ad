//! Small marks on a registration that move neither seat nor money: who came, and whether pictures may be taken.

use super::app::App;
use crate::domain::ids::{EventId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::registration::Registration;
use crate::store::Stop;

/// What to mark; empty stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// Whether the person was there.
    pub has_attended: Option<bool>,
    /// Whether pictures may be taken.
    pub allow_photo: Option<bool>,
}

/// Marks the newest registration of a user at an event.
pub async fn mark_registration(app: &App, event: EventId, user: UserId, marks: Marks) -> Result<Registration, Stop> {
    app.store
        .write(event, move |tx| {
            let mut registration = tx.newest_registration(event, user)?.ok_or(Refusal::NotFound)?;
            if !registration.status.is_active() {
                return Err(Refusal::RegistrationEnded.into());
            }
            registration.has_attended = marks.has_attended.unwrap_or(registration.has_attended);
            registration.allow_photo = marks.allow_photo.unwrap_or(registration.allow_photo);
            let status = registration.status;
            tx.save_registration(&status, &registration)?;
            Ok(registration)
        })
        .await
}
