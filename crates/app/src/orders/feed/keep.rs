//! Documents are stored as they are told, whoever they are about. One that comes again as it was is no event; one that
//! says something else takes its own place, and what was there before stands in the history.

use std::collections::{BTreeMap, HashMap};

use punchgate_storage::{
    StorageResult, Tx,
    erp_document::{self, ErpDocumentHead, ErpDocumentRow, OrderLinkRow, SettlesRow},
    history::ChangeRow,
};
use serde_json::{Map, Value};

use super::{OrderFeed, Read, Run, effect::OrderKey, find};
use crate::{
    clock::micros,
    erp_documents::{SUBJECT, content::StoredDocument},
    events,
    orders::carry,
};

/// The orders of a document: what it calls them, and which these are here.
pub(super) type Links = Vec<(OrderKey, Option<String>)>;

/// What is to be written of one transaction's documents.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// As they are stored, by the ERP's key.
    stored: HashMap<String, ErpDocumentRow>,
    /// To be written, by our key: of two that came together the later one.
    rows: BTreeMap<String, (ErpDocumentRow, Vec<OrderLinkRow>, Vec<SettlesRow>)>,
    /// Of which something else was stored.
    replaced: Vec<String>,
    changes: Vec<ChangeRow>,
    /// When the last new one was told.
    last_seen: i64,
}

impl OrderFeed {
    /// Looks up what is stored of these documents.
    pub(super) async fn stored(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        chunk: &[Read<'_>],
    ) -> StorageResult<Keeping> {
        let scope = run.scope;
        let ids: Vec<String> = chunk
            .iter()
            .map(|read| read.document.document_id.clone())
            .collect();
        let rows = erp_document::known(tx, &scope.supplier, &scope.connector, &scope.scope, &ids).await?;
        let stored = rows.into_iter().map(|row| (row.head.document_id.clone(), row));
        Ok(Keeping {
            stored: stored.collect(),
            ..Keeping::default()
        })
    }

    /// Takes a document up if it is not stored so. `links` are none where the document was not acted upon.
    pub(super) async fn keep(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        keeping: &mut Keeping,
        read: &Read<'_>,
        links: Option<Links>,
    ) -> StorageResult<()> {
        let mut row = self.row(run, read);
        let row = match keeping.stored.get(&row.head.document_id) {
            None => {
                // Many ERPs date their documents by the day: what comes together keeps its order.
                row.head.first_seen_at = row.head.first_seen_at.max(keeping.last_seen + 1);
                keeping.last_seen = row.head.first_seen_at;
                row
            }
            Some(known) => {
                let row = in_place_of(known, row);
                let changes = differences(known, &row);
                if changes.is_empty() {
                    return Ok(());
                }
                keeping.replaced.push(row.head.erp_document_id.clone());
                keeping
                    .changes
                    .extend(changes.into_iter().map(|change| self.line(run, &row, change)));
                row
            }
        };
        let links = match links {
            Some(links) => links,
            None => self.looked_up(tx, run, read).await?,
        };
        let (orders, settles) = (order_links(&row.head, links), settles(&row.head, read.stored()));
        keeping.stored.insert(row.head.document_id.clone(), row.clone());
        keeping
            .rows
            .insert(row.head.erp_document_id.clone(), (row, orders, settles));
        Ok(())
    }

    async fn looked_up(&self, tx: &mut Tx, run: &Run<'_>, read: &Read<'_>) -> StorageResult<Links> {
        let (supplier, connector) = (&run.connected.supplier, &run.connected.id);
        let mut links = Links::new();
        for (key, _) in &read.effects {
            let order = find(tx, supplier, connector, key).await?;
            links.push((key.clone(), order.map(|row| row.order_id)));
        }
        Ok(links)
    }

    fn row(&self, run: &Run<'_>, read: &Read<'_>) -> ErpDocumentRow {
        let (one, stored) = (read.document, read.stored());
        let total = stored.content.total();
        let now = micros(self.surroundings.now());
        let head = ErpDocumentHead {
            supplier_id: run.scope.supplier.clone(),
            erp_document_id: self.surroundings.new_id(),
            connector_id: run.scope.connector.clone(),
            scope: run.scope.scope.clone(),
            document_id: one.document_id.clone(),
            kind: one.content.kind().as_str().to_owned(),
            number: one.number.clone(),
            purchase_order_number: one.purchase_order_number.clone(),
            customer_external_id: one.customer.clone(),
            customer_id: None,
            issued_at: micros(one.issued_at),
            currency: total.map(|total| total.currency.clone()),
            total: total.map(|total| total.amount.clone()),
            first_seen_at: now,
            updated_at: now,
        };
        ErpDocumentRow {
            head,
            content: carry::json(stored),
        }
    }

    fn line(&self, run: &Run<'_>, row: &ErpDocumentRow, change: Difference) -> ChangeRow {
        ChangeRow {
            supplier_id: run.scope.supplier.clone(),
            change_id: self.surroundings.new_id(),
            subject: SUBJECT.to_owned(),
            subject_id: row.head.erp_document_id.clone(),
            field: change.field,
            from_value: change.from,
            to_value: change.to,
            who: format!("erp:{}", run.scope.connector),
            why: "it was told again with other content".to_owned(),
            changed_at: micros(self.surroundings.now()),
        }
    }
}

impl Keeping {
    /// Writes what was taken up.
    pub(super) async fn write(self, tx: &mut Tx, supplier: &str) -> StorageResult<()> {
        for id in &self.replaced {
            erp_document::forget_links(tx, supplier, id).await?;
        }
        let (mut rows, mut orders, mut settles) = (Vec::new(), Vec::new(), Vec::new());
        for (row, of_order, settled) in self.rows.into_values() {
            rows.push(row);
            orders.extend(of_order);
            settles.extend(settled);
        }
        erp_document::put_many(tx, &rows).await?;
        erp_document::insert_order_links(tx, &orders).await?;
        erp_document::insert_settles(tx, &settles).await?;
        events::record(tx, &self.changes).await
    }
}

/// The document as it is told now, under the id that it has here.
fn in_place_of(known: &ErpDocumentRow, row: ErpDocumentRow) -> ErpDocumentRow {
    ErpDocumentRow {
        head: ErpDocumentHead {
            erp_document_id: known.head.erp_document_id.clone(),
            first_seen_at: known.head.first_seen_at,
            ..row.head
        },
        ..row
    }
}

/// What a document says otherwise than before.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

fn differences(known: &ErpDocumentRow, now: &ErpDocumentRow) -> Vec<Difference> {
    let heads = |row: &ErpDocumentRow| {
        let head = &row.head;
        [
            ("number", head.number.clone()),
            ("purchase_order_number", head.purchase_order_number.clone()),
            ("customer", Some(head.customer_external_id.clone())),
            (
                "issued_at",
                Some(crate::clock::from_micros(head.issued_at).to_string()),
            ),
        ]
    };
    let mut found: Vec<Difference> = heads(known)
        .into_iter()
        .zip(heads(now))
        .filter(|((_, from), (_, to))| from != to)
        .map(|((field, from), (_, to))| Difference {
            field: field.to_owned(),
            from,
            to,
        })
        .collect();
    if known.content != now.content {
        let fields = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
        let (from, to) = (fields(&known.content), fields(&now.content));
        let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differing = names.into_iter().filter(|name| from.get(*name) != to.get(*name));
        let text = |value: Option<&Value>| {
            let value = value.filter(|value| !value.is_null())?;
            Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        found.extend(differing.map(|name| Difference {
            field: name.clone(),
            from: text(from.get(name)),
            to: text(to.get(name)),
        }));
    }
    found
}

fn order_links(head: &ErpDocumentHead, links: Links) -> Vec<OrderLinkRow> {
    let named = links
        .into_iter()
        // A payment is about no order; it is found by its customer.
        .filter(|(key, order)| order.is_some() || key.reference.is_some() || key.sink_order.is_some());
    (0..)
        .zip(named)
        .map(|(place, (key, order_id))| OrderLinkRow {
            supplier_id: head.supplier_id.clone(),
            erp_document_id: head.erp_document_id.clone(),
            place,
            connector_id: head.connector_id.clone(),
            reference: key.reference,
            sink_order_id: key.sink_order,
            order_id,
        })
        .collect()
}

fn settles(head: &ErpDocumentHead, stored: &StoredDocument) -> Vec<SettlesRow> {
    let row = |invoice: &str| SettlesRow {
        supplier_id: head.supplier_id.clone(),
        erp_document_id: head.erp_document_id.clone(),
        connector_id: head.connector_id.clone(),
        scope: head.scope.clone(),
        invoice_document_id: invoice.to_owned(),
    };
    stored.content.settles().into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: &str, content: &str) -> ErpDocumentRow {
        ErpDocumentRow {
            head: ErpDocumentHead {
                supplier_id: "s".to_owned(),
                erp_document_id: "1".to_owned(),
                connector_id: "erp".to_owned(),
                scope: String::new(),
                document_id: "D-1".to_owned(),
                kind: "invoice".to_owned(),
                number: Some(number.to_owned()),
                purchase_order_number: None,
                customer_external_id: "C-1".to_owned(),
                customer_id: None,
                issued_at: 0,
                currency: None,
                total: None,
                first_seen_at: 0,
                updated_at: 0,
            },
            content: content.to_owned(),
        }
    }

    #[test]
    fn what_a_document_says_otherwise() {
        let before = row(
            "7",
            r#"{"v":1,"total":{"amount":"1.00"},"due_date":"2026-03-01"}"#,
        );
        let table = [
            (before.clone(), ""),
            (
                row(
                    "7",
                    r#"{"due_date":"2026-03-01","total":{"amount":"1.00"},"v":1}"#,
                ),
                "",
            ),
            (row("8", &before.content), "number: 7 → 8"),
            (
                row(
                    "7",
                    r#"{"v":1,"total":{"amount":"2.00"},"due_date":"2026-03-01","tax":"0.10"}"#,
                ),
                r#"tax: - → 0.10; total: {"amount":"1.00"} → {"amount":"2.00"}"#,
            ),
        ];
        for (now, expected) in table {
            let said = |text: Option<String>| text.unwrap_or("-".to_owned());
            let found: Vec<String> = differences(&before, &now)
                .into_iter()
                .map(|one| format!("{}: {} → {}", one.field, said(one.from), said(one.to)))
                .collect();
            assert_eq!(found.join("; "), expected);
        }
    }
}
