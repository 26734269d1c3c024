//! What an ERP tells that a person has to settle: noted, told to others and shown once, until it is seen to.

use std::collections::BTreeMap;

use punchgate_storage::{
    StorageResult, Tx,
    sync::attention::{
        self, AttentionRow, FUTURE_EXPOSURE, GONE_FROM_SHOP, HOLD_CODE, PAID_EARLY, WRITE_WAITS,
    },
};

use super::{HoldValue, SyncPolicy, SyncScope, apply::Application, holds::Renamed, remote::Remote};
use crate::clock::micros;

/// What stands once in each scope goes by this name: the same customer may have two of them.
pub(super) fn name_in(scope: &SyncScope, name: &str) -> String {
    format!("{name}@{}", scope.scope)
}

/// What it means, and what to do.
pub fn attention_text(row: &AttentionRow) -> String {
    match row.matter.as_str() {
        HOLD_CODE => unexplained_text(&row.name, &row.connector_id),
        WRITE_WAITS => format!(
            "what was asked for of customer '{}' (scope {}) has lain with connector '{}' for an hour or more, and the ERP \
             has not carried it out: see that the ERP's own process runs and takes it up",
            row.external_id, row.scope, row.connector_id
        ),
        FUTURE_EXPOSURE => format!(
            "connector '{}' says what customers owe as of a time to come (first: customer '{}', scope {}); it counts \
             as of when it was asked: set the ERP's clock, and its time zone in the connector's settings",
            row.connector_id, row.external_id, row.scope
        ),
        PAID_EARLY => format!(
            "order {} goes on terms, and the shop '{}' says that it is paid before its goods have left: see who has paid \
             what, and correct it there before it is invoiced again",
            row.external_id, row.connector_id
        ),
        GONE_FROM_SHOP => format!(
            "the shop '{}' has no order {} any more, which it had taken: see there what became of it",
            row.connector_id, row.external_id
        ),
        other => format!("{other} '{}' of connector '{}'", row.name, row.connector_id),
    }
}

pub(super) fn unexplained_text(code: &str, connector: &str) -> String {
    format!(
        "hold code '{code}' is in no table: it removes everything until it is in sync.hold_codes of connector \
         '{connector}'"
    )
}

impl Application<'_> {
    /// Hold codes that nobody has explained: an operator hears of each once.
    pub(super) async fn note_unknown_codes(
        &self,
        tx: &mut Tx,
        codes: &BTreeMap<String, String>,
    ) -> StorageResult<()> {
        if codes.is_empty() {
            return Ok(());
        }
        let SyncScope {
            supplier,
            connector,
            scope,
        } = self.scope;
        let known = attention::names(tx, supplier, connector, HOLD_CODE).await?;
        let mut new = Vec::new();
        for (code, external_id) in codes.iter().filter(|(code, _)| !known.contains(code)) {
            let row = AttentionRow {
                supplier_id: supplier.clone(),
                connector_id: connector.clone(),
                matter: HOLD_CODE.to_owned(),
                name: code.clone(),
                attention_id: self.surroundings.new_id(),
                scope: scope.clone(),
                external_id: external_id.clone(),
                noted_at: micros(self.now),
            };
            if attention::note(tx, &row).await? {
                new.push(row);
            }
        }
        crate::events::announce_attention(tx, &new).await
    }

    /// The customer's history says why a hold that nobody has explained stops everything. It says so once: of a hold
    /// that is new here, or has another code than before.
    pub(super) fn note_unexplained(
        &mut self,
        remote: &Remote,
        external_id: &str,
        value: &HoldValue,
        renamed: &Renamed,
    ) {
        let before = self.standing_hold(remote, external_id, renamed);
        if !self.is_unexplained(value) || before.is_some_and(|before| before.code == value.code) {
            return;
        }
        if let Some(customer) = self.customers.get(&remote.external_id) {
            let removes = i64::from(punchgate_domain::hold::PermissionSet::ALL.bits());
            let line = self.removed_line(customer, external_id, value, (None, removes));
            self.writes.history.push(line);
        }
    }
}

/// Codes that are in the operator's table by now need nobody's attention.
pub(super) async fn end_explained(tx: &mut Tx, scope: &SyncScope, policy: &SyncPolicy) -> StorageResult<()> {
    let SyncScope {
        supplier, connector, ..
    } = scope;
    for code in attention::names(tx, supplier, connector, HOLD_CODE).await? {
        if policy.hold_codes.contains_key(&code) {
            attention::end(tx, supplier, connector, HOLD_CODE, &code).await?;
        }
    }
    Ok(())
}
