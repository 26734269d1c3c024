//! What the ERP has issued about an order, and how far the order is by it. Nothing of that is stored with the order.

use punchgate_domain::{
    order::progress::{Progress, ProgressLine, Report, progress},
    purchase_order::{OrderLine, PurchaseOrder},
    quantity::{Quantity, Unit},
};
use punchgate_storage::{
    StorageResult, Tx,
    erp_document::{self, OrderLinkRow},
    order::OrderRow,
    order_submission,
};

use super::{
    confirm::conversion_to,
    feed::{OrderKey, names_another},
};
use crate::{
    directory::Mappings,
    erp_documents::{
        self, ListedDocument,
        content::{Bill, Content, StoredDocument},
    },
};

/// A document about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDocument {
    /// The document.
    pub listed: ListedDocument,
    /// Why it does not count for this order: it is about another one that the ERP has under our key.
    pub of_another: Option<String>,
}

/// What was told of an order.
#[derive(Debug)]
pub(super) struct Told {
    pub documents: Vec<OrderDocument>,
    /// What each of them says.
    stored: Vec<StoredDocument>,
    order: String,
}

/// What the ERP has issued about an order.
pub(super) async fn of_order(tx: &mut Tx, row: &OrderRow) -> StorageResult<Told> {
    let (supplier, order) = (row.supplier_id.as_str(), row.order_id.as_str());
    let rows = erp_document::of_order(tx, supplier, order).await?;
    let submissions = order_submission::of_order(tx, supplier, order).await?;
    let stored = rows
        .iter()
        .map(erp_documents::read)
        .collect::<StorageResult<_>>()?;
    let heads = rows.into_iter().map(|row| row.head).collect();
    let listed = erp_documents::listed(tx, supplier, heads).await?;
    let documents = listed.into_iter().map(|listed| {
        let mut own = listed
            .orders
            .iter()
            .filter(|link| link.order_id.as_deref() == Some(order));
        let another = |link: &OrderLinkRow| {
            let key = OrderKey {
                reference: link.reference.clone(),
                sink_order: link.sink_order_id.clone(),
                buyers: None,
            };
            names_another(row, &link.connector_id, &key, &submissions)
        };
        let of_another = own.next().and_then(another);
        OrderDocument { listed, of_another }
    });
    Ok(Told {
        documents: documents.collect(),
        stored,
        order: row.order_id.clone(),
    })
}

impl Told {
    /// How far the order is.
    pub(super) fn progress(&self, order: &PurchaseOrder, mappings: Option<&Mappings>) -> Progress {
        let ordered: Vec<ProgressLine> = order.lines.iter().map(ordered).collect();
        let lines = Lines {
            ordered: &order.lines,
            mappings,
        };
        let counted = self
            .documents
            .iter()
            .zip(&self.stored)
            .filter(|(document, _)| document.of_another.is_none());
        let reports: Vec<(String, Report)> = counted
            .filter_map(|(document, stored)| {
                let head = &document.listed.head;
                let number = head.number.as_ref().unwrap_or(&head.document_id);
                let name = format!("{} {number}", head.kind.replace('_', " "));
                let links = document.listed.orders.iter();
                let own: Vec<_> = links
                    .filter(|link| link.order_id.as_deref() == Some(&self.order))
                    .map(|link| (link.reference.as_deref(), link.sink_order_id.as_deref()))
                    .collect();
                Some((name, lines.report(stored, &own)?))
            })
            .collect();
        progress(&ordered, &reports)
    }
}

fn ordered(line: &OrderLine) -> ProgressLine {
    ProgressLine {
        line_number: line.line_number,
        quantity: line.quantity.clone(),
        unit: line.unit.clone(),
    }
}

/// The keys by which a document calls an order: ours, the ERP's.
type Keys<'a> = (Option<&'a str>, Option<&'a str>);

/// Lines of documents beside those of the order.
struct Lines<'a> {
    ordered: &'a [OrderLine],
    mappings: Option<&'a Mappings>,
}

impl Lines<'_> {
    fn report(&self, stored: &StoredDocument, own: &[Keys<'_>]) -> Option<Report> {
        let quantities = |lines: &mut dyn Iterator<Item = (u32, &str, &str)>| {
            lines
                .map(|(number, quantity, unit)| self.line(number, quantity, unit))
                .collect()
        };
        let header = (named(&stored.reference), named(&stored.order_id));
        Some(match &stored.content {
            Content::Acknowledgement { outcome, .. } if outcome == "accepted" => Report::ConfirmedWhole,
            Content::Acknowledgement { outcome, .. } if outcome == "rejected" => {
                let none = self
                    .ordered
                    .iter()
                    .map(|line| (line.line_number, "0", line.unit.as_str()));
                Report::Confirmed(quantities(&mut none.into_iter()))
            }
            Content::Acknowledgement { lines, .. } => {
                let said = lines.iter().map(|line| {
                    let quantity = if line.status == "rejected" {
                        "0"
                    } else {
                        &line.quantity
                    };
                    (line.line_number, quantity, line.unit.as_str())
                });
                Report::Confirmed(quantities(&mut said.into_iter()))
            }
            Content::Shipment { lines, .. } => {
                let gone = lines
                    .iter()
                    .map(|line| (line.line_number, line.quantity.as_str(), line.unit.as_str()));
                Report::Shipped(quantities(&mut gone.into_iter()))
            }
            Content::Invoice(bill) => Report::Invoiced(quantities(&mut billed(bill, header, own))),
            Content::CreditMemo { bill, .. } => Report::Credited(quantities(&mut billed(bill, header, own))),
            Content::Status { .. } | Content::Payment { .. } => return None,
        })
    }

    /// In the order's own unit, where the buyer's name for it is another than the ERP's.
    fn line(&self, line_number: u32, quantity: &str, unit: &str) -> ProgressLine {
        let unit = Unit::new(unit);
        let quantity = Quantity::parse(quantity).unwrap_or_else(|_| Quantity::unreadable(quantity));
        let ordered = self.ordered.iter().find(|line| line.line_number == line_number);
        let as_ordered = ordered.zip(self.mappings).and_then(|(line, mappings)| {
            let conversion = conversion_to(&unit, line, mappings)?;
            Some((conversion.convert_back(&quantity)?, line.unit.clone()))
        });
        let (quantity, unit) = as_ordered.unwrap_or((quantity, unit));
        ProgressLine {
            line_number,
            quantity,
            unit,
        }
    }
}

fn named(key: &Option<String>) -> Option<&str> {
    key.as_deref().filter(|key| !key.is_empty())
}

/// The lines of an invoice that are about this order: a collective one names its orders line by line.
fn billed<'a>(
    bill: &'a Bill,
    header: Keys<'a>,
    own: &'a [Keys<'a>],
) -> impl Iterator<Item = (u32, &'a str, &'a str)> {
    bill.lines
        .iter()
        .filter(move |line| {
            let keys = match (named(&line.reference), named(&line.order_id)) {
                (None, None) => header,
                keys => keys,
            };
            own.contains(&keys)
        })
        .map(|line| (line.line_number, line.quantity.as_str(), line.unit.as_str()))
}
