//! Customers of an ERP: terms, limit, holds, read as a feed and written back field by field.

use async_trait::async_trait;
use punchgate_domain::{
    Instant,
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, PermissionSet},
    money::Currency,
    purchase_order::Address,
};

use crate::{
    ConnectorResult, Context,
    exposure::AccountExposure,
    page::{Cursor, Found, Page},
};

/// A customer as the ERP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The ERP's key; never changes.
    pub external_id: String,
    /// Changes with every field that can be written; compared for equality only. Exposure, contacts and ship-tos may
    /// change without it: the feed tells the account all the same when the latter two do.
    pub version: String,
    /// The number that people use.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it may trade.
    pub active: bool,
    /// Currency of limit and exposure.
    pub currency: Currency,
    /// Who pays, if another.
    pub payer: Option<String>,
    /// Who carries the limit, if another.
    pub head_office: Option<String>,
    /// The agreed terms.
    pub terms: Option<Terms>,
    /// The limit. What cannot be read is [`CreditLimit::Unknown`], never unlimited.
    pub credit_limit: CreditLimit,
    /// Holds in force or to come.
    pub holds: Vec<ErpHold>,
    /// Its people; none where the system does not tell them.
    pub contacts: Vec<ErpContact>,
    /// Its places; none where the system does not tell them.
    pub ship_tos: Vec<ErpShipTo>,
    /// What it owes, if the feed has it.
    pub exposure: Option<AccountExposure>,
    /// When it was last changed.
    pub changed_at: Instant,
    /// By whom, as the ERP names users.
    pub changed_by: Option<String>,
}

/// A hold as the ERP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErpHold {
    /// Unique in the account. Of a hold that was placed by a patch it is the patch's, where the ERP keeps that, be
    /// it as a reference beside an id of its own; else such a hold is known again by its code and `since`.
    pub id: String,
    /// Code of the reason.
    pub code: String,
    /// What it takes away; `None`: the operator's code table decides.
    pub removes: Option<PermissionSet>,
    /// What is said to whom. The connector fills the shopper's text only from a field that may leave the house.
    pub texts: HoldTexts,
    /// In force from here on.
    pub since: Instant,
    /// Until just before this.
    pub until: Option<Instant>,
    /// Who placed it.
    pub placed_by: Option<String>,
}

/// A person at the customer, as the ERP knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErpContact {
    /// Unique in the account; never changes.
    pub id: String,
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone as text.
    pub phone: Option<String>,
    /// What for, in the ERP's words: `purchasing`, `accounts_payable` …
    pub roles: Vec<String>,
    /// Whether the ERP still uses it.
    pub active: bool,
}

/// A place to which the customer has goods sent, as the ERP knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErpShipTo {
    /// Unique in the account; never changes.
    pub id: String,
    /// The number that people use, if another.
    pub code: Option<String>,
    /// Where it is; its own `address_id` is left empty.
    pub address: Address,
    /// Whether the ERP still delivers to it.
    pub active: bool,
    /// The customer that it is, where the ERP keeps sites as customers of their own.
    pub customer: Option<String>,
}

/// A change of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPatch {
    /// Which one.
    pub external_id: String,
    /// The version that the caller has seen.
    pub expect: String,
    /// The new terms by their code; `Some(None)` removes them.
    pub terms: Option<Option<String>>,
    /// The new limit.
    pub credit_limit: Option<CreditLimit>,
    /// Holds to place; an id that is there has its texts, permissions and end replaced.
    pub place_holds: Vec<ErpHold>,
    /// Ids of holds to release; one that is not there is no error.
    pub release_holds: Vec<String>,
    /// Why, for the ERP's history.
    pub reason: String,
    /// Who, for the ERP's history.
    pub actor: String,
    /// Names what was asked for: tried again it has the same name, asked for anew another, also where it says the same.
    pub request_id: String,
}

impl AccountPatch {
    /// A patch that changes nothing yet.
    pub fn of(account: &Account, reason: impl Into<String>, actor: impl Into<String>) -> Self {
        Self {
            external_id: account.external_id.clone(),
            expect: account.version.clone(),
            terms: None,
            credit_limit: None,
            place_holds: Vec::new(),
            release_holds: Vec::new(),
            reason: reason.into(),
            actor: actor.into(),
            request_id: String::new(),
        }
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.terms.is_none()
            && self.credit_limit.is_none()
            && self.place_holds.is_empty()
            && self.release_holds.is_empty()
    }
}

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchOutcome {
    /// Written; the account as it is now.
    Applied(Box<Account>),
    /// The account has another version, and nothing was written: merge again.
    Conflict(Box<Account>),
    /// A rule of the ERP refuses these fields, and nothing was written: show it to a person.
    Rejected(Vec<FieldRefusal>),
    /// The ERP has the request and carries it out, or refuses it, later; with what it waits for. The same patch asks
    /// what became of it and makes no second request; a newer one of the account takes its place.
    Waiting(String),
}

/// Why the ERP refuses a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRefusal {
    /// `terms`, `credit_limit`, `place_holds`, `release_holds`.
    pub field: String,
    /// The ERP's code.
    pub code: String,
    /// For people.
    pub message: String,
}

/// The ERP's customers.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// What changed since the cursor; without one, everything. Delivers an account again rather than passing
    /// over a change. [`crate::ErrorKind::Conflict`]: the cursor cannot be used any more, begin anew.
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>>;

    /// Accounts by key.
    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>>;

    /// Changes an account if it still has the expected version. [`crate::ErrorKind::Unknown`]: read it before
    /// anything else.
    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome>;
}
