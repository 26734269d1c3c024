//! Changes that are asked of the ERP's own process, as rows of a staging table.

use std::collections::BTreeMap;

use punchgate_connector::{
    accounts::{AccountPatch, ErpHold, FieldRefusal},
    published::Mismatch,
};
use punchgate_domain::{Instant, customer::CreditLimit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    accounts::{limit_value, removes_text},
    timestamp,
};
use crate::{
    config::Settings,
    dialect::Dialect,
    row::{Row, hex},
    statement::Values,
};

/// How many letters of a request's id say which version it expects.
const VERSION_LETTERS: usize = 16;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has said anything yet.
    Unanswered,
    Applied,
    Conflict,
    Rejected,
    /// A newer request has taken its place before anybody took it up.
    Superseded,
}

impl Status {
    pub(crate) fn read(row: &Row) -> Result<Self, Mismatch> {
        Ok(match row.text("status")? {
            None | Some("new") => Self::Unanswered,
            Some("applied") => Self::Applied,
            Some("conflict") => Self::Conflict,
            Some("rejected") => Self::Rejected,
            Some(SUPERSEDED) => Self::Superseded,
            Some(other) => {
                let problem = format!("'{other}' is not new, applied, conflict, rejected or {SUPERSEDED}");
                return Err(Mismatch::new("status", problem));
            }
        })
    }

    /// Whether what a request came to, or will come to, is the answer on a later version, too. The ERP may have carried out
    /// what it has not answered yet: that may be what has moved the version.
    pub(crate) fn outlasts_version(self) -> bool {
        matches!(self, Self::Unanswered | Self::Applied | Self::Rejected)
    }
}

/// The status of a request that a newer one has taken the place of.
pub(crate) const SUPERSEDED: &str = "superseded";

/// What every id of a request begins with: who asks for what. Tried again, also on another version, it is the same; asked
/// for anew another, also after a refusal. Where nobody names what is asked for, it is another on every version.
pub(crate) fn key(patch: &AccountPatch) -> String {
    let nameless = patch.request_id.is_empty();
    let limit = patch.credit_limit.map(|limit| {
        let amount = limit.amount().map(|amount| amount.to_decimal().to_string());
        json!([limit.kind(), amount])
    });
    let holds: Vec<Value> = patch.place_holds.iter().map(hold_json).collect();
    let mut hash = Sha256::new();
    hash.update(
        json!([
            "request",
            patch.request_id,
            nameless.then_some(&patch.expect),
            patch.external_id,
            patch.terms.is_some(),
            patch.terms,
            limit,
            holds,
            patch.release_holds,
        ])
        .to_string(),
    );
    hex(hash)
}

/// The id of the request on one version.
pub(crate) fn id(key: &str, version: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(version);
    let version: String = hex(hash).chars().take(VERSION_LETTERS).collect();
    format!("{key}{version}")
}

/// The lowest and the highest id with this key.
pub(crate) fn ids_of(key: &str) -> (String, String) {
    let end = |letter: &str| format!("{key}{}", letter.repeat(VERSION_LETTERS));
    (end("0"), end("f"))
}

/// The row that asks the ERP's process for a change.
pub(crate) fn values(
    dialect: Dialect,
    settings: &Settings,
    patch: &AccountPatch,
    id: &str,
    now: Instant,
) -> Result<Values, Vec<FieldRefusal>> {
    let mut values = Values::default();
    values.set("id", id);
    values.set("customer", patch.external_id.clone());
    values.set("expected_version", patch.expect.clone());
    values.flag("terms_changed", patch.terms.is_some());
    values.set_optional("terms_code", patch.terms.clone().flatten());
    if let Some(limit) = patch.credit_limit {
        if limit == CreditLimit::Unknown {
            return Err(limit_value(settings, limit).err().into_iter().collect());
        }
        values.set("limit_kind", limit.kind());
        let amount = limit.amount().map(|amount| amount.to_decimal().to_string());
        values.set_optional("credit_limit", amount);
    }
    if !patch.place_holds.is_empty() {
        let holds: Vec<Value> = patch.place_holds.iter().map(hold_json).collect();
        values.set("place_holds", json!(holds).to_string());
    }
    if !patch.release_holds.is_empty() {
        values.set("release_holds", json!(patch.release_holds).to_string());
    }
    values.set("reason", patch.reason.clone());
    values.set("actor", patch.actor.clone());
    values.set("requested_at", timestamp(dialect, &settings.zone, now));
    Ok(values)
}

fn hold_json(hold: &ErpHold) -> Value {
    json!({
        "id": hold.id,
        "code": hold.code,
        "removes": hold.removes.map(removes_text),
        "internal": hold.texts.internal,
        "accounts_payable": hold.texts.accounts_payable,
        "shopper": hold.texts.shopper,
        "since": hold.since.to_string(),
        "until": hold.until.map(|until| until.to_string()),
        "placed_by": hold.placed_by,
    })
}

/// Whether a request asks for this very hold: the id of a hold that is placed here is nobody else's, but what is placed
/// under it may be edited.
pub(crate) fn places(row: &Row, hold: &ErpHold) -> Result<bool, Mismatch> {
    let Some(text) = row.text("place_holds")? else {
        return Ok(false);
    };
    let holds: Vec<Value> =
        serde_json::from_str(text).map_err(|error| Mismatch::new("place_holds", error))?;
    Ok(holds.contains(&hold_json(hold)))
}

/// Under which ids the ERP keeps what a request has placed: by its id, ours.
pub(crate) fn placed_as(row: &Row) -> Result<BTreeMap<String, String>, Mismatch> {
    let Some(text) = row.text("placed_as")? else {
        return Ok(BTreeMap::new());
    };
    let named: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|_| {
        let problem = "is not an object of ids, such as {\"ours\": \"the ERP's\"}";
        Mismatch::new("placed_as", problem)
    })?;
    let mut ours = BTreeMap::new();
    for (id, own) in named {
        let own = match own {
            Value::String(own) => own,
            Value::Number(own) => own.to_string(),
            _ => return Err(Mismatch::new("placed_as", format!("'{id}' has no id in it"))),
        };
        ours.insert(own, id);
    }
    Ok(ours)
}

#[cfg(test)]
mod tests;
