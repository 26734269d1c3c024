//! Accounts that are gone from the ERP: told by it, or lacking in a full read. They stay here, and may not trade.
//!
//! **Invariant:** what a full read lacks is asked for by key before it counts as gone, and a full read that lacks
//! too much ends nothing.

use punchgate_domain::Instant;
use punchgate_storage::sync;

use super::{
    SyncError, SyncScope,
    apply::{self, Applied, PassedOver},
    exposure::told_of,
    pull::{ACCOUNTS_A_TRANSACTION, PullReport, Run, Sync},
    remote::{Remote, last_of_each},
};
use crate::accounts::crossing::run_again_if_crossed;

/// So few may always be gone, unless they are all.
const FEW: i64 = 10;

/// For the operator.
pub(super) fn withheld_text(count: usize) -> String {
    format!(
        "the full read lacked {count} accounts, more than sync.shrink_percent of the connector allows: they stay as \
         they were; if they really are gone, set it higher"
    )
}

impl Sync {
    /// Accounts that the ERP says are gone.
    pub(super) async fn enter_gone(
        &self,
        run: &Run<'_>,
        ids: &[String],
        fetched_at: Instant,
    ) -> Result<(usize, PassedOver), SyncError> {
        let (mut gone, mut passed_over) = (0, PassedOver::new());
        for part in ids.chunks(ACCOUNTS_A_TRANSACTION) {
            let applied = run_again_if_crossed!(self.enter_gone_part(run, part, fetched_at))?;
            gone += applied.changed;
            passed_over.extend(applied.passed_over);
        }
        Ok((gone, passed_over))
    }

    async fn enter_gone_part(
        &self,
        run: &Run<'_>,
        ids: &[String],
        fetched_at: Instant,
    ) -> Result<Applied, SyncError> {
        let mut tx = self.begin_fenced(&run.lease).await?;
        let mut known = apply::load_shadows(&mut tx, run.scope, ids).await?;
        let remotes: Vec<Remote> = ids
            .iter()
            .filter_map(|id| known.remove(id))
            .map(|(row, base)| Remote::gone(row.external_id, &base, &row.erp_version))
            .collect();
        let applied = apply::apply(
            &mut tx,
            &self.surroundings,
            run.scope,
            run.policy,
            &remotes,
            fetched_at,
        )
        .await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// After a full read: accounts that it did not see are asked for by key, and are gone if they are missing.
    pub(super) async fn enter_unseen(
        &self,
        run: &Run<'_>,
        started: i64,
        report: &mut PullReport,
    ) -> Result<(), SyncError> {
        let SyncScope {
            supplier,
            connector,
            scope,
        } = run.scope;
        let mut tx = self.surroundings.db.read().await?;
        let count = sync::count_unseen(&mut tx, supplier, connector, scope, started).await?;
        tx.rollback().await?;
        let all = count.unseen == count.active && count.active > 1;
        let allowed = i64::from(run.policy.shrink_percent);
        let too_many = count.unseen.saturating_mul(100) > count.active.saturating_mul(allowed);
        if too_many && (all || count.unseen > FEW) {
            report.withheld = usize::try_from(count.unseen).unwrap_or(usize::MAX);
            return Ok(());
        }
        let most = i64::try_from(ACCOUNTS_A_TRANSACTION).unwrap_or(i64::MAX);
        let mut after = String::new();
        loop {
            let mut tx = self.surroundings.db.read().await?;
            let unseen =
                sync::unseen_since(&mut tx, supplier, connector, scope, started, &after, most).await?;
            tx.rollback().await?;
            let Some(last) = unseen.last() else {
                return Ok(());
            };
            after.clone_from(last);
            self.ask_for(run, &unseen, report).await?;
        }
    }

    async fn ask_for(&self, run: &Run<'_>, ids: &[String], report: &mut PullReport) -> Result<(), SyncError> {
        let fetched_at = self.surroundings.now();
        let context = (run.calls)(&self.operation("get"));
        let found = run.accounts.get(&context, ids).await?;
        report.note_left_out(&context);
        let told = told_of(&found.items, report);
        let remotes = last_of_each(found.items.into_iter().map(Remote::of).collect());
        let applied = run_again_if_crossed!(self.enter_part(run, &remotes, &told, fetched_at, None))?;
        report.note(applied);
        // What something newer is known of is not gone.
        let (gone, _) = self.enter_gone(run, &found.missing, fetched_at).await?;
        report.gone += gone;
        Ok(())
    }
}
