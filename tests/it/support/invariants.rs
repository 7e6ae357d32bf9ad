//! What holds at the end of every story, however it went: the books agree with the provider's, no seat is given twice,
//! nobody waits while a seat is free, and nothing is left undone.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use plass::store::conn::{Conn, Place};

use super::world::World;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Each finds rows that must not be there.
const NEVER: &[(&str, &str)] = &[
    (
        "an event counts its seats and its queue wrong",
        "SELECT title AS what, seats_held AS count FROM events e WHERE seats_held <> (SELECT COUNT(*) FROM registrations r \
         WHERE r.event_id = e.id AND status IN ('awaiting_payment', 'confirmed')) OR waiting <> (SELECT COUNT(*) FROM \
         registrations r WHERE r.event_id = e.id AND status = 'waitlisted')",
    ),
    (
        "two active registrations of one user at one event",
        "SELECT 'user' AS what, COUNT(*) AS count FROM registrations WHERE status <> 'ended' GROUP BY event_id, user_id \
         HAVING COUNT(*) > 1",
    ),
    (
        "two attempts of one user at one event that can take money",
        "SELECT 'user' AS what, COUNT(*) AS count FROM attempts WHERE state IN ('sent', 'open', 'authorized') \
         GROUP BY event_id, user_id HAVING COUNT(*) > 1",
    ),
    (
        "a confirmed seat of a paid order without money, and nobody told",
        "SELECT o.status AS what, o.price AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE r.status = 'confirmed' AND o.status NOT IN ('RESERVED', 'CAPTURE', 'SALE', 'REFUND') \
         AND o.needs_attention IS NULL",
    ),
    (
        "money kept for a seat that is gone",
        "SELECT o.status AS what, a.captured - a.refunded AS count FROM attempts a JOIN orders o ON o.id = a.order_id \
         JOIN registrations r ON r.id = o.registration_id WHERE r.status = 'ended' AND a.captured > a.refunded \
         AND (o.check_at IS NULL OR o.check_at - o.updated_at > 960000) AND o.bells = o.bells_heard \
         AND o.settled_elsewhere IS NULL AND o.needs_attention IS NULL",
    ),
    (
        "an open order that nobody will look at again",
        "SELECT o.status AS what, 1 AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE o.check_at IS NULL AND (r.status = 'awaiting_payment' OR EXISTS (SELECT 1 FROM attempts a WHERE \
         a.order_id = o.id AND a.state IN ('sent', 'open', 'authorized')))",
    ),
    (
        "an order took more than its price",
        "SELECT o.status AS what, o.price AS count FROM orders o JOIN attempts a ON a.order_id = o.id \
         GROUP BY o.id, o.status, o.price HAVING SUM(a.captured - a.refunded) > o.price",
    ),
    (
        "a person pays twice at one event",
        "SELECT 'user' AS what, COUNT(*) AS count FROM attempts WHERE authorized > 0 AND \
         authorized - cancelled - refunded > 0 GROUP BY event_id, user_id HAVING COUNT(*) > 1",
    ),
    (
        "an order that looks open after its registration ended",
        "SELECT o.status AS what, 1 AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE r.status = 'ended' AND o.status = 'INITIATE' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE \
         a.order_id = o.id AND a.state IN ('sent', 'open', 'authorized'))",
    ),
    (
        "a registration that ended, was confirmed or got a seat and the trail does not know",
        "SELECT r.status AS what, 1 AS count FROM registrations r WHERE NOT EXISTS (SELECT 1 FROM trail t WHERE \
         t.registration_id = r.id AND t.at = r.updated_at)",
    ),
    (
        "an attempt whose ledger comes to other sums",
        "SELECT a.reference AS what, a.authorized AS count FROM attempts a WHERE a.authorized > 0 AND (\
         a.authorized <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'authorized') OR \
         a.captured <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'captured') OR \
         a.refunded <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'refunded') OR \
         a.cancelled <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'cancelled'))",
    ),
    ("a line of the trail without a cause", "SELECT kind AS what, 1 AS count FROM trail WHERE cause = ''"),
    (
        "an effect that waits for a person, and nobody was told",
        "SELECT b.kind AS what, b.tries AS count FROM outbox b LEFT JOIN orders o ON o.id = b.order_id \
         WHERE b.parked_at IS NOT NULL AND b.kind <> 'letter' AND o.needs_attention IS NULL",
    ),
    (
        "an effect that keeps the books of a dead attempt",
        "SELECT b.kind AS what, 1 AS count FROM outbox b JOIN attempts a ON a.id = b.attempt_id \
         WHERE b.kind = 'create' AND a.state NOT IN ('planned', 'sent')",
    ),
    (
        "a plan that waits for nobody",
        "SELECT a.state AS what, 1 AS count FROM attempts a WHERE a.state = 'planned' AND NOT EXISTS (SELECT 1 FROM \
         outbox b WHERE b.attempt_id = a.id) AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.event_id = a.event_id \
         AND l.user_id = a.user_id AND l.state IN ('sent', 'open', 'authorized'))",
    ),
    (
        "a registration that never made it into the trail",
        "SELECT status AS what, 1 AS count FROM registrations r WHERE NOT EXISTS (SELECT 1 FROM trail t WHERE \
         t.registration_id = r.id)",
    ),
];

/// Checks all of it. Whether people wait while a seat is free is checked as well, until it is too late to pay.
pub(crate) async fn check(world: &World) {
    let place = world.database.place();
    let now = world.clock.now().timestamp_millis();
    tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&place).unwrap();
        for (name, sql) in NEVER {
            let found: Vec<Row> = diesel::sql_query(*sql).load(&mut conn).unwrap();
            let found: Vec<String> = found.into_iter().map(|row| format!("{} {}", row.what, row.count)).collect();
            assert!(found.is_empty(), "{name}: {found:?}");
        }
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
}
