//! The messages of the ERP protocol, version 1, as they stand on the wire.

use super::people::{WirePerson, WireShipTo};
use crate::published::{
    order::{WireOrder, WireOrderHold},
    values::{WireAddress, WireAmount, WireDecimal},
};
use serde::{Deserialize, Serialize};

/// The keys of [`WireQualities`].
pub(super) const QUALITIES: &[&str] = &[
    "cas",
    "deletes",
    "order_reference_unique",
    "order_change",
    "exposure_includes_open_orders",
    "writable",
    "tells",
    "enforces",
    "document_kinds",
    "page_size",
    "max_concurrency",
];

#[derive(Debug, Serialize)]
pub(super) struct Empty {}

#[derive(Debug, Deserialize)]
pub(super) struct WireDescription {
    pub(super) protocol: String,
    pub(super) versions: Vec<u32>,
    pub(super) name: String,
    pub(super) software: Option<String>,
    pub(super) time: String,
    pub(super) operations: Vec<String>,
    #[serde(default)]
    pub(super) qualities: WireQualities,
    #[serde(default)]
    pub(super) scopes: Vec<WireScope>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireScope {
    pub(super) id: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireQualities {
    pub(super) cas: Option<String>,
    pub(super) deletes: Option<String>,
    #[serde(default)]
    pub(super) order_reference_unique: bool,
    #[serde(default)]
    pub(super) order_change: bool,
    #[serde(default)]
    pub(super) exposure_includes_open_orders: bool,
    #[serde(default)]
    pub(super) writable: Vec<String>,
    #[serde(default)]
    pub(super) tells: Vec<String>,
    #[serde(default)]
    pub(super) enforces: Vec<String>,
    #[serde(default)]
    pub(super) document_kinds: Vec<String>,
    pub(super) page_size: Option<u32>,
    pub(super) max_concurrency: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(super) struct FeedRequest<'a> {
    pub(super) scope: &'a str,
    pub(super) cursor: Option<&'a str>,
    pub(super) limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kinds: Option<Vec<&'static str>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WirePage {
    /// Read one by one: a row that makes no sense is alone in that.
    pub(super) items: Vec<serde_json::Value>,
    #[serde(default = "Vec::new")]
    pub(super) deleted: Vec<String>,
    pub(super) next_cursor: String,
    pub(super) more: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct KeysRequest<'a> {
    pub(super) scope: &'a str,
    pub(super) keys: &'a [String],
}

#[derive(Debug, Deserialize)]
pub(super) struct WireFound {
    /// Read one by one.
    pub(super) items: Vec<serde_json::Value>,
    #[serde(default = "Vec::new")]
    pub(super) missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAccount {
    pub(super) external_id: String,
    pub(super) version: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) currency: String,
    pub(super) payer: Option<String>,
    pub(super) head_office: Option<String>,
    pub(super) terms: Option<WireTerms>,
    pub(super) credit_limit: Option<WireLimit>,
    pub(super) holds: Vec<WireHold>,
    pub(super) contacts: Option<Vec<WirePerson>>,
    pub(super) ship_tos: Option<Vec<WireShipTo>>,
    pub(super) exposure: Option<WireExposure>,
    pub(super) changed_at: String,
    pub(super) changed_by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireTerms {
    pub(super) code: String,
    pub(super) label: String,
    pub(super) net_days: u32,
    /// Payment in advance.
    #[serde(default)]
    pub(super) prepaid: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum WireLimit {
    Unknown,
    Unlimited,
    Amount(WireAmount),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireHold {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) removes: Option<Vec<String>>,
    pub(super) internal: Option<String>,
    pub(super) accounts_payable: Option<String>,
    pub(super) shopper: Option<String>,
    pub(super) since: String,
    pub(super) until: Option<String>,
    pub(super) placed_by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireExposure {
    pub(super) external_id: String,
    pub(super) open_items: WireAmount,
    pub(super) open_orders: Option<WireAmount>,
    pub(super) includes_open_orders: bool,
    pub(super) overdue: Option<WireAmount>,
    pub(super) oldest_due: Option<String>,
    pub(super) as_of: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PatchRequest<'a> {
    pub(super) scope: &'a str,
    pub(super) external_id: &'a str,
    pub(super) expect: &'a str,
    pub(super) patch: WirePatch<'a>,
    pub(super) reason: &'a str,
    pub(super) actor: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct WirePatch<'a> {
    /// Absent leaves the terms, null removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terms: Option<Option<WireTermsCode<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credit_limit: Option<WireLimit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) place_holds: Vec<WireHold>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) release_holds: &'a [String],
}

#[derive(Debug, Serialize)]
pub(super) struct WireTermsCode<'a> {
    pub(super) code: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum WirePatchOutcome {
    Applied {
        account: Box<WireAccount>,
    },
    Conflict {
        account: Box<WireAccount>,
    },
    Rejected {
        rejected: Vec<WireRejection>,
    },
    Waiting {
        #[serde(default)]
        message: String,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct WireRejection {
    pub(super) field: String,
    pub(super) code: String,
    pub(super) message: String,
}

/// A request about an order, with the scope around it.
#[derive(Debug, Serialize)]
pub(super) struct Scoped<'a, T> {
    pub(super) scope: &'a str,
    #[serde(flatten)]
    pub(super) request: T,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireOrders {
    pub(super) orders: Vec<WireOrder>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum WireChangeOutcome {
    Changed {
        order: WireOrder,
    },
    Refused {
        code: String,
        message: String,
        order: WireOrder,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct WireDocument {
    pub(super) document_id: String,
    pub(super) number: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) purchase_order_number: Option<String>,
    pub(super) customer: String,
    pub(super) issued_at: String,
    #[serde(flatten)]
    pub(super) content: WireContent,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum WireContent {
    Acknowledgement(WireAcknowledgement),
    Status(WireStatus),
    Shipment(WireShipment),
    Invoice(WireInvoice),
    CreditMemo(WireInvoice),
    Payment(WirePayment),
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAcknowledgement {
    pub(super) outcome: String,
    pub(super) message: Option<String>,
    pub(super) lines: Vec<WireAcknowledgementLine>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAcknowledgementLine {
    pub(super) line_number: u32,
    pub(super) part_id: String,
    pub(super) quantity: WireDecimal,
    pub(super) unit: String,
    pub(super) status: String,
    pub(super) unit_price: Option<WireAmount>,
    pub(super) delivery_date: Option<String>,
    pub(super) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireStatus {
    pub(super) state: String,
    pub(super) hold: Option<WireOrderHold>,
    pub(super) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireShipment {
    pub(super) shipped_at: String,
    pub(super) carrier: Option<String>,
    #[serde(default)]
    pub(super) tracking_numbers: Vec<String>,
    pub(super) tracking_url: Option<String>,
    pub(super) delivery_date: Option<String>,
    pub(super) ship_to: Option<WireAddress>,
    pub(super) lines: Vec<WireShipmentLine>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireShipmentLine {
    pub(super) line_number: u32,
    pub(super) part_id: String,
    pub(super) quantity: WireDecimal,
    pub(super) unit: String,
    pub(super) lot: Option<String>,
    #[serde(default)]
    pub(super) serial_numbers: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireInvoice {
    pub(super) invoice_date: String,
    pub(super) due_date: String,
    pub(super) currency: String,
    pub(super) net: WireAmount,
    pub(super) tax: Option<WireAmount>,
    pub(super) shipping: Option<WireAmount>,
    pub(super) total: WireAmount,
    pub(super) lines: Vec<WireInvoiceLine>,
    pub(super) invoice_document_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireInvoiceLine {
    pub(super) line_number: u32,
    pub(super) part_id: String,
    pub(super) quantity: WireDecimal,
    pub(super) unit: String,
    pub(super) unit_price: WireAmount,
    pub(super) price_basis: Option<WireDecimal>,
    pub(super) net: WireAmount,
    pub(super) tax: Option<WireAmount>,
    pub(super) description: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) reference: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WirePayment {
    pub(super) amount: WireAmount,
    pub(super) paid_at: String,
    #[serde(default)]
    pub(super) allocations: Vec<WireAllocation>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAllocation {
    pub(super) invoice_document_id: String,
    pub(super) amount: WireAmount,
}
