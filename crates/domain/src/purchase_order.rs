//! A purchase order as the buyer wrote it, whatever protocol carried it.

use std::fmt;

use crate::{
    cart::{Charge, Classification},
    money::StatedAmount,
    quantity::{Conversion, Quantity, Unit},
};

/// What the buyer asks of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderOperation {
    /// A new order.
    New,
    /// A complete replacement of an earlier one.
    Update,
    /// The order is withdrawn.
    Delete,
}

/// The order's kind, as far as we act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderType {
    /// A plain order.
    Regular,
    /// A release against a blanket order.
    Release,
    /// A blanket order.
    Blanket,
    /// Anything else, as stated; also what is asked of the order, where that is neither new, update nor delete.
    Other(String),
}

/// A purchase order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseOrder {
    /// The buyer's order number.
    pub order_number: String,
    /// New, update or delete.
    pub operation: OrderOperation,
    /// Regular, release, blanket …
    pub order_type: OrderType,
    /// The buyer's version, if stated; never decides, content does.
    pub stated_version: Option<String>,
    /// The date as stated.
    pub order_date: StatedDate,
    /// Requested delivery, as stated.
    pub requested_delivery: Option<StatedDate>,
    /// The requisition it came from.
    pub requisition_id: Option<String>,
    /// Contract or agreement number.
    pub agreement_id: Option<String>,
    /// The total as stated.
    pub total: StatedAmount,
    /// Tax as stated.
    pub tax: Option<Charge>,
    /// Freight as stated.
    pub shipping: Option<Charge>,
    /// Where to ship.
    pub ship_to: Option<Address>,
    /// Whom to bill.
    pub bill_to: Option<Address>,
    /// How the buyer means to pay.
    pub payment: Payment,
    /// Payment terms in days, if stated.
    pub payment_terms_days: Option<u32>,
    /// Contacts (role, name, e-mail).
    pub contacts: Vec<Contact>,
    /// Comments of the header.
    pub comments: Vec<String>,
    /// The payloadID of the order that this one replaces or withdraws.
    pub replaces_payload_id: Option<String>,
    /// Further name and value pairs of the header.
    pub extrinsics: Vec<(String, String)>,
    /// The lines.
    pub lines: Vec<OrderLine>,
}

/// A date of a document: its text, the instant if it has a time, and whether an offset was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedDate {
    /// As stated.
    pub text: String,
    /// The civil date.
    pub date: jiff::civil::Date,
    /// The instant, where a time was given (an absent offset is read as UTC).
    pub instant: Option<crate::Instant>,
    /// Whether an offset stood in the text.
    pub has_offset: bool,
}

impl StatedDate {
    /// What should have been a date and is none, or is missing: nobody may act on it.
    pub fn unreadable(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            date: jiff::civil::Date::ZERO,
            instant: None,
            has_offset: false,
        }
    }

    /// Whether the date is what the document says.
    pub fn is_readable(&self) -> bool {
        self.date != jiff::civil::Date::ZERO
    }
}

/// One line of a purchase order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// Our part number.
    pub part_id: String,
    /// Our line key from the cart.
    pub auxiliary_id: Option<String>,
    /// The buyer's part number.
    pub buyer_part_id: Option<String>,
    /// Net price of one unit (or of `price_basis` units).
    pub unit_price: StatedAmount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<Quantity>,
    /// From order unit to basis unit.
    pub price_basis_factor: Option<Quantity>,
    /// Description.
    pub description: String,
    /// Classification codes.
    pub classifications: Vec<Classification>,
    /// Manufacturer's part number.
    pub manufacturer_part_id: Option<String>,
    /// Manufacturer's name.
    pub manufacturer_name: Option<String>,
    /// Requested delivery of this line.
    pub requested_delivery: Option<StatedDate>,
    /// A ship-to of its own.
    pub ship_to: Option<Address>,
    /// Ordered outside any catalogue.
    pub is_ad_hoc: bool,
    /// A return, not a delivery.
    pub is_return: bool,
    /// Delivery schedules stated on the line.
    pub schedule_lines: u32,
    /// Comments of the line.
    pub comments: Vec<String>,
    /// Further name and value pairs of the line.
    pub extrinsics: Vec<(String, String)>,
}

/// Something of an order that says how much or when, and that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What it is.
    pub what: &'static str,
    /// On which line, if on one: the buyer's number.
    pub line_number: Option<u32>,
    /// What stands there; empty if nothing does.
    pub stated: String,
}

impl PurchaseOrder {
    /// Every amount, quantity and date that is missing or could not be read, header first.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        let charge =
            |what, charge: &Option<Charge>| charge.as_ref().and_then(|one| amount(what, &one.amount));
        let date = Some(&self.order_date)
            .filter(|date| !date.is_readable())
            .map(|date| ("order date", date.text.as_str()).into());
        let header = [
            amount("total", &self.total),
            charge("tax", &self.tax),
            charge("freight", &self.shipping),
            date,
        ];
        let lines = self.lines.iter().flat_map(|line| {
            let optional =
                |what, stated: &Option<Quantity>| stated.as_ref().and_then(|one| quantity(what, one));
            let found = [
                quantity("quantity", &line.quantity),
                amount("price", &line.unit_price),
                optional("price basis", &line.price_basis),
                optional("price basis factor", &line.price_basis_factor),
            ];
            found.into_iter().flatten().map(|one| Unreadable {
                line_number: Some(line.line_number),
                ..one
            })
        });
        header.into_iter().flatten().chain(lines).collect()
    }
}

impl From<(&'static str, &str)> for Unreadable {
    fn from((what, stated): (&'static str, &str)) -> Self {
        Self {
            what,
            line_number: None,
            stated: stated.to_owned(),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}", self.what)?;
        if let Some(number) = self.line_number {
            write!(f, " of line {number}")?;
        }
        match self.stated.as_str() {
            "" => f.write_str(" is missing"),
            stated => write!(f, " cannot be read: '{stated}'"),
        }
    }
}

fn amount(what: &'static str, stated: &StatedAmount) -> Option<Unreadable> {
    (!stated.is_readable()).then(|| (what, stated.text()).into())
}

fn quantity(what: &'static str, stated: &Quantity) -> Option<Unreadable> {
    (!stated.is_readable()).then(|| (what, stated.text()).into())
}

impl OrderLine {
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

    /// Quantity × factor ÷ basis × price, exact; `None` if it is out of range or the basis is zero.
    pub fn amount(&self) -> Option<rust_decimal::Decimal> {
        let one = rust_decimal::Decimal::ONE;
        let basis = self.price_basis.as_ref().map_or(one, Quantity::value);
        let factor = self.price_basis_factor.as_ref().map_or(one, Quantity::value);
        self.quantity
            .value()
            .checked_mul(factor)?
            .checked_mul(self.unit_price.value())?
            .checked_div(basis)
    }
}

/// A postal address with the buyer's id for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The buyer's id of the address.
    pub address_id: Option<String>,
    /// Company or site.
    pub name: String,
    /// Persons to deliver to.
    pub deliver_to: Vec<String>,
    /// Street lines.
    pub street: Vec<String>,
    /// City.
    pub city: String,
    /// State or region.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO country code.
    pub country_code: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone as text.
    pub phone: Option<String>,
}

impl Address {
    /// Where it is, in one line: street, city with postal code and state, country. Not who is there.
    pub fn line(&self) -> String {
        let city = [
            self.postal_code.as_deref(),
            Some(self.city.as_str()),
            self.state.as_deref(),
        ];
        let city = city.into_iter().flatten().map(str::trim);
        let city: Vec<&str> = city.filter(|part| !part.is_empty()).collect();
        let city = city.join(" ");
        let street = self.street.iter().map(String::as_str);
        let parts = street.chain([city.as_str()]).chain(self.country_code.as_deref());
        let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}

/// A person named in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// `endUser`, `purchasingAgent` …
    pub role: Option<String>,
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
}

/// How the buyer means to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    /// On the agreed terms.
    Terms,
    /// By purchasing card. The number is masked before it gets here.
    Card(MaskedCard),
}

/// A card of which only the last digits are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedCard {
    /// The last four digits at most.
    pub last_digits: String,
    /// As stated.
    pub expiration: Option<String>,
}
