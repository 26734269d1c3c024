//! Accounts of an ERP: terms, limits, holds, and what is owed.

use async_trait::async_trait;
use jiff::Timestamp;
use punchgate_domain::{
    customer::{CreditLimit, Terms},
    hold::PermissionSet,
    money::{Currency, Money},
};

use crate::{ConnectorError, Context};

/// Reads and writes accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// A page of accounts that changed since the cursor; all of them where there is none.
    async fn pull(
        &self,
        context: &Context,
        scope: &str,
        cursor: Option<&str>,
    ) -> Result<AccountPage, ConnectorError>;

    /// One account.
    async fn get(&self, context: &Context, scope: &str, id: &str) -> Result<Account, ConnectorError>;

    /// Changes fields of an account if it still has the expected version.
    async fn patch(&self, context: &Context, patch: &AccountPatch) -> Result<PatchOutcome, ConnectorError>;
}

/// Tells what accounts owe.
#[async_trait]
pub trait Exposures: Send + Sync {
    /// What these accounts owe.
    async fn exposures(
        &self,
        context: &Context,
        scope: &str,
        ids: &[String],
    ) -> Result<ExposureReading, ConnectorError>;
}

/// A page of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Ids of accounts that are gone.
    pub deleted: Vec<String>,
    /// To go on from; opaque.
    pub next_cursor: Option<String>,
    /// Whether more waits right now.
    pub more: bool,
}

/// An account as the ERP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The ERP's id.
    pub id: String,
    /// Changes with every write.
    pub version: String,
    /// The ERP's number for people.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it may trade.
    pub active: bool,
    /// Currency of its account.
    pub currency: Option<Currency>,
    /// Who pays, where that is another account.
    pub payer: Option<String>,
    /// The head of its group, where that is another account.
    pub head_office: Option<String>,
    /// Terms.
    pub terms: Option<Terms>,
    /// Credit limit.
    pub limit: CreditLimit,
    /// Holds.
    pub holds: Vec<AccountHold>,
    /// When it last changed, if the ERP says.
    pub changed_at: Option<Timestamp>,
    /// Who changed it, if the ERP says.
    pub changed_by: Option<String>,
}

/// A hold as the ERP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountHold {
    /// The ERP's code; also what tells two holds of one account apart.
    pub code: String,
    /// What it removes, where the ERP says so in our words.
    pub removes: Option<PermissionSet>,
    /// For the supplier's people.
    pub internal: Option<String>,
    /// For the buyer's accounts payable.
    pub accounts_payable: Option<String>,
    /// For the shopper.
    pub shopper: Option<String>,
    /// Since.
    pub since: Option<Timestamp>,
    /// Until.
    pub until: Option<Timestamp>,
}

/// A change to write; absent fields stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPatch {
    /// Scope.
    pub scope: String,
    /// The ERP's id.
    pub id: String,
    /// The version it must still have.
    pub expected_version: String,
    /// New terms, by code.
    pub terms_code: Option<String>,
    /// New limit.
    pub limit: Option<CreditLimit>,
    /// The full set of holds from now on.
    pub holds: Option<Vec<AccountHold>>,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub actor: String,
}

/// What came of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchOutcome {
    /// Written; the account as it is now. Fields refused for themselves are listed.
    Applied {
        /// Read back.
        account: Account,
        /// Refused fields.
        refused: Vec<RefusedField>,
    },
    /// It has another version by now.
    Conflict(Account),
    /// Refused as a whole.
    Rejected(Vec<RefusedField>),
}

/// A field that the ERP refused, in its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedField {
    /// Field.
    pub field: String,
    /// Code.
    pub code: String,
    /// Words.
    pub message: String,
}

/// What accounts owe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposureReading {
    /// Start of the read by the ERP's clock.
    pub as_of: Timestamp,
    /// Whether open orders are in the amounts.
    pub includes_open_orders: bool,
    /// By id.
    pub amounts: Vec<(String, Money)>,
}
