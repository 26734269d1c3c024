//! No text walks a table or all that a supplier has: every search is led by an index that goes beyond the supplier.
//!
//! Read off SQLite's plans, whose planner knows no sizes here: what it finds no index for, PostgreSQL does not either.

use punchgate_storage::Db;
use punchgate_testing::TestDatabase;
use sqlx::Row as _;

use crate::{
    collect::{On, collect},
    statements::safe,
};

/// Tables that are walked: what a person has set up, or is to be told, fits in memory, and is read whole.
const SET_UP: &[&str] = &[
    "alert",
    "alert_recipient",
    "alert_told",
    "api_key",
    "connector_instance",
    "credential",
    "feed_hint",
    "mapping",
    "operator_role",
    "relationship",
    "relationship_secret",
    "supplier",
    "sync_attention",
    "sync_cursor",
];
/// Indexes that are walked: they hold open work alone.
const OPEN_WORK: &[&str] = &["outbox_due", "outbox_open"];

/// The lines of a text's plan that walk.
async fn walks(db: &Db, sql: &str, binds: usize) -> Vec<String> {
    let Db::Sqlite { writer, .. } = db else {
        unreachable!()
    };
    let mut query = sqlx::query(safe(&format!("explain query plan {sql}")));
    for _ in 0..binds {
        query = query.bind("");
    }
    let rows = query.fetch_all(writer).await.unwrap();
    rows.into_iter()
        .map(|row| row.get::<String, _>("detail"))
        .filter(|detail| is_walk(sql, detail))
        .collect()
}

/// `SCAN purchase_order`, or `SEARCH purchase_order USING INDEX … (supplier_id=?)` and no more than that.
fn is_walk(sql: &str, detail: &str) -> bool {
    let mut words = detail.split_whitespace();
    let (way, name) = (words.next().unwrap(), words.next().unwrap());
    let index = detail
        .split_once("INDEX ")
        .and_then(|(_, rest)| rest.split(' ').next());
    let walks = match way {
        // A list of values is not a table.
        "SCAN" => !matches!(name, "CONSTANT" | "v") && !name.starts_with('('),
        "SEARCH" => detail.ends_with("(supplier_id=?)"),
        _ => false,
    };
    walks && !SET_UP.contains(&table_of(sql, name)) && !index.is_some_and(|index| OPEN_WORK.contains(&index))
}

/// The table behind a name of the plan, which may be an alias.
fn table_of<'a>(sql: &'a str, name: &'a str) -> &'a str {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let named = words
        .windows(3)
        .find(|three| matches!(three[0], "from" | "join") && three[2] == name);
    named.map_or(name, |three| three[1])
}

#[tokio::test]
async fn no_text_walks_a_table() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    let mut found = Vec::new();
    for statement in collect().statements.iter().filter(|it| it.on != On::Postgres) {
        for walk in walks(&db, &statement.sql, statement.binds).await {
            found.push(format!("{}: {walk}\n    {}", statement.place, statement.sql));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn a_walk_would_be_seen() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    for (sql, expected) in [
        ("select * from document where content_type = $1", "SCAN document"),
        (
            "select * from purchase_order where supplier_id = $1 and total_minor > 1 order by order_id",
            "SEARCH purchase_order USING INDEX sqlite_autoindex_purchase_order_1 (supplier_id=?)",
        ),
        (
            "select * from request_key k where k.supplier_id = $1 and k.mode = 'test'",
            "SCAN k",
        ),
    ] {
        assert_eq!(walks(&db, sql, 1).await, [expected], "{sql}");
    }
    let fine = "select * from relationship where supplier_id = $1";
    assert!(walks(&db, fine, 1).await.is_empty());
}
