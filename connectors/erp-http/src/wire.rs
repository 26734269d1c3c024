//! The messages of the ERP protocol, version 1, as they stand on the wire.

use punchgate_connector::published::{
    order::{WireOrder, WireOrderHold},
    values::{WireAddress, WireAmount, WireDecimal},
};
use serde::{Deserialize, Serialize};

/// The keys of [`WireQualities`].
pub(crate) const QUALITIES: &[&str] = &[
    "cas",
    "deletes",
    "order_reference_unique",
    "exposure_includes_open_orders",
    "writable",
    "enforces",
    "document_kinds",
    "page_size",
    "max_concurrency",
];

#[derive(Debug, Serialize)]
pub(crate) struct Empty {}

#[derive(Debug, Deserialize)]
pub(crate) struct WireDescription {
    pub(crate) protocol: String,
    pub(crate) versions: Vec<u32>,
    pub(crate) name: String,
    pub(crate) software: Option<String>,
    pub(crate) time: String,
    pub(crate) operations: Vec<String>,
    #[serde(default)]
    pub(crate) qualities: WireQualities,
    #[serde(default)]
    pub(crate) scopes: Vec<WireScope>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireScope {
    pub(crate) id: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct WireQualities {
    pub(crate) cas: Option<String>,
    pub(crate) deletes: Option<String>,
    #[serde(default)]
    pub(crate) order_reference_unique: bool,
    #[serde(default)]
    pub(crate) exposure_includes_open_orders: bool,
    #[serde(default)]
    pub(crate) writable: Vec<String>,
    #[serde(default)]
    pub(crate) enforces: Vec<String>,
    #[serde(default)]
    pub(crate) document_kinds: Vec<String>,
    pub(crate) page_size: Option<u32>,
    pub(crate) max_concurrency: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FeedRequest<'a> {
    pub(crate) scope: &'a str,
    pub(crate) cursor: Option<&'a str>,
    pub(crate) limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kinds: Option<Vec<&'static str>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WirePage {
    /// Read one by one: a row that makes no sense is alone in that.
    pub(crate) items: Vec<serde_json::Value>,
    #[serde(default = "Vec::new")]
    pub(crate) deleted: Vec<String>,
    pub(crate) next_cursor: String,
    pub(crate) more: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct KeysRequest<'a> {
    pub(crate) scope: &'a str,
    pub(crate) keys: &'a [String],
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireFound {
    /// Read one by one.
    pub(crate) items: Vec<serde_json::Value>,
    #[serde(default = "Vec::new")]
    pub(crate) missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireAccount {
    pub(crate) external_id: String,
    pub(crate) version: String,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) currency: String,
    pub(crate) payer: Option<String>,
    pub(crate) head_office: Option<String>,
    pub(crate) terms: Option<WireTerms>,
    pub(crate) credit_limit: Option<WireLimit>,
    pub(crate) holds: Vec<WireHold>,
    pub(crate) exposure: Option<WireExposure>,
    pub(crate) changed_at: String,
    pub(crate) changed_by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireTerms {
    pub(crate) code: String,
    pub(crate) label: String,
    pub(crate) net_days: u32,
    /// Payment in advance.
    #[serde(default)]
    pub(crate) prepaid: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum WireLimit {
    Unknown,
    Unlimited,
    Amount(WireAmount),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WireHold {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) removes: Option<Vec<String>>,
    pub(crate) internal: Option<String>,
    pub(crate) accounts_payable: Option<String>,
    pub(crate) shopper: Option<String>,
    pub(crate) since: String,
    pub(crate) until: Option<String>,
    pub(crate) placed_by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireExposure {
    pub(crate) external_id: String,
    pub(crate) open_items: WireAmount,
    pub(crate) open_orders: Option<WireAmount>,
    pub(crate) includes_open_orders: bool,
    pub(crate) overdue: Option<WireAmount>,
    pub(crate) oldest_due: Option<String>,
    pub(crate) as_of: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct PatchRequest<'a> {
    pub(crate) scope: &'a str,
    pub(crate) external_id: &'a str,
    pub(crate) expect: &'a str,
    pub(crate) patch: WirePatch<'a>,
    pub(crate) reason: &'a str,
    pub(crate) actor: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct WirePatch<'a> {
    /// Absent leaves the terms, null removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) terms: Option<Option<WireTermsCode<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credit_limit: Option<WireLimit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) place_holds: Vec<WireHold>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) release_holds: &'a [String],
}

#[derive(Debug, Serialize)]
pub(crate) struct WireTermsCode<'a> {
    pub(crate) code: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum WirePatchOutcome {
    Applied { account: Box<WireAccount> },
    Conflict { account: Box<WireAccount> },
    Rejected { rejected: Vec<WireRejection> },
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireRejection {
    pub(crate) field: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// A request about an order, with the scope around it.
#[derive(Debug, Serialize)]
pub(crate) struct Scoped<'a, T> {
    pub(crate) scope: &'a str,
    #[serde(flatten)]
    pub(crate) request: T,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireOrders {
    pub(crate) orders: Vec<WireOrder>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CancelRequest<'a> {
    pub(crate) order_id: &'a str,
    pub(crate) reference: &'a str,
    pub(crate) reason: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum WireCancelOutcome {
    Cancelled {
        order: WireOrder,
    },
    Refused {
        code: String,
        message: String,
        order: WireOrder,
    },
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireDocument {
    pub(crate) document_id: String,
    pub(crate) number: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) purchase_order_number: Option<String>,
    pub(crate) customer: String,
    pub(crate) issued_at: String,
    #[serde(flatten)]
    pub(crate) content: WireContent,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum WireContent {
    Acknowledgement(WireAcknowledgement),
    Status(WireStatus),
    Shipment(WireShipment),
    Invoice(WireInvoice),
    CreditMemo(WireInvoice),
    Payment(WirePayment),
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireAcknowledgement {
    pub(crate) outcome: String,
    pub(crate) message: Option<String>,
    pub(crate) lines: Vec<WireAcknowledgementLine>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireAcknowledgementLine {
    pub(crate) line_number: u32,
    pub(crate) part_id: String,
    pub(crate) quantity: WireDecimal,
    pub(crate) unit: String,
    pub(crate) status: String,
    pub(crate) unit_price: Option<WireAmount>,
    pub(crate) delivery_date: Option<String>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireStatus {
    pub(crate) state: String,
    pub(crate) hold: Option<WireOrderHold>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireShipment {
    pub(crate) shipped_at: String,
    pub(crate) carrier: Option<String>,
    #[serde(default)]
    pub(crate) tracking_numbers: Vec<String>,
    pub(crate) tracking_url: Option<String>,
    pub(crate) delivery_date: Option<String>,
    pub(crate) ship_to: Option<WireAddress>,
    pub(crate) lines: Vec<WireShipmentLine>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireShipmentLine {
    pub(crate) line_number: u32,
    pub(crate) part_id: String,
    pub(crate) quantity: WireDecimal,
    pub(crate) unit: String,
    pub(crate) lot: Option<String>,
    #[serde(default)]
    pub(crate) serial_numbers: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireInvoice {
    pub(crate) invoice_date: String,
    pub(crate) due_date: String,
    pub(crate) currency: String,
    pub(crate) net: WireAmount,
    pub(crate) tax: Option<WireAmount>,
    pub(crate) shipping: Option<WireAmount>,
    pub(crate) total: WireAmount,
    pub(crate) lines: Vec<WireInvoiceLine>,
    pub(crate) invoice_document_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireInvoiceLine {
    pub(crate) line_number: u32,
    pub(crate) part_id: String,
    pub(crate) quantity: WireDecimal,
    pub(crate) unit: String,
    pub(crate) unit_price: WireAmount,
    pub(crate) price_basis: Option<WireDecimal>,
    pub(crate) net: WireAmount,
    pub(crate) tax: Option<WireAmount>,
    pub(crate) description: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WirePayment {
    pub(crate) amount: WireAmount,
    pub(crate) paid_at: String,
    #[serde(default)]
    pub(crate) allocations: Vec<WireAllocation>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireAllocation {
    pub(crate) invoice_document_id: String,
    pub(crate) amount: WireAmount,
}
