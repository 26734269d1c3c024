//! A feed: which files it has, how they are written, what they must keep to.

use encoding_rs::Encoding;
use jiff::SignedDuration;
use punchgate_connector::documents::DocumentKind;

use crate::{cell::Style, columns::Columns, pattern::Pattern, rows::Format};

/// Fields of customers.
pub(crate) const CUSTOMER: &[&str] = &[
    "key",
    "code",
    "name",
    "active",
    "currency",
    "payer",
    "head_office",
    "terms",
    "terms_label",
    "terms_days",
    "terms_prepaid",
    "credit_limit",
    "hold",
    "hold_text",
    "changed_at",
    "changed_by",
    "open_items",
    "open_orders",
    "overdue",
    "oldest_due",
    "as_of",
    "deleted",
];
/// Fields of holds.
pub(crate) const HOLD: &[&str] = &[
    "customer",
    "id",
    "code",
    "removes",
    "text",
    "accounts_payable_text",
    "shopper_text",
    "since",
    "until",
    "placed_by",
    "deleted",
];
/// Fields of exposure.
pub(crate) const EXPOSURE: &[&str] = &[
    "customer",
    "currency",
    "open_items",
    "open_orders",
    "overdue",
    "oldest_due",
    "as_of",
    "deleted",
];
/// Fields of prices.
pub(crate) const PRICE: &[&str] = &[
    "customer",
    "part_id",
    "unit",
    "currency",
    "price",
    "price_basis",
    "minimum_quantity",
    "valid_from",
    "valid_until",
    "deleted",
];
/// Fields of documents; each kind uses some of them.
pub(crate) const DOCUMENT: &[&str] = &[
    "document_id",
    "number",
    "order_id",
    "reference",
    "purchase_order_number",
    "customer",
    "issued_at",
    "currency",
    "outcome",
    "state",
    "code",
    "message",
    "line_number",
    "part_id",
    "quantity",
    "unit",
    "line_status",
    "unit_price",
    "price_basis",
    "delivery_date",
    "line_message",
    "shipped_at",
    "carrier",
    "tracking_number",
    "tracking_url",
    "lot",
    "serial_number",
    "invoice_date",
    "due_date",
    "net",
    "tax",
    "shipping",
    "total",
    "line_net",
    "line_tax",
    "description",
    "invoice_document_id",
    "amount",
    "allocated",
    "paid_at",
];

/// What a feed tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedKind {
    Customers,
    Holds,
    Exposure,
    Prices,
    Documents(DocumentKind),
}

impl FeedKind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Customers,
        Self::Holds,
        Self::Exposure,
        Self::Prices,
        Self::Documents(DocumentKind::Acknowledgement),
        Self::Documents(DocumentKind::Status),
        Self::Documents(DocumentKind::Shipment),
        Self::Documents(DocumentKind::Invoice),
        Self::Documents(DocumentKind::CreditMemo),
        Self::Documents(DocumentKind::Payment),
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Holds => "holds",
            Self::Exposure => "exposure",
            Self::Prices => "prices",
            Self::Documents(kind) => kind.as_str(),
        }
    }

    pub(crate) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Customers => CUSTOMER,
            Self::Holds => HOLD,
            Self::Exposure => EXPOSURE,
            Self::Prices => PRICE,
            Self::Documents(_) => DOCUMENT,
        }
    }
}

/// A feed of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) kind: FeedKind,
    /// Files with everything: what they lack is gone.
    pub(crate) full: Option<Pattern>,
    /// Files with what changed.
    pub(crate) delta: Option<Pattern>,
    pub(crate) format: Format,
    pub(crate) encoding: &'static Encoding,
    pub(crate) style: Style,
    pub(crate) columns: Columns,
    /// What a file's manifest has behind the file's name; none: a file counts under its final name.
    pub(crate) manifest: Option<String>,
    pub(crate) max_bytes: u64,
    pub(crate) max_shrink_percent: u32,
    pub(crate) max_bad_percent: u32,
    /// How long an export takes at most: so much before its file's time the ERP began to read.
    pub(crate) export_time: SignedDuration,
    /// An empty limit means that there is none; else that it is not known.
    pub(crate) empty_is_unlimited: bool,
}

/// Whether a file has everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Full,
    Delta,
}

impl Feed {
    /// Whether a name is one of this feed's files: its extent and sequence number.
    pub(crate) fn matches(&self, name: &str) -> Option<(Extent, Option<u64>)> {
        let full = self.full.as_ref().and_then(|pattern| pattern.matches(name));
        let delta = || self.delta.as_ref().and_then(|pattern| pattern.matches(name));
        full.map(|sequence| (Extent::Full, sequence))
            .or_else(|| delta().map(|sequence| (Extent::Delta, sequence)))
    }

    pub(crate) fn has_sequence(&self) -> bool {
        self.full.iter().chain(&self.delta).any(Pattern::has_sequence)
    }

    pub(crate) fn is_keyed(&self) -> bool {
        !matches!(self.kind, FeedKind::Documents(_))
    }

    pub(crate) fn name(&self) -> &'static str {
        self.kind.as_str()
    }
}
