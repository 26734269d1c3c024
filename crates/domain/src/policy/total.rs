//! The total of a purchase order against its lines.

use std::fmt;

use rust_decimal::Decimal;

use super::PriceTolerance;
use crate::{
    money::{Currency, StatedAmount},
    purchase_order::PurchaseOrder,
};

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
