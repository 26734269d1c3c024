//! The supplier's side of a rehearsal: the shop through its connector, the orders out of the database.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use punchgate_connector::{
    Context,
    carts::{FillLine, ShopCart as HeldCart},
    catalogue::{Item, SearchQuery},
    sessions::SessionMode,
};
use punchgate_domain::quantity::Quantity;
use punchgate_simulator::{Goods, Pick, ShopCart, SupplierSide, Visit};
use punchgate_storage::{
    order::{self, OrderFilter},
    session,
};
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    Surroundings,
    connectors::{Connected, ConnectorSource},
    directory::Relationship,
    punchout,
};

/// How long one call to the shop may take.
const CALL: Duration = Duration::from_secs(30);
/// So many things of the catalogue are looked at.
const LOOKED_AT: u32 = 50;
/// More orders of one number than this were never meant.
const ORDERS: u32 = 20;

/// The supplier of a relationship.
pub(super) struct Side<'a> {
    pub(super) surroundings: &'a Surroundings,
    pub(super) connectors: &'a ConnectorSource,
    pub(super) relationship: &'a Relationship,
    pub(super) parts: &'a [String],
}

impl Side<'_> {
    async fn shop(&self) -> Result<Arc<Connected>, String> {
        let id = self.relationship.storefront.as_ref();
        let id = id.ok_or("the relationship has no shop")?;
        let supplier = &self.relationship.supplier.id;
        let connected = self.connectors.connector(supplier, id).await;
        connected.map_err(|error| error.to_string())
    }

    fn context(&self, shop: &Connected) -> Context {
        let operation = format!("rehearsal-{}", self.surroundings.new_id());
        shop.context(operation, self.surroundings.now(), CALL, CancellationToken::new())
    }

    /// What the shop holds, with its freight and tax where the relationship wants them: the buyer is to get no other lines.
    fn held(&self, cart: HeldCart) -> ShopCart {
        ShopCart {
            may_change: cart.mode != SessionMode::Inspect,
            cart: self.relationship.charges.place(cart.cart),
        }
    }

    async fn found(&self) -> Result<Vec<Item>, String> {
        let shop = self.shop().await?;
        let unable = "the shop's connector has no catalogue: name parts (--part)";
        let catalogue = shop.connector.spec().catalogue.ok_or(unable)?;
        let query = SearchQuery {
            text: String::new(),
            customer: self.relationship.customer_external_id.clone(),
            cursor: None,
            limit: LOOKED_AT,
        };
        let found = catalogue.search(&self.context(&shop), &query).await;
        Ok(found.map_err(|error| error.to_string())?.items)
    }
}

#[async_trait]
impl SupplierSide for Side<'_> {
    async fn goods(&self) -> Result<Vec<Goods>, String> {
        if !self.parts.is_empty() {
            let goods = self.parts.iter().map(|part| Goods {
                part_id: part.clone(),
                unit: None,
                quantity: Quantity::from_decimal(Decimal::ONE),
            });
            return Ok(goods.collect());
        }
        let items = self.found().await?;
        let mut items = items.into_iter().filter(is_orderable).peekable();
        let currency = items.peek().map(|item| item.unit_price.currency());
        Ok(items
            .filter(|item| Some(item.unit_price.currency()) == currency)
            .map(|item| Goods {
                quantity: least(&item),
                unit: Some(item.unit),
                part_id: item.part_id,
            })
            .collect())
    }

    async fn visit(&self, start_page: &Url, nonce: &str) -> Result<Visit, String> {
        let way = punchout::way_back(start_page, nonce)
            .ok_or("the start page's address is none of this gateway's")?;
        let found = async {
            let mut tx = self.surroundings.db.read().await?;
            let row = session::by_return(&mut tx, way.supplier.as_str(), &way.hash).await?;
            tx.rollback().await?;
            Ok::<_, punchgate_storage::StorageError>(row)
        };
        let row = found.await.map_err(|error| error.to_string())?;
        let shop_session = row.and_then(|row| row.storefront_session);
        Ok(Visit {
            shop_session: shop_session.ok_or("the shop has no session of that start page")?,
            return_page: way.return_page,
            cancel_page: way.cancel_page,
        })
    }

    async fn cart(&self, visit: &Visit) -> Result<ShopCart, String> {
        let shop = self.shop().await?;
        let carts = shop
            .connector
            .spec()
            .carts
            .ok_or("the shop's connector reads no carts")?;
        let read = carts.read(&self.context(&shop), &visit.shop_session).await;
        Ok(self.held(read.map_err(|error| error.to_string())?))
    }

    async fn fill(&self, visit: &Visit, picks: &[Pick]) -> Result<ShopCart, String> {
        let shop = self.shop().await?;
        let carts = shop
            .connector
            .spec()
            .carts
            .ok_or("the shop's connector fills no carts")?;
        let lines: Vec<FillLine> = (1..)
            .zip(picks)
            .map(|(line, pick)| FillLine {
                line,
                part_id: pick.part_id.clone(),
                auxiliary_id: pick.auxiliary_id.clone(),
                quantity: pick.quantity.clone(),
                unit: pick.unit.clone(),
                unit_price: None,
            })
            .collect();
        let filled = carts
            .fill(&self.context(&shop), &visit.shop_session, &lines)
            .await
            .map_err(|error| error.to_string())?;
        match filled.refused.as_slice() {
            [] => Ok(self.held(filled.cart)),
            refused => Err(refused
                .iter()
                .map(|line| {
                    format!(
                        "line {} is not in the cart: {} ({})",
                        line.line, line.message, line.code
                    )
                })
                .collect::<Vec<_>>()
                .join("; ")),
        }
    }

    async fn orders(&self, number: &str) -> Result<usize, String> {
        let filter = OrderFilter {
            relationship: Some(self.relationship.id.as_str().to_owned()),
            search: Some(number.to_owned()),
            ..OrderFilter::default()
        };
        let found = async {
            let mut tx = self.surroundings.db.read().await?;
            let supplier = self.relationship.supplier.id.as_str();
            let rows = order::list(&mut tx, supplier, &filter, None, ORDERS).await?;
            tx.rollback().await?;
            Ok::<_, punchgate_storage::StorageError>(rows)
        };
        let rows = found.await.map_err(|error| error.to_string())?;
        Ok(rows.iter().filter(|row| row.order_number == number).count())
    }
}

fn is_orderable(item: &Item) -> bool {
    let is_out = item
        .in_stock
        .as_ref()
        .is_some_and(|stock| stock.value() <= Decimal::ZERO);
    item.active && !is_out
}

/// The least that may be ordered.
fn least(item: &Item) -> Quantity {
    let stated = [&item.minimum_quantity, &item.quantity_step]
        .into_iter()
        .flatten()
        .map(Quantity::value)
        .max();
    Quantity::from_decimal(stated.unwrap_or(Decimal::ONE).max(Decimal::ONE))
}
