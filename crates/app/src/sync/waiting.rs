//! A write that the ERP has and has not carried out: it stays noted as sent, once, so that it is known as ours when it
//! comes, whatever is asked for by then. Of one that waits for long a person is told.

use punchgate_storage::{
    Lane,
    sync::{
        self,
        attention::{self, AttentionRow, WRITE_WAITS},
    },
};

use super::{
    SyncError,
    attention::name_in,
    patch::Pending,
    pull::Sync,
    push::Push,
    sent::{must_be_as_read, requests},
};
use crate::clock::micros;

/// From then on a person is told: the ERP's own process does not run, or does not know the row.
const LONG_MICROS: i64 = 60 * 60 * 1_000_000;

impl Sync {
    /// It stands in the ERP. Whether it has stood there for long.
    pub(super) async fn note_waiting(&self, push: &Push<'_>, pending: &Pending) -> Result<bool, SyncError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let mut oldest = now;
        for asked in requests(&mut tx, push).await? {
            let waiting = pending.requests.iter().find(|one| one.field == asked.field);
            let Some(waiting) = waiting else { continue };
            if let Some(waits) = asked.waiting_once(waiting, &pending.shadow.erp_version, now)? {
                oldest = oldest.min(waits.since);
                must_be_as_read(sync::note_sent(&mut tx, &asked.row, &waits.sent).await?)?;
            }
        }
        // Since the ERP first said so: what lay here while the ERP was away has not kept it waiting.
        let is_long = now.saturating_sub(oldest) >= LONG_MICROS;
        if is_long {
            let row = AttentionRow {
                supplier_id: push.scope.supplier.clone(),
                connector_id: push.scope.connector.clone(),
                matter: WRITE_WAITS.to_owned(),
                name: name_in(push.scope, push.external_id),
                attention_id: self.surroundings.new_id(),
                scope: push.scope.scope.clone(),
                external_id: push.external_id.to_owned(),
                noted_at: now,
            };
            if attention::note(&mut tx, &row).await? {
                crate::events::announce_attention(&mut tx, &[row]).await?;
            }
        }
        tx.commit().await?;
        Ok(is_long)
    }

    /// Nothing of the account waits any more: nobody needs to look.
    pub(super) async fn end_waiting(&self, push: &Push<'_>) -> Result<(), SyncError> {
        let (supplier, connector) = (&push.scope.supplier, &push.scope.connector);
        let name = name_in(push.scope, push.external_id);
        let mut tx = self.surroundings.db.read().await?;
        let told = attention::find(&mut tx, supplier, connector, WRITE_WAITS, &name).await?;
        tx.rollback().await?;
        if told.is_none() {
            return Ok(());
        }
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        attention::end(&mut tx, supplier, connector, WRITE_WAITS, &name).await?;
        tx.commit().await?;
        Ok(())
    }
}
