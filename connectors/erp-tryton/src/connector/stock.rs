//! Stock.

use std::collections::BTreeMap;

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Stock,
    error::Effect,
    published::Mismatch,
    stock::{StockAnswer, StockQuery},
};
use serde_json::{Value, json};

use super::{Search, Tryton};
use crate::{
    convert::{
        self,
        stock::{self, Kept, Late, Warehouse},
    },
    rpc::Call,
    wire,
};

const OPERATION: &str = "stock";

fn read(mismatch: Mismatch) -> ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

impl Tryton {
    /// Tryton counts the moves of the company that the user has chosen, whatever the call says.
    async fn is_chosen(&self, ctx: &Context) -> ConnectorResult<()> {
        let call = Call {
            operation: OPERATION,
            effect: Effect::Read,
            method: "model.res.user.get_preferences",
        };
        let answer = self.rpc.call(ctx, call, json!([true, self.context()])).await;
        let preferences = answer.map_err(|fault| fault.into_error(OPERATION))?.result;
        let chosen = preferences.get("company").and_then(Value::as_i64);
        if chosen == Some(self.settings.company.into()) {
            return Ok(());
        }
        let message = format!(
            "settings.user has not chosen company {} in its preferences in Tryton: stock would be another company's",
            self.settings.company
        );
        Err(ConnectorError::new(ErrorKind::Invalid, OPERATION, message))
    }

    async fn warehouses(&self, ctx: &Context) -> ConnectorResult<Vec<Warehouse>> {
        let search = Search {
            operation: OPERATION,
            model: "stock.location",
            domain: &json!([["type", "=", "warehouse"]]),
            limit: None,
            fields: &convert::names(stock::WAREHOUSE_FIELDS),
        };
        let answer = self.search(ctx, search).await?;
        let rows = wire::rows(&answer.result);
        rows.and_then(|rows| rows.into_iter().map(stock::warehouse).collect())
            .map_err(read)
    }

    /// Products by their codes, with what is in these warehouses.
    async fn kept(&self, ctx: &Context, warehouses: &[i64], codes: &[&str]) -> ConnectorResult<Vec<Kept>> {
        let call = Call {
            operation: OPERATION,
            effect: Effect::Read,
            method: "model.product.product.search_read",
        };
        let mut context = self.context();
        context["locations"] = json!(warehouses);
        context["stock_assign"] = json!(true);
        let params = json!([
            [["code", "in", codes]],
            0,
            null,
            [["id", "ASC"]],
            stock::PRODUCT_FIELDS,
            context
        ]);
        let answer = self.rpc.call(ctx, call, params).await;
        let answer = answer.map_err(|fault| fault.into_error(OPERATION))?;
        let mut products = Vec::new();
        for row in wire::rows(&answer.result).map_err(read)? {
            products.extend(stock::kept(row).map_err(read)?);
        }
        Ok(products)
    }

    /// What was to leave these warehouses before today and has not. Asked for after the products: a move whose day has
    /// ended in between is taken off twice for once, not forgotten.
    async fn late(&self, ctx: &Context, warehouses: &[i64], codes: &[&str]) -> ConnectorResult<Late> {
        let call = Call {
            operation: OPERATION,
            effect: Effect::Read,
            method: "model.ir.date.today",
        };
        let answer = self.rpc.call(ctx, call, json!([self.context()])).await;
        let today = answer.map_err(|fault| fault.into_error(OPERATION))?.result;
        let search = Search {
            operation: OPERATION,
            model: "stock.move",
            domain: &stock::late_moves(self.settings.company, warehouses, codes, &today),
            limit: None,
            fields: &convert::names(stock::MOVE_FIELDS),
        };
        let answer = self.search(ctx, search).await?;
        let mut late = Late::default();
        for row in wire::rows(&answer.result).map_err(read)? {
            late.add(row).map_err(read)?;
        }
        Ok(late)
    }
}

#[async_trait]
impl Stock for Tryton {
    async fn stock(&self, ctx: &Context, queries: &[StockQuery]) -> ConnectorResult<Vec<StockAnswer>> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        self.company(ctx, OPERATION).await?;
        self.is_chosen(ctx).await?;
        let warehouses = self.warehouses(ctx).await?;
        let units = self.units(ctx, OPERATION).await?;
        // One call a warehouse that is named; as a rule none is.
        let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (at, query) in queries.iter().enumerate() {
            groups.entry(query.warehouse.as_deref()).or_default().push(at);
        }
        let mut answers = vec![None; queries.len()];
        for (named, places) in groups {
            let ids: Vec<i64> = match named {
                None => warehouses.iter().map(|one| one.id).collect(),
                Some(key) => stock::named(&warehouses, key)
                    .map(|one| one.id)
                    .into_iter()
                    .collect(),
            };
            // Without a location Tryton answers with zeros.
            if ids.is_empty() {
                for at in places {
                    answers[at] = Some(stock::no_warehouse(named));
                }
                continue;
            }
            let codes: Vec<&str> = places.iter().map(|at| queries[*at].part_id.as_str()).collect();
            let products = self.kept(ctx, &ids, &codes).await?;
            let late = self.late(ctx, &ids, &codes).await?;
            for at in places {
                let answer = stock::answer(&self.settings.units, &units, (&products, &late), &queries[at]);
                answers[at] = Some(answer);
            }
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| stock::no_warehouse(None)))
            .collect())
    }
}
