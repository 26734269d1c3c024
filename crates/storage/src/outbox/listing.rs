//! Lists of entries for people: narrowed, newest or oldest first, a page at a time.

use super::EntryRow;
use crate::{StorageResult, Tx, list::ListQuery};

/// What a list begins with.
macro_rules! entries {
    () => {
        "select supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
         fence, last_error, created_at, revived_at, finished_at, connector_id from outbox"
    };
}

/// The id of an entry as it stands in a cursor: `order/…/sink/1`.
macro_rules! id {
    () => {
        "stream || '/' || seq"
    };
}

/// What a list of entries is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// State.
    pub state: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// What the stream begins with.
    pub stream: Option<String>,
    /// The connector whose system they call.
    pub connector: Option<String>,
    /// The relationship of the order that they are about.
    pub relationship: Option<String>,
    /// Made at this instant or later.
    pub since: Option<i64>,
    /// Made before this instant.
    pub until: Option<i64>,
    /// Oldest first, instead of newest first.
    pub oldest_first: bool,
}

/// A list. The cursor's text is stream and number: `order/…/sink/1`.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &EntryFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<EntryRow>> {
    match filter.oldest_first {
        false => newest(tx, supplier, filter, after, limit).await,
        true => oldest(tx, supplier, filter, after, limit).await,
    }
}

async fn newest(
    tx: &mut Tx,
    supplier: &str,
    filter: &EntryFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<EntryRow>> {
    let list = ListQuery::of(
        entries!(),
        supplier,
        "created_at desc, stream || '/' || seq desc",
        limit,
    )
    .equal("state", filter.state.as_deref())
    .only("state = 'dead'", filter.is_of("dead"))
    .only("state = 'skipped'", filter.is_of("skipped"))
    .only(
        "finished_at is null",
        filter.is_of("pending") || filter.is_of("leased"),
    )
    .equal("kind", filter.kind.as_deref())
    .equal("connector_id", filter.connector.as_deref())
    .equal("relationship_id", filter.relationship.as_deref())
    .begins("stream", filter.stream.as_deref())
    .from("created_at", filter.since)
    .until("created_at", filter.until)
    .after("created_at", id!(), after);
    fetch_list!(tx, EntryRow, list)
}

async fn oldest(
    tx: &mut Tx,
    supplier: &str,
    filter: &EntryFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<EntryRow>> {
    let list = ListQuery::of(entries!(), supplier, "created_at, stream || '/' || seq", limit)
        .equal("state", filter.state.as_deref())
        .only("state = 'dead'", filter.is_of("dead"))
        .only("state = 'skipped'", filter.is_of("skipped"))
        .only(
            "finished_at is null",
            filter.is_of("pending") || filter.is_of("leased"),
        )
        .equal("kind", filter.kind.as_deref())
        .equal("connector_id", filter.connector.as_deref())
        .equal("relationship_id", filter.relationship.as_deref())
        .begins("stream", filter.stream.as_deref())
        .from("created_at", filter.since)
        .until("created_at", filter.until)
        .after_ascending("created_at", id!(), after);
    fetch_list!(tx, EntryRow, list)
}

impl EntryFilter {
    /// Dead, skipped and open ones have indexes of their own, which are found by what stands in the text.
    fn is_of(&self, state: &str) -> bool {
        self.state.as_deref() == Some(state)
    }
}
