//! Looking into the assortment.

use super::{Bench, Report};
use crate::{
    Catalogue,
    catalogue::{ItemQuery, SearchQuery},
    conformance::report::{Outcome, Stop, applies, ensure},
};

const PAGES: usize = 200;

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Catalogue) {
    report.note("catalogue-item", item(bench, system).await);
    report.note("catalogue-unknown-item", unknown_item(bench, system).await);
    report.note("catalogue-search-all-pages", search(bench, system).await);
    report.note("catalogue-search-nothing", search_nothing(bench, system).await);
}

fn query(bench: &Bench<'_>, part_id: String) -> ItemQuery {
    ItemQuery {
        part_id,
        customer: Some(bench.fixture.customer.clone()),
        quantity: None,
        currency: None,
    }
}

async fn item(bench: &Bench<'_>, system: &dyn Catalogue) -> Outcome {
    let order = &bench.fixture.order;
    let asked = query(bench, order.part_id.clone());
    let Some(item) = system.item(&bench.context(), &asked).await? else {
        return Err(Stop::Failed(format!("'{}' is not there", order.part_id)));
    };
    ensure(item.part_id == order.part_id && item.unit == order.unit, || {
        format!(
            "asked for '{}', got '{}' in {}",
            order.part_id, item.part_id, item.unit
        )
    })?;
    ensure(item.unit_price == order.unit_price, || {
        format!(
            "the price is {}, {} net was expected",
            item.unit_price, order.unit_price
        )
    })?;
    Ok(format!("{} at {}", item.name, item.unit_price))
}

async fn unknown_item(bench: &Bench<'_>, system: &dyn Catalogue) -> Outcome {
    let asked = query(bench, bench.unique("absent"));
    match system.item(&bench.context(), &asked).await? {
        None => Ok("not there".to_owned()),
        Some(item) => Err(Stop::Failed(format!("a part that is not there: {}", item.name))),
    }
}

async fn search(bench: &Bench<'_>, system: &dyn Catalogue) -> Outcome {
    let mut found = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let asked = SearchQuery {
            text: String::new(),
            customer: Some(bench.fixture.customer.clone()),
            cursor: cursor.clone(),
            limit: 2,
        };
        let page = system.search(&bench.context(), &asked).await?;
        ensure(page.items.len() <= 2, || {
            format!("asked for 2 items, got {}", page.items.len())
        })?;
        found.extend(page.items.into_iter().map(|item| item.part_id));
        ensure(page.next_cursor.is_none() || page.next_cursor != cursor, || {
            "there is more, but the cursor stays where it is".to_owned()
        })?;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    applies(cursor.is_none(), "more pages than the suite reads")?;
    ensure(found.contains(&bench.fixture.order.part_id), || {
        format!("an empty search lacks '{}'", bench.fixture.order.part_id)
    })?;
    let total = found.len();
    found.sort_unstable();
    found.dedup();
    ensure(found.len() == total, || {
        format!("{} items came twice", total - found.len())
    })?;
    Ok(format!("{total} items"))
}

async fn search_nothing(bench: &Bench<'_>, system: &dyn Catalogue) -> Outcome {
    let asked = SearchQuery {
        text: bench.unique("absent"),
        customer: None,
        cursor: None,
        limit: 2,
    };
    let page = system.search(&bench.context(), &asked).await?;
    ensure(page.items.is_empty() && page.next_cursor.is_none(), || {
        format!("a text that stands nowhere found {} items", page.items.len())
    })?;
    Ok("an empty page".to_owned())
}
