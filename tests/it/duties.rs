//! Duties that one process does for all: one has a duty at a time, and whoever stood still for longer than the claim leaves
//! it to whoever took it over.

use chrono::TimeDelta;
use plass::clock::{Clock, Timestamp, at_millis};
use plass::store::webhooks::DutyClaim;
use plass::store::{Stop, Store};

use crate::support::database::TestDatabase;

const DUTY: &str = "a_duty";

async fn claim(store: &Store) -> Option<DutyClaim> {
    let claimed: Result<_, Stop> = store.change(|tx| Ok(tx.claim_duty(DUTY, TimeDelta::minutes(2))?)).await;
    claimed.unwrap()
}

async fn finish(store: &Store, claim: DutyClaim, next: Timestamp) -> bool {
    let finished: Result<_, Stop> = store.change(move |tx| Ok(tx.finish_duty(claim, next)?)).await;
    finished.unwrap()
}

async fn due_at(store: &Store) -> i64 {
    let due: Result<_, Stop> = store.read(|tx| Ok(tx.duty_due_at(DUTY)?)).await;
    due.unwrap().unwrap()
}

#[tokio::test]
async fn whoever_wakes_after_the_claim_ran_out_overwrites_nobody() {
    let database = TestDatabase::create();
    let clock = Clock::still(at_millis(1_800_000_000_000));
    let (one, other) = (database.store(&clock).await, database.store(&clock).await);
    let now = clock.now();
    let asleep = claim(&one).await.unwrap();
    assert!(claim(&other).await.is_none(), "one has it at a time");
    clock.advance_machine(TimeDelta::minutes(3));
    let took_over = claim(&other).await.unwrap();

    // The first one wakes while the second is at work: the duty is neither put back nor free.
    assert!(!finish(&one, asleep, now + TimeDelta::days(1)).await);
    assert_eq!(due_at(&one).await, now.timestamp_millis());
    assert!(claim(&one).await.is_none());
    assert!(finish(&other, took_over, now + TimeDelta::hours(1)).await);

    // And it wakes after the second has finished: what that one said stays.
    assert!(!finish(&one, asleep, now + TimeDelta::days(1)).await);
    assert!(!finish(&other, took_over, now + TimeDelta::days(1)).await, "an end is said once");
    assert_eq!(due_at(&one).await, (now + TimeDelta::hours(1)).timestamp_millis());
    clock.advance(TimeDelta::hours(1));
    assert!(claim(&one).await.is_some());
    for store in [one, other] {
        store.close().await;
    }
}
