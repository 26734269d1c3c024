//! What approved orders take up before the ERP's exposure shows them.

use rust_decimal::Decimal;

use crate::{
    money::{Currency, Money, MoneyError, StatedAmount},
    purchase_order::PurchaseOrder,
};

/// Which charges count against the limit. Both by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReservationBasis {
    /// Tax counts.
    pub tax: bool,
    /// Freight counts.
    pub freight: bool,
}

impl Default for ReservationBasis {
    fn default() -> Self {
        Self {
            tax: true,
            freight: true,
        }
    }
}

/// What an order takes up, in its own currency: the larger of its stated total and its lines, with tax and
/// freight by policy. By the standard the total is net; some suites put tax and freight into it, which is
/// recognised by the sum.
pub fn amount_to_reserve(order: &PurchaseOrder, basis: ReservationBasis) -> Result<Money, MoneyError> {
    let currency = order.total.currency();
    let mut lines = Decimal::ZERO;
    for line in &order.lines {
        same_currency(&line.unit_price, currency)?;
        let amount = line
            .amount()
            .ok_or_else(|| MoneyError::Range(format!("the amount of line {}", line.line_number)))?;
        lines = add(lines, amount)?;
    }
    let charge = |charge: &Option<crate::cart::Charge>| match charge {
        Some(charge) => same_currency(&charge.amount, currency).map(|()| charge.amount.value()),
        None => Ok(Decimal::ZERO),
    };
    let tax = charge(&order.tax)?;
    let freight = charge(&order.shipping)?;
    let stated = order.total.value();
    let with_charges = [
        add(lines, tax)?,
        add(lines, freight)?,
        add(add(lines, tax)?, freight)?,
    ];
    let net = if with_charges.contains(&stated) {
        lines
    } else {
        stated.max(lines)
    };
    let counted = |counts: bool, amount: Decimal| if counts { amount } else { Decimal::ZERO };
    let total = add(
        add(net, counted(basis.tax, tax))?,
        counted(basis.freight, freight),
    )?;
    Money::from_decimal(total, currency)
}

fn add(a: Decimal, b: Decimal) -> Result<Decimal, MoneyError> {
    a.checked_add(b)
        .ok_or_else(|| MoneyError::Range(format!("{a} + {b}")))
}

fn same_currency(amount: &StatedAmount, currency: Currency) -> Result<(), MoneyError> {
    if amount.currency() == currency {
        Ok(())
    } else {
        Err(MoneyError::Mixed(amount.currency(), currency))
    }
}
