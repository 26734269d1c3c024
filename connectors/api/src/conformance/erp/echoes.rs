//! What the feed makes of writes: ours, two at once, and one that is committed late.

use jiff::SignedDuration;
use punchgate_domain::{Instant, customer::CreditLimit, money::Money};

use super::{
    Accounts, Bench, Outcome, Report,
    accounts::walk,
    patches::{applied, patch, some_change},
};
use crate::{
    accounts::{Account, AccountPatch},
    conformance::{
        Clerk,
        report::{Stop, applies, ensure},
    },
};

/// How far a system's stamps may lie from its clock: no time zone is nearer to another than a quarter of an hour.
const NEAR: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    report.note("patch-echo", echo(bench, system).await);
    report.note("patch-changed-at", changed_at(bench, system).await);
    report.note("accounts-changed-at-once", at_once(bench, system).await);
    report.note("accounts-committed-late", committed_late(bench, system).await);
}

fn near(told: Instant, from: Instant, to: Instant) -> bool {
    told.duration_since(from) >= -NEAR && told.duration_since(to) <= NEAR
}

/// A limit that it does not have.
fn another_limit(account: &Account) -> CreditLimit {
    let amount = |minor| CreditLimit::Amount(Money::from_minor(minor, account.currency));
    match account.credit_limit == amount(444_400) {
        true => amount(555_500),
        false => amount(444_400),
    }
}

fn limit_is_written(bench: &Bench<'_>) -> Result<(), Stop> {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )
}

/// Writes the limit back that stood there; one that was unknown cannot be.
async fn put_back(bench: &Bench<'_>, system: &dyn Accounts, before: &Account) -> Result<(), Stop> {
    if before.credit_limit == CreditLimit::Unknown {
        return Ok(());
    }
    let now = bench.account(system, &before.external_id).await?;
    let mut change = patch(&now);
    change.credit_limit = Some(before.credit_limit);
    applied(bench, system, &change).await.map(drop)
}

/// By version and content the engine knows its own write when the feed brings it.
async fn echo(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    limit_is_written(bench)?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    let before = bench.customer(system).await?;
    let mut change = patch(&before);
    change.credit_limit = Some(another_limit(&before));
    let written = applied(bench, system, &change).await?;
    let told = walk(bench, system, read.cursor, bench.capabilities.page_size).await;
    put_back(bench, system, &before).await?;
    let told = told?;
    let Some(told) = told.found.get(&before.external_id) else {
        return Err(Stop::Failed("the feed does not tell what we wrote".to_owned()));
    };
    ensure(told.version == written.version, || {
        format!(
            "we wrote version '{}', the feed tells '{}'",
            written.version, told.version
        )
    })?;
    let same = told.credit_limit == written.credit_limit
        && told.terms == written.terms
        && told.holds == written.holds
        && told.active == written.active;
    ensure(same, || format!("we wrote {written:?}, the feed tells {told:?}"))?;
    Ok("the version and the content that were answered".to_owned())
}

/// Stamps are instants: neither local time nor another zone's.
async fn changed_at(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let account = bench.customer(system).await?;
    let change = some_change(bench, &account)?;
    let from = bench.their_now();
    let written = applied(bench, system, &change).await?;
    let to = bench.their_now();
    let mut back = patch(&written);
    back.release_holds = change.place_holds.iter().map(|hold| hold.id.clone()).collect();
    back.credit_limit = Some(account.credit_limit)
        .filter(|limit| change.credit_limit.is_some() && *limit != CreditLimit::Unknown);
    if !back.is_empty() {
        applied(bench, system, &back).await?;
    }
    ensure(near(written.changed_at, from, to), || {
        format!(
            "written between {from} and {to} by its clock, it says {}",
            written.changed_at
        )
    })?;
    Ok(format!("{}", written.changed_at))
}

fn second<'a>(bench: &Bench<'a>) -> Result<&'a str, Stop> {
    let second = bench.fixture.second_customer.as_deref();
    second.ok_or_else(|| Stop::Skipped("no second customer that may be changed was given".to_owned()))
}

/// Two accounts of one moment: a page that ends between them loses neither.
async fn at_once(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    limit_is_written(bench)?;
    let second = second(bench)?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    let before = [
        bench.customer(system).await?,
        bench.account(system, second).await?,
    ];
    let changes = before.each_ref().map(|account| AccountPatch {
        credit_limit: Some(another_limit(account)),
        ..patch(account)
    });
    let (one, two) = tokio::join!(
        applied(bench, system, &changes[0]),
        applied(bench, system, &changes[1])
    );
    let told = walk(bench, system, read.cursor, 1).await;
    for account in &before {
        put_back(bench, system, account).await?;
    }
    let (written, told) = ([one?, two?], told?);
    for account in &written {
        let found = told.found.get(&account.external_id);
        ensure(
            found.is_some_and(|found| found.credit_limit == account.credit_limit),
            || format!("read one by one, '{}' is told as {found:?}", account.external_id),
        )?;
    }
    Ok("read one by one, and both there".to_owned())
}

/// What is stamped before others and seen after them is not passed over.
async fn committed_late(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    limit_is_written(bench)?;
    let second = second(bench)?;
    let Some(clerk) = bench.fixture.clerk else {
        return Err(Stop::Skipped("nobody there can commit a change late".to_owned()));
    };
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    let customer = bench.customer(system).await?;
    let begun = clerk.begins_a_change(&customer.external_id).await;
    applies(begun, "nobody there can commit a change late")?;
    let outcome = late(bench, system, clerk, read.cursor, second).await;
    let told = outcome?;
    ensure(told.contains(&customer.external_id), || {
        format!("a change that was committed late is not told: {told:?}")
    })?;
    Ok("told after it was committed".to_owned())
}

/// The accounts that are told after the late commit. It is committed whatever happens.
async fn late(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    clerk: &dyn Clerk,
    cursor: Option<crate::Cursor>,
    second: &str,
) -> Result<Vec<String>, Stop> {
    let passed = async {
        let before = bench.account(system, second).await?;
        let mut change = patch(&before);
        change.credit_limit = Some(another_limit(&before));
        applied(bench, system, &change).await?;
        let told = walk(bench, system, cursor, bench.capabilities.page_size).await?;
        put_back(bench, system, &before).await?;
        ensure(told.found.contains_key(second), || {
            format!("the feed does not tell what was written to '{second}'")
        })?;
        walk(bench, system, told.cursor, bench.capabilities.page_size).await
    };
    let passed = passed.await;
    clerk.commits_it().await;
    let told = walk(bench, system, passed?.cursor, bench.capabilities.page_size).await?;
    Ok(told.found.into_keys().collect())
}
