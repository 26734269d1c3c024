//! Promises to pay: entered by a person, judged by what the ERP says is overdue, withdrawn by a person.

use jiff::civil::Date;
use punchgate_domain::{Instant, hold::promise::PromiseState, ids::CustomerId, money::Money};
use punchgate_storage::{
    Lane, Tx, credit_account,
    customer::{self, CustomerRow},
    promise::{self, PromiseRow},
};

use super::{
    Accounts, AccountsError, Author,
    change::{history_line, lock_expected},
    overriding::fits_account,
    rules,
};
use crate::{accounts::crossing::run_again_if_crossed, clock::micros, directory::Supplier};

/// Longest note, and longest name of whoever has promised.
const TEXT_CHARS: usize = 500;

/// A promise to pay, to be entered.
#[derive(Clone, Debug)]
pub struct PromiseToPay {
    /// Who pays; counted on the customer's credit account.
    pub customer: CustomerId,
    /// How much, in the account's currency.
    pub amount: Money,
    /// By the end of which day at the supplier.
    pub until: Date,
    /// For people; may be empty.
    pub note: String,
    /// Who has promised, at the customer; may be empty.
    pub promised_by: String,
    /// Who enters it.
    pub entered_by: String,
}

/// A promise was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseGiven {
    /// Which.
    pub id: String,
    /// When it is broken unless it was paid.
    pub deadline: Instant,
}

impl Accounts {
    /// Enters a promise. A rule that respects promises lets go at once, as far as only being overdue is its cause.
    pub async fn promise(
        &self,
        supplier: &Supplier,
        request: &PromiseToPay,
    ) -> Result<PromiseGiven, AccountsError> {
        if request.amount.minor() <= 0 {
            return Err(AccountsError::invalid("amount", "an amount above zero"));
        }
        for (field, text) in [("note", &request.note), ("by", &request.promised_by)] {
            if text.chars().count() > TEXT_CHARS {
                return Err(AccountsError::invalid(
                    field,
                    format!("at most {TEXT_CHARS} characters"),
                ));
            }
        }
        let today = self
            .surroundings
            .now()
            .to_zoned(supplier.time_zone.clone())
            .date();
        let deadline = supplier.holding.deadline(request.until, &supplier.time_zone);
        let deadline = deadline.filter(|_| request.until >= today);
        let Some(deadline) = deadline else {
            return Err(AccountsError::invalid("until", format!("a day from {today} on")));
        };
        run_again_if_crossed!(self.promise_once(supplier, request, deadline))
    }

    async fn promise_once(
        &self,
        supplier: &Supplier,
        request: &PromiseToPay,
        deadline: Instant,
    ) -> Result<PromiseGiven, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let (id, now) = (supplier.id.as_str(), self.surroundings.now());
        let found = lock_expected(&mut tx, id, &request.customer, None).await?;
        fits_account(&mut tx, &found, request.amount).await?;
        let account = found.credit_account_id.clone();
        let standing = credit_account::many(&mut tx, id, std::slice::from_ref(&account)).await?;
        let overdue = standing.first().and_then(|row| row.exposure_overdue_minor);
        if overdue.is_some_and(|overdue| overdue <= 0) {
            let text = "by the last reading of the ERP nothing is overdue: there is nothing to promise";
            return Err(AccountsError::InvalidTransition(text.to_owned()));
        }
        // What is promised already is not promised twice: a payment keeps one promise after the other.
        let running = promise::open_of_accounts(&mut tx, id, std::slice::from_ref(&account)).await?;
        let promised: i64 = running
            .iter()
            .filter(|row| row.state == PromiseState::Running.to_string())
            .map(|row| row.amount_minor)
            .sum();
        let overdue_before = overdue.map(|overdue| (overdue - promised).max(request.amount.minor()));
        let row = PromiseRow {
            supplier_id: id.to_owned(),
            promise_id: self.surroundings.new_id(),
            customer_id: found.customer_id.clone(),
            credit_account_id: account.clone(),
            currency: request.amount.currency().to_string(),
            amount_minor: request.amount.minor(),
            overdue_before_minor: overdue_before,
            until: request.until.to_string(),
            deadline: micros(deadline),
            note: request.note.trim().to_owned(),
            promised_by: request.promised_by.trim().to_owned(),
            entered_by: request.entered_by.clone(),
            given_at: micros(now),
            state: PromiseState::Running.to_string(),
            state_reason: None,
            settled_at: None,
            version: 1,
        };
        promise::insert(&mut tx, &row).await?;
        let author = Author {
            who: request.entered_by.clone(),
            why: match row.note.is_empty() {
                true => "promised to pay".to_owned(),
                false => row.note.clone(),
            },
        };
        let words = format!("{} until {}", request.amount, request.until);
        self.note_promise(&mut tx, &found, &row, (None, Some(words)), &author)
            .await?;
        rules::look_again(&mut tx, &self.surroundings, supplier, &[account]).await?;
        tx.commit().await?;
        Ok(PromiseGiven {
            id: row.promise_id,
            deadline,
        })
    }

    /// Takes a promise back, one that is running or broken: what was suspended for it counts again, and what stands for
    /// its being broken is over.
    pub async fn withdraw_promise(
        &self,
        supplier: &Supplier,
        id: &str,
        author: &Author,
    ) -> Result<(), AccountsError> {
        run_again_if_crossed!(self.withdraw_promise_once(supplier, id, author))
    }

    async fn withdraw_promise_once(
        &self,
        supplier: &Supplier,
        promise_id: &str,
        author: &Author,
    ) -> Result<(), AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let (id, now) = (supplier.id.as_str(), self.surroundings.now());
        let found = get_promise(&mut tx, id, promise_id).await?;
        let accounts = [found.credit_account_id.clone()];
        credit_account::lock_many(&mut tx, id, &accounts).await?;
        // Read again under the lock.
        let row = get_promise(&mut tx, id, promise_id).await?;
        let open = [PromiseState::Running, PromiseState::Broken].map(PromiseState::as_str);
        if !open.contains(&row.state.as_str()) {
            return Err(AccountsError::InvalidTransition(format!(
                "the promise is {}",
                row.state
            )));
        }
        let withdrawn = PromiseRow {
            state: PromiseState::Withdrawn.to_string(),
            state_reason: Some(author.why.clone()),
            settled_at: Some(micros(now)),
            ..row.clone()
        };
        if !promise::settle(&mut tx, &withdrawn).await? {
            return Err(AccountsError::VersionConflict {
                what: "the promise",
                expected: row.version,
                actual: row.version + 1,
            });
        }
        if let Some(customer) = customer::get(&mut tx, id, &row.customer_id).await? {
            let values = (Some(row.state.clone()), Some(withdrawn.state.clone()));
            self.note_promise(&mut tx, &customer, &row, values, author)
                .await?;
        }
        rules::look_again(&mut tx, &self.surroundings, supplier, &accounts).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn note_promise(
        &self,
        tx: &mut Tx,
        customer: &CustomerRow,
        row: &PromiseRow,
        values: (Option<String>, Option<String>),
        author: &Author,
    ) -> Result<(), AccountsError> {
        let field = format!("promise:{}", row.promise_id);
        let now = self.surroundings.now();
        let line = history_line(&self.surroundings, customer, &field, values, author, now);
        Ok(crate::events::record(tx, &[line]).await?)
    }
}

async fn get_promise(tx: &mut Tx, supplier: &str, id: &str) -> Result<PromiseRow, AccountsError> {
    promise::get(tx, supplier, id)
        .await?
        .ok_or_else(|| AccountsError::NotFound {
            what: "promise",
            id: id.to_owned(),
        })
}
