//! Prices of the lines that no cart covers, against what the customer's contract says.

use std::collections::BTreeMap;

use super::{
    PriceFinding, PriceFindingKind, PriceTolerance,
    price::{Offer, compare},
};
use crate::{
    money::StatedAmount,
    purchase_order::PurchaseOrder,
    quantity::{Quantity, Unit},
};

/// What the ERP or the shop answered for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractPrice {
    /// The customer may buy it.
    Offered {
        /// The unit of the price.
        unit: Unit,
        /// Net, for one unit or for `price_basis` units.
        unit_price: StatedAmount,
        /// Where the price stands for more than one unit.
        price_basis: Option<Quantity>,
    },
    /// There is no such part, or it has no price for this customer.
    NotOffered {
        /// For people.
        message: String,
    },
    /// Nobody says whether it has one: there is nobody to ask, or who was asked cannot answer.
    NotTold {
        /// For people.
        message: String,
    },
}

/// What is known of the contract, by the places of the lines in the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractPrices {
    /// The answers so far.
    pub known: BTreeMap<usize, ContractPrice>,
    /// Whether they must all be known by now: the order is about to leave.
    pub due: bool,
}

/// Compares the lines of an order at these places with the contract.
pub fn contract_check(
    order: &PurchaseOrder,
    uncovered: &[usize],
    prices: &ContractPrices,
    tolerance: &PriceTolerance,
) -> Vec<PriceFinding> {
    let mut findings = Vec::new();
    for place in uncovered {
        let Some(line) = order.lines.get(*place) else {
            continue;
        };
        let part_id = || line.part_id.clone();
        let kinds = match prices.known.get(place) {
            Some(ContractPrice::Offered {
                unit,
                unit_price,
                price_basis,
            }) => {
                let offer = Offer {
                    unit,
                    unit_price,
                    price_basis: price_basis.as_ref(),
                };
                compare(line, &offer, *unit == line.unit, tolerance)
            }
            Some(ContractPrice::NotOffered { message }) => vec![PriceFindingKind::NotOffered {
                part_id: part_id(),
                message: message.clone(),
            }],
            Some(ContractPrice::NotTold { message }) => vec![PriceFindingKind::NotCompared {
                part_id: part_id(),
                message: message.clone(),
            }],
            None if prices.due => vec![PriceFindingKind::NotCompared {
                part_id: part_id(),
                message: "the contract price was not asked".to_owned(),
            }],
            None => Vec::new(),
        };
        let line_number = line.line_number;
        findings.extend(kinds.into_iter().map(|kind| PriceFinding { line_number, kind }));
    }
    findings
}
