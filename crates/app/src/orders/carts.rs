//! The carts that an order came from. A buyer may put lines of several into one order: each line is compared
//! with the cart that its own key went back in.

use std::{collections::HashMap, sync::Arc};

use punchgate_domain::{
    cart::CartLine,
    policy::{PriceFinding, PriceTolerance, price_check},
    purchase_order::{OrderLine, PurchaseOrder},
};

use crate::{
    directory::Relationship,
    punchout::snapshot::{LineKey, SnapshotCart},
};

/// The carts of one order, in the order in which its lines name them.
#[derive(Debug, Default)]
pub(super) struct OrderCarts {
    carts: Vec<SnapshotCart>,
    /// For each line of the order, whose cart it is; none if its key is no key of ours.
    of_lines: Vec<Option<usize>>,
}

impl OrderCarts {
    /// Finds the cart of each line.
    pub(super) fn of(
        carts: &HashMap<LineKey, SnapshotCart>,
        relationship: &Relationship,
        order: &PurchaseOrder,
    ) -> Self {
        let mut found = Self::default();
        for line in &order.lines {
            let cart = line.auxiliary_id.clone().and_then(|auxiliary| {
                carts.get(&(relationship.id.to_string(), auxiliary, line.part_id.clone()))
            });
            let place = cart.map(|cart| found.place_of(cart));
            found.of_lines.push(place);
        }
        found
    }

    fn place_of(&mut self, cart: &SnapshotCart) -> usize {
        let known = self.carts.iter().position(|one| one.id == cart.id);
        known.unwrap_or_else(|| {
            self.carts.push(cart.clone());
            self.carts.len() - 1
        })
    }

    /// The cart that the order shows: that of its first line which has one.
    pub(super) fn first(&self) -> Option<&SnapshotCart> {
        self.carts.first()
    }

    /// Prices beyond the tolerance; none for an order that came from no cart.
    pub(super) fn price_findings(
        &self,
        order: &PurchaseOrder,
        tolerance: &PriceTolerance,
    ) -> Vec<PriceFinding> {
        match self.carts.as_slice() {
            [] => Vec::new(),
            [cart] => price_check(&order.lines, &cart.lines, tolerance),
            several => {
                let mut findings = Vec::new();
                for (place, cart) in several.iter().enumerate() {
                    findings.extend(price_check(
                        self.lines(order, Some(place)),
                        &cart.lines,
                        tolerance,
                    ));
                }
                // A line without a key of ours may be from any of them.
                let all: Vec<CartLine> = several
                    .iter()
                    .flat_map(|cart| Arc::clone(&cart.lines).to_vec())
                    .collect();
                findings.extend(price_check(self.lines(order, None), &all, tolerance));
                findings.sort_by_key(|finding| finding.line_number);
                findings
            }
        }
    }

    fn lines<'a>(
        &'a self,
        order: &'a PurchaseOrder,
        cart: Option<usize>,
    ) -> impl Iterator<Item = &'a OrderLine> {
        let lines = order.lines.iter().zip(&self.of_lines);
        lines.filter_map(move |(line, of)| (*of == cart).then_some(line))
    }
}
