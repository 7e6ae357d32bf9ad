//! Who asks. Sessions, permissions and the secrets that webhooks are signed with are read with every request, never
//! remembered: what was taken from somebody is gone at once, whichever process took it. Requests that arrive together
//! are looked up in one reading.

use super::app::App;
use crate::domain::ids::{SalesUnitId, SessionId, UserId};
use crate::domain::permission::Standing;
use crate::store::Stop;
use crate::store::readings::Readings;
use crate::store::webhooks::WebhookRegistration;

/// Knows everybody at the door of one process.
pub struct Porter {
    logins: Readings<(SessionId, UserId), Option<Standing>>,
    ringers: Readings<SalesUnitId, Vec<WebhookRegistration>>,
}

impl Default for Porter {
    fn default() -> Self {
        Self {
            logins: Readings::new(|reader, asked| reader.standings(asked)),
            ringers: Readings::new(|reader, asked| reader.webhook_registrations_of(asked)),
        }
    }
}

impl Porter {
    /// What the owner of this login may do at this moment; nothing is known of a login that has ended, or is another's.
    pub(super) async fn standing(&self, app: &App, session: SessionId, user: UserId) -> Result<Option<Standing>, Stop> {
        self.logins.ask(&app.store, (session, user)).await
    }

    /// Those who may send webhooks for a sales unit.
    pub(super) async fn ringers(&self, app: &App, unit: SalesUnitId) -> Result<Vec<WebhookRegistration>, Stop> {
        self.ringers.ask(&app.store, unit).await
    }
}
