//! An order as the ERP has it, whoever brought it there: what it says of the buyer's number, and what it has issued under it.

use std::{collections::BTreeMap, time::Duration};

use punchgate_connector::orders::{PlacedOrder, PlacedState};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
    shadow::{Made, MadeLine, MadePrice, There},
};
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;

use crate::{
    Surroundings,
    connectors::Connected,
    erp_documents::content::{AcknowledgedLine, BilledLine, Content},
};

/// How long the ERP may take for one order.
const CALL: Duration = Duration::from_secs(20);

/// A document of the ERP under the buyer's number, as it is stored.
#[derive(Debug)]
pub(super) struct Issued {
    /// The ERP's key of the customer.
    pub customer: String,
    /// What it says.
    pub content: Content,
}

/// What the ERP has.
#[derive(Debug)]
pub(super) struct Found {
    pub there: There,
    pub made: Made,
}

/// What is known of an order in the ERP.
#[derive(Debug)]
pub(super) enum Looked {
    /// It has it, or surely not.
    Found(Found),
    /// Nobody can tell; in words.
    Unclear(String),
}

/// Asks the ERP. An error is its trouble: it may answer later.
pub(super) async fn look(
    surroundings: &Surroundings,
    erp: &Connected,
    (customer, number): (Option<&str>, &str),
    issued: &[Issued],
) -> Result<Looked, String> {
    let mut others: Vec<&str> = issued.iter().map(|one| one.customer.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    let ours = customer.filter(|customer| others.is_empty() || others.contains(customer));
    // It stands there under another customer than ours, or we know none.
    let whose = match (ours, others.as_slice()) {
        (Some(ours), _) => ours,
        (None, [only]) => only,
        (None, []) => {
            return Ok(Looked::Found(Found {
                there: There::Absent,
                made: nothing(),
            }));
        }
        (None, several) => {
            let why = format!(
                "the ERP has the number for several customers: {}",
                several.join(", ")
            );
            return Ok(Looked::Unclear(why));
        }
    };
    let issued: Vec<&Content> = issued
        .iter()
        .filter(|one| one.customer == whose)
        .map(|one| &one.content)
        .collect();
    let placed = match erp.spec().orders {
        Some(orders) => {
            let id = format!("shadow-{}", surroundings.new_id());
            let context = erp.context(id, surroundings.now(), CALL, CancellationToken::new());
            let found = orders.find_by_number(&context, whose, number).await;
            found.map_err(|error| format!("{} does not answer: {error}", erp.id))?
        }
        None => None,
    };
    Ok(of(placed, whose, &issued))
}

fn nothing() -> Made {
    Made {
        customer: None,
        ship_to: None,
        total: None,
        lines: Vec::new(),
    }
}

/// Puts together what it says and what it has issued. None of `placed`: it cannot be asked so.
fn of(placed: Option<Vec<PlacedOrder>>, customer: &str, issued: &[&Content]) -> Looked {
    let mut made = Made {
        customer: Some(customer.to_owned()),
        ship_to: ship_to(issued),
        total: None,
        lines: lines(issued),
    };
    let there = match placed {
        Some(placed) => {
            let live = |order: &&PlacedOrder| order.state.is_live();
            if placed.iter().filter(live).count() > 1 {
                let numbers: Vec<&str> = placed.iter().map(|order| order.order_number.as_str()).collect();
                return Looked::Unclear(format!("the ERP has it more than once: {}", numbers.join(", ")));
            }
            let order = placed.iter().find(live).or(placed.last());
            made.total = order.and_then(|order| order.total.clone());
            order.map_or(There::Absent, |order| stands(&order.state))
        }
        None if issued.is_empty() => {
            let why =
                "the ERP cannot be asked for a buyer's number, and has issued nothing under it".to_owned();
            return Looked::Unclear(why);
        }
        None => state(issued),
    };
    if there == There::Absent {
        made = nothing();
    }
    Looked::Found(Found { there, made })
}

fn stands(state: &PlacedState) -> There {
    match state {
        PlacedState::Draft => There::Draft,
        PlacedState::Open => There::Open,
        PlacedState::OnHold { .. } => There::OnHold,
        PlacedState::Completed => There::Completed,
        PlacedState::Cancelled => There::Cancelled,
    }
}

/// Where it stood when it last said so; one of which documents tell is under way.
fn state(issued: &[&Content]) -> There {
    let said = issued.iter().rev().find_map(|content| match content {
        Content::Status { state, .. } => There::parse(state).ok(),
        _ => None,
    });
    said.unwrap_or(There::Open)
}

fn ship_to(issued: &[&Content]) -> Option<String> {
    issued.iter().rev().find_map(|content| match content {
        Content::Shipment { ship_to, .. } => ship_to.as_ref()?.id.clone(),
        _ => None,
    })
}

/// What the last acknowledgement says of lines, with the prices of invoices where it names none; without one, what invoices
/// say: parts of an order, perhaps, so without quantities.
fn lines(issued: &[&Content]) -> Vec<MadeLine> {
    let mut billed: BTreeMap<u32, &BilledLine> = BTreeMap::new();
    let mut acknowledged: &[AcknowledgedLine] = &[];
    for content in issued {
        match content {
            Content::Invoice(bill) => billed.extend(bill.lines.iter().map(|line| (line.line_number, line))),
            Content::Acknowledgement { lines, .. } => acknowledged = lines,
            _ => {}
        }
    }
    if acknowledged.is_empty() {
        return billed.values().map(|line| of_bill(line)).collect();
    }
    let mut lines: BTreeMap<u32, MadeLine> = BTreeMap::new();
    for said in acknowledged {
        let line = lines.entry(said.line_number).or_insert_with(|| MadeLine {
            line_number: said.line_number,
            part_id: said.part_id.clone(),
            unit: Unit::new(&said.unit),
            quantity: Some(Decimal::ZERO),
            price: None,
        });
        let more = match said.status.as_str() {
            "rejected" => Some(Decimal::ZERO),
            _ => decimal(&said.quantity),
        };
        line.quantity = line
            .quantity
            .zip(more)
            .and_then(|(so_far, more)| so_far.checked_add(more));
        let told = said.unit_price.as_ref();
        let told = told.and_then(|price| price_of(&price.amount, &price.currency, None));
        line.price = line.price.take().or(told);
    }
    for line in lines.values_mut().filter(|line| line.price.is_none()) {
        let bill = billed.get(&line.line_number).map(|line| of_bill(line));
        line.price = bill
            .filter(|bill| bill.unit == line.unit)
            .and_then(|bill| bill.price);
    }
    lines.into_values().collect()
}

fn of_bill(line: &BilledLine) -> MadeLine {
    let price = &line.unit_price;
    MadeLine {
        line_number: line.line_number,
        part_id: line.part_id.clone(),
        unit: Unit::new(&line.unit),
        quantity: None,
        price: price_of(&price.amount, &price.currency, line.price_basis.as_deref()),
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Quantity::parse(text).ok().map(|quantity| quantity.value())
}

fn price_of(amount: &str, currency: &str, basis: Option<&str>) -> Option<MadePrice> {
    let currency = Currency::parse(currency).ok()?;
    let amount = StatedAmount::parse(amount, currency).ok()?;
    Some(MadePrice {
        amount: amount.value(),
        currency,
        per: basis.map_or(Some(Decimal::ONE), decimal)?,
    })
}
