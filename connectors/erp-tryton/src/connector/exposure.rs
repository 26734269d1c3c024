//! What customers owe.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use punchgate_connector::{
    ConnectorResult, Context, Exposures, error::Effect, exposure::AccountExposure, page::Found,
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{KEYS, Search, Tryton, accounts::found};
use crate::{
    convert::{self, accounts, names},
    wire,
};

const OPERATION: &str = "exposure";
/// How many open items are read at a time for the oldest of each customer.
const OPEN_ITEMS: usize = 500;

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
        let mut items: Vec<AccountExposure> = Vec::new();
        let fields = accounts::exposure_fields(&self.settings);
        for keys in external_ids.chunks(KEYS) {
            // Its clock is read before the balances are: what counts is the beginning of the read.
            let company = self.company(ctx, OPERATION).await?;
            let ids: Vec<i64> = keys.iter().filter_map(|key| convert::id(key)).collect();
            let answer = self.parties(ctx, OPERATION, &ids, &fields).await?;
            let mut owing = Vec::new();
            for row in wire::rows(&answer.result).map_err(read)? {
                let exposure =
                    accounts::exposure(&self.settings, company.currency, company.at, row).map_err(read)?;
                if exposure.open_items.minor() != 0 {
                    owing.push(row.id("id").map_err(read)?);
                }
                items.push(exposure);
            }
            let oldest = self.oldest_due(ctx, owing).await?;
            for item in &mut items {
                if let Some(date) = convert::id(&item.external_id).and_then(|id| oldest.get(&id)) {
                    item.oldest_due = Some(*date);
                }
            }
        }
        Ok(found(external_ids, items, |exposure| &exposure.external_id))
    }
}

impl Tryton {
    /// The due date of the oldest open item of each of these parties.
    async fn oldest_due(&self, ctx: &Context, mut parties: Vec<i64>) -> ConnectorResult<BTreeMap<i64, Date>> {
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
                if let Some(date) = row.date("maturity_date").map_err(read)? {
                    oldest.entry(party).or_insert(date);
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
