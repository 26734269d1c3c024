//! Holds by rule: what a supplier's rules say of credit accounts, carried out.
//!
//! The hold is on the account's carrier, who owes the money, and counts for everybody who is counted on the account.
//! **Invariant:** decided by `punchgate_domain::hold::rule` alone, on what is locked; a rule touches its own hold only.

mod loaded;
mod round;
mod written;

use punchgate_domain::hold::rule::RuleStep;
use punchgate_storage::{StorageResult, Tx};

use crate::{Surroundings, directory::Supplier};
use loaded::Loaded;

pub(crate) use loaded::promise_of;
pub use round::rules_round;

/// Whether the rows are to be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// To look only.
    Look,
    /// To act on it.
    Lock,
}

/// Judges the promises of these accounts, which are sorted, and carries out what the rules say of them. Says how many
/// steps that took.
pub(crate) async fn look_again(
    tx: &mut Tx,
    surroundings: &Surroundings,
    supplier: &Supplier,
    accounts: &[String],
) -> StorageResult<usize> {
    if accounts.is_empty() {
        return Ok(0);
    }
    let now = surroundings.now();
    let loaded = Loaded::load(tx, supplier, accounts, now, Reading::Lock).await?;
    written::write(tx, surroundings, supplier, &loaded.judge(supplier)?, now).await
}

/// Those of these accounts of which there is something to do.
async fn in_question(
    tx: &mut Tx,
    surroundings: &Surroundings,
    supplier: &Supplier,
    accounts: &[String],
) -> StorageResult<Vec<String>> {
    let loaded = Loaded::load(tx, supplier, accounts, surroundings.now(), Reading::Look).await?;
    let judged = loaded.judge(supplier)?.into_iter();
    Ok(judged.map(|one| one.account.clone()).collect())
}

fn does_something(step: &RuleStep) -> bool {
    *step != RuleStep::Leave
}
