//! The plans of PostgreSQL, over tables of some thousand rows.

use punchgate_storage::Db;
use punchgate_testing::TestDatabase;
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};

use super::{OPEN_WORK, SET_UP, is_broad, is_narrow, narrowed};
use crate::{
    collect::{On, collect},
    statements::safe,
};

/// Rows of each table: enough that looking a few up beats walking.
const ROWS: usize = 4_000;

/// Columns that few values share, as SQLite's planner is told (`storage::planner`); all others have one a row.
const SHARED: &[(&str, usize)] = &[
    ("active", 2),
    ("buyer_system", 2),
    ("connector_id", 2),
    ("direction", 2),
    ("kind", 12),
    ("mode", 2),
    ("operation", 2),
    ("relationship_id", 20),
    ("request_kind", 2),
    ("scope", 2),
    ("sink_connector_id", 2),
    ("state", 8),
    ("status", 5),
    ("subject", 2),
];
/// Columns that all but one row in so many have set.
const CLOSED: &[(&str, usize)] = &[("finished_at", 200), ("released_at", 2)];
/// What is kept small, whatever comes: a line a migration, and what a moment ago was too often.
const SMALL: &[&str] = &["_sqlx_migrations", "sign_in_count"];
/// Columns that one row in so many has set.
const SELDOM: &[(&str, usize)] = &[("drawn_override_id", 200), ("due_at", 200)];

/// What a column holds in row `g`.
fn value(column: &str, kind: &str, nullable: bool) -> String {
    let of = |pairs: &[(&str, usize)]| {
        let pair = pairs.iter().find(|(name, _)| *name == column);
        pair.map(|(_, count)| *count)
    };
    let number = match of(SHARED) {
        Some(count) => format!("g % {count}"),
        None => "g".to_owned(),
    };
    let plain = match (column, kind) {
        ("supplier_id", _) => "'ironquay'".to_owned(),
        ("state", _) => {
            "(array['dead', 'done', 'held', 'leased', 'open', 'pending', 'sent', 'skipped'])[g % 8 + 1]"
                .to_owned()
        }
        (_, "bigint") => number,
        (_, "bytea") => "decode(md5(g::text), 'hex')".to_owned(),
        // The same in every column, so that one finds the other.
        _ => format!("'word ' || ({number})"),
    };
    match (of(CLOSED), of(SELDOM)) {
        _ if !nullable => plain,
        (Some(count), _) => format!("case when g % {count} <> 0 then {plain} end"),
        (_, Some(count)) => format!("case when g % {count} = 0 then {plain} end"),
        _ => plain,
    }
}

/// Fills every table and has it measured.
async fn fill(pool: &PgPool) {
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text, (is_nullable = 'YES') from information_schema.columns \
         where table_schema = current_schema() and table_name not like '\\_%' order by table_name, ordinal_position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for table in columns.chunk_by(|one, next| one.0 == next.0) {
        let names: Vec<&str> = table.iter().map(|(_, name, ..)| name.as_str()).collect();
        let values: Vec<String> = table
            .iter()
            .map(|(_, name, kind, nullable)| value(name, kind, *nullable))
            .collect();
        let sql = format!(
            "insert into {} ({}) select {} from generate_series(1, {ROWS}) g on conflict do nothing",
            table[0].0,
            names.join(", "),
            values.join(", ")
        );
        sqlx::raw_sql(safe(&sql)).execute(pool).await.unwrap();
    }
    sqlx::raw_sql("vacuum analyze").execute(pool).await.unwrap();
}

/// The plan for whatever values, where walking a table is the last resort.
async fn plan(connection: &mut PgConnection, sql: &str, binds: usize) -> Vec<String> {
    let values = match binds {
        0 => String::new(),
        _ => format!("({})", vec!["null"; binds].join(", ")),
    };
    let told = format!("deallocate all; prepare it as {sql}; explain (costs off) execute it{values}");
    let rows = sqlx::raw_sql(safe(&told)).fetch_all(connection).await.unwrap();
    let line = |row: &PgRow| row.get::<String, _>(0);
    rows.iter()
        .map(|row| line(row).trim().trim_start_matches("->  ").to_owned())
        .collect()
}

/// `Seq Scan on purchase_order p`, or `Index Scan using … on purchase_order p` with `Index Cond: (supplier_id = $1)`
/// and no more than that.
fn walks(lines: &[String]) -> Vec<&str> {
    let word = |line: &str, after: &str| -> String {
        let rest = line.split_once(after).map_or("", |(_, rest)| rest);
        rest.split(' ').next().unwrap_or_default().to_owned()
    };
    let is_walk = |place: usize, line: &str| {
        let heap = lines[..place]
            .iter()
            .rev()
            .find(|line| line.starts_with("Bitmap Heap Scan"));
        let (table, index) = match line.starts_with("Bitmap Index Scan") {
            true => (
                heap.map_or_else(String::new, |heap| word(heap, " on ")),
                word(line, " on "),
            ),
            false => (word(line, " on "), word(line, " using ")),
        };
        let condition = lines.get(place + 1).map_or("", String::as_str);
        let terms = condition.matches(" AND ").count() + 1;
        let led = condition.starts_with("Index Cond") && (terms > 1 || !condition.contains("supplier_id"));
        let known = [SET_UP, OPEN_WORK, SMALL].concat();
        match line.split(' ').next() {
            _ if known.contains(&table.as_str()) || known.contains(&index.as_str()) => false,
            Some("Seq") => true,
            Some("Index") => !line.starts_with("Index Cond") && !led,
            Some("Bitmap") => line.starts_with("Bitmap Index") && !led,
            _ => false,
        }
    };
    let all = lines.iter().enumerate();
    all.filter(|(place, line)| is_walk(*place, line))
        .map(|(_, line)| line.as_str())
        .collect()
}

#[tokio::test]
async fn nothing_walks_on_postgres_either() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let Db::Postgres { pool, .. } = database.open().await else {
        unreachable!()
    };
    fill(&pool).await;
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql("set enable_seqscan = off; set plan_cache_mode = force_generic_plan")
        .execute(&mut *connection)
        .await
        .unwrap();
    let collected = collect();
    let mut found = Vec::new();
    for statement in collected.statements.iter().filter(|it| it.on != On::Sqlite) {
        let lines = plan(&mut connection, &statement.sql, statement.binds).await;
        if !walks(&lines).is_empty() {
            found.push(format!(
                "{}: {}\n    {}",
                statement.place,
                statement.sql,
                lines.join("\n    ")
            ));
        }
    }
    for (place, list) in &collected.lists {
        for filters in narrowed(list) {
            let (sql, binds) = list.with(filters.iter().copied());
            let lines = plan(&mut connection, &sql, binds).await;
            let sorts = lines.iter().any(|line| line == "Sort") && !is_narrow(&filters);
            if sorts || !walks(&lines).is_empty() && !is_broad(list, &filters) {
                let names: Vec<&str> = filters.iter().map(|filter| filter.of.as_str()).collect();
                found.push(format!(
                    "{place} by {}:\n    {}",
                    names.join(", "),
                    lines.join("\n    ")
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
