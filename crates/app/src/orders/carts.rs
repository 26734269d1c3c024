//! The carts that an order came from. A buyer may put lines of several into one order: each line is compared
//! with the cart that its own key went back in.

use std::sync::Arc;

use punchgate_domain::{
    cart::CartLine,
    policy::{CartCheck, PriceTolerance, price_check},
    purchase_order::{OrderLine, PurchaseOrder},
};

use crate::{
    directory::Relationship,
    punchout::snapshot::{KnownCarts, SnapshotCart},
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
    pub(super) fn of(carts: &KnownCarts, relationship: &Relationship, order: &PurchaseOrder) -> Self {
        let mut found = Self::default();
        for line in &order.lines {
            let cart = carts.of_line(relationship.id.as_str(), line);
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

    /// Prices that are not those of the carts, and the lines of which no cart knows anything.
    pub(super) fn check(&self, order: &PurchaseOrder, tolerance: &PriceTolerance) -> CartCheck {
        if let [cart] = self.carts.as_slice() {
            return price_check(order.lines.iter().enumerate(), &cart.lines, tolerance);
        }
        let mut check = CartCheck::default();
        for (place, cart) in self.carts.iter().enumerate() {
            let of_cart = price_check(self.lines(order, Some(place)), &cart.lines, tolerance);
            check.findings.extend(of_cart.findings);
            check.uncovered.extend(of_cart.uncovered);
        }
        // A line without a key of ours may be from any of them.
        let all: Vec<CartLine> = self
            .carts
            .iter()
            .flat_map(|cart| Arc::clone(&cart.lines).to_vec())
            .collect();
        let others = price_check(self.lines(order, None), &all, tolerance);
        check.findings.extend(others.findings);
        check.uncovered.extend(others.uncovered);
        check.findings.sort_by_key(|finding| finding.line_number);
        check.uncovered.sort_unstable();
        check
    }

    fn lines<'a>(
        &'a self,
        order: &'a PurchaseOrder,
        cart: Option<usize>,
    ) -> impl Iterator<Item = (usize, &'a OrderLine)> {
        let lines = order.lines.iter().zip(&self.of_lines).enumerate();
        lines.filter_map(move |(place, (line, of))| (*of == cart).then_some((place, line)))
    }
}
