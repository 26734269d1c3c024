//! Customers: the feed, by key, and writing back.

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    error::Effect,
    page::Found,
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{Company, Search, Tryton, readable};
use crate::{
    convert::{self, accounts, people, refusals},
    feed::{self, Feed, Stamped},
    rpc::{Answer, Fault},
    wire::{self, Row},
};

const PARTY: &str = "party.party";

impl Tryton {
    /// Parties of the company by id, with these fields.
    pub(super) async fn parties(
        &self,
        ctx: &Context,
        operation: &'static str,
        ids: &[i64],
        fields: &[String],
    ) -> ConnectorResult<Answer> {
        let mut domain = self.customers();
        domain.push(json!(["id", "in", ids]));
        let search = Search {
            operation,
            model: PARTY,
            domain: &Value::Array(domain),
            limit: None,
            fields,
        };
        self.search_all(ctx, search).await
    }

    fn account(&self, ctx: &Context, company: Company, row: Row<'_>) -> Result<Account, Mismatch> {
        accounts::account(&self.settings, company.currency, ctx.now(), row)
    }

    /// One customer as it is now, with the ids of its holds.
    async fn one(
        &self,
        ctx: &Context,
        operation: &'static str,
        company: Company,
        key: &str,
    ) -> ConnectorResult<(Account, Vec<(String, i64)>)> {
        let absent = || {
            let message = format!("Tryton has no customer '{key}'");
            ConnectorError::new(ErrorKind::NotFound, operation, message)
        };
        let id = convert::id(key).ok_or_else(absent)?;
        let fields = accounts::fields(&self.settings);
        let answer = self.parties(ctx, operation, &[id], &fields).await?;
        let read = |mismatch: Mismatch| mismatch.into_error(operation, Effect::Read);
        let rows = wire::rows(&answer.result).map_err(read)?;
        let row = rows.first().copied().ok_or_else(absent)?;
        let holds = accounts::hold_ids(&self.settings, row).map_err(read)?;
        Ok((self.account(ctx, company, row).map_err(read)?, holds))
    }
}

#[async_trait]
impl Accounts for Tryton {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        const OPERATION: &str = "accounts";
        let read = |mismatch: Mismatch| mismatch.into_error(OPERATION, Effect::Read);
        let mut feed: Feed = feed::read(OPERATION, cursor)?;
        let company = self.company(ctx, OPERATION).await?;
        let limit = usize::try_from(limit.clamp(1, self.settings.page_size)).unwrap_or(1);
        let mut domain = self.customers();
        // Who changes an address or a contact does not move the party's stamp.
        let stamps: &[&str] = if self.settings.people {
            &people::STAMPS
        } else {
            &[]
        };
        domain.push(feed.domain_with(stamps));
        let search = Search {
            operation: OPERATION,
            model: PARTY,
            domain: &Value::Array(domain),
            limit: Some(limit),
            fields: &accounts::fields(&self.settings),
        };
        let answer = self.search_all(ctx, search).await?;
        let rows = wire::rows(&answer.result).map_err(read)?;
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            let latest = people::changed_at(*row).map_err(read)?;
            page.push(Stamped::of_several(*row, latest).map_err(read)?);
        }
        let (new, more) = feed.advance(&page, limit, company.at, self.settings.overlap);
        let new = rows.iter().copied().zip(new).filter(|(_, new)| *new);
        let items = readable(ctx, new.map(|(row, _)| row), |row| {
            self.account(ctx, company, row)
        });
        let items = items.map_err(read)?;
        Ok(Page {
            items,
            deleted: Vec::new(),
            next_cursor: feed::write(OPERATION, &feed)?,
            more,
        })
    }

    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>> {
        const OPERATION: &str = "account";
        let company = self.company(ctx, OPERATION).await?;
        let fields = accounts::fields(&self.settings);
        let read = |mismatch: Mismatch| mismatch.into_error(OPERATION, Effect::Read);
        // What is there and cannot be read is not missing.
        let (mut items, mut told) = (Vec::new(), Vec::new());
        for keys in external_ids.chunks(super::KEYS) {
            let ids: Vec<i64> = keys.iter().filter_map(|key| convert::id(key)).collect();
            let answer = self.parties(ctx, OPERATION, &ids, &fields).await?;
            let rows = wire::rows(&answer.result).map_err(read)?;
            for row in &rows {
                told.push(row.id("id").map_err(read)?.to_string());
            }
            let accounts = readable(ctx, rows, |row| self.account(ctx, company, row));
            items.extend(accounts.map_err(read)?);
        }
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
        let company = self.company(ctx, OPERATION).await?;
        let (before, holds) = self.one(ctx, OPERATION, company, &patch.external_id).await?;
        // The ids of the holds are those of this version and no other.
        if before.version != patch.expect {
            return Ok(PatchOutcome::Conflict(Box::new(before)));
        }
        let values = match accounts::patch_values(&self.settings, before.currency, patch, &holds) {
            Ok(values) => values,
            Err(refusals) => return Ok(PatchOutcome::Rejected(refusals)),
        };
        let id = convert::id(&patch.external_id);
        let context = json!({
            "company": self.settings.company,
            "_timestamp": {format!("{PARTY},{}", patch.external_id): patch.expect},
        });
        let params = json!([[id], values, context]);
        match self
            .change(ctx, OPERATION, "model.party.party.write", params)
            .await
        {
            Ok(_) => {
                let (after, _) = self.written(ctx, company, &patch.external_id).await?;
                Ok(PatchOutcome::Applied(Box::new(after)))
            }
            Err(Fault::Stale(_)) => {
                let (now, _) = self.one(ctx, OPERATION, company, &patch.external_id).await?;
                Ok(PatchOutcome::Conflict(Box::new(now)))
            }
            Err(Fault::Refused(refused)) => {
                let parts = refusals::parts(&self.settings, patch, &holds);
                let refused = self.refused(ctx, OPERATION, &parts, &refused.message).await?;
                Ok(PatchOutcome::Rejected(refused))
            }
            Err(fault) => Err(fault.into_error(OPERATION)),
        }
    }
}

impl Tryton {
    /// Reads what was just written. That it was written is certain, what it is now is not if this fails.
    async fn written(
        &self,
        ctx: &Context,
        company: Company,
        key: &str,
    ) -> ConnectorResult<(Account, Vec<(String, i64)>)> {
        self.one(ctx, "patch_account", company, key)
            .await
            .map_err(|mut error| {
                error.kind = ErrorKind::Unknown;
                error.message = format!("written, but not read back: {}", error.message);
                error
            })
    }
}
