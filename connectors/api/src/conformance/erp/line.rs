//! Trouble on the line to an ERP: nothing less counts as everything, and nobody says of what was carried out that it was
//! not.

use super::{
    Bench, Orders, Outcome, Report,
    orders::{clean_up, find, submission},
    patches::patch,
};
use crate::{
    Accounts, Cursor, Page,
    accounts::Account,
    conformance::{
        line::{
            EXCHANGES, OF_A_READING, cut_at_each, judge_order, judge_reading, lose_answers, of_accounts,
            told, undisturbed,
        },
        report::{Stop, ensure},
    },
    context::Trouble,
};
use punchgate_domain::{customer::CreditLimit, money::Money};

/// Two pages are read where there are as many.
const SMALL: u32 = 2;

pub(super) async fn accounts(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    for (case, trouble) in of_accounts() {
        report.note(case, reading(bench, system, trouble).await);
    }
    report.note("patch-cut", patch_cut(bench, system).await);
}

pub(super) async fn orders(report: &mut Report, bench: &Bench<'_>, system: &dyn Orders) {
    let disturbed = async |trouble, after| disturbed(bench, system, trouble, after).await;
    let cut = cut_at_each(disturbed).await;
    let at = cut.as_ref().ok().copied();
    report.note(
        "order-cut",
        cut.map(|at| format!("made at exchange {}: unknown, and found", at + 1)),
    );
    report.note("order-answer-lost", lose_answers(at, disturbed).await);
}

/// A page from the beginning, and the one after it, with the trouble at one exchange in turn.
async fn reading(bench: &Bench<'_>, system: &dyn Accounts, trouble: Trouble) -> Outcome {
    let mut met = 0;
    let mut cursor: Option<Cursor> = None;
    for _ in 0..2 {
        let whole = system.pull(&bench.context(), cursor.as_ref(), SMALL).await?;
        let all = |page: &Page<Account>| {
            let items = page.items.iter().map(|account| Account {
                // It may be reckoned for every reading.
                exposure: None,
                ..account.clone()
            });
            (items.collect::<Vec<_>>(), page.deleted.clone(), page.more)
        };
        for after in OF_A_READING {
            let (context, disturbance) = bench.disturbed(trouble, after);
            let read = system.pull(&context, cursor.as_ref(), SMALL).await;
            if !disturbance.was_met() {
                break;
            }
            met += 1;
            judge_reading(trouble, &disturbance, read.map(|page| all(&page)), &all(&whole))?;
        }
        cursor = Some(whole.next_cursor);
    }
    told(met)
}

/// A write whose line is cut, at every exchange in turn: who says that nothing was changed is right.
async fn patch_cut(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    if !bench.capabilities.writable.credit_limit {
        return Err(Stop::Skipped("the limit cannot be written".to_owned()));
    }
    let mut met = 0;
    for after in 0..EXCHANGES {
        let before = bench.customer(system).await?;
        let limit = CreditLimit::Amount(Money::from_minor(910_000 + i64::from(after), before.currency));
        let mut change = patch(&before);
        change.credit_limit = Some(limit);
        let (context, disturbance) = bench.disturbed(Trouble::Cut, after);
        let outcome = system.patch(&context, &change).await;
        if !disturbance.was_met() {
            break;
        }
        met += 1;
        let is_written = bench.customer(system).await?.credit_limit == limit;
        let says_no = outcome.as_ref().is_err_and(|error| error.surely_unchanged());
        ensure(!(is_written && says_no), || {
            format!(
                "{}, {}: the limit was written, and it counts as {outcome:?}",
                disturbance.what(),
                Trouble::Cut.as_str()
            )
        })?;
    }
    if met == 0 {
        return Err(undisturbed());
    }
    Ok(format!(
        "at {met} exchanges in turn: nobody says no of what was written"
    ))
}

/// Whether the order is there after the trouble; nothing if there was no such exchange.
async fn disturbed(
    bench: &Bench<'_>,
    system: &dyn Orders,
    trouble: Trouble,
    after: u32,
) -> Result<Option<bool>, Stop> {
    let what = submission(bench);
    let (context, disturbance) = bench.disturbed(trouble, after);
    let outcome = system.submit(&context, &what).await;
    let found = find(bench, system, &what.key()).await;
    clean_up(bench, system, found.as_deref().unwrap_or_default()).await;
    if !disturbance.was_met() {
        return Ok(None);
    }
    let there = found?.len();
    judge_order(trouble, &disturbance, outcome, there)?;
    Ok(Some(there == 1))
}
