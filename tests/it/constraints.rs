//! What the database itself refuses, on either engine: two of what there may be one of, words it does not know, rows that
//! contradict themselves, and the loss of what others point at.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use plass::store::conn::Conn;
use plass::store::migrate::migrate;

use crate::support::database::TestDatabase;
use crate::support::rows::{Column, Rows, columns, words};

fn migrated(database: &TestDatabase) -> Conn {
    let mut conn = Conn::open(&database.place()).unwrap();
    migrate(&mut conn).unwrap();
    conn
}

type Given<'g> = &'g [(&'g str, &'g str)];

/// Inserts `first`, then `second`, which is refused as a duplicate; and then `third`, which is not.
#[track_caller]
fn check_unique(table: &str, shared: &[&str], [first, second, third]: [Given<'_>; 3]) {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let mut rows = Rows::default();
    rows.insert(&mut conn, table, first).unwrap();
    let shared: Vec<(&str, String)> = shared.iter().map(|name| (*name, rows.newest(table, name))).collect();
    let with = |given: Given<'_>| -> Vec<(String, String)> {
        let given = given.iter().map(|(name, literal)| ((*name).to_owned(), (*literal).to_owned()));
        shared.iter().map(|(name, literal)| ((*name).to_owned(), literal.clone())).chain(given).collect()
    };
    for (given, is_refused) in [(second, true), (third, false)] {
        let all = with(given);
        let all: Vec<(&str, &str)> = all.iter().map(|(name, literal)| (name.as_str(), literal.as_str())).collect();
        let refused = match rows.insert(&mut conn, table, &all) {
            Ok(()) => false,
            Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => true,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(refused, is_refused, "{all:?}");
    }
}

const ENDED: Given<'_> = &[("status", "'ended'"), ("ended_reason", "'withdrawn'"), ("queue_no", "NULL")];
const CONFIRMED: Given<'_> = &[("status", "'confirmed'"), ("queue_no", "NULL")];

#[test]
fn nobody_is_registered_twice_at_one_event() {
    check_unique("registrations", &["event_id", "user_id"], [CONFIRMED, &[], ENDED]);
}

#[test]
fn nobody_shares_a_number_in_the_queue() {
    // Each of them is a user of its own: a queue is walked by its numbers.
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let mut rows = Rows::default();
    rows.insert(&mut conn, "registrations", &[("queue_no", "7")]).unwrap();
    for (queue_no, is_refused) in [("7", true), ("8", false)] {
        rows.insert(&mut conn, "users", &[]).unwrap();
        let done = rows.insert(&mut conn, "registrations", &[("queue_no", queue_no)]);
        assert_eq!(done.is_err(), is_refused, "{done:?}");
    }
}

#[test]
fn one_user_has_one_attempt_that_can_take_money_at_one_event() {
    let shared = ["event_id", "user_id"];
    for live in ["'sent'", "'open'", "'authorized'"] {
        let (first, second, third) = ([("state", live)], [("state", "'open'")], [("state", "'planned'")]);
        check_unique("attempts", &shared, [&first, &second, &third]);
    }
}

#[test]
fn one_attempt_has_one_open_money_effect() {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let mut rows = Rows::default();
    rows.fill(&mut conn, "attempts");
    let attempt = rows.newest("attempts", "id");
    let mut enqueue = |kind: &str, parked_at: &str| {
        let given = [("kind", kind), ("attempt_id", attempt.as_str()), ("parked_at", parked_at)];
        rows.insert(&mut conn, "outbox", &given).is_ok()
    };
    assert!(enqueue("'capture'", "5"), "a parked effect waits for a person");
    assert!(enqueue("'create'", "NULL"));
    assert!(enqueue("'close'", "NULL"));
    for kind in ["'close'", "'capture'", "'release'", "'refund'", "'create'"] {
        assert!(!enqueue(kind, "NULL"), "{kind}");
    }
    assert!(enqueue("'letter'", "NULL"));
}

#[test]
fn a_line_of_the_providers_log_is_booked_once() {
    let (first, second) = ([("kind", "'captured'")], [("kind", "'captured'")]);
    check_unique("ledger", &["attempt_id", "provider_event"], [&first, &second, &[("kind", "'refunded'")]]);
}

#[test]
fn one_registration_has_one_order() {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let mut rows = Rows::default();
    rows.insert(&mut conn, "orders", &[]).unwrap();
    assert!(rows.insert(&mut conn, "orders", &[]).is_err());
}

/// The row is refused because it makes no sense.
#[track_caller]
fn check_nonsense(conn: &mut Conn, table: &str, given: Given<'_>) {
    match Rows::default().insert(conn, table, given) {
        Err(DieselError::DatabaseError(DatabaseErrorKind::CheckViolation, _)) => {}
        other => panic!("{table} {given:?}: {other:?}"),
    }
}

#[test]
fn no_column_takes_a_word_that_it_does_not_know() {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let picky: Vec<Column> = columns(&mut conn).into_iter().filter(|column| !words(column).is_empty()).collect();
    assert!(picky.len() >= 8, "{picky:?}");
    for column in picky {
        check_nonsense(&mut conn, &column.table_name, &[(&column.name, "'nonsense'")]);
    }
}

#[test]
fn no_row_contradicts_itself() {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    let cases: &[(&str, Given<'_>)] = &[
        ("events", &[("seat_limit", "-1")]),
        ("events", &[("seats_held", "-1")]),
        ("events", &[("waiting", "-1")]),
        ("events", &[("start_date", "5"), ("end_date", "5")]),
        ("events", &[("price", "10000")]),
        ("events", &[("paytime", "60")]),
        ("events", &[("price", "99"), ("paytime", "60"), ("promotion_paytime", "60")]),
        ("events", &[("price", "10000001"), ("paytime", "60"), ("promotion_paytime", "60")]),
        ("events", &[("price", "10000"), ("paytime", "0"), ("promotion_paytime", "60")]),
        ("events", &[("price", "10000"), ("paytime", "60"), ("promotion_paytime", "0")]),
        ("registrations", &[("status", "'ended'"), ("queue_no", "NULL")]),
        ("registrations", &[("ended_reason", "'unpaid'")]),
        ("registrations", &[("status", "'awaiting_payment'"), ("queue_no", "NULL")]),
        ("registrations", &[("payment_expiredate", "5")]),
        ("registrations", &[("queue_no", "NULL")]),
        ("registrations", &[("status", "'confirmed'")]),
        ("orders", &[("price", "0")]),
        ("attempts", &[("authorized", "-1")]),
        ("attempts", &[("captured", "-1")]),
        ("attempts", &[("refunded", "-1")]),
        ("attempts", &[("cancelled", "-1")]),
        ("refunds", &[("amount", "0")]),
        ("ledger", &[("amount", "0")]),
        ("ledger", &[("amount", "-1")]),
        ("grants", &[("user_id", "NULL")]),
    ];
    for (table, given) in cases {
        check_nonsense(&mut conn, table, given);
    }
    // A grant is for a user or for a group, never for both.
    let mut rows = Rows::default();
    rows.fill(&mut conn, "groups");
    let group = rows.newest("groups", "slug");
    check_nonsense(&mut conn, "grants", &[("group_slug", &group)]);
}

#[test]
fn nothing_goes_that_others_point_at() {
    let database = TestDatabase::create();
    let mut conn = migrated(&database);
    Rows::default().fill_all(&mut conn);
    for table in ["users", "groups", "events", "registrations", "orders", "attempts"] {
        match diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut conn) {
            Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {}
            other => panic!("{table}: {other:?}"),
        }
    }
}
