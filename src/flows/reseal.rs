//! After the master key was changed: whatever is sealed under an old one is opened and sealed under the one in use, so
//! that the old one can be taken out of the settings. What cannot be opened stays as it is.

use tracing::{info, warn};

use super::app::App;
use crate::keys::Purpose;
use crate::store::{Stop, StoreError};

/// Seals anew what is sealed under another key than the one in use; answers how many there were.
pub async fn reseal(app: &App) -> Result<usize, Stop> {
    let house = app.clone();
    let (done, lost) = app
        .store
        .change(move |tx| {
            let current = house.keys.key_id().to_owned();
            let (mut done, mut lost) = (0, 0);
            for kept in tx.credentials_under_other_keys(&current)? {
                match anew(&house, (&kept.key_id, &kept.sealed), Purpose::ProviderKeys)? {
                    Some(sealed) => tx.reseal_credentials(kept.id, &sealed, &current)?,
                    None => lost += 1,
                }
                done += 1;
            }
            for kept in tx.webhooks_under_other_keys(&current)? {
                match anew(&house, (&kept.key_id, &kept.secret_sealed), Purpose::WebhookSecret)? {
                    Some(sealed) => tx.reseal_webhook(&kept.id, &sealed, &current)?,
                    None => lost += 1,
                }
                done += 1;
            }
            Ok((done - lost, lost))
        })
        .await?;
    if done > 0 {
        info!(secrets = done, "what an old master key sealed is sealed anew");
    }
    if lost > 0 {
        warn!(secrets = lost, "some secrets are sealed under a master key that is not configured: keys.old");
    }
    Ok(done)
}

fn anew(app: &App, (key_id, sealed): (&str, &[u8]), purpose: Purpose) -> Result<Option<Vec<u8>>, Stop> {
    let Ok(text) = app.keys.open(key_id, sealed, purpose) else { return Ok(None) };
    let sealed = app.keys.seal(&text, purpose);
    sealed.map(Some).map_err(|cause| StoreError::Corrupt(cause.to_string()).into())
}
