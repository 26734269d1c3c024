//! What an ERP's holds remove, by its own words or the operator's table; and standing holds looked at again after
//! that table changed, from what was last read, without asking the ERP.

use punchgate_domain::hold::{HoldSource, Permission, PermissionSet, removed_by_erp_code};
use punchgate_storage::{customer::CustomerRow, history::ChangeRow, hold, work_lease::Lease};

use super::{
    Field, HoldValue, SyncError, SyncPolicy, SyncScope,
    apply::{self, Application},
    attention::{self, unexplained_text},
    merge::Merged,
    pull::Sync,
    remote::Remote,
};
use crate::accounts::{Author, change::history_line, crossing::run_again_if_crossed};

/// Accounts of one transaction.
const ACCOUNTS: i64 = 50;

impl Sync {
    /// Has the holds that stand by this ERP remove what its codes mean now. How many accounts changed.
    pub async fn explain_holds(&self, scope: &SyncScope, policy: &SyncPolicy) -> Result<usize, SyncError> {
        let lease = self.take_lease(scope, "accounts").await?;
        let mut after = String::new();
        let mut looked_at = 0;
        loop {
            let mut tx = self.surroundings.db.read().await?;
            let ids = hold::customers_held_by_erp(
                &mut tx,
                &scope.supplier,
                &scope.connector,
                &scope.scope,
                &after,
                ACCOUNTS,
            )
            .await?;
            tx.rollback().await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            looked_at += ids.len();
            run_again_if_crossed!(self.explain_part(scope, policy, &lease, &ids))?;
        }
        let mut tx = self.begin_fenced(&lease).await?;
        attention::end_explained(&mut tx, scope, policy).await?;
        tx.commit().await?;
        self.give_lease_back(&lease).await?;
        Ok(looked_at)
    }

    async fn explain_part(
        &self,
        scope: &SyncScope,
        policy: &SyncPolicy,
        lease: &Lease,
        ids: &[String],
    ) -> Result<(), SyncError> {
        let mut tx = self.begin_fenced(lease).await?;
        // Whoever reads an account after this is newer.
        let now = self.surroundings.now();
        let known = apply::load_shadows(&mut tx, scope, ids).await?;
        let remotes: Vec<Remote> = known
            .into_values()
            .map(|(row, base)| Remote::last_read(row.external_id, base, row.erp_version))
            .collect();
        apply::apply(&mut tx, &self.surroundings, scope, policy, &remotes, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Application<'_> {
    /// What standing holds remove, by the table as it is now: a code that was explained since they were taken
    /// counts at once.
    pub(super) fn explain_standing(&mut self, remote: &Remote, merged: &Merged) {
        let Some(customer) = self.customers.get(&remote.external_id).cloned() else {
            return;
        };
        let external = &remote.external_id;
        for (external_id, value) in &remote.snapshot.holds {
            let taken = merged
                .take
                .iter()
                .any(|(field, ..)| matches!(field, Field::Hold(id) if id == external_id));
            let removes = i64::from(self.removed_by(external, value).bits());
            let standing = self.holds.get_mut(&customer.customer_id);
            let row = standing.and_then(|rows| {
                rows.iter_mut()
                    .find(|row| row.external_id == *external_id && row.source == HoldSource::Erp.as_str())
            });
            let Some(row) = row.filter(|row| !taken && row.removes != removes) else {
                continue;
            };
            let before = std::mem::replace(&mut row.removes, removes);
            self.writes.changed_holds.push(row.clone());
            self.writes.touched_customers.insert(customer.customer_id.clone());
            let line = self.removed_line(&customer, external_id, value, (Some(before), removes));
            self.writes.history.push(line);
        }
    }

    /// What a hold removes from here on, and by whose word, for the customer's history.
    pub(super) fn removed_line(
        &self,
        customer: &CustomerRow,
        external_id: &str,
        value: &HoldValue,
        (before, removes): (Option<i64>, i64),
    ) -> ChangeRow {
        let why = match self.is_unexplained(value) {
            true => unexplained_text(&value.code, &self.scope.connector),
            false => format!(
                "what the ERP's hold code '{}' removes was settled anew",
                value.code
            ),
        };
        let author = Author {
            who: format!("settings of {}", self.scope.connector),
            why,
        };
        let values = (before.map(removed_text), Some(removed_text(removes)));
        let field = format!("{}/removes", Field::Hold(external_id.to_owned()).key());
        history_line(self.surroundings, customer, &field, values, &author, self.now)
    }

    /// Whether neither the ERP nor the operator's table says what a hold takes away.
    pub(super) fn is_unexplained(&self, value: &HoldValue) -> bool {
        !is_told(value) && !self.policy.hold_codes.contains_key(&value.code)
    }

    /// What a hold takes away: in the ERP's words if it has them, else by the operator's table. A code that
    /// nobody knows takes everything away, and somebody hears of it.
    pub(super) fn removed_by(&mut self, customer: &str, value: &HoldValue) -> PermissionSet {
        let code = value.code.as_str();
        if let Some(removes) = value.removes.and_then(PermissionSet::from_bits) {
            return removes;
        }
        if self.is_unexplained(value) {
            let codes = &mut self.writes.unknown_codes;
            codes
                .entry(code.to_owned())
                .or_insert_with(|| customer.to_owned());
        }
        let table = &self.policy.hold_codes;
        removed_by_erp_code(
            table.iter().map(|(code, removes)| (code.as_str(), *removes)),
            code,
        )
    }
}

/// Whether the ERP says itself what a hold takes away.
pub(super) fn is_told(value: &HoldValue) -> bool {
    value.removes.and_then(PermissionSet::from_bits).is_some()
}

fn removed_text(bits: i64) -> String {
    let set = u8::try_from(bits).ok().and_then(PermissionSet::from_bits);
    let names: Vec<&str> = set
        .into_iter()
        .flat_map(|set| set.iter().map(Permission::as_str).collect::<Vec<_>>())
        .collect();
    match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    }
}
