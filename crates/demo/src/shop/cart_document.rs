//! Writes carts and items as the storefront protocol describes them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    Shop,
    customer::ShopCustomer,
    session::{Line, Session},
};
use crate::{products::Product, purchase::Amount};

/// The shop's one currency.
pub(super) const CURRENCY: &str = "USD";

/// The cart of a session.
pub(super) fn cart(shop: &Shop, session: &Session, now: Timestamp) -> Value {
    let lines: Vec<Value> = session
        .lines()
        .iter()
        .filter_map(|each| line(shop, each))
        .collect();
    let charge = |amount: Option<Decimal>, description: &str| {
        let amount = amount.filter(|_| !lines.is_empty())?;
        let mut document = Amount::new(amount, CURRENCY).document();
        document["description"] = json!(description);
        Some(document)
    };
    let (freight, tax) = (
        charge(shop.config.freight, "Freight to your dock"),
        charge(shop.config.tax, "Sales tax"),
    );
    json!({
        "storefront_session": session.opening.id, "session": session.opening.gateway_key,
        "mode": session.opening.mode, "state": session.state(now), "revision": session.revision,
        "currency": CURRENCY, "lines": lines, "shipping": freight, "tax": tax
    })
}

fn line(shop: &Shop, line: &Line) -> Option<Value> {
    let product = shop.catalogue.product(&line.sku)?;
    Some(json!({
        "part_id": product.sku, "auxiliary_id": line.auxiliary_id,
        "quantity": line.quantity.to_string(), "unit": product.unit,
        "unit_price": Amount::new(line.unit_price, CURRENCY).document(), "price_basis": null,
        "description": format!("{}. {} {}.", product.name, product.description, product.pack),
        "short_name": product.name, "language": "en",
        "classifications": [{ "domain": "UNSPSC", "code": product.unspsc }],
        "manufacturer_part_id": product.manufacturer_part, "manufacturer_name": product.manufacturer,
        "lead_time_days": product.lead_days, "image_url": picture_url(shop, product), "extrinsics": []
    }))
}

/// An item at a customer's price, or at list price.
pub(super) fn item(shop: &Shop, product: &Product, customer: Option<&ShopCustomer>) -> Value {
    let price = customer.map_or(product.price, |customer| customer.price(product));
    json!({
        "part_id": product.sku, "name": product.name, "description": product.description, "language": "en",
        "unit": product.unit, "units": [product.unit],
        "unit_price": Amount::new(price, CURRENCY).document(),
        "list_price": Amount::new(product.price, CURRENCY).document(),
        "active": true, "in_stock": product.stock.to_string(), "lead_time_days": product.lead_days,
        "classifications": [{ "domain": "UNSPSC", "code": product.unspsc }],
        "manufacturer_part_id": product.manufacturer_part, "manufacturer_name": product.manufacturer,
        "image_url": picture_url(shop, product)
    })
}

fn picture_url(shop: &Shop, product: &Product) -> String {
    format!("{}/pictures/{}.svg", shop.config.public_url, product.sku)
}
