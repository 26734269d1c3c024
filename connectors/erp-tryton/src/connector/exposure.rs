//! What customers owe.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use punchgate_connector::{
    ConnectorResult, Context, Exposures, context::LeftOut, error::Effect, exposure::AccountExposure,
    page::Found, published::Mismatch,
};
use serde_json::{Value, json};

use super::{KEYS, Search, Tryton, readable};
use crate::{
    convert::{self, accounts, in_record, names},
    wire,
};

const OPERATION: &str = "exposure";
/// How many open items are read at a time for the oldest of each customer.
const OPEN_ITEMS: usize = 500;

type Due = Result<Date, Mismatch>;

fn read(mismatch: Mismatch) -> punchgate_connector::ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

#[async_trait]
impl Exposures for Tryton {
    async fn exposure(
        &self,
        ctx: &Context,
        external_ids: &[String],
    ) -> ConnectorResult<Found<AccountExposure>> {
        // What is there and cannot be read is not missing.
        let (mut items, mut told) = (Vec::new(), Vec::new());
        let fields = accounts::exposure_fields(&self.settings);
        for keys in external_ids.chunks(KEYS) {
            // Its clock is read before the balances are: what counts is the beginning of the read.
            let company = self.company(ctx, OPERATION).await?;
            let ids: Vec<i64> = keys.iter().filter_map(|key| convert::id(key)).collect();
            let answer = self.parties(ctx, OPERATION, &ids, &fields).await?;
            let rows = wire::rows(&answer.result).map_err(read)?;
            for row in &rows {
                told.push(row.id("id").map_err(read)?.to_string());
            }
            let owed = readable(ctx, rows, |row| {
                let exposure = accounts::exposure(&self.settings, company.currency, company.at, row)?;
                Ok((row.id("id")?, exposure))
            });
            let owed = owed.map_err(read)?;
            let owing = owed.iter().filter(|(_, one)| one.open_items.minor() != 0);
            let mut oldest = self.oldest_due(ctx, owing.map(|(id, _)| *id).collect()).await?;
            for (id, mut exposure) in owed {
                match oldest.remove(&id).transpose() {
                    Ok(date) => {
                        exposure.oldest_due = date;
                        items.push(exposure);
                    }
                    // Without it, what is overdue would read as not due.
                    Err(mismatch) => ctx.leave_out([LeftOut {
                        external_id: exposure.external_id,
                        problem: mismatch.to_string(),
                    }]),
                }
            }
        }
        let missing = external_ids.iter().filter(|id| !told.contains(id)).cloned();
        Ok(Found {
            missing: missing.collect(),
            items,
        })
    }
}

impl Tryton {
    /// The due date of the oldest open item of each of these parties, or why it cannot be read.
    async fn oldest_due(&self, ctx: &Context, mut parties: Vec<i64>) -> ConnectorResult<BTreeMap<i64, Due>> {
        let mut oldest = BTreeMap::new();
        let order = json!([["maturity_date", "ASC"], ["id", "ASC"]]);
        // Oldest first: each round finds at least one party's, and asks no more for those that it found.
        while !parties.is_empty() {
            let domain: Value = json!([
                ["move.company", "=", self.settings.company],
                ["party", "in", parties],
                ["account.type.receivable", "=", true],
                ["reconciliation", "=", null],
                ["maturity_date", "!=", null],
                ["debit", ">", 0],
            ]);
            let search = Search {
                operation: OPERATION,
                model: "account.move.line",
                domain: &domain,
                limit: Some(OPEN_ITEMS),
                fields: &names(["party", "maturity_date"]),
            };
            let answer = self.ordered(ctx, search, &order).await?;
            let rows = wire::rows(&answer.result).map_err(read)?;
            for row in &rows {
                let party = row.id("party").map_err(read)?;
                let due = in_record("account.move.line", *row, |row| row.date("maturity_date"));
                if let Some(due) = due.transpose() {
                    oldest.entry(party).or_insert(due);
                }
            }
            let before = parties.len();
            parties.retain(|party| !oldest.contains_key(party));
            if rows.len() < OPEN_ITEMS || parties.len() == before {
                break;
            }
        }
        Ok(oldest)
    }
}
