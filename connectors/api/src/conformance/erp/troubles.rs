//! Orders in trouble: a limit that is used up, a part that is not there.

use punchgate_domain::{customer::CreditLimit, money::Money};

use super::{
    Bench, Orders, Outcome, Report,
    orders::{clean_up, find, submission},
    patches::{applied, patch},
};
use crate::{
    Accounts, ErrorKind, Spec,
    conformance::report::{Stop, applies, ensure},
    orders::{OrderSubmission, PlacedOrder, PlacedState, SubmitOutcome},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, spec: &Spec<'_>, system: &dyn Orders) {
    report.note("order-over-limit", over_limit(bench, spec.accounts, system).await);
    report.note("order-unknown-part", unknown_part(bench, system).await);
}

async fn over_limit(bench: &Bench<'_>, accounts: Option<&dyn Accounts>, system: &dyn Orders) -> Outcome {
    applies(
        bench.capabilities.enforces_limit,
        "the system does not enforce limits: the gateway does",
    )?;
    applies(
        bench.fixture.order.live,
        "only real orders must be counted, and the suite may not make any",
    )?;
    let writable = bench.capabilities.writable.credit_limit;
    let accounts = accounts.filter(|_| writable);
    let Some(accounts) = accounts else {
        return Err(Stop::Skipped("the limit cannot be written".to_owned()));
    };
    let before = bench.customer(accounts).await?;
    applies(
        before.credit_limit != CreditLimit::Unknown,
        "the limit is unknown: it could not be put back",
    )?;
    let mut change = patch(&before);
    change.credit_limit = Some(CreditLimit::Amount(Money::from_minor(1, before.currency)));
    let low = applied(bench, accounts, &change).await?;
    let what = submission(bench);
    let outcome = system.submit(&bench.context(), &what).await;
    let found = find(bench, system, &what.key()).await;
    clean_up(bench, system, found.as_deref().unwrap_or_default()).await;
    let mut restore = patch(&low);
    restore.credit_limit = Some(before.credit_limit);
    applied(bench, accounts, &restore).await?;
    match outcome? {
        SubmitOutcome::Rejected(refusal) => {
            let found = found?;
            ensure(found.is_empty(), || format!("rejected, yet found: {found:?}"))?;
            Ok(format!("rejected: {}", refusal.message))
        }
        SubmitOutcome::Created(PlacedOrder {
            state: PlacedState::OnHold { message, .. },
            ..
        }) => Ok(format!("on hold: {message}")),
        other => Err(Stop::Failed(format!(
            "an order beyond the limit, which the system enforces: {other:?}"
        ))),
    }
}

/// Forty characters of several scripts.
fn with_an_unknown_part(bench: &Bench<'_>) -> OrderSubmission {
    let mut what = submission(bench);
    for line in &mut what.order.lines {
        let part = format!("Größe-部品-{}", what.reference);
        line.part_id = part.chars().take(40).collect();
    }
    what
}

/// Rejected in words, or kept for a person there; not taken for another part, and no reason to choke.
async fn unknown_part(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let what = with_an_unknown_part(bench);
    let outcome = system.submit(&bench.context(), &what).await;
    let found = find(bench, system, &what.key()).await;
    clean_up(bench, system, found.as_deref().unwrap_or_default()).await;
    let found = found?;
    match outcome {
        Ok(SubmitOutcome::Rejected(refusal)) => {
            ensure(found.is_empty() && !refusal.message.is_empty(), || {
                format!("rejected with {refusal:?}, found {found:?}")
            })?;
            Ok(format!("rejected: {}", refusal.message))
        }
        Ok(SubmitOutcome::Created(order)) => {
            ensure(found.len() == 1, || {
                format!("created '{}', found {found:?}", order.order_id)
            })?;
            Ok("kept for a person there".to_owned())
        }
        Err(error) if error.kind == ErrorKind::Rejected => Ok(error.to_string()),
        Err(error) => Err(error.into()),
        Ok(other) => Err(Stop::Failed(format!("a new order: {other:?}"))),
    }
}
