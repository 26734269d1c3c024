//! The column sets that we know: what a view or staging table has, what it is called unless settings say otherwise. Pure.

use std::collections::BTreeMap;

use crate::dialect::{Dialect, Kind};

/// Whether a column must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// Always.
    Needed,
    /// Unless settings map it to nothing.
    Usual,
    /// Only if settings map it.
    Extra,
}

use Kind::{Date, Decimal, Flag, Number, Text, Timestamp};
use Presence::{Extra, Needed, Usual};

/// A column that we know.
#[derive(Debug)]
pub(crate) struct Known {
    name: &'static str,
    kind: Kind,
    presence: Presence,
}

/// A view or table that we know.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Known],
}

const fn column(name: &'static str, kind: Kind, presence: Presence) -> Known {
    Known { name, kind, presence }
}

/// Customers, one row each.
pub(crate) const CUSTOMERS: Shape = Shape {
    name: "customers",
    columns: &[
        column("id", Text, Needed),
        column("modified", Timestamp, Needed),
        column("version", Text, Extra),
        column("deleted", Flag, Extra),
        column("code", Text, Usual),
        column("name", Text, Usual),
        column("active", Flag, Usual),
        column("currency", Text, Extra),
        column("payer", Text, Extra),
        column("head_office", Text, Extra),
        column("terms_code", Text, Usual),
        column("terms_label", Text, Usual),
        column("terms_net_days", Number, Usual),
        column("terms_prepaid", Flag, Extra),
        column("credit_limit", Decimal, Usual),
        column("hold_code", Text, Extra),
        column("hold_text", Text, Extra),
        column("changed_by", Text, Extra),
    ],
};

/// Holds, any number a customer.
pub(crate) const HOLDS: Shape = Shape {
    name: "holds",
    columns: &[
        column("id", Text, Needed),
        column("reference", Text, Extra),
        column("customer", Text, Needed),
        column("code", Text, Needed),
        column("removes", Text, Usual),
        column("internal", Text, Usual),
        column("accounts_payable", Text, Usual),
        column("shopper", Text, Usual),
        column("since", Timestamp, Needed),
        column("until", Timestamp, Usual),
        column("placed_by", Text, Usual),
    ],
};

/// Where holds are placed and released.
pub(crate) const HOLDS_WRITE: Shape = Shape {
    name: "holds_write",
    columns: &[
        column("id", Text, Needed),
        column("customer", Text, Needed),
        column("code", Text, Needed),
        column("removes", Text, Usual),
        column("internal", Text, Usual),
        column("accounts_payable", Text, Usual),
        column("shopper", Text, Usual),
        column("since", Timestamp, Needed),
        column("until", Timestamp, Usual),
        column("placed_by", Text, Usual),
    ],
};

/// What customers owe.
pub(crate) const EXPOSURE: Shape = Shape {
    name: "exposure",
    columns: &[
        column("customer", Text, Needed),
        column("open_items", Decimal, Needed),
        column("open_orders", Decimal, Usual),
        column("overdue", Decimal, Usual),
        column("oldest_due", Date, Usual),
        column("as_of", Timestamp, Extra),
        column("currency", Text, Extra),
    ],
};

/// Prices, of one customer or of all.
pub(crate) const PRICES: Shape = Shape {
    name: "prices",
    columns: &[
        column("customer", Text, Needed),
        column("part", Text, Needed),
        column("unit_price", Decimal, Needed),
        column("unit", Text, Usual),
        column("quantity_from", Decimal, Usual),
        column("price_basis", Decimal, Usual),
        column("valid_from", Date, Usual),
        column("valid_until", Date, Usual),
        column("currency", Text, Extra),
    ],
};

/// Documents, heads.
pub(crate) const DOCUMENTS: Shape = Shape {
    name: "documents",
    columns: &[
        column("id", Text, Needed),
        column("modified", Timestamp, Needed),
        column("kind", Text, Needed),
        column("customer", Text, Needed),
        column("issued_at", Timestamp, Needed),
        column("number", Text, Usual),
        column("reference", Text, Usual),
        column("purchase_order_number", Text, Usual),
        column("outcome", Text, Usual),
        column("state", Text, Usual),
        column("state_code", Text, Usual),
        column("message", Text, Usual),
        column("shipped_at", Timestamp, Usual),
        column("carrier", Text, Usual),
        column("tracking_numbers", Text, Usual),
        column("tracking_url", Text, Usual),
        column("delivery_date", Date, Usual),
        column("invoice_date", Date, Usual),
        column("due_date", Date, Usual),
        column("currency", Text, Extra),
        column("net", Decimal, Usual),
        column("tax", Decimal, Usual),
        column("shipping", Decimal, Usual),
        column("total", Decimal, Usual),
        column("invoice_id", Text, Usual),
        column("amount", Decimal, Usual),
        column("paid_at", Timestamp, Usual),
    ],
};

/// Documents, lines.
pub(crate) const DOCUMENT_LINES: Shape = Shape {
    name: "document_lines",
    columns: &[
        column("document", Text, Needed),
        column("position", Number, Needed),
        column("line_number", Number, Usual),
        column("part", Text, Usual),
        column("quantity", Decimal, Usual),
        column("unit", Text, Usual),
        column("status", Text, Usual),
        column("unit_price", Decimal, Usual),
        column("price_basis", Decimal, Usual),
        column("net", Decimal, Usual),
        column("tax", Decimal, Usual),
        column("description", Text, Usual),
        column("delivery_date", Date, Usual),
        column("message", Text, Usual),
        column("lot", Text, Usual),
        column("serial_numbers", Text, Usual),
        column("reference", Text, Extra),
        column("invoice_id", Text, Usual),
        column("amount", Decimal, Usual),
    ],
};

/// Staging table of orders.
pub(crate) const ORDERS: Shape = Shape {
    name: "orders",
    columns: &[
        column("reference", Text, Needed),
        column("customer", Text, Needed),
        column("purchase_order_number", Text, Needed),
        column("order_date", Date, Usual),
        column("requested_delivery", Date, Usual),
        column("currency", Text, Needed),
        column("total", Decimal, Usual),
        column("tax", Decimal, Usual),
        column("shipping", Decimal, Usual),
        column("terms", Text, Usual),
        column("test", Flag, Needed),
        column("contact_name", Text, Usual),
        column("contact_email", Text, Usual),
        column("contact_id", Text, Extra),
        column("comments", Text, Usual),
        column("ship_to_id", Text, Usual),
        column("ship_to_name", Text, Usual),
        column("ship_to_deliver_to", Text, Usual),
        column("ship_to_street", Text, Usual),
        column("ship_to_city", Text, Usual),
        column("ship_to_state", Text, Usual),
        column("ship_to_postal_code", Text, Usual),
        column("ship_to_country", Text, Usual),
        column("submitted_at", Timestamp, Needed),
        column("status", Text, Needed),
        column("status_code", Text, Usual),
        column("message", Text, Usual),
        column("order_number", Text, Usual),
        column("order_total", Decimal, Usual),
    ],
};

/// The columns of [`ORDERS`] that the ERP fills; we only read them.
pub(crate) const ORDER_ANSWER: &[&str] = &["status", "status_code", "message", "order_number", "order_total"];

/// Staging table of order lines.
pub(crate) const ORDER_LINES: Shape = Shape {
    name: "order_lines",
    columns: &[
        column("reference", Text, Needed),
        column("position", Number, Needed),
        column("line_number", Number, Needed),
        column("part", Text, Needed),
        column("quantity", Decimal, Needed),
        column("unit", Text, Needed),
        column("unit_price", Decimal, Needed),
        column("price_basis", Decimal, Usual),
        column("description", Text, Usual),
        column("auxiliary_id", Text, Usual),
        column("buyer_part", Text, Usual),
        column("requested_delivery", Date, Usual),
        column("comments", Text, Usual),
    ],
};

/// Staging table of what is asked for about orders.
pub(crate) const ORDER_REQUESTS: Shape = Shape {
    name: "order_requests",
    columns: &[
        column("id", Text, Needed),
        column("reference", Text, Needed),
        column("kind", Text, Needed),
        column("reason", Text, Usual),
        column("requested_at", Timestamp, Usual),
        column("status", Text, Needed),
        column("status_code", Text, Usual),
        column("message", Text, Usual),
    ],
};

/// Staging table of changes of customers.
pub(crate) const ACCOUNT_REQUESTS: Shape = Shape {
    name: "account_requests",
    columns: &[
        column("id", Text, Needed),
        column("customer", Text, Needed),
        column("expected_version", Text, Needed),
        column("terms_changed", Flag, Usual),
        column("terms_code", Text, Usual),
        column("limit_kind", Text, Usual),
        column("credit_limit", Decimal, Usual),
        column("place_holds", Text, Usual),
        column("release_holds", Text, Usual),
        column("reason", Text, Usual),
        column("actor", Text, Usual),
        column("requested_at", Timestamp, Usual),
        column("status", Text, Needed),
        column("status_field", Text, Usual),
        column("status_code", Text, Usual),
        column("message", Text, Usual),
        column("placed_as", Text, Extra),
    ],
};

/// The columns of both tables of requests that the ERP fills; we only read them.
pub(crate) const REQUEST_ANSWER: &[&str] = &["status", "status_field", "status_code", "message", "placed_as"];

/// The table of customers itself, or a view that can be written.
pub(crate) const CUSTOMERS_WRITE: Shape = Shape {
    name: "customers_write",
    columns: &[
        column("id", Text, Needed),
        column("version", Number, Needed),
        column("terms_code", Text, Usual),
        column("credit_limit", Decimal, Usual),
        column("changed_by", Text, Extra),
        column("change_reason", Text, Extra),
    ],
};

/// All of them.
pub(crate) const SHAPES: &[&Shape] = &[
    &CUSTOMERS,
    &HOLDS,
    &EXPOSURE,
    &PRICES,
    &DOCUMENTS,
    &DOCUMENT_LINES,
    &ORDERS,
    &ORDER_LINES,
    &ORDER_REQUESTS,
    &ACCOUNT_REQUESTS,
    &CUSTOMERS_WRITE,
    &HOLDS_WRITE,
];

/// A column as it is called over there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// As in settings, for people.
    pub(crate) name: String,
    pub(crate) quoted: String,
    pub(crate) kind: Kind,
}

/// A view or table as it is called over there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// As in settings, for people.
    pub(crate) name: String,
    pub(crate) quoted: String,
    columns: BTreeMap<&'static str, Column>,
}

/// A name that cannot be used: the key it stands at, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) column: Option<&'static str>,
    pub(crate) problem: String,
}

impl Table {
    /// A table of this shape. `mapped` says what a column is called (an empty text: it is not there), `number` whether it
    /// is a whole number over there.
    pub(crate) fn read<'m>(
        dialect: Dialect,
        shape: &Shape,
        name: &str,
        mapped: impl Fn(&str) -> Option<&'m str>,
        number: impl Fn(&str) -> bool,
    ) -> Result<Self, Unusable> {
        let unusable = |column, problem: String| Unusable { column, problem };
        let quoted = dialect
            .quoted_table(name)
            .ok_or_else(|| unusable(None, format!("'{name}' is not the name of a table")))?;
        let mut columns = BTreeMap::new();
        for known in shape.columns {
            let stated = mapped(known.name);
            let name = match (stated, known.presence) {
                (Some(""), Needed) => {
                    return Err(unusable(Some(known.name), "cannot be done without".to_owned()));
                }
                (Some(""), _) | (None, Extra) => continue,
                (Some(stated), _) => stated,
                (None, Needed | Usual) => known.name,
            };
            let quoted = dialect
                .quoted(name, 1)
                .ok_or_else(|| unusable(Some(known.name), format!("'{name}' is not the name of a column")))?;
            let kind = if number(known.name) { Number } else { known.kind };
            columns.insert(
                known.name,
                Column {
                    name: name.to_owned(),
                    quoted,
                    kind,
                },
            );
        }
        Ok(Self {
            name: name.to_owned(),
            quoted,
            columns,
        })
    }

    /// A column, if it is mapped.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }

    /// A column that the shape calls needed.
    pub(crate) fn needed(&self, name: &str) -> Column {
        self.columns.get(name).cloned().unwrap_or_else(|| Column {
            name: name.to_owned(),
            quoted: name.to_owned(),
            kind: Text,
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static str, &Column)> {
        self.columns.iter().map(|(name, column)| (*name, column))
    }
}

impl Shape {
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|known| known.name)
    }
}
