//! What a document does, and to which orders. Pure: an invoice over several orders comes apart here.

use punchgate_connector::documents::{
    Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
    ErpDocument, Invoice, InvoiceLine,
};
use punchgate_connector::orders::PlacedState;
use punchgate_domain::{Instant, money::StatedAmount, order::OrderState, policy::OrderSink};
use punchgate_storage::{order::OrderRow, order_submission::SubmissionRow};
use serde::{Deserialize, Serialize};

use crate::{
    clock::micros,
    orders::{
        confirm::{Commitment, CommitmentKind, CommittedLine, CommittedOutcome},
        working::Working,
    },
};

/// What an order is called by the sink's documents; ours comes first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OrderKey {
    pub reference: Option<String>,
    pub sink_order: Option<String>,
    /// The ERP's customer and the buyer's number.
    pub buyers: Option<(String, String)>,
}

/// What a document does to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Effect {
    /// The buyer is told.
    Confirm(Commitment),
    /// So much is billed, and reserved no longer.
    Bill(Bill),
    /// The sink is asked where the order stands.
    Ask {
        /// Delivered and invoiced, or withdrawn: nothing of it is open any more.
        ended: bool,
    },
    /// It is noted.
    Note,
}

/// What an invoice bills of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bill {
    /// With the order's share of tax, freight and discounts.
    pub gross: i64,
    /// Its lines alone.
    pub net: i64,
    pub currency: String,
}

/// What a document does, order by order.
pub(super) fn effects(document: &ErpDocument) -> Vec<(OrderKey, Effect)> {
    let number = document
        .purchase_order_number
        .clone()
        .filter(|number| !number.is_empty());
    let header = OrderKey {
        buyers: number.map(|number| (document.customer.clone(), number)),
        ..OrderKey::of(document.reference.as_deref(), document.order_id.as_deref())
    };
    let effect = match &document.content {
        DocumentContent::Acknowledgement(said) => Effect::Confirm(commitment(said)),
        DocumentContent::Invoice(invoice) => return billed(&header, invoice),
        DocumentContent::Status { state, .. } => Effect::Ask {
            ended: matches!(state, PlacedState::Completed | PlacedState::Cancelled),
        },
        DocumentContent::Shipment(_) | DocumentContent::CreditMemo { .. } | DocumentContent::Payment(_) => {
            Effect::Note
        }
    };
    vec![(header, effect)]
}

/// Enters what an invoice bills: owed from now on, and let go of when an exposure shows that: not before, or it counts
/// nowhere. Tax and freight give back only what they took.
pub(super) fn bill(order: &mut Working, bill: &Bill, now: Instant) {
    let row = &mut order.row;
    let minor = if row.reserves_charges == 0 {
        bill.net
    } else {
        bill.gross
    };
    if bill.currency == row.currency && minor > 0 {
        row.billed_minor = row.billed_minor.saturating_add(minor);
        row.billed_at = Some(micros(now));
        order.changed = true;
    }
}

/// Of an order that came to the ERP by another way nobody but the ERP knows that it has ended: what it still takes of the
/// limit is let go of when an exposure was read after that.
pub(super) fn end(order: &mut Working, now: Instant) {
    let row = &mut order.row;
    if row.sink != OrderSink::Erp.as_str() && row.reserved_minor != 0 {
        row.billed_minor = row.reserved_minor;
        row.billed_at = Some(micros(now));
        order.changed = true;
    }
}

/// Why a document that names an order of ours is about another one of the sink: what a request left there that came through
/// late, or the one before a rejection.
pub(super) fn names_another(
    row: &OrderRow,
    connector: &str,
    key: &OrderKey,
    submissions: &[SubmissionRow],
) -> Option<String> {
    // What came there by another way has other keys.
    if row.sink_connector_id.as_deref() != Some(connector) {
        return None;
    }
    let (theirs, ours) = match (&key.sink_order, &row.sink_order_id, &key.reference) {
        (Some(theirs), Some(ours), _) => (theirs, ours),
        (_, _, Some(theirs)) => (theirs, &submissions.last()?.reference),
        _ => return None,
    };
    (theirs != ours).then(|| format!("it is about {theirs}, and the order is {ours} there"))
}

/// Whether the buyer is told of what the sink commits to. An order that was withdrawn or declined here is not
/// accepted by an acknowledgement that crossed it.
pub(super) fn is_told(state: OrderState, commitment: &Commitment) -> bool {
    match state {
        OrderState::Approved
        | OrderState::Submitting
        | OrderState::Unknown
        | OrderState::Accepted
        | OrderState::HeldByErp => true,
        OrderState::Rejected => commitment.kind == CommitmentKind::Reject,
        OrderState::Received
        | OrderState::Held
        | OrderState::Referred
        | OrderState::Declined
        | OrderState::Cancelled
        | OrderState::Tombstone => false,
    }
}

impl OrderKey {
    fn of(reference: Option<&str>, sink_order: Option<&str>) -> Self {
        let named = |key: Option<&str>| key.filter(|key| !key.is_empty()).map(str::to_owned);
        Self {
            reference: named(reference),
            sink_order: named(sink_order),
            buyers: None,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A collective invoice names its orders line by line. Freight, tax and discounts of the whole invoice fall on
/// each order as its lines' net amounts do.
fn billed(header: &OrderKey, invoice: &Invoice) -> Vec<(OrderKey, Effect)> {
    let own = |line: &InvoiceLine| OrderKey::of(line.reference.as_deref(), line.order_id.as_deref());
    // Over one order, the buyer's number in the header is that order's.
    let first = invoice.lines.first().map(own);
    let is_of_one = invoice.lines.iter().all(|line| Some(own(line)) == first);
    let mut nets: Vec<(OrderKey, i128)> = Vec::new();
    for line in &invoice.lines {
        let key = match own(line) {
            own if own.is_empty() => header.clone(),
            own if is_of_one => OrderKey {
                buyers: header.buyers.clone(),
                ..own
            },
            own => own,
        };
        let net = line.net.to_money().map_or(0, |net| i128::from(net.minor()));
        match nets.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => *sum += net,
            None => nets.push((key, net)),
        }
    }
    if nets.is_empty() {
        nets.push((header.clone(), 1));
    }
    let parts: Vec<i128> = nets.iter().map(|(_, net)| *net).collect();
    let minor = |amount: &StatedAmount| amount.to_money().map(|money| i128::from(money.minor()));
    let (Ok(total), Ok(net)) = (minor(&invoice.total), minor(&invoice.net)) else {
        return nets.into_iter().map(|(key, _)| (key, Effect::Note)).collect();
    };
    let currency = invoice.total.currency().to_string();
    let bills = shares(total, parts.clone()).into_iter().zip(shares(net, parts));
    let bill = |((key, _), (gross, net))| {
        let currency = currency.clone();
        (key, Effect::Bill(Bill { gross, net, currency }))
    };
    nets.into_iter().zip(bills).map(bill).collect()
}

/// A total apart in proportion to parts; the last gets what rounding leaves.
fn shares(total: i128, parts: Vec<i128>) -> Vec<i64> {
    let sum: i128 = parts.iter().sum();
    let last = parts.len().saturating_sub(1);
    let mut left = total;
    let share = |(place, part): (usize, i128)| {
        let share = match sum {
            _ if place == last => left,
            0 => 0,
            sum => total.saturating_mul(part) / sum,
        };
        left -= share;
        i64::try_from(share).unwrap_or(i64::MAX)
    };
    parts.into_iter().enumerate().map(share).collect()
}

fn commitment(said: &Acknowledgement) -> Commitment {
    match said.outcome {
        AcknowledgementOutcome::Rejected => {
            Commitment::reject(said.message.clone().unwrap_or_else(|| "not available".to_owned()))
        }
        AcknowledgementOutcome::Accepted => Commitment::accept(),
        AcknowledgementOutcome::Changed => {
            let comments = said.message.clone().into_iter().collect();
            Commitment {
                comments,
                ..Commitment::lines(said.lines.iter().map(committed).collect())
            }
        }
    }
}

fn committed(line: &AcknowledgementLine) -> CommittedLine {
    CommittedLine {
        line_number: line.line_number,
        quantity: line.quantity.text().to_owned(),
        unit: line.unit.as_str().to_owned(),
        outcome: match line.status {
            AcknowledgementStatus::Accepted => CommittedOutcome::Accepted,
            AcknowledgementStatus::Backordered => CommittedOutcome::Backordered,
            AcknowledgementStatus::Rejected => CommittedOutcome::Rejected,
        },
        unit_price: line
            .unit_price
            .as_ref()
            .map(|price| (price.text().to_owned(), price.currency().to_string())),
        delivery_on: line.delivery_date.map(|date| date.to_string()),
        comments: line.message.clone().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn a_total_comes_apart_without_loss() {
        let cases = [
            (1100, vec![1000], vec![1100]),
            (1100, vec![500, 500], vec![550, 550]),
            (1000, vec![1, 1, 1], vec![333, 333, 334]),
            (108, vec![75, 25], vec![81, 27]),
            (50, vec![0, 0], vec![0, 50]),
            (7, vec![], vec![]),
        ];
        for (total, parts, expected) in cases {
            assert_eq!(shares(total, parts.clone()), expected, "{total} over {parts:?}");
        }
    }
}
