//! Reading accounts from the ERP: page by page, each entered in one transaction with the cursor.

use std::{collections::BTreeSet, sync::Arc};

use punchgate_connector::{Accounts, Context, Cursor, ErrorKind, Page, accounts::Account, context::LeftOut};
use punchgate_domain::Instant;
use punchgate_storage::{
    Lane, StorageError, Tx,
    sync::{self, CursorRow},
    work_lease::{self, Lease},
};

use super::{
    SyncError, SyncPolicy, SyncScope,
    apply::{self, Applied, PassedOver},
    attention,
    exposure::{self, Told, told_of},
    gone::withheld_text,
    outage,
    pace::Pace,
    progress::Progress,
    remote::{Remote, last_of_each},
};
use crate::{
    Surroundings,
    accounts::crossing::run_again_if_crossed,
    clock::{from_micros, micros},
    directory::Directory,
};

/// Most accounts of one transaction that are gone, or are asked for by key.
pub(super) const ACCOUNTS_A_TRANSACTION: usize = 50;
/// Accounts asked for at once: see [`Pace`].
const ACCOUNTS_A_PAGE: u32 = 128;
/// Until when another gateway waits for one that fell silent; longer than any call may take.
const LEASE_MICROS: i64 = 180_000_000;
/// How often accounts of a page are read again when something newer is known of them.
const READS_OF_A_PAGE: usize = 4;
/// So many accounts entered, and as many times as much, and again: each time the database measures what it has.
const MEASURED_FIRST: usize = 512;
const MEASURED_AGAIN: usize = 8;
/// Most pages of one run, so that a connector whose cursor never ends does not run for ever.
const PAGES_A_RUN: usize = 10_000;
/// Most pages in a row that tell nothing of an account that was not told in this run.
const IDLE_PAGES: usize = 100;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullMode {
    /// What changed since the cursor.
    Changes,
    /// Everything: it also shows what is gone, and what a cursor has missed.
    Sweep,
}

impl PullMode {
    /// The feed whose cursor it keeps.
    pub fn feed(self) -> &'static str {
        match self {
            Self::Changes => "accounts",
            Self::Sweep => "accounts-sweep",
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullReport {
    /// Pages read.
    pub pages: usize,
    /// Accounts told by the ERP.
    pub seen: usize,
    /// Accounts in which something changed here.
    pub changed: usize,
    /// Fields that both sides had changed.
    pub conflicts: usize,
    /// Accounts that are gone from the ERP.
    pub gone: usize,
    /// Accounts that a full read lacked, too many to be believed: they stay as they were.
    pub withheld: usize,
    /// Hold codes that are not in the operator's table; they remove everything.
    pub unknown_codes: BTreeSet<String>,
    /// What could not be read of accounts, with their ids: they stay as they were.
    pub unreadable: BTreeSet<String>,
    /// Accounts of which the ERP told a negative limit; the last limit counts.
    pub negative_limits: BTreeSet<String>,
}

impl PullReport {
    /// Adds what was left out of the answers to a call.
    pub(super) fn note_left_out(&mut self, context: &Context) {
        self.leave_out(context.take_left_out());
    }

    /// Adds what stays as it was.
    pub(super) fn leave_out(&mut self, rows: impl IntoIterator<Item = LeftOut>) {
        let named = |row: LeftOut| format!("'{}': {}", row.external_id, row.problem);
        self.unreadable.extend(rows.into_iter().map(named));
    }

    /// What whoever looks at the feed is told of a run that came to its end.
    fn trouble(&self) -> Option<String> {
        let unreadable = self.unreadable.first().map(|first| {
            format!(
                "{} accounts cannot be read and stay as they were: {first}",
                self.unreadable.len()
            )
        });
        let negative = self.negative_limits.first().map(|first| {
            format!(
                "{} accounts have a negative limit, which nobody means; the last one counts: '{first}'",
                self.negative_limits.len()
            )
        });
        let withheld = (self.withheld > 0).then(|| withheld_text(self.withheld));
        unreadable.or(negative).or(withheld)
    }

    /// Adds what came of a part; what was passed over is to be read again.
    pub(super) fn note(&mut self, applied: Applied) -> PassedOver {
        self.changed += applied.changed;
        self.conflicts += applied.conflicts;
        self.unknown_codes.extend(applied.unknown_codes);
        self.negative_limits.extend(applied.negative_limits);
        self.leave_out(applied.left_out);
        applied.passed_over
    }
}

/// The synchronisation of accounts, whatever the ERP.
#[derive(Debug, Clone)]
pub struct Sync {
    pub(super) surroundings: Surroundings,
    /// Where rules stand that may hold; none: no rule is looked at.
    pub(super) directory: Option<Arc<Directory>>,
    /// The name of this gateway, unique among those that share the database.
    pub(super) holder: String,
}

/// Makes the context of the next call under an operation id, which is used once: with its own time, deadline and
/// client.
pub type Calls<'a> = &'a (dyn Fn(&str) -> Context + Send + std::marker::Sync);

pub(super) struct Run<'a> {
    pub(super) scope: &'a SyncScope,
    pub(super) policy: &'a SyncPolicy,
    pub(super) accounts: &'a dyn Accounts,
    pub(super) calls: Calls<'a>,
    pub(super) lease: Lease,
    pub(super) mode: PullMode,
    pace: Pace,
}

impl Sync {
    /// Over these surroundings. `holder` names this gateway.
    pub fn new(surroundings: Surroundings, holder: impl Into<String>) -> Self {
        Self {
            surroundings,
            directory: None,
            holder: holder.into(),
        }
    }

    /// The same, by whose changes the rules of suppliers hold and let go.
    #[must_use]
    pub fn with_rules(mut self, directory: Arc<Directory>) -> Self {
        self.directory = Some(directory);
        self
    }

    /// Reads accounts until the ERP has no more. A run that was cut short goes on where it stopped.
    pub async fn pull_accounts(
        &self,
        scope: &SyncScope,
        policy: &SyncPolicy,
        accounts: &dyn Accounts,
        calls: Calls<'_>,
        mode: PullMode,
    ) -> Result<PullReport, SyncError> {
        // A sweep has a lease of its own: however long it takes, changes are read meanwhile.
        let lease = self.take_lease(scope, mode.feed()).await?;
        let run = Run {
            scope,
            policy,
            accounts,
            calls,
            lease,
            mode,
            pace: Pace::of(ACCOUNTS_A_PAGE as usize),
        };
        let result = self.read_pages(&run).await;
        if let Err(error) = &result {
            self.note_failure(scope, mode.feed(), &error.to_string()).await?;
        }
        self.give_lease_back(&run.lease).await?;
        result
    }

    async fn read_pages(&self, run: &Run<'_>) -> Result<PullReport, SyncError> {
        let mut cursor = self.begin_run(run).await?;
        let started = cursor.started_at.unwrap_or_default();
        let mut report = PullReport::default();
        let mut progress = Progress::within(IDLE_PAGES);
        let mut measured_at = MEASURED_FIRST;
        for _ in 0..PAGES_A_RUN {
            let fetched_at = self.surroundings.now();
            let Some(page) = self.read_page(run, &mut cursor, &mut report).await? else {
                continue;
            };
            report.pages += 1;
            report.seen += page.items.len();
            let moved = cursor.cursor_value.as_deref() != Some(page.next_cursor.as_str());
            if page.more && !moved {
                return Err(SyncError::Contract(format!(
                    "connector {} says that more accounts wait, but its cursor stays at '{}'",
                    run.scope.connector,
                    page.next_cursor.as_str()
                )));
            }
            let told = page.items.iter().map(|account| &account.external_id);
            let told = told.chain(&page.deleted).map(String::as_str);
            if page.more && !progress.is_made(told) {
                return Err(SyncError::Contract(format!(
                    "connector {} told {IDLE_PAGES} pages in a row without an account that it had not told before, \
                     and has more: its cursor does not come to an end",
                    run.scope.connector
                )));
            }
            let mut next = cursor.clone();
            next.cursor_value = Some(page.next_cursor.as_str().to_owned());
            let more = page.more;
            cursor = self.enter_page(run, page, fetched_at, next, &mut report).await?;
            if report.changed >= measured_at {
                measured_at *= MEASURED_AGAIN;
                if let Err(error) = self.surroundings.db.measure_after_sweep().await {
                    tracing::warn!(%error, "what was read is not measured: it is found more slowly until the database does");
                }
            }
            if !more {
                if run.mode == PullMode::Sweep {
                    self.enter_unseen(run, started, &mut report).await?;
                }
                self.finish_run(run, cursor, &report).await?;
                return Ok(report);
            }
        }
        Err(SyncError::Contract(format!(
            "connector {} told {PAGES_A_RUN} pages of accounts and has more: its cursor does not come to an end",
            run.scope.connector
        )))
    }

    /// The next page. None if the connector cannot use the cursor any more: then everything is read anew.
    async fn read_page(
        &self,
        run: &Run<'_>,
        cursor: &mut CursorRow,
        report: &mut PullReport,
    ) -> Result<Option<Page<Account>>, SyncError> {
        let context = (run.calls)(&self.operation("pull"));
        let from = cursor.cursor_value.as_deref().map(Cursor::new);
        match run.accounts.pull(&context, from.as_ref(), ACCOUNTS_A_PAGE).await {
            Ok(page) => {
                report.note_left_out(&context);
                Ok(Some(page))
            }
            Err(error) if error.kind == ErrorKind::Conflict && from.is_some() => {
                tracing::warn!(connector = run.scope.connector, %error, "the cursor is void: reading anew");
                cursor.cursor_value = None;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Enters a page. Accounts of which something newer is known (a write of ours was answered while the page was on
    /// its way) are read again first: the cursor passes over nothing that was not entered.
    async fn enter_page(
        &self,
        run: &Run<'_>,
        page: Page<Account>,
        mut fetched_at: Instant,
        mut cursor: CursorRow,
        report: &mut PullReport,
    ) -> Result<CursorRow, SyncError> {
        let (mut accounts, mut deleted) = (page.items, page.deleted);
        for _ in 0..READS_OF_A_PAGE {
            let (gone, mut passed_over) = self.enter_gone(run, &deleted, fetched_at).await?;
            report.gone += gone;
            cursor = self
                .enter_accounts(run, accounts, fetched_at, cursor, &mut passed_over, report)
                .await?;
            let Some(known_at) = passed_over.values().copied().max() else {
                return Ok(cursor);
            };
            // Whatever the clocks say, what is asked for now is newer than what is known now.
            fetched_at = self.surroundings.now().max(from_micros(known_at));
            let ids: Vec<String> = passed_over.into_keys().collect();
            let context = (run.calls)(&self.operation("get"));
            let found = run.accounts.get(&context, &ids).await?;
            report.note_left_out(&context);
            (accounts, deleted) = (found.items, found.missing);
        }
        Err(StorageError::Retry("accounts were written while they were read".to_owned()).into())
    }

    /// Enters accounts in transactions of few; the cursor goes with the last of them, if none was passed over.
    /// Entering accounts twice changes nothing, so a run that breaks off in between repeats the page.
    async fn enter_accounts(
        &self,
        run: &Run<'_>,
        accounts: Vec<Account>,
        fetched_at: Instant,
        mut cursor: CursorRow,
        passed_over: &mut PassedOver,
        report: &mut PullReport,
    ) -> Result<CursorRow, SyncError> {
        let told = told_of(&accounts, report);
        let remotes = last_of_each(accounts.into_iter().map(Remote::of).collect());
        let mut rest = remotes.as_slice();
        loop {
            let (part, later) = rest.split_at(run.pace.next().min(rest.len()));
            let saved = (later.is_empty() && passed_over.is_empty()).then_some(&cursor);
            let applied = run_again_if_crossed!(self.enter_part(run, part, &told, fetched_at, saved))?;
            cursor.rows_applied += i64::try_from(applied.changed).unwrap_or(i64::MAX);
            passed_over.extend(report.note(applied));
            if later.is_empty() {
                return Ok(cursor);
            }
            rest = later;
        }
    }

    pub(super) async fn enter_part(
        &self,
        run: &Run<'_>,
        part: &[Remote],
        told: &[Told],
        fetched_at: Instant,
        cursor: Option<&CursorRow>,
    ) -> Result<Applied, SyncError> {
        let ruling = self.ruling(run.scope).await?;
        let mut tx = self.begin_fenced_in(Lane::Sweep, &run.lease).await?;
        let begun = self.surroundings.clock.since_boot();
        let mut applied = apply::apply(
            &mut tx,
            &self.surroundings,
            run.scope,
            run.policy,
            part,
            fetched_at,
        )
        .await?;
        let ids: BTreeSet<&str> = part.iter().map(|remote| remote.external_id.as_str()).collect();
        let told: Vec<Told> = told
            .iter()
            .filter(|told| ids.contains(told.external_id.as_str()))
            .cloned()
            .collect();
        let (said, read) = exposure::enter(&mut tx, &self.surroundings, run.scope, &told, fetched_at).await?;
        applied.left_out.extend(said.unreadable);
        let changed = applied.touched_accounts.iter().cloned().chain(read).collect();
        self.look_at_rules(&mut tx, ruling.as_deref(), changed).await?;
        if let Some(cursor) = cursor.filter(|_| applied.passed_over.is_empty()) {
            let mut cursor = cursor.clone();
            cursor.rows_applied += i64::try_from(applied.changed).unwrap_or(i64::MAX);
            sync::put_cursor(&mut tx, &cursor).await?;
        }
        let one_writer = !tx.is_postgres();
        tx.commit().await?;
        match one_writer {
            true => {
                let took = self.surroundings.clock.since_boot().saturating_sub(begun);
                run.pace.took(part.len(), took);
            }
            false => run.pace.unhurried(),
        }
        Ok(applied)
    }

    /// Where the run starts: where the feed stands; a sweep from the start, unless one was cut short.
    async fn begin_run(&self, run: &Run<'_>) -> Result<CursorRow, SyncError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.begin_fenced(&run.lease).await?;
        let mut cursor = self.cursor(&mut tx, run.scope, run.mode.feed()).await?;
        let cut_short = cursor.started_at.is_some() && cursor.finished_at < cursor.started_at;
        if run.mode == PullMode::Sweep && !cut_short {
            cursor.cursor_value = None;
        }
        if !cut_short || run.mode == PullMode::Changes {
            cursor.started_at = Some(now);
        }
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(cursor)
    }

    async fn finish_run(
        &self,
        run: &Run<'_>,
        mut cursor: CursorRow,
        report: &PullReport,
    ) -> Result<(), SyncError> {
        let mut tx = self.begin_fenced(&run.lease).await?;
        let now = self.surroundings.now();
        outage::end(&mut tx, run.scope, run.mode.feed(), now).await?;
        attention::end_explained(&mut tx, run.scope, run.policy).await?;
        cursor.finished_at = Some(micros(now));
        cursor.last_error = report.trouble();
        if run.mode == PullMode::Sweep {
            cursor.cursor_value = None;
        }
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn note_failure(
        &self,
        scope: &SyncScope,
        feed: &str,
        error: &str,
    ) -> Result<(), SyncError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        sync::note_failure(
            &mut tx,
            (&scope.supplier, &scope.connector, &scope.scope, feed),
            now,
            error,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn cursor(
        &self,
        tx: &mut Tx,
        scope: &SyncScope,
        feed: &str,
    ) -> Result<CursorRow, SyncError> {
        let found = sync::cursor(tx, &scope.supplier, &scope.connector, &scope.scope, feed).await?;
        Ok(found.unwrap_or_else(|| CursorRow {
            supplier_id: scope.supplier.clone(),
            connector_id: scope.connector.clone(),
            scope: scope.scope.clone(),
            feed: feed.to_owned(),
            cursor_value: None,
            started_at: None,
            finished_at: None,
            failed_at: None,
            last_error: None,
            rows_applied: 0,
        }))
    }

    /// An operation id: one for each attempt.
    pub(super) fn operation(&self, what: &str) -> String {
        format!("{what}-{}", self.surroundings.new_id())
    }

    /// One gateway at a time reads a connection.
    pub(crate) async fn take_lease(&self, scope: &SyncScope, what: &str) -> Result<Lease, SyncError> {
        let SyncScope {
            supplier,
            connector,
            scope,
        } = scope;
        let name = format!("sync/{supplier}/{connector}/{scope}/{what}");
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let lease = work_lease::acquire(&mut tx, &name, &self.holder, LEASE_MICROS).await?;
        tx.commit().await?;
        lease.ok_or(SyncError::Busy)
    }

    pub(crate) async fn give_lease_back(&self, lease: &Lease) -> Result<(), SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        work_lease::release(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A transaction that extends the lease, and writes nothing if it is lost.
    pub(crate) async fn begin_fenced(&self, lease: &Lease) -> Result<Tx, SyncError> {
        self.begin_fenced_in(Lane::Background, lease).await
    }

    pub(super) async fn begin_fenced_in(&self, lane: Lane, lease: &Lease) -> Result<Tx, SyncError> {
        let mut tx = self.surroundings.db.begin(lane).await?;
        match work_lease::extend(&mut tx, lease, LEASE_MICROS).await? {
            Ok(()) => Ok(tx),
            Err(lost) => {
                tx.rollback().await?;
                Err(lost.into())
            }
        }
    }
}
