//! Customers as an operator reads them. Internal texts are in it: it never goes to a shopper.

use std::{collections::HashMap, sync::Arc};

use punchgate_domain::{
    credit::StandingOverride,
    customer::{CreditLimit, Exposure, Parties, Terms},
    hold::{self, Hold, Permission},
    ids::{CreditAccountId, CustomerId, HoldId},
    money::{Currency, Money},
};
use punchgate_storage::{
    StorageResult, Tx,
    customer::{self, CustomerFilter, CustomerRow},
    history::{self, ChangeRow},
    hold::{self as hold_table, HoldRow},
    promise::{self, PromiseRow},
    sync::{self, AccountChangeRow},
};

use super::{
    Accounts, AccountsError,
    people::{Belongings, in_erp_ids},
};
use crate::{
    credit::{Standings, Wording, add_overrides_of_open_orders, available, customer_of, standings, terms_of},
    directory::Supplier,
};

/// Lines of history that come with a customer.
const HISTORY_LINES: i64 = 100;
/// Promises that come with a customer.
const PROMISES: i64 = 20;
/// Holds, released ones too, that come with a customer.
const HOLDS: i64 = 50;

/// A customer in a list.
#[derive(Clone, Debug)]
pub struct CustomerSummary {
    /// Our id.
    pub id: CustomerId,
    /// From which ERP connection.
    pub connector: String,
    /// Company, sales area or credit segment.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
    /// The number that people use.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether the ERP lets it trade.
    pub active: bool,
    /// On whom limit, exposure and reservations are counted.
    pub credit_account: CreditAccountId,
    /// Who pays, where that is another.
    pub payer: Option<CustomerId>,
    /// Terms.
    pub terms: Option<Terms>,
    /// In what the account is counted.
    pub currency: Option<Currency>,
    /// The account's limit.
    pub limit: CreditLimit,
    /// What the account owes.
    pub exposure: Option<Exposure>,
    /// What approved orders take up.
    pub reserved: Option<Money>,
    /// What is left; none where there is no limit to reckon with.
    pub available: Option<Money>,
    /// Whether a hold in force stops orders, its payer's too.
    pub stops_orders: bool,
    /// Whether a hold in force stops orders on terms, its payer's too.
    pub stops_terms: bool,
    /// What a change expects.
    pub version: i64,
    /// When last changed.
    pub updated_at: i64,
}

impl CustomerSummary {
    /// Whether the limit stands on this customer, and not on its payer or group head.
    pub fn carries_limit(&self) -> bool {
        self.credit_account.as_str() == self.id.as_str()
    }
}

/// A page of customers.
#[derive(Clone, Debug)]
pub struct CustomerPage {
    /// Last changed first.
    pub customers: Vec<CustomerSummary>,
    /// Where the next page goes on; none at the end.
    pub next: Option<(i64, String)>,
}

/// A hold with what a release expects.
#[derive(Clone, Debug)]
pub struct HoldView {
    /// The hold.
    pub hold: Hold,
    /// Whether it counts now.
    pub in_force: bool,
    /// The row: who, why, release, push, version.
    pub row: HoldRow,
}

/// A hold that counts for a customer although it is another's.
#[derive(Clone, Debug)]
pub struct OthersHold {
    /// Whose it is.
    pub customer: CustomerId,
    /// The number that people use.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The hold.
    pub held: HoldView,
}

/// A customer with all that an operator asks about it.
#[derive(Clone, Debug)]
pub struct CustomerView {
    /// The customer and its account.
    pub summary: CustomerSummary,
    /// Its holds, released ones too, newest first.
    pub holds: Vec<HoldView>,
    /// Holds of others that count for it: of its payer, and what rules hold of whoever carries its account.
    pub holds_of_others: Vec<OthersHold>,
    /// Its people, its places, and the customers above and below it.
    pub belongings: Belongings,
    /// Overrides that count on its account.
    pub overrides: Vec<StandingOverride>,
    /// Promises to pay on its account, newest first; also those from when it was counted on one of its own.
    pub promises: Vec<PromiseRow>,
    /// Asked of the ERP: pending, refused or parked.
    pub requests: Vec<AccountChangeRow>,
    /// Who changed what, newest first.
    pub history: Vec<ChangeRow>,
}

impl Accounts {
    /// Customers of a supplier.
    pub async fn list(
        &self,
        supplier: &str,
        filter: &CustomerFilter,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<CustomerPage, AccountsError> {
        let now = self.surroundings.now();
        let limit = limit.clamp(1, 200);
        let mut tx = self.surroundings.db.read().await?;
        let mut rows = match in_erp_ids(&mut tx, supplier, filter).await? {
            Some(filter) => customer::list(&mut tx, supplier, &filter, after, limit + 1).await?,
            None => Vec::new(),
        };
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let ids: Vec<CustomerId> = rows.iter().map(customer_of).collect();
        let supplier_id = supplier.into();
        let standings = standings(&mut tx, &supplier_id, &ids, now).await?;
        tx.rollback().await?;
        let last = rows.last().map(|row| (row.updated_at, row.customer_id.clone()));
        Ok(CustomerPage {
            customers: rows.iter().map(|row| summary(row, &standings, now)).collect(),
            next: last.filter(|_| more),
        })
    }

    /// One customer.
    pub async fn get(&self, supplier: &str, id: &CustomerId) -> Result<CustomerView, AccountsError> {
        self.view(supplier, id, None).await
    }

    /// The same, with the supplier's texts for holds that have none of their own.
    pub async fn get_worded(
        &self,
        supplier: &Arc<Supplier>,
        id: &CustomerId,
    ) -> Result<CustomerView, AccountsError> {
        let wording = Wording::of(supplier);
        self.view(supplier.id.as_str(), id, Some(&wording)).await
    }

    async fn view(
        &self,
        supplier: &str,
        id: &CustomerId,
        wording: Option<&Wording>,
    ) -> Result<CustomerView, AccountsError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.read().await?;
        let row = customer::get(&mut tx, supplier, id.as_str())
            .await?
            .ok_or_else(|| AccountsError::UnknownCustomer(format!("customer {id}")))?;
        let supplier_id = supplier.into();
        let mut standings = standings(&mut tx, &supplier_id, std::slice::from_ref(id), now).await?;
        let account = CreditAccountId::new(row.credit_account_id.clone());
        add_overrides_of_open_orders(&mut tx, &supplier_id, &mut standings, &account).await?;
        let belongings = Belongings::of(&mut tx, &row).await?;
        let holds = hold_table::of_customer(&mut tx, supplier, id.as_str(), HOLDS).await?;
        let ids = [row.external_id.clone()];
        let requests = sync::changes(&mut tx, supplier, &row.connector_id, &row.scope, &ids).await?;
        let promises = promises(&mut tx, &row).await?;
        let history = history::of_subject(&mut tx, supplier, "customer", id.as_str(), HISTORY_LINES).await?;
        let parties = standings.parties(id, &[]);
        let others = parties.map_or_else(Vec::new, |parties| others_holds(&standings, &parties));
        let ids: Vec<String> = others.iter().map(|(hold, _)| hold.to_string()).collect();
        let rows_of_others = hold_table::many(&mut tx, supplier, &ids).await?;
        tx.rollback().await?;
        let shown = |row: HoldRow, of: &CustomerId| {
            let mut hold = crate::credit::hold_of(&row)?;
            if let (Some(wording), Some(known), None) = (wording, standings.customer(of), row.released_at) {
                standings.dress_hold(wording, known, &mut hold, now);
            }
            let in_force = row.released_at.is_none() && hold.in_force(now);
            Ok::<_, AccountsError>(HoldView { hold, in_force, row })
        };
        let holds = holds.into_iter().map(|row| shown(row, id));
        let holds = holds.collect::<Result<Vec<_>, AccountsError>>()?;
        let mut holds_of_others = Vec::new();
        for row in rows_of_others {
            let whose = others.iter().find(|(hold, _)| hold.as_str() == row.hold_id);
            let Some(customer) = whose.and_then(|(_, of)| standings.customer(of)) else {
                continue;
            };
            holds_of_others.push(OthersHold {
                customer: customer.id.clone(),
                code: customer.code.clone(),
                name: customer.name.clone(),
                held: shown(row, &customer.id)?,
            });
        }
        let summary = summary(&row, &standings, now);
        Ok(CustomerView {
            holds_of_others,
            overrides: standings
                .standing(&summary.credit_account)
                .map_or_else(Vec::new, |standing| standing.overrides.clone()),
            summary,
            belongings,
            holds,
            promises,
            requests,
            history,
        })
    }

    /// The history of a customer, newest first.
    pub async fn history(
        &self,
        supplier: &str,
        id: &CustomerId,
        limit: u32,
    ) -> Result<Vec<ChangeRow>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let limit = i64::from(limit.clamp(1, 500));
        let lines = history::of_subject(&mut tx, supplier, "customer", id.as_str(), limit).await?;
        tx.rollback().await?;
        Ok(lines)
    }

    /// The customers of these ids by their codes and names, for lists of other things.
    pub async fn names(
        &self,
        supplier: &str,
        ids: &[String],
    ) -> Result<HashMap<String, (String, String)>, AccountsError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = customer::many(&mut tx, supplier, ids).await?;
        tx.rollback().await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.customer_id, (row.code, row.name)))
            .collect())
    }
}

/// Promises on the account that carries the customer, and on its own, where that is another by now.
async fn promises(tx: &mut Tx, row: &CustomerRow) -> StorageResult<Vec<PromiseRow>> {
    let supplier = row.supplier_id.as_str();
    let mut all = promise::of_account(tx, supplier, &row.credit_account_id, PROMISES).await?;
    if row.credit_account_id != row.customer_id {
        all.extend(promise::of_account(tx, supplier, &row.customer_id, PROMISES).await?);
        all.sort_by(|a, b| (b.given_at, &b.promise_id).cmp(&(a.given_at, &a.promise_id)));
    }
    Ok(all)
}

/// The holds of others that count for an order of this customer, with whose they are.
fn others_holds(standings: &Standings, parties: &Parties) -> Vec<(HoldId, CustomerId)> {
    let held = standings.held(parties).into_iter();
    held.filter(|(_, customer, _)| customer.id != parties.sold_to)
        .map(|(_, customer, hold)| (hold.id.clone(), customer.id.clone()))
        .collect()
}

fn summary(row: &CustomerRow, standings: &Standings, now: punchgate_domain::Instant) -> CustomerSummary {
    let id = customer_of(row);
    let account = CreditAccountId::new(row.credit_account_id.clone());
    let standing = standings.standing(&account);
    let parties = standings.parties(&id, &[]);
    let holds = parties
        .as_ref()
        .map_or_else(Vec::new, |parties| standings.holds(parties));
    let effective = hold::effective(holds.iter().map(|held| &held.hold), now);
    CustomerSummary {
        connector: row.connector_id.clone(),
        scope: row.scope.clone(),
        external_id: row.external_id.clone(),
        code: row.code.clone(),
        name: row.name.clone(),
        active: row.active != 0,
        credit_account: account,
        payer: parties.map(|parties| parties.payer).filter(|payer| *payer != id),
        terms: terms_of(row),
        currency: standing.map(|standing| standing.currency),
        limit: standing.map_or(CreditLimit::Unknown, |standing| standing.limit),
        exposure: standing.and_then(|standing| standing.exposure),
        reserved: standing.map(|standing| standing.reserved),
        available: standing.and_then(available),
        stops_orders: effective.removes(Permission::Order),
        stops_terms: effective.removes(Permission::OrderOnTerms),
        version: row.version,
        updated_at: row.updated_at,
        id,
    }
}
