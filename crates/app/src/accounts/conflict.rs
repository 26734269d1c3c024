//! What a person looks at: how far the ERP was read, and conflicts of the synchronisation.

use punchgate_domain::ids::CustomerId;
use punchgate_storage::{
    Lane, Tx,
    customer::{self, CustomerRow},
    sync::{
        self, ConflictRow, CursorRow,
        attention::{self, AttentionRow},
    },
};

use super::{
    Accounts, AccountsError, Author,
    change::{history_line, lock_expected},
    crossing::run_again_if_crossed,
};
use crate::{
    clock::micros,
    sync::{Field, FieldValue, Take, ask_again, has_moved_on, side, take_theirs},
};

/// A conflict as people read it.
#[derive(Clone, Debug)]
pub struct ConflictView {
    /// The record.
    pub row: ConflictRow,
    /// What both last agreed on.
    pub base: Option<String>,
    /// What was asked for here.
    pub ours: Option<String>,
    /// What the ERP had.
    pub theirs: Option<String>,
}

impl Accounts {
    /// Conflicts, newest first; `state` is `open` or `resolved`.
    pub async fn conflicts(
        &self,
        supplier: &str,
        state: Option<&str>,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<Vec<ConflictRow>, AccountsError> {
        if state.is_some_and(|state| !matches!(state, "open" | "resolved")) {
            return Err(AccountsError::invalid("state", "open or resolved"));
        }
        let mut tx = self.surroundings.db.read().await?;
        let rows = sync::conflicts(&mut tx, supplier, state, after, limit).await?;
        tx.rollback().await?;
        Ok(rows)
    }

    /// One conflict, with the customer that it is about where there is one.
    pub async fn conflict(
        &self,
        supplier: &str,
        id: &str,
    ) -> Result<(ConflictView, Option<CustomerRow>), AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let conflict = sync::conflict(&mut tx, supplier, id).await?;
        let not_found = || AccountsError::NotFound {
            what: "conflict",
            id: id.to_owned(),
        };
        let conflict = conflict.ok_or_else(not_found)?;
        let ids = [conflict.external_id.clone()];
        let found = customer::by_external(&mut tx, supplier, &conflict.connector_id, &ids).await?;
        tx.rollback().await?;
        let customer = found.into_iter().find(|row| row.scope == conflict.scope);
        Ok((ConflictView::from(conflict), customer))
    }

    /// A person ends a conflict. Ours: the ERP is asked for it once more. Theirs: what was asked for here is given
    /// up, and what the ERP has stands.
    pub async fn resolve_conflict(
        &self,
        supplier: &str,
        conflict: &str,
        take: Take,
        author: &Author,
    ) -> Result<(), AccountsError> {
        run_again_if_crossed!(self.resolve_conflict_once(supplier, conflict, take, author))
    }

    async fn resolve_conflict_once(
        &self,
        supplier: &str,
        id: &str,
        take: Take,
        author: &Author,
    ) -> Result<(), AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = self.surroundings.now();
        let not_found = || AccountsError::NotFound {
            what: "open conflict",
            id: id.to_owned(),
        };
        let conflict = sync::conflict(&mut tx, supplier, id)
            .await?
            .ok_or_else(not_found)?;
        let customer = customer_of(&mut tx, &conflict).await?;
        if !sync::resolve_conflict(&mut tx, supplier, id, &author.who, micros(now)).await? {
            return Err(not_found());
        }
        let field = Field::parse(&conflict.field)
            .ok_or_else(|| AccountsError::invalid("conflict", "a field that is known here"))?;
        match take {
            Take::Ours if has_moved_on(&mut tx, &conflict, &field).await? => {
                return Err(AccountsError::InvalidTransition(format!(
                    "the ERP has changed {} once more since this conflict: take theirs, which leaves it as it is there, \
                     or set the value anew",
                    conflict.field
                )));
            }
            Take::Ours => {
                let ours = side(conflict.local_value.as_deref())?.filter(|_| may_be_asked_for(&field));
                let ours = ours.ok_or_else(|| {
                    let expected = format!("theirs: {} is changed in the ERP alone", conflict.field);
                    AccountsError::invalid("take", expected)
                })?;
                ask_again(&mut tx, &customer, &conflict, (&field, &ours), author, now).await?;
            }
            Take::Theirs => {
                let surroundings = &self.surroundings;
                take_theirs(&mut tx, surroundings, &customer, &conflict, &field, author).await?;
            }
        }
        let words = |value: Option<FieldValue>| value.map(|value| value.to_string());
        let (ours, theirs) = (
            words(side(conflict.local_value.as_deref())?),
            words(side(conflict.remote_value.as_deref())?),
        );
        let values = match take {
            Take::Ours => (theirs, ours),
            Take::Theirs => (ours, theirs),
        };
        let key = format!("{} in conflict", conflict.field);
        let line = history_line(&self.surroundings, &customer, &key, values, author, now);
        crate::events::record(&mut tx, &[line]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What of the supplier's ERPs a person should look at.
    pub async fn sync_attention(&self, supplier: &str) -> Result<Vec<AttentionRow>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = attention::of_supplier(&mut tx, supplier).await?;
        tx.rollback().await?;
        Ok(rows)
    }

    /// How far every feed of the supplier's ERPs was read, and what went wrong last.
    pub async fn sync_status(&self, supplier: &str) -> Result<Vec<CursorRow>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = sync::cursors(&mut tx, supplier).await?;
        tx.rollback().await?;
        Ok(rows)
    }
}

impl From<ConflictRow> for ConflictView {
    /// A value that does not read is shown as it lies there: a person looks at it all the same.
    fn from(row: ConflictRow) -> Self {
        let words = |json: &Option<String>| match side(json.as_deref()) {
            Ok(value) => value.map(|value| value.to_string()),
            Err(_) => json.clone(),
        };
        Self {
            base: words(&row.base_value),
            ours: words(&row.local_value),
            theirs: words(&row.remote_value),
            row,
        }
    }
}

/// Only these are ever asked of an ERP.
fn may_be_asked_for(field: &Field) -> bool {
    matches!(field, Field::Terms | Field::Limit | Field::Hold(_))
}

/// The customer that a conflict is about, locked with its credit accounts.
async fn customer_of(tx: &mut Tx, conflict: &ConflictRow) -> Result<CustomerRow, AccountsError> {
    let ids = [conflict.external_id.clone()];
    let found = customer::by_external(tx, &conflict.supplier_id, &conflict.connector_id, &ids).await?;
    let found = found
        .into_iter()
        .find(|row| row.scope == conflict.scope)
        .ok_or_else(|| AccountsError::UnknownCustomer(format!("customer {}", conflict.external_id)))?;
    lock_expected(
        tx,
        &conflict.supplier_id,
        &CustomerId::new(found.customer_id),
        None,
    )
    .await
}
