//! An embedded database has one writer, and what costs is the commit: it waits for the disk. So whoever stands in the
//! writer's line when it is free is written in one transaction and committed once, each within a savepoint: one that
//! fails is undone alone, and nobody is answered before the commit. When the commit itself fails, each runs again alone.

use std::sync::Arc;

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::conn::Conn;
use super::line::{Line, Waiting};
use super::tx::Reader;
use super::{Door, Stop, Store, StoreError, Tx, blocking, commit, open_transaction};

/// How many are committed at once.
const TOGETHER_MAX: usize = 64;

/// What somebody wants written, whatever it answers.
pub trait Errand: Send {
    /// True when nobody waits for it any more.
    fn has_left(&self) -> bool;
    /// Runs within a transaction that others share. It may run again.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Runs in a transaction of its own, and tells.
    fn run_alone(self: Box<Self>, door: &mut Door);
    /// Tells what came of it, now that it is saved.
    fn tell(self: Box<Self>);
}

/// How an errand went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is to be kept.
    Well,
    /// It is to be undone, and its owner to be told.
    Badly,
    /// It is to be undone, and to run alone once the others are saved.
    Alone,
    /// The database is in trouble: the transaction is lost for everybody.
    InTrouble,
}

/// The line at the writer.
pub type Errands = Line<Box<dyn Errand>>;

struct Asked<T, W> {
    waiting: Waiting<W, Result<T, Stop>>,
    result: Option<Result<T, Stop>>,
}

impl<T, W> Errand for Asked<T, W>
where
    T: Send,
    W: Fn(&mut Tx<'_>) -> Result<T, Stop> + Send,
{
    fn has_left(&self) -> bool {
        self.waiting.has_left()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let result = (self.waiting.wish)(tx);
        let ran = match &result {
            Ok(_) => Ran::Well,
            Err(Stop::Store(error)) if error.is_trouble() => Ran::InTrouble,
            Err(_) => Ran::Badly,
        };
        self.result = Some(result);
        ran
    }

    fn run_alone(self: Box<Self>, door: &mut Door) {
        let result = door.change(&self.waiting.wish);
        self.waiting.tell(result);
    }

    fn tell(self: Box<Self>) {
        if let Some(result) = self.result {
            self.waiting.tell(result);
        }
    }
}

impl Store {
    /// Stands in the writer's line until the work is committed, or came to nothing.
    pub(super) async fn change_together<T, W>(&self, work: W) -> Result<T, Stop>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let (waiting, told) = Waiting::new(work);
        self.errands.join(Box::new(Asked { waiting, result: None }));
        self.heard(&self.errands, told).await?
    }

    /// The line in which writes wait: everybody's at an embedded database, and a new one where many write at once.
    pub fn writers_line(&self) -> Arc<Errands> {
        if self.is_shared() { Arc::default() } else { Arc::clone(&self.errands) }
    }

    /// Waits for what an errand in this line tells, and runs the errands of the line when it is one's turn to.
    pub async fn heard<A>(&self, line: &Arc<Errands>, told: oneshot::Receiver<A>) -> Result<A, Stop> {
        let gone = || Stop::Store(StoreError::Corrupt("a database task panicked".to_owned()));
        line.wait(told, |clerk| self.run_errands(Arc::clone(line), clerk), gone).await
    }

    async fn run_errands(&self, line: Arc<Errands>, clerk: OwnedMutexGuard<()>) -> Result<(), Stop> {
        let mut door = self.door().await?;
        blocking(move || {
            let mut group = line.head(TOGETHER_MAX);
            group.retain(|errand| !errand.has_left());
            let again = if group.len() > 1 { door.run_together(group) } else { group };
            again.into_iter().for_each(|errand| errand.run_alone(&mut door));
            drop(clerk);
            Ok(())
        })
        .await
    }
}

impl Door {
    /// Runs all, commits once and tells; answers those that are to run alone: none, some, or all when nothing was saved.
    fn run_together(&mut self, mut group: Vec<Box<dyn Errand>>) -> Vec<Box<dyn Errand>> {
        let Ok(Some(went)) = self.try_together(&mut group) else {
            if !self.lease.conn().is_ok_and(Conn::roll_back) {
                self.lease.spoil();
            }
            return group;
        };
        let mut again = Vec::new();
        for (errand, ran) in group.into_iter().zip(went) {
            if ran == Ran::Alone { again.push(errand) } else { errand.tell() }
        }
        again
    }

    /// How each went, once all are saved; nothing when the database is in trouble.
    fn try_together(&mut self, group: &mut [Box<dyn Errand>]) -> Result<Option<Vec<Ran>>, StoreError> {
        let conn = open_transaction(&mut self.lease, Conn::begin)?;
        let (mut touches_events, mut went) = (false, Vec::with_capacity(group.len()));
        for errand in group {
            conn.set_savepoint()?;
            let mut tx = Tx::new(Reader::new(conn, &self.clock));
            let ran = errand.run(&mut tx);
            touches_events |= tx.touches_events;
            match ran {
                Ran::Well => conn.commit()?,
                Ran::Badly | Ran::Alone if conn.roll_back() => {}
                Ran::Badly | Ran::Alone | Ran::InTrouble => return Ok(None),
            }
            went.push(ran);
        }
        let committed = commit(conn, self.at_commit.as_deref());
        if touches_events {
            self.events_version.send_modify(|version| *version += 1);
        }
        committed?;
        Ok(Some(went))
    }
}
