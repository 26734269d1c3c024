//! The ERP's connector, right or with one fault.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use jiff::SignedDuration;
use punchgate_connector::{
    Accounts, Connector, ConnectorError, ConnectorResult, Context, Cursor, Documents, ErrorKind, Exposures,
    Orders, Page, Prices, Spec, Stock,
    accounts::{Account, AccountPatch, PatchOutcome},
    connector::CheckReport,
    documents::{DocumentKind, ErpDocument},
    egress::EgressRules,
    exposure::AccountExposure,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, PlacedState,
        SubmitOutcome,
    },
    page::Found,
    prices::{PriceAnswer, PriceQuery},
    stock::{StockAnswer, StockQuery},
};
use punchgate_domain::{
    customer::CreditLimit,
    money::{Money, StatedAmount},
    quantity::Quantity,
};

use super::ledger::{CUSTOMER, Ledger, capabilities, contacts, usd};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    AnswersPricesOutOfOrder,
    AppliesAChangeTwice,
    AnswersUnknownPartsAsNone,
    AnswersAnotherAccount,
    AnswersAnotherExposure,
    CancelsByWordOnly,
    ChangesByASecondOrder,
    ChangesByWordOnly,
    ChangesWhatIsCancelled,
    LetsAnOlderChangeWin,
    CutsTexts,
    DoublesOrders,
    DropsContacts,
    DropsContactsFromPages,
    DropsTheScope,
    FindsByPrefix,
    FindsNumbersOfAnybody,
    ForgetsSearchBeforeCreate,
    HidesCancelledOrders,
    HidesDeletions,
    HidesTakenContacts,
    IgnoresTheExpectedVersion,
    IgnoresTheKinds,
    KeepsDeleted,
    KeepsHolds,
    KeepsTakenContacts,
    LosesTheCursor,
    LosesTheDocumentCursor,
    ManglesNames,
    MergesNamesakes,
    MixesShipTosUp,
    NeverMovesTheVersion,
    NumbersContactsAnew,
    ReadsZeroAsUnlimited,
    SendsStaleExposure,
    SwallowsARefusal,
    SwallowsAnOrderRefusal,
    TruncatesPages,
    TrustsFloats,
    WritesDespiteAConflict,
}

#[derive(Debug)]
pub(super) struct FaultyErp {
    ledger: Ledger,
    fault: Option<Fault>,
    scope: &'static str,
    /// What was answered first, for a fault that answers it again.
    first: Mutex<Option<Vec<AccountExposure>>>,
    /// How often accounts were told.
    readings: AtomicU32,
}

impl FaultyErp {
    pub(super) fn new(fault: Option<Fault>, scope: &'static str) -> Self {
        Self {
            ledger: Ledger::new(),
            fault,
            scope,
            first: Mutex::default(),
            readings: AtomicU32::new(0),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn scoped(&self) -> ConnectorResult<()> {
        if self.scope.is_empty() || self.has(Fault::DropsTheScope) {
            return Ok(());
        }
        Err(ConnectorError::new(ErrorKind::NotFound, "pull", "no such scope"))
    }

    /// As it goes over the wire, and what a fault makes of it there.
    fn seen(&self, mut account: Account) -> Account {
        if self.has(Fault::TrustsFloats)
            && let CreditLimit::Amount(money) = account.credit_limit
        {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "that is the fault"
            )]
            let minor = money.minor() as f32 as i64;
            account.credit_limit = CreditLimit::Amount(Money::from_minor(minor, money.currency()));
        }
        if self.has(Fault::ReadsZeroAsUnlimited)
            && matches!(account.credit_limit, CreditLimit::Amount(money) if money.minor() == 0)
        {
            account.credit_limit = CreditLimit::Unlimited;
        }
        if self.has(Fault::NeverMovesTheVersion) {
            account.version = "1".to_owned();
        }
        if self.has(Fault::CutsTexts) {
            for hold in &mut account.holds {
                hold.texts.shopper = hold
                    .texts
                    .shopper
                    .as_ref()
                    .map(|text| text.chars().take(12).collect());
            }
        }
        self.mistake_people(&mut account);
        account
    }

    /// What faults make of a customer's people and places.
    fn mistake_people(&self, account: &mut Account) {
        let reading = self.readings.fetch_add(1, Ordering::Relaxed);
        let people = &mut account.contacts;
        match self.fault {
            Some(Fault::DropsContacts) => people.truncate(1),
            Some(Fault::KeepsTakenContacts) if !people.is_empty() => *people = contacts(),
            Some(Fault::ManglesNames) => {
                for contact in people {
                    contact.name = contact.name.bytes().map(char::from).collect();
                }
            }
            Some(Fault::MergesNamesakes) => {
                let mut names = BTreeSet::new();
                people.retain(|contact| names.insert(contact.name.clone()));
            }
            Some(Fault::NumbersContactsAnew) => {
                for contact in people {
                    contact.id = format!("{}-{reading}", contact.id);
                }
            }
            Some(Fault::MixesShipTosUp) => {
                let customers: Vec<_> = account
                    .ship_tos
                    .iter()
                    .map(|place| place.customer.clone())
                    .collect();
                for (place, customer) in account
                    .ship_tos
                    .iter_mut()
                    .zip(customers.into_iter().rev().skip(1))
                {
                    place.customer = customer;
                }
            }
            _ => {}
        }
    }

    /// Somebody there takes the last contact of the customer away.
    pub(super) fn take_a_contact(&self) {
        self.ledger.take_a_contact(!self.has(Fault::HidesTakenContacts));
    }
}

#[async_trait]
impl Connector for FaultyErp {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: "ledger",
            id: "ledger",
            capabilities: capabilities(),
            accounts: Some(self),
            exposure: Some(self),
            orders: Some(self),
            documents: Some(self),
            prices: Some(self),
            stock: Some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        Ok(CheckReport {
            name: "ledger".to_owned(),
            software: None,
            capabilities: capabilities(),
            clock_skew: SignedDuration::ZERO,
            findings: Vec::new(),
        })
    }
}

#[async_trait]
impl Accounts for FaultyErp {
    async fn pull(&self, _: &Context, cursor: Option<&Cursor>, limit: u32) -> ConnectorResult<Page<Account>> {
        self.scoped()?;
        let cursor = cursor.filter(|_| !self.has(Fault::LosesTheCursor));
        let mut page = self.ledger.pull(cursor, limit);
        if self.has(Fault::LosesTheCursor) {
            page.more = false;
        }
        if self.has(Fault::TruncatesPages) && page.more {
            page.items.pop();
        }
        if self.has(Fault::HidesDeletions) {
            page.deleted.clear();
        }
        if self.has(Fault::KeepsDeleted) {
            let gone = std::mem::take(&mut page.deleted);
            let like = self.ledger.get(&[CUSTOMER.to_owned()]).items.remove(0);
            page.items.extend(gone.into_iter().map(|external_id| Account {
                external_id,
                ..like.clone()
            }));
        }
        page.items = page.items.into_iter().map(|account| self.seen(account)).collect();
        if self.has(Fault::DropsContactsFromPages) {
            page.items.iter_mut().for_each(|account| account.contacts.clear());
        }
        Ok(page)
    }

    async fn get(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.scoped()?;
        let mut found = self.ledger.get(ids);
        if self.has(Fault::AnswersAnotherAccount) {
            found.items = self.ledger.get(&["C-3".to_owned()]).items;
        }
        found.items = found
            .items
            .into_iter()
            .map(|account| self.seen(account))
            .collect();
        Ok(found)
    }

    async fn patch(&self, _: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.scoped()?;
        let mut patch = patch.clone();
        if self.has(Fault::KeepsHolds) {
            patch.release_holds.clear();
        }
        let there = self.ledger.get(std::slice::from_ref(&patch.external_id)).items;
        let current = there.first().map(|account| account.version.clone());
        if self.has(Fault::IgnoresTheExpectedVersion)
            || self.has(Fault::NeverMovesTheVersion) && patch.expect == "1"
        {
            patch.expect = current.clone().unwrap_or_default();
        }
        let outcome = self.ledger.patch(&patch)?;
        Ok(match outcome {
            PatchOutcome::Applied(account) => PatchOutcome::Applied(Box::new(self.seen(*account))),
            PatchOutcome::Conflict(account) => {
                if self.has(Fault::WritesDespiteAConflict) {
                    patch.expect = current.unwrap_or_default();
                    self.ledger.patch(&patch)?;
                }
                PatchOutcome::Conflict(Box::new(self.seen(*account)))
            }
            PatchOutcome::Rejected(refusals) => match there.into_iter().next() {
                Some(account) if self.has(Fault::SwallowsARefusal) => {
                    PatchOutcome::Applied(Box::new(self.seen(account)))
                }
                _ => PatchOutcome::Rejected(refusals),
            },
            waiting @ PatchOutcome::Waiting(_) => waiting,
        })
    }
}

#[async_trait]
impl Exposures for FaultyErp {
    async fn exposure(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<AccountExposure>> {
        self.scoped()?;
        let mut found = self.ledger.exposure(ids);
        if self.has(Fault::SendsStaleExposure) {
            let mut first = self.first.lock().unwrap();
            let as_of = found.items.first().map(|item| item.as_of);
            found.items.clone_from(first.get_or_insert(found.items.clone()));
            for item in &mut found.items {
                item.as_of = as_of.unwrap_or(item.as_of);
            }
        }
        if self.has(Fault::AnswersAnotherExposure) {
            found.items = self.ledger.exposure(&["C-3".to_owned()]).items;
        }
        Ok(found)
    }
}

#[async_trait]
impl Orders for FaultyErp {
    async fn submit(&self, _: &Context, what: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        self.scoped()?;
        let outcome = self
            .ledger
            .submit(what, self.has(Fault::ForgetsSearchBeforeCreate));
        Ok(match outcome {
            SubmitOutcome::Created(_) if self.has(Fault::DoublesOrders) => self.ledger.submit(what, true),
            SubmitOutcome::Rejected(_) if self.has(Fault::SwallowsAnOrderRefusal) => {
                SubmitOutcome::Created(PlacedOrder {
                    order_id: "0".to_owned(),
                    order_number: "0".to_owned(),
                    reference: what.reference.clone(),
                    purchase_order_number: None,
                    customer: what.customer.clone(),
                    state: PlacedState::Draft,
                    total: None,
                    created_at: jiff::Timestamp::UNIX_EPOCH,
                    revision: None,
                })
            }
            outcome => outcome,
        })
    }

    async fn find(&self, _: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        self.scoped()?;
        if self.has(Fault::FindsByPrefix) {
            // Every reference of a run begins alike.
            let page = self.ledger.documents(None, &[], 500).items;
            let first = page.into_iter().next().and_then(|document| document.reference);
            return Ok(first.map_or_else(Vec::new, |reference| self.ledger.find(&reference)));
        }
        Ok(self.ledger.find(&key.reference))
    }

    async fn find_by_number(
        &self,
        _: &Context,
        customer: &str,
        number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        self.scoped()?;
        let mut found = self.ledger.of_number(number);
        if self.has(Fault::FindsNumbersOfAnybody) {
            // It answers what was asked for, whoever ordered it.
            for order in &mut found {
                customer.clone_into(&mut order.customer);
            }
        }
        found.retain(|order| order.customer == customer);
        if self.has(Fault::HidesCancelledOrders) {
            found.retain(|order| order.state.is_live());
        }
        Ok(Some(found))
    }

    async fn change(&self, _: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        self.scoped()?;
        let known = self.ledger.find(&change.submission.reference);
        let before = known.into_iter().find(|order| order.order_id == change.order_id);
        let anyway = self.has(Fault::LetsAnOlderChangeWin);
        let order = match self.ledger.change(change, anyway)? {
            ChangeOutcome::Changed(order) => order,
            ChangeOutcome::Refused { order, .. } if self.has(Fault::ChangesWhatIsCancelled) => {
                return Ok(ChangeOutcome::Changed(order));
            }
            refused => return Ok(refused),
        };
        let Some(before) = before else {
            return Ok(ChangeOutcome::Changed(order));
        };
        if self.has(Fault::ChangesByWordOnly) {
            self.ledger.set_total(&order.order_id, before.total.unwrap());
        }
        if self.has(Fault::AppliesAChangeTwice) && before.revision == Some(change.revision) {
            // It adds what it should set.
            let (now, more) = (order.total.clone().unwrap(), &change.submission.order.total);
            let sum = StatedAmount::from_decimal(now.value() + more.value(), usd());
            self.ledger.set_total(&order.order_id, sum);
        }
        if self.has(Fault::ChangesByASecondOrder) {
            self.ledger.submit(&change.submission, true);
        }
        Ok(ChangeOutcome::Changed(order))
    }

    async fn cancel(
        &self,
        _: &Context,
        id: &str,
        reference: &str,
        _: &str,
    ) -> ConnectorResult<CancelOutcome> {
        self.scoped()?;
        let order = self.ledger.find(reference).into_iter().next();
        match order.filter(|_| self.has(Fault::CancelsByWordOnly)) {
            Some(order) => Ok(CancelOutcome::Cancelled(PlacedOrder {
                state: PlacedState::Cancelled,
                ..order
            })),
            None => self.ledger.cancel(id),
        }
    }
}

#[async_trait]
impl Documents for FaultyErp {
    async fn pull_documents(
        &self,
        _: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        self.scoped()?;
        let kinds = if self.has(Fault::IgnoresTheKinds) {
            &[]
        } else {
            kinds
        };
        let cursor = cursor.filter(|_| !self.has(Fault::LosesTheDocumentCursor));
        let mut page = self.ledger.documents(cursor, kinds, limit);
        page.more &= !self.has(Fault::LosesTheDocumentCursor);
        Ok(page)
    }
}

#[async_trait]
impl Prices for FaultyErp {
    async fn prices(&self, _: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        self.scoped()?;
        let mut answers: Vec<_> = queries.iter().map(|query| self.ledger.price(query)).collect();
        if self.has(Fault::AnswersPricesOutOfOrder) {
            answers.reverse();
        }
        Ok(answers)
    }
}

#[async_trait]
impl Stock for FaultyErp {
    async fn stock(&self, _: &Context, queries: &[StockQuery]) -> ConnectorResult<Vec<StockAnswer>> {
        self.scoped()?;
        let answer = |query: &StockQuery| match Ledger::stock(query) {
            StockAnswer::Unknown { .. } if self.has(Fault::AnswersUnknownPartsAsNone) => {
                StockAnswer::Available {
                    quantity: Quantity::from_decimal(0.into()),
                    unit: query.unit.clone(),
                    expected: None,
                }
            }
            answer => answer,
        };
        Ok(queries.iter().map(answer).collect())
    }
}
