//! What a person looks at: conflicts of the synchronisation, and requests that the ERP refused.

use punchgate_storage::{
    Lane,
    sync::{self, ConflictRow, CursorRow},
};

use super::{Accounts, AccountsError, Author};
use crate::clock::micros;

impl Accounts {
    /// Conflicts, newest first; `state` is `open` or `resolved`.
    pub async fn conflicts(
        &self,
        supplier: &str,
        state: Option<&str>,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<Vec<ConflictRow>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = sync::conflicts(&mut tx, supplier, state, after, limit).await?;
        tx.rollback().await?;
        Ok(rows)
    }

    /// A person has looked at a conflict.
    pub async fn resolve_conflict(
        &self,
        supplier: &str,
        conflict: &str,
        author: &Author,
    ) -> Result<(), AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = micros(self.surroundings.now());
        let resolved = sync::resolve_conflict(&mut tx, supplier, conflict, &author.who, now).await?;
        tx.commit().await?;
        if resolved {
            Ok(())
        } else {
            Err(AccountsError::NotFound {
                what: "open conflict",
                id: conflict.to_owned(),
            })
        }
    }

    /// How far every feed of the supplier's ERPs was read, and what went wrong last.
    pub async fn sync_status(&self, supplier: &str) -> Result<Vec<CursorRow>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = sync::cursors(&mut tx, supplier).await?;
        tx.rollback().await?;
        Ok(rows)
    }
}
