//! Lines of an order with how far each is, and the ERP's documents that say so.

use punchgate_app::orders::read::OrderDocument;
use punchgate_domain::{order::progress::Progress, purchase_order::OrderLine};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::erp_documents::ErpDocumentItem;

/// A document of the ERP about an order.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::api) struct OrderDocumentItem {
    #[serde(flatten)]
    document: ErpDocumentItem,
    /// Why it does not count for this order: it is about another one that the ERP has under our key.
    of_another: Option<String>,
}

/// A line.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::api) struct LineItem {
    line_number: u32,
    part_id: String,
    auxiliary_id: Option<String>,
    quantity: String,
    unit: String,
    unit_price: String,
    currency: String,
    description: String,
    /// What the ERP has committed to, by its last acknowledgement; none while nothing was said of this line.
    confirmed: Option<String>,
    /// What has left.
    shipped: String,
    /// What was invoiced.
    invoiced: String,
    /// What of that was credited.
    credited: String,
}

impl From<OrderDocument> for OrderDocumentItem {
    fn from(one: OrderDocument) -> Self {
        Self {
            document: one.listed.into(),
            of_another: one.of_another,
        }
    }
}

impl LineItem {
    pub(super) fn of(line: &OrderLine, progress: &Progress) -> Self {
        let number = line.line_number;
        let far = progress.lines.iter().find(|known| known.line_number == number);
        let none = || "0".to_owned();
        Self {
            line_number: line.line_number,
            part_id: line.part_id.clone(),
            auxiliary_id: line.auxiliary_id.clone(),
            quantity: line.quantity.text().to_owned(),
            unit: line.unit.as_str().to_owned(),
            unit_price: line.unit_price.text().to_owned(),
            currency: line.unit_price.currency().to_string(),
            description: line.description.clone(),
            confirmed: far.and_then(|far| Some(far.confirmed?.normalize().to_string())),
            shipped: far.map_or_else(none, |far| far.shipped.normalize().to_string()),
            invoiced: far.map_or_else(none, |far| far.invoiced.normalize().to_string()),
            credited: far.map_or_else(none, |far| far.credited.normalize().to_string()),
        }
    }
}
