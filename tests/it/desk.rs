//! The desk: people who arrive together are decided together, and one of them harms nobody else.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use plass::domain::ids::{EventId, UserId};
use plass::domain::refusal::Refusal;
use plass::flows::sign_up::{SignUp, sign_up};
use plass::store::conn::{Conn, Place};
use plass::store::replays::{Answer, Once};
use plass::store::{EventTx, Stop};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::world::World;

type Decision<'d> = Pin<Box<dyn Future<Output = Result<Answer, Stop>> + 'd>>;

fn signs_up(world: &World, event: EventId, user: UserId, key: Option<&str>) -> Decision<'static> {
    let app = world.app.clone();
    let wish = SignUp { event, user, allow_photo: None, asked_by: user, paid_outside: None };
    let once = key.map(|key| Once { caller: user, key: key.to_owned(), fingerprint: vec![1] });
    Box::pin(async move {
        let render = Arc::new(
            |view: &plass::store::registrations::RegistrationView, _now| json!({ "status": view.registration.status.word(), "place": view.wait_queue_number }),
        );
        sign_up(&app, wish, once, render).await
    })
}

/// Has all of them stand in line while somebody holds the event's turn, and lets them in.
async fn arrive_together(world: &World, event: EventId, people: Vec<Decision<'_>>) -> Vec<Result<Answer, Stop>> {
    let (holds, held) = mpsc::channel();
    let (lets_go, gone) = mpsc::channel::<()>();
    let (holds, gone) = (Mutex::new(holds), Mutex::new(gone));
    let store = world.app.store.clone();
    let mut holding = JoinSet::new();
    holding.spawn(async move {
        store
            .write(event, move |_tx: &mut EventTx<'_>| {
                holds.lock().unwrap().send(()).unwrap();
                gone.lock().unwrap().recv().unwrap();
                Ok(())
            })
            .await
    });
    tokio::task::spawn_blocking(move || held.recv().unwrap()).await.unwrap();
    let mut all = Box::pin(join_all(people));
    std::future::poll_fn(|context| {
        assert!(all.as_mut().poll(context).is_pending(), "nobody is decided while the turn is held");
        Poll::Ready(())
    })
    .await;
    lets_go.send(()).unwrap();
    let decided = all.await;
    holding.join_next().await.unwrap().unwrap().unwrap();
    decided
}

async fn people(world: &World, count: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for number in 0..count {
        let person = world.person(&format!("person{number}")).await;
        users.push(UserId(person.id.parse().unwrap()));
    }
    users
}

async fn open_event(world: &World, seats: i64) -> EventId {
    let organizer = world.organizer().await;
    EventId(world.event(&organizer, seats, json!({})).await.parse().unwrap())
}

/// Status and place of each, or the code of the refusal.
fn said(decided: &[Result<Answer, Stop>]) -> Vec<String> {
    let one = |decision: &Result<Answer, Stop>| match decision {
        Ok(answer) => {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let again = if answer.replayed { " again" } else { "" };
            format!("{} {}{again}", body["status"].as_str().unwrap(), body["place"]).replace(" null", "")
        }
        Err(Stop::Refused(refusal)) => refusal.code().to_owned(),
        Err(Stop::Store(_)) => "trouble".to_owned(),
    };
    decided.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_and_places_go_in_the_order_in_which_people_stand() {
    let world = World::begin().await;
    let event = open_event(&world, 2).await;
    let users = people(&world, 5).await;
    let standing = users.iter().map(|user| signs_up(&world, event, *user, None)).collect();
    let decided = arrive_together(&world, event, standing).await;
    assert_eq!(said(&decided), ["confirmed", "confirmed", "waitlisted 1", "waitlisted 2", "waitlisted 3"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stands_there_twice_is_signed_up_once() {
    let world = World::begin().await;
    let event = open_event(&world, 5).await;
    let users = people(&world, 2).await;
    let nobody = UserId(uuid::Uuid::nil());
    let standing = vec![
        signs_up(&world, event, users[0], Some("key")),
        signs_up(&world, event, users[0], Some("key")),
        signs_up(&world, event, users[0], None),
        signs_up(&world, event, nobody, None),
        signs_up(&world, event, users[1], None),
    ];
    let decided = arrive_together(&world, event, standing).await;
    assert_eq!(
        said(&decided),
        ["confirmed", "confirmed again", "already_registered", Refusal::Invalid(vec![]).code(), "confirmed"]
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_went_away_before_the_decision_is_not_signed_up() {
    let world = World::begin().await;
    // A server has more than one connection for writing: there the line may be served while people still join it.
    if matches!(world.database.place(), Place::Postgres(_)) {
        return world.end().await;
    }
    let event = open_event(&world, 5).await;
    let users = people(&world, 2).await;
    let mut left = signs_up(&world, event, users[0], None);
    let stays = signs_up(&world, event, users[1], None);
    let both: Decision<'_> = Box::pin(async move {
        std::future::poll_fn(|context| {
            assert!(left.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(left);
        stays.await
    });
    assert_eq!(said(&arrive_together(&world, event, vec![both]).await), ["confirmed"]);
    assert_eq!(world.count("registrations", "status = 'confirmed'").await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_database_refuses_harms_nobody_else() {
    let world = World::begin().await;
    let event = open_event(&world, 5).await;
    let users = people(&world, 3).await;
    refuse_rows_of(&world, users[1]).await;
    let standing = users.iter().map(|user| signs_up(&world, event, *user, None)).collect();
    assert_eq!(said(&arrive_together(&world, event, standing).await), ["confirmed", "trouble", "confirmed"]);
    world.end().await;
}

/// From now on the database takes no registration of this person.
async fn refuse_rows_of(world: &World, user: UserId) {
    let place = world.database.place();
    let sql = match &place {
        Place::Sqlite(_) => format!(
            "CREATE TRIGGER spoiled BEFORE INSERT ON registrations WHEN NEW.user_id = X'{}'
             BEGIN SELECT RAISE(ABORT, 'spoiled'); END",
            user.0.simple()
        ),
        Place::Postgres(_) => format!(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.user_id = '{}' THEN RAISE EXCEPTION 'spoiled'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER spoiled BEFORE INSERT ON registrations FOR EACH ROW EXECUTE FUNCTION spoil()",
            user.0
        ),
    };
    tokio::task::spawn_blocking(move || Conn::open(&place).unwrap().batch_execute(&sql).unwrap()).await.unwrap();
}
