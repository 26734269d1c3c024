//! Rules that hold by what a synchronisation enters: looked at in the transaction that enters it.

use std::sync::Arc;

use punchgate_storage::Tx;

use super::{SyncError, SyncScope, pull::Sync};
use crate::{
    accounts::rules,
    directory::{DirectoryError, Supplier},
};

impl Sync {
    /// The supplier, if any of its rules is on; to be asked before the transaction begins. What is switched on or off at
    /// this moment is seen by the next round over all accounts.
    pub(super) async fn ruling(&self, scope: &SyncScope) -> Result<Option<Arc<Supplier>>, SyncError> {
        let Some(directory) = &self.directory else {
            return Ok(None);
        };
        match directory.supplier(&scope.supplier.as_str().into()).await {
            Ok(supplier) => Ok(Some(supplier).filter(|supplier| supplier.holding.has_rules())),
            Err(DirectoryError::Storage(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Looks at what rules say of these accounts, which are locked, now.
    pub(super) async fn look_at_rules(
        &self,
        tx: &mut Tx,
        ruling: Option<&Supplier>,
        mut accounts: Vec<String>,
    ) -> Result<(), SyncError> {
        let Some(supplier) = ruling else {
            return Ok(());
        };
        accounts.sort_unstable();
        accounts.dedup();
        rules::look_again(tx, &self.surroundings, supplier, &accounts).await?;
        Ok(())
    }
}
