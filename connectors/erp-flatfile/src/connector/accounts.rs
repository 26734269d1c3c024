//! Customers.

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, FieldRefusal, PatchOutcome},
    page::Found,
};

use super::{
    FlatFiles,
    books::{Books, Mark},
};
use crate::feed::{Feed, FeedKind};

impl FlatFiles {
    pub(super) fn customers(&self, operation: &'static str) -> ConnectorResult<&Feed> {
        self.feed(FeedKind::Customers).ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::Unsupported,
                operation,
                "no feed of customers is configured",
            )
        })
    }
}

#[async_trait]
impl Accounts for FlatFiles {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        const OPERATION: &str = "accounts.pull";
        let feed = self.customers(OPERATION)?;
        let mark = Mark::read(cursor, OPERATION)?;
        let books = Books::open(self, feed, ctx.files(OPERATION)?).await?;
        // The cursor was stored with the rows: so what it has behind it may leave the directory of what comes.
        books.tidy(&mark.done).await?;
        ctx.leave_out(books.trouble());
        let head = books.head();
        // Looked at whatever is new: trouble is told for as long as it lasts.
        books.are_whole()?;
        let mut page = Page {
            items: Vec::new(),
            deleted: Vec::new(),
            next_cursor: mark.cursor()?,
            more: false,
        };
        if mark.walk.is_none() && mark.done == head {
            if mark.unread {
                ctx.leave_out(books.unread(&books.now().await?));
            }
            return Ok(page);
        }
        let now = books.now().await?;
        let changed = books.changed(&mark.done, &now).await?;
        let (target, after) = match mark.walk {
            Some((target, after)) => (target, Some(after)),
            None => {
                ctx.leave_out(books.unread(&now));
                (head.clone(), None)
            }
        };
        let start = match &after {
            Some(after) => changed.partition_point(|(key, _)| **key <= **after),
            None => 0,
        };
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let end = start.saturating_add(limit).min(changed.len());
        let part = changed.get(start..end).unwrap_or_default();
        for (key, gone) in part {
            match gone.then(|| key.to_string()) {
                Some(key) => page.deleted.push(key),
                None => match now.account(self, feed, key) {
                    Some(Ok(account)) => page.items.push(account),
                    Some(Err(left)) => ctx.leave_out([left]),
                    None => {}
                },
            }
        }
        let next = match part.last().filter(|_| end < changed.len()) {
            Some((last, _)) => Mark {
                done: mark.done,
                walk: Some((target, last.to_string())),
                unread: false,
            },
            None => Mark {
                done: target,
                walk: None,
                unread: now.has_unread(),
            },
        };
        // What came during the walk is another walk: a key that was passed may have changed with it.
        page.more = next.walk.is_some() || next.done != head;
        page.next_cursor = next.cursor()?;
        Ok(page)
    }

    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>> {
        const OPERATION: &str = "accounts.get";
        let feed = self.customers(OPERATION)?;
        let books = Books::open(self, feed, ctx.files(OPERATION)?).await?;
        let now = books.now().await?;
        let mut found = Found {
            items: Vec::new(),
            missing: Vec::new(),
        };
        for id in external_ids {
            match now.account(self, feed, id) {
                Some(Ok(account)) => found.items.push(account),
                Some(Err(left)) => ctx.leave_out([left]),
                None => found.missing.push(id.clone()),
            }
        }
        Ok(found)
    }

    /// Files are exported whole by the ERP: there is no record to change.
    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        const OPERATION: &str = "accounts.patch";
        let ids = [patch.external_id.clone()];
        if !self.get(ctx, &ids).await?.missing.is_empty() {
            let message = format!("customer '{}' is not in the files", patch.external_id);
            return Err(ConnectorError::new(ErrorKind::NotFound, OPERATION, message));
        }
        let fields = [
            ("terms", patch.terms.is_some()),
            ("credit_limit", patch.credit_limit.is_some()),
            ("place_holds", !patch.place_holds.is_empty()),
            ("release_holds", !patch.release_holds.is_empty()),
        ];
        let refusals = fields
            .into_iter()
            .filter(|(_, asked)| *asked)
            .map(|(field, _)| FieldRefusal {
                field: field.to_owned(),
                code: "read_only".to_owned(),
                message: "this ERP is connected by files and takes no changes of customers: change it there"
                    .to_owned(),
            });
        Ok(PatchOutcome::Rejected(refusals.collect()))
    }
}
