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
pub(in crate::orders) struct OrderKey {
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
    Confirm {
        said: Commitment,
        /// When the sink wrote it down.
        issued_at: i64,
    },
    /// So much is billed, and reserved no longer.
    Bill(Bill),
    /// The sink is asked where the order stands.
    Ask {
        /// Delivered and invoiced: nothing of it is open any more.
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
        DocumentContent::Acknowledgement(said) => Effect::Confirm {
            said: commitment(said),
            issued_at: micros(document.issued_at),
        },
        DocumentContent::Invoice(invoice) => return billed(&header, invoice),
        DocumentContent::Status { state, .. } => Effect::Ask {
            ended: *state == PlacedState::Completed,
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

/// Of an order that a person has entered nobody but the ERP knows that it has ended: what it still takes of the limit is
/// let go of when an exposure was read after that.
pub(super) fn end(order: &mut Working, now: Instant) {
    let row = &mut order.row;
    if row.sink == OrderSink::None.as_str() && row.reserved_minor != 0 {
        row.billed_minor = row.reserved_minor;
        row.billed_at = Some(micros(now));
        order.changed = true;
    }
}

/// Why a document that names an order of ours is about another one of the sink: what a request left there that came through
/// late, or the one before a rejection.
pub(in crate::orders) fn names_another(
    row: &OrderRow,
    connector: &str,
    key: &OrderKey,
    submissions: &[SubmissionRow],
) -> Option<String> {
    // What came there by another way has other keys.
    let is_its_sink = row.sink_connector_id.as_deref() == Some(connector);
    let (theirs, ours) = keys(row.sink_order_id.as_deref(), key, submissions).filter(|_| is_its_sink)?;
    (theirs != ours).then(|| format!("it is about {theirs}, and the order is {ours} there"))
}

/// Whether the sink wrote it down before it was told of the version that it has now: so it may be about the one before. Only
/// where it has had another: a document that has a day and no time is older than any order of that day.
pub(in crate::orders) fn is_older(row: &OrderRow, issued_at: i64, submissions: &[SubmissionRow]) -> bool {
    let mut of_version = submissions.iter().filter(|one| one.version == row.version);
    of_version.any(|one| one.changed_at.is_some_and(|changed_at| issued_at < changed_at))
}

/// What the document calls its order, and what that should be.
fn keys<'a>(
    sink_order: Option<&'a str>,
    key: &'a OrderKey,
    submissions: &'a [SubmissionRow],
) -> Option<(&'a str, &'a str)> {
    // While the sink's answer to the last request is open, the number that stands in the row is of one before it.
    let is_open = submissions.last().is_some_and(|last| last.outcome == "asked");
    let created = submissions.iter().rev().find(|one| one.outcome == "created");
    let present = created.filter(|_| !is_open).or(submissions.last());
    match (key.sink_order.as_deref(), sink_order, key.reference.as_deref()) {
        (Some(theirs), Some(ours), _) if !is_open => Some((theirs, ours)),
        (_, _, Some(theirs)) | (Some(theirs), Some(_), None) => Some((theirs, &present?.reference)),
        _ => None,
    }
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
        | OrderState::Tombstone
        | OrderState::Shadow => false,
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
    use punchgate_storage::order_submission::SubmissionRow;

    use super::{OrderKey, keys, shares};

    /// What the document says (reference, sink's order), what the row says, what was asked → whether it is the order's own.
    #[test]
    fn which_order_of_the_sink_a_document_is_about() {
        let asked = |outcomes: &[&str]| -> Vec<SubmissionRow> {
            (1..)
                .zip(outcomes)
                .map(|(attempt, outcome)| SubmissionRow {
                    supplier_id: String::new(),
                    order_id: "o".to_owned(),
                    attempt,
                    version: attempt,
                    reference: if attempt == 1 {
                        "o".to_owned()
                    } else {
                        format!("o.{attempt}")
                    },
                    asked_at: 0,
                    outcome: (*outcome).to_owned(),
                    changed_at: None,
                })
                .collect()
        };
        let rows: [(_, _, _, &[&str], bool); 12] = [
            (Some("o"), None, None, &["asked"], true),
            (Some("o"), Some("1"), None, &["asked"], true),
            (Some("o"), Some("1"), Some("1"), &["created"], true),
            (None, Some("1"), Some("1"), &["created"], true),
            (Some("o"), Some("2"), Some("1"), &["created"], false),
            // The first was rejected later, the second is on its way: the row still has the first one's number.
            (Some("o.2"), Some("2"), Some("1"), &["created", "asked"], true),
            (Some("o"), Some("1"), Some("1"), &["created", "asked"], false),
            (None, Some("1"), Some("1"), &["created", "asked"], false),
            (Some("o"), None, Some("2"), &["created", "created"], false),
            (Some("o.2"), None, Some("2"), &["created", "created"], true),
            // The first came through late: it counts, the second was never made.
            (Some("o"), None, Some("1"), &["created", "absent"], true),
            (None, None, Some("1"), &["created"], true),
        ];
        for (number, (reference, theirs, ours, outcomes, own)) in rows.into_iter().enumerate() {
            let key = OrderKey {
                reference: reference.map(str::to_owned),
                sink_order: theirs.map(str::to_owned),
                buyers: None,
            };
            let submissions = asked(outcomes);
            let found = keys(ours, &key, &submissions);
            assert_eq!(
                found.is_none_or(|(theirs, ours)| theirs == ours),
                own,
                "row {number}: {found:?}"
            );
        }
    }

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
