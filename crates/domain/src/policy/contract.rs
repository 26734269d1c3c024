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
    /// No connector of the relationship tells prices.
    NobodyToAsk,
}

/// What is known of the contract, by the places of the lines in the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractPrices {
    /// The answers so far.
    pub known: BTreeMap<usize, ContractPrice>,
    /// Whether they must all be known by now: the order is about to leave.
    pub due: bool,
}

/// What a comparison with the contract shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractCheck {
    /// What is not as agreed.
    pub findings: Vec<PriceFinding>,
    /// How many lines were compared with nothing, because nobody tells prices.
    pub uncompared: usize,
}

/// Compares the lines of an order at these places with the contract. `from_cart` says that other lines of it came
/// from a cart: one that did not, and of which nobody knows a price, was put there by somebody.
pub fn contract_check(
    order: &PurchaseOrder,
    uncovered: &[usize],
    from_cart: bool,
    prices: &ContractPrices,
    tolerance: &PriceTolerance,
) -> ContractCheck {
    let mut check = ContractCheck::default();
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
                compare(line, &offer, tolerance)
            }
            Some(ContractPrice::NotOffered { message }) => vec![PriceFindingKind::NotOffered {
                part_id: part_id(),
                message: message.clone(),
            }],
            Some(ContractPrice::NobodyToAsk) if from_cart => {
                vec![PriceFindingKind::NotInCart { part_id: part_id() }]
            }
            Some(ContractPrice::NobodyToAsk) => {
                check.uncompared += 1;
                Vec::new()
            }
            None if prices.due => vec![PriceFindingKind::ContractPriceUnknown { part_id: part_id() }],
            None => Vec::new(),
        };
        let line_number = line.line_number;
        let findings = kinds.into_iter().map(|kind| PriceFinding { line_number, kind });
        check.findings.extend(findings);
    }
    check
}
