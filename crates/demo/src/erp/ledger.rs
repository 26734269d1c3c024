//! The ERP's books: accounts, orders, issued documents, and every change to them.
//!
//! A change is a set of whole records: written to the journal first, then taken into memory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    account::{Account, Edit, Permission, TERMS},
    document::{self, Heading, Issued},
    journal::{Journal, Record},
    order::{Order, OrderState},
    seed,
};
use crate::{
    DemoError,
    products::Catalogue,
    purchase::{Amount, OrderLine, OrderRequest, Payment, rejected},
};

const FIRST_ORDER: u64 = 20_401;
const FIRST_DOCUMENT: u64 = 3_001;

/// The books.
#[derive(Debug)]
pub(super) struct Ledger {
    accounts: BTreeMap<String, Account>,
    orders: BTreeMap<u64, Order>,
    documents: Vec<Issued>,
    catalogue: Catalogue,
    pub(super) acknowledges: bool,
    journal: Option<Journal>,
}

/// Why the books refuse.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("There is no {0}.")]
    Unknown(String),
    #[error("{0}")]
    State(String),
    #[error(transparent)]
    Journal(#[from] DemoError),
}

/// What a clerk may do to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Acknowledge,
    Release,
    Ship,
    Invoice,
    Cancel,
}

/// What became of a change.
pub(super) enum Change {
    Changed(Order),
    Refused {
        order: Order,
        code: &'static str,
        message: String,
    },
}

impl Ledger {
    pub(super) fn seeded(now: Timestamp, acknowledges: bool) -> Result<Self, DemoError> {
        let mut ledger = Self {
            accounts: BTreeMap::new(),
            orders: BTreeMap::new(),
            documents: Vec::new(),
            catalogue: Catalogue::embedded()?,
            acknowledges,
            journal: None,
        };
        for record in seed::records(now) {
            ledger.take(record);
        }
        Ok(ledger)
    }

    /// Keeps every change in the journal from now on; what it holds replaces the seeds.
    pub(super) fn keep_in(&mut self, mut journal: Journal) -> Result<(), DemoError> {
        let records = journal.read()?;
        if records.is_empty() {
            let mut seeds: Vec<Record> = self.accounts.values().cloned().map(Record::Account).collect();
            seeds.extend(self.orders.values().cloned().map(Record::Order));
            journal.append(&seeds)?;
        } else {
            self.accounts.clear();
            self.orders.clear();
            self.documents.clear();
            for record in records {
                self.take(record);
            }
        }
        self.journal = Some(journal);
        Ok(())
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::Account(account) => {
                self.accounts.insert(account.id.clone(), account);
            }
            Record::Order(order) => {
                self.orders.insert(order.number, order);
            }
            Record::Document(document) => self.documents.push(document),
        }
    }

    fn commit(&mut self, records: Vec<Record>) -> Result<(), DemoError> {
        if let Some(journal) = &mut self.journal {
            journal.append(&records)?;
        }
        for record in records {
            self.take(record);
        }
        Ok(())
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    pub(super) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// All orders, the newest first.
    pub(super) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().rev()
    }

    pub(super) fn order(&self, number: u64) -> Option<&Order> {
        self.orders.get(&number)
    }

    pub(super) fn documents(&self) -> &[Issued] {
        &self.documents
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Orders of an account that are not invoiced yet.
    pub(super) fn open_orders(&self, customer: &str) -> Decimal {
        self.orders
            .values()
            .filter(|order| order.customer == customer && order.counts_as_open())
            .map(|order| order.total.amount)
            .sum()
    }

    /// Accounts changed after a position of the feed, and the position to go on from.
    pub(super) fn changed_after(&self, position: u64, limit: usize) -> (Vec<&Account>, u64, bool) {
        let mut changed: Vec<&Account> = self
            .accounts
            .values()
            .filter(|account| account.feed_position > position)
            .collect();
        changed.sort_by_key(|account| account.feed_position);
        let more = changed.len() > limit;
        changed.truncate(limit);
        let next = changed.last().map_or(position, |account| account.feed_position);
        (changed, next, more)
    }

    /// Changes an account as one write.
    pub(super) fn edit(
        &mut self,
        id: &str,
        edits: Vec<Edit>,
        by: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<Account, Refusal> {
        let mut account = self.known(id)?.clone();
        account.write(edits, by, reason, at, self.next_feed_position());
        self.commit(vec![Record::Account(account.clone())])?;
        Ok(account)
    }

    fn known(&self, id: &str) -> Result<&Account, Refusal> {
        self.accounts
            .get(id)
            .ok_or_else(|| Refusal::Unknown(format!("customer {id}")))
    }

    fn next_feed_position(&self) -> u64 {
        1 + self
            .accounts
            .values()
            .map(|account| account.feed_position)
            .max()
            .unwrap_or_default()
    }

    /// Enters an order. An equal reference makes another order: nothing here looks for it.
    pub(super) fn submit(
        &mut self,
        request: OrderRequest,
        origin: &str,
        at: Timestamp,
    ) -> Result<Value, Refusal> {
        let Some(account) = self.accounts.get(&request.customer) else {
            return Ok(rejected(
                "customer",
                format!("There is no customer {}.", request.customer),
            ));
        };
        if !account.active {
            return Ok(rejected(
                "customer",
                format!("Customer {} is inactive.", account.id),
            ));
        }
        if let Some((code, message)) = unfit(account, &request) {
            return Ok(rejected(code, message));
        }
        let order = Order {
            number: self
                .orders
                .keys()
                .next_back()
                .map_or(FIRST_ORDER, |last| last + 1),
            state: entry_state(account, request.payment, at),
            reference: request.reference,
            purchase_order_number: request.purchase_order_number,
            customer: request.customer,
            lines: request.lines,
            total: request.total,
            terms: request.terms,
            payment: request.payment,
            test: request.test.unwrap_or_default(),
            created_at: at,
            acknowledged_at: None,
            origin: origin.to_owned(),
            revision: None,
        };
        let answer = json!({ "result": "created", "order": order.document() });
        let number = order.number;
        let is_open = order.state == OrderState::Open;
        self.commit(vec![Record::Order(order)])?;
        if is_open && self.acknowledges {
            self.step(number, Step::Acknowledge, "", at)?;
        }
        Ok(answer)
    }

    /// Sets what an order is from now on, and acknowledges it anew. A change that is not newer than the last does nothing.
    pub(super) fn change(
        &mut self,
        order_id: &str,
        revision: u32,
        request: OrderRequest,
        at: Timestamp,
    ) -> Result<Change, Refusal> {
        let found = self.orders.values().find(|order| order.id() == order_id);
        let mut order = found
            .ok_or_else(|| Refusal::Unknown(format!("order {order_id}")))?
            .clone();
        if order.revision >= Some(revision) {
            return Ok(Change::Changed(order));
        }
        let refused = |order, code, message| Ok(Change::Refused { order, code, message });
        if !matches!(order.state, OrderState::Open | OrderState::OnHold { .. }) {
            let (state, _) = order.state.in_words();
            let message = format!(
                "Order {order_id} is {} and cannot be changed.",
                state.to_lowercase()
            );
            return refused(order, "state", message);
        }
        if (&order.reference, &order.customer) != (&request.reference, &request.customer) {
            let message = format!("Order {order_id} is another one, or another customer's.");
            return refused(order, "customer", message);
        }
        if let Some((code, message)) = unfit(self.known(&order.customer)?, &request) {
            return refused(order, code, message);
        }
        order.lines = request.lines;
        order.total = request.total;
        order.terms = request.terms;
        order.revision = Some(revision);
        order.acknowledged_at = None;
        let number = order.number;
        let acknowledges = self.acknowledges && order.state == OrderState::Open;
        self.commit(vec![Record::Order(order.clone())])?;
        if acknowledges {
            order = self.step(number, Step::Acknowledge, "", at)?;
        }
        Ok(Change::Changed(order))
    }

    /// Takes an order one step on and issues its documents.
    pub(super) fn step(
        &mut self,
        number: u64,
        step: Step,
        reason: &str,
        at: Timestamp,
    ) -> Result<Order, Refusal> {
        let mut order = self
            .orders
            .get(&number)
            .cloned()
            .ok_or_else(|| Refusal::Unknown(format!("order {number}")))?;
        if step == Step::Cancel && matches!(order.state, OrderState::Cancelled { .. }) {
            return Ok(order);
        }
        self.may_take(&order, step, at)?;
        match step {
            Step::Acknowledge => order.acknowledged_at = Some(at),
            Step::Release => order.state = OrderState::Open,
            Step::Ship => order.state = OrderState::Shipped,
            Step::Invoice => order.state = OrderState::Completed,
            Step::Cancel => {
                order.state = OrderState::Cancelled {
                    reason: reason.to_owned(),
                }
            }
        }
        let heading = Heading {
            order: &order,
            sequence: self.next_document(),
            at,
        };
        let document = match step {
            Step::Acknowledge => heading.acknowledgement(&self.catalogue),
            Step::Release => heading.status("Released by a clerk."),
            Step::Ship => heading.shipment(),
            Step::Invoice => heading.invoice(net_days(order.terms.as_deref())),
            Step::Cancel => heading.status(reason),
        };
        let mut records = vec![Record::Document(document), Record::Order(order.clone())];
        if step == Step::Invoice {
            records.extend(self.posted(&order.customer, order.total.amount));
        }
        self.commit(records)?;
        if step == Step::Release && self.acknowledges && order.acknowledged_at.is_none() {
            return self.step(number, Step::Acknowledge, reason, at);
        }
        Ok(order)
    }

    fn may_take(&self, order: &Order, step: Step, at: Timestamp) -> Result<(), Refusal> {
        let fits = matches!(
            (step, &order.state),
            (Step::Acknowledge | Step::Ship, OrderState::Open)
                | (Step::Release, OrderState::OnHold { .. })
                | (Step::Invoice, OrderState::Open | OrderState::Shipped)
                | (Step::Cancel, OrderState::Open | OrderState::OnHold { .. })
        );
        let forbidden = |why: &str| Err(Refusal::State(format!("Order {} {why}.", order.id())));
        if !fits {
            let (state, _) = order.state.in_words();
            return forbidden(&format!("is {} and cannot take this step", state.to_lowercase()));
        }
        match step {
            Step::Acknowledge if order.acknowledged_at.is_some() => forbidden("is acknowledged already"),
            Step::Ship if self.forbids(&order.customer, Permission::Ship, at) => {
                forbidden("may not ship: the customer is on hold")
            }
            Step::Invoice if self.forbids(&order.customer, Permission::Invoice, at) => {
                forbidden("may not be invoiced: the customer is on hold")
            }
            _ => Ok(()),
        }
    }

    fn next_document(&self) -> u64 {
        FIRST_DOCUMENT + u64::try_from(self.documents.len()).unwrap_or_default()
    }

    /// Books a payment: the exposure falls, the version stays.
    pub(super) fn pay(&mut self, id: &str, amount: Decimal, at: Timestamp) -> Result<(), Refusal> {
        let mut account = self.known(id)?.clone();
        if amount <= Decimal::ZERO {
            return Err(Refusal::State("A payment is above zero.".into()));
        }
        account.open_items -= amount;
        account.overdue = (account.overdue - amount).max(Decimal::ZERO);
        if account.overdue.is_zero() {
            account.oldest_due = None;
        }
        let paid = Amount::new(amount, &account.currency);
        let document = document::payment(id, &paid, self.next_document(), at);
        self.commit(vec![Record::Document(document), Record::Account(account)])?;
        Ok(())
    }

    fn posted(&self, id: &str, amount: Decimal) -> Option<Record> {
        let mut account = self.accounts.get(id)?.clone();
        account.open_items += amount;
        Some(Record::Account(account))
    }

    fn forbids(&self, id: &str, permission: Permission, at: Timestamp) -> bool {
        self.accounts.get(id).is_some_and(|account| {
            account
                .holds
                .iter()
                .any(|hold| hold.in_force(at) && hold.removes(permission))
        })
    }
}

/// Why an order cannot be entered so.
fn unfit(account: &Account, request: &OrderRequest) -> Option<(&'static str, String)> {
    if request.currency != account.currency || request.total.currency != account.currency {
        let message = format!("Customer {} is kept in {}.", account.id, account.currency);
        return Some(("price", message));
    }
    let nothing = |lines: &[OrderLine]| lines.iter().any(|line| line.quantity <= Decimal::ZERO);
    (request.lines.is_empty() || nothing(&request.lines)).then(|| {
        let message = "An order needs lines with quantities above zero.";
        ("other", message.to_owned())
    })
}

/// Whether a hold of the account keeps a new order back.
fn entry_state(account: &Account, payment: Payment, at: Timestamp) -> OrderState {
    account
        .holds
        .iter()
        .filter(|hold| hold.in_force(at))
        .find(|hold| {
            hold.removes(Permission::Order)
                || (payment == Payment::Terms && hold.removes(Permission::OrderOnTerms))
        })
        .map_or(OrderState::Open, |hold| OrderState::OnHold {
            code: hold.code.clone(),
            message: hold
                .shopper
                .clone()
                .unwrap_or_else(|| "The customer is on hold.".into()),
        })
}

fn net_days(terms: Option<&str>) -> u32 {
    TERMS
        .iter()
        .find(|(code, _, _)| Some(*code) == terms)
        .map_or(30, |(_, _, days)| *days)
}
