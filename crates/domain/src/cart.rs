//! A cart as the storefront holds it and as it goes back to the suite.

use rust_decimal::Decimal;

use crate::{
    money::{Currency, StatedAmount},
    quantity::{Conversion, Quantity, Unit},
};

/// A cart read from the storefront, server to server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    /// The one currency of the cart.
    pub currency: Currency,
    /// Its lines, in the storefront's order.
    pub lines: Vec<CartLine>,
    /// Freight for the whole cart, if the storefront states it.
    pub shipping: Option<Charge>,
    /// Tax for the whole cart, if the storefront states it.
    pub tax: Option<Charge>,
}

impl Cart {
    /// Sum of the lines (net), exact; `None` if it is out of range or a price basis is zero.
    pub fn lines_total(&self) -> Option<StatedAmount> {
        self.lines
            .iter()
            .try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.amount()?))
            .map(|sum| StatedAmount::from_decimal(sum, self.currency))
    }

    /// Whether there is an article in it; freight and tax alone are no cart.
    pub fn has_articles(&self) -> bool {
        self.lines.iter().any(|line| line.charge.is_none())
    }
}

stored_names! {
    /// What a charge on a whole cart is.
    pub enum ChargeKind("a charge") {
        /// Freight.
        Freight = "freight",
        /// Tax.
        Tax = "tax",
    }
}

/// Freight or tax with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// How much.
    pub amount: StatedAmount,
    /// What for, in words.
    pub description: String,
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// The supplier's part number.
    pub part_id: String,
    /// The line's key: returned on edit and on the PO; stable over edits.
    pub auxiliary_id: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// Net price of one unit (or of `price_basis` units).
    pub unit_price: StatedAmount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<Quantity>,
    /// Description for people.
    pub description: String,
    /// A shorter name.
    pub short_name: Option<String>,
    /// Language of the texts, as an xml:lang value.
    pub language: String,
    /// Classification domain and code, UNSPSC first.
    pub classifications: Vec<Classification>,
    /// Manufacturer's part number.
    pub manufacturer_part_id: Option<String>,
    /// Manufacturer's name.
    pub manufacturer_name: Option<String>,
    /// Days until delivery.
    pub lead_time_days: Option<u32>,
    /// Picture of the item.
    pub image_url: Option<String>,
    /// Further name and value pairs.
    pub extrinsics: Vec<(String, String)>,
    /// Freight or tax of the whole cart, told as a line of it; none of an article.
    pub charge: Option<ChargeKind>,
}

impl CartLine {
    /// The same line in another unit, at the same amount; `None` where no exact number says it.
    pub fn counted_in(&self, conversion: &Conversion) -> Option<Self> {
        let converted = conversion.convert(&self.quantity, &self.unit_price, self.price_basis.as_ref())?;
        Some(Self {
            quantity: converted.quantity,
            unit: conversion.unit().clone(),
            unit_price: converted.unit_price,
            price_basis: converted.price_basis,
            ..self.clone()
        })
    }

    /// Quantity ÷ basis × price, exact; `None` if it is out of range or the basis is zero.
    pub fn amount(&self) -> Option<Decimal> {
        let basis = self.price_basis.as_ref().map_or(Decimal::ONE, Quantity::value);
        self.quantity
            .value()
            .checked_mul(self.unit_price.value())?
            .checked_div(basis)
    }
}

/// A commodity code with its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// `UNSPSC` and the like.
    pub domain: String,
    /// The code.
    pub code: String,
}
