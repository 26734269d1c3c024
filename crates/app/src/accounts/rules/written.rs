//! What rules say, written: holds, cases, promises, history, requests to the ERP, the second look at waiting orders.

use punchgate_domain::{
    Instant,
    hold::{HoldSource, promise::PromiseState, rule::HoldRule, rule::RuleStep},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    customer::CustomerRow,
    hold::{self, HoldRow},
    hold_rule_case::{self, CaseRow},
    promise::{self, PromiseRow},
};

use super::loaded::{Judged, RuleToDo, promise_of};
use crate::{
    Surroundings,
    accounts::{
        AccountsError, Author,
        change::{advance, ask_erp, history_line},
        holding::{end_hold, value_of},
    },
    clock::micros,
    credit::{redecide_accounts, redecide_customers},
    directory::Supplier,
    sync::{Field, FieldValue},
};

/// Writes what is to be done, and says how many steps it took.
pub(super) async fn write(
    tx: &mut Tx,
    surroundings: &Surroundings,
    supplier: &Supplier,
    judged: &[Judged<'_>],
    now: Instant,
) -> StorageResult<usize> {
    let mut writing = Writing {
        surroundings,
        supplier,
        now,
        steps: 0,
    };
    let (mut accounts, mut carriers) = (Vec::new(), Vec::new());
    for one in judged {
        for (row, state, why) in &one.promises {
            writing.promise(tx, one.carrier, row, *state, why).await?;
        }
        let mut held = false;
        for to_do in &one.steps {
            held |= writing.step(tx, one, to_do).await?;
        }
        if held {
            accounts.push(one.account.clone());
            carriers.push(one.carrier.customer_id.clone());
            advance(tx, one.carrier, now).await.map_err(crossed)?;
        }
    }
    let id = supplier.id.as_str();
    if !accounts.is_empty() {
        redecide_accounts(tx, id, &accounts, now).await?;
        redecide_customers(tx, id, &carriers, now).await?;
    }
    Ok(writing.steps)
}

struct Writing<'a> {
    surroundings: &'a Surroundings,
    supplier: &'a Supplier,
    now: Instant,
    steps: usize,
}

/// What does not fit what was just locked has crossed another transaction: it is run again.
fn crossed(error: AccountsError) -> StorageError {
    match error {
        AccountsError::Storage(error) => error,
        error => StorageError::Retry(error.to_string()),
    }
}

impl Writing<'_> {
    /// Takes one step; whether holds have changed.
    async fn step(&mut self, tx: &mut Tx, one: &Judged<'_>, to_do: &RuleToDo<'_>) -> StorageResult<bool> {
        self.steps += 1;
        let rule = self.supplier.holding.rule(&to_do.rule);
        match (&to_do.step, rule) {
            (RuleStep::Place(why), Ok(rule)) => self.place(tx, one, rule, why).await.map(|()| true),
            (RuleStep::Replace(why), Ok(rule)) => {
                self.release(tx, one.carrier, to_do, "the rule says something else by now")
                    .await?;
                self.place(tx, one, rule, why).await.map(|()| true)
            }
            (RuleStep::Release(why), _) => {
                self.release(tx, one.carrier, to_do, why).await?;
                self.close(tx, to_do).await.map(|()| true)
            }
            (RuleStep::Close, _) => self.close(tx, to_do).await.map(|()| false),
            (RuleStep::Leave | RuleStep::Place(_) | RuleStep::Replace(_), _) => Ok(false),
        }
    }

    async fn place(&self, tx: &mut Tx, one: &Judged<'_>, rule: &HoldRule, why: &str) -> StorageResult<()> {
        let author = Author {
            who: format!("rule {}", rule.id),
            why: why.to_owned(),
        };
        let carrier = one.carrier;
        let row = self.row(carrier, rule, &author);
        hold::insert_many(tx, std::slice::from_ref(&row)).await?;
        let field = Field::Hold(row.external_id.clone());
        let value = FieldValue::Hold(Some(value_of(&row)));
        let values = (None, Some(value.to_string()));
        let line = history_line(
            self.surroundings,
            carrier,
            &field.key(),
            values,
            &author,
            self.now,
        );
        crate::events::record(tx, &[line]).await?;
        if rule.push {
            ask_erp(tx, carrier, &field, &value, &author, self.now).await?;
        }
        let case = CaseRow {
            supplier_id: row.supplier_id.clone(),
            credit_account_id: one.account.clone(),
            rule_id: rule.id.clone(),
            hold_id: row.hold_id.clone(),
            code: rule.code.clone(),
            opened_at: micros(self.now),
        };
        hold_rule_case::put_many(tx, &[case]).await?;
        tracing::info!(
            supplier = row.supplier_id,
            customer = row.customer_id,
            rule = rule.id,
            why,
            "a rule holds"
        );
        Ok(())
    }

    fn row(&self, carrier: &CustomerRow, rule: &HoldRule, author: &Author) -> HoldRow {
        let id = self.surroundings.new_id();
        HoldRow {
            supplier_id: carrier.supplier_id.clone(),
            hold_id: id.clone(),
            external_id: id,
            customer_id: carrier.customer_id.clone(),
            source: HoldSource::Rule.as_str().to_owned(),
            code: rule.code.clone(),
            removes: i64::from(rule.removes.bits()),
            removes_told: 0,
            // The ERP's people read there what ours read here.
            text_internal: if rule.push {
                author.why.clone()
            } else {
                String::new()
            },
            text_accounts_payable: String::new(),
            text_shopper: String::new(),
            since: micros(self.now),
            until: None,
            placed_by: author.who.clone(),
            place_reason: author.why.clone(),
            released_at: None,
            released_by: None,
            release_reason: None,
            push_state: if rule.push { "pending" } else { "local" }.to_owned(),
            rule_id: Some(rule.id.clone()),
            version: 1,
        }
    }

    async fn release(
        &self,
        tx: &mut Tx,
        carrier: &CustomerRow,
        to_do: &RuleToDo<'_>,
        why: &str,
    ) -> StorageResult<()> {
        let Some(row) = to_do.hold else {
            return Ok(());
        };
        let author = Author {
            who: format!("rule {}", to_do.rule),
            why: why.to_owned(),
        };
        tracing::info!(
            supplier = row.supplier_id,
            customer = row.customer_id,
            rule = to_do.rule,
            why,
            "a rule lets go"
        );
        end_hold(self.surroundings, tx, carrier, row.clone(), &author, self.now)
            .await
            .map_err(crossed)
    }

    async fn close(&self, tx: &mut Tx, to_do: &RuleToDo<'_>) -> StorageResult<()> {
        match to_do.case {
            Some(case) => hold_rule_case::close(tx, case).await,
            None => Ok(()),
        }
    }

    async fn promise(
        &mut self,
        tx: &mut Tx,
        carrier: &CustomerRow,
        row: &PromiseRow,
        state: PromiseState,
        why: &str,
    ) -> StorageResult<()> {
        self.steps += 1;
        let promise = promise_of(row)?;
        let author = Author::gateway(format!(
            "{} were promised until {}: {why}",
            promise.amount, promise.until
        ));
        let field = format!("promise:{}", row.promise_id);
        let values = (Some(row.state.clone()), Some(state.to_string()));
        let line = history_line(self.surroundings, carrier, &field, values, &author, self.now);
        crate::events::record(tx, &[line]).await?;
        let settled = PromiseRow {
            state: state.to_string(),
            state_reason: Some(why.to_owned()),
            settled_at: Some(micros(self.now)),
            ..row.clone()
        };
        match promise::settle(tx, &settled).await? {
            true => Ok(()),
            false => Err(StorageError::Retry("a promise was changed meanwhile".to_owned())),
        }
    }
}
