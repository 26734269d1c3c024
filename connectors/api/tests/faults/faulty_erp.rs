//! The ERP's connector, right or with one fault.

mod clerk;
mod orders;

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
    Accounts, Connector, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Exposures, Page,
    Prices, Spec, Stock,
    accounts::{Account, AccountPatch, PatchOutcome},
    connector::CheckReport,
    egress::EgressRules,
    error::Effect,
    exposure::AccountExposure,
    page::Found,
    prices::{PriceAnswer, PriceQuery},
    stock::{StockAnswer, StockQuery},
};
use punchgate_domain::{customer::CreditLimit, money::Money, quantity::Quantity};

use super::{
    ledger::{CUSTOMER, Ledger, capabilities, contacts},
    line,
};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    AnswersAnotherAccount,
    AnswersAnotherExposure,
    AnswersPricesOutOfOrder,
    AnswersUnknownPartsAsNone,
    AppliesAChangeTwice,
    BooksTwice,
    CallsACutTemporary,
    CancelsByWordOnly,
    ChangesByASecondOrder,
    ChangesByWordOnly,
    ChangesWhatIsCancelled,
    ChokesOnUnknownParts,
    CutsHoldCodes,
    CutsTexts,
    DoublesOrders,
    DropsContacts,
    DropsContactsFromPages,
    DropsTheScope,
    FeedsAnotherVersion,
    FindsByPrefix,
    FindsNumbersOfAnybody,
    ForgetsSearchBeforeCreate,
    ForgetsTheLimit,
    HidesCancelledOrders,
    HidesDeletions,
    HidesTakenContacts,
    IgnoresPayments,
    IgnoresTheExpectedVersion,
    IgnoresTheKinds,
    KeepsDeleted,
    KeepsHolds,
    KeepsInvoicedOrdersOpen,
    KeepsTakenContacts,
    KeepsTwoDigits,
    LetsAnOlderChangeWin,
    LosesHalfOfAMoment,
    LosesTheCursor,
    LosesTheDocumentCursor,
    ManglesNames,
    MergesNamesakes,
    MixesShipTosUp,
    NeverMovesTheVersion,
    NumbersContactsAnew,
    OrdersInAnyScope,
    PassesOverLateCommits,
    ReadsKeysAsPatterns,
    ReadsNoScopeAsUnlimited,
    ReadsZeroAsUnlimited,
    SendsStaleExposure,
    SwallowsARefusal,
    SwallowsAnOrderRefusal,
    TakesAPageForAnEmptyOne,
    TakesAServerErrorForANo,
    TakesAnExpiredTokenForTheEnd,
    TakesAnyCurrency,
    TakesThrottlingForTrouble,
    TellsExposureOfAnyScope,
    TellsInactiveAsActive,
    TellsLocalTime,
    TriesAgainBlindly,
    TruncatesPages,
    TrustsFloats,
    WritesDespiteAConflict,
    WritesHalfOfARefusal,
    WritesWithoutAScope,
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

    /// Refuses the scope that does not exist, but where one of its faults lets it through.
    fn scoped(&self, lax: Fault) -> ConnectorResult<()> {
        if self.scope.is_empty() || self.has(Fault::DropsTheScope) || self.has(lax) {
            return Ok(());
        }
        Err(ConnectorError::new(ErrorKind::NotFound, "pull", "no such scope"))
    }

    /// What went wrong on the line, and what a fault takes that for.
    fn told_wrong(&self, mut error: ConnectorError) -> ConnectorError {
        let is_server_error = error.context.iter().any(|(_, value)| value == "500");
        error.kind = match error.kind {
            ErrorKind::Unknown if self.has(Fault::CallsACutTemporary) => ErrorKind::Temporary,
            ErrorKind::Unknown if self.has(Fault::TakesAServerErrorForANo) && is_server_error => {
                ErrorKind::Temporary
            }
            ErrorKind::RateLimited { .. } if self.has(Fault::TakesThrottlingForTrouble) => {
                ErrorKind::Temporary
            }
            kind => kind,
        };
        error
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
        if self.has(Fault::KeepsTwoDigits)
            && let CreditLimit::Amount(money) = account.credit_limit
            && money.currency().exponent() == 3
        {
            let minor = money.minor() / 10 * 10;
            account.credit_limit = CreditLimit::Amount(Money::from_minor(minor, money.currency()));
        }
        account.active |= self.has(Fault::TellsInactiveAsActive);
        if self.has(Fault::TellsLocalTime) {
            account.changed_at -= SignedDuration::from_hours(5);
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

impl FaultyErp {
    fn page(&self, cursor: Option<&Cursor>, limit: u32) -> ConnectorResult<Page<Account>> {
        self.scoped(Fault::DropsTheScope)?;
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
        if self.has(Fault::FeedsAnotherVersion) {
            page.items
                .iter_mut()
                .for_each(|account| account.version.push('f'));
        }
        if self.has(Fault::DropsContactsFromPages) {
            page.items.iter_mut().for_each(|account| account.contacts.clear());
        }
        Ok(page)
    }

    fn written(&self, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.scoped(Fault::WritesWithoutAScope)?;
        let mut patch = patch.clone();
        if self.has(Fault::KeepsHolds) {
            patch.release_holds.clear();
        }
        let there = self.ledger.get(std::slice::from_ref(&patch.external_id)).items;
        let current = there.first().map(|account| account.version.clone());
        if self.has(Fault::IgnoresTheExpectedVersion)
            || self.has(Fault::WritesWithoutAScope) && !self.scope.is_empty()
            || self.has(Fault::NeverMovesTheVersion) && patch.expect == "1"
        {
            patch.expect = current.clone().unwrap_or_default();
        }
        if self.has(Fault::TakesAnyCurrency)
            && let (Some(CreditLimit::Amount(money)), Some(account)) = (patch.credit_limit, there.first())
        {
            let limit = Money::from_minor(money.minor(), account.currency);
            patch.credit_limit = Some(CreditLimit::Amount(limit));
        }
        if self.has(Fault::CutsHoldCodes) {
            for hold in &mut patch.place_holds {
                hold.code = hold.code.chars().take(12).collect();
            }
        }
        let outcome = self.ledger.patch(&patch)?;
        if self.has(Fault::LosesHalfOfAMoment) {
            self.ledger.share_the_last_place();
        }
        if self.has(Fault::WritesHalfOfARefusal) && matches!(outcome, PatchOutcome::Rejected(_)) {
            let half = AccountPatch {
                terms: None,
                ..patch.clone()
            };
            if half.credit_limit.is_some() {
                self.ledger.patch(&half)?;
            }
        }
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
impl Accounts for FaultyErp {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        let page = line::over(ctx, "pull", Effect::Read, || self.page(cursor, limit)).await;
        let nothing = match page.as_ref().map_err(|error| error.kind) {
            Err(ErrorKind::Schema) => self.has(Fault::TakesAPageForAnEmptyOne),
            Err(ErrorKind::Auth) => self.has(Fault::TakesAnExpiredTokenForTheEnd),
            _ => false,
        };
        if nothing {
            return Ok(Page {
                items: Vec::new(),
                deleted: Vec::new(),
                next_cursor: cursor.cloned().unwrap_or_else(|| Cursor::new("")),
                more: false,
            });
        }
        page.map_err(|error| self.told_wrong(error))
    }

    async fn get(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.scoped(Fault::ReadsNoScopeAsUnlimited)?;
        let mut found = self.ledger.get(ids);
        if self.has(Fault::ReadsNoScopeAsUnlimited) && !self.scope.is_empty() {
            for account in &mut found.items {
                account.credit_limit = CreditLimit::Unlimited;
            }
        }
        if self.has(Fault::ReadsKeysAsPatterns) && ids == ["%"] {
            found = self.ledger.get(&[CUSTOMER.to_owned()]);
        }
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

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        let outcome = line::over(ctx, "patch", Effect::Change, || self.written(patch)).await;
        outcome.map_err(|error| self.told_wrong(error))
    }
}

#[async_trait]
impl Exposures for FaultyErp {
    async fn exposure(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<AccountExposure>> {
        self.scoped(Fault::TellsExposureOfAnyScope)?;
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
impl Prices for FaultyErp {
    async fn prices(&self, _: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        self.scoped(Fault::DropsTheScope)?;
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
        self.scoped(Fault::DropsTheScope)?;
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
