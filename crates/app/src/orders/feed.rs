//! What the sink tells of its orders: pulled by cursor, archived, and acted on. An acknowledgement becomes the
//! buyer's confirmation; an invoice takes over what the order reserves; a status is asked for in full.
//!
//! The cursor is saved in the transaction that applies the page: a crash repeats a page, and repeating it
//! changes nothing.

mod written;

use std::{collections::HashMap, sync::Arc, time::Duration};

use punchgate_connector::{
    Cursor, Documents, Page,
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
        DocumentKind, ErpDocument, Invoice,
    },
};
use punchgate_domain::{
    ids::{ConnectorId, RelationshipId, SupplierId},
    order::{Actor, Cause},
    policy::ConfirmationPolicy,
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    body::StoredBody,
    document::{self, NewDocument},
    order::{self, OrderRow},
    outbox::{self, NewEntry},
    sync::{self, CursorRow},
    work_lease::Lease,
};
use tokio_util::sync::CancellationToken;

use super::{
    carry,
    confirm::{self, Commitment, CommittedLine, CommittedOutcome},
    load,
    working::Working,
    write,
};
use crate::{
    Surroundings,
    clock::micros,
    connectors::{Connected, ConnectorSource, ConnectorSourceError},
    directory::{Directory, DirectoryError, Relationship},
    sync::{Sync, SyncError, SyncScope},
};

const FEED: &str = "documents";
const CALL: Duration = Duration::from_secs(20);
/// Documents of one page.
const PAGE: u32 = 200;
/// Most pages of one run: the next run goes on.
const PAGES: usize = 50;

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

/// A run over one connector's documents.
struct Run<'a> {
    scope: &'a SyncScope,
    lease: &'a Lease,
    connected: &'a Connected,
    documents: &'a dyn Documents,
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

    /// One run over a connector's documents; how many were new. Calls end when `stop` is called.
    pub async fn pull(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        stop: &CancellationToken,
    ) -> Result<usize, FeedError> {
        let connected = self.connectors.connector(supplier, connector).await?;
        let spec = connected.spec();
        let Some(documents) = spec.documents else {
            return Ok(0);
        };
        let scope = SyncScope {
            supplier: supplier.to_string(),
            connector: connector.to_string(),
            scope: String::new(),
        };
        let lease = self.sync.take_lease(&scope, FEED).await?;
        let run = Run {
            scope: &scope,
            lease: &lease,
            connected: &connected,
            documents,
            stop,
        };
        let result = self.read_pages(&run).await;
        if let Err(error) = &result {
            self.sync.note_failure(&scope, FEED, &error.to_string()).await?;
        }
        self.sync.give_lease_back(&lease).await?;
        result
    }

    async fn read_pages(&self, run: &Run<'_>) -> Result<usize, FeedError> {
        let (supplier, connector) = (&run.connected.supplier, &run.connected.id);
        let mut applied = 0;
        for _ in 0..PAGES {
            let mut tx = self.surroundings.db.read().await?;
            let cursor = self.sync.cursor(&mut tx, run.scope, FEED).await?;
            tx.rollback().await?;
            let context = run.connected.context(
                self.surroundings.new_id(),
                self.surroundings.now(),
                CALL,
                run.stop.clone(),
            );
            let since = cursor.cursor_value.as_deref().map(Cursor::new);
            let page = run
                .documents
                .pull_documents(&context, since.as_ref(), &DocumentKind::ALL, PAGE)
                .await?;
            let relationships = self.relationships(supplier, &page.items).await?;
            applied += self
                .apply(run, supplier, connector, &page, cursor, &relationships)
                .await?;
            if !page.more {
                break;
            }
        }
        Ok(applied)
    }

    /// The relationships of the orders that these documents are about.
    async fn relationships(
        &self,
        supplier: &SupplierId,
        documents: &[ErpDocument],
    ) -> Result<HashMap<String, Arc<Relationship>>, FeedError> {
        let mut tx = self.surroundings.db.read().await?;
        let mut wanted = Vec::new();
        for one in documents {
            if let Some(reference) = &one.reference
                && let Some(row) = order::get(&mut tx, supplier.as_str(), reference).await?
            {
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
        supplier: &SupplierId,
        connector: &ConnectorId,
        page: &Page<ErpDocument>,
        mut cursor: CursorRow,
        relationships: &HashMap<String, Arc<Relationship>>,
    ) -> Result<usize, FeedError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        let mut applied = 0;
        for one in &page.items {
            applied += usize::from(
                self.apply_one(&mut tx, supplier, connector, one, relationships)
                    .await?,
            );
        }
        cursor.cursor_value = Some(page.next_cursor.as_str().to_owned());
        cursor.started_at = Some(now);
        cursor.finished_at = Some(now);
        cursor.last_error = None;
        cursor.rows_applied += i64::try_from(applied).unwrap_or(i64::MAX);
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// Whether the document was new.
    async fn apply_one(
        &self,
        tx: &mut Tx,
        supplier: &SupplierId,
        connector: &ConnectorId,
        one: &ErpDocument,
        relationships: &HashMap<String, Arc<Relationship>>,
    ) -> StorageResult<bool> {
        // The archived id is made of the sink's: the same document once more is the same row.
        let id = format!(
            "{connector}/{}/{}",
            kind_name(one.content.kind()),
            one.document_id
        );
        if document::get(tx, supplier.as_str(), &id).await?.is_some() {
            return Ok(false);
        }
        let row = match &one.reference {
            Some(reference) => order::lock(tx, supplier.as_str(), reference).await?,
            None => {
                let id = one.order_id.as_deref().unwrap_or_default();
                order::of_sink_order(tx, supplier.as_str(), connector.as_str(), id).await?
            }
        };
        document::insert_many(tx, &[self.archived(supplier, id, one, row.as_ref())]).await?;
        let Some(row) = row else { return Ok(true) };
        let relationship = relationships.get(&row.relationship_id);
        let mut entries = Vec::new();
        let mut working = load::with_numbers(tx, supplier.as_str(), vec![row]).await?;
        for order in &mut working {
            entries.extend(self.act(order, one, relationship.map(|found| &**found)));
        }
        write::orders(tx, &working).await?;
        outbox::enqueue_many(tx, &entries, micros(self.surroundings.now())).await?;
        Ok(true)
    }

    fn act(
        &self,
        order: &mut Working,
        one: &ErpDocument,
        relationship: Option<&Relationship>,
    ) -> Vec<NewEntry> {
        let now = self.surroundings.now();
        let name = one.number.as_ref().unwrap_or(&one.document_id);
        let detail = match message(&one.content) {
            Some(message) => format!("{} {name}: {message}", kind_name(one.content.kind())),
            None => format!("{} {name}", kind_name(one.content.kind())),
        };
        if let Ok(state) = order.state() {
            let from = Some(order.row.state.clone());
            order.note(from, state, Cause::SinkAnswered, &Actor::Erp, Some(detail), now);
        }
        match &one.content {
            DocumentContent::Acknowledgement(acknowledgement) => {
                let asked = |found: &&Relationship| {
                    found.policies.confirmation == ConfirmationPolicy::OnErpAcknowledgement
                };
                let entry = relationship.filter(asked).and_then(|found| {
                    confirm::enqueue_entry(&self.surroundings, order, found, commitment(acknowledgement))
                });
                entry.into_iter().collect()
            }
            DocumentContent::Invoice(invoice) => {
                invoiced(order, invoice);
                let account = order.row.credit_account_id.clone();
                account
                    .map(|account| carry::redecide_account(&order.row.supplier_id, &account, now))
                    .into_iter()
                    .collect()
            }
            DocumentContent::Status { .. } => vec![carry::ask_sink(&order.row, now)],
            DocumentContent::Shipment(_)
            | DocumentContent::CreditMemo { .. }
            | DocumentContent::Payment(_) => Vec::new(),
        }
    }

    fn archived(
        &self,
        supplier: &SupplierId,
        id: String,
        one: &ErpDocument,
        row: Option<&OrderRow>,
    ) -> NewDocument {
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
            content_type: "application/json".to_owned(),
            body: StoredBody::pack(json(one).to_string().as_bytes()),
            findings: None,
            recorded_at: micros(self.surroundings.now()),
        }
    }
}

/// An invoice takes over what it bills: that much is reserved no longer.
fn invoiced(order: &mut Working, invoice: &Invoice) {
    let amount = &invoice.total;
    let same_currency = amount.currency().as_str() == order.row.currency;
    if let (true, Ok(amount)) = (same_currency, amount.to_money()) {
        order.row.reserved_minor = order.row.reserved_minor.saturating_sub(amount.minor()).max(0);
        order.changed = true;
    }
}

fn commitment(said: &Acknowledgement) -> Commitment {
    match said.outcome {
        AcknowledgementOutcome::Rejected => {
            Commitment::reject(said.message.clone().unwrap_or_else(|| "not available".to_owned()))
        }
        AcknowledgementOutcome::Accepted => Commitment::accept(),
        AcknowledgementOutcome::Changed => {
            let differing = said.lines.iter().filter(|line| differs(line));
            Commitment::lines(differing.map(committed).collect())
        }
    }
}

fn differs(line: &AcknowledgementLine) -> bool {
    line.status != AcknowledgementStatus::Accepted
        || line.unit_price.is_some()
        || line.delivery_date.is_some()
}

fn committed(line: &AcknowledgementLine) -> CommittedLine {
    CommittedLine {
        line_number: line.line_number,
        quantity: line.quantity.text().to_owned(),
        unit: line.unit.as_str().to_owned(),
        outcome: match line.status {
            AcknowledgementStatus::Accepted => CommittedOutcome::Changed,
            AcknowledgementStatus::Backordered => CommittedOutcome::Backordered,
            AcknowledgementStatus::Rejected => CommittedOutcome::Rejected,
        },
        unit_price: line
            .unit_price
            .as_ref()
            .map(|price| (price.text().to_owned(), price.currency().to_string())),
        delivery_on: line.delivery_date.map(|date| date.to_string()),
        comments: line.message.clone().into_iter().collect(),
    }
}

fn message(content: &DocumentContent) -> Option<&str> {
    match content {
        DocumentContent::Acknowledgement(said) => said.message.as_deref(),
        DocumentContent::Status { message, .. } => message.as_deref(),
        _ => None,
    }
}

fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Acknowledgement => "ErpAcknowledgement",
        DocumentKind::Status => "ErpStatus",
        DocumentKind::Shipment => "ErpShipment",
        DocumentKind::Invoice => "ErpInvoice",
        DocumentKind::CreditMemo => "ErpCreditMemo",
        DocumentKind::Payment => "ErpPayment",
    }
}

/// The document as it is archived: what the ERP said, in JSON.
fn json(one: &ErpDocument) -> serde_json::Value {
    serde_json::json!({
        "document_id": one.document_id,
        "number": one.number,
        "kind": one.content.kind().as_str(),
        "order_id": one.order_id,
        "reference": one.reference,
        "purchase_order_number": one.purchase_order_number,
        "customer": one.customer,
        "issued_at": one.issued_at.to_string(),
        "content": written::content(&one.content),
    })
}
