//! Freight and tax of a cart on its way back: left out, told once for the cart, or told as lines of it.

use rust_decimal::Decimal;

use crate::{
    cart::{Cart, CartLine, Charge, ChargeKind},
    quantity::{Quantity, Unit},
};

/// The unit of a charge that is a line: one piece, by UN/CEFACT's Recommendation 20. A dialect says what its suite calls it.
const PIECE: &str = "EA";

stored_names! {
    /// Where freight or tax of a cart goes.
    pub enum ChargePlacement("a place of freight or tax in the cart") {
        /// It does not go back: the order says what the buyer knows of it.
        Omit = "omit",
        /// Once for the cart, beside its lines.
        Header = "header",
        /// As a line of the cart, which may be ordered like any other.
        Line = "line",
    }
}

/// What becomes of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRule {
    /// Where it goes.
    pub placement: ChargePlacement,
    /// The part number of its line, by which the order sink knows it.
    pub part_id: String,
}

/// What becomes of freight and tax of a cart that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartCharges {
    /// Freight.
    pub freight: ChargeRule,
    /// Tax.
    pub tax: ChargeRule,
}

impl Default for CartCharges {
    /// Neither goes back.
    fn default() -> Self {
        let left_out = |part_id: &str| ChargeRule {
            placement: ChargePlacement::Omit,
            part_id: part_id.to_owned(),
        };
        Self {
            freight: left_out("FREIGHT"),
            tax: left_out("TAX"),
        }
    }
}

impl CartCharges {
    /// The cart with freight and tax where they belong: lines of theirs last, freight first. A cart without an article has
    /// none, and a charge of nothing is no line.
    pub fn place(&self, mut cart: Cart) -> Cart {
        let has_articles = cart.has_articles();
        let language = cart.lines.first().map(|line| line.language.clone());
        let language = language.unwrap_or_default();
        let charges = [
            (&self.freight, ChargeKind::Freight, &mut cart.shipping),
            (&self.tax, ChargeKind::Tax, &mut cart.tax),
        ];
        let mut lines = Vec::new();
        for (rule, kind, charge) in charges {
            match rule.placement {
                ChargePlacement::Header => {}
                ChargePlacement::Omit => *charge = None,
                ChargePlacement::Line => {
                    let stated = charge
                        .take()
                        .filter(|charge| charge.amount.value() != Decimal::ZERO);
                    let stated = stated.filter(|_| has_articles);
                    lines.extend(stated.map(|charge| line(rule, kind, charge, &language)));
                }
            }
        }
        cart.lines.append(&mut lines);
        cart
    }
}

fn line(rule: &ChargeRule, kind: ChargeKind, charge: Charge, language: &str) -> CartLine {
    CartLine {
        part_id: rule.part_id.clone(),
        auxiliary_id: None,
        quantity: Quantity::from_decimal(Decimal::ONE),
        unit: Unit::new(PIECE),
        unit_price: charge.amount,
        price_basis: None,
        description: charge.description,
        short_name: None,
        language: language.to_owned(),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        lead_time_days: None,
        image_url: None,
        extrinsics: Vec::new(),
        charge: Some(kind),
    }
}
