//! What customers owe.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Exposures, context::LeftOut,
    exposure::AccountExposure, page::Found,
};

use super::FlatFiles;
use crate::{convert::accounts, feed::FeedKind, fields::Fields};

const OPERATION: &str = "exposure";

#[async_trait]
impl Exposures for FlatFiles {
    async fn exposure(
        &self,
        ctx: &Context,
        external_ids: &[String],
    ) -> ConnectorResult<Found<AccountExposure>> {
        let feed = self.exposure_feed().ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::Unsupported,
                OPERATION,
                "no file tells what customers owe",
            )
        })?;
        let files = ctx.files(OPERATION)?;
        let incoming = files.list(&self.directories.incoming).await?.entries;
        let archive = files.list(&self.directories.archive).await?.entries;
        let intake = self.intake(files, feed);
        let survey = intake.survey(&incoming, &archive).await?;
        if feed.kind == FeedKind::Exposure {
            ctx.leave_out(survey.trouble());
            // It is read from the archive like from anywhere else, so nothing waits for it to be stored.
            intake.tidy(&survey, survey.chain.len(), &incoming).await?;
        }
        intake.some(&survey)?;
        let state = intake.state(&survey.chain, survey.chain.len()).await?;
        let mut found = Found {
            items: Vec::new(),
            missing: Vec::new(),
        };
        for id in external_ids {
            let Some(record) = state.records.get(id.as_str()) else {
                if state.may_have(id) {
                    ctx.leave_out([LeftOut {
                        external_id: id.clone(),
                        problem: "its row cannot be read".to_owned(),
                    }]);
                    continue;
                }
                found.missing.push(id.clone());
                continue;
            };
            let fields = Fields::of_kept(feed.columns.fields, &record.text, &feed.style);
            match accounts::exposure(id, &fields, record.at, feed.export_time) {
                Ok(exposure) => found.items.push(exposure),
                Err(misfit) => ctx.leave_out([LeftOut {
                    external_id: id.clone(),
                    problem: format!("{}: {}", misfit.field, misfit.misread.problem),
                }]),
            }
        }
        Ok(found)
    }
}
