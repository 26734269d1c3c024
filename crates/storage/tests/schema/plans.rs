//! No text walks a table or all that a supplier has: every search is led by an index that goes beyond the supplier.
//!
//! SQLite's planner goes by the figures that every installation is told; PostgreSQL's by what it has measured, so that it
//! is given rows to measure.

mod postgres;

use punchgate_storage::Db;
use punchgate_testing::TestDatabase;
use sqlx::Row as _;

use crate::{
    collect::{On, collect},
    lists::{Filter, List},
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
/// Indexes that are walked: they hold open work alone, or what was given up.
const OPEN_WORK: &[&str] = &["outbox_dead", "outbox_due", "outbox_open", "outbox_skipped"];

/// Filters of lists that leave few rows, whatever there is: these are found, then put in order.
const NARROW: &[&str] = &[
    "credit_account_id",
    "customer_id",
    "erp_document_id",
    "finished_at is null",
    "head_external_id",
    "number",
    "order_id",
    "payer_external_id",
    "search",
    "session_id",
    "stream",
];

/// Filters of lists with a handful of values, each of which many rows have: the page is full before long.
const BROAD: &[(&str, &str)] = &[
    ("customer", "connector_id"),
    ("customer", "scope"),
    ("document", "direction"),
    ("erp_document", "connector_id"),
    // Done; the other states have indexes of their own.
    ("outbox", "state"),
    ("session", "operation"),
];

/// The lines of a text's plan.
async fn plan(db: &Db, sql: &str, binds: usize) -> Vec<String> {
    let Db::Sqlite { writer, .. } = db else {
        unreachable!()
    };
    let mut query = sqlx::query(safe(&format!("explain query plan {sql}")));
    for _ in 0..binds {
        query = query.bind("");
    }
    let rows = query.fetch_all(writer).await.unwrap();
    rows.into_iter().map(|row| row.get("detail")).collect()
}

/// The lines of a text's plan that walk.
async fn walks(db: &Db, sql: &str, binds: usize) -> Vec<String> {
    let mut lines = plan(db, sql, binds).await;
    lines.retain(|detail| is_walk(sql, detail));
    lines
}

/// What is wrong with a list under these filters: its rows come in its order from an index that is led by the filter, or
/// are few. One without any filter goes along an index in its order, and ends with the page.
async fn list_faults(db: &Db, list: &List, filters: &[&Filter]) -> Vec<String> {
    let (sql, binds) = list.with(filters.iter().copied());
    let (narrow, broad) = (is_narrow(filters), is_broad(list, filters));
    let lines = plan(db, &sql, binds).await;
    let is_wrong = |line: &String| match line.starts_with("USE TEMP B-TREE FOR ORDER BY") {
        true => !narrow,
        false => !broad && is_walk(&sql, line),
    };
    lines.into_iter().filter(is_wrong).collect()
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
        "SCAN" => !matches!(name, "CONSTANT" | "v") && !name.starts_with('(') && !is_derived(sql, name),
        "SEARCH" => detail.ends_with("(supplier_id=?)"),
        _ => false,
    };
    walks && !SET_UP.contains(&table_of(sql, name)) && !index.is_some_and(|index| OPEN_WORK.contains(&index))
}

/// `(select …) a`: what is read to make it has lines of its own.
fn is_derived(sql: &str, name: &str) -> bool {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words
        .windows(2)
        .any(|two| two[0].ends_with(')') && two[1] == name)
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

fn is_narrow(filters: &[&Filter]) -> bool {
    filters.iter().any(|filter| NARROW.contains(&filter.of.as_str()))
}

fn is_broad(list: &List, filters: &[&Filter]) -> bool {
    let is_broad = |filter: &&Filter| BROAD.contains(&(list.table(), &filter.of)) || list.is_cursor(filter);
    filters.iter().all(is_broad)
}

/// A list under each of its filters alone, and under none; on its first page and further on.
fn narrowed(list: &List) -> Vec<Vec<&Filter>> {
    let alone = list.filters.iter().map(|filter| vec![filter]);
    let first: Vec<Vec<&Filter>> = alone.chain([Vec::new()]).collect();
    let further = first
        .iter()
        .map(|filters| filters.iter().copied().chain(&list.cursor).collect());
    further.chain(first.clone()).collect()
}

#[tokio::test]
async fn no_list_walks_whatever_it_is_narrowed_by() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    let mut found = Vec::new();
    for (place, list) in &collect().lists {
        for filters in narrowed(list) {
            let names: Vec<&str> = filters.iter().map(|filter| filter.of.as_str()).collect();
            let faults = list_faults(&db, list, &filters).await;
            found.extend(
                faults
                    .into_iter()
                    .map(|fault| format!("{place} by {}: {fault}", names.join(", "))),
            );
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
