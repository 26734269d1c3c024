//! What the sink tells of its orders: pulled by cursor, archived, and acted on. An acknowledgement becomes the
//! buyer's confirmation; an invoice takes over what the order reserves; a status is asked for in full.
//!
//! The cursor is saved in the transaction that applies the last of the page: a crash repeats a page, and repeating it
//! changes nothing.

mod act;
mod effect;
mod keep;
mod shop;
mod waiting;
mod written;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use punchgate_connector::{
    Cursor, Documents, ErrorKind, Page,
    context::LeftOut,
    documents::{DocumentKind, ErpDocument},
};
use punchgate_domain::ids::{ConnectorId, RelationshipId, SupplierId};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    body::StoredBody,
    document::{self, NewDocument},
    order::{self, OrderRow},
    sync::{self, CursorRow},
    work_lease::Lease,
};
use tokio_util::sync::CancellationToken;

pub(super) use effect::{OrderKey, names_another};

use self::{
    effect::Effect,
    keep::Links,
    written::{kind_name, message},
};
use super::carry;
use crate::{
    Surroundings,
    accounts::crossing::run_again_if_crossed,
    clock::micros,
    connectors::{Connected, ConnectorSource, ConnectorSourceError},
    directory::{Directory, DirectoryError, Relationship},
    erp_documents::content::StoredDocument,
    sync::{Sync, SyncError, SyncScope, outage, progress::Progress},
};

const FEED: &str = "documents";
const CALL: Duration = Duration::from_secs(20);
/// Documents of one page.
const PAGE: u32 = 200;
/// Documents of one transaction: each is several statements.
const A_TRANSACTION: usize = 10;
/// Most pages of one run: the next run goes on.
const PAGES: usize = 50;
/// Most pages in a row that tell of no document that was not told in this run.
const IDLE_PAGES: usize = 20;

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The connector cannot be called.
    #[error(transparent)]
    Source(#[from] ConnectorSourceError),
    /// The sink.
    #[error(transparent)]
    Sink(#[from] punchgate_connector::ConnectorError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Another gateway reads the feed, or has taken over.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// Pulls what sinks tell of orders.
#[derive(Debug, Clone)]
pub struct OrderFeed {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    connectors: Arc<ConnectorSource>,
    sync: Sync,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedReport {
    /// Documents that were new.
    pub new: usize,
    /// What could not be read, with what is wrong and where: the feed has gone on without it.
    pub unreadable: BTreeSet<String>,
    /// More waits.
    pub more: bool,
}

type Relationships = HashMap<String, Arc<Relationship>>;

impl FeedError {
    /// Whether another transaction crossed this one.
    fn is_crossing(&self) -> bool {
        match self {
            Self::Storage(error) => matches!(error, StorageError::Retry(_) | StorageError::Unique(_)),
            Self::Sync(error) => error.is_crossing(),
            Self::Source(_) | Self::Sink(_) | Self::Directory(_) => false,
        }
    }
}

/// For whoever looks at the feed, until it has told of documents that all could be read: those that it passed over.
fn passed_over(unreadable: &[LeftOut]) -> Option<String> {
    let first = unreadable.first()?;
    Some(format!(
        "{} documents cannot be read and were passed over: '{}': {}",
        unreadable.len(),
        first.external_id,
        first.problem
    ))
}

/// A document, taken apart before the transaction.
struct Read<'a> {
    document: &'a ErpDocument,
    effects: Vec<(OrderKey, Effect)>,
    /// For the history of its orders.
    detail: String,
    stored: StoredDocument,
}

impl<'a> Read<'a> {
    fn of(document: &'a ErpDocument) -> Self {
        let kind = kind_name(document.content.kind());
        let name = document.number.as_ref().unwrap_or(&document.document_id);
        Self {
            effects: effect::effects(document),
            detail: match message(&document.content) {
                Some(message) => format!("{kind} {name}: {message}"),
                None => format!("{kind} {name}"),
            },
            stored: StoredDocument::of(document),
            document,
        }
    }

    /// What it says, as it is stored.
    fn stored(&self) -> &StoredDocument {
        &self.stored
    }
}

/// A run over what one connector tells of orders.
struct Run<'a> {
    scope: &'a SyncScope,
    lease: &'a Lease,
    connected: &'a Connected,
    stop: &'a CancellationToken,
}

impl OrderFeed {
    /// Over these connectors. `holder` names this gateway.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
        holder: impl Into<String>,
    ) -> Self {
        Self {
            sync: Sync::new(surroundings.clone(), holder),
            surroundings,
            directory,
            connectors,
        }
    }

    /// One run over a connector's documents. Calls end when `stop` is called.
    pub async fn pull(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        stop: &CancellationToken,
    ) -> Result<FeedReport, FeedError> {
        let connected = self.connectors.connector(supplier, connector).await?;
        let spec = connected.spec();
        let Some(documents) = spec.documents else {
            return Ok(FeedReport::default());
        };
        let scope = SyncScope {
            supplier: supplier.to_string(),
            connector: connector.to_string(),
            scope: connected.scope.clone(),
        };
        let lease = self.sync.take_lease(&scope, FEED).await?;
        let run = Run {
            scope: &scope,
            lease: &lease,
            connected: &connected,
            stop,
        };
        let result = self.read_pages(&run, documents).await;
        if let Err(error) = &result {
            self.sync.note_failure(&scope, FEED, &error.to_string()).await?;
        }
        self.sync.give_lease_back(&lease).await?;
        result
    }

    async fn read_pages(&self, run: &Run<'_>, documents: &dyn Documents) -> Result<FeedReport, FeedError> {
        run_again_if_crossed!(self.rematch(run))?;
        let mut report = FeedReport::default();
        let mut progress = Progress::within(IDLE_PAGES);
        for _ in 0..PAGES {
            let mut tx = self.surroundings.db.read().await?;
            let mut cursor = self.sync.cursor(&mut tx, run.scope, FEED).await?;
            tx.rollback().await?;
            let context = run.connected.context(
                self.surroundings.new_id(),
                self.surroundings.now(),
                CALL,
                run.stop.clone(),
            );
            let since = cursor.cursor_value.as_deref().map(Cursor::new);
            let pulled = documents
                .pull_documents(&context, since.as_ref(), &DocumentKind::ALL, PAGE)
                .await;
            let page = match pulled {
                // The cursor is void, and everything is told anew: what is in the archive is passed over.
                Err(error) if error.kind == ErrorKind::Conflict && since.is_some() => {
                    tracing::warn!(connector = run.scope.connector, %error, "the cursor of documents is void: reading anew");
                    self.begin_anew(run, cursor).await?;
                    continue;
                }
                pulled => pulled?,
            };
            let unreadable = context.take_left_out();
            let told = page.items.iter().map(|document| &document.document_id);
            let told = told.chain(unreadable.iter().map(|row| &row.external_id));
            let is_nearer = progress.is_made(told.map(String::as_str));
            if page.more && (!is_nearer || since.as_ref() == Some(&page.next_cursor)) {
                return Err(FeedError::Sync(SyncError::Contract(format!(
                    "connector {} has more documents and tells none that it had not told before: its cursor does not come \
                     to an end",
                    run.scope.connector
                ))));
            }
            if let Some(text) = passed_over(&unreadable) {
                cursor.last_error = Some(text);
            } else if !page.items.is_empty() {
                cursor.last_error = None;
            }
            report.new += run_again_if_crossed!(self.apply(run, &page, cursor.clone()))?;
            let named = |row: LeftOut| format!("'{}': {}", row.external_id, row.problem);
            report.unreadable.extend(unreadable.into_iter().map(named));
            report.more = page.more;
            if !page.more {
                break;
            }
        }
        Ok(report)
    }

    async fn begin_anew(&self, run: &Run<'_>, cursor: CursorRow) -> Result<(), FeedError> {
        let cursor = CursorRow {
            cursor_value: None,
            ..cursor
        };
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        sync::put_cursor(&mut tx, &cursor).await?;
        Ok(tx.commit().await?)
    }

    /// The relationships of the orders that these documents are about.
    async fn relationships_of(
        &self,
        run: &Run<'_>,
        documents: &[Read<'_>],
    ) -> Result<Relationships, FeedError> {
        let keys = documents.iter().flat_map(|read| &read.effects);
        let (supplier, connector) = (&run.connected.supplier, &run.connected.id);
        self.relationships(supplier, connector, keys.map(|(key, _)| key))
            .await
    }

    /// The relationships of the orders with these keys.
    async fn relationships(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        keys: impl Iterator<Item = &OrderKey> + Send,
    ) -> Result<Relationships, FeedError> {
        let mut tx = self.surroundings.db.read().await?;
        let mut wanted = Vec::new();
        for key in keys {
            if let Some(row) = find(&mut tx, supplier, connector, key).await? {
                wanted.push(row.relationship_id);
            }
        }
        tx.rollback().await?;
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = HashMap::new();
        for id in wanted {
            let relationship = self
                .directory
                .relationship(supplier, &RelationshipId::new(id.clone()))
                .await?;
            found.insert(id, relationship);
        }
        Ok(found)
    }

    async fn apply(
        &self,
        run: &Run<'_>,
        page: &Page<ErpDocument>,
        mut cursor: CursorRow,
    ) -> Result<usize, FeedError> {
        let documents: Vec<Read<'_>> = page.items.iter().map(Read::of).collect();
        let relationships = self.relationships_of(run, &documents).await?;
        let now = micros(self.surroundings.now());
        let mut applied = 0;
        let mut chunks = documents.chunks(A_TRANSACTION).peekable();
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        while let Some(chunk) = chunks.next() {
            applied += self.enter(&mut tx, run, chunk, &relationships).await?;
            // Whoever waits for the one writer comes in between; the cursor moves with the last of them.
            if chunks.peek().is_some() {
                tx.commit().await?;
                tx = self.sync.begin_fenced(run.lease).await?;
            }
        }
        outage::end(&mut tx, run.scope, FEED, self.surroundings.now()).await?;
        cursor.cursor_value = Some(page.next_cursor.as_str().to_owned());
        cursor.started_at = Some(now);
        cursor.finished_at = Some(now);
        cursor.rows_applied += i64::try_from(applied).unwrap_or(i64::MAX);
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// Enters documents in the caller's transaction. How many were new.
    async fn enter(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        documents: &[Read<'_>],
        relationships: &Relationships,
    ) -> StorageResult<usize> {
        let (supplier, connector) = (&run.connected.supplier, &run.connected.id);
        let mut applied = 0;
        let mut keeping = self.stored(tx, run, documents).await?;
        for read in documents {
            let links = self
                .apply_one(tx, supplier, connector, read, relationships)
                .await?;
            applied += usize::from(links.is_some());
            self.keep(tx, run, &mut keeping, read, links).await?;
        }
        keeping.write(tx, supplier.as_str()).await?;
        Ok(applied)
    }

    /// Acts on a document that is new, and tells its orders; none of one that was acted upon before.
    async fn apply_one(
        &self,
        tx: &mut Tx,
        supplier: &SupplierId,
        connector: &ConnectorId,
        read: &Read<'_>,
        relationships: &Relationships,
    ) -> StorageResult<Option<Links>> {
        let one = read.document;
        // The archived id is made of the sink's: the same document once more is the same row.
        let id = format!(
            "{connector}/{}/{}",
            kind_name(one.content.kind()),
            one.document_id
        );
        if document::get(tx, supplier.as_str(), &id).await?.is_some() {
            return Ok(None);
        }
        let (mut first, mut unknown, mut links) = (None, Vec::new(), Links::new());
        for (key, effect) in &read.effects {
            let Some(row) = find(tx, supplier, connector, key).await? else {
                unknown.push((key, effect));
                links.push((key.clone(), None));
                continue;
            };
            links.push((key.clone(), Some(row.order_id.clone())));
            self.act_on(tx, (&row, connector, key), &read.detail, effect, relationships)
                .await?;
            first.get_or_insert(row);
        }
        self.wait(tx, (supplier, connector), &id, read, &unknown).await?;
        document::insert_many(tx, &[self.archived(supplier, id, read, first.as_ref())]).await?;
        Ok(Some(links))
    }

    fn archived(
        &self,
        supplier: &SupplierId,
        id: String,
        read: &Read<'_>,
        row: Option<&OrderRow>,
    ) -> NewDocument {
        let one = read.document;
        NewDocument {
            supplier: supplier.to_string(),
            id,
            direction: "in",
            kind: kind_name(one.content.kind()).to_owned(),
            relationship: row.map(|row| row.relationship_id.clone()),
            mode: if row.is_some_and(|row| row.mode == "test") {
                "test"
            } else {
                "production"
            },
            payload_id: Some(one.document_id.clone()),
            content_hash: None,
            status: if row.is_some() { "accepted" } else { "unmatched" },
            status_code: None,
            status_text: message(&one.content).map(str::to_owned),
            order_id: row.map(|row| row.order_id.clone()),
            order_number: row.map(|row| row.order_number.clone()),
            session_id: None,
            buyer_cookie: None,
            in_reply_to: row.map(|row| row.document_id.clone()),
            replies_to: None,
            content_type: "application/json".to_owned(),
            body: StoredBody::pack(written::document(one, read.stored()).to_string().as_bytes()),
            findings: None,
            recorded_at: micros(self.surroundings.now()),
        }
    }
}

/// The order that the sink's documents call so: by our key, else by the sink's.
async fn find(
    tx: &mut Tx,
    supplier: &SupplierId,
    connector: &ConnectorId,
    key: &OrderKey,
) -> StorageResult<Option<OrderRow>> {
    if let Some(reference) = &key.reference
        && let Some(row) = order::get(tx, supplier.as_str(), carry::order_of_reference(reference)).await?
    {
        return Ok(Some(row));
    }
    if let Some(id) = &key.sink_order
        && let Some(row) = order::of_sink_order(tx, supplier.as_str(), connector.as_str(), id).await?
    {
        return Ok(Some(row));
    }
    // Of what the shop has passed on the ERP knows neither key.
    match &key.buyers {
        Some((customer, number)) => {
            order::by_another_way(tx, supplier.as_str(), number, customer, connector.as_str()).await
        }
        None => Ok(None),
    }
}
