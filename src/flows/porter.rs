//! Who asks. Sessions and permissions are read with every request, never remembered: what was taken from somebody is
//! gone at once, whichever process took it. Requests that arrive together are looked up in one reading.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::app::App;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::permission::Standing;
use crate::domain::refusal::Refusal;
use crate::store::line::{Line, Waiting};
use crate::store::{Stop, StoreError};

/// How many are looked up in one reading.
const TOGETHER_MAX: usize = 256;

type Known = Result<Option<Standing>, Stop>;

/// The line of one process at its door.
#[derive(Default)]
pub struct Porter {
    line: Arc<Line<Waiting<(SessionId, UserId), Known>>>,
}

impl Porter {
    /// What the owner of this login may do at this moment; nothing is known of a login that has ended, or is another's.
    pub(super) async fn standing(&self, app: &App, session: SessionId, user: UserId) -> Known {
        let (one, told) = Waiting::new((session, user));
        self.line.join(one);
        let gone = || StoreError::Corrupt("a reading at the door panicked".to_owned()).into();
        self.line.wait(told, |clerk| self.serve(app, clerk), gone).await?
    }

    async fn serve(&self, app: &App, clerk: OwnedMutexGuard<()>) -> Result<(), Stop> {
        let line = Arc::clone(&self.line);
        app.store
            .read(move |reader| {
                let mut standing = line.head(TOGETHER_MAX);
                standing.retain(|one| !one.has_left());
                let asked: Vec<(SessionId, UserId)> = standing.iter().map(|one| one.wish).collect();
                let found = reader.standings(&asked);
                drop(clerk);
                match found {
                    Ok(found) => {
                        standing.into_iter().zip(found).for_each(|(one, found)| one.tell(Ok(found)));
                        Ok(())
                    }
                    // Whoever serves hears what it was; the others may come again.
                    Err(trouble) => {
                        standing.into_iter().for_each(|one| one.tell(Err(Refusal::Overloaded.into())));
                        Err(trouble.into())
                    }
                }
            })
            .await
    }
}
