//! Prices of a purchase order against the cart that the buyer was shown, and its total against its lines.

use std::fmt;

use rust_decimal::Decimal;

use crate::{
    cart::CartLine,
    money::{Currency, StatedAmount},
    purchase_order::{OrderLine, PurchaseOrder},
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
    fn allows(&self, offered: Decimal, stated: Decimal) -> bool {
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
    /// No cart line has this key or part.
    NotInCart {
        /// The part on the order.
        part_id: String,
    },
    /// The numbers are out of range or the basis is zero.
    Unreckonable,
}

/// Compares the lines of an order with the lines that went back in the cart. A line is found by its line key,
/// else by part and unit, else by part alone; each cart line answers for one order line first, so that a part
/// that stands twice is compared in turn.
pub fn price_check<'a>(
    order: impl IntoIterator<Item = &'a OrderLine>,
    cart: &[CartLine],
    tolerance: &PriceTolerance,
) -> Vec<PriceFinding> {
    let mut used = vec![false; cart.len()];
    let mut findings = Vec::new();
    for line in order.into_iter().filter(|line| !line.is_return) {
        let kinds = match find(line, cart, &used) {
            Some(at) => {
                used[at] = true;
                compare(line, &cart[at], tolerance)
            }
            None => vec![PriceFindingKind::NotInCart {
                part_id: line.part_id.clone(),
            }],
        };
        let line_number = line.line_number;
        findings.extend(kinds.into_iter().map(|kind| PriceFinding { line_number, kind }));
    }
    findings
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

fn compare(line: &OrderLine, cart: &CartLine, tolerance: &PriceTolerance) -> Vec<PriceFindingKind> {
    let mut kinds = Vec::new();
    if cart.part_id != line.part_id {
        kinds.push(PriceFindingKind::Part {
            offered: cart.part_id.clone(),
            ordered: line.part_id.clone(),
        });
    }
    if cart.unit != line.unit {
        kinds.push(PriceFindingKind::Unit {
            offered: cart.unit.clone(),
            ordered: line.unit.clone(),
        });
    }
    let (Some(offered_basis), Some(ordered_basis)) = (cart_basis(cart), order_basis(line)) else {
        kinds.push(PriceFindingKind::Unreckonable);
        return kinds;
    };
    let price = compare_price(line, cart, offered_basis, ordered_basis, tolerance);
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
    cart: &CartLine,
    offered_basis: Decimal,
    ordered_basis: Decimal,
    tolerance: &PriceTolerance,
) -> Option<PriceFindingKind> {
    let (offered, ordered) = (cart.unit_price.currency(), line.unit_price.currency());
    if offered != ordered {
        return Some(PriceFindingKind::Currency { offered, ordered });
    }
    let of_one = |price: &StatedAmount, basis: Decimal| price.value().checked_div(basis);
    // The more units a difference is multiplied by, the larger it is: the offered price's own, or the line's.
    let units = offered_basis.max(line.quantity.value());
    let reckoned = || -> Option<_> {
        let offered_one = of_one(&cart.unit_price, offered_basis)?;
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

/// Units for which the cart's price stands.
fn cart_basis(line: &CartLine) -> Option<Decimal> {
    positive(line.price_basis.as_ref().map_or(Decimal::ONE, Quantity::value))
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

/// A total that does not follow from the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TotalFinding {
    /// Neither net nor with tax and freight.
    Differs {
        /// On the order.
        stated: StatedAmount,
        /// Sum of the lines.
        lines: StatedAmount,
    },
    /// A line is in another currency than the total.
    Currency {
        /// The buyer's line number.
        line_number: u32,
        /// Of the total.
        total: Currency,
        /// Of the line.
        line: Currency,
    },
    /// The numbers are out of range or a basis is zero.
    Unreckonable,
}

/// Compares the stated total with the lines: net, or with tax, freight or both, as suites differ. Half a minor
/// unit for each line is always allowed, because suites sum up rounded lines.
pub fn total_check(order: &PurchaseOrder, tolerance: &PriceTolerance) -> Option<TotalFinding> {
    let currency = order.total.currency();
    let mut lines = Decimal::ZERO;
    for line in &order.lines {
        if line.unit_price.currency() != currency {
            return Some(TotalFinding::Currency {
                line_number: line.line_number,
                total: currency,
                line: line.unit_price.currency(),
            });
        }
        let Some(sum) = line.amount().and_then(|amount| lines.checked_add(amount)) else {
            return Some(TotalFinding::Unreckonable);
        };
        lines = sum;
    }
    let charge = |charge: &Option<crate::cart::Charge>| {
        charge
            .as_ref()
            .filter(|charge| charge.amount.currency() == currency)
            .map_or(Decimal::ZERO, |charge| charge.amount.value())
    };
    let (tax, freight) = (charge(&order.tax), charge(&order.shipping));
    let half_minor = Decimal::new(5, currency.exponent() + 1);
    let rounding = Decimal::from(order.lines.len()).checked_mul(half_minor);
    let tolerance = PriceTolerance {
        absolute: rounding.unwrap_or_default().max(tolerance.absolute),
        ..*tolerance
    };
    let stated = order.total.value();
    let agrees = [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .filter_map(|(with_tax, with_freight)| {
            let with = |counts: bool, amount: Decimal| if counts { amount } else { Decimal::ZERO };
            lines
                .checked_add(with(with_tax, tax))?
                .checked_add(with(with_freight, freight))
        })
        .any(|expected| tolerance.allows(expected, stated));
    (!agrees).then(|| TotalFinding::Differs {
        stated: order.total.clone(),
        lines: StatedAmount::from_decimal(lines.normalize(), currency),
    })
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
            Self::NotInCart { part_id } => write!(f, "part {part_id} was not in the cart"),
            Self::Unreckonable => f.write_str("its numbers cannot be reckoned with"),
        }
    }
}

impl fmt::Display for TotalFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs { stated, lines } => write!(f, "the total says {stated}, the lines make {lines}"),
            Self::Currency {
                line_number,
                total,
                line,
            } => {
                write!(f, "line {line_number} is in {line}, the total in {total}")
            }
            Self::Unreckonable => f.write_str("the lines cannot be summed up"),
        }
    }
}
