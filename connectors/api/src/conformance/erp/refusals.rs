//! What an ERP cannot take is refused by its field and in words, and nothing of it is written.

use punchgate_domain::{
    customer::CreditLimit,
    money::{Currency, Money},
};

use super::{
    Accounts, Bench, Outcome, Report,
    patches::{applied, patch, test_hold},
};
use crate::{
    ErrorKind,
    accounts::{Account, AccountPatch, FieldRefusal, PatchOutcome},
    conformance::report::{Stop, applies, ensure},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    report.note("patch-refused", unknown_terms(bench, system).await);
    report.note("patch-refused-whole", whole(bench, system).await);
    report.note("patch-refused-limit", limit(bench, system).await);
    report.note("patch-hold-code", hold_code(bench, system).await);
}

/// Forty characters, which is more than most systems keep, of several scripts.
fn strange(text: &str) -> String {
    let text = format!("Zähl-客户-{text}");
    text.chars().chain("x".repeat(40).chars()).take(40).collect()
}

/// The refusals of a field, if it was refused and nothing was written.
async fn refused(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    before: &Account,
    change: &AccountPatch,
    field: &str,
) -> Result<String, Stop> {
    let outcome = system.patch(&bench.context(), change).await;
    let after = bench.customer(system).await?;
    let said = match outcome {
        Ok(PatchOutcome::Rejected(refusals)) => {
            let fits = |refusal: &FieldRefusal| refusal.field == field && !refusal.message.is_empty();
            ensure(refusals.iter().any(fits), || {
                format!("{field} cannot be taken, and the refusal is of {refusals:?}")
            })?;
            format!("{refusals:?}")
        }
        // We asked in a way that cannot be meant.
        Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Rejected) => error.to_string(),
        Err(error) => return Err(error.into()),
        Ok(other) => {
            return Err(Stop::Failed(format!(
                "{field} cannot be taken, and was not refused: {other:?}"
            )));
        }
    };
    ensure(
        after.version == before.version
            && after.terms == before.terms
            && after.credit_limit == before.credit_limit,
        || "the patch was refused, and something was written".to_owned(),
    )?;
    Ok(said)
}

async fn unknown_terms(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(bench.capabilities.writable.terms, "terms cannot be written")?;
    let before = bench.customer(system).await?;
    let mut said = String::new();
    for code in [bench.unique("absent"), strange(&bench.unique("absent"))] {
        let mut change = patch(&before);
        change.terms = Some(Some(code));
        said = refused(bench, system, &before, &change, "terms").await?;
    }
    Ok(format!("refused: {said}"))
}

/// What could be taken is not written without the rest.
async fn whole(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let writable = bench.capabilities.writable;
    applies(
        writable.terms && writable.credit_limit,
        "terms and limit cannot both be written",
    )?;
    let before = bench.customer(system).await?;
    let mut change = patch(&before);
    change.terms = Some(Some(bench.unique("absent")));
    change.credit_limit = Some(CreditLimit::Amount(Money::from_minor(666_600, before.currency)));
    let said = refused(bench, system, &before, &change, "terms").await?;
    Ok(format!("the limit stays where the terms are refused: {said}"))
}

/// A limit in another currency is no number to be taken as it stands, and what is unknown is nothing to write.
async fn limit(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let before = bench.customer(system).await?;
    let other = ["USD", "EUR"]
        .into_iter()
        .filter_map(|code| Currency::parse(code).ok());
    let other = other.into_iter().find(|currency| *currency != before.currency);
    let amount = other.map(|currency| CreditLimit::Amount(Money::from_minor(666_600, currency)));
    let mut said = String::new();
    for limit in amount.into_iter().chain([CreditLimit::Unknown]) {
        let mut change = patch(&before);
        change.credit_limit = Some(limit);
        said = refused(bench, system, &before, &change, "credit_limit").await?;
    }
    Ok(format!("refused: {said}"))
}

/// A code that nobody there knows is kept as it is, or refused: never another.
async fn hold_code(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(bench.capabilities.writable.holds, "holds cannot be written")?;
    let mut said = Vec::new();
    for code in ["NOBODY-KNOWS".to_owned(), strange("code")] {
        let before = bench.customer(system).await?;
        let mut hold = test_hold(bench, &before);
        hold.code.clone_from(&code);
        let id = hold.id.clone();
        let mut change = patch(&before);
        change.place_holds = vec![hold];
        let outcome = system.patch(&bench.context(), &change).await;
        let Ok(PatchOutcome::Applied(placed)) = outcome else {
            refused_hold(bench, system, &before, outcome).await?;
            said.push("refused");
            continue;
        };
        let seen = placed.holds.iter().find(|hold| hold.id == id).cloned();
        let mut release = patch(&placed);
        release.release_holds = vec![id];
        applied(bench, system, &release).await?;
        let kept = seen.as_ref().is_some_and(|seen| seen.code == code);
        ensure(kept, || {
            format!("a hold with the code '{code}' came back as {seen:?}")
        })?;
        said.push("kept");
    }
    Ok(format!(
        "a code that nobody knows is {}, one of forty characters {}",
        said[0], said[1]
    ))
}

async fn refused_hold(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    before: &Account,
    outcome: Result<PatchOutcome, crate::ConnectorError>,
) -> Result<(), Stop> {
    let after = bench.customer(system).await?;
    match outcome {
        Ok(PatchOutcome::Rejected(refusals)) => {
            ensure(
                refusals.iter().any(|refusal| refusal.field == "place_holds"),
                || format!("a hold was placed, and the refusal is of {refusals:?}"),
            )?;
        }
        Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Rejected) => {}
        Err(error) => return Err(error.into()),
        Ok(other) => return Err(Stop::Failed(format!("neither placed nor refused: {other:?}"))),
    }
    ensure(after.holds == before.holds, || {
        format!(
            "the hold was refused, and something was written: {:?}",
            after.holds
        )
    })
}
