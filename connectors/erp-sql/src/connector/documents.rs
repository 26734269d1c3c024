//! Documents: the feed.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorResult, Context, Cursor, Documents, Page,
    documents::{DocumentKind, ErpDocument},
};

use super::{Sql, of, readable, table};
use crate::{
    convert::{accounts, documents},
    database::Purpose,
    fault::unreadable,
    feed::{self, Stamp, Stamped},
    statement::Statement,
};

#[async_trait]
impl Documents for Sql {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        const OPERATION: &str = "documents";
        let heads = table(self.settings.tables.documents.as_ref(), OPERATION)?;
        let line_table = table(self.settings.tables.document_lines.as_ref(), OPERATION)?;
        let mut feed = feed::read(OPERATION, cursor)?;
        let limit = usize::try_from(limit.clamp(1, self.settings.page_size)).unwrap_or(1);
        let asked = |kind: &&DocumentKind| kinds.is_empty() || kinds.contains(kind);
        let wanted: Vec<&str> = self
            .settings
            .document_kinds
            .iter()
            .filter(asked)
            .map(|kind| kind.as_str())
            .collect();
        if wanted.is_empty() {
            return Ok(Page {
                items: Vec::new(),
                deleted: Vec::new(),
                next_cursor: feed::write(OPERATION, &feed)?,
                more: false,
            });
        }
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        let beginning = self.beginning(&mut session, &feed, heads).await?;
        let statement = Statement::select(self.dialect(), heads)
            .push(" where ")
            .among(&heads.needed("kind"), wanted);
        let statement = feed.conditions(statement, heads, "id", limit);
        let rows = session.read(&statement).await?;
        let keys: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.text("id").ok().flatten())
            .collect();
        let lines = self
            .belonging(
                &mut session,
                OPERATION,
                (line_table, "document", "position"),
                &keys,
            )
            .await?;
        let mut stamped = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = row
                .required_owned("id")
                .map_err(|mismatch| unreadable(OPERATION, mismatch))?;
            stamped.push(Stamped {
                stamp: row.text("modified").ok().flatten().and_then(Stamp::read),
                hash: accounts::content_hash(row, &of(&lines, "document", &key)),
                key,
            });
        }
        let (new, more) = feed.advance(&stamped, limit, beginning.as_ref(), &self.settings.overlap);
        let new = rows.into_iter().zip(stamped).zip(new).filter(|(_, new)| *new);
        let read = new.map(|((row, stamped), _)| {
            let document = documents::document(&self.settings, &row, &of(&lines, "document", &stamped.key));
            (row, document)
        });
        Ok(Page {
            items: readable(ctx, "id", read).map_err(|mismatch| unreadable(OPERATION, mismatch))?,
            deleted: Vec::new(),
            next_cursor: feed::write(OPERATION, &feed)?,
            more,
        })
    }
}
