//! The schema: both databases have the same one, it is the one the code expects, every migration can be undone and
//! loses nothing, and what must never be in a row is refused by the database itself.

use std::collections::BTreeSet;

use diesel::prelude::*;

use diesel::sql_types::{Bool, Text};
use plass::clock::{Clock, at_millis};
use plass::store::conn::Conn;
use plass::store::migrate::{migrate, migrate_next, revert_all};

use crate::support::database::TestDatabase;
use crate::support::rows::{Column, Rows, columns, count, counts};

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

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = Text)]
    told: String,
}

#[test]
fn what_was_sent_before_is_known_by_what_is_left_of_it() {
    let database = TestDatabase::create();
    let mut conn = open(&database);
    let mut rows = Rows::default();
    while !migrate_next(&mut conn).unwrap().unwrap().starts_with("20260803") {}
    let unknown = "'the provider''s answer is unknown: no answer'";
    for attempt in [
        &[("state", "'settled'"), ("create_ended_at", "5"), ("created_at", "1")],
        &[("state", "'abandoned'"), ("create_ended_at", "5"), ("created_at", "2")],
        // Never sent.
        &[("state", "'abandoned'"), ("create_ended_at", "NULL"), ("created_at", "3")],
        &[("state", "'planned'"), ("create_ended_at", "NULL"), ("created_at", "4")],
    ] {
        rows.insert(&mut conn, "attempts", attempt).unwrap();
    }
    let key = |kind: &str| format!("'{kind}-0123456789abcdef0123456789abcdef'");
    for (kind, key, at) in [
        ("'authorized'", "NULL".to_owned(), "5"),
        ("'captured'", key("capture"), "6"),
        ("'refunded'", key("refund"), "7"),
        ("'cancelled'", key("release"), "8"),
        // Somebody did so in the portal.
        ("'refunded'", "'portal'".to_owned(), "9"),
    ] {
        let line = [("kind", kind), ("provider_key", key.as_str()), ("happened_at", at), ("amount", "100")];
        rows.insert(&mut conn, "ledger", &line).unwrap();
    }
    rows.insert(&mut conn, "outbox", &[("kind", "'letter'"), ("last_error", unknown)]).unwrap();
    migrate(&mut conn).unwrap();
    let sql = "SELECT kind || ' ' || ending || ' ' || COALESCE(CAST(amount AS TEXT), '-') AS told
        FROM ended_effects ORDER BY created_at";
    let told: Vec<Ended> = diesel::sql_query(sql).load(&mut conn).unwrap();
    let told: Vec<&str> = told.iter().map(|row| row.told.as_str()).collect();
    let money = ["capture done 100", "refund done 100", "release done 100"];
    assert_eq!(told, [&["create done -", "create given_up -"][..], &money].concat());
    assert_eq!(count(&mut conn, "SELECT COUNT(*) AS count FROM outbox WHERE unanswered"), 1);
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
    let text = concat!(
        include_str!("../../src/store/schema.rs"),
        include_str!("../../src/store/schema/bells.rs"),
        include_str!("../../src/store/schema/doors.rs"),
        include_str!("../../src/store/schema/effects.rs"),
        include_str!("../../src/store/schema/payees.rs")
    );
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
    let store = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"));
    let mut files = Vec::new();
    crate::architecture::files_under(store, &mut files);
    for path in files {
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
