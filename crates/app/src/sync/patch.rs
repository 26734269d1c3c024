//! What a push writes, and what a refusal is about. Pure.

use punchgate_connector::{
    accounts::{AccountPatch, FieldRefusal},
    capabilities::Writable,
};
use punchgate_domain::Instant;
use punchgate_storage::sync::{AccountChangeRow, ShadowRow};

use super::{
    Field, FieldValue, Snapshot,
    remote::{credit_limit, erp_hold},
};

/// What waits to be written, with the version on which it rests.
pub(super) struct Pending {
    pub(super) rows: Vec<(AccountChangeRow, Field, FieldValue)>,
    pub(super) shadow: ShadowRow,
    pub(super) base: Snapshot,
}

/// The patch that writes what is asked for, on the version on which it rests.
pub(super) fn patch_of(external_id: &str, pending: &Pending, now: Instant) -> AccountPatch {
    let mut patch = AccountPatch {
        external_id: external_id.to_owned(),
        expect: pending.shadow.erp_version.clone(),
        terms: None,
        credit_limit: None,
        place_holds: Vec::new(),
        release_holds: Vec::new(),
        reason: String::new(),
        actor: String::new(),
    };
    for (row, field, value) in &pending.rows {
        match (field, value) {
            (Field::Terms, FieldValue::Terms(terms)) => {
                patch.terms = Some(terms.as_ref().map(|terms| terms.code.clone()));
            }
            (Field::Limit, FieldValue::Limit(limit)) => patch.credit_limit = Some(credit_limit(limit)),
            (Field::Hold(id), FieldValue::Hold(Some(hold))) => {
                patch.place_holds.push(erp_hold(id, hold, &row.requested_by, now));
            }
            // A hold that the ERP never had needs no release.
            (Field::Hold(id), FieldValue::Hold(None)) if pending.base.holds.contains_key(id) => {
                patch.release_holds.push(id.clone());
            }
            // Nothing else can be asked for.
            _ => continue,
        }
        patch.reason.clone_from(&row.why);
        patch.actor.clone_from(&row.requested_by);
    }
    patch
}

/// What the connection does not write.
pub(super) fn not_writable(pending: &Pending, writable: Writable) -> Vec<FieldRefusal> {
    let can = |field: &Field| match field {
        Field::Terms => writable.terms,
        Field::Limit => writable.credit_limit,
        Field::Hold(_) => writable.holds,
        _ => false,
    };
    let refusal = |field: &Field| FieldRefusal {
        field: field.key(),
        code: "not-writable".to_owned(),
        message: "this connection does not write it: change it in the ERP".to_owned(),
    };
    pending
        .rows
        .iter()
        .filter(|(_, field, _)| !can(field))
        .map(|(_, field, _)| refusal(field))
        .collect()
}

/// A connector names fields as the patch does; we name them by their key.
pub(super) fn names(refused: &FieldRefusal, field: &Field, value: &FieldValue) -> bool {
    let named = refused.field.as_str();
    named == field.key()
        || match (field, value) {
            (Field::Limit, _) => named == "credit_limit",
            (Field::Hold(_), FieldValue::Hold(Some(_))) => named == "place_holds",
            (Field::Hold(_), FieldValue::Hold(None)) => named == "release_holds",
            _ => false,
        }
}

/// The ERP's words.
pub(super) fn words_of(refused: &FieldRefusal) -> String {
    match (refused.code.is_empty(), refused.message.is_empty()) {
        (false, false) => format!("{} ({})", refused.message, refused.code),
        (true, false) => refused.message.clone(),
        _ => refused.code.clone(),
    }
}
