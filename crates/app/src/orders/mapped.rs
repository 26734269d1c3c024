//! An order in the supplier's words: what the relationship maps of parts, units and ship-tos. Pure; the archive keeps
//! what the buyer wrote, and so does what the buyer is told.

use punchgate_domain::{policy::Words, purchase_order::PurchaseOrder, quantity::Unit};

use crate::directory::{MappingKind, Relationship};

/// The order as ERP and shop know its parts, units and ship-to.
pub(super) fn mapped(order: &PurchaseOrder, relationship: &Relationship) -> PurchaseOrder {
    let target = |kind, source: &str| relationship.mappings.target(kind, source).map(str::to_owned);
    let mut order = order.clone();
    for line in &mut order.lines {
        if let Some(part) = target(MappingKind::Part, &line.part_id) {
            line.part_id = part;
        }
        if let Some(unit) = target(MappingKind::Unit, line.unit.as_str()) {
            line.unit = Unit::new(unit);
        }
    }
    let places = order.lines.iter_mut().map(|line| &mut line.ship_to);
    for address in places.chain([&mut order.ship_to]).flatten() {
        let ship_to = relationship.mappings.of_address(MappingKind::ShipTo, address);
        let ship_to = ship_to.map(str::to_owned);
        if ship_to.is_some() {
            address.address_id = ship_to;
        }
    }
    order
}

/// A part and a unit as ERP and shop know them.
pub(super) fn in_our_words<'a>(words: Words<'a>, relationship: &'a Relationship) -> Words<'a> {
    let target = |kind, source: &'a str| relationship.mappings.target(kind, source).unwrap_or(source);
    Words {
        part_id: target(MappingKind::Part, words.part_id),
        unit: target(MappingKind::Unit, words.unit).trim(),
    }
}
