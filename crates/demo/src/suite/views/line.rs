//! A line of a requisition or order as people see it, with what the supplier said about it.

use punchgate_domain::cart::{Cart, CartLine};
use punchgate_protocols::cxml::decode::confirmation::{Confirmation, ConfirmationKind, LineStatusKind};
use serde::Serialize;

use super::{Label, grouped, label, money};

/// A line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LineView {
    pub(crate) number: u32,
    pub(crate) part_id: String,
    pub(crate) auxiliary_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) manufacturer: String,
    pub(crate) classification: String,
    pub(crate) lead_time: String,
    pub(crate) quantity: String,
    pub(crate) unit: String,
    pub(crate) price: String,
    pub(crate) amount: String,
    pub(crate) picture: Option<String>,
    /// What the supplier committed to; empty until a confirmation came.
    pub(crate) confirmed: Vec<Label>,
}

/// Every line of a cart.
pub(super) fn lines(cart: &Cart, confirmation: Option<&Confirmation>) -> Vec<LineView> {
    (1..)
        .zip(&cart.lines)
        .map(|(number, line)| line_view(number, line, confirmation))
        .collect()
}

fn line_view(number: u32, line: &CartLine, confirmation: Option<&Confirmation>) -> LineView {
    let currency = line.unit_price.currency();
    let picture = line
        .extrinsics
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("ImageURL"))
        .map(|(_, url)| url.clone());
    let maker = [
        line.manufacturer_name.as_deref(),
        line.manufacturer_part_id.as_deref(),
    ];
    LineView {
        number,
        part_id: line.part_id.clone(),
        auxiliary_id: line.auxiliary_id.clone().unwrap_or_default(),
        name: line
            .short_name
            .clone()
            .unwrap_or_else(|| line.description.clone()),
        description: beyond_name(line),
        manufacturer: maker.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        classification: line
            .classifications
            .first()
            .map(|it| it.code.clone())
            .unwrap_or_default(),
        lead_time: line.lead_time_days.map(days).unwrap_or_default(),
        quantity: line.quantity.to_string(),
        unit: line.unit.to_string(),
        price: format!("{} {currency}", grouped(line.unit_price.text())),
        amount: line
            .amount()
            .map(|amount| money(amount, currency.as_str()))
            .unwrap_or_default(),
        picture,
        confirmed: confirmation.map(|it| line_labels(number, it)).unwrap_or_default(),
    }
}

/// What the description says beyond the short name, which shops like to repeat.
fn beyond_name(line: &CartLine) -> String {
    let Some(name) = &line.short_name else {
        return String::new();
    };
    let rest = line
        .description
        .strip_prefix(name.as_str())
        .unwrap_or(&line.description);
    rest.trim_start_matches(['.', ',', ';', ':', ' ']).to_owned()
}

fn days(days: u32) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn line_labels(number: u32, confirmation: &Confirmation) -> Vec<Label> {
    if let Some(item) = confirmation.items.iter().find(|item| item.line_number == number) {
        return item
            .statuses
            .iter()
            .map(|status| {
                let (word, tone) = match &status.kind {
                    LineStatusKind::Accept | LineStatusKind::AllDetail => ("accepted", "good"),
                    LineStatusKind::Detail => ("changed", "warn"),
                    LineStatusKind::Backordered => ("back-ordered", "warn"),
                    LineStatusKind::Reject => ("rejected", "bad"),
                    LineStatusKind::Unknown => ("not known yet", "calm"),
                    LineStatusKind::Other(other) => (other.as_str(), "warn"),
                };
                let date = status
                    .delivery_date
                    .as_deref()
                    .map(|date| format!(", by {}", day(date)));
                label(
                    &format!("{} {word}{}", status.quantity, date.unwrap_or_default()),
                    tone,
                )
            })
            .collect();
    }
    match confirmation.kind {
        ConfirmationKind::Accept | ConfirmationKind::AllDetail | ConfirmationKind::Except => {
            vec![label("accepted", "good")]
        }
        ConfirmationKind::Reject => vec![label("rejected", "bad")],
        _ => Vec::new(),
    }
}

/// The day of a document's date.
fn day(text: &str) -> &str {
    text.get(..10).unwrap_or(text)
}
