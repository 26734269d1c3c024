//! Requisitions, orders and documents as people and programs see them: pure, from the books.

mod line;

use jiff::Timestamp;
use punchgate_domain::{cart::Cart, purchase_order::OrderOperation};
use punchgate_protocols::cxml::decode::{
    confirmation::ConfirmationKind, message::OperationAllowed, setup::SetupOperation,
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    books::{Answer, Archived, Order, PunchoutSession, PunchoutState, Received, Requisition, Version, View},
    check::Deviation,
    write::two_places,
};

pub(crate) use line::LineView;
use line::lines;

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
