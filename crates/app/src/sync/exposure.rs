//! What accounts owe, by the ERP. It moves without touching the account's version: a feed of its own.

mod clock;

use jiff::civil::Date;
use punchgate_connector::{
    ErrorKind, Exposures, accounts::Account, context::LeftOut, exposure::AccountExposure, page::Found,
};
use punchgate_domain::{Instant, customer::Exposure, money::Money};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    credit_account::{self, CreditAccountRow, ExposureReading},
    order,
    sync::{self, CursorRow},
    work_lease::Lease,
};

use super::{
    SyncError, SyncScope, outage,
    pull::{Calls, PullReport, Sync},
};
use crate::{
    Surroundings, accounts::crossing::run_again_if_crossed, clock::micros, credit::redecide_accounts,
};

/// Accounts of one call and one transaction.
const ACCOUNTS_A_CALL: i64 = 100;
/// Calls of one run: the next run goes on where it stopped.
const CALLS_A_RUN: usize = 10;
/// The feed under which its runs are noted.
const FEED: &str = "exposure";

/// What an account owes, by the ERP's id.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) external_id: String,
    exposure: Exposure,
    overdue: Option<Money>,
    oldest_due: Option<Date>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposureReport {
    /// Accounts that the ERP was asked for.
    pub asked: usize,
    /// Accounts that the ERP told of.
    pub told: usize,
    /// Readings that were newer than what was known.
    pub entered: usize,
    /// Accounts that the ERP does not know.
    pub missing: Vec<String>,
    /// Accounts of which the ERP's answer could not be read, or is in another currency than the account, with what is
    /// wrong: left as they were.
    pub unreadable: Vec<LeftOut>,
    /// Whether accounts are left for the next run.
    pub more: bool,
    /// Whether the round that has ended was not whole: somewhere on its way a call came to nothing.
    pub broken: bool,
}

impl ExposureReport {
    /// Adds what came of another part.
    pub fn add(&mut self, part: Self) {
        self.asked += part.asked;
        self.told += part.told;
        self.entered += part.entered;
        self.missing.extend(part.missing);
        self.unreadable.extend(part.unreadable);
    }
}

impl Sync {
    /// Reads what the next slice of a connection's credit accounts owe. A reading counts only if it is newer.
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
            let asked_at = self.surroundings.now();
            let context = calls(&self.operation(FEED));
            let found = exposures.exposure(&context, part).await?;
            report.add(run_again_if_crossed!(
                self.enter_found(scope, &found, asked_at, None)
            )?);
            report.unreadable.extend(context.take_left_out());
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
        let mut cursor = self.begin_exposures(scope, lease).await?;
        let mut report = ExposureReport::default();
        let failed_before = cursor.failed_at.is_some() && cursor.failed_at >= cursor.started_at;
        for call in 0..CALLS_A_RUN {
            let ids = self.next_accounts(scope, &cursor).await?;
            let Some(last) = ids.last() else {
                report.broken = self.finish_exposures(scope, lease, cursor).await?;
                return Ok(report);
            };
            cursor.cursor_value = Some(last.clone());
            let asked_at = self.surroundings.now();
            let context = calls(&self.operation(FEED));
            let found = match exposures.exposure(&context, &ids).await {
                Ok(found) => found,
                Err(error) => {
                    // Accounts that the ERP never answers for, or twice not in time, take no turn from those behind
                    // them: they are asked for again in the next round.
                    let is_fast = matches!(error.kind, ErrorKind::RateLimited { .. });
                    let again = call == 0 && failed_before && !is_fast;
                    if !error.retryable() || again {
                        self.save_exposures(lease, &cursor).await?;
                    }
                    return Err(error.into());
                }
            };
            let place = Some((lease, &cursor));
            let mut part = run_again_if_crossed!(self.enter_found(scope, &found, asked_at, place))?;
            part.unreadable.extend(context.take_left_out());
            self.note_unreadable(&mut cursor, &part.unreadable);
            report.asked += ids.len();
            cursor.rows_applied += i64::try_from(part.entered).unwrap_or(i64::MAX);
            if !part.unreadable.is_empty() {
                // What is in another currency is known only now; the run may end with this call.
                self.save_exposures(lease, &cursor).await?;
            }
            report.add(part);
        }
        report.more = true;
        Ok(report)
    }

    /// Where the run goes on: after the account that the last one stopped at, else with the first.
    async fn begin_exposures(&self, scope: &SyncScope, lease: &Lease) -> Result<CursorRow, SyncError> {
        let mut tx = self.begin_fenced(lease).await?;
        let mut cursor = self.cursor(&mut tx, scope, FEED).await?;
        if cursor.cursor_value.is_none() {
            cursor.started_at = Some(micros(self.surroundings.now()));
        }
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(cursor)
    }

    async fn next_accounts(&self, scope: &SyncScope, cursor: &CursorRow) -> StorageResult<Vec<String>> {
        let SyncScope {
            supplier,
            connector,
            scope: area,
        } = scope;
        let after = cursor.cursor_value.as_deref().unwrap_or_default();
        let mut tx = self.surroundings.db.read().await?;
        let ids =
            credit_account::external_ids_after(&mut tx, supplier, connector, area, after, ACCOUNTS_A_CALL)
                .await?;
        tx.rollback().await?;
        Ok(ids)
    }

    /// What went wrong on the way is told until a whole round was without it. Whether anything did.
    async fn finish_exposures(
        &self,
        scope: &SyncScope,
        lease: &Lease,
        mut cursor: CursorRow,
    ) -> Result<bool, SyncError> {
        let now = self.surroundings.now();
        cursor.cursor_value = None;
        cursor.finished_at = Some(micros(now));
        let broken = cursor.failed_at >= cursor.started_at;
        if !broken {
            cursor.last_error = None;
        }
        let mut tx = self.begin_fenced(lease).await?;
        outage::end(&mut tx, scope, FEED, now).await?;
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(broken)
    }

    /// In the feed's state; whoever reads the feed tells the log.
    fn note_unreadable(&self, cursor: &mut CursorRow, unreadable: &[LeftOut]) {
        let Some(first) = unreadable.first() else {
            return;
        };
        let text = format!(
            "what {} accounts owe cannot be read; they stay as they were: '{}': {}",
            unreadable.len(),
            first.external_id,
            first.problem
        );
        cursor.failed_at = Some(micros(self.surroundings.now()));
        cursor.last_error = Some(text);
    }

    async fn save_exposures(&self, lease: &Lease, cursor: &CursorRow) -> Result<(), SyncError> {
        let mut tx = self.begin_fenced(lease).await?;
        sync::put_cursor(&mut tx, cursor).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Enters what the ERP told, and how far the run has come, if it is one.
    async fn enter_found(
        &self,
        scope: &SyncScope,
        found: &Found<AccountExposure>,
        asked_at: Instant,
        place: Option<(&Lease, &CursorRow)>,
    ) -> Result<ExposureReport, SyncError> {
        let ruling = self.ruling(scope).await?;
        let mut tx = match place {
            Some((lease, _)) => self.begin_fenced(lease).await?,
            None => self.surroundings.db.begin(Lane::Background).await?,
        };
        let (told, wrong) = told_by(&found.items);
        let (mut report, entered) = enter(&mut tx, &self.surroundings, scope, &told, asked_at).await?;
        report.unreadable.extend(wrong);
        self.look_at_rules(&mut tx, ruling.as_deref(), entered).await?;
        if let Some((_, cursor)) = place {
            let mut cursor = cursor.clone();
            cursor.rows_applied += i64::try_from(report.entered).unwrap_or(i64::MAX);
            sync::put_cursor(&mut tx, &cursor).await?;
        }
        tx.commit().await?;
        report.missing.clone_from(&found.missing);
        Ok(report)
    }
}

/// Enters readings that are newer than what is known, and gives the accounts a second look. Says which they are.
/// `asked_at` is from before the ERP was asked.
pub(super) async fn enter(
    tx: &mut Tx,
    surroundings: &Surroundings,
    scope: &SyncScope,
    told: &[Told],
    asked_at: Instant,
) -> StorageResult<(ExposureReport, Vec<String>)> {
    let SyncScope {
        supplier,
        connector,
        scope: area,
    } = scope;
    let now = surroundings.now();
    let told = clock::in_time(tx, surroundings, scope, told, asked_at).await?;
    let ids: Vec<String> = told.keys().cloned().collect();
    let known = credit_account::by_external(tx, supplier, connector, area, &ids).await?;
    let mut keys: Vec<String> = known.into_iter().map(|row| row.credit_account_id).collect();
    keys.sort_unstable();
    let mut report = ExposureReport {
        told: told.len(),
        ..ExposureReport::default()
    };
    let mut entered = Vec::new();
    for row in credit_account::lock_many(tx, supplier, &keys).await? {
        let Some(one) = told.get(&row.external_id) else {
            continue;
        };
        let Some(reading) = reading_of(&row, one) else {
            let problem = format!(
                "what is owed is stated as {}, and the account is in {}",
                one.exposure.amount, row.currency
            );
            report.unreadable.push(LeftOut {
                external_id: row.external_id,
                problem,
            });
            continue;
        };
        if credit_account::enter_exposure(tx, supplier, &reading, micros(now)).await? {
            order::release_billed(tx, supplier, &reading.credit_account_id, reading.as_of).await?;
            entered.push(reading.credit_account_id);
        }
    }
    report.entered = entered.len();
    redecide_accounts(tx, supplier, &entered, now).await?;
    Ok((report, entered))
}

fn reading_of(row: &CreditAccountRow, told: &Told) -> Option<ExposureReading> {
    let exposure = &told.exposure;
    let counts = |amount: &Money| amount.currency().as_str() == row.currency;
    counts(&exposure.amount).then(|| ExposureReading {
        credit_account_id: row.credit_account_id.clone(),
        minor: exposure.amount.minor(),
        as_of: micros(exposure.as_of),
        includes_orders: exposure.includes_open_orders,
        overdue_minor: told.overdue.filter(counts).map(Money::minor),
        oldest_due: told.oldest_due.map(|date| date.to_string()),
    })
}

/// What accounts of the feed owe, where the feed says so.
pub(super) fn told_of(accounts: &[Account], report: &mut PullReport) -> Vec<Told> {
    let (told, wrong) = told_by(accounts.iter().filter_map(|account| account.exposure.as_ref()));
    report.leave_out(wrong);
    told
}

/// Amounts in two currencies are no amount: nothing is known then.
fn told_by<'a>(exposures: impl IntoIterator<Item = &'a AccountExposure>) -> (Vec<Told>, Vec<LeftOut>) {
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    for exposure in exposures {
        let external_id = exposure.external_id.clone();
        match exposure.total() {
            Ok(total) => told.push(Told {
                external_id,
                exposure: total,
                overdue: exposure.overdue,
                oldest_due: exposure.oldest_due,
            }),
            Err(error) => wrong.push(LeftOut {
                external_id,
                problem: format!("what is owed cannot be added up: {error}"),
            }),
        }
    }
    (told, wrong)
}
