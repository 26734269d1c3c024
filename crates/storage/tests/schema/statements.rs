//! Every SQL text is prepared on both databases: it parses, its tables and columns exist, it takes as many
//! values as it is given, and it yields what it is read into, in types that both drivers decode alike.

use punchgate_storage::Db;
use punchgate_testing::TestDatabase;
use sqlx::{Column as _, Either, Executor as _, Statement as _, TypeInfo as _};

use crate::collect::{Collected, On, ReadInto, Statement, collect};

/// What a database says of a prepared text: values taken (if it tells), names and types of its columns.
struct Prepared {
    takes: Option<usize>,
    columns: Vec<(String, String)>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the texts are those of the crate itself, read from its source"
)]
pub(crate) fn safe(sql: &str) -> sqlx::SqlStr {
    sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(sql.to_owned()))
}

async fn prepare(db: &Db, sql: &str) -> Result<Prepared, sqlx::Error> {
    macro_rules! prepared {
        ($pool:expr) => {{
            let mut connection = $pool.acquire().await?;
            let statement = (&mut *connection).prepare(safe(sql)).await?;
            Ok(Prepared {
                takes: statement.parameters().map(|known| match known {
                    Either::Left(types) => types.len(),
                    Either::Right(count) => count,
                }),
                columns: statement
                    .columns()
                    .iter()
                    .map(|column| (column.name().to_owned(), column.type_info().name().to_owned()))
                    .collect(),
            })
        }};
    }
    match db {
        Db::Sqlite { writer, .. } => prepared!(writer),
        Db::Postgres { pool, .. } => prepared!(pool),
    }
}

/// What is wrong with a text on a database.
async fn faults(db: &Db, statement: &Statement) -> Vec<String> {
    let prepared = match prepare(db, &statement.sql).await {
        Ok(prepared) => prepared,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    if let Some(takes) = prepared.takes
        && takes != statement.binds
    {
        faults.push(format!("takes {takes} values and is given {}", statement.binds));
    }
    match &statement.into {
        ReadInto::Nothing => {}
        ReadInto::Tuple(width) if *width == prepared.columns.len() => {}
        ReadInto::Tuple(width) => faults.push(format!("{} columns for {width}", prepared.columns.len())),
        ReadInto::Row(fields) => {
            let missing = fields
                .iter()
                .filter(|field| !prepared.columns.iter().any(|(name, _)| name == *field));
            faults
                .extend(missing.map(|field| format!("its row has a field {field} that it does not select")));
        }
    }
    if matches!(db, Db::Postgres { .. }) {
        let alien = prepared
            .columns
            .iter()
            .filter(|(_, kind)| !["INT8", "TEXT", "BYTEA"].contains(&kind.as_str()));
        faults.extend(alien.map(|(name, kind)| format!("{name} is {kind}: cast it to bigint or text")));
    }
    faults
}

async fn check(db: &Db, on: On) -> usize {
    let Collected {
        statements, unread, ..
    } = collect();
    assert!(
        unread.is_empty(),
        "SQL that this test cannot read:\n{}",
        unread.join("\n")
    );
    let mut all = Vec::new();
    let mut count = 0;
    for statement in statements
        .iter()
        .filter(|it| it.on == On::Everywhere || it.on == on)
    {
        count += 1;
        for fault in faults(db, statement).await {
            all.push(format!("{}: {fault}\n    {}", statement.place, statement.sql));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    count
}

#[tokio::test]
async fn every_text_is_prepared_on_sqlite() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    assert!(check(&db, On::Sqlite).await > 120, "not all texts were collected");
}

#[tokio::test]
async fn every_text_is_prepared_on_postgres() {
    let Some(postgres) = TestDatabase::postgres().await else {
        return;
    };
    let count = check(&postgres.open().await, On::Postgres).await;
    assert!(count > 120, "not all texts were collected");
}

/// Tables that are found without a supplier, and the texts that serve all suppliers.
#[test]
fn every_text_names_the_supplier() {
    let without = [
        "directory_version",
        "work_lease",
        "restoration",
        "from credential",
        "from quarantine",
        "from outbox",
        "operator_account",
        "operator_session",
        "sign_in_count",
        "unixepoch",
        "extract(",
        "_sqlx_migrations",
    ];
    let strays: Vec<_> = collect()
        .statements
        .into_iter()
        .filter(|it| !it.sql.contains("supplier_id") && !without.iter().any(|known| it.sql.contains(known)))
        .map(|it| format!("{}: {}", it.place, it.sql))
        .collect();
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[tokio::test]
async fn faults_are_seen() {
    let database = TestDatabase::sqlite().await;
    let db = database.open().await;
    let row = |fields: &[&str]| ReadInto::Row(fields.iter().map(|field| (*field).to_owned()).collect());
    for (sql, binds, into, fault) in [
        (
            "select nowhere from supplier",
            0,
            ReadInto::Nothing,
            "no such column",
        ),
        (
            "select name from suppliers",
            0,
            ReadInto::Nothing,
            "no such table",
        ),
        (
            "select name from supplier where supplier_id = $1",
            2,
            ReadInto::Nothing,
            "takes 1 values",
        ),
        (
            "select name from supplier",
            0,
            ReadInto::Tuple(2),
            "1 columns for 2",
        ),
        (
            "select name from supplier",
            0,
            row(&["name", "time_zone"]),
            "a field time_zone",
        ),
    ] {
        let statement = Statement {
            place: "here".to_owned(),
            sql: sql.to_owned(),
            on: On::Everywhere,
            binds,
            into,
        };
        let faults = faults(&db, &statement).await;
        assert!(faults.iter().any(|it| it.contains(fault)), "{sql}: {faults:?}");
    }
}
