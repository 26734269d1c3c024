//! What customers owe.

use std::collections::BTreeMap;

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorResult, Context, Exposures, exposure::AccountExposure, page::Found, published::Mismatch,
};
use punchgate_domain::money::Currency;

use super::{KEYS, Sql, readable, table};
use crate::{
    convert::accounts,
    database::{Purpose, Session},
    fault::unreadable,
    row::Row,
    statement::Statement,
};

impl Sql {
    /// The currency of these customers: what is owed is in the account's.
    async fn currencies(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        keys: &[String],
    ) -> ConnectorResult<BTreeMap<String, Result<Currency, Mismatch>>> {
        let (rows, _) = self.customers(session, operation, keys).await?;
        let currency = |row: &Row| (row.key("id"), row.currency(self.settings.currency));
        Ok(rows.iter().map(currency).collect())
    }
}

#[async_trait]
impl Exposures for Sql {
    async fn exposure(
        &self,
        ctx: &Context,
        external_ids: &[String],
    ) -> ConnectorResult<Found<AccountExposure>> {
        const OPERATION: &str = "exposure";
        let exposure = table(self.settings.tables.exposure.as_ref(), OPERATION)?;
        let customer = exposure.needed("customer");
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        // Before anything is read: what comes later is not in it.
        let clock = session.clock(&self.settings.zone).await?;
        let currencies = self.currencies(&mut session, OPERATION, external_ids).await?;
        let (mut read, mut told) = (Vec::new(), Vec::new());
        for keys in external_ids.chunks(KEYS) {
            let statement = Statement::select(self.dialect(), exposure)
                .push(" where ")
                .among(&customer, keys.iter().map(String::as_str))
                .push(&format!(" order by {} limit {}", customer.quoted, KEYS + 1));
            let rows = session.read(&statement).await?;
            if rows.len() > keys.len() {
                let problem = format!("{}: several rows have one customer", exposure.name);
                return Err(unreadable(OPERATION, problem));
            }
            for row in rows {
                let key = row.key("customer");
                // An exposure of somebody who is no customer, or not any more, is none.
                let Some(account) = currencies.get(&key) else {
                    continue;
                };
                let owed = account.clone().and_then(|currency| {
                    let stated = row.currency(Some(currency))?;
                    if stated != currency {
                        let problem = format!("'{stated}' is not the customer's currency {currency}");
                        return Err(Mismatch::new("currency", problem));
                    }
                    accounts::exposure(&self.settings, &row, currency, clock, self.counts_orders())
                });
                told.push(key);
                read.push((row, owed));
            }
        }
        let items = readable(ctx, "customer", read).map_err(|mismatch| unreadable(OPERATION, mismatch))?;
        let missing = external_ids.iter().filter(|id| !told.contains(id)).cloned();
        Ok(Found {
            missing: missing.collect(),
            items,
        })
    }
}
