//! Orders into staging rows, and what the ERP's process wrote beside them.

use punchgate_connector::{
    orders::{OrderSubmission, PlacedOrder, PlacedState, Refusal},
    published::Mismatch,
};
use punchgate_domain::{Instant, purchase_order::OrderLine};

use super::timestamp;
use crate::{
    config::{OrderState, Settings},
    dialect::Dialect,
    row::Row,
    statement::Values,
};

/// What stands between several values in one column.
const BETWEEN: &str = "\n";

/// The head of an order.
pub(crate) fn head(
    dialect: Dialect,
    settings: &Settings,
    submission: &OrderSubmission,
    now: Instant,
) -> Values {
    let order = &submission.order;
    let mut values = Values::default();
    values.set("reference", submission.reference.clone());
    values.set("customer", submission.customer.clone());
    values.set("purchase_order_number", order.order_number.clone());
    values.set("order_date", order.order_date.date.to_string());
    let requested = order
        .requested_delivery
        .as_ref()
        .map(|stated| stated.date.to_string());
    values.set_optional("requested_delivery", requested);
    values.set("currency", order.total.currency().as_str());
    values.set("total", order.total.value().to_string());
    values.set_optional(
        "tax",
        order.tax.as_ref().map(|tax| tax.amount.value().to_string()),
    );
    let shipping = order
        .shipping
        .as_ref()
        .map(|shipping| shipping.amount.value().to_string());
    values.set_optional("shipping", shipping);
    values.set_optional("terms", submission.terms.clone());
    values.flag("test", submission.test);
    let contact = order.contacts.first();
    values.set_optional("contact_name", contact.map(|contact| contact.name.clone()));
    values.set_optional("contact_email", contact.and_then(|contact| contact.email.clone()));
    values.set_optional("contact_id", submission.contact.clone());
    values.set_optional("comments", joined(&order.comments));
    if let Some(ship_to) = &order.ship_to {
        values.set_optional("ship_to_id", ship_to.address_id.clone());
        values.set("ship_to_name", ship_to.name.clone());
        values.set_optional("ship_to_deliver_to", joined(&ship_to.deliver_to));
        values.set_optional("ship_to_street", joined(&ship_to.street));
        values.set("ship_to_city", ship_to.city.clone());
        values.set_optional("ship_to_state", ship_to.state.clone());
        values.set_optional("ship_to_postal_code", ship_to.postal_code.clone());
        values.set_optional("ship_to_country", ship_to.country_code.clone());
    }
    values.set("submitted_at", timestamp(dialect, &settings.zone, now));
    values
}

/// A line of an order, at its place.
pub(crate) fn line(reference: &str, position: usize, line: &OrderLine) -> Values {
    let mut values = Values::default();
    values.set("reference", reference);
    values.set("position", (position + 1).to_string());
    values.set("line_number", line.line_number.to_string());
    values.set("part", line.part_id.clone());
    values.set("quantity", line.quantity.value().to_string());
    values.set("unit", line.unit.as_str());
    values.set("unit_price", line.unit_price.value().to_string());
    let basis = line.price_basis.as_ref().map(|basis| basis.value().to_string());
    values.set_optional("price_basis", basis);
    values.set("description", line.description.clone());
    values.set_optional("auxiliary_id", line.auxiliary_id.clone());
    values.set_optional("buyer_part", line.buyer_part_id.clone());
    let requested = line
        .requested_delivery
        .as_ref()
        .map(|stated| stated.date.to_string());
    values.set_optional("requested_delivery", requested);
    values.set_optional("comments", joined(&line.comments));
    values
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(BETWEEN))
}

/// What a staging row is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) order: PlacedOrder,
    /// Whether the ERP's process has taken it up.
    pub(crate) taken: bool,
    /// Why the ERP rejected it, if it did.
    pub(crate) rejected: Option<Refusal>,
}

/// Reads a staging row.
pub(crate) fn staged(settings: &Settings, row: &Row) -> Result<Staged, Mismatch> {
    read_staged(settings, row)
        .map_err(|mismatch| mismatch.inside(format_args!("order {}", row.key("reference"))))
}

fn read_staged(settings: &Settings, row: &Row) -> Result<Staged, Mismatch> {
    let reference = row.required_owned("reference")?;
    let status = row.owned("status")?;
    let (state, rejected) = state(settings, row, status.as_deref())?;
    let currency = row.currency(settings.currency)?;
    let order = PlacedOrder {
        order_id: reference.clone(),
        order_number: row.owned("order_number")?.unwrap_or_else(|| reference.clone()),
        purchase_order_number: row.owned("purchase_order_number")?,
        customer: row.required_owned("customer")?,
        state,
        total: row.amount("order_total", currency)?,
        created_at: row.required_instant("submitted_at", &settings.zone)?,
        revision: None,
        reference,
    };
    Ok(Staged {
        order,
        taken: status.is_some(),
        rejected,
    })
}

/// Nothing yet is a draft. A code that nobody told us is a hold: somebody looks at it. A rejected order is none any more.
fn state(
    settings: &Settings,
    row: &Row,
    status: Option<&str>,
) -> Result<(PlacedState, Option<Refusal>), Mismatch> {
    let Some(status) = status else {
        return Ok((PlacedState::Draft, None));
    };
    let code = row.owned("status_code")?.unwrap_or_else(|| status.to_owned());
    let message = row.owned("message")?.unwrap_or_default();
    Ok(match settings.order_states.get(status) {
        Some(OrderState::Draft) => (PlacedState::Draft, None),
        Some(OrderState::Open) => (PlacedState::Open, None),
        Some(OrderState::Completed) => (PlacedState::Completed, None),
        Some(OrderState::Cancelled) => (PlacedState::Cancelled, None),
        Some(OrderState::OnHold) => (PlacedState::OnHold { code, message }, None),
        Some(OrderState::Rejected) => {
            let refusal = Refusal {
                code,
                message,
                fields: Vec::new(),
            };
            (PlacedState::Cancelled, Some(refusal))
        }
        None => {
            let message = format!("'{status}' is not in settings.order_states: {message}");
            (PlacedState::OnHold { code, message }, None)
        }
    })
}

/// A state as a document tells it.
pub(crate) fn stated(settings: &Settings, row: &Row) -> Result<PlacedState, Mismatch> {
    let status = row
        .text("state")?
        .ok_or_else(|| Mismatch::new("state", "is empty"))?;
    let code = row.owned("state_code")?.unwrap_or_else(|| status.to_owned());
    let message = row.owned("message")?.unwrap_or_default();
    Ok(match settings.order_states.get(status) {
        Some(OrderState::Draft) => PlacedState::Draft,
        Some(OrderState::Open) => PlacedState::Open,
        Some(OrderState::Completed) => PlacedState::Completed,
        Some(OrderState::Cancelled | OrderState::Rejected) => PlacedState::Cancelled,
        Some(OrderState::OnHold) | None => PlacedState::OnHold { code, message },
    })
}
