//! Questions of the same kind that are asked at the same moment are answered from one reading. Nothing is remembered:
//! each reading begins after the questions that it answers.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::line::{Line, Waiting};
use super::{Reader, Stop, Store, StoreError};
use crate::domain::refusal::Refusal;

/// How many are answered from one reading.
const TOGETHER_MAX: usize = 256;

/// Answers one question each, in their order.
pub type Read<Q, A> = fn(&mut Reader<'_>, &[Q]) -> Result<Vec<A>, StoreError>;

/// Those of one process who ask the same kind of question.
pub struct Readings<Q, A> {
    line: Arc<Line<Waiting<Q, Result<A, Stop>>>>,
    read: Read<Q, A>,
}

impl<Q: Copy + Send + 'static, A: Send + 'static> Readings<Q, A> {
    /// Nobody asks yet.
    pub fn new(read: Read<Q, A>) -> Self {
        Self { line: Arc::default(), read }
    }

    /// The answer, as the database stands now.
    pub async fn ask(&self, store: &Store, question: Q) -> Result<A, Stop> {
        let (one, told) = Waiting::new(question);
        self.line.join(one);
        let gone = || StoreError::Corrupt("a reading panicked".to_owned()).into();
        self.line.wait(told, |clerk| self.serve(store, clerk), gone).await?
    }

    async fn serve(&self, store: &Store, clerk: OwnedMutexGuard<()>) -> Result<(), Stop> {
        let (line, read) = (Arc::clone(&self.line), self.read);
        store
            .read(move |reader| {
                let mut standing = line.head(TOGETHER_MAX);
                standing.retain(|one| !one.has_left());
                let asked: Vec<Q> = standing.iter().map(|one| one.wish).collect();
                let found = read(reader, &asked);
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
