//! Customers: the feed and by key.

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    page::Found,
};

use super::{KEYS, Sql, of, owners::with_asked_keys, readable, table};
use crate::{
    config::AccountWrites,
    convert::accounts,
    database::{Purpose, Session},
    fault::unreadable,
    feed::{self, Stamp, Stamped},
    row::Row,
    statement::Statement,
};

impl Sql {
    /// The holds of these customers, as they are told.
    async fn holds_of(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        rows: &[Row],
    ) -> ConnectorResult<Vec<Row>> {
        let keys: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.text("id").ok().flatten())
            .collect();
        let holds = self.hold_rows(session, operation, &keys).await?;
        self.told_by_our_ids(session, operation, holds).await
    }

    /// The holds of these customers, as the database has them.
    pub(super) async fn hold_rows(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        keys: &[&str],
    ) -> ConnectorResult<Vec<Row>> {
        let Some(holds) = &self.settings.tables.holds else {
            return Ok(Vec::new());
        };
        let whose = (holds, "customer", "id");
        let found = self.belonging(session, operation, whose, keys).await?;
        with_asked_keys(found, "customer", keys)
            .map_err(|mismatch| unreadable(operation, mismatch.inside(&holds.name)))
    }

    /// Customers by key, with their holds. Those that are marked as deleted are not there.
    pub(super) async fn customers(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        keys: &[String],
    ) -> ConnectorResult<(Vec<Row>, Vec<Row>)> {
        let customers = table(self.settings.tables.customers.as_ref(), operation)?;
        let id = customers.needed("id");
        let mut rows = Vec::new();
        for keys in keys.chunks(KEYS) {
            let statement = Statement::select(self.dialect(), customers)
                .push(" where ")
                .among(&id, keys.iter().map(String::as_str))
                .push(&format!(" order by {} limit {}", id.quoted, KEYS + 1));
            let read = session.read(&statement).await?;
            if read.len() > keys.len() {
                let problem = format!("{}: several rows have one key", customers.name);
                return Err(unreadable(operation, problem));
            }
            // A comparison that does not tell upper case from lower finds others too.
            let asked = |row: &Row| keys.contains(&row.key("id")) && !is_deleted(row);
            rows.extend(read.into_iter().filter(asked));
        }
        let holds = self.holds_of(session, operation, &rows).await?;
        Ok((rows, holds))
    }

    /// One customer as it is in this session.
    pub(super) async fn customer(
        &self,
        ctx: &Context,
        session: &mut Session<'_>,
        operation: &'static str,
        key: &str,
    ) -> ConnectorResult<Account> {
        let (rows, holds) = self.customers(session, operation, &[key.to_owned()]).await?;
        let row = rows.first().ok_or_else(|| {
            let message = format!("the database has no customer '{key}'");
            ConnectorError::new(ErrorKind::NotFound, operation, message)
        })?;
        let holds: Vec<&Row> = holds.iter().collect();
        accounts::account(&self.settings, row, &holds, ctx.now())
            .map_err(|mismatch| unreadable(operation, mismatch))
    }
}

fn is_deleted(row: &Row) -> bool {
    row.flag("deleted", false).unwrap_or(false)
}

#[async_trait]
impl Accounts for Sql {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        const OPERATION: &str = "accounts";
        let customers = table(self.settings.tables.customers.as_ref(), OPERATION)?;
        let mut feed = feed::read(OPERATION, cursor)?;
        let limit = usize::try_from(limit.clamp(1, self.settings.page_size)).unwrap_or(1);
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        let beginning = self.beginning(&mut session, &feed, customers).await?;
        let statement = Statement::select(self.dialect(), customers).push(" where 1 = 1");
        let statement = feed.conditions(statement, customers, "id", limit);
        let rows = session.read(&statement).await?;
        let holds = self.holds_of(&mut session, OPERATION, &rows).await?;
        let mut stamped = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = row
                .required_owned("id")
                .map_err(|mismatch| unreadable(OPERATION, mismatch))?;
            stamped.push(Stamped {
                stamp: row.text("modified").ok().flatten().and_then(Stamp::read),
                hash: accounts::content_hash(row, &of(&holds, "customer", &key)),
                key,
            });
        }
        let (new, more) = feed.advance(&stamped, limit, beginning.as_ref(), &self.settings.overlap);
        let new = rows.into_iter().zip(stamped).zip(new).filter(|(_, new)| *new);
        let (gone, there): (Vec<_>, Vec<_>) = new.map(|(row, _)| row).partition(|(row, _)| is_deleted(row));
        let now = ctx.now();
        let read = there.into_iter().map(|(row, stamped)| {
            let account = accounts::account(&self.settings, &row, &of(&holds, "customer", &stamped.key), now);
            (row, account)
        });
        Ok(Page {
            items: readable(ctx, "id", read).map_err(|mismatch| unreadable(OPERATION, mismatch))?,
            deleted: gone.into_iter().map(|(_, stamped)| stamped.key).collect(),
            next_cursor: feed::write(OPERATION, &feed)?,
            more,
        })
    }

    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>> {
        const OPERATION: &str = "account";
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        let (rows, holds) = self.customers(&mut session, OPERATION, external_ids).await?;
        let now = ctx.now();
        // What is there and cannot be read is not missing.
        let told: Vec<String> = rows.iter().map(|row| row.key("id")).collect();
        let read = rows.into_iter().map(|row| {
            let key = row.key("id");
            let account = accounts::account(&self.settings, &row, &of(&holds, "customer", &key), now);
            (row, account)
        });
        let items = readable(ctx, "id", read).map_err(|mismatch| unreadable(OPERATION, mismatch))?;
        let missing = external_ids.iter().filter(|id| !told.contains(id)).cloned();
        Ok(Found {
            missing: missing.collect(),
            items,
        })
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        const OPERATION: &str = "patch_account";
        if patch.is_empty() {
            let message = "the patch changes nothing";
            return Err(ConnectorError::new(ErrorKind::Invalid, OPERATION, message));
        }
        match self.settings.account_writes {
            AccountWrites::Direct => self.patch_directly(ctx, OPERATION, patch).await,
            AccountWrites::Requests => self.request_patch(ctx, OPERATION, patch).await,
            AccountWrites::None => {
                let message = "settings.account_writes is none";
                Err(ConnectorError::new(ErrorKind::Unsupported, OPERATION, message))
            }
        }
    }
}
