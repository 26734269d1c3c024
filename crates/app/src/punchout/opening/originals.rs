//! The cart that an edit or inspect comes back with: found by its line keys in the carts that went back before.

use std::collections::{BTreeSet, HashMap};

use punchgate_connector::carts::FillLine;
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::Currency,
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::decode::setup::SetupItem;
use punchgate_storage::{
    StorageResult, Tx,
    cart_snapshot::{self, CartSnapshotRow},
};

use crate::{
    directory::Relationship,
    punchout::{
        setup::Missing,
        snapshot::{self, Purpose},
    },
};

/// What an edit begins with.
#[derive(Debug, Default)]
pub(super) struct Originals {
    /// The lines as the buyer holds them, with the prices that we sent; only if all of them are known.
    pub(super) cart: Option<Cart>,
    /// The same in the shop's units.
    pub(super) items: Vec<FillLine>,
    /// What cannot be said in the shop's units.
    pub(super) missing: Vec<Missing>,
}

/// Part and line key.
type Key = (String, String);

/// The carts behind these items.
struct Carts {
    /// The lines as they went back.
    sent: HashMap<Key, CartLine>,
    /// The lines as the shop had them, where its units are others.
    shop: HashMap<Key, CartLine>,
}

/// What the items refer to; nothing if none of them is from a cart of ours.
pub(super) async fn find(
    tx: &mut Tx,
    relationship: &Relationship,
    items: &[SetupItem],
) -> StorageResult<Option<Originals>> {
    let carts = load(tx, relationship, items).await?;
    Ok((!carts.sent.is_empty()).then(|| carts.originals(items)))
}

/// The original cart, as it is stored.
pub(super) fn row(
    relationship: &Relationship,
    session: &str,
    id: String,
    cart: &Cart,
    now: i64,
) -> CartSnapshotRow {
    snapshot::row(relationship, session, id, Purpose::Original, cart, now)
}

async fn load(tx: &mut Tx, relationship: &Relationship, items: &[SetupItem]) -> StorageResult<Carts> {
    let supplier = relationship.supplier.id.as_str();
    let keys: BTreeSet<String> = items.iter().filter_map(line_key).map(str::to_owned).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let known = cart_snapshot::keys(tx, supplier, &keys).await?;
    let known: Vec<_> = known
        .into_iter()
        .filter(|row| row.relationship_id == relationship.id.as_str())
        .collect();
    let ids: BTreeSet<String> = known.iter().map(|row| row.cart_snapshot_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let rows = cart_snapshot::many(tx, supplier, &ids).await?;
    let sessions: BTreeSet<String> = rows.iter().map(|row| row.session_id.clone()).collect();
    let sessions: Vec<String> = sessions.into_iter().collect();
    let shop_rows = cart_snapshot::of_sessions(tx, supplier, Purpose::Shop.as_str(), &sessions).await?;
    let mut lines: HashMap<(&str, Key), CartLine> = HashMap::new();
    for row in &rows {
        for line in snapshot::read(row)?.lines {
            lines.insert((&row.cart_snapshot_id, key_of(&line)), line);
        }
    }
    let mut carts = Carts {
        sent: HashMap::new(),
        shop: HashMap::new(),
    };
    for row in &known {
        let key = (row.part_id.clone(), row.auxiliary_id.clone());
        if let Some(line) = lines.remove(&(row.cart_snapshot_id.as_str(), key.clone())) {
            carts.sent.insert(key, line);
        }
    }
    for row in &shop_rows {
        for line in snapshot::read(row)?.lines {
            carts.shop.insert(key_of(&line), line);
        }
    }
    Ok(carts)
}

impl Carts {
    fn originals(&self, items: &[SetupItem]) -> Originals {
        let mut originals = Originals::default();
        let mut lines = Some(Vec::with_capacity(items.len()));
        for (line, item) in (1..).zip(items) {
            let sent = self.line(item);
            match (&mut lines, sent) {
                (Some(lines), Some(sent)) => lines.push(CartLine {
                    quantity: item.quantity.clone(),
                    ..sent.clone()
                }),
                _ => lines = None,
            }
            if sent.is_some_and(|line| line.charge.is_some()) {
                // The shop states freight and tax anew; it has no such articles.
                continue;
            }
            let part_id = sent.map_or_else(|| item.item.part_id.clone(), |line| line.part_id.clone());
            match self.in_shop_units(item, sent) {
                Some((quantity, unit)) => originals.items.push(FillLine {
                    line,
                    part_id,
                    auxiliary_id: item.item.auxiliary_id.clone().filter(|key| !key.is_empty()),
                    quantity,
                    unit,
                    unit_price: None,
                }),
                None => originals.missing.push(Missing {
                    part_id,
                    reason: "The quantity is no whole number of the units in which the shop sells it."
                        .to_owned(),
                }),
            }
        }
        originals.cart = lines.and_then(one_currency);
        originals
    }

    /// The line of an item; a buyer that leaves the part number out is helped by the key alone.
    fn line(&self, item: &SetupItem) -> Option<&CartLine> {
        let auxiliary = line_key(item)?;
        if item.item.part_id.is_empty() {
            let mut fitting = self.sent.iter().filter(|((_, key), _)| key == auxiliary);
            return match (fitting.next(), fitting.next()) {
                (Some((_, line)), None) => Some(line),
                _ => None,
            };
        }
        self.sent.get(&(item.item.part_id.clone(), auxiliary.to_owned()))
    }

    /// The buyer's quantity in the shop's units: as the cart that went back was converted, exactly, or not at
    /// all.
    fn in_shop_units(&self, item: &SetupItem, sent: Option<&CartLine>) -> Option<(Quantity, Option<Unit>)> {
        let Some(sent) = sent else {
            return Some((item.quantity.clone(), None));
        };
        let Some(shop) = self.shop.get(&key_of(sent)) else {
            return Some((item.quantity.clone(), Some(sent.unit.clone())));
        };
        let unit = Some(shop.unit.clone());
        if shop.quantity.value() == sent.quantity.value() {
            return Some((item.quantity.clone(), unit));
        }
        let product = item.quantity.value().checked_mul(shop.quantity.value())?;
        let quantity = product.checked_div(sent.quantity.value())?;
        (quantity.checked_mul(sent.quantity.value())? == product)
            .then(|| (Quantity::from_decimal(quantity.normalize()), unit))
    }
}

fn line_key(item: &SetupItem) -> Option<&str> {
    item.item.auxiliary_id.as_deref().filter(|key| !key.is_empty())
}

fn key_of(line: &CartLine) -> Key {
    (
        line.part_id.clone(),
        line.auxiliary_id.clone().unwrap_or_default(),
    )
}

fn one_currency(lines: Vec<CartLine>) -> Option<Cart> {
    let currency: Currency = lines.first()?.unit_price.currency();
    lines
        .iter()
        .all(|line| line.unit_price.currency() == currency)
        .then_some(Cart {
            currency,
            lines,
            shipping: None,
            tax: None,
        })
}
