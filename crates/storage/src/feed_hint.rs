//! Feeds that somebody has hinted at: whether a reading is due, however many hints there were.

use crate::{StorageResult, Tx};

/// A feed of a connector.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HintedFeedRow {
    /// Whose.
    pub supplier_id: String,
    /// Connector.
    pub connector_id: String,
    /// `accounts`, `exposure`, `documents`.
    pub feed: String,
}

/// The feeds of a connector for which a reading is asked that has not begun: another hint changes nothing.
pub async fn waiting(tx: &mut Tx, supplier: &str, connector: &str) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select feed from feed_hint where supplier_id = $1 and connector_id = $2 and wanted > begun",
        supplier,
        connector
    )?;
    Ok(rows.into_iter().map(|(feed,)| feed).collect())
}

/// Asks for a reading that begins after now.
pub async fn ask(tx: &mut Tx, supplier: &str, connector: &str, feed: &str, now: i64) -> StorageResult<()> {
    execute!(
        tx,
        "insert into feed_hint (supplier_id, connector_id, feed, wanted, begun, served, hinted_at) \
         values ($1, $2, $3, 1, 0, 0, $4) \
         on conflict (supplier_id, connector_id, feed) do update set \
         wanted = feed_hint.begun + 1, hinted_at = excluded.hinted_at where feed_hint.wanted <= feed_hint.begun",
        supplier,
        connector,
        feed,
        now
    )?;
    Ok(())
}

/// What a reading that begins now answers, if one is due.
pub async fn due(tx: &mut Tx, supplier: &str, connector: &str, feed: &str) -> StorageResult<Option<i64>> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select wanted from feed_hint where supplier_id = $1 and connector_id = $2 and feed = $3 and wanted > served",
        supplier,
        connector,
        feed
    )?;
    Ok(row.map(|(wanted,)| wanted))
}

/// A reading begins: whoever hints from now on wants another. What it answers, if one is due.
pub async fn begin(tx: &mut Tx, supplier: &str, connector: &str, feed: &str) -> StorageResult<Option<i64>> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "update feed_hint set begun = wanted \
         where supplier_id = $1 and connector_id = $2 and feed = $3 and wanted > served returning wanted",
        supplier,
        connector,
        feed
    )?;
    Ok(row.map(|(wanted,)| wanted))
}

/// A reading that answers so much has ended well.
pub async fn serve(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    feed: &str,
    answered: i64,
) -> StorageResult<()> {
    execute!(
        tx,
        "update feed_hint set served = $4 \
         where supplier_id = $1 and connector_id = $2 and feed = $3 and served < $4",
        supplier,
        connector,
        feed,
        answered
    )?;
    Ok(())
}

/// Every feed of which a reading is due.
pub async fn all_due(tx: &mut Tx) -> StorageResult<Vec<HintedFeedRow>> {
    fetch_all!(
        tx,
        HintedFeedRow,
        "select supplier_id, connector_id, feed from feed_hint where wanted > served \
         order by supplier_id, connector_id, feed",
    )
}
