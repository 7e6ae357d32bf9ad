//! Runs flows one poll at a time, so that a seed decides what happens between any two steps of any of them.
//!
//! A flow hops to the runtime's blocking pool for every piece of work in the database. Here the pool is one thread, and
//! while a flow is polled that thread stands at a gate: whatever the poll hands over waits behind it. Then the gate opens,
//! the work is done, and the thread arrives at the next gate. So a poll is one step, always the same one: up to the next
//! transaction, which is over when the poll is, or to the next side of a call to the provider. The runtime itself is never
//! driven: no timer ever fires, and nothing happens that nobody chose.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::{Builder, Runtime};

/// Where flows run.
pub(crate) struct Engine {
    runtime: Runtime,
    gate: SyncSender<()>,
    /// How many polls there were.
    pub(crate) polls: u64,
}

/// A flow under way.
pub(crate) struct Flow<T> {
    /// What it is, for the history.
    pub(crate) name: String,
    future: Pin<Box<dyn Future<Output = T>>>,
    awake: Arc<Awake>,
}

struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<T> Flow<T> {
    /// A flow that has not begun.
    pub(crate) fn new(name: String, future: impl Future<Output = T> + 'static) -> Self {
        Self { name, future: Box::pin(future), awake: Arc::new(Awake(AtomicBool::new(true))) }
    }

    /// True when a poll may bring it forward; else it waits for another flow.
    pub(crate) fn is_awake(&self) -> bool {
        self.awake.0.load(Ordering::SeqCst)
    }
}

impl Engine {
    /// An engine at rest.
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
        let (gate, arrived) = new_gate(&runtime);
        arrived.recv().unwrap();
        Self { runtime, gate, polls: 0 }
    }

    /// Brings a flow forward by one step; its result, if it has ended.
    pub(crate) fn poll<T>(&mut self, flow: &mut Flow<T>) -> Option<T> {
        self.polls += 1;
        let inside = self.runtime.enter();
        flow.awake.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&flow.awake));
        let polled = flow.future.as_mut().poll(&mut Context::from_waker(&waker));
        drop(inside);
        // The next gate stands behind whatever this poll handed over: who arrives there has done all of it.
        let (next, arrived) = new_gate(&self.runtime);
        self.gate.send(()).unwrap();
        arrived.recv().unwrap();
        self.gate = next;
        match polled {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    /// Runs something to its end, with nothing in between.
    pub(crate) fn finish<T>(&mut self, future: impl Future<Output = T> + 'static) -> T {
        let mut flow = Flow::new(String::new(), future);
        loop {
            if let Some(result) = self.poll(&mut flow) {
                return result;
            }
            assert!(flow.is_awake(), "something waits for what never comes");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The thread at the gate may go home.
        self.gate.send(()).ok();
    }
}

fn new_gate(runtime: &Runtime) -> (SyncSender<()>, Receiver<()>) {
    let ((open, opened), (arrive, arrived)) = (sync_channel(1), sync_channel(1));
    drop(runtime.spawn_blocking(move || {
        arrive.send(()).ok();
        opened.recv().ok();
    }));
    (open, arrived)
}

/// Waits for one poll: a place where a process may die.
pub(crate) async fn breathe() {
    let mut breathed = false;
    std::future::poll_fn(move |context| {
        if breathed {
            return Poll::Ready(());
        }
        breathed = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
