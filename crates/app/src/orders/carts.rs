//! The carts that an order came from. A buyer may put lines of several into one order: each line is compared
//! with the cart that its own key went back in, as long as that cart's prices count.

use std::{borrow::Cow, collections::HashMap};

use punchgate_domain::{
    Instant,
    cart::CartLine,
    order::OrderState,
    policy::{CartCheck, OfferedLine, OrderedLine, Words, cart_check},
    purchase_order::{OrderLine, PurchaseOrder},
    quantity::{Conversion, Unit},
};
use punchgate_storage::order::OrderRow;

use super::mapped::in_our_words;
use crate::{
    clock::from_micros,
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
        let mut places = HashMap::new();
        for line in &order.lines {
            let ours = in_our_words(Words::of_order(line), relationship);
            let key = line.auxiliary_id.as_deref();
            let cart = key.and_then(|key| {
                let parts = [line.part_id.as_str(), ours.part_id];
                carts.of_line(relationship.id.as_str(), key, parts)
            });
            let place = cart.map(|cart| {
                *places.entry(cart.id.as_str()).or_insert_with(|| {
                    found.carts.push(cart.clone());
                    found.carts.len() - 1
                })
            });
            found.of_lines.push(place);
        }
        found
    }

    /// The cart that the order shows: that of its first line which has one.
    pub(super) fn first(&self) -> Option<&SnapshotCart> {
        self.carts.first()
    }

    /// Prices that are not those of the carts, and the lines whose prices no cart tells. `ordered_at` says how old the
    /// carts are ([`counted_at`]).
    pub(super) fn check(
        &self,
        order: &PurchaseOrder,
        relationship: &Relationship,
        ordered_at: Instant,
    ) -> CartCheck {
        let policy = &relationship.policies.price;
        let counts = |cart: &&SnapshotCart| policy.counts_cart_of(cart.taken_at, ordered_at);
        // Twelve pieces may have been in the cart, and a box be ordered.
        let order_lines: Vec<Cow<'_, OrderLine>> = (order.lines.iter())
            .map(|line| counted(line, &line.unit, relationship, OrderLine::counted_in))
            .collect();
        let cart_lines: Vec<Option<Vec<Cow<'_, CartLine>>>> = (self.carts.iter())
            .map(|cart| {
                let lines = Some(cart).filter(counts)?.lines.iter();
                let lines = lines.map(|line| counted(line, &line.unit, relationship, CartLine::counted_in));
                Some(lines.collect())
            })
            .collect();
        let offered: Vec<Option<Vec<OfferedLine<'_>>>> = (self.carts.iter().zip(&cart_lines))
            .map(|(cart, lines)| Some(offered(&cart.lines, lines.as_ref()?, relationship)))
            .collect();
        // A line without a key of ours may be from any of them; of one cart every line is.
        let mut of_carts = vec![Vec::new(); self.carts.len()];
        let mut of_any = Vec::new();
        for (place, (line, of)) in order_lines.iter().zip(&self.of_lines).enumerate() {
            let lines = of.and_then(|of| of_carts.get_mut(of));
            lines.unwrap_or(&mut of_any).push(OrderedLine {
                place,
                line,
                ours: in_our_words(Words::of_order(&order.lines[place]), relationship),
            });
        }
        if let [lines] = of_carts.as_mut_slice() {
            lines.append(&mut of_any);
            lines.sort_by_key(|ordered| ordered.place);
        }
        let mut check = CartCheck::default();
        let mut add = |lines: Vec<OrderedLine<'_>>, offered: &[OfferedLine<'_>]| {
            let found = cart_check(lines, offered, &policy.tolerance);
            check.findings.extend(found.findings);
            check.uncovered.extend(found.uncovered);
        };
        for (lines, offered) in of_carts.into_iter().zip(&offered) {
            add(lines, offered.as_deref().unwrap_or_default());
        }
        if !of_any.is_empty() {
            let all: Vec<OfferedLine<'_>> = offered.iter().flatten().flatten().copied().collect();
            add(of_any, &all);
        }
        check.findings.sort_by_key(|finding| finding.line_number);
        check.uncovered.sort_unstable();
        check
    }
}

/// When an order counts as ordered, as far as the age of its carts goes: what a person has confirmed, or what was
/// approved, stays as good as it was then.
pub(super) fn counted_at(row: &OrderRow, now: Instant) -> Instant {
    let approved_at = row
        .decided_at
        .filter(|_| row.state == OrderState::Approved.as_str());
    row.confirmed_at.or(approved_at).map_or(now, from_micros)
}

/// A line in the supplier's unit where that is another by a factor; the words for it stay the buyer's where they are not.
fn counted<'a, L: Clone>(
    line: &'a L,
    unit: &Unit,
    relationship: &Relationship,
    counted_in: impl FnOnce(&L, &Conversion) -> Option<L>,
) -> Cow<'a, L> {
    let conversion = relationship.mappings.unit(unit);
    let conversion = conversion.filter(|conversion| !conversion.renames());
    let counted = conversion.and_then(|conversion| counted_in(line, conversion));
    counted.map_or(Cow::Borrowed(line), Cow::Owned)
}

fn offered<'a>(
    lines: &'a [CartLine],
    counted: &'a [Cow<'a, CartLine>],
    relationship: &'a Relationship,
) -> Vec<OfferedLine<'a>> {
    let offered = lines.iter().zip(counted).map(|(line, counted)| OfferedLine {
        line: counted,
        ours: in_our_words(Words::of_cart(line), relationship),
    });
    offered.collect()
}
