//! A cart made fit for a suite before it is written.
//!
//! **Invariant:** only descriptive text, character set and trailing zeros are repaired. Unit, quantity,
//! price, price basis, currency, part and auxiliary ids are never cut or rounded: what does not fit
//! exactly stops its line, with a warning, and the rest of the cart is kept.

mod amount;
mod line;
mod notes;
mod text;

use punchgate_domain::cart::Cart;
use rust_decimal::Decimal;

use super::Dialect;

/// A cart that fits, and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The cart without the stopped lines.
    pub cart: Cart,
    /// What was repaired, stopped or is worth a look; in line order.
    pub lines: Vec<LineWarning>,
}

impl Preflight {
    /// How many lines were left out.
    pub fn stopped_lines(&self) -> usize {
        self.lines
            .iter()
            .filter(|warning| warning.severity == Severity::Stopped)
            .count()
    }
}

/// What befell a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWarning {
    /// The line's place in the cart that came in, from 1.
    pub line: usize,
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
    /// The line is left out.
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
    /// The line is in another currency than the cart.
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
    let mut fitted = Cart {
        currency: cart.currency,
        lines: Vec::with_capacity(cart.lines.len()),
        shipping: cart.shipping.clone(),
        tax: cart.tax.clone(),
    };
    let mut warnings = Vec::new();
    let mut sum = Decimal::ZERO;
    for (place, original) in cart.lines.iter().enumerate() {
        let mut said = notes::Notes::new(place + 1);
        let fitted_line = line::fit(original, cart.currency, dialect, &mut said).and_then(|fitted_line| {
            let amount = amount::exact_amount(&fitted_line);
            match amount.and_then(|amount| sum.checked_add(amount)) {
                Some(total) => {
                    sum = total;
                    Ok(fitted_line)
                }
                None => Err(notes::Stop::new(
                    WarningCode::AmountTooLarge,
                    "the line's amount is too large to be counted; correct quantity or price".to_owned(),
                )),
            }
        });
        match fitted_line {
            Ok(fitted_line) => fitted.lines.push(fitted_line),
            Err(stop) => said.stopped(stop),
        }
        warnings.append(&mut said.into_warnings());
    }
    Preflight {
        cart: fitted,
        lines: warnings,
    }
}
