//! Quantity, unit and price of one line: converted exactly, or the line is stopped.

use punchgate_domain::{
    cart::CartLine,
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit, exact_product, exact_quotient},
};
use rust_decimal::Decimal;

use super::{
    WarningCode,
    notes::{Notes, Stop},
};
use crate::cxml::dialect::{Dialect, UnitDefault};

/// Makes the line's numbers fit: unit, then price basis, then their form.
pub(super) fn fit_amounts(
    line: &mut CartLine,
    currency: Currency,
    dialect: &Dialect,
    notes: &mut Notes,
) -> Result<(), Stop> {
    check_numbers(line, currency)?;
    fit_unit(line, dialect, notes)?;
    fit_price_basis(line, dialect, notes)?;
    fit_numbers(line, dialect, notes)
}

fn check_numbers(line: &CartLine, currency: Currency) -> Result<(), Stop> {
    let stated = line.unit_price.currency();
    if stated != currency {
        return Err(Stop::new(
            WarningCode::CurrencyMixed,
            format!("the price is in {stated}, the cart in {currency}; a cart has one currency"),
        ));
    }
    let not_positive = |quantity: &Quantity| quantity.value() <= Decimal::ZERO;
    if not_positive(&line.quantity) {
        return Err(Stop::new(
            WarningCode::QuantityNotPositive,
            format!("the quantity is {}; it must be above 0", line.quantity),
        ));
    }
    match &line.price_basis {
        Some(basis) if not_positive(basis) => Err(Stop::new(
            WarningCode::QuantityNotPositive,
            format!("the price stands for {basis} units; it must be above 0"),
        )),
        _ => Ok(()),
    }
}

/// The suite's unit code; where one of ours is several of theirs, quantity and price together.
fn fit_unit(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    let code = line.unit.as_str().to_owned();
    if let Some(target) = dialect.units.target(&code) {
        if target.factor != Decimal::ONE {
            let before = line.quantity.clone();
            convert(line, dialect, target.factor, &target.code)?;
            let text = format!("{before} {code} became {} {}", line.quantity, target.code);
            notes.repaired(WarningCode::UnitConverted, text);
        }
        line.unit = Unit::new(&target.code);
    } else {
        match &dialect.units.unmapped {
            UnitDefault::Pass if code.is_empty() => {
                let text = "the line has no unit of measure; give the product one in the shop";
                return Err(Stop::new(WarningCode::UnitMissing, text.to_owned()));
            }
            UnitDefault::Pass => {}
            UnitDefault::Code(default) => {
                let text = format!("unit '{code}' is not in the dialect's map; '{default}' was sent");
                notes.warning(WarningCode::UnitUnmapped, text);
                line.unit = Unit::new(default);
            }
            UnitDefault::Reject => {
                return Err(Stop::new(
                    WarningCode::UnitUnmapped,
                    format!("unit '{code}' is not in the dialect's map; add it under units.codes"),
                ));
            }
        }
    }
    let (unit, limit) = (line.unit.as_str(), dialect.lengths.unit);
    if unit.len() > limit {
        return Err(Stop::new(
            WarningCode::UnitTooLong,
            format!("unit '{unit}' has {} bytes; the suite takes {limit}", unit.len()),
        ));
    }
    Ok(())
}

/// Quantity times the factor; the price for as many units as before, which are now `factor` times more.
/// Where the price divides exactly it becomes the price of one unit, otherwise the basis says it.
fn convert(line: &mut CartLine, dialect: &Dialect, factor: Decimal, code: &str) -> Result<(), Stop> {
    let inexact = || {
        Stop::new(
            WarningCode::UnitInexact,
            format!(
                "{} {} cannot be converted to {code} (factor {factor}) exactly",
                line.quantity, line.unit
            ),
        )
    };
    let quantity = exact_product(line.quantity.value(), factor).ok_or_else(inexact)?;
    let one = Decimal::ONE;
    let basis = line.price_basis.as_ref().map_or(one, Quantity::value);
    let basis = exact_product(basis, factor).ok_or_else(inexact)?;
    let price = line.unit_price.value();
    let per_unit = exact_quotient(price, factor, dialect.price.max_decimals);
    match (line.price_basis.is_none(), per_unit) {
        (true, Some(per_unit)) => {
            line.unit_price = StatedAmount::from_decimal(per_unit, line.unit_price.currency());
        }
        _ => line.price_basis = Some(Quantity::from_decimal(basis.normalize())),
    }
    line.quantity = Quantity::from_decimal(quantity.normalize());
    Ok(())
}

/// Old grammars know the price of one unit only: divided where that is exact.
fn fit_price_basis(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    let Some(basis) = &line.price_basis else {
        return Ok(());
    };
    if basis.value() == Decimal::ONE {
        line.price_basis = None;
        return Ok(());
    }
    if dialect.dtd.punchout_order_message.is_extended() {
        return Ok(());
    }
    let price = &line.unit_price;
    let Some(per_unit) = exact_quotient(price.value(), basis.value(), dialect.price.max_decimals) else {
        return Err(Stop::new(
            WarningCode::PriceBasisInexact,
            format!(
                "{price} for {basis} units has no exact price of one unit in {} decimals, and the \
                 dialect's cart has no price basis; choose a newer dtd.punchout_order_message",
                dialect.price.max_decimals
            ),
        ));
    };
    let divided = StatedAmount::from_decimal(per_unit, price.currency());
    notes.repaired(
        WarningCode::PriceBasisDivided,
        format!("{price} for {basis} units was written as {divided} for one"),
    );
    line.unit_price = divided;
    line.price_basis = None;
    Ok(())
}

/// Numbers in plain form: no sign of plus, no zeros beyond the suite's decimals.
fn fit_numbers(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    let limit = dialect.price.max_decimals;
    let price = line.unit_price.value();
    let shortest = price.normalize();
    if shortest.scale() > limit {
        return Err(Stop::new(
            WarningCode::PriceDecimals,
            format!(
                "the price {} has {} decimals; the suite takes {limit}",
                line.unit_price,
                shortest.scale()
            ),
        ));
    }
    let mut fitted = price;
    if price.scale() > limit {
        fitted.rescale(limit);
    }
    let fitted = StatedAmount::from_decimal(fitted, line.unit_price.currency());
    if fitted.text() != line.unit_price.text() {
        let text = format!(
            "price '{}' was written as '{}'",
            line.unit_price.text(),
            fitted.text()
        );
        notes.repaired(WarningCode::NumberForm, text);
        line.unit_price = fitted;
    }
    let fitted = Quantity::from_decimal(line.quantity.value().normalize());
    if fitted.text() != line.quantity.text() {
        let text = format!("quantity '{}' was written as '{fitted}'", line.quantity);
        notes.repaired(WarningCode::NumberForm, text);
        line.quantity = fitted;
    }
    if let Some(basis) = &line.price_basis {
        line.price_basis = Some(Quantity::from_decimal(basis.value().normalize()));
    }
    Ok(())
}
