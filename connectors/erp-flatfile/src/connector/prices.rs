//! Prices.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Prices,
    prices::{PriceAnswer, PriceQuery},
};

use super::FlatFiles;
use crate::{convert::prices, feed::FeedKind, fields::Fields};

const OPERATION: &str = "prices";

#[async_trait]
impl Prices for FlatFiles {
    async fn prices(&self, ctx: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        let feed = self
            .feed(FeedKind::Prices)
            .ok_or_else(|| ConnectorError::new(ErrorKind::Unsupported, OPERATION, "no feed of prices"))?;
        let files = ctx.files(OPERATION)?;
        let incoming = files.list(&self.directories.incoming).await?.entries;
        let archive = files.list(&self.directories.archive).await?.entries;
        let intake = self.intake(files, feed);
        let survey = intake.survey(&incoming, &archive).await?;
        intake.tidy(&survey, survey.chain.len(), &incoming).await?;
        intake.some(&survey)?;
        let state = intake.state(&survey.chain, survey.chain.len()).await?;
        let answers = queries.iter().map(|query| {
            let prefix = format!("{}\u{1e}", query.part_id);
            let of_part: Vec<prices::Price> = state
                .below(&prefix)
                .filter_map(|record| {
                    let fields = Fields::of_kept(feed.columns.fields, &record.text, &feed.style);
                    prices::price(&fields).ok()
                })
                .collect();
            prices::answer(&of_part, query)
        });
        Ok(answers.collect())
    }
}
