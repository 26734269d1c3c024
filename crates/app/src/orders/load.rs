//! The first phase: everything that a batch of one supplier is decided by, loaded set by set, locks taken in
//! key order (credit accounts, then orders).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
};

use punchgate_domain::{
    Instant,
    credit::{OwnShare, StandingLedger},
    ids::{CreditAccountId, CustomerId, SupplierId},
    money::{Currency, Money},
    policy::KnownOrderPolicy,
    purchase_order::{OrderOperation, PurchaseOrder},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx, credit_account,
    customer::{self, CustomerRow},
    order::{self, OrderRow},
    order_funds,
    request_key::{self, RequestKeyRow},
};

use super::{
    Received,
    carts::OrderCarts,
    decide::{Orders, REQUEST_KIND, mode_of},
    review::{self, Party},
    working::Working,
};
use crate::{
    credit::{self, Receivers, Standings, Wording},
    directory::{MappingKind, Relationship},
    punchout::snapshot::{self, KnownCarts},
};

/// What an order is known by: relationship, mode, buyer's system, buyer's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    relationship: String,
    mode: String,
    buyer_system: String,
    number: String,
}

/// What a request is known by: relationship, mode, payloadID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct KeyOf {
    relationship: String,
    mode: String,
    payload_id: String,
}

/// What was loaded.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub keys: HashMap<KeyOf, RequestKeyRow>,
    pub orders: Orders,
    pub ledger: StandingLedger,
    customers: Known,
    carts: KnownCarts,
    /// Secured so far, of the orders that may change.
    secured: HashMap<String, Money>,
}

/// The customers of a batch or an order, and where they stand.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Who orders.
    by_external: HashMap<(String, String), CustomerRow>,
    receivers: Receivers,
    pub standings: Standings,
    /// When that was loaded.
    now: Option<Instant>,
    /// The lines of the accounts, which are locked.
    pub lines: Lines,
}

/// What a change of an order is decided on.
pub(super) struct KnownOfChange {
    pub customers: Known,
    /// Charged or authorised by a person so far.
    pub secured: Option<Money>,
}

/// Loads that. Locks the account; the order is locked after it, as everybody does.
pub(super) async fn known_of_change(
    tx: &mut Tx,
    row: &OrderRow,
    (relationship, after): (&Relationship, &PurchaseOrder),
    now: Instant,
) -> StorageResult<KnownOfChange> {
    let (supplier, ids) = (&row.supplier_id, [row.order_id.clone()]);
    let so_far = row.credit_account_id.clone().map(CreditAccountId::new);
    let so_far: Vec<CreditAccountId> = so_far.into_iter().collect();
    let mut customers = known(tx, supplier, &[(relationship, after)], &so_far, now).await?;
    let owner = SupplierId::new(supplier.clone());
    credit::add_overrides_of_orders(tx, &owner, &mut customers.standings, &ids).await?;
    let secured = secured(tx, supplier, &ids).await?;
    Ok(KnownOfChange {
        customers,
        secured: secured.get(&row.order_id).copied(),
    })
}

/// The next place in the line of each locked account.
#[derive(Debug, Default)]
pub(super) struct Lines {
    next: BTreeMap<CreditAccountId, i64>,
    grown: BTreeSet<CreditAccountId>,
}

impl Lines {
    /// The next place in an account's line.
    pub(super) fn take(&mut self, account: &CreditAccountId) -> i64 {
        let Some(next) = self.next.get_mut(account) else {
            return 0;
        };
        self.grown.insert(account.clone());
        let arrival = (*next).max(1);
        *next = arrival + 1;
        arrival
    }

    /// Accounts whose line has grown, with the next place in each.
    pub(super) fn grown(&self) -> Vec<(String, i64)> {
        let grown = self.grown.iter();
        grown
            .filter_map(|id| Some((id.to_string(), *self.next.get(id)?)))
            .collect()
    }

    /// An order that takes up credit of an account which is not locked has moved there meanwhile.
    fn have_locked(&self, row: &order::OrderRow) -> StorageResult<()> {
        let account = row.credit_account_id.clone().map(CreditAccountId::new);
        if account.is_none_or(|account| self.next.contains_key(&account)) {
            return Ok(());
        }
        Err(StorageError::Retry(format!(
            "order {} moved to another credit account meanwhile",
            row.order_id
        )))
    }
}

impl Identity {
    pub(super) fn of(received: &Received) -> Self {
        Self {
            relationship: received.relationship.id.to_string(),
            mode: mode_of(received).to_owned(),
            buyer_system: received.buyer_system.clone(),
            number: received.order.order_number.clone(),
        }
    }

    fn of_row(row: &order::OrderRow) -> Self {
        Self {
            relationship: row.relationship_id.clone(),
            mode: row.mode.clone(),
            buyer_system: row.buyer_system.clone(),
            number: row.order_number.clone(),
        }
    }
}

impl KeyOf {
    pub(super) fn of(received: &Received) -> Self {
        Self {
            relationship: received.relationship.id.to_string(),
            mode: mode_of(received).to_owned(),
            payload_id: received.payload_id.clone(),
        }
    }
}

/// Loads what a batch of one supplier is decided by.
pub(super) async fn load(
    tx: &mut Tx,
    supplier: &str,
    batch: &[&Received],
    now: Instant,
) -> StorageResult<Loaded> {
    let asked: Vec<(&Relationship, &PurchaseOrder)> = batch
        .iter()
        .map(|received| (&*received.relationship, &received.order))
        .collect();
    let changed: HashSet<Identity> = batch
        .iter()
        .filter(|received| may_change_known(received))
        .map(|received| Identity::of(received))
        .collect();
    let accounts = accounts_of(tx, supplier, &changed).await?;
    let customers = known(tx, supplier, &asked, &accounts, now).await?;
    let mut loaded = Loaded {
        customers,
        ..Loaded::default()
    };
    let payloads = distinct(batch.iter().map(|received| &received.payload_id));
    for row in request_key::of_payloads(tx, supplier, REQUEST_KIND, &payloads).await? {
        let key = KeyOf {
            relationship: row.relationship_id.clone(),
            mode: row.mode.clone(),
            payload_id: row.payload_id.clone(),
        };
        loaded.keys.insert(key, row);
    }
    let numbers = distinct(batch.iter().map(|received| &received.order.order_number));
    let rows = order::of_numbers(tx, supplier, &numbers).await?;
    let mut changing = Vec::new();
    for row in rows.iter().filter(|row| changed.contains(&Identity::of_row(row))) {
        loaded.customers.lines.have_locked(row)?;
        changing.push(row.order_id.clone());
    }
    loaded.secured = secured(tx, supplier, &changing).await?;
    let standings = &mut loaded.customers.standings;
    credit::add_overrides_of_orders(tx, &SupplierId::from(supplier), standings, &changing).await?;
    loaded.ledger = standings.ledger();
    for working in with_numbers(tx, supplier, rows).await? {
        loaded.orders.insert(Identity::of_row(&working.row), working);
    }
    loaded.carts = snapshot::of_orders(tx, supplier, &asked).await?;
    Ok(loaded)
}

/// Whether the document may change what a known order takes up.
fn may_change_known(received: &Received) -> bool {
    received.order.operation != OrderOperation::New
        || received.relationship.policies.known_order == KnownOrderPolicy::Change
}

/// The credit accounts on which these orders, if they are known, take up credit so far.
async fn accounts_of(
    tx: &mut Tx,
    supplier: &str,
    orders: &HashSet<Identity>,
) -> StorageResult<Vec<CreditAccountId>> {
    let numbers = distinct(orders.iter().map(|identity| &identity.number));
    let known = credit_account::taken_by_numbers(tx, supplier, &numbers).await?;
    let accounts = known
        .into_iter()
        .filter_map(|(relationship, mode, buyer_system, number, account)| {
            let identity = Identity {
                relationship,
                mode,
                buyer_system,
                number,
            };
            orders.contains(&identity).then(|| CreditAccountId::new(account))
        });
    Ok(accounts.collect())
}

/// Loads the customers that orders name and where they stand; locks their credit accounts, and those on which the
/// orders were counted so far, in key order.
pub(super) async fn known(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    so_far: &[CreditAccountId],
    now: Instant,
) -> StorageResult<Known> {
    load_known(tx, supplier, asked, Some(so_far), now).await
}

/// The same to look only: nothing is locked, so nothing may be decided on it.
pub(super) async fn known_unlocked(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    now: Instant,
) -> StorageResult<Known> {
    load_known(tx, supplier, asked, None, now).await
}

async fn load_known(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    locked: Option<&[CreditAccountId]>,
    now: Instant,
) -> StorageResult<Known> {
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (relationship, order) in asked {
        if let Some(connector) = &relationship.erp {
            let ids = wanted.entry(connector.as_str()).or_default();
            ids.extend(sold_to(relationship, order).map(str::to_owned));
        }
    }
    let mut known = Known::default();
    for (connector, ids) in wanted {
        let ids: Vec<String> = ids.into_iter().collect();
        for row in customer::by_external(tx, supplier, connector, &ids).await? {
            let key = (connector.to_owned(), row.external_id.clone());
            // As at checkout: of several scopes the first.
            known.by_external.entry(key).or_insert(row);
        }
    }
    let supplier = SupplierId::from(supplier);
    let places: Vec<(&CustomerRow, String)> = asked
        .iter()
        .filter_map(|(relationship, order)| Some((known.sold_to(relationship, order)?, relationship, order)))
        .flat_map(|(sold_to, relationship, order)| {
            ship_tos(relationship, order).map(move |place| (sold_to, place.to_owned()))
        })
        .collect();
    known.receivers = Receivers::load(tx, &supplier, &places).await?;
    let rows = || known.by_external.values().chain(known.receivers.rows());
    if let Some(so_far) = locked {
        let mut accounts: Vec<CreditAccountId> = rows()
            .map(|row| CreditAccountId::new(row.credit_account_id.clone()))
            .collect();
        accounts.extend_from_slice(so_far);
        for row in credit::lock_accounts(tx, &supplier, &accounts).await? {
            let account = CreditAccountId::new(row.credit_account_id);
            known.lines.next.insert(account, row.next_arrival);
        }
    }
    let customers: Vec<CustomerId> = rows().map(credit::customer_of).collect();
    known.standings = credit::standings(tx, &supplier, &customers, now).await?;
    known.now = Some(now);
    Ok(known)
}

/// What a person has charged or had authorised for these orders.
pub(super) async fn secured(
    tx: &mut Tx,
    supplier: &str,
    orders: &[String],
) -> StorageResult<HashMap<String, Money>> {
    let rows = order_funds::newest(tx, supplier, orders).await?;
    let read = |row: order_funds::FundsRow| {
        let currency = Currency::parse(&row.currency)
            .map_err(|error| StorageError::corrupt("order_funds.currency", error))?;
        Ok((row.order_id, Money::from_minor(row.amount_minor, currency)))
    };
    rows.into_iter().map(read).collect()
}

/// Stored rows with the numbers that their history and versions go on from.
pub(super) async fn with_numbers(
    tx: &mut Tx,
    supplier: &str,
    rows: Vec<order::OrderRow>,
) -> StorageResult<Vec<Working>> {
    let ids: Vec<String> = rows.iter().map(|row| row.order_id.clone()).collect();
    let numbers = order::last_numbers(tx, supplier, &ids).await?;
    let numbers: HashMap<String, (i64, i64)> = numbers
        .into_iter()
        .map(|(id, event, version)| (id, (event, version)))
        .collect();
    let working = rows.into_iter().map(|row| {
        let (event, version) = numbers.get(&row.order_id).copied().unwrap_or((0, row.version));
        Working::stored(row, event, version)
    });
    Ok(working.collect())
}

impl Known {
    /// Who orders, if that is known.
    fn sold_to(&self, relationship: &Relationship, order: &PurchaseOrder) -> Option<&CustomerRow> {
        let (connector, external) = (relationship.erp.as_ref()?, sold_to(relationship, order)?);
        self.by_external
            .get(&(connector.to_string(), external.to_owned()))
    }

    /// The parties of an order, or what nobody knows.
    pub(super) fn party_of(
        &self,
        relationship: &Relationship,
        order: &PurchaseOrder,
    ) -> Result<Party, String> {
        let Some(connector) = &relationship.erp else {
            return Err(format!(
                "relationship {} names no ERP that knows its customers",
                relationship.path_text()
            ));
        };
        let Some(external) = sold_to(relationship, order) else {
            let address = customer_address(order).unwrap_or_else(|| "none".to_owned());
            return Err(format!(
                "no customer is mapped for address '{address}', and the relationship names none: map it"
            ));
        };
        let Some(customer) = self.sold_to(relationship, order) else {
            return Err(format!("customer '{external}' is not known from {connector} yet"));
        };
        let sold_to = credit::customer_of(customer);
        let mut seen = HashSet::new();
        let ship_tos: Vec<CustomerId> = ship_tos(relationship, order)
            .flat_map(|place| self.receivers.at(customer, place).customers)
            .filter(|receiver| seen.insert(receiver.clone()))
            .collect();
        let parties = self
            .standings
            .parties(&sold_to, &ship_tos)
            .ok_or_else(|| format!("customer '{external}' was not loaded"))?;
        // What the buyer may be told of a decline is said now; words for the supplier's people are found when one reads.
        let wording = Wording::of(&relationship.supplier);
        let holds = match self.now {
            Some(now) => self.standings.holds_for_shopper(&parties, &wording, now),
            None => self.standings.holds(&parties),
        };
        Ok(Party {
            holds,
            terms: self.standings.agreed_terms(&parties),
            agreed_days: self.standings.agreed_days(&parties),
            account: CreditAccountId::new(customer.credit_account_id.clone()),
            counted: self.standings.counted(&parties),
            parties,
        })
    }
}

impl Loaded {
    pub(super) fn party_of(&self, received: &Received) -> Result<Party, String> {
        self.customers.party_of(&received.relationship, &received.order)
    }

    pub(super) fn carts_of(&self, received: &Received) -> OrderCarts {
        OrderCarts::of(&self.carts, &received.relationship, &received.order)
    }

    pub(super) fn secured_for(&self, order: &Working) -> Option<Money> {
        self.secured.get(&order.row.order_id).copied()
    }

    /// Enters who orders; what the order takes up on their account already.
    pub(super) fn enter_party(&mut self, order: &mut Working, party: Option<&Party>) -> Option<OwnShare> {
        review::enter_party(order, party, &mut self.customers.lines, &mut self.ledger)
    }

    /// The accounts' lines, as far as the batch has made them longer.
    pub(super) fn lines(&self) -> &Lines {
        &self.customers.lines
    }
}

/// The address by which the customer is mapped, as it stands in a mapping: where the order goes, else who is billed; by its
/// id, else written out.
pub(super) fn customer_address(order: &PurchaseOrder) -> Option<String> {
    let addresses = [order.ship_to.as_ref(), order.bill_to.as_ref()];
    let texts = addresses.into_iter().flatten().map(|address| {
        let by_id = address.address_id.clone();
        by_id.unwrap_or_else(|| address.line())
    });
    texts.into_iter().find(|text| !text.trim().is_empty())
}

/// The customer as the ERP calls it: mapped by address, else the relationship's own.
fn sold_to<'a>(relationship: &'a Relationship, order: &'a PurchaseOrder) -> Option<&'a str> {
    let addresses = [order.ship_to.as_ref(), order.bill_to.as_ref()];
    addresses
        .into_iter()
        .flatten()
        .find_map(|address| relationship.mappings.of_address(MappingKind::Customer, address))
        .or(relationship.customer_external_id.as_deref())
}

/// Where it goes, as the ERP calls it, each once: the whole order, and lines that go elsewhere.
fn ship_tos<'a>(relationship: &'a Relationship, order: &'a PurchaseOrder) -> impl Iterator<Item = &'a str> {
    let of_lines = order.lines.iter().map(|line| &line.ship_to);
    let mut seen = HashSet::new();
    iter::once(&order.ship_to)
        .chain(of_lines)
        .flatten()
        .filter_map(|address| relationship.mappings.of_address(MappingKind::ShipTo, address))
        .filter(move |external| seen.insert(*external))
}

fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    texts
        .filter(|text| !text.is_empty())
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
