//! Shipments as documents, and which sale a line of a document belongs to. Pure.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use punchgate_connector::{
    documents::{DocumentContent, ErpDocument, Shipment, ShipmentLine},
    published::Mismatch,
};
use punchgate_domain::{Instant, purchase_order::Address};

use super::{
    in_record, names,
    sales::{self, Ordered},
};
use crate::{config::Settings, wire::Row};

/// A line of a sale of ours, by which a line of another document finds its order.
#[derive(Clone, Debug)]
pub(crate) struct SaleLine {
    pub(crate) number: u32,
    pub(crate) sale: Sale,
    pub(crate) ordered: Vec<Ordered>,
}

/// A sale of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sale {
    pub(crate) id: i64,
    pub(crate) reference: String,
    pub(crate) order_number: Option<String>,
    pub(crate) customer: i64,
}

/// The lines of sales by their ids.
pub(crate) type SaleLines = BTreeMap<i64, SaleLine>;

/// The fields of a sale's line that tell whose it is.
pub(crate) fn sale_line_fields(settings: &Settings) -> Vec<String> {
    let map = &settings.fields;
    let mut fields = vec![
        map.line_number.clone(),
        format!("sale.{}", map.order_reference),
        "sale.reference".to_owned(),
        "sale.party".to_owned(),
    ];
    if settings.module {
        fields.push("sale.punchgate_ordered".to_owned());
    }
    fields
}

/// Reads lines of sales; only ours, and only those that the buyer ordered.
pub(crate) fn sale_lines(settings: &Settings, rows: &[Row<'_>]) -> Result<SaleLines, Mismatch> {
    let mut lines = SaleLines::new();
    for row in rows {
        let read = in_record("sale line", *row, |row| {
            let number = row.integer(&settings.fields.line_number)?;
            let (Some(number), Some(sale)) =
                (number.and_then(|n| u32::try_from(n).ok()), row.related("sale"))
            else {
                return Ok(None);
            };
            let Some(reference) = sale.text(&settings.fields.order_reference)? else {
                return Ok(None);
            };
            Ok(Some(SaleLine {
                number,
                ordered: sales::ordered(settings, sale)?,
                sale: Sale {
                    id: sale.id("id")?,
                    reference,
                    order_number: sale.text("reference")?,
                    customer: sale.id("party")?,
                },
            }))
        })?;
        if let Some(line) = read {
            lines.insert(row.id("id")?, line);
        }
    }
    Ok(lines)
}

/// The fields of a shipment.
pub(crate) fn shipment_fields() -> Vec<String> {
    names([
        "number",
        "effective_date",
        "write_date",
        "create_date",
        "delivery_address.party_name",
        "delivery_address.street",
        "delivery_address.city",
        "delivery_address.postal_code",
        "delivery_address.country.code",
        "outgoing_moves.product.code",
        "outgoing_moves.quantity",
        "outgoing_moves.unit.name",
        "outgoing_moves.origin",
        "outgoing_moves.state",
    ])
}

/// The lines of sales that shipments carry out.
pub(crate) fn shipped_lines(rows: &[Row<'_>]) -> Result<Vec<i64>, Mismatch> {
    let mut ids = Vec::new();
    for row in rows {
        for one in row.related_rows("outgoing_moves")? {
            ids.extend(one.reference("origin", "sale.line")?);
        }
    }
    Ok(ids)
}

/// A shipment as documents: one for each order in it.
pub(crate) fn shipments(
    settings: &Settings,
    lines: &SaleLines,
    row: Row<'_>,
) -> Result<Vec<ErpDocument>, Mismatch> {
    in_record("shipment", row, |row| {
        let mut by_sale: BTreeMap<&Sale, Vec<ShipmentLine>> = BTreeMap::new();
        for one in row.related_rows("outgoing_moves")? {
            let origin = one.reference("origin", "sale.line")?;
            let Some(line) = origin.and_then(|id| lines.get(&id)) else {
                continue;
            };
            if one.text("state")?.as_deref() != Some("done") {
                continue;
            }
            let product = one
                .related("product")
                .map_or(Ok(None), |product| product.text("code"))?;
            by_sale.entry(&line.sale).or_default().push(ShipmentLine {
                line_number: line.number,
                part_id: product.unwrap_or_default(),
                quantity: one.quantity("quantity")?,
                unit: sales::unit(settings, one, line.number, &line.ordered)?,
                lot: None,
                serial_numbers: Vec::new(),
            });
        }
        let id = row.id("id")?;
        let shipped_at = match row.date("effective_date")? {
            Some(date) => start_of(date)?,
            None => row.changed_at()?,
        };
        let ship_to = row.related("delivery_address").map(address).transpose()?;
        by_sale
            .into_iter()
            .map(|(sale, lines)| {
                Ok(ErpDocument {
                    document_id: format!("shipment-{id}-{}", sale.id),
                    number: row.text("number")?,
                    order_id: Some(sale.id.to_string()),
                    reference: Some(sale.reference.clone()),
                    purchase_order_number: sale.order_number.clone(),
                    customer: sale.customer.to_string(),
                    issued_at: shipped_at,
                    content: DocumentContent::Shipment(Shipment {
                        shipped_at,
                        carrier: None,
                        tracking_numbers: Vec::new(),
                        tracking_url: None,
                        delivery_date: None,
                        ship_to: ship_to.clone(),
                        lines,
                    }),
                })
            })
            .collect()
    })
}

fn address(row: Row<'_>) -> Result<Address, Mismatch> {
    let street = row.text("street")?.unwrap_or_default();
    Ok(Address {
        name: row.text("party_name")?.unwrap_or_default(),
        street: street.lines().map(str::to_owned).collect(),
        city: row.text("city")?.unwrap_or_default(),
        postal_code: row.text("postal_code")?,
        country_code: row
            .related("country")
            .map_or(Ok(None), |country| country.text("code"))?,
        ..Address::default()
    })
}

/// Tryton's days have no time: the day's beginning in UTC.
pub(crate) fn start_of(date: Date) -> Result<Instant, Mismatch> {
    date.to_zoned(TimeZone::UTC)
        .map(|at| at.timestamp())
        .map_err(|error| Mismatch::new("date", error))
}

#[cfg(test)]
pub(crate) mod tests;
