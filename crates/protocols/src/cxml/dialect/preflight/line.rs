//! One cart line against a dialect.

use punchgate_domain::{
    cart::{CartLine, Classification},
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use super::{
    LineWarning, Severity, WarningCode,
    text::{cut, fit_characters},
};
use crate::cxml::{
    dialect::{Dialect, MissingClassification, UnitDefault, UnmappedExtrinsic},
    encode::is_xml_char,
};

/// Why a line is left out.
#[derive(Debug)]
pub(super) struct Stop {
    code: WarningCode,
    text: String,
}

impl Stop {
    pub(super) fn new(code: WarningCode, text: String) -> Self {
        Self { code, text }
    }
}

/// The warnings of one line.
#[derive(Debug)]
pub(super) struct Notes {
    line: usize,
    warnings: Vec<LineWarning>,
}

impl Notes {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            warnings: Vec::new(),
        }
    }

    pub(super) fn into_warnings(self) -> Vec<LineWarning> {
        self.warnings
    }

    /// A stopped line says only why it was stopped: what was repaired on the way never goes out.
    pub(super) fn stopped(&mut self, stop: Stop) {
        self.warnings.clear();
        self.add(Severity::Stopped, stop.code, stop.text);
    }

    fn repaired(&mut self, code: WarningCode, text: String) {
        self.add(Severity::Repaired, code, text);
    }

    fn warning(&mut self, code: WarningCode, text: String) {
        self.add(Severity::Warning, code, text);
    }

    fn add(&mut self, severity: Severity, code: WarningCode, text: String) {
        self.warnings.push(LineWarning {
            line: self.line,
            severity,
            code,
            text,
        });
    }
}

/// The line as it may go out.
pub(super) fn fit(
    original: &CartLine,
    currency: Currency,
    dialect: &Dialect,
    notes: &mut Notes,
) -> Result<CartLine, Stop> {
    let mut line = original.clone();
    check_ids(&line, dialect, notes)?;
    check_numbers(&line, currency)?;
    fit_unit(&mut line, dialect, notes)?;
    fit_price_basis(&mut line, dialect, notes)?;
    fit_numbers(&mut line, dialect, notes)?;
    fit_texts(&mut line, dialect, notes);
    fit_classifications(&mut line, dialect, notes)?;
    fit_extrinsics(&mut line, dialect);
    Ok(line)
}

/// Quantity × price ÷ basis; `None` if it cannot be counted.
pub(super) fn exact_amount(line: &CartLine) -> Option<Decimal> {
    let product = line.quantity.value().checked_mul(line.unit_price.value())?;
    match &line.price_basis {
        Some(basis) => product.checked_div(basis.value()),
        None => Some(product),
    }
}

fn check_ids(line: &CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    if line.part_id.trim().is_empty() {
        let text = "the line has no part number; give the product one in the shop";
        return Err(Stop::new(WarningCode::PartIdMissing, text.to_owned()));
    }
    let ids = [
        ("part number", line.part_id.as_str(), dialect.lengths.part_id),
        (
            "line key",
            line.auxiliary_id.as_deref().unwrap_or_default(),
            dialect.lengths.auxiliary_id,
        ),
    ];
    for (what, id, limit) in ids {
        if id.len() > limit {
            return Err(Stop::new(
                WarningCode::IdTooLong,
                format!(
                    "the {what} '{id}' has {} bytes; the suite takes {limit}",
                    id.len()
                ),
            ));
        }
        let refused =
            |c: &char| !is_xml_char(*c) || c.is_control() || dialect.characters.forbidden_in_ids.contains(*c);
        if let Some(c) = id.chars().find(refused) {
            return Err(Stop::new(
                WarningCode::IdCharacter,
                format!(
                    "the {what} '{}' holds {c:?}, which the suite refuses",
                    id.escape_debug()
                ),
            ));
        }
        if id.trim().len() != id.len() {
            notes.warning(
                WarningCode::IdBlanks,
                format!("the {what} '{id}' has blanks around it; the suite may return it without them"),
            );
        }
    }
    Ok(())
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

fn fit_texts(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) {
    if line.description.trim().is_empty() {
        let stand_in = line.short_name.as_deref().filter(|name| !name.trim().is_empty());
        line.description = stand_in.unwrap_or(&line.part_id).to_owned();
        let text = format!("the line had no description; '{}' stands in", line.description);
        notes.repaired(WarningCode::DescriptionMissing, text);
    }
    let lengths = &dialect.lengths;
    let texts = [
        ("description", Some(&mut line.description), lengths.description),
        ("short name", line.short_name.as_mut(), lengths.short_name),
        (
            "manufacturer's name",
            line.manufacturer_name.as_mut(),
            lengths.manufacturer_name,
        ),
    ];
    for (what, text, limit) in texts {
        let Some(text) = text else { continue };
        let fitted = fit_characters(text, dialect.characters.text);
        if fitted != *text {
            let note = format!("characters of the {what} that the suite does not take were replaced");
            notes.repaired(WarningCode::TextCharacter, note);
            *text = fitted.into_owned();
        }
        if let Some(kept) = cut(text, limit) {
            let note = format!("the {what} has {} bytes and was cut to {limit}", text.len());
            notes.repaired(WarningCode::TextCut, note);
            *text = kept.to_owned();
        }
    }
    let limit = lengths.manufacturer_part_id;
    let too_long = line.manufacturer_part_id.take_if(|id| id.len() > limit);
    if let Some(id) = too_long {
        let note =
            format!("the manufacturer's part number '{id}' has more than {limit} bytes and was left out");
        notes.warning(WarningCode::ManufacturerPartIdLeftOut, note);
    }
}

/// The suite's domain first and in its spelling; codes stay as they are.
fn fit_classifications(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    let rule = &dialect.classification;
    line.classifications.retain(|class| !class.code.trim().is_empty());
    for class in &mut line.classifications {
        if class.domain.eq_ignore_ascii_case(&rule.domain) {
            class.domain.clone_from(&rule.domain);
        }
        let is_unspsc = class.domain.eq_ignore_ascii_case("UNSPSC");
        let is_eight_digits = class.code.len() == 8 && class.code.bytes().all(|b| b.is_ascii_digit());
        if is_unspsc && !is_eight_digits {
            let text = format!("the UNSPSC code '{}' is not eight digits", class.code);
            notes.warning(WarningCode::ClassificationForm, text);
        }
    }
    line.classifications
        .sort_by_key(|class| class.domain != rule.domain);
    if !line.classifications.is_empty() {
        return Ok(());
    }
    match rule.missing {
        MissingClassification::Stop => Err(Stop::new(
            WarningCode::ClassificationMissing,
            "the line has no commodity code, and the suite wants one; classify the product in the shop"
                .to_owned(),
        )),
        MissingClassification::Placeholder => {
            let (domain, code) = (&rule.placeholder.domain, &rule.placeholder.code);
            let text = format!("the line has no commodity code; {domain} '{code}' was sent");
            notes.warning(WarningCode::ClassificationMissing, text);
            line.classifications.push(Classification {
                domain: domain.clone(),
                code: code.clone(),
            });
            Ok(())
        }
    }
}

fn fit_extrinsics(line: &mut CartLine, dialect: &Dialect) {
    let rule = &dialect.cart_extrinsics;
    line.extrinsics
        .retain_mut(|(name, _)| match rule.names.get(name) {
            Some(theirs) => {
                name.clone_from(theirs);
                true
            }
            None => rule.unmapped == UnmappedExtrinsic::Pass,
        });
    if let (Some(name), Some(url)) = (&rule.image_url, &line.image_url) {
        line.extrinsics.push((name.clone(), url.clone()));
    }
}

/// The product, if no digit of it was lost.
fn exact_product(left: Decimal, right: Decimal) -> Option<Decimal> {
    let (left, right) = (left.normalize(), right.normalize());
    let product = left.checked_mul(right)?;
    (product.scale() == left.scale() + right.scale()).then_some(product)
}

/// The quotient, if it is exact and has no more than `decimals` digits after the point.
fn exact_quotient(value: Decimal, divisor: Decimal, decimals: u32) -> Option<Decimal> {
    let quotient = value.checked_div(divisor)?.normalize();
    let is_exact = exact_product(quotient, divisor)? == value;
    (is_exact && quotient.scale() <= decimals).then_some(quotient)
}
