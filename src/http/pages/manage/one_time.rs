//! A key that a form carries, so that it has its effect once, however often it is sent: a second press and a reload find
//! the first answer. A form that is older than what we remember of keys is not taken.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::at_millis;
use crate::flows::app::App;
use crate::keys::Purpose;
use crate::store::replays::{Once, REPLAYS_KEPT};

/// A form may be this old. What it did is remembered for longer.
const FORM_LIFE: TimeDelta = TimeDelta::hours(12);
const _: () = assert!(FORM_LIFE.num_hours() < REPLAYS_KEPT.num_hours());

/// A key for a new form; it says when it was made.
pub(super) fn new_key(app: &App) -> String {
    app.clock.id().simple().to_string()
}

/// The form with this key, sent by somebody, asking for `asked`.
pub(super) fn once(app: &App, caller: UserId, key: &str, asked: &[&str]) -> Result<Once, Refusal> {
    let id: Uuid = key.parse().map_err(|_no_key| Refusal::FormExpired)?;
    let (seconds, _) = id.get_timestamp().ok_or(Refusal::FormExpired)?.to_unix();
    let made_at = at_millis(i64::try_from(seconds).unwrap_or_default().saturating_mul(1_000));
    if app.clock.now() - made_at > FORM_LIFE {
        return Err(Refusal::FormExpired);
    }
    let fingerprint = app.keys.keyed_hash(Purpose::Fingerprint, asked.join("\0").as_bytes());
    Ok(Once { caller, key: format!("form-{}", id.simple()), fingerprint })
}
