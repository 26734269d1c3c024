//! Prices.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorResult, Context, Prices,
    prices::{PriceAnswer, PriceQuery},
};

use super::{Sql, of, table};
use crate::{convert::prices, database::Purpose, fault::unreadable, row::Row};

#[async_trait]
impl Prices for Sql {
    async fn prices(&self, ctx: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        const OPERATION: &str = "prices";
        let view = table(self.settings.tables.prices.as_ref(), OPERATION)?;
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        let mut parts: Vec<&str> = queries.iter().map(|query| query.part_id.as_str()).collect();
        parts.sort_unstable();
        parts.dedup();
        let rows = self
            .belonging(&mut session, OPERATION, (view, "part", "unit_price"), &parts)
            .await?;
        // A price of everybody is one of everybody who is a customer.
        let known = match &self.settings.tables.customers {
            Some(customers) => {
                let mut keys: Vec<&str> = queries.iter().map(|query| query.customer.as_str()).collect();
                keys.sort_unstable();
                keys.dedup();
                let whose = (customers, "id", "id");
                Some(self.belonging(&mut session, OPERATION, whose, &keys).await?)
            }
            None => None,
        };
        let is_known = |customer: &str| {
            known
                .as_ref()
                .is_none_or(|known| !of(known, "id", customer).is_empty())
        };
        let answer = |query: &PriceQuery| {
            if !is_known(&query.customer) {
                return Ok(PriceAnswer::None {
                    message: format!("there is no customer '{}'", query.customer),
                });
            }
            let rows: Vec<&Row> = of(&rows, "part", &query.part_id);
            prices::answer(&self.settings, query, &rows).map_err(|mismatch| {
                unreadable(
                    OPERATION,
                    mismatch.inside(format_args!("price of {}", query.part_id)),
                )
            })
        };
        queries.iter().map(answer).collect()
    }
}
