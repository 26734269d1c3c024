//! Prices of a purchase order against the cart that the buyer was shown.

use std::fmt;

use rust_decimal::Decimal;

use crate::{
    cart::CartLine,
    money::{Currency, StatedAmount},
    purchase_order::OrderLine,
    quantity::{Quantity, Unit},
};

stored_names! {
    /// What a price beyond the tolerance does to an order.
    pub enum PriceAction("an action on price differences") {
        /// Held until a person confirms.
        Hold = "hold",
        /// Goes on, with a warning.
        Warn = "warn",
        /// Goes on: the order's price counts.
        Accept = "accept",
    }
}

/// How far a price may be off: within either bound is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceTolerance {
    /// Percent of the offered price.
    pub percent: Decimal,
    /// In the currency of the price: of the offered price as it was stated (for 1,000 pieces, where it is stated
    /// so) and of the whole line. A cent on one piece of 100,000 is no cent.
    pub absolute: Decimal,
}

/// The supplier's rule for a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePolicy {
    /// How far off is still right.
    pub tolerance: PriceTolerance,
    /// What happens beyond.
    pub action: PriceAction,
}

impl Default for PricePolicy {
    /// A cent, because suites round; beyond that the order is held.
    fn default() -> Self {
        Self {
            tolerance: PriceTolerance {
                percent: Decimal::ZERO,
                absolute: Decimal::new(1, 2),
            },
            action: PriceAction::Hold,
        }
    }
}

impl PriceTolerance {
    /// Whether `stated` is near enough to `offered`. Numbers out of range are not.
    pub(super) fn allows(&self, offered: Decimal, stated: Decimal) -> bool {
        let within = || -> Option<bool> {
            let difference = stated.checked_sub(offered)?.abs();
            let share = offered
                .abs()
                .checked_mul(self.percent)?
                .checked_div(Decimal::ONE_HUNDRED)?;
            Some(difference <= share.max(self.absolute))
        };
        within().unwrap_or(false)
    }
}

/// Something about a line that is not as offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFinding {
    /// The buyer's line number.
    pub line_number: u32,
    /// What.
    pub kind: PriceFindingKind,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceFindingKind {
    /// The price of one unit.
    Price {
        /// In the cart.
        offered: StatedAmount,
        /// On the order.
        ordered: StatedAmount,
    },
    /// The currency of the price.
    Currency {
        /// In the cart.
        offered: Currency,
        /// On the order.
        ordered: Currency,
    },
    /// The unit of measure.
    Unit {
        /// In the cart.
        offered: Unit,
        /// On the order.
        ordered: Unit,
    },
    /// The part, although the line key is that of the cart.
    Part {
        /// In the cart.
        offered: String,
        /// On the order.
        ordered: String,
    },
    /// For how many units the price stands: the likely cause of a price beside it. A suite that reckons the
    /// price down to one unit, and rightly so, is no finding.
    QuantityBasis {
        /// In the cart.
        offered: Decimal,
        /// On the order.
        ordered: Decimal,
    },
    /// The part has no contract price for this customer.
    NotOffered {
        /// The part on the order.
        part_id: String,
        /// Why not, for people.
        message: String,
    },
    /// Neither a cart nor a contract says what the part costs.
    NotCompared {
        /// The part on the order.
        part_id: String,
        /// Why not, for people.
        message: String,
    },
    /// The numbers are out of range or the basis is zero.
    Unreckonable,
}

/// What a comparison with a cart shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CartCheck {
    /// What is not as offered.
    pub findings: Vec<PriceFinding>,
    /// Places in the order of the lines that the cart knows nothing of: for the contract to judge.
    pub uncovered: Vec<usize>,
}

/// Compares lines of an order, each with its place there, with the lines that went back in the cart. A line is
/// found by its line key, else by part and unit, else by part alone; each cart line answers for one order line
/// first, so that a part that stands twice is compared in turn. Returns are no purchases.
pub fn price_check<'a>(
    order: impl IntoIterator<Item = (usize, &'a OrderLine)>,
    cart: &[CartLine],
    tolerance: &PriceTolerance,
) -> CartCheck {
    let mut used = vec![false; cart.len()];
    let mut check = CartCheck::default();
    for (place, line) in order.into_iter().filter(|(_, line)| !line.is_return) {
        let Some(at) = find(line, cart, &used) else {
            check.uncovered.push(place);
            continue;
        };
        used[at] = true;
        let offered = &cart[at];
        let part = (offered.part_id != line.part_id).then(|| PriceFindingKind::Part {
            offered: offered.part_id.clone(),
            ordered: line.part_id.clone(),
        });
        let kinds = part
            .into_iter()
            .chain(compare(line, &Offer::of(offered), tolerance));
        let line_number = line.line_number;
        let findings = kinds.map(|kind| PriceFinding { line_number, kind });
        check.findings.extend(findings);
    }
    check
}

/// A price as it was offered, in a cart or by contract.
pub(super) struct Offer<'a> {
    pub unit: &'a Unit,
    pub unit_price: &'a StatedAmount,
    pub price_basis: Option<&'a Quantity>,
}

impl<'a> Offer<'a> {
    fn of(line: &'a CartLine) -> Self {
        Self {
            unit: &line.unit,
            unit_price: &line.unit_price,
            price_basis: line.price_basis.as_ref(),
        }
    }
}

fn find(line: &OrderLine, cart: &[CartLine], used: &[bool]) -> Option<usize> {
    let key = |c: &CartLine| line.auxiliary_id.is_some() && c.auxiliary_id == line.auxiliary_id;
    let part = |c: &CartLine| c.part_id == line.part_id;
    let part_and_unit = |c: &CartLine| part(c) && c.unit == line.unit;
    let rules: [&dyn Fn(&CartLine) -> bool; 4] = [&|c| key(c) && part(c), &key, &part_and_unit, &part];
    rules.iter().find_map(|rule| {
        let search = |fresh: bool| (0..cart.len()).find(|at| (!fresh || !used[*at]) && rule(&cart[*at]));
        // A line split on the order (two deliveries) is compared with the same cart line again.
        search(true).or_else(|| search(false))
    })
}

/// What of a line is not as offered, its part aside.
pub(super) fn compare(
    line: &OrderLine,
    offer: &Offer<'_>,
    tolerance: &PriceTolerance,
) -> Vec<PriceFindingKind> {
    let mut kinds = Vec::new();
    if *offer.unit != line.unit {
        kinds.push(PriceFindingKind::Unit {
            offered: offer.unit.clone(),
            ordered: line.unit.clone(),
        });
    }
    let (Some(offered_basis), Some(ordered_basis)) = (offered_basis(offer), order_basis(line)) else {
        kinds.push(PriceFindingKind::Unreckonable);
        return kinds;
    };
    let price = compare_price(line, offer, offered_basis, ordered_basis, tolerance);
    if price.is_some() && offered_basis != ordered_basis {
        kinds.push(PriceFindingKind::QuantityBasis {
            offered: offered_basis,
            ordered: ordered_basis,
        });
    }
    kinds.extend(price);
    kinds
}

fn compare_price(
    line: &OrderLine,
    offer: &Offer<'_>,
    offered_basis: Decimal,
    ordered_basis: Decimal,
    tolerance: &PriceTolerance,
) -> Option<PriceFindingKind> {
    let (offered, ordered) = (offer.unit_price.currency(), line.unit_price.currency());
    if offered != ordered {
        return Some(PriceFindingKind::Currency { offered, ordered });
    }
    let of_one = |price: &StatedAmount, basis: Decimal| price.value().checked_div(basis);
    // The more units a difference is multiplied by, the larger it is: the offered price's own, or the line's.
    let units = offered_basis.max(line.quantity.value());
    let reckoned = || -> Option<_> {
        let offered_one = of_one(offer.unit_price, offered_basis)?;
        let ordered_one = of_one(&line.unit_price, ordered_basis)?;
        let of_units = (offered_one.checked_mul(units)?, ordered_one.checked_mul(units)?);
        Some((offered_one, ordered_one, of_units))
    };
    let Some((offered_one, ordered_one, of_units)) = reckoned() else {
        return Some(PriceFindingKind::Unreckonable);
    };
    (!tolerance.allows(of_units.0, of_units.1)).then(|| PriceFindingKind::Price {
        offered: StatedAmount::from_decimal(offered_one.normalize(), offered),
        ordered: StatedAmount::from_decimal(ordered_one.normalize(), ordered),
    })
}

/// Units for which the offered price stands.
fn offered_basis(offer: &Offer<'_>) -> Option<Decimal> {
    positive(offer.price_basis.map_or(Decimal::ONE, Quantity::value))
}

/// Order units for which the order's price stands: basis ÷ factor.
fn order_basis(line: &OrderLine) -> Option<Decimal> {
    let value = |q: &Option<Quantity>| q.as_ref().map_or(Decimal::ONE, Quantity::value);
    let factor = positive(value(&line.price_basis_factor))?;
    positive(value(&line.price_basis))?
        .checked_div(factor)
        .map(|basis| basis.normalize())
}

fn positive(value: Decimal) -> Option<Decimal> {
    (value > Decimal::ZERO).then(|| value.normalize())
}

impl fmt::Display for PriceFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line_number, self.kind)
    }
}

impl fmt::Display for PriceFindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price { offered, ordered } => write!(f, "price {ordered} ordered, {offered} offered"),
            Self::Currency { offered, ordered } => write!(f, "price in {ordered}, offered in {offered}"),
            Self::Unit { offered, ordered } => write!(f, "unit {ordered} ordered, {offered} offered"),
            Self::Part { offered, ordered } => write!(f, "part {ordered} ordered, {offered} offered"),
            Self::QuantityBasis { offered, ordered } => {
                write!(f, "price for {ordered} units ordered, for {offered} offered")
            }
            Self::NotOffered { part_id, message } => {
                write!(f, "part {part_id} has no price for this customer: {message}")
            }
            Self::NotCompared { part_id, message } => {
                write!(
                    f,
                    "the price of part {part_id} was compared with nothing: {message}"
                )
            }
            Self::Unreckonable => f.write_str("its numbers cannot be reckoned with"),
        }
    }
}
