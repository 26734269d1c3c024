//! Accounts as read from the ERP, entered here in one transaction: loaded set by set, merged, written.
//! Locks in one order: credit accounts in key order, then customers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use punchgate_connector::context::LeftOut;
use punchgate_domain::Instant;
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    credit_account::{self, CreditAccountRow},
    customer::{self, CustomerRow, contacts, ship_tos},
    history::ChangeRow,
    hold::{self, HoldRow},
    sync::{self, AccountChangeRow, ConflictRow, ShadowRow},
};

use super::{
    HoldValue, Snapshot, SyncPolicy,
    people::PeopleWrites,
    remote::{Origin, Remote},
    request::Request,
};
use crate::{Surroundings, accounts::change::enqueue_push, clock::micros, credit::redecide_accounts};

/// Which accounts of which ERP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncScope {
    /// Whose.
    pub supplier: String,
    /// The connector instance.
    pub connector: String,
    /// Company, sales area or credit segment; chosen once for a connection.
    pub scope: String,
}

/// What came of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    pub changed: usize,
    pub conflicts: usize,
    pub unknown_codes: BTreeSet<String>,
    pub negative_limits: BTreeSet<String>,
    /// What the ERP says they owe, which cannot be entered.
    pub left_out: Vec<LeftOut>,
    /// Credit accounts whose limit, terms or customers changed.
    pub touched_accounts: BTreeSet<String>,
    pub passed_over: PassedOver,
}

/// Accounts that were not entered, since something newer was known of them: they are to be read again. With each
/// the instant of what was known; what is asked for from here on is newer, whatever the clocks say.
pub(crate) type PassedOver = BTreeMap<String, i64>;

/// One application: what it knows, what it has loaded, what it will write.
pub(super) struct Application<'a> {
    pub(super) surroundings: &'a Surroundings,
    pub(super) scope: &'a SyncScope,
    pub(super) policy: &'a SyncPolicy,
    pub(super) now: Instant,
    /// When the ERP was asked for what is entered.
    pub(super) fetched_at: Instant,
    pub(super) customers: HashMap<String, CustomerRow>,
    pub(super) accounts: HashMap<String, CreditAccountRow>,
    pub(super) shadows: HashMap<String, (ShadowRow, Snapshot)>,
    pub(super) wanted: HashMap<String, Vec<Request>>,
    pub(super) holds: HashMap<String, Vec<HoldRow>>,
    pub(super) reserved: HashMap<String, i64>,
    /// Requests (field and revision) to which this is the ERP's answer.
    pub(super) answered: BTreeSet<(String, i64)>,
    pub(super) writes: Writes,
}

/// What will be written.
#[derive(Default)]
pub(super) struct Writes {
    pub(super) new_customers: Vec<String>,
    pub(super) changed_customers: BTreeSet<String>,
    pub(super) people: PeopleWrites,
    pub(super) new_accounts: Vec<String>,
    pub(super) changed_accounts: BTreeSet<String>,
    pub(super) new_holds: Vec<HoldRow>,
    pub(super) changed_holds: Vec<HoldRow>,
    /// Customer, the ERP's id of the hold, state.
    pub(super) push_states: Vec<(String, String, &'static str)>,
    pub(super) history: Vec<ChangeRow>,
    /// Of its lines those, by their ids, which tell only of a hold's other name.
    pub(super) renamed: BTreeSet<String>,
    pub(super) conflicts: Vec<ConflictRow>,
    pub(super) shadows: Vec<ShadowRow>,
    pub(super) forgotten: Vec<AccountChangeRow>,
    /// Requests that go on under another name.
    pub(super) requests: Vec<AccountChangeRow>,
    pub(super) pushes: BTreeSet<String>,
    /// Customers whose holds, or right to trade, changed.
    pub(super) touched_customers: BTreeSet<String>,
    /// Credit accounts whose limit, terms or customers changed.
    pub(super) touched_accounts: BTreeSet<String>,
    /// Hold codes that nobody has explained, with a customer that has such a hold.
    pub(super) unknown_codes: BTreeMap<String, String>,
    pub(super) negative_limits: BTreeSet<String>,
    pub(super) changed: usize,
}

/// Enters accounts that were read at `fetched_at`. What was read or written since then is newer and stays: those
/// accounts are passed over.
pub(crate) async fn apply(
    tx: &mut Tx,
    surroundings: &Surroundings,
    scope: &SyncScope,
    policy: &SyncPolicy,
    remotes: &[Remote],
    fetched_at: Instant,
) -> StorageResult<Applied> {
    let mut application = Application::load(tx, surroundings, scope, policy, remotes).await?;
    application.fetched_at = fetched_at;
    let mut passed_over = PassedOver::new();
    for remote in remotes {
        let known = application.shadows.get(&remote.external_id);
        let is_as_known = |(shadow, base): &(ShadowRow, Snapshot)| {
            shadow.erp_version == remote.version && *base == remote.snapshot
        };
        // What is only remembered was looked up before anything was locked.
        if remote.origin == Origin::Memory && !known.is_some_and(is_as_known) {
            return Err(StorageError::Retry("an account was read meanwhile".to_owned()));
        }
        let seen_at = known.map(|(shadow, _)| shadow.seen_at);
        match seen_at.filter(|seen_at| *seen_at > micros(fetched_at)) {
            Some(seen_at) => {
                passed_over.insert(remote.external_id.clone(), seen_at);
            }
            None => application.enter(remote),
        }
    }
    let applied = application.write(tx).await?;
    Ok(Applied {
        passed_over,
        ..applied
    })
}

/// What the ERP has answered to.
pub(super) struct Answered {
    /// The requests, by field and revision.
    pub(super) requests: BTreeSet<(String, i64)>,
    /// What was known when they were written.
    pub(super) rests_on: ShadowRow,
    /// When they were sent.
    pub(super) sent_at: Instant,
}

/// Enters the ERP's answer to a write: the requests are settled as the ERP holds them now. None, and nothing is
/// entered, if the account was read again since the write rested on what was known: the newer reading stands.
pub(super) async fn apply_answer(
    tx: &mut Tx,
    surroundings: &Surroundings,
    scope: &SyncScope,
    policy: &SyncPolicy,
    remote: &Remote,
    answered: Answered,
) -> StorageResult<Option<Applied>> {
    let remotes = std::slice::from_ref(remote);
    let mut application = Application::load(tx, surroundings, scope, policy, remotes).await?;
    let content = |row: &ShadowRow| (row.erp_version.clone(), row.fields.clone());
    let known = application.shadows.get(&remote.external_id);
    if known.map(|(row, _)| content(row)) != Some(content(&answered.rests_on)) {
        return Ok(None);
    }
    application.answered = answered.requests;
    application.fetched_at = answered.sent_at;
    application.enter(remote);
    application.write(tx).await.map(Some)
}

/// Takes a hold as the ERP had it when it was last read, although a person here has decided otherwise: the base is
/// made to differ, so that the merge takes the ERP's value once more. `local` is what stands here where the ERP has
/// none.
pub(super) async fn take_hold_again(
    tx: &mut Tx,
    surroundings: &Surroundings,
    scope: &SyncScope,
    policy: &SyncPolicy,
    external_id: &str,
    (hold, local): (&str, Option<HoldValue>),
) -> StorageResult<()> {
    let mut known = load_shadows(tx, scope, &[external_id.to_owned()]).await?;
    let Some((shadow, there)) = known.remove(external_id) else {
        return Ok(());
    };
    let remote = Remote::last_read(external_id.to_owned(), there, shadow.erp_version);
    let remotes = std::slice::from_ref(&remote);
    let mut application = Application::load(tx, surroundings, scope, policy, remotes).await?;
    if let Some((_, base)) = application.shadows.get_mut(external_id) {
        match (base.holds.remove(hold), local) {
            (None, Some(local)) => {
                base.holds.insert(hold.to_owned(), local);
            }
            (None, None) => return Ok(()),
            (Some(_), _) => {}
        }
    }
    application.enter(&remote);
    application.write(tx).await?;
    Ok(())
}

impl<'a> Application<'a> {
    async fn load(
        tx: &mut Tx,
        surroundings: &'a Surroundings,
        scope: &'a SyncScope,
        policy: &'a SyncPolicy,
        remotes: &[Remote],
    ) -> StorageResult<Self> {
        let SyncScope {
            supplier,
            connector,
            scope: area,
        } = scope;
        let ids: BTreeSet<String> = remotes.iter().map(|remote| remote.external_id.clone()).collect();
        let shadows = load_shadows(tx, scope, &ids.iter().cloned().collect::<Vec<_>>()).await?;
        let mut related = ids.clone();
        let snapshots = remotes.iter().map(|remote| &remote.snapshot);
        for snapshot in snapshots.chain(shadows.values().map(|(_, snapshot)| snapshot)) {
            related.extend(snapshot.payer.iter().chain(&snapshot.head_office).cloned());
        }
        let (ids, related): (Vec<String>, Vec<String>) =
            (ids.into_iter().collect(), related.into_iter().collect());
        let accounts = lock_accounts(tx, scope, &ids, &related).await?;
        let customers = customer::lock_by_external(tx, supplier, connector, area, &related).await?;
        // On SQLite there is one writer. Elsewhere another may have read the accounts while this one waited; whoever enters
        // new ones at the same time has the same keys, and one of the two runs again.
        let are_known = !(shadows.is_empty() && customers.is_empty());
        if tx.is_postgres() && are_known && load_shadows(tx, scope, &ids).await? != shadows {
            return Err(StorageError::Retry("the accounts were read meanwhile".to_owned()));
        }
        let customer_ids: Vec<String> = customers.iter().map(|row| row.customer_id.clone()).collect();
        let mut holds: HashMap<String, Vec<HoldRow>> = HashMap::new();
        for row in hold::standing_of(tx, supplier, &customer_ids).await? {
            holds.entry(row.customer_id.clone()).or_default().push(row);
        }
        let mut wanted: HashMap<String, Vec<Request>> = HashMap::new();
        // Of what nobody knows nobody has asked for anything.
        let known = customers.iter().map(|row| &row.external_id);
        let known: Vec<String> = known.filter(|id| ids.contains(*id)).cloned().collect();
        for row in sync::changes(tx, supplier, connector, area, &known).await? {
            if row.state == "pending" {
                let of = wanted.entry(row.external_id.clone()).or_default();
                of.push(Request::read(row)?);
            }
        }
        let account_ids: Vec<String> = accounts.iter().map(|row| row.credit_account_id.clone()).collect();
        let reserved = credit_account::reserved(tx, supplier, &account_ids).await?;
        let now = surroundings.now();
        Ok(Self {
            surroundings,
            scope,
            policy,
            now,
            fetched_at: now,
            customers: customers
                .into_iter()
                .map(|row| (row.external_id.clone(), row))
                .collect(),
            accounts: accounts
                .into_iter()
                .map(|row| (row.external_id.clone(), row))
                .collect(),
            shadows,
            wanted,
            holds,
            reserved: reserved.into_iter().collect(),
            answered: BTreeSet::new(),
            writes: Writes::default(),
        })
    }

    async fn write(mut self, tx: &mut Tx) -> StorageResult<Applied> {
        let writes = std::mem::take(&mut self.writes);
        self.write_rows(tx, &writes).await?;
        self.write_requests(tx, &writes).await?;
        crate::events::record_but(tx, &writes.history, &writes.renamed).await?;
        crate::events::record_conflicts(tx, &writes.conflicts).await?;
        self.note_unknown_codes(tx, &writes.unknown_codes).await?;
        sync::put_shadows(tx, &writes.shadows).await?;
        self.second_look(tx, &writes).await?;
        Ok(Applied {
            changed: writes.changed,
            conflicts: writes.conflicts.len(),
            unknown_codes: writes.unknown_codes.into_keys().collect(),
            negative_limits: writes.negative_limits,
            left_out: Vec::new(),
            touched_accounts: writes.touched_accounts,
            passed_over: PassedOver::new(),
        })
    }

    async fn write_rows(&self, tx: &mut Tx, writes: &Writes) -> StorageResult<()> {
        let accounts: Vec<_> = writes
            .new_accounts
            .iter()
            .filter_map(|id| self.accounts.get(id))
            .cloned()
            .collect();
        credit_account::insert_many(tx, &accounts).await?;
        let customers: Vec<_> = writes
            .new_customers
            .iter()
            .filter_map(|id| self.customers.get(id))
            .cloned()
            .collect();
        customer::insert_many(tx, &customers).await?;
        let changed = writes
            .changed_accounts
            .iter()
            .filter(|id| !writes.new_accounts.contains(id));
        for row in changed.filter_map(|id| self.accounts.get(id)) {
            must_be_ours(credit_account::update(tx, row).await?)?;
        }
        let changed = writes
            .changed_customers
            .iter()
            .filter(|id| !writes.new_customers.contains(id));
        for row in changed.filter_map(|id| self.customers.get(id)) {
            must_be_ours(customer::update(tx, row).await?)?;
        }
        self.write_people(tx, &writes.people).await?;
        hold::insert_many(tx, &writes.new_holds).await?;
        for row in &writes.changed_holds {
            must_be_ours(hold::update(tx, row).await?)?;
        }
        Ok(())
    }

    async fn write_people(&self, tx: &mut Tx, writes: &PeopleWrites) -> StorageResult<()> {
        let supplier = &self.scope.supplier;
        contacts::put_many(tx, &writes.contacts).await?;
        ship_tos::put_many(tx, &writes.ship_tos).await?;
        for (customer, ids) in &writes.gone_contacts {
            contacts::remove(tx, supplier, customer, ids).await?;
        }
        for (customer, ids) in &writes.gone_ship_tos {
            ship_tos::remove(tx, supplier, customer, ids).await?;
        }
        Ok(())
    }

    async fn write_requests(&self, tx: &mut Tx, writes: &Writes) -> StorageResult<()> {
        let SyncScope {
            supplier,
            connector,
            scope,
        } = self.scope;
        for (customer, hold_id, state) in &writes.push_states {
            hold::set_push_state(tx, supplier, customer, hold_id, state).await?;
        }
        for change in &writes.forgotten {
            sync::forget_change(tx, change).await?;
        }
        for change in &writes.requests {
            sync::request_change(tx, change).await?;
        }
        for external_id in &writes.pushes {
            enqueue_push(tx, supplier, connector, scope, external_id, self.now).await?;
        }
        Ok(())
    }

    /// Customers and credit accounts that are entered now, and that nobody has named before as payer or head: no order waits
    /// for them. Whoever is counted on one of them from now on waits, if at all, on the account on which it was.
    fn new_ids(&self, writes: &Writes) -> BTreeSet<&str> {
        let is_known = |id: &String| self.customers.contains_key(id) && !writes.new_customers.contains(id);
        let new = writes.new_accounts.iter().filter(|id| !is_known(id));
        new.filter_map(|id| self.accounts.get(id))
            .map(|row| row.credit_account_id.as_str())
            .collect()
    }

    async fn second_look(&self, tx: &mut Tx, writes: &Writes) -> StorageResult<()> {
        let supplier = &self.scope.supplier;
        let new = self.new_ids(writes);
        let is_known = |id: &&String| !new.contains(id.as_str());
        let customers: Vec<String> = writes
            .touched_customers
            .iter()
            .filter(is_known)
            .cloned()
            .collect();
        let mut accounts: BTreeSet<String> =
            writes.touched_accounts.iter().filter(is_known).cloned().collect();
        accounts.extend(customer::accounts_touched_by(tx, supplier, &customers).await?);
        accounts.extend(credit_account::of_waiting_orders_shipped_to(tx, supplier, &customers).await?);
        let accounts: Vec<String> = accounts.into_iter().collect();
        redecide_accounts(tx, supplier, &accounts, self.now).await
    }
}

/// Locks the credit accounts that the page may touch: of the accounts themselves, of payers and heads, and
/// those on which they are counted now.
async fn lock_accounts(
    tx: &mut Tx,
    scope: &SyncScope,
    ids: &[String],
    related: &[String],
) -> StorageResult<Vec<CreditAccountRow>> {
    let SyncScope {
        supplier,
        connector,
        scope: area,
    } = scope;
    let known = credit_account::by_external(tx, supplier, connector, area, related).await?;
    let mut keys: BTreeSet<String> = known.into_iter().map(|row| row.credit_account_id).collect();
    let customers = customer::by_external(tx, supplier, connector, ids).await?;
    let customers: Vec<String> = customers
        .into_iter()
        .filter(|row| row.scope == *area)
        .map(|row| row.customer_id)
        .collect();
    keys.extend(customer::accounts_touched_by(tx, supplier, &customers).await?);
    credit_account::lock_many(tx, supplier, &keys.into_iter().collect::<Vec<_>>()).await
}

pub(super) async fn load_shadows(
    tx: &mut Tx,
    scope: &SyncScope,
    ids: &[String],
) -> StorageResult<HashMap<String, (ShadowRow, Snapshot)>> {
    let rows = sync::shadows(tx, &scope.supplier, &scope.connector, &scope.scope, ids).await?;
    rows.into_iter()
        .map(|row| {
            let snapshot = serde_json::from_str(&row.fields)
                .map_err(|error| StorageError::corrupt("account_shadow.fields", error))?;
            Ok((row.external_id.clone(), (row, snapshot)))
        })
        .collect()
}

/// The rows are locked: on SQLite by the one writer, on PostgreSQL row by row. A version that has moved all the
/// same means that the transaction must run again.
fn must_be_ours(written: bool) -> StorageResult<()> {
    if written {
        Ok(())
    } else {
        Err(StorageError::Retry(
            "a row was changed by another transaction".to_owned(),
        ))
    }
}
