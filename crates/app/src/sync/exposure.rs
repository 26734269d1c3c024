//! What accounts owe, by the ERP. It moves without touching the account's version: a feed of its own.

use std::collections::BTreeMap;

use punchgate_connector::{Exposures, accounts::Account, exposure::AccountExposure, page::Found};
use punchgate_domain::{Instant, customer::Exposure};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    credit_account::{self, CreditAccountRow, ExposureReading},
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

/// What an account owes, by the ERP's id.
pub(super) type Told = (String, Exposure);

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposureReport {
    /// Accounts that the ERP told of.
    pub told: usize,
    /// Readings that were newer than what was known.
    pub entered: usize,
    /// Accounts that the ERP does not know.
    pub missing: Vec<String>,
    /// Accounts whose amount is in another currency than the account: left as they were.
    pub other_currency: Vec<String>,
}

impl ExposureReport {
    fn add(&mut self, part: Self) {
        self.told += part.told;
        self.entered += part.entered;
        self.missing.extend(part.missing);
        self.other_currency.extend(part.other_currency);
    }
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

    /// The same for a few accounts, by the ERP's ids: after an order was created, or before a decision.
    pub async fn pull_exposure_of(
        &self,
        scope: &SyncScope,
        exposures: &dyn Exposures,
        calls: Calls<'_>,
        ids: &[String],
    ) -> Result<ExposureReport, SyncError> {
        let mut report = ExposureReport::default();
        for part in ids.chunks(usize::try_from(ACCOUNTS_A_CALL).unwrap_or(usize::MAX)) {
            let found = exposures.exposure(&calls(&self.operation(FEED)), part).await?;
            report.add(run_again_if_crossed!(self.enter_found(scope, &found, None))?);
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
            let most = ACCOUNTS_A_CALL;
            let ids =
                credit_account::external_ids_after(&mut tx, supplier, connector, area, &after, most).await?;
            tx.rollback().await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let context = calls(&self.operation(FEED));
            let found = exposures.exposure(&context, &ids).await?;
            report.add(run_again_if_crossed!(self.enter_found(
                scope,
                &found,
                Some(lease)
            ))?);
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

    async fn enter_found(
        &self,
        scope: &SyncScope,
        found: &Found<AccountExposure>,
        lease: Option<&Lease>,
    ) -> Result<ExposureReport, SyncError> {
        let mut tx = match lease {
            Some(lease) => self.begin_fenced(lease).await?,
            None => self.surroundings.db.begin(Lane::Background).await?,
        };
        let told: Vec<Told> = found.items.iter().filter_map(told_by).collect();
        let mut report = enter(&mut tx, scope, &told, self.surroundings.now()).await?;
        tx.commit().await?;
        report.missing.clone_from(&found.missing);
        Ok(report)
    }
}

/// Enters readings that are newer than what is known, and gives the accounts a second look.
pub(super) async fn enter(
    tx: &mut Tx,
    scope: &SyncScope,
    told: &[Told],
    now: Instant,
) -> StorageResult<ExposureReport> {
    let SyncScope {
        supplier,
        connector,
        scope: area,
    } = scope;
    let told: BTreeMap<&str, &Exposure> = told
        .iter()
        .map(|(id, exposure)| (id.as_str(), exposure))
        .collect();
    let ids: Vec<String> = told.keys().map(|id| (*id).to_owned()).collect();
    let known = credit_account::by_external(tx, supplier, connector, area, &ids).await?;
    let mut keys: Vec<String> = known.into_iter().map(|row| row.credit_account_id).collect();
    keys.sort_unstable();
    let mut report = ExposureReport {
        told: told.len(),
        ..ExposureReport::default()
    };
    let mut entered = Vec::new();
    for row in credit_account::lock_many(tx, supplier, &keys).await? {
        let Some(exposure) = told.get(row.external_id.as_str()) else {
            continue;
        };
        let Some(reading) = reading_of(&row, exposure) else {
            tracing::warn!(supplier, connector, account = row.external_id, amount = %exposure.amount,
                currency = row.currency,
                "the ERP states what is owed in another currency than the account's: it is left as it was");
            report.other_currency.push(row.external_id);
            continue;
        };
        if credit_account::enter_exposure(tx, supplier, &reading, micros(now)).await? {
            entered.push(reading.credit_account_id);
        }
    }
    report.entered = entered.len();
    redecide_accounts(tx, supplier, &entered, now).await?;
    Ok(report)
}

fn reading_of(row: &CreditAccountRow, exposure: &Exposure) -> Option<ExposureReading> {
    (exposure.amount.currency().as_str() == row.currency).then(|| ExposureReading {
        credit_account_id: row.credit_account_id.clone(),
        minor: exposure.amount.minor(),
        as_of: micros(exposure.as_of),
        includes_orders: exposure.includes_open_orders,
    })
}

/// What an account of the feed owes, where the feed says so.
pub(super) fn told_of(account: &Account) -> Option<Told> {
    account.exposure.as_ref().and_then(told_by)
}

/// Amounts in two currencies are no amount: nothing is known then.
fn told_by(exposure: &AccountExposure) -> Option<Told> {
    match exposure.total() {
        Ok(total) => Some((exposure.external_id.clone(), total)),
        Err(error) => {
            tracing::warn!(account = exposure.external_id, %error, "what an account owes cannot be added up");
            None
        }
    }
}
