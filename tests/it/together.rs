//! Writes that wait for the one writer together are committed together, and answered as if each had been alone.

use std::sync::{Arc, Mutex, mpsc};

use plass::domain::ids::SessionId;
use plass::domain::refusal::Refusal;
use plass::store::{Stop, Store};
use tokio::task::JoinSet;

use crate::support::database::TestDatabase;
use crate::support::steps::Harm;
use crate::support::world::World;

type Answer = Result<usize, Stop>;

/// Holds the writer, lets all of them wait, and lets them in; their answers, in their order.
async fn arrive_together(store: &Store, works: Vec<Arc<dyn Fn() -> Answer + Send + Sync>>) -> Vec<Answer> {
    let (holds, held) = mpsc::channel();
    let (lets_go, gone) = mpsc::channel::<()>();
    let (holds, gone) = (Mutex::new(holds), Mutex::new(gone));
    let keeper = store.clone();
    let mut holding = JoinSet::new();
    holding.spawn(async move {
        keeper
            .change(move |_tx| {
                holds.lock().unwrap().send(()).unwrap();
                gone.lock().unwrap().recv().unwrap();
                Ok::<(), Stop>(())
            })
            .await
    });
    tokio::task::spawn_blocking(move || held.recv().unwrap()).await.unwrap();
    let waiting = works.into_iter().enumerate().map(|(number, work)| {
        let session = SessionId(uuid::Uuid::from_u128(1_000 + u128::try_from(number).unwrap()));
        store.change(move |tx| {
            // Something to be undone when it fails.
            tx.end_session(session, tx.now())?;
            work()
        })
    });
    let mut all = Box::pin(futures_util::future::join_all(waiting));
    std::future::poll_fn(|context| {
        assert!(all.as_mut().poll(context).is_pending(), "nobody is answered while the writer is held");
        std::task::Poll::Ready(())
    })
    .await;
    lets_go.send(()).unwrap();
    let answers = all.await;
    holding.join_next().await.unwrap().unwrap().unwrap();
    answers
}

fn told(answers: &[Answer]) -> Vec<String> {
    answers.iter().map(|answer| answer.as_ref().map_or_else(ToString::to_string, ToString::to_string)).collect()
}

fn works() -> Vec<Arc<dyn Fn() -> Answer + Send + Sync>> {
    vec![Arc::new(|| Ok(1)), Arc::new(|| Err(Refusal::NotFound.into())), Arc::new(|| Ok(3))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_is_told_so_and_harms_nobody() {
    let world = World::begin().await;
    let answers = arrive_together(&world.app.store, works()).await;
    assert_eq!(told(&answers), ["1".to_owned(), Refusal::NotFound.to_string(), "3".to_owned()]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_commit_fails_each_runs_again_alone() {
    if TestDatabase::is_on_server() {
        // Each has a connection and a commit of its own there.
        return;
    }
    let world = World::begin().await;
    // The first commit is that of whoever holds the writer.
    world.steps.begin(Some((2, Harm::Fails)));
    let answers = arrive_together(&world.app.store, works()).await;
    let (_, harmed) = world.steps.end();
    assert_eq!(harmed, Some("commit"));
    assert_eq!(told(&answers), ["1".to_owned(), Refusal::NotFound.to_string(), "3".to_owned()]);
    world.end().await;
}
