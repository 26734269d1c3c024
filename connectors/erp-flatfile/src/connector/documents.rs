//! Documents: file by file, feed by feed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, Cursor, Documents, ErrorKind, Page,
    context::LeftOut,
    documents::{DocumentContent, DocumentKind, ErpDocument},
};
use serde::{Deserialize, Serialize};

use super::FlatFiles;
use crate::{
    arrival::Place,
    feed::{Feed, FeedKind},
};

const OPERATION: &str = "documents.pull";

/// Where each kind was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark(BTreeMap<String, Left>);

impl Mark {
    fn read(cursor: Option<&Cursor>) -> ConnectorResult<Self> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        serde_json::from_str(cursor.as_str()).map_err(|error| {
            let message = format!("the cursor is not one of this connector: {error}");
            ConnectorError::new(ErrorKind::Conflict, OPERATION, message)
        })
    }

    fn write(&self) -> ConnectorResult<Cursor> {
        serde_json::to_string(self).map(Cursor::new).map_err(|error| {
            let message = format!("the cursor cannot be written: {error}");
            ConnectorError::new(ErrorKind::Schema, OPERATION, message)
        })
    }
}

/// Where a kind was left: everything of the files up to `done`, and so many documents of the one behind it, `begun`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Left {
    done: Option<Place>,
    #[serde(default)]
    begun: Option<Place>,
    told: usize,
}

/// As the core knows orders: by the reference, which is the sink's key here, not by the number that the ERP gave them.
fn by_reference(mut document: ErpDocument) -> ErpDocument {
    if let Some(reference) = &document.reference {
        document.order_id = Some(reference.clone());
    }
    if let DocumentContent::Invoice(invoice) | DocumentContent::CreditMemo { memo: invoice, .. } =
        &mut document.content
    {
        for line in &mut invoice.lines {
            if let Some(reference) = &line.reference {
                line.order_id = Some(reference.clone());
            }
        }
    }
    document
}

#[async_trait]
impl Documents for FlatFiles {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        let mut mark = Mark::read(cursor)?;
        let files = ctx.files(OPERATION)?;
        let incoming = files.list(&self.directories.incoming).await?.entries;
        let archive = files.list(&self.directories.archive).await?.entries;
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let mut page = Page {
            items: Vec::new(),
            deleted: Vec::new(),
            next_cursor: Cursor::new(""),
            more: false,
        };
        for feed in self.document_feeds(kinds) {
            let intake = self.intake(files, feed);
            let survey = intake.survey(&incoming, &archive).await?;
            ctx.leave_out(survey.trouble());
            let left = mark.0.entry(feed.name().to_owned()).or_default();
            let mut next = match &left.done {
                None => 0,
                // What was pruned from the archive was before it. Another of the same instant may be new.
                Some(done) => match survey.chain.iter().position(|arrival| arrival.place() == *done) {
                    Some(place) => place + 1,
                    None => survey
                        .chain
                        .partition_point(|arrival| arrival.place().at < done.at),
                },
            };
            intake.tidy(&survey, next, &incoming).await?;
            while let Some(arrival) = survey.chain.get(next) {
                let room = limit.saturating_sub(page.items.len());
                if room == 0 {
                    page.more = true;
                    break;
                }
                let Some(sheet) = intake.documents(arrival).await? else {
                    let message = format!("'{}' was moved while it was looked for", arrival.original);
                    return Err(ConnectorError::new(ErrorKind::Temporary, OPERATION, message));
                };
                // What was told of another file says nothing of this one.
                if left.begun.as_ref() != Some(&arrival.place()) {
                    left.told = 0;
                    left.begun = Some(arrival.place());
                }
                if left.told == 0 {
                    ctx.leave_out(sheet.bad.iter().map(|bad| LeftOut {
                        external_id: bad.key.clone().unwrap_or_else(|| arrival.original.clone()),
                        problem: format!("row {}, {}: {}; {}", bad.row, bad.column, bad.problem, bad.remedy),
                    }));
                }
                let rest = sheet.documents.get(left.told..).unwrap_or_default();
                let part = rest.get(..room.min(rest.len())).unwrap_or_default();
                page.items.extend(part.iter().cloned().map(by_reference));
                left.told += part.len();
                if left.told >= sheet.documents.len() {
                    *left = Left {
                        done: Some(arrival.place()),
                        begun: None,
                        told: 0,
                    };
                    next += 1;
                }
            }
        }
        page.next_cursor = mark.write()?;
        Ok(page)
    }
}

impl FlatFiles {
    /// The feeds of these kinds, in the order in which an order's documents follow each other; no kinds means all.
    pub(super) fn document_feeds<'a>(
        &'a self,
        kinds: &'a [DocumentKind],
    ) -> impl Iterator<Item = &'a Feed> + 'a {
        let wanted = |kind: &DocumentKind| kinds.is_empty() || kinds.contains(kind);
        let kinds = DocumentKind::ALL.into_iter().filter(wanted);
        kinds.filter_map(|kind| self.feed(FeedKind::Documents(kind)))
    }
}
