//! Overrides: a person lets an order, or a customer's orders until a date or amount, pass in spite of holds
//! or limit. Neither a hold nor the ERP is changed by it.

use punchgate_domain::{
    Instant,
    hold::OverrideScope,
    ids::{CustomerId, OverrideId},
    money::Money,
};
use punchgate_storage::{
    Lane, Tx,
    credit_account::{self, CreditAccountRow},
    customer::CustomerRow,
    history::ChangeRow,
    hold_override::{self, OverrideRow},
    order,
};

use super::{Accounts, AccountsError, Author, change::lock_expected};
use crate::{
    accounts::crossing::run_again_if_crossed,
    clock::micros,
    credit::{redecide_accounts, redecide_customers},
};

/// An override to give.
#[derive(Clone, Debug)]
pub struct PlaceOverride {
    /// What it lets pass.
    pub scope: OverrideScope,
    /// Who and why.
    pub author: Author,
}

/// An override was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverridePlaced {
    /// Which.
    pub id: OverrideId,
}

impl Accounts {
    /// Gives an override and enqueues the second look at the orders that it may let pass.
    pub async fn place_override(
        &self,
        supplier: &str,
        request: &PlaceOverride,
    ) -> Result<OverridePlaced, AccountsError> {
        // The variants can be built past their constructor: a customer's override without end is refused here.
        if let OverrideScope::Customer {
            customer,
            until,
            amount,
        } = &request.scope
        {
            OverrideScope::customer(customer.clone(), *until, *amount)
                .map_err(|error| AccountsError::invalid("scope", error))?;
            if until.is_some_and(|until| until <= self.surroundings.now()) {
                return Err(AccountsError::invalid(
                    "until",
                    "an instant in the future, or none",
                ));
            }
        }
        run_again_if_crossed!(self.place_override_once(supplier, request))
    }

    async fn place_override_once(
        &self,
        supplier: &str,
        request: &PlaceOverride,
    ) -> Result<OverridePlaced, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = self.surroundings.now();
        let row = self.override_row(supplier, request, now);
        match &request.scope {
            OverrideScope::Order(id) => {
                let not_found = || AccountsError::NotFound {
                    what: "order",
                    id: id.to_string(),
                };
                let found = order::get(&mut tx, supplier, id.as_str())
                    .await?
                    .ok_or_else(not_found)?;
                let accounts: Vec<String> = found.credit_account_id.into_iter().collect();
                credit_account::lock_many(&mut tx, supplier, &accounts).await?;
                hold_override::insert(&mut tx, &row).await?;
                redecide_accounts(&mut tx, supplier, &accounts, now).await?;
            }
            OverrideScope::Customer { customer, amount, .. } => {
                let found = lock_expected(&mut tx, supplier, customer, None).await?;
                if let Some(amount) = amount {
                    fits_account(&mut tx, &found, *amount).await?;
                }
                hold_override::insert(&mut tx, &row).await?;
                redecide_customers(&mut tx, supplier, &[found.customer_id], now).await?;
            }
        }
        let line = self.override_line(&row, &request.author, (None, Some(words(&row))), now);
        crate::events::record(&mut tx, &[line]).await?;
        tx.commit().await?;
        tracing::info!(
            supplier,
            id = row.override_id,
            by = row.placed_by,
            "override given"
        );
        Ok(OverridePlaced {
            id: OverrideId::new(row.override_id),
        })
    }

    /// Takes an override back; orders that have passed on it stay approved.
    pub async fn revoke_override(
        &self,
        supplier: &str,
        id: &OverrideId,
        author: &Author,
    ) -> Result<(), AccountsError> {
        run_again_if_crossed!(self.revoke_override_once(supplier, id, author))
    }

    async fn revoke_override_once(
        &self,
        supplier: &str,
        id: &OverrideId,
        author: &Author,
    ) -> Result<(), AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = self.surroundings.now();
        let not_found = || AccountsError::NotFound {
            what: "override",
            id: id.to_string(),
        };
        let row = hold_override::get(&mut tx, supplier, id.as_str())
            .await?
            .ok_or_else(not_found)?;
        lock_accounts_of(&mut tx, &row).await?;
        if !hold_override::revoke(&mut tx, supplier, id.as_str(), micros(now)).await? {
            return Err(AccountsError::InvalidTransition(
                "the override is revoked already".to_owned(),
            ));
        }
        let line = self.override_line(&row, author, (Some(words(&row)), None), now);
        crate::events::record(&mut tx, &[line]).await?;
        tx.commit().await?;
        Ok(())
    }

    fn override_row(&self, supplier: &str, request: &PlaceOverride, now: Instant) -> OverrideRow {
        let (order, customer, until, amount) = match &request.scope {
            OverrideScope::Order(order) => (Some(order.to_string()), None, None, None),
            OverrideScope::Customer {
                customer,
                until,
                amount,
            } => (None, Some(customer.to_string()), *until, *amount),
        };
        OverrideRow {
            supplier_id: supplier.to_owned(),
            override_id: self.surroundings.new_id(),
            order_id: order,
            customer_id: customer,
            until: until.map(micros),
            currency: amount.map(|amount| amount.currency().to_string()),
            amount_minor: amount.map(|amount| amount.minor()),
            reason: request.author.why.clone(),
            placed_by: request.author.who.clone(),
            placed_at: micros(now),
            revoked_at: None,
        }
    }

    fn override_line(
        &self,
        row: &OverrideRow,
        author: &Author,
        (from, to): (Option<String>, Option<String>),
        now: Instant,
    ) -> ChangeRow {
        let (subject, subject_id) = match (&row.customer_id, &row.order_id) {
            (Some(customer), _) => ("customer", customer.clone()),
            (None, order) => ("order", order.clone().unwrap_or_default()),
        };
        ChangeRow {
            supplier_id: row.supplier_id.clone(),
            change_id: self.surroundings.new_id(),
            subject: subject.to_owned(),
            subject_id,
            field: format!("override:{}", row.override_id),
            from_value: from,
            to_value: to,
            who: author.who.clone(),
            why: author.why.clone(),
            changed_at: micros(now),
        }
    }
}

/// A revocation waits for decisions that are under way on the override.
async fn lock_accounts_of(tx: &mut Tx, row: &OverrideRow) -> Result<(), AccountsError> {
    if let Some(customer) = &row.customer_id {
        lock_expected(tx, &row.supplier_id, &CustomerId::new(customer.clone()), None).await?;
    } else if let Some(id) = &row.order_id
        && let Some(found) = order::get(tx, &row.supplier_id, id).await?
    {
        let accounts: Vec<String> = found.credit_account_id.into_iter().collect();
        credit_account::lock_many(tx, &row.supplier_id, &accounts).await?;
    }
    Ok(())
}

/// An amount counts in the currency of the account: in another one it would let nothing pass.
pub(super) async fn fits_account(
    tx: &mut Tx,
    customer: &CustomerRow,
    amount: Money,
) -> Result<(), AccountsError> {
    let account = [customer.credit_account_id.clone()];
    let rows = credit_account::many(tx, &customer.supplier_id, &account).await?;
    let counts = |row: &&CreditAccountRow| row.currency != amount.currency().to_string();
    match rows.iter().find(counts) {
        Some(row) => Err(AccountsError::invalid(
            "amount",
            format!(
                "in the currency of the customer's credit account, {}",
                row.currency
            ),
        )),
        None => Ok(()),
    }
}

/// The override in words, for the history.
fn words(row: &OverrideRow) -> String {
    let mut text = match &row.order_id {
        Some(order) => format!("order {order}"),
        None => "all orders".to_owned(),
    };
    if let Ok(record) = crate::credit::override_of(row)
        && let OverrideScope::Customer { until, amount, .. } = record.scope
    {
        if let Some(until) = until {
            text.push_str(&format!(" until {until}"));
        }
        if let Some(amount) = amount {
            text.push_str(&format!(" up to {amount}"));
        }
    }
    text
}
