//! The plugin's part of the Admin API: documents, what goes in, what comes out. Amounts are whole minor units.

use serde::{Deserialize, Serialize};

/// Version of the plugin's contract that these messages are of.
pub(crate) const CONTRACT: u32 = 2;

pub(crate) const DESCRIBE: &str = "query {
  punchoutDescription { contract vendure time decimals currency pageSize problems }
}";

pub(crate) const OPEN: &str = "mutation($input: PunchoutOpenInput!) {
  openPunchoutSession(input: $input) { id loginUrl loginExpiresAt refused { line code message } }
}";

macro_rules! cart_fields {
    () => {
        "{ id session mode state revision currency decimals language subTotal shipping shippingName tax
    refused { line code message }
    lines { auxiliaryId sku name quantity unit unitPrice linePrice unspsc manufacturer manufacturerPartId
      leadTimeDays imageUrl } }"
    };
}

pub(crate) const READ: &str = concat!(
    "query($id: String!) {\n  punchoutCart(id: $id) ",
    cart_fields!(),
    "\n}"
);

pub(crate) const FILL: &str = concat!(
    "mutation($id: String!, $lines: [PunchoutFillLineInput!]!) {\n  fillPunchoutCart(id: $id, lines: $lines) ",
    cart_fields!(),
    "\n}"
);

pub(crate) const MOVE: &str = concat!(
    "mutation($id: String!, $to: PunchoutCartState!) {\n  movePunchoutCart(id: $id, to: $to) ",
    cart_fields!(),
    "\n}"
);

macro_rules! item_fields {
    () => {
        "{ sku name currency decimals language unit unitPrice listPrice inStock unspsc manufacturer
    manufacturerPartId leadTimeDays }"
    };
}

pub(crate) const ITEM: &str = concat!(
    "query($sku: String!, $account: String, $quantity: String) {
  punchoutItem(sku: $sku, account: $account, quantity: $quantity) ",
    item_fields!(),
    "\n}"
);

pub(crate) const SEARCH: &str = concat!(
    "query($text: String!, $account: String, $after: ID, $take: Int!) {
  punchoutItems(text: $text, account: $account, after: $after, take: $take) { next items ",
    item_fields!(),
    " }\n}"
);

macro_rules! order_fields {
    () => {
        "{ id code reference number account state createdAt currency decimals subTotal payment
    lines { line sku unit ordered shipped cancelled } }"
    };
}

pub(crate) const PLACE: &str = concat!(
    "mutation($input: PunchoutOrderInput!) {\n  placePunchoutOrder(input: $input) { outcome code message field order ",
    order_fields!(),
    " }\n}"
);

pub(crate) const FIND: &str = concat!(
    "query($reference: String!) {\n  punchoutOrders(reference: $reference) ",
    order_fields!(),
    "\n}"
);

pub(crate) const STATUS: &str = concat!(
    "query($id: ID!) {\n  punchoutOrder(id: $id) ",
    order_fields!(),
    "\n}"
);

pub(crate) const CANCEL: &str = concat!(
    "mutation($reference: String!, $reason: String) {
  cancelPunchoutOrder(reference: $reference, reason: $reason) { outcome code message order ",
    order_fields!(),
    " }\n}"
);

#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}

#[derive(Debug, Serialize)]
pub(crate) struct Input<T> {
    pub(crate) input: T,
}

#[derive(Debug, Serialize)]
pub(crate) struct ById<'a> {
    pub(crate) id: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct ByReference<'a> {
    pub(crate) reference: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct CancelInput<'a> {
    pub(crate) reference: &'a str,
    pub(crate) reason: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    pub(crate) contract: u32,
    pub(crate) vendure: String,
    pub(crate) time: String,
    pub(crate) currency: String,
    pub(crate) page_size: u32,
    pub(crate) problems: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenInput<'a> {
    pub(crate) key: &'a str,
    pub(crate) mode: &'static str,
    pub(crate) account: &'a str,
    pub(crate) shopper: Option<&'a str>,
    pub(crate) items: Vec<FillLineInput<'a>>,
    pub(crate) selected_part: Option<&'a str>,
    pub(crate) ship_to: Option<AddressInput<'a>>,
    pub(crate) notices: Vec<NoticeInput<'a>>,
    pub(crate) return_url: &'a str,
    pub(crate) cancel_url: &'a str,
    pub(crate) expires_at: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct NoticeInput<'a> {
    pub(crate) severity: &'static str,
    pub(crate) text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FillLineInput<'a> {
    pub(crate) line: u32,
    pub(crate) sku: &'a str,
    pub(crate) quantity: String,
    pub(crate) unit: Option<&'a str>,
    pub(crate) auxiliary_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressInput<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) company: &'a str,
    pub(crate) street: &'a [String],
    pub(crate) city: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) postal_code: Option<&'a str>,
    pub(crate) country: Option<&'a str>,
    pub(crate) phone: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) login_url: String,
    pub(crate) login_expires_at: String,
    pub(crate) refused: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Refused {
    pub(crate) line: u32,
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct FillInput<'a> {
    pub(crate) id: &'a str,
    pub(crate) lines: Vec<FillLineInput<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MoveInput<'a> {
    pub(crate) id: &'a str,
    pub(crate) to: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cart {
    pub(crate) id: String,
    pub(crate) session: String,
    pub(crate) mode: String,
    pub(crate) state: String,
    pub(crate) revision: u64,
    pub(crate) currency: String,
    pub(crate) decimals: u32,
    pub(crate) language: String,
    pub(crate) lines: Vec<CartLine>,
    pub(crate) sub_total: i64,
    pub(crate) shipping: Option<i64>,
    pub(crate) shipping_name: Option<String>,
    pub(crate) tax: Option<i64>,
    pub(crate) refused: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartLine {
    pub(crate) auxiliary_id: String,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) unit: String,
    pub(crate) unit_price: i64,
    pub(crate) line_price: i64,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
    pub(crate) image_url: Option<String>,
}

/// What a variant says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attributes {
    pub(crate) unspsc: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) manufacturer_part_id: Option<String>,
    pub(crate) lead_time_days: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ItemInput<'a> {
    pub(crate) sku: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) quantity: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SearchInput<'a> {
    pub(crate) text: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) after: Option<&'a str>,
    pub(crate) take: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Items {
    pub(crate) items: Vec<Item>,
    pub(crate) next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) decimals: u32,
    pub(crate) language: String,
    pub(crate) unit: String,
    pub(crate) unit_price: i64,
    pub(crate) list_price: i64,
    pub(crate) in_stock: Option<u32>,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderInput<'a> {
    pub(crate) reference: &'a str,
    pub(crate) account: &'a str,
    pub(crate) number: &'a str,
    pub(crate) currency: String,
    pub(crate) terms: Option<&'a str>,
    pub(crate) test: bool,
    pub(crate) ship_to: Option<AddressInput<'a>>,
    pub(crate) bill_to: Option<AddressInput<'a>>,
    /// Zero where the purchase order states none.
    pub(crate) freight: String,
    pub(crate) comments: Vec<String>,
    pub(crate) lines: Vec<OrderLineInput<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderLineInput<'a> {
    pub(crate) line: u32,
    pub(crate) sku: &'a str,
    pub(crate) quantity: String,
    pub(crate) unit: &'a str,
    pub(crate) unit_price: String,
    pub(crate) price_basis: Option<String>,
    pub(crate) auxiliary_id: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Placement {
    pub(crate) outcome: String,
    pub(crate) order: Option<Order>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) field: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Cancellation {
    pub(crate) outcome: String,
    pub(crate) order: Option<Order>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) reference: String,
    pub(crate) number: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) state: String,
    pub(crate) created_at: String,
    pub(crate) currency: String,
    pub(crate) decimals: u32,
    pub(crate) sub_total: i64,
    pub(crate) payment: String,
    pub(crate) lines: Vec<OrderLine>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OrderLine {
    pub(crate) line: u32,
    pub(crate) sku: String,
    pub(crate) unit: String,
    pub(crate) ordered: u32,
    pub(crate) shipped: u32,
    pub(crate) cancelled: u32,
}
