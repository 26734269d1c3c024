//! A rehearsal of credit: which orders of a time would be held, or go, if rules, limits or the table of hold codes were
//! others. Each order is decided again on what was true when it was decided, with the proposal in the place of what it replaces.
//!
//! **Invariant:** it writes nothing and guesses nothing: what was not kept with a decision is said of the order. Each order is
//! decided by itself; what an order before it would not have taken up by the proposal is taken up all the same.

mod again;
mod proposal;
mod report;

use std::collections::HashMap;

use punchgate_domain::{Instant, ids::CreditAccountId};
use punchgate_storage::{
    StorageError,
    order::{self, DecisionRow, OrderRow},
    promise::{self, PromiseRow},
};

use self::{
    again::{Again, Kept},
    proposal::Named,
};
pub use self::{
    proposal::{LimitSettings, Proposal, ProposalSettings},
    report::{Change, ChangeCount, CreditRehearsal, DecidedOnce, Rehearsed, RehearsedOrder, Sum},
};
use super::Basis;
use crate::{
    Surroundings,
    clock::{from_micros, micros},
    directory::Supplier,
};

/// How many days a rehearsal goes back where nobody says since when.
pub const USUAL_DAYS: i64 = 90;
/// Most orders of one rehearsal.
pub const MOST_ORDERS: usize = 20_000;
/// Orders that are read at once.
const PAGE: usize = 200;

/// What is to be rehearsed.
#[derive(Clone, Debug)]
pub struct CreditWish {
    /// What would be otherwise.
    pub proposal: Proposal,
    /// Orders that were received from then on; 90 days ago where nobody says.
    pub since: Option<Instant>,
    /// Orders that were received before; now where nobody says.
    pub until: Option<Instant>,
    /// Whether orders are listed for which nothing would change.
    pub all: bool,
    /// How many orders are rehearsed at most, the first ones; [`MOST_ORDERS`] where nobody wants fewer.
    pub most: usize,
}

/// Why nothing was rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum CreditRehearsalError {
    /// What is proposed does not read, or names what there is not; every problem.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Decides a supplier's orders again with a proposal. Reads a page of orders at a time, each in a transaction of its own.
pub async fn rehearse_credit(
    surroundings: &Surroundings,
    supplier: &Supplier,
    wish: &CreditWish,
) -> Result<CreditRehearsal, CreditRehearsalError> {
    let until = wish.until.unwrap_or_else(|| surroundings.now());
    let usual = jiff::SignedDuration::from_hours(24 * USUAL_DAYS);
    let since = wish
        .since
        .unwrap_or_else(|| until.checked_sub(usual).unwrap_or(until));
    if since >= until {
        let problem = format!("since: {since} is not before {until}, where the time ends");
        return Err(CreditRehearsalError::Refused(vec![problem]));
    }
    let id = supplier.id.as_str();
    let mut tx = surroundings.db.read().await?;
    let limits = wish.proposal.limits_by_account(&mut tx, id).await?;
    tx.rollback().await?;
    let again = Again {
        supplier,
        proposal: &wish.proposal,
        limits: limits.map_err(CreditRehearsalError::Refused)?,
    };
    let mut report = CreditRehearsal::of(&wish.proposal, since, until);
    // What came this very moment came until now.
    let end = wish.until.map_or_else(|| micros(until).saturating_add(1), micros);
    let mut after = (i64::MIN, String::new());
    loop {
        let page = Page::read(surroundings, id, (micros(since), end), &after, &wish.proposal).await?;
        let Some(last) = page.orders.last() else { break };
        after = (last.received_at, last.order_id.clone());
        for row in &page.orders {
            if report.looked_at == wish.most {
                report.cut(from_micros(row.received_at));
                return Ok(report);
            }
            report.add(row, page.rehearse(&again, row), wish.all);
        }
    }
    Ok(report)
}

/// Some orders with what was kept of them.
struct Page {
    orders: Vec<OrderRow>,
    decisions: HashMap<String, Vec<DecisionRow>>,
    promises: HashMap<String, Vec<PromiseRow>>,
}

impl Page {
    async fn read(
        surroundings: &Surroundings,
        supplier: &str,
        span: (i64, i64),
        after: &(i64, String),
        proposal: &Proposal,
    ) -> Result<Self, StorageError> {
        let most = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let mut tx = surroundings.db.read().await?;
        let orders = order::received_between(&mut tx, supplier, span, (after.0, &after.1), most).await?;
        let ids: Vec<String> = orders.iter().map(|row| row.order_id.clone()).collect();
        let mut decisions: HashMap<String, Vec<DecisionRow>> = HashMap::new();
        for row in order::decisions(&mut tx, supplier, &ids).await? {
            decisions.entry(row.order_id.clone()).or_default().push(row);
        }
        let mut promises: HashMap<String, Vec<PromiseRow>> = HashMap::new();
        if proposal.has_rules() {
            let mut accounts: Vec<String> = orders
                .iter()
                .filter_map(|row| row.credit_account_id.clone())
                .collect();
            accounts.sort_unstable();
            accounts.dedup();
            for row in promise::of_accounts(&mut tx, supplier, &accounts).await? {
                promises
                    .entry(row.credit_account_id.clone())
                    .or_default()
                    .push(row);
            }
        }
        tx.rollback().await?;
        Ok(Self {
            orders,
            decisions,
            promises,
        })
    }

    fn rehearse(&self, again: &Again<'_>, row: &OrderRow) -> Result<Rehearsed, String> {
        let (basis, decision) = self.first_decision(row)?;
        let account = basis.account().to_owned();
        let none = Vec::new();
        let kept = Kept {
            order: &row.order_id,
            at: from_micros(decision.happened_at),
            state: &decision.to_state,
            promises: self.promises.get(&account).unwrap_or(&none),
            account: CreditAccountId::new(account),
            basis,
        };
        again.rehearse(&kept)
    }

    /// The first decision on the version that counts of which is known what it rested on.
    fn first_decision(&self, row: &OrderRow) -> Result<(Basis, &DecisionRow), String> {
        for decision in self.decisions.get(&row.order_id).into_iter().flatten() {
            let basis = Basis::read(&decision.basis)
                .map_err(|error| format!("what it was decided on cannot be read: {error}"))?;
            if basis.version == row.version {
                return Ok((basis, decision));
            }
        }
        Err(match (row.decided_at, &row.customer_id) {
            (None, _) => "it was never decided".to_owned(),
            (Some(_), None) => "nobody knew its customer".to_owned(),
            (Some(_), Some(_)) => "what it was decided on was not kept".to_owned(),
        })
    }
}

type Limits = HashMap<CreditAccountId, Named>;
