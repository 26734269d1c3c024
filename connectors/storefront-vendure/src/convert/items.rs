//! The assortment.

use punchgate_connector::{
    catalogue::{FoundItems, Item, ItemQuery, SearchQuery},
    page::Cursor,
    published::{Mismatch, values::list},
};
use punchgate_domain::quantity::Unit;

use super::{Counted, count, facts, plain};
use crate::wire;

/// The plugin's largest page.
pub(crate) const PAGE_SIZE: u32 = 100;

pub(crate) fn item_input(query: &ItemQuery) -> wire::ItemInput<'_> {
    wire::ItemInput {
        sku: &query.part_id,
        account: query.customer.as_deref(),
        quantity: query.quantity.as_ref().map(plain),
    }
}

pub(crate) fn search_input(query: &SearchQuery) -> wire::SearchInput<'_> {
    wire::SearchInput {
        text: &query.text,
        account: query.customer.as_deref(),
        after: query.cursor.as_ref().map(Cursor::as_str),
        take: query.limit.clamp(1, PAGE_SIZE),
    }
}

pub(crate) fn found(wire: wire::Items) -> Result<FoundItems, Mismatch> {
    Ok(FoundItems {
        items: list(wire.items, "items", item)?,
        next_cursor: wire.next.map(Cursor::new),
    })
}

pub(crate) fn item(wire: wire::Item) -> Result<Item, Mismatch> {
    let sku = wire.sku.clone();
    fields(wire).map_err(|mismatch| mismatch.inside(format_args!("item '{sku}'")))
}

fn fields(wire: wire::Item) -> Result<Item, Mismatch> {
    let counted = Counted::new(&wire.currency, wire.decimals)?;
    let (classifications, lead_time_days) = facts(&wire.attributes)?;
    let unit = Unit::new(&wire.unit);
    Ok(Item {
        part_id: wire.sku,
        name: wire.name,
        description: None,
        language: wire.language.replace('_', "-"),
        units: vec![unit.clone()],
        unit,
        unit_price: counted.price(wire.unit_price, "unitPrice")?,
        price_basis: None,
        list_price: Some(counted.price(wire.list_price, "listPrice")?),
        // The plugin shows only what can be ordered.
        active: true,
        in_stock: wire.in_stock.map(count),
        lead_time_days,
        classifications,
        manufacturer_part_id: wire.attributes.manufacturer_part_id,
        manufacturer_name: wire.attributes.manufacturer,
        image_url: None,
        minimum_quantity: None,
        // Vendure counts in whole units.
        quantity_step: Some(count(1)),
    })
}

#[cfg(test)]
mod tests;
