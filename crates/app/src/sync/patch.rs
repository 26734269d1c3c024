//! What a push writes, and what a refusal is about. Pure.

use punchgate_connector::{
    accounts::{AccountPatch, FieldRefusal},
    capabilities::Writable,
};
use punchgate_storage::sync::ShadowRow;

use super::{
    Field, FieldValue, Snapshot,
    remote::{credit_limit, erp_hold},
    request::Request,
};
use crate::clock::from_micros;

/// What waits to be written, with the version on which it rests.
pub(super) struct Pending {
    pub(super) requests: Vec<Request>,
    pub(super) shadow: ShadowRow,
    pub(super) base: Snapshot,
}

/// The patch that writes what is asked for, on the version on which it rests.
pub(super) fn patch_of(external_id: &str, pending: &Pending) -> AccountPatch {
    let mut patch = AccountPatch {
        external_id: external_id.to_owned(),
        expect: pending.shadow.erp_version.clone(),
        terms: None,
        credit_limit: None,
        place_holds: Vec::new(),
        release_holds: Vec::new(),
        reason: String::new(),
        actor: String::new(),
        request_id: pending.name(),
    };
    for request in &pending.requests {
        let row = &request.row;
        match (&request.field, &request.value) {
            (Field::Terms, FieldValue::Terms(terms)) => {
                patch.terms = Some(terms.as_ref().map(|terms| terms.code.clone()));
            }
            (Field::Limit, FieldValue::Limit(limit)) => patch.credit_limit = Some(credit_limit(limit)),
            (Field::Hold(id), FieldValue::Hold(Some(hold))) => {
                // Tried again it is the same hold, since the same moment.
                let since = from_micros(row.requested_at);
                patch
                    .place_holds
                    .push(erp_hold(id, hold, &row.requested_by, since));
            }
            // A hold that the ERP never had, and that is not on its way there, needs no release.
            (Field::Hold(id), FieldValue::Hold(None)) if pending.may_have(id, request) => {
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

impl Pending {
    /// The same for every try; another as soon as something else, or the same once more, is asked for.
    fn name(&self) -> String {
        let mut names: Vec<String> = self
            .requests
            .iter()
            .map(|Request { row, .. }| format!("{} {} {}", row.field, row.revision, row.requested_at))
            .collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// Whether the ERP has the hold, or may have it yet.
    fn may_have(&self, id: &str, request: &Request) -> bool {
        let sent = request.sent_on(&self.shadow.erp_version);
        self.base.holds.contains_key(id) || sent.iter().any(|sent| *sent != FieldValue::Hold(None))
    }
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
    let fields = pending.requests.iter().map(|request| &request.field);
    fields.filter(|field| !can(field)).map(refusal).collect()
}

/// A connector names fields as the patch does; we name them by their key.
pub(super) fn names(refused: &FieldRefusal, request: &Request) -> bool {
    let named = refused.field.as_str();
    named == request.row.field
        || match (&request.field, &request.value) {
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
