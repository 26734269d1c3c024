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
        let answer = |query: &PriceQuery| {
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
