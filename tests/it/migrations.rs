//! The schema: both databases have the same one, it is the one the code expects, every migration can be undone and
//! loses nothing, and what must never be in a row is refused by the database itself.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Bool, Text};
use plass::clock::{Clock, at_millis};
use plass::store::conn::Conn;
use plass::store::migrate::{migrate, migrate_next, revert_all};

use crate::support::database::TestDatabase;
use crate::support::rows::{Column, Rows, columns, count, counts, words};

fn open(database: &TestDatabase) -> Conn {
    Conn::open(&database.place()).unwrap()
}

fn migrated(database: &TestDatabase) -> Conn {
    let mut conn = open(database);
    migrate(&mut conn).unwrap();
    conn
}

#[test]
fn migrations_go_up_and_down_and_up_again() {
    let database = TestDatabase::create();
    let mut conn = open(&database);
    let ran = migrate(&mut conn).unwrap();
    assert!(!ran.is_empty());
    let before = (columns(&mut conn), indexes(&mut conn));
    assert_eq!(migrate(&mut conn).unwrap(), Vec::<String>::new());
    revert_all(&mut conn).unwrap();
    assert_eq!(columns(&mut conn), []);
    assert_eq!(migrate(&mut conn).unwrap(), ran);
    assert_eq!((columns(&mut conn), indexes(&mut conn)), before);
}

#[test]
fn a_filled_database_keeps_every_row_through_every_version() {
    let database = TestDatabase::create();
    let mut conn = open(&database);
    let mut rows = Rows::default();
    let mut versions = 0;
    let mut before = counts(&mut conn);
    while let Some(version) = migrate_next(&mut conn).unwrap() {
        versions += 1;
        let after = counts(&mut conn);
        for (table, rows_before) in before {
            assert_eq!(after.get(&table), Some(&rows_before), "{table} after {version}");
        }
        rows.fill_all(&mut conn);
        if matches!(conn, Conn::Sqlite(_)) {
            let broken = count(&mut conn, "SELECT COUNT(*) AS count FROM pragma_foreign_key_check");
            assert_eq!(broken, 0, "after {version}");
        }
        before = counts(&mut conn);
        assert!(before.values().all(|rows| *rows >= 1), "{before:?}");
    }
    assert_eq!(versions, std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count());
}

/// One index, apart from how a database names what it makes by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    table: String,
    name: String,
    unique: bool,
    columns: Vec<String>,
    only_where: Vec<String>,
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Text)]
    only_where: String,
}

fn indexes(conn: &mut Conn) -> BTreeSet<Index> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT tables.name AS table_name, indexes.name AS name, indexes.\"unique\" AS is_unique,
                 (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(indexes.name) ORDER BY seqno)) AS columns,
                 coalesce((SELECT substr(sql, instr(sql, ' WHERE ') + 7 * (instr(sql, ' WHERE ') > 0))
                     FROM sqlite_master WHERE name = indexes.name AND indexes.partial), '') AS only_where
             FROM sqlite_master AS tables JOIN pragma_index_list(tables.name) AS indexes
             WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        Conn::Pg(_) => {
            "SELECT CAST(tables.relname AS TEXT) AS table_name, CAST(named.relname AS TEXT) AS name,
                 indexes.indisunique AS is_unique,
                 (SELECT string_agg(attname, ',' ORDER BY place) FROM unnest(indexes.indkey) WITH ORDINALITY AS keys (key, place)
                     JOIN pg_attribute ON attrelid = indexes.indrelid AND attnum = key) AS columns,
                 coalesce(pg_get_expr(indexes.indpred, indexes.indrelid), '') AS only_where
             FROM pg_index AS indexes
             JOIN pg_class AS named ON named.oid = indexes.indexrelid
             JOIN pg_class AS tables ON tables.oid = indexes.indrelid
             JOIN pg_namespace AS spaces ON spaces.oid = tables.relnamespace
             WHERE spaces.nspname = 'public' AND tables.relname NOT LIKE '\\_\\_%'"
        }
    };
    let rows: Vec<IndexRow> = diesel::sql_query(sql).load(conn).unwrap();
    rows.into_iter()
        .map(|row| {
            let of_itself =
                row.name.starts_with("sqlite_") || row.name.ends_with("_pkey") || row.name.ends_with("_key");
            Index {
                table: row.table_name,
                name: if of_itself { String::new() } else { row.name },
                unique: row.is_unique,
                columns: row.columns.split(',').map(str::to_owned).collect(),
                only_where: meaning(&row.only_where),
            }
        })
        .collect()
}

/// The words of a condition, without how each database writes a list and a type.
fn meaning(condition: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || "()[],=':".contains(c);
    let said = condition.split(apart).filter(|word| !word.is_empty()).map(str::to_lowercase);
    said.filter(|word| !["in", "any", "array", "text"].contains(&word.as_str())).collect()
}

#[test]
fn both_databases_have_the_same_schema() {
    let (here, file) = (TestDatabase::create(), TestDatabase::sqlite());
    let (mut here, mut file) = (migrated(&here), migrated(&file));
    assert_eq!(columns(&mut here), columns(&mut file));
    let (here, file) = (indexes(&mut here), indexes(&mut file));
    assert_eq!(here.difference(&file).collect::<Vec<_>>(), file.difference(&here).collect::<Vec<_>>());
    let partial: Vec<&Index> = here.iter().filter(|index| index.unique && !index.only_where.is_empty()).collect();
    assert!(partial.len() >= 4, "{partial:?}");
}

/// The tables as `schema.rs` says they are.
fn columns_in_code() -> Vec<Column> {
    let text = include_str!("../../src/store/schema.rs");
    let mut columns = Vec::new();
    for table in text.split("diesel::table! {").skip(1) {
        let table = table.split("\n}").next().unwrap();
        let head = table.lines().find(|line| line.ends_with(") {")).unwrap();
        let table_name = head.split_whitespace().next().unwrap();
        for line in table.lines().filter(|line| line.contains(" -> ")) {
            let (name, kind) = line.trim().trim_end_matches(',').split_once(" -> ").unwrap();
            let inner = kind.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
            let kind = match inner.unwrap_or(kind) {
                "Uid" => "uuid",
                "Text" => "text",
                "BigInt" => "bigint",
                "Bool" => "boolean",
                "Binary" => "bytea",
                other => panic!("{table_name}.{name} is a {other}"),
            };
            columns.push(Column {
                table_name: table_name.to_owned(),
                name: name.to_owned(),
                kind: kind.to_owned(),
                nullable: inner.is_some(),
            });
        }
    }
    columns.sort_by(|left, right| left.table_name.cmp(&right.table_name));
    columns
}

#[test]
fn the_code_knows_the_tables_as_they_are() {
    let database = TestDatabase::create();
    assert_eq!(columns(&mut migrated(&database)), columns_in_code());
}

#[test]
fn rows_are_read_in_the_order_of_their_columns() {
    let mut checked = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("#[diesel(table_name = ") {
            let derives = text[..at].lines().last().unwrap_or_default();
            if !derives.contains("Queryable") {
                continue;
            }
            let table = text[at..].split(&['=', ',', ')'][..]).nth(1).unwrap().trim();
            let fields = text[at..].split("{\n").nth(1).unwrap().split("\n}").next().unwrap();
            let fields: Vec<&str> = fields
                .lines()
                .filter(|line| !line.trim_start().starts_with('/'))
                .map(|line| line.split(':').next().unwrap().split_whitespace().last().unwrap())
                .collect();
            let known: Vec<Column> =
                columns_in_code().into_iter().filter(|column| column.table_name == table).collect();
            let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(fields, names, "{table} in {}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} rows were found");
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

fn pragma(conn: &mut Conn, name: &str) -> String {
    let sql = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
    diesel::sql_query(sql).get_result::<Setting>(conn).unwrap().value
}

#[actix_web::test]
async fn every_connection_to_a_file_keeps_foreign_keys_and_syncs_fully() {
    let database = TestDatabase::sqlite();
    let store = database.store(&Clock::still(at_millis(0))).await;
    // The writer has just migrated, for which foreign keys were off.
    store
        .maintain(|conn| {
            check_pragmas(conn);
            Ok(())
        })
        .await
        .unwrap();
    let mut others: Vec<Conn> = (0..3).map(|_| open(&database)).collect();
    others.iter_mut().for_each(check_pragmas);
}

fn check_pragmas(conn: &mut Conn) {
    for (name, value) in [("foreign_keys", "1"), ("journal_mode", "wal"), ("synchronous", "2")] {
        assert_eq!(pragma(conn, name), value, "{name}");
    }
}

#[test]
fn a_failed_migration_leaves_foreign_keys_on() {
    let database = TestDatabase::sqlite();
    let mut conn = migrated(&database);
    // Undoing stumbles over a table that is gone.
    diesel::sql_query("DROP TABLE duties").execute(&mut conn).unwrap();
    revert_all(&mut conn).unwrap_err();
    check_pragmas(&mut conn);
    assert!(columns(&mut conn).iter().any(|column| column.table_name == "webhook_registrations"));
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
    for table in ["users", "groups", "events", "registrations", "orders"] {
        match diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut conn) {
            Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {}
            other => panic!("{table}: {other:?}"),
        }
    }
}
