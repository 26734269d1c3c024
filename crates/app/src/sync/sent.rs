//! What goes out to the ERP is noted before it does: whoever reads the account next knows it as ours, also if the
//! answer is lost and something else is asked for by then. What surely was not written is taken off again.

use punchgate_storage::{Lane, StorageError, StorageResult, Tx, sync};

use super::{SyncError, SyncScope, patch::Pending, pull::Sync, push::Push, request::Request};

impl Sync {
    /// `false` if something else is asked for by now.
    pub(super) async fn note_sent(&self, push: &Push<'_>, pending: &Pending) -> Result<bool, SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let asked = requests(&mut tx, push).await?;
        for request in &pending.requests {
            let same = |now: &&Request| {
                (&now.row.field, now.row.revision) == (&request.row.field, request.row.revision)
            };
            let Some(now) = asked.iter().find(same) else {
                tx.rollback().await?;
                return Ok(false);
            };
            let sent = now.sending_on(&pending.shadow.erp_version)?;
            must_be_as_read(sync::note_sent(&mut tx, &now.row, &sent).await?)?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The ERP has said that it wrote nothing: what it has is not ours, whatever it is.
    pub(super) async fn note_unwritten(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        pending: &Pending,
    ) -> StorageResult<()> {
        for now in requests(tx, push).await? {
            let refused = pending.requests.iter().find(|request| request.field == now.field);
            let Some(refused) = refused else { continue };
            if let Some(sent) = now.without_sent(refused, &pending.shadow.erp_version)? {
                must_be_as_read(sync::note_sent(tx, &now.row, &sent).await?)?;
            }
        }
        Ok(())
    }

    /// The same in a transaction of its own.
    pub(super) async fn unwritten(&self, push: &Push<'_>, pending: &Pending) -> Result<(), SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        self.note_unwritten(&mut tx, push, pending).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What is asked for of the account.
pub(super) async fn requests(tx: &mut Tx, push: &Push<'_>) -> StorageResult<Vec<Request>> {
    let SyncScope {
        supplier,
        connector,
        scope,
    } = push.scope;
    let ids = [push.external_id.to_owned()];
    let rows = sync::changes(tx, supplier, connector, scope, &ids).await?;
    rows.into_iter().map(Request::read).collect()
}

/// A row that was read in this transaction and has changed all the same: the transaction runs again.
pub(super) fn must_be_as_read(written: bool) -> StorageResult<()> {
    match written {
        true => Ok(()),
        false => Err(StorageError::Retry("a request changed meanwhile".to_owned())),
    }
}
