//! A round over all accounts of a supplier: for what time alone changes (days overdue, the day of a promise), for
//! reservations, and for rules that were declared, changed, switched off or taken away.

use punchgate_storage::{
    Lane, StorageResult, Tx, credit_account, hold_rule_case, promise,
    work_lease::{self, Lease},
};

use super::{in_question, look_again};
use crate::{
    Surroundings,
    accounts::{AccountsError, crossing::run_again_if_crossed},
    directory::Supplier,
};

/// Accounts that are looked at together.
const ACCOUNTS_A_LOOK: i64 = 500;
/// Accounts that are changed in one transaction.
const ACCOUNTS_A_TRANSACTION: usize = 25;
/// Until when another gateway waits for one that fell silent.
const LEASE_MICROS: i64 = 60_000_000;

/// Whose accounts are looked at.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// All of which something was read.
    Read,
    /// Those with cases that are not over.
    Cases,
    /// Those with promises that are running or broken.
    Promises,
}

/// Looks at all accounts of a supplier, and carries out what its rules say; says how many steps that took. Of several
/// gateways one at a time does so.
pub async fn rules_round(
    surroundings: &Surroundings,
    holder: &str,
    supplier: &Supplier,
) -> Result<usize, AccountsError> {
    let round = Round {
        surroundings,
        supplier,
    };
    let name = format!("hold-rules/{}", supplier.id);
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let lease = work_lease::acquire(&mut tx, &name, holder, LEASE_MICROS).await?;
    tx.commit().await?;
    let Some(lease) = lease else {
        return Ok(0);
    };
    let steps = round.go(&lease).await;
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    work_lease::release(&mut tx, &lease).await?;
    tx.commit().await?;
    steps
}

struct Round<'a> {
    surroundings: &'a Surroundings,
    supplier: &'a Supplier,
}

impl Round<'_> {
    async fn go(&self, lease: &Lease) -> Result<usize, AccountsError> {
        let mut steps = 0;
        let all = [Whose::Cases, Whose::Promises, Whose::Read];
        let worth = |whose: &Whose| !matches!(whose, Whose::Read) || self.supplier.holding.has_rules();
        for whose in all.into_iter().filter(worth) {
            let mut after = String::new();
            loop {
                let mut tx = self.surroundings.db.read().await?;
                let page = self.page(&mut tx, whose, &after).await?;
                let due = in_question(&mut tx, self.surroundings, self.supplier, &page).await?;
                tx.rollback().await?;
                let Some(last) = page.into_iter().next_back() else {
                    break;
                };
                after = last;
                for part in due.chunks(ACCOUNTS_A_TRANSACTION) {
                    steps += run_again_if_crossed!(self.carry_out(lease, part))?;
                }
            }
        }
        Ok(steps)
    }

    async fn page(&self, tx: &mut Tx, whose: Whose, after: &str) -> StorageResult<Vec<String>> {
        let id = self.supplier.id.as_str();
        match whose {
            Whose::Read => {
                let rows = credit_account::read_after(tx, id, after, ACCOUNTS_A_LOOK).await?;
                Ok(rows.into_iter().map(|row| row.credit_account_id).collect())
            }
            Whose::Cases => hold_rule_case::accounts_after(tx, id, after, ACCOUNTS_A_LOOK).await,
            Whose::Promises => promise::accounts_after(tx, id, after, ACCOUNTS_A_LOOK).await,
        }
    }

    async fn carry_out(&self, lease: &Lease, accounts: &[String]) -> Result<usize, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        if let Err(lost) = work_lease::extend(&mut tx, lease, LEASE_MICROS).await? {
            tx.rollback().await?;
            return Err(AccountsError::Storage(lost.into()));
        }
        let steps = look_again(&mut tx, self.surroundings, self.supplier, accounts).await?;
        tx.commit().await?;
        Ok(steps)
    }
}
