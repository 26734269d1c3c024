//! Requisitions, orders and documents as people and programs see them: pure, from the books.

use jiff::Timestamp;
use punchgate_domain::{
    cart::{Cart, CartLine},
    purchase_order::OrderOperation,
};
use punchgate_protocols::cxml::decode::{
    confirmation::{Confirmation, ConfirmationKind, LineStatusKind},
    message::OperationAllowed,
    setup::SetupOperation,
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    books::{Answer, Archived, Order, PunchoutSession, PunchoutState, Received, Requisition, Version, View},
    check::Deviation,
    write::two_places,
};

/// A word for a state with the colour that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) tone: &'static str,
}

fn label(text: &str, tone: &'static str) -> Label {
    Label {
        text: text.to_owned(),
        tone,
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RequisitionView {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) state: Label,
    pub(crate) created: String,
    pub(crate) lines: Vec<LineView>,
    pub(crate) total: String,
    pub(crate) can_edit: bool,
    pub(crate) can_inspect: bool,
    pub(crate) can_submit: bool,
    pub(crate) shopping: bool,
    pub(crate) order: Option<u64>,
    pub(crate) sessions: Vec<SessionView>,
    /// How far it has come: 1 opened, 2 in the shop, 3 filled, 4 ordered.
    pub(crate) step: usize,
}

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

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionView {
    pub(crate) operation: &'static str,
    pub(crate) view: View,
    pub(crate) opened: String,
    pub(crate) state: Label,
    /// As a quoted text, so that blanks and line ends show.
    pub(crate) cookie: String,
    pub(crate) answer: Option<AnswerView>,
    pub(crate) start_page: Option<String>,
    pub(crate) deviations: Vec<Deviation>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnswerView {
    pub(crate) http: Option<u16>,
    pub(crate) code: u16,
    pub(crate) text: String,
    pub(crate) detail: String,
    pub(crate) duration_ms: i64,
    pub(crate) tone: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrderView {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) requisition: u64,
    pub(crate) state: Label,
    pub(crate) created: String,
    pub(crate) total: String,
    pub(crate) lines: Vec<LineView>,
    pub(crate) versions: Vec<VersionView>,
    pub(crate) confirmations: Vec<ConfirmationView>,
    pub(crate) can_change: bool,
    pub(crate) awaiting: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct VersionView {
    pub(crate) operation: &'static str,
    pub(crate) payload_id: String,
    pub(crate) date: String,
    pub(crate) sendings: Vec<SendingView>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SendingView {
    pub(crate) at: String,
    pub(crate) answer: Option<AnswerView>,
    pub(crate) deviations: Vec<Deviation>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConfirmationView {
    pub(crate) at: String,
    pub(crate) confirm_id: String,
    pub(crate) payload_id: String,
    pub(crate) order_payload_id: String,
    pub(crate) kind: Label,
    pub(crate) comments: Vec<String>,
    pub(crate) deviations: Vec<Deviation>,
}

#[derive(Clone, Debug)]
pub(crate) struct DocumentView {
    pub(crate) at: String,
    pub(crate) outgoing: bool,
    pub(crate) kind: String,
    pub(crate) payload_id: String,
    pub(crate) outcome: String,
    pub(crate) text: String,
    pub(crate) deviations: Vec<Deviation>,
}

impl From<&Archived> for DocumentView {
    fn from(document: &Archived) -> Self {
        Self {
            at: moment(document.at),
            outgoing: document.outgoing,
            kind: document.kind.clone(),
            payload_id: document.payload_id.clone(),
            outcome: document.outcome.clone(),
            text: document.text.clone(),
            deviations: document.deviations.clone(),
        }
    }
}

impl From<&Answer> for AnswerView {
    fn from(answer: &Answer) -> Self {
        Self {
            http: answer.http,
            code: answer.code,
            text: answer.text.clone(),
            detail: answer.detail.clone(),
            duration_ms: answer.duration_ms,
            tone: if (200..300).contains(&answer.code) {
                "good"
            } else {
                "bad"
            },
        }
    }
}

impl From<&Requisition> for RequisitionView {
    fn from(requisition: &Requisition) -> Self {
        let filled = !requisition.lines().is_empty();
        let open = requisition.order.is_none();
        let shopping = requisition.open_session().is_some();
        let refused = requisition
            .sessions
            .last()
            .is_some_and(|session| session.state == PunchoutState::Refused);
        let state = match (requisition.order, shopping, filled) {
            (Some(_), _, _) => label("Ordered", "good"),
            (None, true, _) => label("In the shop", "info"),
            (None, false, true) => label("Ready to order", "warn"),
            (None, false, false) if refused => label("Punchout refused", "bad"),
            (None, false, false) => label("Empty", "calm"),
        };
        let step = match (requisition.order, filled, shopping) {
            (Some(_), _, _) => 4,
            (None, true, _) => 3,
            (None, false, true) => 2,
            (None, false, false) => 1,
        };
        Self {
            number: requisition.number,
            id: format!("R{}", requisition.number),
            state,
            created: moment(requisition.created_at),
            lines: requisition
                .cart
                .as_ref()
                .map(|cart| lines(cart, None))
                .unwrap_or_default(),
            total: requisition.cart.as_ref().map(cart_total).unwrap_or_default(),
            can_edit: open && filled && requisition.allowed == OperationAllowed::Edit,
            can_inspect: filled && requisition.allowed >= OperationAllowed::Inspect,
            can_submit: open && filled && !shopping,
            shopping,
            order: requisition.order,
            sessions: requisition.sessions.iter().rev().map(SessionView::from).collect(),
            step,
        }
    }
}

impl From<&PunchoutSession> for SessionView {
    fn from(session: &PunchoutSession) -> Self {
        Self {
            operation: match session.operation {
                SetupOperation::Create => "Shop",
                SetupOperation::Edit => "Edit cart",
                SetupOperation::Inspect => "Inspect",
                SetupOperation::Source => "Source",
            },
            view: session.view,
            opened: moment(session.opened_at),
            state: match session.state {
                PunchoutState::Asked => label("Asked", "calm"),
                PunchoutState::Refused => label("Refused", "bad"),
                PunchoutState::Shopping => label("In the shop", "info"),
                PunchoutState::Returned => label("Cart returned", "good"),
                PunchoutState::Cancelled => label("Cancelled, nothing changed", "calm"),
            },
            cookie: format!("{:?}", session.cookie),
            answer: session.answer.as_ref().map(AnswerView::from),
            start_page: session.start_page.clone(),
            deviations: session.deviations.clone(),
        }
    }
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        let latest = order.latest();
        let confirmation = latest.and_then(|latest| confirmation_of(order, latest));
        let state = order_state(latest, confirmation);
        let withdrawn = latest.is_some_and(|it| it.operation == OrderOperation::Delete);
        let committed = confirmation.map(|received| &received.confirmation);
        Self {
            number: order.number,
            id: order.id(),
            requisition: order.requisition,
            created: order
                .versions
                .first()
                .and_then(|version| version.sendings.first())
                .map(|sending| moment(sending.at))
                .unwrap_or_default(),
            total: latest
                .map(|version| cart_total(&version.cart))
                .unwrap_or_default(),
            lines: latest
                .map(|version| lines(&version.cart, committed))
                .unwrap_or_default(),
            versions: order.versions.iter().rev().map(VersionView::from).collect(),
            confirmations: order
                .confirmations
                .iter()
                .rev()
                .map(ConfirmationView::from)
                .collect(),
            can_change: latest.is_some() && !withdrawn,
            awaiting: state.tone == "info",
            state,
        }
    }
}

/// The confirmation of this version; one that names no document of ours speaks of the latest.
fn confirmation_of<'a>(order: &'a Order, version: &Version) -> Option<&'a Received> {
    order.confirmations.iter().rev().find(|received| {
        let stated = received.confirmation.order_payload_id.as_deref();
        let known = order
            .versions
            .iter()
            .any(|it| Some(it.payload_id.as_str()) == stated);
        !known || stated == Some(version.payload_id.as_str())
    })
}

fn order_state(latest: Option<&Version>, confirmation: Option<&Received>) -> Label {
    let Some(version) = latest else {
        return label("Not written", "bad");
    };
    let accepted = version.sendings.iter().any(|sending| {
        sending
            .answer
            .as_ref()
            .is_some_and(|it| (200..300).contains(&it.code))
    });
    let answered = version
        .sendings
        .iter()
        .any(|sending| sending.answer.as_ref().is_some_and(|answer| answer.code != 0));
    match (accepted, answered, version.operation) {
        (false, true, _) => label("Refused by the supplier", "bad"),
        (false, false, _) => label("Not delivered", "bad"),
        (true, _, OrderOperation::Delete) => label("Withdrawn", "calm"),
        (true, _, _) => confirmation.map_or_else(
            || label("Sent, awaiting confirmation", "info"),
            |received| confirmation_label(&received.confirmation.kind),
        ),
    }
}

fn confirmation_label(kind: &ConfirmationKind) -> Label {
    match kind {
        ConfirmationKind::Accept | ConfirmationKind::AllDetail => label("Confirmed", "good"),
        ConfirmationKind::Detail | ConfirmationKind::Except => label("Confirmed with changes", "warn"),
        ConfirmationKind::Backordered => label("Back-ordered", "warn"),
        ConfirmationKind::Reject => label("Rejected by the supplier", "bad"),
        ConfirmationKind::Other(other) => label(other, "warn"),
    }
}

impl From<&Version> for VersionView {
    fn from(version: &Version) -> Self {
        Self {
            operation: match version.operation {
                OrderOperation::New => "New order",
                OrderOperation::Update => "Change",
                OrderOperation::Delete => "Withdrawal",
            },
            payload_id: version.payload_id.clone(),
            date: version.date.clone(),
            sendings: version
                .sendings
                .iter()
                .map(|sending| SendingView {
                    at: moment(sending.at),
                    answer: sending.answer.as_ref().map(AnswerView::from),
                    deviations: sending.deviations.clone(),
                })
                .collect(),
        }
    }
}

impl From<&Received> for ConfirmationView {
    fn from(received: &Received) -> Self {
        let confirmation = &received.confirmation;
        Self {
            at: moment(received.at),
            confirm_id: confirmation
                .confirm_id
                .clone()
                .unwrap_or_else(|| "without number".to_owned()),
            payload_id: received.payload_id.clone(),
            order_payload_id: confirmation.order_payload_id.clone().unwrap_or_default(),
            kind: confirmation_label(&confirmation.kind),
            comments: confirmation.comments.clone(),
            deviations: received.deviations.clone(),
        }
    }
}

fn lines(cart: &Cart, confirmation: Option<&Confirmation>) -> Vec<LineView> {
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

fn cart_total(cart: &Cart) -> String {
    cart.lines_total()
        .map(|total| money(total.value(), total.currency().as_str()))
        .unwrap_or_default()
}

fn money(amount: Decimal, currency: &str) -> String {
    format!("{} {currency}", grouped(&two_places(amount).to_string()))
}

/// Thousands separated by commas.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.trim_start_matches('-');
    let mut out = String::from(if digits.len() < whole.len() { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// An instant for people.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%b %-d, %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        for (number, expected) in [
            ("1", "1"),
            ("1234.50", "1,234.50"),
            ("-1234567", "-1,234,567"),
            ("100", "100"),
            ("0.0075", "0.0075"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(money(Decimal::new(12_345, 3), "USD"), "12.35 USD");
    }
}
