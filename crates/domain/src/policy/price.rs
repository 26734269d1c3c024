//! What is agreed about prices, and one price against another: that of a cart, or of the contract.

use std::fmt;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::{
    Instant,
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
    /// How long the prices of a cart that went back count, in days: ordered later, the contract says what they are.
    pub cart_prices_valid_days: u32,
}

impl Default for PricePolicy {
    /// A cent, because suites round; beyond that the order is held. A quarter of a year for requisitions to be
    /// approved in.
    fn default() -> Self {
        Self {
            tolerance: PriceTolerance {
                percent: Decimal::ZERO,
                absolute: Decimal::new(1, 2),
            },
            action: PriceAction::Hold,
            cart_prices_valid_days: 90,
        }
    }
}

impl PricePolicy {
    /// Whether the prices of a cart that went back then still count.
    pub fn counts_cart_of(&self, returned_at: Instant, ordered_at: Instant) -> bool {
        let valid = SignedDuration::from_hours(24 * i64::from(self.cart_prices_valid_days));
        ordered_at.duration_since(returned_at) <= valid
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

/// A price as it was offered, in a cart or by contract.
pub(super) struct Offer<'a> {
    pub unit: &'a Unit,
    pub unit_price: &'a StatedAmount,
    pub price_basis: Option<&'a Quantity>,
}

impl<'a> Offer<'a> {
    pub(super) fn of(line: &'a CartLine) -> Self {
        Self {
            unit: &line.unit,
            unit_price: &line.unit_price,
            price_basis: line.price_basis.as_ref(),
        }
    }
}

/// What of a line is not as offered, its part aside; `same_unit` says whether its unit is that of the offer.
pub(super) fn compare(
    line: &OrderLine,
    offer: &Offer<'_>,
    same_unit: bool,
    tolerance: &PriceTolerance,
) -> Vec<PriceFindingKind> {
    let mut kinds = Vec::new();
    if !same_unit {
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
