//! Reading customers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Accounts, Bench, Outcome, Report};
use crate::{
    Cursor,
    capabilities::Deletes,
    conformance::report::{Stop, applies, ensure},
};

/// How many pages a walk reads at most; a living system may have more customers than a test has time.
const PAGES: usize = 200;
/// Small, so that even a few customers make several pages.
const SMALL: u32 = 2;

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    report.note("accounts-all-pages", all_pages(bench, system).await);
    report.note("accounts-fall-silent", fall_silent(bench, system).await);
    report.note("accounts-by-key", by_key(bench, system).await);
    report.note("accounts-deleted", deleted(bench, system).await);
    report.note("accounts-inactive", inactive(bench, system).await);
    report.note("accounts-strange-keys", strange_keys(bench, system).await);
}

/// What a walk through the feed saw.
pub(super) struct Walk {
    /// The last that it said of every account.
    pub(super) found: BTreeMap<String, Account>,
    deleted: BTreeSet<String>,
    pub(super) cursor: Option<Cursor>,
    pub(super) complete: bool,
}

/// Reads the feed from a cursor to its end.
pub(super) async fn walk(
    bench: &Bench<'_>,
    system: &dyn Accounts,
    from: Option<Cursor>,
    limit: u32,
) -> Result<Walk, Stop> {
    let mut walk = Walk {
        found: BTreeMap::new(),
        deleted: BTreeSet::new(),
        cursor: from,
        complete: false,
    };
    for _ in 0..PAGES {
        let page = system.pull(&bench.context(), walk.cursor.as_ref(), limit).await?;
        let size = page.items.len();
        ensure(u32::try_from(size).is_ok_and(|size| size <= limit), || {
            format!("a page of {size} accounts, {limit} were asked for")
        })?;
        let stuck = page.more && walk.cursor.as_ref() == Some(&page.next_cursor);
        ensure(!stuck, || {
            "there is more, but the cursor stays where it is".to_owned()
        })?;
        let items = page.items.into_iter();
        walk.found
            .extend(items.map(|account| (account.external_id.clone(), account)));
        walk.deleted.extend(page.deleted);
        walk.cursor = Some(page.next_cursor);
        if !page.more {
            walk.complete = true;
            break;
        }
    }
    Ok(walk)
}

async fn all_pages(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let small = walk(bench, system, None, SMALL).await?;
    let large = walk(bench, system, None, bench.capabilities.page_size).await?;
    if small.complete && large.complete {
        let lacks = |one: &Walk, other: &Walk| {
            other
                .found
                .keys()
                .find(|id| !one.found.contains_key(*id))
                .cloned()
        };
        let differing = lacks(&small, &large).or_else(|| lacks(&large, &small));
        ensure(differing.is_none(), || {
            format!(
                "'{}' is in small pages or in large ones, not in both",
                differing.as_deref().unwrap_or_default()
            )
        })?;
    }
    let customer = &bench.fixture.customer;
    ensure(!large.complete || large.found.contains_key(customer), || {
        format!("the feed from the beginning lacks '{customer}'")
    })?;
    Ok(format!("{} accounts", large.found.len()))
}

async fn fall_silent(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    let mut cursor = read.cursor;
    let mut last = usize::MAX;
    for _ in 0..3 {
        let page = system
            .pull(&bench.context(), cursor.as_ref(), bench.capabilities.page_size)
            .await?;
        last = page.items.len();
        cursor = Some(page.next_cursor);
    }
    ensure(last == 0, || {
        format!("nothing changed, and the third call still delivers {last} accounts")
    })?;
    Ok("nothing new at the cursor".to_owned())
}

async fn by_key(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let absent = bench.unique("absent");
    let keys = [bench.fixture.customer.clone(), absent.clone()];
    let found = system.get(&bench.context(), &keys).await?;
    let ids: Vec<&str> = found
        .items
        .iter()
        .map(|account| account.external_id.as_str())
        .collect();
    ensure(
        ids == [bench.fixture.customer.as_str()] && found.missing == [absent.as_str()],
        || {
            format!(
                "asked for one that is there and one that is not: got {ids:?}, missing {:?}",
                found.missing
            )
        },
    )?;
    Ok("the missing one is named".to_owned())
}

/// A customer that is gone is missing by its key, is in no page, and is told where the system tells.
async fn deleted(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let Some(gone) = &bench.fixture.deleted_customer else {
        return Err(Stop::Skipped("no deleted customer was given".to_owned()));
    };
    let found = system.get(&bench.context(), std::slice::from_ref(gone)).await?;
    ensure(found.items.is_empty() && found.missing == [gone.as_str()], || {
        format!("'{gone}' is deleted, and a read by key has it")
    })?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    ensure(!read.found.contains_key(gone), || {
        format!("'{gone}' is deleted, and the feed has it")
    })?;
    let told = bench.capabilities.deletes != Deletes::Tombstone || read.deleted.contains(gone);
    ensure(told, || {
        format!("the system states that its feed lists deletions, and it lacks '{gone}'")
    })?;
    Ok("gone by key and from the feed".to_owned())
}

/// Who may not trade any more is told as that, by key and in the feed, or not at all.
async fn inactive(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let Some(inactive) = &bench.fixture.inactive_customer else {
        return Err(Stop::Skipped("no inactive customer was given".to_owned()));
    };
    let found = system
        .get(&bench.context(), std::slice::from_ref(inactive))
        .await?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    for (reading, account) in [
        ("a read by key", found.items.first()),
        ("the feed", read.found.get(inactive)),
    ] {
        ensure(account.is_none_or(|account| !account.active), || {
            format!("'{inactive}' may not trade any more, and {reading} tells it as if it might")
        })?;
    }
    Ok("told as inactive, or not at all".to_owned())
}

/// What means something in a pattern or a statement is looked for as it stands.
async fn strange_keys(bench: &Bench<'_>, system: &dyn Accounts) -> Outcome {
    let customer = &bench.fixture.customer;
    let keys = [
        "%".to_owned(),
        "*".to_owned(),
        format!("{customer}%"),
        format!("{customer}' or '1'='1"),
        "Zähl-客户-0123456789012345678901234567890".to_owned(),
        "9".repeat(40),
    ];
    for key in keys {
        let found = system.get(&bench.context(), std::slice::from_ref(&key)).await?;
        ensure(found.items.is_empty() && found.missing == [key.as_str()], || {
            let ids: Vec<&str> = found.items.iter().map(|item| item.external_id.as_str()).collect();
            format!("asked for '{key}', found {ids:?}, missing {:?}", found.missing)
        })?;
    }
    Ok("found by none of them".to_owned())
}
