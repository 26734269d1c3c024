//! A company, sales area or credit segment that does not exist: nothing is read there and nothing written.
//!
//! An ERP that falls back to "no company" tells a customer without a limit, and keeps what is written where nobody looks.

use punchgate_domain::{customer::CreditLimit, money::Money};

use super::{
    Bench, Outcome, Report,
    patches::{patch, some_change},
};
use crate::{
    Connector, ErrorKind, Spec,
    accounts::PatchOutcome,
    conformance::report::{Stop, ensure},
    orders::SubmitOutcome,
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, spec: &Spec<'_>) {
    if spec.accounts.is_some() {
        report.note("accounts-wrong-scope", pull(bench).await);
        report.note("accounts-wrong-scope-by-key", by_key(bench).await);
        report.note("patch-wrong-scope", write(bench, spec).await);
    }
    if spec.exposure.is_some() {
        report.note("exposure-wrong-scope", exposure(bench).await);
    }
    if spec.orders.is_some() {
        report.note("order-wrong-scope", order(bench, spec).await);
    }
}

/// The connector that was set to a scope that does not exist.
fn elsewhere<'a>(bench: &Bench<'a>) -> Result<&'a dyn Connector, Stop> {
    let connector = bench.fixture.wrong_scope;
    connector.ok_or_else(|| Stop::Skipped("no connector with a wrong scope was given".to_owned()))
}

fn absent(what: &'static str) -> Stop {
    Stop::Failed(format!("the connector with the wrong scope has no {what}"))
}

async fn pull(bench: &Bench<'_>) -> Outcome {
    let system = elsewhere(bench)?
        .spec()
        .accounts
        .ok_or_else(|| absent("accounts"))?;
    match system.pull(&bench.context(), None, 1).await {
        Err(error) => Ok(error.to_string()),
        Ok(page) => Err(Stop::Failed(format!(
            "a scope that does not exist answered with {} accounts",
            page.items.len()
        ))),
    }
}

async fn by_key(bench: &Bench<'_>) -> Outcome {
    let system = elsewhere(bench)?
        .spec()
        .accounts
        .ok_or_else(|| absent("accounts"))?;
    let keys = [bench.fixture.customer.clone()];
    match system.get(&bench.context(), &keys).await {
        Err(error) => Ok(error.to_string()),
        Ok(found) => {
            let limits: Vec<CreditLimit> = found.items.iter().map(|account| account.credit_limit).collect();
            ensure(limits.is_empty(), || {
                format!("a scope that does not exist told an account, with the limit {limits:?}")
            })?;
            Ok("the account is not there".to_owned())
        }
    }
}

/// Neither there nor in the scope that there is.
async fn write(bench: &Bench<'_>, spec: &Spec<'_>) -> Outcome {
    let there = elsewhere(bench)?
        .spec()
        .accounts
        .ok_or_else(|| absent("accounts"))?;
    let here = spec.accounts.ok_or_else(|| absent("accounts"))?;
    let before = bench.customer(here).await?;
    let mut change = some_change(bench, &before)?;
    if change.credit_limit.is_some() {
        change = patch(&before);
        change.credit_limit = Some(CreditLimit::Amount(Money::from_minor(333_300, before.currency)));
    }
    let said = match there.patch(&bench.context(), &change).await {
        Ok(PatchOutcome::Rejected(refusals)) => format!("rejected: {refusals:?}"),
        Err(error) if error.kind != ErrorKind::Unknown => error.to_string(),
        other => {
            return Err(Stop::Failed(format!(
                "a patch in a scope that does not exist was not refused: {other:?}"
            )));
        }
    };
    let after = bench.customer(here).await?;
    ensure(after == before || after.version == before.version, || {
        format!("refused in a scope that does not exist, and written here: {after:?}")
    })?;
    Ok(said)
}

async fn exposure(bench: &Bench<'_>) -> Outcome {
    let system = elsewhere(bench)?
        .spec()
        .exposure
        .ok_or_else(|| absent("exposure"))?;
    let keys = [bench.fixture.customer.clone()];
    match system.exposure(&bench.context(), &keys).await {
        Err(error) => Ok(error.to_string()),
        Ok(found) => {
            ensure(found.items.is_empty(), || {
                format!("a scope that does not exist told what is owed: {:?}", found.items)
            })?;
            Ok("nothing is owed there".to_owned())
        }
    }
}

async fn order(bench: &Bench<'_>, spec: &Spec<'_>) -> Outcome {
    let there = elsewhere(bench)?.spec().orders.ok_or_else(|| absent("orders"))?;
    let here = spec.orders.ok_or_else(|| absent("orders"))?;
    let what = super::orders::submission(bench);
    let said = match there.submit(&bench.context(), &what).await {
        Ok(SubmitOutcome::Rejected(refusal)) => format!("rejected: {}", refusal.message),
        Err(error) if error.kind != ErrorKind::Unknown => error.to_string(),
        other => {
            return Err(Stop::Failed(format!(
                "an order in a scope that does not exist was not refused: {other:?}"
            )));
        }
    };
    let found = super::orders::find(bench, here, &what.key()).await?;
    super::orders::clean_up(bench, here, &found).await;
    ensure(found.is_empty(), || format!("refused, yet found: {found:?}"))?;
    Ok(said)
}
