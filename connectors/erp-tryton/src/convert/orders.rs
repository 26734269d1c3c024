//! What an order writes into Tryton. Pure.

use punchgate_connector::{
    error::FieldProblem,
    orders::{OrderSubmission, Refusal},
    published::{Mismatch, order::REFERENCE_LENGTH},
};
use punchgate_domain::{
    purchase_order::{OrderLine, PurchaseOrder},
    quantity::Quantity,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    id,
    ship_to::{self, TrytonAddress},
    units::{self, TrytonUnit},
};
use crate::{
    config::Settings,
    wire::{self, Row},
};

/// Stands at the beginning of the comment of a test order.
pub(crate) const TEST_MARK: &str = "TEST ORDER, NOT TO BE DELIVERED";

/// The customer of an order.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    pub(crate) id: i64,
    pub(crate) addresses: Vec<TrytonAddress>,
    terms: Option<i64>,
    price_list: Option<i64>,
    /// A rule turns the taxes of products into others; only Tryton knows which.
    pub(crate) has_tax_rule: bool,
}

/// The fields of a party that an order needs.
pub(crate) fn buyer_fields(settings: &Settings) -> Vec<String> {
    let mut fields = super::names(["active", "customer_tax_rule"]);
    fields.extend(super::names(ship_to::FIELDS));
    fields.extend(settings.fields.terms.clone());
    fields.extend(settings.fields.price_list.clone());
    fields
}

/// Reads the customer of an order; none if it may not trade.
pub(crate) fn buyer(settings: &Settings, row: Row<'_>) -> Result<Option<Buyer>, Mismatch> {
    super::in_record("party", row, |row| {
        if !row.flag("active")? {
            return Ok(None);
        }
        let mut addresses = Vec::new();
        for one in row.related_rows("addresses")? {
            addresses.extend(ship_to::address(one)?);
        }
        let optional = |field: &Option<String>| field.as_deref().map_or(Ok(None), |field| row.integer(field));
        Ok(Some(Buyer {
            id: row.id("id")?,
            addresses,
            terms: optional(&settings.fields.terms)?,
            price_list: optional(&settings.fields.price_list)?,
            has_tax_rule: row.integer("customer_tax_rule")?.is_some(),
        }))
    })
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) salable: bool,
    pub(crate) unit_category: i64,
    taxes: Vec<i64>,
}

/// The fields of a product.
pub(crate) const PRODUCT_FIELDS: [&str; 4] = [
    "code",
    "salable",
    "sale_uom.category",
    "template.account_category.customer_taxes_used",
];

/// Reads a product; none if it cannot be sold at all.
pub(crate) fn product(row: Row<'_>) -> Result<Option<Product>, Mismatch> {
    super::in_record("product", row, |row| {
        let Some(unit) = row.related("sale_uom") else {
            return Ok(None);
        };
        let category = row
            .related("template")
            .and_then(|template| template.related("account_category"));
        Ok(Some(Product {
            id: row.id("id")?,
            code: row.required_text("code")?,
            salable: row.flag("salable")?,
            unit_category: unit.id("category")?,
            taxes: category.map_or(Ok(Vec::new()), |category| {
                category.related_ids("customer_taxes_used")
            })?,
        }))
    })
}

/// What an order needs of Tryton's records.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) buyer: Buyer,
    pub(crate) products: Vec<Product>,
    pub(crate) units: Vec<TrytonUnit>,
    pub(crate) currency: i64,
    pub(crate) shipment_address: Option<i64>,
}

fn refused(code: &str, message: String, field: String) -> Refusal {
    Refusal {
        code: code.to_owned(),
        fields: vec![FieldProblem {
            field,
            code: None,
            message: Some(message.clone()),
        }],
        message,
    }
}

/// What can be said of an order before anything is read.
pub(crate) fn preflight(submission: &OrderSubmission) -> Result<(), Refusal> {
    let length = submission.reference.chars().count();
    if length == 0 || length > REFERENCE_LENGTH {
        let message = format!("the reference has {length} characters, 1 to {REFERENCE_LENGTH} are possible");
        return Err(refused("other", message, "reference".to_owned()));
    }
    let currency = submission.order.total.currency();
    let other = submission
        .order
        .lines
        .iter()
        .find(|line| line.unit_price.currency() != currency);
    if let Some(line) = other {
        let message = format!(
            "line {} is in {}, the order in {currency}",
            line.line_number,
            line.unit_price.currency()
        );
        return Err(refused("price", message, field(line, "unit_price")));
    }
    if submission.order.lines.is_empty() {
        return Err(refused(
            "item",
            "the order has no lines".to_owned(),
            "lines".to_owned(),
        ));
    }
    Ok(())
}

fn field(line: &OrderLine, name: &str) -> String {
    format!("lines[{}].{name}", line.line_number)
}

/// The values of a sale.
pub(crate) fn sale_values(
    settings: &Settings,
    submission: &OrderSubmission,
    records: &Records,
) -> Result<Value, Refusal> {
    let order = &submission.order;
    let mut lines = Vec::with_capacity(order.lines.len());
    let mut ordered = Vec::with_capacity(order.lines.len());
    for line in &order.lines {
        let (values, price) = line_values(settings, line, records)?;
        lines.push(values);
        ordered.push(json!({
            "line": line.line_number, "part": line.part_id, "quantity": line.quantity.value().normalize().to_string(),
            "price": price.normalize().to_string(), "unit": line.unit.as_str(),
        }));
    }
    let terms = match submission.terms.as_deref() {
        None => records.buyer.terms,
        Some(code) => Some(id(code).ok_or_else(|| {
            let message = format!("'{code}' is not the id of a payment term in Tryton");
            refused("other", message, "terms".to_owned())
        })?),
    };
    let Some(invoice_address) = ship_to::for_invoices(&records.buyer.addresses) else {
        let message = "the customer has no address in Tryton".to_owned();
        return Err(refused("address", message, "bill_to".to_owned()));
    };
    let mut values = Map::new();
    let mut set = |field: &str, value: Value| drop(values.insert(field.to_owned(), value));
    set("company", json!(settings.company));
    set("currency", json!(records.currency));
    set("party", json!(records.buyer.id));
    set("reference", json!(order.order_number));
    set(&settings.fields.order_reference, json!(submission.reference));
    set("sale_date", wire::date(order.order_date.date));
    set("payment_term", json!(terms));
    set("invoice_address", json!(invoice_address));
    set(
        "shipment_address",
        json!(
            records
                .shipment_address
                .or_else(|| ship_to::for_deliveries(&records.buyer.addresses))
        ),
    );
    set("comment", json!(comment(submission)));
    set("lines", json!([["create", lines]]));
    if settings.fields.price_list.is_some() {
        set("price_list", json!(records.buyer.price_list));
    }
    if settings.module {
        set("punchgate_ordered", json!(Value::Array(ordered).to_string()));
    }
    Ok(Value::Object(values))
}

fn line_values(
    settings: &Settings,
    line: &OrderLine,
    records: &Records,
) -> Result<(Value, Decimal), Refusal> {
    let Some(product) = records
        .products
        .iter()
        .find(|product| product.code == line.part_id)
    else {
        let message = format!(
            "line {}: Tryton has no product with the code '{}'",
            line.line_number, line.part_id
        );
        return Err(refused("item", message, field(line, "part_id")));
    };
    if !product.salable {
        let message = format!("line {}: '{}' is not sold", line.line_number, line.part_id);
        return Err(refused("item", message, field(line, "part_id")));
    }
    let Some(unit) = units::find(&settings.units, &records.units, &line.unit) else {
        let message = format!(
            "line {}: the unit '{}' is none of Tryton's; state it in settings.units",
            line.line_number,
            line.unit.as_str()
        );
        return Err(refused("item", message, field(line, "unit")));
    };
    if unit.category != product.unit_category {
        let message = format!(
            "line {}: '{}' is not sold by the {}",
            line.line_number, line.part_id, unit.name
        );
        return Err(refused("item", message, field(line, "unit")));
    }
    let Some(price) = unit_price(line) else {
        let message = format!(
            "line {}: the price of one {} has no end of digits",
            line.line_number, unit.name
        );
        return Err(refused("price", message, field(line, "unit_price")));
    };
    let mut values = Map::new();
    let mut set = |field: &str, value: Value| drop(values.insert(field.to_owned(), value));
    set("type", json!("line"));
    set("product", json!(product.id));
    set("quantity", wire::number(line.quantity.value()));
    set("unit", json!(unit.id));
    set("unit_price", wire::decimal(price));
    set("description", json!(line.description));
    set("note", json!(line_note(line)));
    set("taxes", json!([["add", product.taxes]]));
    set("sequence", json!(line.line_number));
    set(&settings.fields.line_number, json!(line.line_number));
    Ok((Value::Object(values), price))
}

/// More digits than any price has: a quotient with more has no end.
const PRICE_DIGITS: u32 = 12;

/// The price of one unit of Tryton: price × factor ÷ basis, if that has an end.
fn unit_price(line: &OrderLine) -> Option<Decimal> {
    let value = |quantity: &Option<Quantity>| quantity.as_ref().map_or(Decimal::ONE, Quantity::value);
    let (basis, factor) = (value(&line.price_basis), value(&line.price_basis_factor));
    let price = line
        .unit_price
        .value()
        .checked_mul(factor)?
        .checked_div(basis)?
        .normalize();
    (price.scale() <= PRICE_DIGITS).then_some(price)
}

fn line_note(line: &OrderLine) -> Option<String> {
    let mut said = line.comments.clone();
    if let Some(date) = &line.requested_delivery {
        said.push(format!("Requested delivery: {}", date.text));
    }
    if let Some(part) = &line.buyer_part_id {
        said.push(format!("Buyer's part: {part}"));
    }
    (!said.is_empty()).then(|| said.join("\n"))
}

/// What has no field of its own.
fn comment(submission: &OrderSubmission) -> Option<String> {
    let order: &PurchaseOrder = &submission.order;
    let mut said = Vec::new();
    if submission.test {
        said.push(TEST_MARK.to_owned());
    }
    said.extend(order.comments.iter().cloned());
    if let Some(date) = &order.requested_delivery {
        said.push(format!("Requested delivery: {}", date.text));
    }
    for contact in &order.contacts {
        let email = contact
            .email
            .as_deref()
            .map(|email| format!(" <{email}>"))
            .unwrap_or_default();
        said.push(format!("Contact: {}{email}", contact.name));
    }
    for (name, charge) in [("Freight", &order.shipping), ("Tax", &order.tax)] {
        if let Some(charge) = charge {
            said.push(format!("{name} of the order: {}", charge.amount));
        }
    }
    (!said.is_empty()).then(|| said.join("\n"))
}

#[cfg(test)]
mod tests;
