//! A line of those who want the same kind of thing. Whoever comes to serve it serves everybody who stands there, in
//! order of arrival; those who come meanwhile are served next, together. Under load many share the cost of one, and who
//! is alone waits for nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedMutexGuard, oneshot};

/// A line, and what stands in it.
pub struct Line<S> {
    standing: Mutex<Vec<S>>,
    /// Who serves the line; the next in order of arrival takes over.
    clerk: Arc<tokio::sync::Mutex<()>>,
}

/// Somebody in a line: `W` is what they want, `A` what they are told.
pub struct Waiting<W, A> {
    /// What they want.
    pub wish: W,
    answer: oneshot::Sender<A>,
}

impl<W, A> Waiting<W, A> {
    /// Somebody, and where they hear the answer.
    pub fn new(wish: W) -> (Self, oneshot::Receiver<A>) {
        let (answer, told) = oneshot::channel();
        (Self { wish, answer }, told)
    }

    /// Tells them. Whoever went away meanwhile hears nothing.
    pub fn tell(self, answer: A) {
        drop(self.answer.send(answer));
    }

    /// True when nobody waits for the answer any more.
    pub fn has_left(&self) -> bool {
        self.answer.is_closed()
    }
}

impl<S> Default for Line<S> {
    fn default() -> Self {
        Self { standing: Mutex::default(), clerk: Arc::default() }
    }
}

impl<S> Line<S> {
    /// Stands at the end of the line.
    pub fn join(&self, one: S) {
        locked(&self.standing).push(one);
    }

    /// How many stand here.
    pub fn length(&self) -> usize {
        locked(&self.standing).len()
    }

    /// True when this holds for everybody who stands here.
    pub fn all(&self, holds: impl Fn(&S) -> bool) -> bool {
        locked(&self.standing).iter().all(holds)
    }

    /// Takes those at the head of the line.
    pub fn head(&self, at_most: usize) -> Vec<S> {
        let mut standing = locked(&self.standing);
        let mut head = std::mem::take(&mut *standing);
        if head.len() > at_most {
            *standing = head.split_off(at_most);
        }
        head
    }

    /// Waits for the answer, and serves the line when it is one's turn to. `serve` keeps the guard until it has taken
    /// and told the head; it may break off before it has taken anybody, but not after. `gone` says why an answer was
    /// lost.
    pub async fn wait<A, E, F: Future<Output = Result<(), E>>>(
        &self,
        mut told: oneshot::Receiver<A>,
        serve: impl Fn(OwnedMutexGuard<()>) -> F,
        gone: impl FnOnce() -> E,
    ) -> Result<A, E> {
        loop {
            // Most find themselves served by somebody else.
            tokio::select! {
                biased;
                answer = &mut told => return answer.map_err(|_gone| gone()),
                clerk = Arc::clone(&self.clerk).lock_owned() => serve(clerk).await?,
            }
        }
    }
}

/// Locks. Whoever panicked with the lock left nothing half done: what it guards is one value.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
