//! The state of the synchronisation with an ERP: shadows (what was last agreed), changes asked for here and
//! not there yet, cursors, conflicts.

pub mod attention;
mod feed;

use crate::{StorageResult, Tx, list::ListQuery};
pub use feed::{CursorRow, cursor, cursors, lock_feeds, note_failure, put_cursor};

/// Which account of an ERP connection.
#[derive(Debug, Clone, Copy)]
pub struct AccountKey<'a> {
    /// Whose.
    pub supplier: &'a str,
    /// Which connector.
    pub connector: &'a str,
    /// Which company, sales area or credit segment.
    pub scope: &'a str,
    /// The ERP's id.
    pub external_id: &'a str,
}

/// The values last agreed with the ERP.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ShadowRow {
    /// Whose.
    pub supplier_id: String,
    /// Connector.
    pub connector_id: String,
    /// Scope.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
    /// The ERP's version.
    pub erp_version: String,
    /// Field by field, JSON.
    pub fields: String,
    /// When last seen in the ERP.
    pub seen_at: i64,
}

/// A change asked for here.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountChangeRow {
    /// Whose.
    pub supplier_id: String,
    /// Connector.
    pub connector_id: String,
    /// Scope.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
    /// Which field.
    pub field: String,
    /// Counts up with the requests for this field; one that was used is never used again.
    pub revision: i64,
    /// The value asked for, JSON.
    pub value_json: String,
    /// `pending`, `rejected` (the ERP said no), `parked` (a person looks).
    pub state: String,
    /// What the ERP said.
    pub detail: Option<String>,
    /// What has gone out to the ERP, of this request and of those whose place it took, JSON.
    pub sent: Option<String>,
    /// By whom.
    pub requested_by: String,
    /// Why.
    pub why: String,
    /// When.
    pub requested_at: i64,
    /// When its state last changed.
    pub updated_at: i64,
}

/// Both sides changed a field.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ConflictRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub conflict_id: String,
    /// Connector.
    pub connector_id: String,
    /// Scope.
    pub scope: String,
    /// The ERP's id of the account.
    pub external_id: String,
    /// Which field.
    pub field: String,
    /// What both last agreed on, JSON.
    pub base_value: Option<String>,
    /// Ours, JSON.
    pub local_value: Option<String>,
    /// Theirs, JSON.
    pub remote_value: Option<String>,
    /// `gateway`, `erp`, `none` (parked).
    pub winner: String,
    /// `open`, `resolved`.
    pub state: String,
    /// When noted.
    pub noted_at: i64,
    /// When resolved.
    pub resolved_at: Option<i64>,
    /// By whom.
    pub resolved_by: Option<String>,
}

/// Shadows of one scope by the ERP's ids.
pub async fn shadows(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_ids: &[String],
) -> StorageResult<Vec<ShadowRow>> {
    fetch_in!(
        tx,
        ShadowRow,
        "select supplier_id, connector_id, scope, external_id, erp_version, fields, seen_at from account_shadow \
         where supplier_id = $1 and connector_id = $2 and scope = $3 and external_id in (",
        ")",
        external_ids,
        supplier,
        connector,
        scope,
    )
}

/// Writes shadows, new or again.
pub async fn put_shadows(tx: &mut Tx, rows: &[ShadowRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into account_shadow (supplier_id, connector_id, scope, external_id, erp_version, fields, seen_at)",
        "on conflict (supplier_id, connector_id, scope, external_id) do update set \
         erp_version = excluded.erp_version, fields = excluded.fields, seen_at = excluded.seen_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.connector_id.as_str(),
            row.scope.as_str(),
            row.external_id.as_str(),
            row.erp_version.as_str(),
            row.fields.as_str(),
            row.seen_at,
        ]
    )?;
    Ok(())
}

/// How many accounts a full sweep did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct UnseenCount {
    /// Of those that are active here.
    pub unseen: i64,
    /// All that are active here.
    pub active: i64,
}

/// How many of the active accounts a full sweep did not see.
pub async fn count_unseen(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    since: i64,
) -> StorageResult<UnseenCount> {
    let row = fetch_optional!(
        tx,
        UnseenCount,
        "select coalesce(cast(sum(case when s.seen_at < $4 then 1 else 0 end) as bigint), 0) as unseen, \
         count(*) as active from account_shadow s join customer c on c.supplier_id = s.supplier_id \
         and c.connector_id = s.connector_id and c.scope = s.scope and c.external_id = s.external_id \
         where s.supplier_id = $1 and s.connector_id = $2 and s.scope = $3 and c.active = 1",
        supplier,
        connector,
        scope,
        since,
    )?;
    Ok(row.unwrap_or(UnseenCount { unseen: 0, active: 0 }))
}

/// Accounts that a full sweep did not see although the customer is still active here, in the order of their ids.
pub async fn unseen_since(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    since: i64,
    after: &str,
    limit: i64,
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select s.external_id from account_shadow s join customer c on c.supplier_id = s.supplier_id \
         and c.connector_id = s.connector_id and c.scope = s.scope and c.external_id = s.external_id \
         where s.supplier_id = $1 and s.connector_id = $2 and s.scope = $3 and s.seen_at < $4 and c.active = 1 \
         and s.external_id > $5 order by s.external_id limit $6",
        supplier,
        connector,
        scope,
        since,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|(external_id,)| external_id).collect())
}

/// Changes asked for of these accounts, in whatever state.
pub async fn changes(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_ids: &[String],
) -> StorageResult<Vec<AccountChangeRow>> {
    fetch_in!(
        tx,
        AccountChangeRow,
        "select supplier_id, connector_id, scope, external_id, field, revision, value_json, state, detail, \
         sent, requested_by, why, requested_at, updated_at from account_change \
         where supplier_id = $1 and connector_id = $2 and scope = $3 and external_id in (",
        ") order by external_id, field",
        external_ids,
        supplier,
        connector,
        scope,
    )
}

/// Asks for a change; a newer request of the field takes the place of the older one. What has gone out to the ERP
/// is kept: it may arrive yet.
pub async fn request_change(tx: &mut Tx, row: &AccountChangeRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into account_change (supplier_id, connector_id, scope, external_id, field, revision, value_json, \
         state, requested_by, why, requested_at, updated_at) \
         values ($1, $2, $3, $4, $5, $11, $6, 'pending', $7, $8, $9, $10) \
         on conflict (supplier_id, connector_id, scope, external_id, field) do update set \
         revision = account_change.revision + 1, value_json = excluded.value_json, state = 'pending', \
         detail = null, requested_by = excluded.requested_by, why = excluded.why, \
         requested_at = excluded.requested_at, updated_at = excluded.updated_at",
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.scope.as_str(),
        row.external_id.as_str(),
        row.field.as_str(),
        row.value_json.as_str(),
        row.requested_by.as_str(),
        row.why.as_str(),
        row.requested_at,
        row.updated_at,
        row.revision,
    )?;
    Ok(())
}

/// Writes what has gone out to the ERP, unless the row has changed since it was read; `false` then.
pub async fn note_sent(tx: &mut Tx, row: &AccountChangeRow, sent: &str) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update account_change set sent = $1 where supplier_id = $2 and connector_id = $3 and scope = $4 \
         and external_id = $5 and field = $6 and revision = $7 and coalesce(sent, '') = $8",
        sent,
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.scope.as_str(),
        row.external_id.as_str(),
        row.field.as_str(),
        row.revision,
        row.sent.as_deref().unwrap_or_default(),
    )?;
    Ok(count == 1)
}

/// Says what became of a request, unless a newer one has taken its place; `false` then.
pub async fn set_change_state(
    tx: &mut Tx,
    row: &AccountChangeRow,
    state: &str,
    detail: Option<&str>,
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update account_change set state = $1, detail = $2, updated_at = $3 where supplier_id = $4 \
         and connector_id = $5 and scope = $6 and external_id = $7 and field = $8 and revision = $9",
        state,
        detail,
        now,
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.scope.as_str(),
        row.external_id.as_str(),
        row.field.as_str(),
        row.revision,
    )?;
    Ok(count == 1)
}

/// Forgets a request that is carried out or has lost, unless a newer one has taken its place.
pub async fn forget_change(tx: &mut Tx, row: &AccountChangeRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "delete from account_change where supplier_id = $1 and connector_id = $2 and scope = $3 \
         and external_id = $4 and field = $5 and revision = $6",
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.scope.as_str(),
        row.external_id.as_str(),
        row.field.as_str(),
        row.revision,
    )?;
    Ok(count == 1)
}

/// Notes conflicts.
pub async fn insert_conflicts(tx: &mut Tx, rows: &[ConflictRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into sync_conflict (supplier_id, conflict_id, connector_id, scope, external_id, field, base_value, \
         local_value, remote_value, winner, state, noted_at, resolved_at, resolved_by)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.conflict_id.as_str(),
            row.connector_id.as_str(),
            row.scope.as_str(),
            row.external_id.as_str(),
            row.field.as_str(),
            row.base_value.as_deref(),
            row.local_value.as_deref(),
            row.remote_value.as_deref(),
            row.winner.as_str(),
            row.state.as_str(),
            row.noted_at,
            row.resolved_at,
            row.resolved_by.as_deref(),
        ]
    )?;
    Ok(())
}

/// Conflicts, newest first.
pub async fn conflicts(
    tx: &mut Tx,
    supplier: &str,
    state: Option<&str>,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<ConflictRow>> {
    let list = ListQuery::of(
        "select supplier_id, conflict_id, connector_id, scope, external_id, field, base_value, local_value, \
         remote_value, winner, state, noted_at, resolved_at, resolved_by from sync_conflict",
        supplier,
        "noted_at desc, conflict_id desc",
        limit,
    )
    .equal("state", state)
    .after("noted_at", "conflict_id", after);
    fetch_list!(tx, ConflictRow, list)
}

/// One conflict.
pub async fn conflict(tx: &mut Tx, supplier: &str, conflict: &str) -> StorageResult<Option<ConflictRow>> {
    fetch_optional!(
        tx,
        ConflictRow,
        "select supplier_id, conflict_id, connector_id, scope, external_id, field, base_value, local_value, \
         remote_value, winner, state, noted_at, resolved_at, resolved_by from sync_conflict \
         where supplier_id = $1 and conflict_id = $2",
        supplier,
        conflict,
    )
}

/// A person has looked; `false` if one had before.
pub async fn resolve_conflict(
    tx: &mut Tx,
    supplier: &str,
    conflict: &str,
    by: &str,
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update sync_conflict set state = 'resolved', resolved_at = $1, resolved_by = $2 where supplier_id = $3 \
         and conflict_id = $4 and state = 'open'",
        now,
        by,
        supplier,
        conflict,
    )?;
    Ok(count == 1)
}
