//! The calls.

mod accounts;
mod check;
mod documents;
mod exposure;
mod orders;
mod own_ids;
mod owners;
mod patches;
mod prices;
mod requests;

use std::path::PathBuf;

use async_trait::async_trait;
use punchgate_connector::{
    Capabilities, CheckReport, Connector, ConnectorError, ConnectorResult, Context, EgressRules, ErrorKind,
    Spec,
    capabilities::{Cas, Deletes, Writable},
    context::LeftOut,
    published::Mismatch,
};

use crate::{
    config::{AccountWrites, KIND, Settings},
    database::{Database, Place, Session, Way},
    dialect::Dialect,
    fault::unreadable,
    feed::{self, Beginning, Feed, Stamp},
    row::Row,
    schema::Table,
    statement::Statement,
};

/// The most keys in one statement.
const KEYS: usize = 100;
/// The most rows that belong to the rows of one page.
const BELONGING: usize = 20_000;

/// A database with views and staging tables.
#[derive(Debug)]
pub(crate) struct Sql {
    pub(crate) id: String,
    pub(crate) settings: Settings,
    pub(crate) database: Database,
}

impl Sql {
    fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    fn capabilities(&self) -> Capabilities {
        let (settings, tables) = (&self.settings, &self.settings.tables);
        let (cas, writable) = match settings.account_writes {
            AccountWrites::None => (Cas::None, Writable::default()),
            AccountWrites::Requests => {
                let has = |column| {
                    tables
                        .account_requests
                        .as_ref()
                        .is_some_and(|table| table.has(column))
                };
                let writable = Writable {
                    terms: has("terms_code") && has("terms_changed"),
                    credit_limit: has("credit_limit") && has("limit_kind"),
                    holds: has("place_holds") && has("release_holds"),
                };
                (Cas::ReadBack, writable)
            }
            AccountWrites::Direct => {
                let has = |column| {
                    tables
                        .customers_write
                        .as_ref()
                        .is_some_and(|table| table.has(column))
                };
                let writable = Writable {
                    terms: has("terms_code"),
                    credit_limit: has("credit_limit"),
                    holds: tables.holds_write.is_some(),
                };
                (Cas::Native, writable)
            }
        };
        let tombstones = tables
            .customers
            .as_ref()
            .is_some_and(|table| table.has("deleted"));
        Capabilities {
            cas,
            writable,
            deletes: if tombstones {
                Deletes::Tombstone
            } else {
                Deletes::Sweep
            },
            // A check sees to it that the index is there.
            order_ref_unique: tables.orders.is_some(),
            exposure_includes_orders: self.counts_orders(),
            document_kinds: settings.document_kinds.clone(),
            page_size: settings.page_size,
            ..Capabilities::default()
        }
    }

    fn counts_orders(&self) -> bool {
        let exposure = self.settings.tables.exposure.as_ref();
        exposure.is_some_and(|table| table.has("open_orders"))
    }

    /// What a run of a feed begins with; none where one is under way.
    async fn beginning(
        &self,
        session: &mut Session<'_>,
        feed: &Feed,
        table: &Table,
    ) -> ConnectorResult<Option<Beginning>> {
        if !feed.begins() {
            return Ok(None);
        }
        let now = session.clock(&self.settings.zone).await?;
        let highest = session.one(&feed::highest(self.dialect(), table)).await?;
        Ok(Some(Beginning {
            highest: highest.as_deref().and_then(Stamp::read),
            now,
        }))
    }

    /// Rows that belong to others: those whose `column` is among the keys, by `order`.
    async fn belonging(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        (table, column, order): (&Table, &'static str, &'static str),
        keys: &[&str],
    ) -> ConnectorResult<Vec<Row>> {
        let (column, order) = (table.needed(column), table.needed(order));
        let mut rows = Vec::new();
        for keys in keys.chunks(KEYS) {
            let left = BELONGING - rows.len().min(BELONGING);
            let statement = Statement::select(self.dialect(), table)
                .push(" where ")
                .among(&column, keys.iter().copied())
                .push(&format!(
                    " order by {}, {} limit {}",
                    column.quoted,
                    order.quoted,
                    left + 1
                ));
            let read = session.read(&statement).await?;
            if read.len() > left {
                let problem = format!(
                    "{}: more than {BELONGING} rows belong to one page: lower settings.page_size",
                    table.name
                );
                return Err(unreadable(operation, problem));
            }
            rows.extend(read);
        }
        Ok(rows)
    }
}

/// What can be read of rows; what cannot is left out, and whoever called is told. Where none of several can be read, the
/// view as a whole is not what it should be.
fn readable<T>(
    ctx: &Context,
    key: &'static str,
    rows: impl IntoIterator<Item = (Row, Result<T, Mismatch>)>,
) -> Result<Vec<T>, Mismatch> {
    let (mut items, mut failed) = (Vec::new(), Vec::new());
    for (row, read) in rows {
        match read {
            Ok(item) => items.push(item),
            Err(mismatch) => failed.push((row.key(key), mismatch)),
        }
    }
    if items.is_empty()
        && failed.len() > 1
        && let Some((_, mismatch)) = failed.pop()
    {
        return Err(mismatch);
    }
    ctx.leave_out(failed.into_iter().map(|(external_id, mismatch)| LeftOut {
        external_id,
        problem: mismatch.to_string(),
    }));
    Ok(items)
}

/// The rows whose column says this.
fn of<'r>(rows: &'r [Row], column: &'static str, key: &str) -> Vec<&'r Row> {
    let belongs = |row: &&Row| row.text(column).ok().flatten() == Some(key);
    rows.iter().filter(belongs).collect()
}

/// A table that the capability would not be there without.
fn table<'t>(table: Option<&'t Table>, operation: &'static str) -> ConnectorResult<&'t Table> {
    table.ok_or_else(|| {
        let message = "settings.tables does not name the table for it";
        ConnectorError::new(ErrorKind::Unsupported, operation, message)
    })
}

#[async_trait]
impl Connector for Sql {
    fn spec(&self) -> Spec<'_> {
        let tables = &self.settings.tables;
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: self.capabilities(),
            accounts: tables.customers.as_ref().map(|_| self as _),
            exposure: tables.exposure.as_ref().map(|_| self as _),
            orders: tables.orders.as_ref().map(|_| self as _),
            documents: tables.documents.as_ref().map(|_| self as _),
            prices: tables.prices.as_ref().map(|_| self as _),
            ..Spec::default()
        }
    }

    /// None: nothing here speaks HTTP. The database's own address is held to the same rules where it is connected to.
    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    fn paths(&self) -> Vec<(&'static str, PathBuf)> {
        match &self.database.place {
            Place::File { path } => vec![("settings.file", path.into())],
            Place::Server {
                way: Way::Socket { path, .. },
                ..
            } => vec![("settings.socket", path.into())],
            Place::Server { .. } => Vec::new(),
        }
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        check::report(self, ctx).await
    }
}
