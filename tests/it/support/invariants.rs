//! What holds at the end of every story, however it went: the books agree with the provider's, no seat is given twice,
//! nobody waits while a seat is free, and nothing is left undone.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use plass::store::conn::{Conn, Place};

use super::cards::moved_by_askell;
use super::never::{self, Row};
use super::world::World;

/// Checks all of it. Whether people wait while a seat is free is checked as well, until it is too late to pay.
pub(crate) async fn check(world: &World) {
    let place = world.database.place();
    let now = world.clock.now().timestamp_millis();
    tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&place).unwrap();
        assert_eq!(never::found(&mut conn), None);
        let waits = "SELECT title AS what, waiting AS count FROM events WHERE waiting > 0 AND (seat_limit = 0 OR \
                     seats_held < seat_limit) AND (price IS NULL OR start_date - 1800000 > $1)";
        let found: Vec<Row> = diesel::sql_query(waits).bind::<BigInt, _>(now).load(&mut conn).unwrap();
        assert!(found.is_empty(), "somebody waits while a seat is free: {}", found[0].what);
        let due = "SELECT kind AS what, tries AS count FROM outbox WHERE parked_at IS NULL AND due_at <= $1";
        let found: Vec<Row> = diesel::sql_query(due).bind::<BigInt, _>(now).load(&mut conn).unwrap();
        assert!(found.is_empty(), "the outbox still holds a due {}", found[0].what);
    })
    .await
    .unwrap();
    compare_books(world).await;
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The number that a query answers as `count`.
pub(crate) fn count(place: &Place, sql: &str) -> i64 {
    let mut conn = Conn::open(place).unwrap();
    diesel::sql_query(sql).get_result::<Count>(&mut conn).unwrap().count
}

#[derive(QueryableByName)]
struct Book {
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = BigInt)]
    authorized: i64,
    #[diesel(sql_type = BigInt)]
    captured: i64,
    #[diesel(sql_type = BigInt)]
    refunded: i64,
    #[diesel(sql_type = BigInt)]
    cancelled: i64,
    #[diesel(sql_type = Text)]
    state: String,
}

/// Our sums are the provider's, øre by øre; and no session that could still be approved is forgotten.
async fn compare_books(world: &World) {
    let place = world.database.place();
    let books: Vec<Book> = tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&place).unwrap();
        let sql = "SELECT reference, authorized, captured, refunded, cancelled, state FROM attempts";
        diesel::sql_query(sql).load(&mut conn).unwrap()
    })
    .await
    .unwrap();
    for payment in world.payments().await {
        let reference = payment["reference"].as_str().unwrap();
        let value = |name: &str| payment["aggregate"][name]["value"].as_i64().unwrap();
        let theirs = ["authorized", "captured", "refunded", "cancelled"].map(|sum| value(&format!("{sum}Amount")));
        let Some(book) = books.iter().find(|book| book.reference == reference) else {
            panic!("the provider has a payment that nobody knows: {reference}");
        };
        let ours = [book.authorized, book.captured, book.refunded, book.cancelled];
        assert_eq!(ours, theirs, "our books and the provider's differ about {reference}");
        if payment["state"] == "CREATED" {
            let is_known = matches!(book.state.as_str(), "sent" | "open");
            assert!(is_known, "{reference} could still be approved and is {}", book.state);
        }
    }
    for payment in world.askell_payments().await {
        let reference = payment["reference"].as_str().unwrap();
        let theirs = moved_by_askell(&payment);
        let of_it: Vec<&Book> = books.iter().filter(|book| book.reference == reference).collect();
        assert_eq!(of_it.len(), 1, "Áskell has a payment that nobody knows: {reference}");
        let ours = [of_it[0].authorized, of_it[0].captured, of_it[0].refunded, of_it[0].cancelled];
        assert_eq!(ours, theirs, "our books and Áskell's differ about {reference}");
    }
}
