//! The messages of the storefront protocol, version 1, as they stand on the wire.

use std::collections::BTreeMap;

use punchgate_connector::published::{
    order::WireOrder,
    values::{WireAddress, WireAmount, WireCharge, WireClassification, WireContact, WireDecimal},
};
use serde::{Deserialize, Serialize};

/// The keys of [`WireQualities`].
pub(crate) const QUALITIES: &[&str] = &[
    "edit",
    "inspect",
    "parallel_sessions",
    "keeps_auxiliary_ids",
    "line_price_override",
    "order_reference_unique",
    "order_cancel",
    "confirms_quantities",
    "page_size",
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
}

/// Yes or no by name, but for the page size.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct WireQualities {
    pub(crate) page_size: Option<u32>,
    #[serde(flatten)]
    pub(crate) flags: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OpenRequest<'a> {
    pub(crate) session: &'a str,
    pub(crate) mode: &'static str,
    pub(crate) customer: WireCustomer<'a>,
    pub(crate) contact: Option<WireContact>,
    pub(crate) currency: Option<String>,
    pub(crate) language: Option<&'a str>,
    pub(crate) items: Vec<WireFillLine<'a>>,
    pub(crate) selected_item: Option<WireSelectedItem<'a>>,
    pub(crate) ship_to: Option<WireAddress>,
    pub(crate) notices: Vec<WireNotice<'a>>,
    pub(crate) return_url: &'a str,
    pub(crate) cancel_url: &'a str,
    pub(crate) expires_at: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct WireCustomer<'a> {
    pub(crate) external_id: &'a str,
    pub(crate) code: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WireSelectedItem<'a> {
    pub(crate) part_id: &'a str,
    pub(crate) auxiliary_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WireNotice<'a> {
    pub(crate) severity: &'static str,
    pub(crate) text: &'a str,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireOpened {
    pub(crate) storefront_session: String,
    pub(crate) login_url: String,
    pub(crate) login_expires_at: String,
    #[serde(default)]
    pub(crate) refused: Vec<WireRefusedLine>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WireFillLine<'a> {
    pub(crate) line: u32,
    pub(crate) part_id: &'a str,
    pub(crate) auxiliary_id: Option<&'a str>,
    pub(crate) quantity: WireDecimal,
    pub(crate) unit: Option<&'a str>,
    pub(crate) unit_price: Option<WireAmount>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireRefusedLine {
    pub(crate) line: u32,
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct CartRequest<'a> {
    pub(crate) storefront_session: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct FillRequest<'a> {
    pub(crate) storefront_session: &'a str,
    pub(crate) lines: Vec<WireFillLine<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CloseRequest<'a> {
    pub(crate) storefront_session: &'a str,
    pub(crate) state: &'static str,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireCartAnswer {
    pub(crate) cart: WireCart,
    #[serde(default)]
    pub(crate) refused: Vec<WireRefusedLine>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireCart {
    pub(crate) storefront_session: String,
    pub(crate) session: String,
    pub(crate) mode: String,
    pub(crate) state: String,
    pub(crate) revision: u64,
    pub(crate) currency: String,
    pub(crate) lines: Vec<WireCartLine>,
    pub(crate) shipping: Option<WireCharge>,
    pub(crate) tax: Option<WireCharge>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireCartLine {
    pub(crate) part_id: String,
    pub(crate) auxiliary_id: Option<String>,
    pub(crate) quantity: WireDecimal,
    pub(crate) unit: String,
    pub(crate) unit_price: WireAmount,
    pub(crate) price_basis: Option<WireDecimal>,
    pub(crate) description: String,
    pub(crate) short_name: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) classifications: Option<Vec<WireClassification>>,
    pub(crate) manufacturer_part_id: Option<String>,
    pub(crate) manufacturer_name: Option<String>,
    pub(crate) lead_time_days: Option<u32>,
    pub(crate) image_url: Option<String>,
    pub(crate) extrinsics: Option<Vec<WireExtrinsic>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireExtrinsic {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ItemRequest<'a> {
    pub(crate) part_id: &'a str,
    pub(crate) customer: Option<&'a str>,
    pub(crate) quantity: Option<WireDecimal>,
    pub(crate) currency: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireItemAnswer {
    pub(crate) item: WireItem,
}

#[derive(Debug, Serialize)]
pub(crate) struct SearchRequest<'a> {
    pub(crate) query: &'a str,
    pub(crate) customer: Option<&'a str>,
    pub(crate) cursor: Option<&'a str>,
    pub(crate) limit: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireItems {
    pub(crate) items: Vec<WireItem>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) more: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireItem {
    pub(crate) part_id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) unit: String,
    pub(crate) units: Option<Vec<String>>,
    pub(crate) unit_price: WireAmount,
    pub(crate) price_basis: Option<WireDecimal>,
    pub(crate) list_price: Option<WireAmount>,
    pub(crate) active: bool,
    pub(crate) in_stock: Option<WireDecimal>,
    pub(crate) lead_time_days: Option<u32>,
    pub(crate) classifications: Option<Vec<WireClassification>>,
    pub(crate) manufacturer_part_id: Option<String>,
    pub(crate) manufacturer_name: Option<String>,
    pub(crate) image_url: Option<String>,
    pub(crate) minimum_quantity: Option<WireDecimal>,
    pub(crate) quantity_step: Option<WireDecimal>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StatusRequest<'a> {
    pub(crate) order_id: &'a str,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireOrderAnswer {
    pub(crate) order: WireShopOrder,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireOrders {
    pub(crate) orders: Vec<WireShopOrder>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireShopOrder {
    #[serde(flatten)]
    pub(crate) order: WireOrder,
    pub(crate) payment_state: String,
    pub(crate) lines: Option<Vec<WireOrderLineStatus>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireOrderLineStatus {
    pub(crate) line_number: u32,
    pub(crate) part_id: String,
    pub(crate) unit: String,
    pub(crate) ordered: WireDecimal,
    pub(crate) confirmed: Option<WireDecimal>,
    pub(crate) shipped: Option<WireDecimal>,
    pub(crate) invoiced: Option<WireDecimal>,
    pub(crate) cancelled: Option<WireDecimal>,
}
