//! A person ends a conflict: what was asked for here is asked of the ERP again, or given up for what the ERP has.

use punchgate_domain::Instant;
use punchgate_storage::{
    StorageError, StorageResult, Tx, connector_instance,
    customer::CustomerRow,
    hold,
    sync::{self, ConflictRow},
};

use super::{
    Field, FieldValue, SyncPolicy, SyncScope,
    apply::{self, load_shadows},
};
use crate::{
    Surroundings,
    accounts::{Author, change::ask_erp},
    connectors::sync_policy,
};

/// Whose value a person takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// What was asked for here.
    Ours,
    /// What the ERP had.
    Theirs,
}

/// The value of one side of a conflict.
pub(crate) fn side(json: Option<&str>) -> StorageResult<Option<FieldValue>> {
    json.map(|json| serde_json::from_str(json).map_err(|error| StorageError::corrupt("sync_conflict", error)))
        .transpose()
}

/// Asks the ERP for `wanted` unless it has that already; an older request of the field gives way. The customer is
/// locked by the caller.
pub(crate) async fn ask_again(
    tx: &mut Tx,
    customer: &CustomerRow,
    conflict: &ConflictRow,
    (field, wanted): (&Field, &FieldValue),
    author: &Author,
    now: Instant,
) -> StorageResult<()> {
    let there = there(tx, conflict, field).await?;
    if there.is_some_and(|there| wanted.is_met_by(&there)) {
        give_up_request(tx, conflict).await?;
        return Ok(());
    }
    if let Field::Hold(id) = field {
        hold::push_again(tx, &customer.supplier_id, &customer.customer_id, id).await?;
    }
    ask_erp(tx, customer, field, wanted, author, now).await
}

/// Takes what the ERP has. Where ours is there already, theirs is asked for; where the ERP has moved on to a third
/// value, that stands.
pub(crate) async fn take_theirs(
    tx: &mut Tx,
    surroundings: &Surroundings,
    customer: &CustomerRow,
    conflict: &ConflictRow,
    field: &Field,
    author: &Author,
) -> StorageResult<()> {
    let now = surroundings.now();
    if give_up_request(tx, conflict).await? {
        return enter_again(tx, surroundings, conflict, field).await;
    }
    let (ours, theirs) = (
        side(conflict.local_value.as_deref())?,
        side(conflict.remote_value.as_deref())?,
    );
    let (Some(ours), Some(theirs), Some(there)) = (ours, theirs, there(tx, conflict, field).await?) else {
        return Ok(());
    };
    if ours.is_met_by(&there) && !theirs.is_met_by(&there) {
        ask_erp(tx, customer, field, &theirs, author, now).await?;
    }
    Ok(())
}

/// Forgets what is asked for of the field, in whatever state; whether there was anything.
async fn give_up_request(tx: &mut Tx, conflict: &ConflictRow) -> StorageResult<bool> {
    let ids = [conflict.external_id.clone()];
    let rows = sync::changes(
        tx,
        &conflict.supplier_id,
        &conflict.connector_id,
        &conflict.scope,
        &ids,
    )
    .await?;
    let mut any = false;
    for row in rows.iter().filter(|row| row.field == conflict.field) {
        any |= sync::forget_change(tx, row).await?;
    }
    Ok(any)
}

/// Whether the ERP has moved on from a conflict: it has neither side's value by now.
pub(crate) async fn has_moved_on(tx: &mut Tx, conflict: &ConflictRow, field: &Field) -> StorageResult<bool> {
    let sides = [
        side(conflict.local_value.as_deref())?,
        side(conflict.remote_value.as_deref())?,
    ];
    let Some(there) = there(tx, conflict, field).await? else {
        return Ok(false);
    };
    Ok(!sides.iter().flatten().any(|side| side.is_met_by(&there)))
}

/// What the ERP had when it was last read.
async fn there(tx: &mut Tx, conflict: &ConflictRow, field: &Field) -> StorageResult<Option<FieldValue>> {
    let ids = [conflict.external_id.clone()];
    let shadows = load_shadows(tx, &scope_of(conflict), &ids).await?;
    Ok(shadows
        .get(&conflict.external_id)
        .map(|(_, snapshot)| snapshot.get(field)))
}

/// A hold counts here from the moment that a person sets it. Given up, it is entered as the ERP has it. Terms and
/// limits never were ours.
async fn enter_again(
    tx: &mut Tx,
    surroundings: &Surroundings,
    conflict: &ConflictRow,
    field: &Field,
) -> StorageResult<()> {
    let Field::Hold(id) = field else {
        return Ok(());
    };
    let ours = match side(conflict.local_value.as_deref())? {
        Some(FieldValue::Hold(ours)) => ours,
        _ => None,
    };
    let (policy, scope) = (policy_of(tx, conflict).await?, scope_of(conflict));
    apply::take_hold_again(
        tx,
        surroundings,
        &scope,
        &policy,
        &conflict.external_id,
        (id, ours),
    )
    .await
}

async fn policy_of(tx: &mut Tx, conflict: &ConflictRow) -> StorageResult<SyncPolicy> {
    match connector_instance::find(tx, &conflict.supplier_id, &conflict.connector_id).await? {
        Some(row) => sync_policy(&row),
        None => Ok(SyncPolicy::default()),
    }
}

fn scope_of(conflict: &ConflictRow) -> SyncScope {
    SyncScope {
        supplier: conflict.supplier_id.clone(),
        connector: conflict.connector_id.clone(),
        scope: conflict.scope.clone(),
    }
}
