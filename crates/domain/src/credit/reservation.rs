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
/// recognised by the sum. Charges below zero make no room.
pub fn amount_to_reserve(order: &PurchaseOrder, basis: ReservationBasis) -> Result<Money, MoneyError> {
    let currency = order.total.currency();
    let lines = of_lines(order)?;
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
    let counted = |counts: bool, amount: Decimal| match counts {
        true => amount.max(Decimal::ZERO),
        false => Decimal::ZERO,
    };
    let total = add(
        add(net, counted(basis.tax, tax))?,
        counted(basis.freight, freight),
    )?;
    Money::from_decimal(total, currency)
}

/// Whether what an order takes up is more than its lines: tax or freight is in it, and the invoices that give it
/// back do so with theirs.
pub fn reserves_charges(order: &PurchaseOrder, reserved: Money) -> bool {
    let lines = of_lines(order).and_then(|lines| Money::from_decimal(lines, order.total.currency()));
    lines.is_ok_and(|lines| reserved.currency() == lines.currency() && reserved.minor() > lines.minor())
}

fn of_lines(order: &PurchaseOrder) -> Result<Decimal, MoneyError> {
    let mut sum = Decimal::ZERO;
    for line in &order.lines {
        same_currency(&line.unit_price, order.total.currency())?;
        let amount = line
            .amount()
            .ok_or_else(|| MoneyError::Range(format!("the amount of line {}", line.line_number)))?;
        sum = add(sum, amount)?;
    }
    Ok(sum)
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
