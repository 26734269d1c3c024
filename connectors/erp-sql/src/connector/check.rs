//! Whether settings, database and rights go together. Reads are tried without rows; writes are tried without rows and
//! taken back.

mod keeping;
mod rights;

use jiff::SignedDuration;
use punchgate_connector::{CheckReport, ConnectorResult, Context, connector::CheckFinding};

use rights::Rights;

use super::Sql;
use crate::{
    config::AccountWrites,
    database::{Place, Purpose, Session},
    dialect::{Dialect, Kind},
    schema::{ORDER_ANSWER, REQUEST_ANSWER, Table},
    statement::Statement,
};

pub(super) const OPERATION: &str = "check";
/// Clocks further apart than this are worth a word.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn report(sql: &Sql, ctx: &Context) -> ConnectorResult<CheckReport> {
    let mut session = sql.database.open(ctx, OPERATION, Purpose::Read).await?;
    let dialect = sql.dialect();
    let software = session.one(&Statement::one(dialect, dialect.version())).await?;
    let clock = session.clock(&sql.settings.zone).await?;
    let skew = clock.duration_since(ctx.now());
    let mut findings: Vec<CheckFinding> = in_the_open(&sql.database.place).into_iter().collect();
    findings.extend(reads(sql, &mut session).await?);
    findings.extend(indexes(sql, &mut session).await?);
    findings.extend(keeping::engines(sql, &mut session).await?);
    findings.extend(keeping::alike(sql, &mut session).await?);
    drop(session);
    findings.extend(writes(sql, ctx).await?);
    if skew.abs() > SKEW {
        findings.push(CheckFinding {
            fatal: false,
            message: format!(
                "the clocks are {} seconds apart: set them, and settings.time_zone ({}) to the zone in which the database \
                 writes stamps without offset",
                skew.as_secs(),
                sql.database.zone
            ),
        });
    }
    Ok(CheckReport {
        name: place(&sql.database.place),
        software,
        capabilities: sql.capabilities(),
        clock_skew: skew,
        findings,
    })
}

/// That nobody but the operator knows whether the way is safe.
fn in_the_open(place: &Place) -> Option<CheckFinding> {
    let Place::Server { way, .. } = place else {
        return None;
    };
    let host = way.open_host()?;
    let message = format!(
        "the way to {host} is not encrypted (settings.tls, settings.allow_plain): whoever is on it reads customers, prices \
         and orders, and may change what is said; set tls = true, unless a tunnel or a network of its own protects it"
    );
    Some(CheckFinding {
        fatal: false,
        message,
    })
}

fn place(place: &Place) -> String {
    match place {
        Place::File { path } => path.clone(),
        Place::Server {
            dialect, database, ..
        } => format!("{} database {database}", dialect.as_str()),
    }
}

/// Every table that is read, by every mapped column, and compared as the feeds and look-ups will.
async fn reads(sql: &Sql, session: &mut Session<'_>) -> ConnectorResult<Vec<CheckFinding>> {
    let tables = &sql.settings.tables;
    let direct_holds = tables.holds_write.as_ref();
    let read: [(Option<&Table>, &'static str, &[&'static str]); 9] = [
        (tables.customers.as_ref(), "customers", &["id", "modified"]),
        (tables.holds.as_ref(), "holds", &["customer"]),
        (tables.exposure.as_ref(), "exposure", &["customer"]),
        (tables.prices.as_ref(), "prices", &["part"]),
        (tables.documents.as_ref(), "documents", &["id", "modified"]),
        (tables.document_lines.as_ref(), "document_lines", &["document"]),
        (tables.orders.as_ref(), "orders", &["reference"]),
        (tables.order_requests.as_ref(), "order_requests", &["id"]),
        (tables.account_requests.as_ref(), "account_requests", &["id"]),
    ];
    let mut rights = Rights::new(sql, session);
    for (table, name, compared) in read {
        if let Some(table) = table {
            rights.reads(name, table, compared).await?;
        }
    }
    if let Some(table) = tables.customers_write.as_ref() {
        rights
            .reads_only("customers_write", table, &["id", "version"])
            .await?;
    }
    if let Some(table) = direct_holds {
        rights
            .reads_only("holds_write", table, &["id", "customer"])
            .await?;
    }
    Ok(rights.findings)
}

/// Every table that is written, by every column that is written.
async fn writes(sql: &Sql, ctx: &Context) -> ConnectorResult<Vec<CheckFinding>> {
    let tables = &sql.settings.tables;
    let direct = sql.settings.account_writes == AccountWrites::Direct;
    let requests = sql.settings.account_writes == AccountWrites::Requests;
    if tables.orders.is_none() && !direct && !requests {
        return Ok(Vec::new());
    }
    let mut session = match sql.database.open(ctx, OPERATION, Purpose::Write).await {
        Ok(session) => session,
        Err(error) if sql.dialect() == Dialect::Sqlite && !error.retryable() => {
            return Ok(vec![CheckFinding {
                fatal: true,
                message: format!(
                    "{} may not be written ({}): let the gateway's user write the file and its folder",
                    place(&sql.database.place),
                    error.message
                ),
            }]);
        }
        Err(error) => return Err(error),
    };
    let mut rights = Rights::new(sql, &mut session);
    if let Some(table) = &tables.orders {
        rights.inserts("orders", table, ORDER_ANSWER).await?;
        rights.updates("orders", table, &["status"]).await?;
    }
    if let Some(table) = &tables.order_lines {
        rights.inserts("order_lines", table, &[]).await?;
    }
    if let Some(table) = &tables.order_requests {
        rights.inserts("order_requests", table, REQUEST_ANSWER).await?;
    }
    if let Some(table) = tables.account_requests.as_ref().filter(|_| requests) {
        rights.inserts("account_requests", table, REQUEST_ANSWER).await?;
        rights.updates("account_requests", table, &["status"]).await?;
    }
    if let Some(table) = tables.customers_write.as_ref().filter(|_| direct) {
        let columns: Vec<&'static str> = table
            .columns()
            .map(|(name, _)| name)
            .filter(|name| *name != "id")
            .collect();
        rights.updates("customers_write", table, &columns).await?;
    }
    if let Some(table) = tables.holds_write.as_ref().filter(|_| direct) {
        rights.inserts("holds_write", table, &[]).await?;
        rights.deletes("holds_write", table).await?;
    }
    Ok(rights.findings)
}

/// Without these, an equal reference makes a second row.
async fn indexes(sql: &Sql, session: &mut Session<'_>) -> ConnectorResult<Vec<CheckFinding>> {
    let tables = &sql.settings.tables;
    let unique = [
        (tables.orders.as_ref(), "reference"),
        (tables.order_requests.as_ref(), "id"),
        (tables.account_requests.as_ref(), "id"),
    ];
    let mut findings = Vec::new();
    for (table, column) in unique {
        let Some(table) = table else { continue };
        let column = table.needed(column);
        let found = session
            .one(&unique_index(sql.dialect(), table, &column.name))
            .await;
        // A table that is not there has been told of already.
        if found.is_ok_and(|count| count.as_deref() == Some("0")) {
            findings.push(CheckFinding {
                fatal: true,
                message: format!(
                    "{}.{} has no unique index of its own: CREATE UNIQUE INDEX punchgate_{} ON {} ({})",
                    table.name,
                    column.name,
                    column.name.to_lowercase(),
                    table.quoted,
                    column.quoted
                ),
            });
        }
    }
    Ok(findings)
}

fn unique_index(dialect: Dialect, table: &Table, column: &str) -> Statement {
    match dialect {
        Dialect::Postgres => Statement::one(
            dialect,
            "select cast(count(*) as text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = \
             i.indkey[0] where i.indisunique and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null and i.indexprs \
             is null and i.indrelid = to_regclass(",
        )
        .bind(Kind::Text, Some(&table.quoted))
        .push(") and a.attname = ")
        .bind(Kind::Text, Some(column)),
        Dialect::MariaDb => {
            let (schema, name) = split(&table.name);
            Statement::one(
                dialect,
                "select cast(count(*) as char) from information_schema.statistics s where s.non_unique = 0 and \
                 s.seq_in_index = 1 and s.sub_part is null and s.table_schema = coalesce(",
            )
            .bind(Kind::Text, schema)
            .push(", database()) and s.table_name = ")
            .bind(Kind::Text, Some(name))
            .push(" and lower(s.column_name) = lower(")
            .bind(Kind::Text, Some(column))
            .push(
                ") and not exists (select 1 from information_schema.statistics t where t.table_schema = s.table_schema \
                 and t.table_name = s.table_name and t.index_name = s.index_name and t.seq_in_index = 2)",
            )
        }
        Dialect::Sqlite => {
            let (_, name) = split(&table.name);
            Statement::one(
                dialect,
                "select cast(count(*) as text) from pragma_index_list(",
            )
            .bind(Kind::Text, Some(name))
            .push(
                ") l where l.\"unique\" = 1 and l.partial = 0 and (select count(*) from pragma_index_info(l.name)) = 1 \
                 and (select lower(i.name) from pragma_index_info(l.name) i) = lower(",
            )
            .bind(Kind::Text, Some(column))
            .push(")")
        }
    }
}

fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('.')
        .map_or((None, name), |(schema, table)| (Some(schema), table))
}

#[cfg(test)]
mod tests {
    use punchgate_connector::egress::IpNet;

    use super::*;
    use crate::database::{Password, Tls, Way};

    #[test]
    fn an_open_way_is_told_where_it_leaves_this_machine() {
        let server = |way: Way| Place::Server {
            dialect: Dialect::Postgres,
            way,
            user: "u".to_owned(),
            password: Password(String::new()),
            database: "d".to_owned(),
        };
        let tcp = |host: &str, tls: Option<Tls>| {
            server(Way::Tcp {
                host: host.to_owned(),
                port: 5432,
                networks: Vec::<IpNet>::new(),
                tls,
            })
        };
        let roots = || Tls {
            extra_roots: Vec::new(),
        };
        let path = || "/run/db".to_owned();
        let cases = [
            (tcp("db.example", None), true),
            (tcp("10.0.0.7", None), true),
            (tcp("db.example", Some(roots())), false),
            (tcp("127.0.0.1", None), false),
            (tcp("::1", None), false),
            (tcp("localhost", None), false),
            (
                server(Way::Socket {
                    path: path(),
                    port: 5432,
                }),
                false,
            ),
            (Place::File { path: path() }, false),
        ];
        for (place, told) in cases {
            let finding = in_the_open(&place);
            assert_eq!(finding.is_some(), told, "{place:?}");
            assert!(finding.is_none_or(|finding| !finding.fatal && finding.message.contains("tls = true")));
        }
    }
}
