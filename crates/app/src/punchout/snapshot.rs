//! Carts as they were shown to the buyer: stored when they go back, found again by the line keys of a
//! purchase order. Versioned, because they are kept for two years.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use punchgate_domain::{
    Instant,
    cart::{Cart, CartLine, Charge, ChargeKind, Classification},
    money::{Currency, Money, StatedAmount},
    purchase_order::PurchaseOrder,
    quantity::{Quantity, Unit},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    cart_snapshot::{self, CartSnapshotRow},
};
use serde::{Deserialize, Serialize};

use crate::{clock::from_micros, directory::Relationship};

/// A stored cart, as far as an order is compared with it.
#[derive(Debug, Clone)]
pub struct SnapshotCart {
    /// Its id.
    pub id: String,
    /// The session it came from.
    pub session: String,
    /// When it went back.
    pub taken_at: Instant,
    /// Its lines.
    pub lines: Arc<Vec<CartLine>>,
}

/// The carts that the lines of some orders came from.
#[derive(Debug, Default)]
pub struct KnownCarts {
    carts: HashMap<String, SnapshotCart>,
    /// By relationship and line key.
    of_keys: HashMap<(String, String), CartsOfKey>,
}

/// The carts in which a line key went back.
#[derive(Debug, Default)]
struct CartsOfKey {
    /// Part → cart.
    of_parts: HashMap<String, String>,
    all: BTreeSet<String>,
}

impl KnownCarts {
    /// The cart that a line with this key and part, by one of its names, came from. A line key may have gone back for
    /// several parts, in carts of their own: then the part says which. Another part under the key of one cart is a
    /// line of that cart.
    pub fn of_line(&self, relationship: &str, key: &str, parts: [&str; 2]) -> Option<&SnapshotCart> {
        let known = self.of_keys.get(&(relationship.to_owned(), key.to_owned()))?;
        let by_part = parts.into_iter().find_map(|part| known.of_parts.get(part));
        let only = || known.all.first().filter(|_| known.all.len() == 1);
        self.carts.get(by_part.or_else(only)?)
    }
}

/// The carts that orders came from. Two statements, whatever the number of orders.
pub async fn of_orders(
    tx: &mut Tx,
    supplier: &str,
    orders: &[(&Relationship, &PurchaseOrder)],
) -> StorageResult<KnownCarts> {
    let auxiliary: BTreeSet<String> = orders
        .iter()
        .flat_map(|(_, order)| &order.lines)
        .filter_map(|line| line.auxiliary_id.clone())
        .collect();
    let auxiliary: Vec<String> = auxiliary.into_iter().collect();
    let keys = cart_snapshot::keys(tx, supplier, &auxiliary).await?;
    let ids: BTreeSet<String> = keys.iter().map(|key| key.cart_snapshot_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut known = KnownCarts::default();
    for row in cart_snapshot::many(tx, supplier, &ids).await? {
        let cart = read(&row)?;
        let found = SnapshotCart {
            id: row.cart_snapshot_id.clone(),
            session: row.session_id,
            taken_at: from_micros(row.taken_at),
            lines: Arc::new(cart.lines),
        };
        known.carts.insert(row.cart_snapshot_id, found);
    }
    for key in keys {
        let of_key = known
            .of_keys
            .entry((key.relationship_id, key.auxiliary_id))
            .or_default();
        of_key.all.insert(key.cart_snapshot_id.clone());
        of_key.of_parts.insert(key.part_id, key.cart_snapshot_id);
    }
    Ok(known)
}

/// What a stored cart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// As an edit began.
    Original,
    /// As it went back.
    Returned,
    /// As the shop had it, where its units are others than those that went back.
    Shop,
}

impl Purpose {
    /// The stable text.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Returned => "returned",
            Self::Shop => "shop",
        }
    }
}

/// A cart as it is stored with its session.
pub(super) fn row(
    relationship: &Relationship,
    session: &str,
    id: String,
    purpose: Purpose,
    cart: &Cart,
    now: i64,
) -> CartSnapshotRow {
    // A total that cannot be counted is zero: the lines say what there is.
    let total = cart.lines_total().and_then(|total| total.to_money().ok());
    CartSnapshotRow {
        supplier_id: relationship.supplier.id.to_string(),
        cart_snapshot_id: id,
        session_id: session.to_owned(),
        relationship_id: relationship.id.to_string(),
        purpose: purpose.as_str().to_owned(),
        currency: cart.currency.to_string(),
        total_minor: total.map_or(0, Money::minor),
        content: write(cart),
        taken_at: now,
    }
}

/// A cart as JSON.
pub fn write(cart: &Cart) -> String {
    // Texts and numbers only: this cannot fail.
    serde_json::to_string(&Content::of(cart)).unwrap_or_default()
}

/// A stored cart.
pub fn read(row: &CartSnapshotRow) -> StorageResult<Cart> {
    let corrupt = |detail: String| StorageError::corrupt("cart_snapshot.content", detail);
    let content: Content = serde_json::from_str(&row.content).map_err(|e| corrupt(e.to_string()))?;
    let currency = Currency::parse(&row.currency).map_err(|e| corrupt(e.to_string()))?;
    content.into_cart(currency).map_err(corrupt)
}

/// The JSON, version 1.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<(String, String)>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    part: String,
    auxiliary: Option<String>,
    quantity: String,
    unit: String,
    price: String,
    basis: Option<String>,
    description: String,
    short_name: Option<String>,
    language: String,
    classifications: Vec<(String, String)>,
    manufacturer_part: Option<String>,
    manufacturer: Option<String>,
    lead_time_days: Option<u32>,
    image_url: Option<String>,
    extrinsics: Vec<(String, String)>,
    /// What charge on the cart it is; none of an article.
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<String>,
}

impl Content {
    fn of(cart: &Cart) -> Self {
        let charge = |charge: &Charge| (charge.amount.text().to_owned(), charge.description.clone());
        Self {
            version: 1,
            lines: cart.lines.iter().map(Line::of).collect(),
            shipping: cart.shipping.as_ref().map(charge),
            tax: cart.tax.as_ref().map(charge),
        }
    }

    fn into_cart(self, currency: Currency) -> Result<Cart, String> {
        if self.version != 1 {
            return Err(format!("version {} is not known", self.version));
        }
        let charge = |(amount, description): (String, String)| {
            StatedAmount::parse(&amount, currency)
                .map(|amount| Charge { amount, description })
                .map_err(|e| e.to_string())
        };
        Ok(Cart {
            currency,
            lines: self
                .lines
                .into_iter()
                .map(|line| line.into_cart_line(currency))
                .collect::<Result<_, _>>()?,
            shipping: self.shipping.map(charge).transpose()?,
            tax: self.tax.map(charge).transpose()?,
        })
    }
}

impl Line {
    fn of(line: &CartLine) -> Self {
        let pair = |class: &Classification| (class.domain.clone(), class.code.clone());
        Self {
            part: line.part_id.clone(),
            auxiliary: line.auxiliary_id.clone(),
            quantity: line.quantity.text().to_owned(),
            unit: line.unit.as_str().to_owned(),
            price: line.unit_price.text().to_owned(),
            basis: line.price_basis.as_ref().map(|basis| basis.text().to_owned()),
            description: line.description.clone(),
            short_name: line.short_name.clone(),
            language: line.language.clone(),
            classifications: line.classifications.iter().map(pair).collect(),
            manufacturer_part: line.manufacturer_part_id.clone(),
            manufacturer: line.manufacturer_name.clone(),
            lead_time_days: line.lead_time_days,
            image_url: line.image_url.clone(),
            extrinsics: line.extrinsics.clone(),
            charge: line.charge.map(|kind| kind.to_string()),
        }
    }

    fn into_cart_line(self, currency: Currency) -> Result<CartLine, String> {
        let quantity = |text: String| Quantity::parse(&text).map_err(|e| e.to_string());
        let charge = |text: String| ChargeKind::parse(&text).map_err(|e| e.to_string());
        Ok(CartLine {
            part_id: self.part,
            auxiliary_id: self.auxiliary,
            quantity: quantity(self.quantity)?,
            unit: Unit::new(self.unit),
            unit_price: StatedAmount::parse(&self.price, currency).map_err(|e| e.to_string())?,
            price_basis: self.basis.map(quantity).transpose()?,
            description: self.description,
            short_name: self.short_name,
            language: self.language,
            classifications: self
                .classifications
                .into_iter()
                .map(|(domain, code)| Classification { domain, code })
                .collect(),
            manufacturer_part_id: self.manufacturer_part,
            manufacturer_name: self.manufacturer,
            lead_time_days: self.lead_time_days,
            image_url: self.image_url,
            extrinsics: self.extrinsics,
            charge: self.charge.map(charge).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_cart_reads_as_it_was() {
        let currency = Currency::parse("USD").unwrap();
        let line = CartLine {
            part_id: "P-1".into(),
            auxiliary_id: Some("aux/1".into()),
            quantity: Quantity::parse("2.50").unwrap(),
            unit: Unit::new("BX"),
            unit_price: StatedAmount::parse("3.3300", currency).unwrap(),
            price_basis: Some(Quantity::parse("10").unwrap()),
            description: "Größe ½ Zoll".into(),
            short_name: None,
            language: "de".into(),
            classifications: vec![Classification {
                domain: "UNSPSC".into(),
                code: "31161500".into(),
            }],
            manufacturer_part_id: Some("M".into()),
            manufacturer_name: None,
            lead_time_days: Some(3),
            image_url: None,
            extrinsics: vec![("Color".into(), "blue".into())],
            charge: Some(ChargeKind::Freight),
        };
        let charge = Charge {
            amount: StatedAmount::parse("7.00", currency).unwrap(),
            description: "Freight".into(),
        };
        let cart = Cart {
            currency,
            lines: vec![line],
            shipping: Some(charge),
            tax: None,
        };
        let row = CartSnapshotRow {
            supplier_id: "s".into(),
            cart_snapshot_id: "c".into(),
            session_id: "x".into(),
            relationship_id: "r".into(),
            purpose: "returned".into(),
            currency: "USD".into(),
            total_minor: 0,
            content: write(&cart),
            taken_at: 0,
        };
        let again = read(&row).unwrap();
        assert_eq!(again, cart);
        assert_eq!(again.lines[0].unit_price.text(), "3.3300");
    }
}
