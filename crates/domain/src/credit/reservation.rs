//! Reservations: what approved orders take up before the ERP's exposure shows them.

use rust_decimal::Decimal;

use crate::{
    Instant,
    customer::Exposure,
    money::{Currency, Money, MoneyError, StatedAmount},
    order::OrderState,
    purchase_order::PurchaseOrder,
};

/// Whether an order in this state takes up credit.
pub fn reserves(state: OrderState) -> bool {
    state.reserves()
}

/// What an update adds to the reservations (or takes off, below zero).
pub fn reservation_change(before: Option<Money>, after: Money) -> Result<Money, MoneyError> {
    before.map_or(Ok(after), |before| after.minus(before))
}

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

/// One order's reservation, in the credit account's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Line by line.
    pub lines: Vec<ReservedLine>,
    /// Tax and freight, which belong to no line.
    pub charges: Money,
    /// Of the charges, what has been invoiced.
    pub charges_invoiced: Money,
    /// When the order was created in the ERP, by the ERP's clock; `None` until it exists there.
    pub erp_created_at: Option<Instant>,
}

/// One line of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// Reserved at first.
    pub amount: Money,
    /// Of that, what has been invoiced.
    pub invoiced: Money,
}

impl Reservation {
    /// A reservation of one amount.
    pub fn of(amount: Money) -> Self {
        Self {
            lines: Vec::new(),
            charges: amount,
            charges_invoiced: Money::zero(amount.currency()),
            erp_created_at: None,
        }
    }

    /// What is still reserved beside the exposure. Nothing, if the exposure includes open orders and was read
    /// after the order came to be in the ERP; else what no invoice shows yet.
    pub fn open(&self, exposure: Option<&Exposure>) -> Result<Money, MoneyError> {
        let zero = Money::zero(self.charges.currency());
        if self.is_in(exposure) {
            return Ok(zero);
        }
        let mut open = zero;
        let mut all_invoiced = !self.lines.is_empty();
        for line in &self.lines {
            let rest = line.amount.minus(line.invoiced)?;
            // A line invoiced above its order frees no more than itself.
            if rest.minor() > 0 {
                open = open.plus(rest)?;
                all_invoiced = false;
            }
        }
        let charges = self.charges.minus(self.charges_invoiced)?;
        // The last invoice carries whatever tax and freight there is.
        if !all_invoiced && charges.minor() > 0 {
            open = open.plus(charges)?;
        }
        Ok(open)
    }

    fn is_in(&self, exposure: Option<&Exposure>) -> bool {
        match (exposure, self.erp_created_at) {
            (Some(exposure), Some(created)) => exposure.includes_open_orders && exposure.as_of > created,
            _ => false,
        }
    }
}

/// Sum of what is still reserved, for [`super::CreditStanding::reserved`].
pub fn reserved_total<'a>(
    reservations: impl IntoIterator<Item = &'a Reservation>,
    exposure: Option<&Exposure>,
    currency: Currency,
) -> Result<Money, MoneyError> {
    reservations
        .into_iter()
        .try_fold(Money::zero(currency), |sum, reservation| {
            sum.plus(reservation.open(exposure)?)
        })
}
