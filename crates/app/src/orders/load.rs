//! The first phase: everything that a batch of one supplier is decided by, loaded set by set, locks taken in
//! key order (credit accounts, then orders).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use punchgate_domain::{
    Instant,
    credit::StandingLedger,
    ids::{CreditAccountId, CustomerId, SupplierId},
    purchase_order::PurchaseOrder,
};
use punchgate_storage::{
    StorageResult, Tx,
    customer::{self, CustomerRow},
    order,
    request_key::{self, RequestKeyRow},
};

use super::{
    Received,
    decide::{Orders, REQUEST_KIND, mode_of},
    review::Party,
    working::Working,
};
use crate::{
    credit::{self, Standings},
    directory::{MappingKind, Relationship},
    punchout::snapshot::{self, LineKey, SnapshotCart},
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
    next_arrivals: BTreeMap<CreditAccountId, i64>,
    arrivals_taken: BTreeSet<CreditAccountId>,
    carts: HashMap<LineKey, SnapshotCart>,
}

/// The customers of a batch or an order, and where they stand.
#[derive(Debug, Default)]
pub(super) struct Known {
    by_external: HashMap<(String, String), CustomerRow>,
    pub standings: Standings,
    /// The next place in the line of each account, which is locked.
    pub next_arrivals: BTreeMap<CreditAccountId, i64>,
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
    let customers = known(tx, supplier, &asked, now).await?;
    let mut loaded = Loaded {
        ledger: customers.standings.ledger(),
        next_arrivals: customers.next_arrivals.clone(),
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
    for working in with_numbers(tx, supplier, rows).await? {
        loaded.orders.insert(Identity::of_row(&working.row), working);
    }
    loaded.carts = snapshot::of_orders(tx, supplier, &asked).await?;
    Ok(loaded)
}

/// Loads the customers that orders name and where they stand; locks their credit accounts in key order.
pub(super) async fn known(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    now: Instant,
) -> StorageResult<Known> {
    load_known(tx, supplier, asked, now, true).await
}

/// The same to look only: nothing is locked, so nothing may be decided on it.
pub(super) async fn known_unlocked(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    now: Instant,
) -> StorageResult<Known> {
    load_known(tx, supplier, asked, now, false).await
}

async fn load_known(
    tx: &mut Tx,
    supplier: &str,
    asked: &[(&Relationship, &PurchaseOrder)],
    now: Instant,
    locked: bool,
) -> StorageResult<Known> {
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (relationship, order) in asked {
        if let Some(connector) = &relationship.erp {
            let ids = wanted.entry(connector.as_str()).or_default();
            ids.extend(sold_to(relationship, order).map(str::to_owned));
            ids.extend(ship_to(relationship, order).map(str::to_owned));
        }
    }
    let mut known = Known::default();
    for (connector, ids) in wanted {
        let ids: Vec<String> = ids.into_iter().collect();
        for row in customer::by_external(tx, supplier, connector, &ids).await? {
            known
                .by_external
                .insert((connector.to_owned(), row.external_id.clone()), row);
        }
    }
    let supplier = SupplierId::from(supplier);
    let accounts: Vec<CreditAccountId> = known
        .by_external
        .values()
        .map(|row| CreditAccountId::new(row.credit_account_id.clone()))
        .collect();
    if locked {
        for row in credit::lock_accounts(tx, &supplier, &accounts).await? {
            known
                .next_arrivals
                .insert(CreditAccountId::new(row.credit_account_id), row.next_arrival);
        }
    }
    let customers: Vec<CustomerId> = known
        .by_external
        .values()
        .map(|row| CustomerId::new(row.customer_id.clone()))
        .collect();
    known.standings = credit::standings(tx, &supplier, &customers, now).await?;
    Ok(known)
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
            let address = order
                .ship_to
                .as_ref()
                .and_then(|to| to.address_id.as_deref())
                .unwrap_or("none");
            return Err(format!(
                "no customer is mapped for address id '{address}', and the relationship names none: map it"
            ));
        };
        let find = |external: &str| {
            self.by_external
                .get(&(connector.to_string(), external.to_owned()))
        };
        let Some(customer) = find(external) else {
            return Err(format!("customer '{external}' is not known from {connector} yet"));
        };
        let sold_to = CustomerId::new(customer.customer_id.clone());
        let ship_to = ship_to(relationship, order)
            .and_then(find)
            .map(|row| CustomerId::new(row.customer_id.clone()));
        let parties = self
            .standings
            .parties(&sold_to, ship_to.as_ref())
            .ok_or_else(|| format!("customer '{external}' was not loaded"))?;
        Ok(Party {
            holds: self.standings.holds(&parties),
            account: CreditAccountId::new(customer.credit_account_id.clone()),
            parties,
        })
    }
}

impl Loaded {
    pub(super) fn party_of(&self, received: &Received) -> Result<Party, String> {
        self.customers.party_of(&received.relationship, &received.order)
    }

    pub(super) fn cart_of(&self, received: &Received) -> Option<SnapshotCart> {
        cart_of(&self.carts, &received.relationship, &received.order)
    }

    /// The next place in an account's line.
    pub(super) fn take_arrival(&mut self, account: &CreditAccountId) -> i64 {
        let Some(next) = self.next_arrivals.get_mut(account) else {
            return 0;
        };
        self.arrivals_taken.insert(account.clone());
        let arrival = (*next).max(1);
        *next = arrival + 1;
        arrival
    }

    /// Accounts whose line has grown, with the next place in each.
    pub(super) fn arrivals(&self) -> Vec<(String, i64)> {
        let taken = self.arrivals_taken.iter();
        taken
            .filter_map(|id| Some((id.to_string(), *self.next_arrivals.get(id)?)))
            .collect()
    }
}

/// The cart that an order came from, if its lines carry our keys.
pub(super) fn cart_of(
    carts: &HashMap<LineKey, SnapshotCart>,
    relationship: &Relationship,
    order: &PurchaseOrder,
) -> Option<SnapshotCart> {
    order.lines.iter().find_map(|line| {
        let key = (
            relationship.id.to_string(),
            line.auxiliary_id.clone()?,
            line.part_id.clone(),
        );
        carts.get(&key).cloned()
    })
}

/// Writes the parties into the order's row.
pub(super) fn enter_party(order: &mut Working, party: &Party) {
    order.row.customer_id = Some(party.parties.sold_to.to_string());
    order.row.ship_to_customer_id = party.parties.ship_to.as_ref().map(ToString::to_string);
    order.row.credit_account_id = Some(party.account.to_string());
}

/// The customer as the ERP calls it: mapped by address, else the relationship's own.
fn sold_to<'a>(relationship: &'a Relationship, order: &'a PurchaseOrder) -> Option<&'a str> {
    let addresses = [order.ship_to.as_ref(), order.bill_to.as_ref()];
    addresses
        .into_iter()
        .flatten()
        .filter_map(|address| address.address_id.as_deref())
        .find_map(|id| relationship.mappings.target(MappingKind::Customer, id))
        .or(relationship.customer_external_id.as_deref())
}

fn ship_to<'a>(relationship: &'a Relationship, order: &'a PurchaseOrder) -> Option<&'a str> {
    let id = order.ship_to.as_ref()?.address_id.as_deref()?;
    relationship.mappings.target(MappingKind::ShipTo, id)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    texts
        .filter(|text| !text.is_empty())
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
