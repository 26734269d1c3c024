//! A cart made fit for a suite before it is written.
//!
//! **Invariant:** only descriptive text, character set and trailing zeros are repaired. Unit, quantity,
//! price, price basis, currency, part and auxiliary ids are never cut or rounded: what does not fit
//! exactly stops its line, with a warning, and the rest of the cart is kept.

mod amount;
mod line;
mod notes;
mod text;

use punchgate_domain::{
    cart::{Cart, CartLine, Charge},
    money::{Currency, Money},
};
use rust_decimal::Decimal;

use super::Dialect;
use notes::{Notes, Stop};

/// A cart that fits, and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The cart without the stopped lines.
    pub cart: Cart,
    /// What was repaired, stopped or is worth a look; in line order, the cart as a whole last.
    pub lines: Vec<LineWarning>,
}

impl Preflight {
    /// How many lines were left out.
    pub fn stopped_lines(&self) -> usize {
        self.lines
            .iter()
            .filter(|warning| warning.severity == Severity::Stopped && warning.line.is_some())
            .count()
    }
}

/// What befell a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWarning {
    /// The line's place in the cart that came in, from 1; absent: it is about the cart's freight or tax.
    pub line: Option<usize>,
    /// How grave.
    pub severity: Severity,
    /// Which rule.
    pub code: WarningCode,
    /// For people: what, and what to do.
    pub text: String,
}

/// How grave a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Changed without loss of meaning.
    Repaired,
    /// Sent as it is, or without something that is no more than descriptive; worth a look.
    Warning,
    /// The line (or freight, or tax) is left out.
    Stopped,
}

macro_rules! warning_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// The rule behind a warning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WarningCode {
            $($(#[$doc])* $name),+
        }

        impl WarningCode {
            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

warning_codes! {
    /// The line has no part number.
    PartIdMissing = "part-id-missing";
    /// A part or auxiliary id is too long.
    IdTooLong = "id-too-long";
    /// A part or auxiliary id holds a character that the suite refuses.
    IdCharacter = "id-character";
    /// Blanks around an id may be lost on the way.
    IdBlanks = "id-blanks";
    /// The amount is in another currency than the cart.
    CurrencyMixed = "currency-mixed";
    /// Zero, or less.
    QuantityNotPositive = "quantity-not-positive";
    /// The number was written in another form.
    NumberForm = "number-form";
    /// The line's amount cannot be counted.
    AmountTooLarge = "amount-too-large";
    /// The line has no unit.
    UnitMissing = "unit-missing";
    /// The unit is not in the dialect's map.
    UnitUnmapped = "unit-unmapped";
    /// The unit's code is too long.
    UnitTooLong = "unit-too-long";
    /// Quantity and price were converted to another unit.
    UnitConverted = "unit-converted";
    /// Quantity and price cannot be converted to the unit exactly.
    UnitInexact = "unit-inexact";
    /// A price for several units became a price for one.
    PriceBasisDivided = "price-basis-divided";
    /// A price for several units cannot be written.
    PriceBasisInexact = "price-basis-inexact";
    /// The price has more digits than the suite takes.
    PriceDecimals = "price-decimals";
    /// A descriptive text was cut.
    TextCut = "text-cut";
    /// A descriptive text held characters that the suite does not take.
    TextCharacter = "text-character";
    /// The line had no description; another text stands in.
    DescriptionMissing = "description-missing";
    /// The manufacturer's part number does not fit and was left out.
    ManufacturerPartIdLeftOut = "manufacturer-part-id-left-out";
    /// The line has no commodity code.
    ClassificationMissing = "classification-missing";
    /// A UNSPSC code is not eight digits.
    ClassificationForm = "classification-form";
}

/// Makes a cart fit for a suite.
pub fn preflight(cart: &Cart, dialect: &Dialect) -> Preflight {
    let mut warnings = Vec::new();
    let mut lines = Vec::with_capacity(cart.lines.len());
    let mut sum = Decimal::ZERO;
    for (original, place) in cart.lines.iter().zip(1..) {
        let mut notes = Notes::new(Some(place));
        let fitted = line::fit(original, cart.currency, dialect, &mut notes)
            .and_then(|line| within_total(line, cart.currency, &mut sum));
        match fitted {
            Ok(line) => lines.push(line),
            Err(stop) => notes.stopped(stop),
        }
        warnings.append(&mut notes.into_warnings());
    }
    let mut notes = Notes::new(None);
    let shipping = fit_charge(cart.shipping.as_ref(), "freight", cart.currency, &mut notes);
    let tax = fit_charge(cart.tax.as_ref(), "tax", cart.currency, &mut notes);
    warnings.append(&mut notes.into_warnings());
    Preflight {
        cart: Cart {
            currency: cart.currency,
            lines,
            shipping,
            tax,
        },
        lines: warnings,
    }
}

/// Adds the line to the total, which must stay a number that can be written.
fn within_total(line: CartLine, currency: Currency, sum: &mut Decimal) -> Result<CartLine, Stop> {
    let total = line
        .amount()
        .and_then(|amount| sum.checked_add(amount))
        .filter(|total| Money::from_decimal(*total, currency).is_ok())
        .ok_or_else(|| {
            let text = "the line's amount is too large to be counted; correct quantity or price";
            Stop::new(WarningCode::AmountTooLarge, text.to_owned())
        })?;
    *sum = total;
    Ok(line)
}

/// Freight or tax in another currency is left out like a line would be.
fn fit_charge(charge: Option<&Charge>, what: &str, currency: Currency, notes: &mut Notes) -> Option<Charge> {
    let charge = charge?;
    let stated = charge.amount.currency();
    if stated == currency {
        return Some(charge.clone());
    }
    notes.left_out(Stop::new(
        WarningCode::CurrencyMixed,
        format!("the {what} is in {stated}, the cart in {currency}; it was left out"),
    ));
    None
}
