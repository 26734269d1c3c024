//! Writing customers back.

use punchgate_domain::{
    customer::CreditLimit,
    hold::{HoldTexts, Permission, PermissionSet},
    money::Money,
};

use super::{Accounts, Bench, Outcome, Report, accounts::walk};
use crate::{
    ErrorKind,
    accounts::{Account, AccountPatch, ErpHold, PatchOutcome},
    capabilities::Cas,
    conformance::report::{Stop, applies, ensure},
};

const ACTOR: &str = "punchgate-conformance";

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    report.note("patch-stale-version", stale_version(bench, system).await);
    report.note("patch-unknown-account", unknown_account(bench, system).await);
    report.note("patch-in-parallel", in_parallel(bench, system).await);
    report.note("patch-hold", hold(bench, system).await);
    report.note("patch-limit-values", limit_values(bench, system).await);
    report.note("patch-same-value", same_value(bench, system).await);
    report.note("patch-limit-digits", digits(bench, system).await);
}

pub(super) fn patch(account: &Account) -> AccountPatch {
    AccountPatch::of(account, "conformance test — Prüfung", ACTOR)
}

pub(super) async fn applied(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    patch: &AccountPatch,
) -> Result<Account, Stop> {
    match system.patch(&bench.context(), patch).await? {
        PatchOutcome::Applied(account) => {
            ensure(account.external_id == patch.external_id, || {
                format!(
                    "'{}' was patched, '{}' is answered",
                    patch.external_id, account.external_id
                )
            })?;
            Ok(*account)
        }
        PatchOutcome::Conflict(account) => Err(Stop::Failed(format!(
            "a conflict with version '{}', although '{}' had just been read",
            account.version, patch.expect
        ))),
        PatchOutcome::Rejected(refusals) => Err(Stop::Failed(format!("rejected: {refusals:?}"))),
        PatchOutcome::Waiting(what) => Err(Stop::Failed(format!(
            "nobody there has taken the request up ({what}): run this while the ERP's own process runs"
        ))),
    }
}

/// The smallest change that the system lets us make.
pub(super) fn some_change(bench: &Bench<'_>, account: &Account) -> Result<AccountPatch, Stop> {
    let writable = bench.capabilities.writable;
    let mut change = patch(account);
    if writable.credit_limit {
        change.credit_limit = Some(CreditLimit::Amount(Money::from_minor(777_700, account.currency)));
    } else if writable.holds {
        change.place_holds = vec![test_hold(bench, account)];
    } else {
        return Err(Stop::Skipped("neither limit nor holds can be written".to_owned()));
    }
    Ok(change)
}

pub(super) fn test_hold(bench: &Bench<'_>, account: &Account) -> ErpHold {
    ErpHold {
        id: bench.unique("hold"),
        code: "PUNCHGATE".to_owned(),
        removes: Some(PermissionSet::of(&[Permission::OrderOnTerms])),
        texts: HoldTexts {
            internal: Some("Prüfung – interner Text".to_owned()),
            accounts_payable: Some("Für die Buchhaltung".to_owned()),
            shopper: Some("Bitte rufen Sie an ☎".to_owned()),
        },
        since: account.changed_at,
        until: None,
        placed_by: None,
    }
}

async fn stale_version(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.cas != Cas::None,
        "the system compares no versions",
    )?;
    let before = bench.customer(system).await?;
    let mut change = some_change(bench, &before)?;
    change.expect = bench.unique("stale");
    let outcome = system.patch(&bench.context(), &change).await?;
    let PatchOutcome::Conflict(answered) = outcome else {
        return Err(Stop::Failed(format!(
            "a version that never was is no conflict: {outcome:?}"
        )));
    };
    let after = bench.customer(system).await?;
    ensure(
        after == before || (after.version == before.version && after.holds == before.holds),
        || "the patch was refused as stale, and something was written".to_owned(),
    )?;
    ensure(answered.version == after.version, || {
        format!(
            "the conflict answers version '{}', it is '{}'",
            answered.version, after.version
        )
    })?;
    Ok("refused, nothing written".to_owned())
}

async fn unknown_account(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let account = bench.customer(system).await?;
    let mut change = some_change(bench, &account)?;
    change.external_id = bench.unique("absent");
    match system.patch(&bench.context(), &change).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok("not found".to_owned()),
        Err(error) => Err(error.into()),
        Ok(outcome) => Err(Stop::Failed(format!(
            "an account that is not there was patched: {outcome:?}"
        ))),
    }
}

async fn in_parallel(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.cas == Cas::Native,
        "the system does not compare and write in one step",
    )?;
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let before = bench.customer(system).await?;
    let amount = |minor| CreditLimit::Amount(Money::from_minor(minor, before.currency));
    let change = |minor| AccountPatch {
        credit_limit: Some(amount(minor)),
        ..patch(&before)
    };
    let (first, second) = (change(111_100), change(222_200));
    let (first_context, second_context) = (bench.context(), bench.context());
    let (one, two) = tokio::join!(
        system.patch(&first_context, &first),
        system.patch(&second_context, &second)
    );
    let outcomes = [one?, two?];
    let count = |wanted: fn(&PatchOutcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let written = count(|outcome| matches!(outcome, PatchOutcome::Applied(_)));
    let refused = count(|outcome| matches!(outcome, PatchOutcome::Conflict(_)));
    let after = bench.customer(system).await?;
    let mut restore = patch(&after);
    restore.credit_limit = Some(before.credit_limit).filter(|limit| *limit != CreditLimit::Unknown);
    if !restore.is_empty() {
        applied(bench, system, &restore).await?;
    }
    ensure(written == 1 && refused == 1, || {
        format!("two patches of one version: {written} written, {refused} refused as stale")
    })?;
    Ok("one written, one refused".to_owned())
}

async fn hold(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(bench.capabilities.writable.holds, "holds cannot be written")?;
    let before = bench.customer(system).await?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    let wanted = test_hold(bench, &before);
    let mut place = patch(&before);
    place.place_holds = vec![wanted.clone()];
    let placed = applied(bench, system, &place).await?;
    let seen = placed.holds.iter().find(|hold| hold.id == wanted.id).cloned();
    let delivered = feed_delivers(bench, system, read.cursor, &before.external_id).await;
    let mut release = patch(&placed);
    release.release_holds = vec![wanted.id.clone()];
    let released = applied(bench, system, &release).await?;
    let Some(seen) = seen else {
        return Err(Stop::Failed(
            "the hold was applied, but is not in the account".to_owned(),
        ));
    };
    ensure(
        seen.texts == wanted.texts && seen.removes == wanted.removes,
        || format!("the hold came back changed: {seen:?}"),
    )?;
    ensure(delivered?, || {
        "the feed does not deliver the account after its hold".to_owned()
    })?;
    ensure(placed.version != before.version, || {
        "the version stayed the same over a hold".to_owned()
    })?;
    ensure(released.holds.iter().all(|hold| hold.id != wanted.id), || {
        "the hold was released, but is still there".to_owned()
    })?;
    // Releasing what is not there is no error: an answer may have been lost.
    let mut again = patch(&released);
    again.release_holds = vec![wanted.id];
    applied(bench, system, &again).await?;
    Ok("placed, delivered, released".to_owned())
}

async fn feed_delivers(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    mut cursor: Option<crate::Cursor>,
    external_id: &str,
) -> Result<bool, Stop> {
    loop {
        let limit = bench.capabilities.page_size;
        let page = system.pull(&bench.context(), cursor.as_ref(), limit).await?;
        if page
            .items
            .iter()
            .any(|account| account.external_id == external_id)
        {
            return Ok(true);
        }
        if !page.more || cursor.as_ref() == Some(&page.next_cursor) {
            return Ok(false);
        }
        cursor = Some(page.next_cursor);
    }
}

/// Zero, unlimited, and amounts that floats spoil, each told apart from the others.
async fn limit_values(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let mut account = bench.customer(system).await?;
    let amount = |minor| CreditLimit::Amount(Money::from_minor(minor, account.currency));
    let limits = [
        amount(30),
        amount(1_234_567),
        CreditLimit::Unlimited,
        amount(0),
        amount(999_999_999_999),
    ];
    for limit in limits {
        let mut change = patch(&account);
        change.credit_limit = Some(limit);
        account = applied(bench, system, &change).await?;
        let read = bench.customer(system).await?.credit_limit;
        ensure(account.credit_limit == limit && read == limit, || {
            format!(
                "wrote {limit:?}, the answer says {:?}, a read says {read:?}",
                account.credit_limit
            )
        })?;
    }
    Ok(format!("{} limits came back as written", limits.len()))
}

/// To the last digit of another currency, which may have three or none.
async fn digits(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let Some(second) = &bench.fixture.second_customer else {
        return Err(Stop::Skipped(
            "no second customer that may be changed was given".to_owned(),
        ));
    };
    let before = bench.account(system, second).await?;
    let mut account = before.clone();
    for minor in [1, 1_234_567] {
        let limit = CreditLimit::Amount(Money::from_minor(minor, account.currency));
        let mut change = patch(&account);
        change.credit_limit = Some(limit);
        account = applied(bench, system, &change).await?;
        let read = bench.account(system, second).await?.credit_limit;
        ensure(account.credit_limit == limit && read == limit, || {
            format!(
                "wrote {limit:?}, the answer says {:?}, a read says {read:?}",
                account.credit_limit
            )
        })?;
    }
    let mut restore = patch(&account);
    restore.credit_limit = Some(before.credit_limit).filter(|limit| *limit != CreditLimit::Unknown);
    if !restore.is_empty() {
        applied(bench, system, &restore).await?;
    }
    let currency = before.currency;
    Ok(format!("{} digits of {}", currency.exponent(), currency.as_str()))
}

async fn same_value(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let before = bench.customer(system).await?;
    applies(
        before.credit_limit != CreditLimit::Unknown,
        "the limit is unknown",
    )?;
    let mut change = patch(&before);
    change.credit_limit = Some(before.credit_limit);
    let after = applied(bench, system, &change).await?;
    ensure(
        after.credit_limit == before.credit_limit && after.terms == before.terms,
        || "writing the same limit changed the account".to_owned(),
    )?;
    Ok(if after.version == before.version {
        "the version stays".to_owned()
    } else {
        "the version moves: echoes are recognised by content".to_owned()
    })
}

/// The limit that stood there before anything was written: also where a case failed that should have put it back.
pub(super) async fn put_back(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    before: Result<Account, Stop>,
) -> Outcome {
    applies(
        bench.capabilities.writable.credit_limit,
        "the limit cannot be written",
    )?;
    let before = before?;
    applies(
        before.credit_limit != CreditLimit::Unknown,
        "the limit was unknown before: it cannot be put back",
    )?;
    let mut change = patch(&bench.customer(system).await?);
    change.credit_limit = Some(before.credit_limit);
    let after = applied(bench, system, &change).await?;
    ensure(after.credit_limit == before.credit_limit, || {
        format!(
            "the limit is {:?}, it was {:?}",
            after.credit_limit, before.credit_limit
        )
    })?;
    Ok("as before".to_owned())
}
