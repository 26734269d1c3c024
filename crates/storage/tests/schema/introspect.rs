//! What a migrated database says of itself: tables, columns, nullability, keys and indexes, in one form for both.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_storage::Db;
use punchgate_testing::TestDatabase;
use sqlx::Row as _;

/// A table as its database describes it.
#[derive(Debug, PartialEq, Eq, Default)]
struct Table {
    /// Name, type, whether it may be null; in the order of their declaration.
    columns: Vec<(String, Kind, bool)>,
    primary_key: Vec<String>,
    indexes: BTreeSet<Index>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    name: String,
    unique: bool,
    columns: Vec<String>,
    /// Which rows it holds; none: all.
    rows: Option<String>,
}

/// The types that both drivers decode alike: the schema has no others.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Kind {
    Number,
    Text,
    Bytes,
}

type Schema = BTreeMap<String, Table>;

/// Kept by sqlx itself, in its own types.
const NOT_OURS: &str = "_sqlx_migrations";

async fn of_sqlite(db: &Db) -> Schema {
    let Db::Sqlite { writer, .. } = db else {
        panic!("this is no SQLite")
    };
    let mut schema = Schema::new();
    let columns = sqlx::query(
        "select m.name, c.name, c.type, c.\"notnull\", c.pk from sqlite_master m, pragma_table_info(m.name) c \
         where m.type = 'table' and m.name not like 'sqlite_%' order by m.name, c.cid",
    );
    let mut keys: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    for row in columns.fetch_all(writer).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        if table == NOT_OURS {
            continue;
        }
        let kind = match row.get::<String, _>(2).to_lowercase().as_str() {
            "bigint" => Kind::Number,
            "text" => Kind::Text,
            "blob" => Kind::Bytes,
            other => panic!("{table}.{column} is {other}: use bigint, text or blob"),
        };
        let place: i64 = row.get(4);
        if place > 0 {
            keys.entry(table.clone())
                .or_default()
                .insert(place, column.clone());
        }
        schema
            .entry(table)
            .or_default()
            .columns
            .push((column, kind, row.get::<i64, _>(3) == 0));
    }
    for (table, key) in keys {
        schema.get_mut(&table).unwrap().primary_key = key.into_values().collect();
    }
    let indexes = sqlx::query(
        "select m.name, i.name, i.\"unique\", c.name, t.sql from sqlite_master m, pragma_index_list(m.name) i, \
         pragma_index_info(i.name) c, sqlite_master t where m.type = 'table' and i.origin = 'c' \
         and t.type = 'index' and t.name = i.name order by m.name, i.name, c.seqno",
    );
    let rows = indexes.fetch_all(writer).await.unwrap();
    add_indexes(
        &mut schema,
        rows.iter().map(|row| {
            (
                row.get(0),
                row.get(1),
                row.get::<i64, _>(2) == 1,
                row.get(3),
                part_of(row.get(4)),
            )
        }),
    );
    schema
}

/// The condition at the end of the statement that made an index.
fn part_of(statement: &str) -> Option<String> {
    let statement = plain(statement);
    statement.split_once(" where ").map(|(_, rows)| rows.to_owned())
}

/// A condition without what the two write differently.
fn plain(text: &str) -> String {
    let words = text.to_lowercase().replace("::text", "").replace(['(', ')'], " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn of_postgres(db: &Db) -> Schema {
    let Db::Postgres { pool, .. } = db else {
        panic!("this is no PostgreSQL")
    };
    let mut schema = Schema::new();
    let columns = sqlx::query(
        "select c.table_name::text, c.column_name::text, c.data_type::text, c.is_nullable::text, c.collation_name::text \
         from information_schema.columns c where c.table_schema = 'public' order by c.table_name, c.ordinal_position",
    );
    for row in columns.fetch_all(pool).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        if table == NOT_OURS {
            continue;
        }
        let kind = match row.get::<String, _>(2).as_str() {
            "bigint" => Kind::Number,
            "text" => {
                let collation: Option<String> = row.get(4);
                assert_eq!(
                    collation.as_deref(),
                    Some("C"),
                    "{table}.{column} is compared byte by byte"
                );
                Kind::Text
            }
            "bytea" => Kind::Bytes,
            other => panic!("{table}.{column} is {other}: use bigint, text or bytea"),
        };
        schema
            .entry(table)
            .or_default()
            .columns
            .push((column, kind, row.get::<String, _>(3) == "YES"));
    }
    let indexes = sqlx::query(
        "select t.relname::text, i.relname::text, x.indisunique, a.attname::text, x.indisprimary, \
         x.indexprs is not null, pg_get_expr(x.indpred, x.indrelid) \
         from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid \
         join pg_namespace n on n.oid = t.relnamespace \
         cross join lateral unnest(x.indkey) with ordinality k(number, place) \
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number \
         where n.nspname = 'public' order by t.relname, i.relname, k.place",
    );
    let rows = indexes.fetch_all(pool).await.unwrap();
    let ours = || rows.iter().filter(|row| row.get::<String, _>(0) != NOT_OURS);
    for row in ours().filter(|row| row.get(4)) {
        let table = schema.get_mut(&row.get::<String, _>(0)).unwrap();
        table.primary_key.push(row.get(3));
    }
    assert!(
        ours().all(|row| !row.get::<bool, _>(5)),
        "an index over an expression is not compared: extend this test"
    );
    add_indexes(
        &mut schema,
        ours().filter(|row| !row.get::<bool, _>(4)).map(|row| {
            let part: Option<String> = row.get(6);
            (
                row.get(0),
                row.get(1),
                row.get(2),
                row.get(3),
                part.map(|part| plain(&part)),
            )
        }),
    );
    schema
}

/// A column of an index: table, index, whether it is unique, column, which rows it holds.
type IndexColumn = (String, String, bool, String, Option<String>);

/// Adds columns of indexes, which come in their order.
fn add_indexes(schema: &mut Schema, found: impl Iterator<Item = IndexColumn>) {
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for (table, name, unique, column, rows) in found {
        let index = indexes.entry((table, name.clone())).or_insert_with(|| Index {
            name,
            unique,
            columns: Vec::new(),
            rows,
        });
        index.columns.push(column);
    }
    for ((table, _), index) in indexes {
        schema.get_mut(&table).unwrap().indexes.insert(index);
    }
}

#[tokio::test]
async fn both_databases_have_one_schema() {
    let Some(postgres) = TestDatabase::postgres().await else {
        return;
    };
    let database = TestDatabase::sqlite().await;
    let sqlite = database.open().await;
    let (one, other) = (
        of_sqlite(&sqlite).await,
        of_postgres(&postgres.open().await).await,
    );
    assert!(one.len() > 20, "{} tables are not all", one.len());
    let names = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other), "tables of SQLite and of PostgreSQL");
    for (name, table) in &one {
        assert_eq!(*table, other[name], "{name} of SQLite and of PostgreSQL");
    }
}

#[tokio::test]
async fn the_supplier_leads_every_key_and_index() {
    let database = TestDatabase::sqlite().await;
    let sqlite = database.open().await;
    // What is found without a supplier: small reference tables, and the indexes that workers look through.
    let without = [
        "directory_version",
        "credential",
        "work_lease",
        "restoration",
        "operator_account",
        "operator_account_by_link",
        "operator_role_by_name",
        "operator_session",
        "operator_session_by_name",
        "operator_session_by_seen",
        "sign_in_count",
        "sign_in_count_by_since",
        "quarantine_by_address",
        "quarantine_by_arrival",
        "hold_by_until",
    ];
    let mut unused: BTreeSet<&str> = without.into();
    for (name, table) in of_sqlite(&sqlite).await {
        let keys = std::iter::once((&name, &table.primary_key))
            .chain(table.indexes.iter().map(|index| (&index.name, &index.columns)));
        for (key, columns) in keys {
            if !unused.remove(key.as_str()) {
                assert_eq!(
                    columns.first().map(String::as_str),
                    Some("supplier_id"),
                    "{name}: {key}"
                );
            }
        }
    }
    assert!(unused.is_empty(), "no longer an exception: {unused:?}");
}

#[tokio::test]
async fn a_difference_would_be_seen() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    let before = of_sqlite(&db).await;
    let Db::Sqlite { writer, .. } = &db else {
        unreachable!()
    };
    for change in [
        "alter table mapping add column extra text",
        "create index mapping_by_target on mapping (supplier_id, target)",
        "drop index purchase_order_by_override; create index purchase_order_by_override \
         on purchase_order (supplier_id, drawn_override_id) where drawn_override_id = ''",
        "drop index session_by_start",
        "create unique index session_by_start on session (supplier_id, start_expires_at)",
        "alter table supplier rename column name to title",
        "drop table work_lease",
    ] {
        let last = of_sqlite(&db).await;
        sqlx::query(change).execute(writer).await.unwrap();
        assert_ne!(last, of_sqlite(&db).await, "{change}");
    }
    assert_ne!(before, of_sqlite(&db).await);
}
