//! Prices.

use std::collections::BTreeMap;

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, Prices,
    error::Effect,
    prices::{PriceAnswer, PriceQuery},
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{Search, Tryton};
use crate::{
    convert::{
        self,
        orders::{self, Product},
        prices,
        units::{self, TrytonUnit},
    },
    rpc::Call,
    wire,
};

const OPERATION: &str = "prices";

fn read(mismatch: Mismatch) -> ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

impl Tryton {
    /// Products by their codes.
    pub(super) async fn products(
        &self,
        ctx: &Context,
        operation: &'static str,
        codes: &[&str],
    ) -> ConnectorResult<Vec<Product>> {
        let search = Search {
            operation,
            model: "product.product",
            domain: &json!([["code", "in", codes]]),
            limit: None,
            fields: &convert::names(orders::PRODUCT_FIELDS),
        };
        let answer = self.search(ctx, search).await?;
        let convert = |mismatch: Mismatch| mismatch.into_error(operation, Effect::Read);
        let mut products = Vec::new();
        for row in wire::rows(&answer.result).map_err(convert)? {
            products.extend(orders::product(row).map_err(convert)?);
        }
        Ok(products)
    }

    /// All units; there are a few dozen.
    pub(super) async fn units(
        &self,
        ctx: &Context,
        operation: &'static str,
    ) -> ConnectorResult<Vec<TrytonUnit>> {
        let search = Search {
            operation,
            model: "product.uom",
            domain: &json!([]),
            limit: None,
            fields: &convert::names(units::FIELDS),
        };
        let answer = self.search(ctx, search).await?;
        let rows = wire::rows(&answer.result);
        let units = rows.and_then(|rows| rows.into_iter().map(units::unit).collect());
        units.map_err(|mismatch| mismatch.into_error(operation, Effect::Read))
    }

    /// The price lists of customers; a customer without one is there with none.
    async fn price_lists(
        &self,
        ctx: &Context,
        queries: &[PriceQuery],
    ) -> ConnectorResult<BTreeMap<i64, Option<i64>>> {
        let mut ids: Vec<i64> = queries
            .iter()
            .filter_map(|query| convert::id(&query.customer))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let field = self.settings.fields.price_list.clone();
        let fields: Vec<String> = field.clone().into_iter().chain(["active".to_owned()]).collect();
        let answer = self.parties(ctx, OPERATION, &ids, &fields).await?;
        let mut lists = BTreeMap::new();
        for row in wire::rows(&answer.result).map_err(read)? {
            let list = field
                .as_deref()
                .map_or(Ok(None), |field| row.integer(field))
                .map_err(read)?;
            lists.insert(row.id("id").map_err(read)?, list);
        }
        Ok(lists)
    }
}

#[async_trait]
impl Prices for Tryton {
    async fn prices(&self, ctx: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let company = self.company(ctx, OPERATION).await?;
        let customers = self.price_lists(ctx, queries).await?;
        let codes: Vec<&str> = queries.iter().map(|query| query.part_id.as_str()).collect();
        let products = self.products(ctx, OPERATION, &codes).await?;
        let units = self.units(ctx, OPERATION).await?;
        let (groups, mut answers) = prices::groups(&self.settings, queries, &customers, &products, &units);
        for (group, wanted) in groups {
            let ids = prices::products_of(&wanted);
            let price_list = customers.get(&group.customer).copied().flatten();
            let call = Call {
                operation: OPERATION,
                effect: Effect::Read,
                method: "model.product.product.read",
            };
            let params: Value = json!([ids, ["sale_price_uom"], group.context(&self.settings, price_list)]);
            let answer = self
                .rpc
                .call(ctx, call, params)
                .await
                .map_err(|fault| fault.into_error(OPERATION))?;
            let mut found = BTreeMap::new();
            for row in wire::rows(&answer.result).map_err(read)? {
                let price = row.decimal("sale_price_uom").map_err(read)?;
                found.insert(row.id("id").map_err(read)?, price);
            }
            for (at, product) in wanted {
                let price = found.get(&product).copied().flatten();
                answers[at] = Some(prices::answer(price, company.currency));
            }
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(prices::no_price))
            .collect())
    }
}
