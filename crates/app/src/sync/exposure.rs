//! What accounts owe, by the ERP. It moves without touching the account's version: a feed of its own.

use std::collections::HashMap;

use punchgate_connector::accounts::{ExposureReading, Exposures};
use punchgate_domain::money::Money;
use punchgate_storage::{
    credit_account::{self, CreditAccountRow, ExposureReading as Reading},
    sync,
    work_lease::Lease,
};

use super::{
    SyncError, SyncScope,
    pull::{Calls, Sync},
};
use crate::{accounts::crossing::run_again_if_crossed, clock::micros, credit::redecide_accounts};

/// Accounts of one call and one transaction.
const ACCOUNTS_A_CALL: i64 = 100;
/// The feed under which its runs are noted.
const FEED: &str = "exposure";

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposureReport {
    /// Accounts asked for.
    pub asked: usize,
    /// Readings that were newer than what was known.
    pub entered: usize,
    /// Accounts that the ERP said nothing of.
    pub untold: usize,
    /// Accounts whose amount is in another currency than the account: left as they were.
    pub other_currency: Vec<String>,
}

impl Sync {
    /// Reads what the credit accounts of a connection owe. A reading counts only if it is newer.
    pub async fn pull_exposure(
        &self,
        scope: &SyncScope,
        exposures: &dyn Exposures,
        calls: Calls<'_>,
    ) -> Result<ExposureReport, SyncError> {
        let lease = self.take_lease(scope, FEED).await?;
        let result = self.read_exposures(scope, exposures, calls, &lease).await;
        if let Err(error) = &result {
            self.note_failure(scope, FEED, &error.to_string()).await?;
        }
        self.give_lease_back(&lease).await?;
        result
    }

    /// The same for a few accounts, by the ERP's ids: after an order was created, or when a decision asks.
    pub async fn pull_exposure_of(
        &self,
        scope: &SyncScope,
        exposures: &dyn Exposures,
        calls: Calls<'_>,
        ids: &[String],
    ) -> Result<ExposureReport, SyncError> {
        let mut report = ExposureReport::default();
        for part in ids.chunks(usize::try_from(ACCOUNTS_A_CALL).unwrap_or(usize::MAX)) {
            let reading = exposures
                .exposures(&calls("exposure"), &scope.scope, part)
                .await?;
            run_again_if_crossed!(self.enter_exposures(scope, part, &reading, None, &mut report))?;
        }
        Ok(report)
    }

    async fn read_exposures(
        &self,
        scope: &SyncScope,
        exposures: &dyn Exposures,
        calls: Calls<'_>,
        lease: &Lease,
    ) -> Result<ExposureReport, SyncError> {
        let started = micros(self.surroundings.now());
        let SyncScope {
            supplier,
            connector,
            scope: area,
        } = scope;
        let mut report = ExposureReport::default();
        let mut after = String::new();
        loop {
            let mut tx = self.surroundings.db.read().await?;
            let ids = credit_account::external_ids_after(
                &mut tx,
                supplier,
                connector,
                area,
                &after,
                ACCOUNTS_A_CALL,
            )
            .await?;
            tx.rollback().await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let context = calls(&format!("exposure/{}/{}", lease.fence, report.asked));
            let reading = exposures.exposures(&context, area, &ids).await?;
            run_again_if_crossed!(self.enter_exposures(scope, &ids, &reading, Some(lease), &mut report))?;
        }
        let mut tx = self.begin_fenced(lease).await?;
        let mut cursor = self.cursor(&mut tx, scope, FEED).await?;
        cursor.started_at = Some(started);
        cursor.finished_at = Some(micros(self.surroundings.now()));
        cursor.last_error = None;
        cursor.rows_applied += i64::try_from(report.entered).unwrap_or(i64::MAX);
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn enter_exposures(
        &self,
        scope: &SyncScope,
        ids: &[String],
        reading: &ExposureReading,
        lease: Option<&Lease>,
        report: &mut ExposureReport,
    ) -> Result<(), SyncError> {
        let SyncScope {
            supplier,
            connector,
            scope: area,
        } = scope;
        let now = self.surroundings.now();
        let mut tx = match lease {
            Some(lease) => self.begin_fenced(lease).await?,
            None => {
                self.surroundings
                    .db
                    .begin(punchgate_storage::Lane::Background)
                    .await?
            }
        };
        let rows = credit_account::by_external(&mut tx, supplier, connector, area, ids).await?;
        let keys: Vec<String> = rows.iter().map(|row| row.credit_account_id.clone()).collect();
        let rows = credit_account::lock_many(&mut tx, supplier, &keys).await?;
        let told: HashMap<&str, Money> = reading
            .amounts
            .iter()
            .map(|(id, amount)| (id.as_str(), *amount))
            .collect();
        let mut part = ExposureReport {
            asked: ids.len(),
            ..ExposureReport::default()
        };
        let mut entered = Vec::new();
        for row in &rows {
            let Some(amount) = told.get(row.external_id.as_str()) else {
                part.untold += 1;
                continue;
            };
            let Some(reading) = reading_of(row, *amount, reading) else {
                tracing::warn!(supplier, connector, account = row.external_id, %amount, currency = row.currency,
                    "the ERP states what is owed in another currency than the account's: it is left as it was");
                part.other_currency.push(row.external_id.clone());
                continue;
            };
            if credit_account::enter_exposure(&mut tx, supplier, &reading, micros(now)).await? {
                entered.push(reading.credit_account_id);
            }
        }
        redecide_accounts(&mut tx, supplier, &entered, now).await?;
        tx.commit().await?;
        report.asked += part.asked;
        report.entered += entered.len();
        report.untold += part.untold;
        report.other_currency.extend(part.other_currency);
        Ok(())
    }
}

fn reading_of(row: &CreditAccountRow, amount: Money, reading: &ExposureReading) -> Option<Reading> {
    (amount.currency().as_str() == row.currency).then(|| Reading {
        credit_account_id: row.credit_account_id.clone(),
        minor: amount.minor(),
        as_of: micros(reading.as_of),
        includes_orders: reading.includes_open_orders,
    })
}
