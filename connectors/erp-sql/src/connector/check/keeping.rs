//! How the database keeps what matters: whether it takes back what is not committed, and tells customers apart.

use punchgate_connector::{ConnectorResult, connector::CheckFinding};

use super::split;
use crate::{
    connector::Sql,
    database::Session,
    dialect::{Dialect, Kind},
    schema::Table,
    statement::Statement,
};

/// Half an order would stay where a table takes nothing back.
pub(super) async fn engines(sql: &Sql, session: &mut Session<'_>) -> ConnectorResult<Vec<CheckFinding>> {
    if sql.dialect() != Dialect::MariaDb {
        return Ok(Vec::new());
    }
    let tables = &sql.settings.tables;
    let written = [
        &tables.orders,
        &tables.order_lines,
        &tables.order_requests,
        &tables.account_requests,
        &tables.customers_write,
        &tables.holds_write,
    ];
    let mut findings = Vec::new();
    for table in written.into_iter().flatten() {
        if let Some(engine) = session.one(&engine_without_transactions(table)).await? {
            findings.push(CheckFinding {
                fatal: true,
                message: format!(
                    "{} is kept by {engine}, which takes nothing back: ALTER TABLE {} ENGINE = InnoDB",
                    table.name, table.quoted
                ),
            });
        }
    }
    Ok(findings)
}

fn engine_without_transactions(table: &Table) -> Statement {
    let (schema, name) = split(&table.name);
    Statement::one(
        Dialect::MariaDb,
        "select cast(t.engine as char) from information_schema.tables t join information_schema.engines e on e.engine = \
         t.engine where coalesce(e.transactions, 'NO') <> 'YES' and t.table_schema = coalesce(",
    )
    .bind(Kind::Text, schema)
    .push(", database()) and t.table_name = ")
    .bind(Kind::Text, Some(name))
    .push(" limit 1")
}

/// Customers whose keys differ in case only: where the database does not tell them apart, the hold of one is found for the
/// other.
pub(super) async fn alike(sql: &Sql, session: &mut Session<'_>) -> ConnectorResult<Vec<CheckFinding>> {
    let dialect = sql.dialect();
    let customers = sql.settings.tables.customers.as_ref();
    let Some(table) = customers.filter(|_| dialect != Dialect::Postgres) else {
        return Ok(Vec::new());
    };
    let id = table.needed("id");
    let text = dialect.as_text(&id.quoted);
    let statement = Statement::one(
        dialect,
        &format!(
            "select lower({text}) from {} group by lower({text}) having count(*) > 1 limit 1",
            table.quoted
        ),
    );
    // A view that is not there has been told of already.
    let found = session.one(&statement).await.ok().flatten();
    Ok(found
        .map(|key| CheckFinding {
            fatal: true,
            message: format!(
                "{}.{}: '{key}' stands there more than once but for upper and lower case, and the database may find the \
                 holds of one for the other: give the customers keys that differ by more",
                table.name, id.name
            ),
        })
        .into_iter()
        .collect())
}
