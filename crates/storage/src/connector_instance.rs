//! Configured connectors: kind, settings, sealed secrets.

use std::collections::BTreeSet;

use crate::{StorageResult, Tx};

/// A configured connector.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ConnectorInstanceRow {
    /// Whose it is.
    pub supplier_id: String,
    /// Its id at the supplier.
    pub connector_id: String,
    /// Which connector: `erp-http` …
    pub kind: String,
    /// `production` or `test`.
    pub mode: String,
    /// Its settings, JSON.
    pub settings: String,
    /// What is settled for its synchronisation, JSON.
    pub sync: String,
    /// How its hints come in, JSON; none where they do not.
    pub webhook: Option<String>,
    /// Its secrets, sealed.
    pub secrets: Option<Vec<u8>>,
    /// With which key they are sealed.
    pub key_id: Option<String>,
    /// When they were last changed.
    pub secrets_changed_at: Option<i64>,
    /// The kinds of events that it is told of, separated by spaces; none for one that hears of nothing.
    pub events: Option<String>,
    /// Whether it may be called.
    pub enabled: i64,
    /// Raised by every change.
    pub version: i64,
    /// When it was first written.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// One connector.
pub async fn find(
    tx: &mut Tx,
    supplier_id: &str,
    connector_id: &str,
) -> StorageResult<Option<ConnectorInstanceRow>> {
    fetch_optional!(
        tx,
        ConnectorInstanceRow,
        "select supplier_id, connector_id, kind, mode, settings, sync, webhook, secrets, key_id, secrets_changed_at,
                events, enabled, version, created_at, updated_at
           from connector_instance where supplier_id = $1 and connector_id = $2",
        supplier_id,
        connector_id
    )
}

/// All connectors of a supplier, by id.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<ConnectorInstanceRow>> {
    fetch_all!(
        tx,
        ConnectorInstanceRow,
        "select supplier_id, connector_id, kind, mode, settings, sync, webhook, secrets, key_id, secrets_changed_at,
                events, enabled, version, created_at, updated_at
           from connector_instance where supplier_id = $1 order by connector_id",
        supplier_id
    )
}

/// Writes a connector, new or changed.
pub async fn put(tx: &mut Tx, row: &ConnectorInstanceRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into connector_instance (supplier_id, connector_id, kind, mode, settings, sync, webhook, secrets,
                key_id, secrets_changed_at, events, enabled, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (supplier_id, connector_id) do update set
           kind = excluded.kind, mode = excluded.mode, settings = excluded.settings,
           sync = excluded.sync, webhook = excluded.webhook,
           secrets = excluded.secrets, key_id = excluded.key_id,
           secrets_changed_at = excluded.secrets_changed_at, events = excluded.events, enabled = excluded.enabled,
           version = excluded.version, updated_at = excluded.updated_at",
        &row.supplier_id,
        &row.connector_id,
        &row.kind,
        &row.mode,
        &row.settings,
        &row.sync,
        row.webhook.as_deref(),
        row.secrets.as_deref(),
        row.key_id.as_deref(),
        row.secrets_changed_at,
        row.events.as_deref(),
        row.enabled,
        row.version,
        row.created_at,
        row.updated_at
    )?;
    Ok(())
}

/// Switches a connector on or off.
pub async fn switch(
    tx: &mut Tx,
    supplier_id: &str,
    connector_id: &str,
    enabled: bool,
    now: i64,
) -> StorageResult<()> {
    execute!(
        tx,
        "update connector_instance set enabled = $3, version = version + 1, updated_at = $4
          where supplier_id = $1 and connector_id = $2",
        supplier_id,
        connector_id,
        i64::from(enabled),
        now
    )?;
    Ok(())
}

/// Who is told of events, and of which kinds.
pub async fn told_of_events(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<(String, String)>> {
    fetch_all!(
        tx,
        (String, String),
        "select connector_id, events from connector_instance
          where supplier_id = $1 and events is not null and enabled = 1 order by connector_id",
        supplier_id
    )
}

/// The suppliers of which anybody is told of events, by id.
pub async fn listening_suppliers(tx: &mut Tx) -> StorageResult<BTreeSet<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select distinct supplier_id from connector_instance where events is not null and enabled = 1",
    )?;
    Ok(rows.into_iter().map(|(supplier,)| supplier).collect())
}

/// The connectors that take hints, whether or not they are switched on: supplier and connector.
pub async fn hinted(tx: &mut Tx) -> StorageResult<Vec<(String, String)>> {
    fetch_all!(
        tx,
        (String, String),
        "select supplier_id, connector_id from connector_instance where webhook is not null",
    )
}

/// Replaces the sealed secrets only: another key, the same content.
pub async fn reseal(
    tx: &mut Tx,
    supplier_id: &str,
    connector_id: &str,
    secrets: &[u8],
    key_id: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "update connector_instance set secrets = $3, key_id = $4
          where supplier_id = $1 and connector_id = $2",
        supplier_id,
        connector_id,
        secrets,
        key_id
    )?;
    Ok(())
}
