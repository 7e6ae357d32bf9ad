//! Rows made up from nothing but the tables: every column gets some value that its table accepts, so that a new table
//! or column needs no new code here. And the tables themselves, as the database under test describes them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use plass::store::conn::Conn;

/// Columns that are filled although they may be empty: their table's checks ask for it.
const FILLED: &[(&str, &str)] = &[("registrations", "queue_no"), ("grants", "user_id")];

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct Column {
    #[diesel(sql_type = Text)]
    pub(crate) table_name: String,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Bool)]
    pub(crate) nullable: bool,
}

/// A column that points at another table.
#[derive(QueryableByName)]
struct Pointer {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    at_table: String,
    #[diesel(sql_type = Text)]
    at_column: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// All columns in order.
pub(crate) fn columns(conn: &mut Conn) -> Vec<Column> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT tables.name AS table_name, columns.name AS name, lower(columns.type) AS kind,
                 NOT columns.\"notnull\" AS nullable
             FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.name NOT LIKE '\\_\\_%' ESCAPE '\\'
             ORDER BY tables.name, columns.cid"
        }
        Conn::Pg(_) => {
            "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS name,
                 CAST(data_type AS TEXT) AS kind, is_nullable = 'YES' AS nullable
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'
             ORDER BY table_name COLLATE \"C\", ordinal_position"
        }
    };
    diesel::sql_query(sql).load(conn).unwrap()
}

fn pointers(conn: &mut Conn) -> Vec<Pointer> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT tables.name AS table_name, keys.\"from\" AS name, keys.\"table\" AS at_table, keys.\"to\" AS at_column
             FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
             WHERE tables.type = 'table'"
        }
        Conn::Pg(_) => {
            "SELECT CAST(here.relname AS TEXT) AS table_name, CAST(column_here.attname AS TEXT) AS name,
                 CAST(there.relname AS TEXT) AS at_table, CAST(column_there.attname AS TEXT) AS at_column
             FROM pg_constraint AS keys
             JOIN pg_class AS here ON here.oid = keys.conrelid
             JOIN pg_class AS there ON there.oid = keys.confrelid
             JOIN pg_attribute AS column_here
                 ON column_here.attrelid = keys.conrelid AND column_here.attnum = keys.conkey[1]
             JOIN pg_attribute AS column_there
                 ON column_there.attrelid = keys.confrelid AND column_there.attnum = keys.confkey[1]
             WHERE keys.contype = 'f'"
        }
    };
    diesel::sql_query(sql).load(conn).unwrap()
}

/// How many values were made up, so that no two are alike.
static MADE: AtomicU32 = AtomicU32::new(1);

/// Makes rows up.
#[derive(Default)]
pub(crate) struct Rows {
    /// The values of the newest row of each table, as literals.
    newest: BTreeMap<String, BTreeMap<String, String>>,
}

impl Rows {
    /// One more row in every table that there is.
    pub(crate) fn fill_all(&mut self, conn: &mut Conn) {
        let mut tables: Vec<String> = columns(conn).into_iter().map(|column| column.table_name).collect();
        tables.dedup();
        self.newest.clear();
        for table in tables {
            self.fill(conn, &table);
        }
    }

    /// A row in this table, unless it has one, with what it points at.
    pub(crate) fn fill(&mut self, conn: &mut Conn, table: &str) {
        if !self.newest.contains_key(table) {
            self.insert(conn, table, &[]).unwrap_or_else(|error| panic!("a row in {table}: {error}"));
        }
    }

    /// The literal that stands in this column of the newest row.
    pub(crate) fn newest(&self, table: &str, column: &str) -> String {
        self.newest[table][column].clone()
    }

    /// A new row; `given` are literals, everything else is made up or points at the newest row there.
    pub(crate) fn insert(&mut self, conn: &mut Conn, table: &str, given: &[(&str, &str)]) -> QueryResult<()> {
        let own: Vec<Column> = columns(conn).into_iter().filter(|column| column.table_name == table).collect();
        for (name, _) in given {
            assert!(own.iter().any(|column| column.name == *name), "{table} has no {name}");
        }
        let pointers: Vec<Pointer> = pointers(conn).into_iter().filter(|pointer| pointer.table_name == table).collect();
        let mut row = BTreeMap::new();
        for column in own {
            let filled = !column.nullable || FILLED.contains(&(table, column.name.as_str()));
            let pointer = pointers.iter().find(|pointer| pointer.name == column.name);
            let literal = match (given.iter().find(|(name, _)| *name == column.name), pointer) {
                (Some((_, literal)), _) => (*literal).to_owned(),
                (None, _) if !filled => continue,
                (None, Some(pointer)) => {
                    self.fill(conn, &pointer.at_table);
                    self.newest(&pointer.at_table, &pointer.at_column)
                }
                (None, None) => self.made_up(conn, &column),
            };
            row.insert(column.name, literal);
        }
        let (names, literals): (Vec<&str>, Vec<&str>) =
            row.iter().map(|(name, literal)| (name.as_str(), literal.as_str())).unzip();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), literals.join(", "));
        diesel::sql_query(sql).execute(conn)?;
        self.newest.insert(table.to_owned(), row);
        Ok(())
    }

    fn made_up(&self, conn: &Conn, column: &Column) -> String {
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        match (column.kind.as_str(), conn) {
            ("text", _) => match words(column).first() {
                Some(word) => format!("'{word}'"),
                None => format!("'text {number}'"),
            },
            // Ever larger, so that what comes later in a row is also later in time.
            ("bigint", _) => number.to_string(),
            ("boolean", _) => "FALSE".to_owned(),
            ("uuid" | "bytea", Conn::Sqlite(_)) => format!("X'{number:032x}'"),
            ("uuid", Conn::Pg(_)) => format!("CAST('{number:032x}' AS UUID)"),
            ("bytea", Conn::Pg(_)) => format!("decode('{number:032x}', 'hex')"),
            (kind, _) => panic!("{}.{} is a {kind}, which no value is known for", column.table_name, column.name),
        }
    }
}

/// The words that a column takes, if it takes only some.
pub(crate) fn words(column: &Column) -> Vec<String> {
    let sql = migrations();
    let check = format!("CHECK ({} IN", column.name);
    let own_table = sql.rfind(&format!("CREATE TABLE {} (", column.table_name)).unwrap_or_default();
    let table = sql[own_table..].split("\n);").next().unwrap_or_default();
    let Some(at) = table.find(&check) else { return Vec::new() };
    let list = &table[at + check.len()..];
    list.split(')').next().unwrap_or_default().split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text of all migrations, oldest first.
fn migrations() -> String {
    let mut folders: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().collect();
    folders.sort_by_key(|folder| folder.as_ref().unwrap().file_name());
    let texts =
        folders.into_iter().map(|folder| std::fs::read_to_string(folder.unwrap().path().join("up.sql")).unwrap());
    texts.collect::<Vec<_>>().join("\n")
}

/// How many rows each table has.
pub(crate) fn counts(conn: &mut Conn) -> BTreeMap<String, i64> {
    let mut tables: Vec<String> = columns(conn).into_iter().map(|column| column.table_name).collect();
    tables.dedup();
    tables
        .into_iter()
        .map(|table| (table.clone(), count(conn, &format!("SELECT COUNT(*) AS count FROM {table}"))))
        .collect()
}

/// What a query named `count` answers.
pub(crate) fn count(conn: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Count>(conn).unwrap().count
}
