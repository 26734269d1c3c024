//! Sales as orders of the sink, and as the documents that tell of them. Pure.

use punchgate_connector::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
        DocumentKind, ErpDocument,
    },
    orders::{PlacedOrder, PlacedState},
    published::Mismatch,
};
use punchgate_domain::quantity::{Quantity, Unit};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{in_record, names, orders::TEST_MARK, units};
use crate::{
    config::{Settings, Target},
    wire::Row,
};

/// The field of the module that says which change was the last.
const REVISION: &str = "punchgate_revision";

/// The fields of a sale that make an order.
pub(crate) fn fields(settings: &Settings) -> Vec<String> {
    let mut fields = names([
        "number",
        "reference",
        "party",
        "state",
        "comment",
        "untaxed_amount",
        "currency.code",
        "create_date",
        "write_date",
    ]);
    fields.push(settings.fields.order_reference.clone());
    if settings.module {
        fields.push(REVISION.to_owned());
    }
    fields
}

/// The fields of a sale that make its documents.
pub(crate) fn document_fields(settings: &Settings) -> Vec<String> {
    let mut fields = fields(settings);
    fields.extend(names([
        "invoice_state",
        "shipment_state",
        "lines.type",
        "lines.product.code",
        "lines.quantity",
        "lines.unit.name",
        "lines.unit_price",
    ]));
    fields.push(format!("lines.{}", settings.fields.line_number));
    if settings.module {
        fields.push("punchgate_ordered".to_owned());
    }
    fields
}

/// A sale of ours as an order.
pub(crate) fn placed(settings: &Settings, row: Row<'_>) -> Result<PlacedOrder, Mismatch> {
    in_record("sale", row, |row| {
        let reference = row.required_text(&settings.fields.order_reference)?;
        order(settings, row, reference)
    })
}

/// A sale as an order, whoever entered it: the field of our reference may be empty, or hold what others keep there.
pub(crate) fn placed_by_anybody(settings: &Settings, row: Row<'_>) -> Result<PlacedOrder, Mismatch> {
    in_record("sale", row, |row| {
        let reference = row.text(&settings.fields.order_reference)?;
        order(settings, row, reference.unwrap_or_default())
    })
}

fn order(settings: &Settings, row: Row<'_>, reference: String) -> Result<PlacedOrder, Mismatch> {
    let id = row.id("id")?;
    let currency = row.currency("currency")?;
    Ok(PlacedOrder {
        order_id: id.to_string(),
        order_number: row.text("number")?.unwrap_or_else(|| format!("#{id}")),
        reference,
        purchase_order_number: row.text("reference")?,
        customer: row.id("party")?.to_string(),
        state: state(settings, row)?,
        total: Some(row.amount("untaxed_amount", currency)?),
        created_at: row
            .instant("create_date")?
            .ok_or_else(|| Mismatch::new("create_date", "is missing"))?,
        revision: match settings.module {
            true => row
                .integer(REVISION)?
                .and_then(|revision| u32::try_from(revision).ok()),
            false => None,
        },
    })
}

/// A sale that should be confirmed and is not is held: by a rule that refused it, or because the connection broke
/// before. A person in Tryton carries on.
fn state(settings: &Settings, row: Row<'_>) -> Result<PlacedState, Mismatch> {
    let state = row.required_text("state")?;
    Ok(match state.as_str() {
        "draft" | "quotation" if is_left_to_a_person(settings, row)? => PlacedState::Draft,
        "draft" | "quotation" => PlacedState::OnHold {
            code: "not_confirmed".to_owned(),
            message: format!("the sale is a {state} in Tryton and must be confirmed there"),
        },
        "confirmed" | "processing" => PlacedState::Open,
        "done" => PlacedState::Completed,
        "cancelled" => PlacedState::Cancelled,
        other => {
            let known = "draft, quotation, confirmed, processing, done, cancelled";
            return Err(Mismatch::new("state", format!("'{other}' is none of {known}")));
        }
    })
}

fn is_left_to_a_person(settings: &Settings, row: Row<'_>) -> Result<bool, Mismatch> {
    let test = row
        .text("comment")?
        .is_some_and(|comment| comment.starts_with(TEST_MARK));
    Ok(test || settings.target != Target::Confirmed)
}

/// The documents that tell of a sale as it is: its state, and once it is confirmed what was promised.
pub(crate) fn documents(
    settings: &Settings,
    kinds: &[DocumentKind],
    row: Row<'_>,
) -> Result<Vec<ErpDocument>, Mismatch> {
    let order = placed(settings, row)?;
    in_record("sale", row, |row| {
        let text = |field| Ok::<_, Mismatch>(row.text(field)?.unwrap_or_else(|| "none".to_owned()));
        let (state, invoices, shipments) = (text("state")?, text("invoice_state")?, text("shipment_state")?);
        let issued_at = row.changed_at()?;
        let document = |document_id: String, content| ErpDocument {
            document_id,
            number: Some(order.order_number.clone()),
            order_id: Some(order.order_id.clone()),
            reference: Some(order.reference.clone()),
            purchase_order_number: order.purchase_order_number.clone(),
            customer: order.customer.clone(),
            issued_at,
            content,
        };
        let mut documents = Vec::new();
        let promised = matches!(state.as_str(), "confirmed" | "processing" | "done");
        if promised && settings.module && kinds.contains(&DocumentKind::Acknowledgement) {
            let content = DocumentContent::Acknowledgement(acknowledgement(settings, row)?);
            // A document never changes: of a sale that was changed there is another one.
            let again = order.revision.map(|revision| format!("-{revision}"));
            let again = again.unwrap_or_default();
            documents.push(document(
                format!("sale-{}-acknowledgement{again}", order.order_id),
                content,
            ));
        }
        if kinds.contains(&DocumentKind::Status) {
            let message = format!("Tryton: {state}, invoices {invoices}, shipments {shipments}");
            let content = DocumentContent::Status {
                state: order.state.clone(),
                message: Some(message),
            };
            // With the sale's stamp: a state that comes back is told again, and a known id would be passed over. So a
            // change of something else, a comment, tells the same state once more; the overlap brings no stamp of its own.
            let id = format!(
                "sale-{}-{state}-{invoices}-{shipments}-{}",
                order.order_id,
                issued_at.as_microsecond()
            );
            documents.push(document(id, content));
        }
        Ok(documents)
    })
}

/// A line as it was ordered, kept with the sale.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ordered {
    line: u32,
    part: String,
    quantity: String,
    price: String,
    unit: String,
}

/// The lines as they were ordered; none where our module is not installed.
pub(crate) fn ordered(settings: &Settings, sale: Row<'_>) -> Result<Vec<Ordered>, Mismatch> {
    if !settings.module {
        return Ok(Vec::new());
    }
    sale.text("punchgate_ordered")?.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(&text).map_err(|error| Mismatch::new("punchgate_ordered", error))
    })
}

/// What is promised beside what was ordered.
fn acknowledgement(settings: &Settings, row: Row<'_>) -> Result<Acknowledgement, Mismatch> {
    let ordered = ordered(settings, row)?;
    let currency = row.currency("currency")?;
    let mut lines = Vec::new();
    let mut changed = false;
    for line in row.related_rows("lines")? {
        let Some((number, product)) = numbered(settings, line)? else {
            continue;
        };
        let quantity = line.quantity("quantity")?;
        let price = line.amount("unit_price", currency)?;
        let wanted = ordered.iter().find(|ordered| ordered.line == number);
        let same = |text: &str, value: Decimal| text.parse() == Ok(value);
        let as_ordered = wanted.is_some_and(|wanted| {
            same(&wanted.quantity, quantity.value())
                && same(&wanted.price, price.value())
                && wanted.part == product
        });
        changed |= !as_ordered;
        lines.push(AcknowledgementLine {
            line_number: number,
            part_id: product,
            quantity,
            unit: unit(settings, line, number, &ordered)?,
            status: AcknowledgementStatus::Accepted,
            unit_price: (!as_ordered).then_some(price),
            delivery_date: None,
            message: None,
        });
    }
    for missing in &ordered {
        if lines.iter().all(|line| line.line_number != missing.line) {
            changed = true;
            lines.push(rejected(missing)?);
        }
    }
    Ok(Acknowledgement {
        outcome: if changed {
            AcknowledgementOutcome::Changed
        } else {
            AcknowledgementOutcome::Accepted
        },
        message: None,
        lines,
    })
}

/// A line that somebody took out of the sale.
fn rejected(line: &Ordered) -> Result<AcknowledgementLine, Mismatch> {
    Ok(AcknowledgementLine {
        line_number: line.line,
        part_id: line.part.clone(),
        quantity: Quantity::parse(&line.quantity)
            .map_err(|error| Mismatch::new("punchgate_ordered", error))?,
        unit: Unit::new(&line.unit),
        status: AcknowledgementStatus::Rejected,
        unit_price: None,
        delivery_date: None,
        message: None,
    })
}

/// The buyer's number and the part of a line; none for titles and for lines that the buyer did not order.
pub(crate) fn numbered(settings: &Settings, line: Row<'_>) -> Result<Option<(u32, String)>, Mismatch> {
    let number = line
        .integer(&settings.fields.line_number)?
        .and_then(|number| u32::try_from(number).ok());
    let product = line
        .related("product")
        .map_or(Ok(None), |product| product.text("code"))?;
    Ok(number.zip(product))
}

/// The unit of a line: in the code in which it was ordered, as long as that means the same unit.
pub(crate) fn unit(
    settings: &Settings,
    line: Row<'_>,
    number: u32,
    ordered: &[Ordered],
) -> Result<Unit, Mismatch> {
    let name = line.related("unit").map_or(Ok(None), |unit| unit.text("name"))?;
    let name = name.as_deref().unwrap_or("Unit");
    let asked = ordered.iter().find(|ordered| ordered.line == number);
    Ok(
        match asked.filter(|asked| units::means(&settings.units, &asked.unit, name)) {
            Some(asked) => Unit::new(&asked.unit),
            None => units::code(&settings.units, name),
        },
    )
}

#[cfg(test)]
mod tests;
