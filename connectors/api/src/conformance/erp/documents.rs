//! What became of orders.

use std::collections::BTreeSet;

use super::{Bench, Documents, Outcome, Report};
use crate::{
    Cursor,
    conformance::report::{applies, ensure},
};

const PAGES: usize = 200;

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Documents) {
    report.note("documents-all-pages", all_pages(bench, system).await);
    report.note("documents-by-kind", by_kind(bench, system).await);
}

async fn all_pages(bench: &Bench<'_>, system: &dyn Documents) -> Outcome {
    let limit = bench.capabilities.page_size;
    let mut cursor: Option<Cursor> = None;
    let mut ids = BTreeSet::new();
    let mut complete = false;
    for _ in 0..PAGES {
        let page = system
            .pull_documents(&bench.context(), cursor.as_ref(), &[], limit)
            .await?;
        let stuck = page.more && cursor.as_ref() == Some(&page.next_cursor);
        ensure(!stuck, || {
            "there is more, but the cursor stays where it is".to_owned()
        })?;
        for document in page.items {
            let kind = document.content.kind();
            ensure(bench.capabilities.document_kinds.contains(&kind), || {
                format!(
                    "'{}' is of the kind {}, which the system does not state",
                    document.document_id,
                    kind.as_str()
                )
            })?;
            ids.insert(document.document_id);
        }
        cursor = Some(page.next_cursor);
        if !page.more {
            complete = true;
            break;
        }
    }
    applies(complete, "more pages than the suite reads")?;
    let mut last = 0;
    for _ in 0..3 {
        let page = system
            .pull_documents(&bench.context(), cursor.as_ref(), &[], limit)
            .await?;
        last = page.items.len();
        cursor = Some(page.next_cursor);
    }
    ensure(last == 0, || {
        format!("nothing was issued, and the third call still delivers {last} documents")
    })?;
    Ok(format!("{} documents", ids.len()))
}

async fn by_kind(bench: &Bench<'_>, system: &dyn Documents) -> Outcome {
    for kind in &bench.capabilities.document_kinds {
        let page = system
            .pull_documents(&bench.context(), None, &[*kind], bench.capabilities.page_size)
            .await?;
        let other = page
            .items
            .iter()
            .find(|document| document.content.kind() != *kind);
        ensure(other.is_none(), || {
            format!(
                "asked for {}, got '{}'",
                kind.as_str(),
                other.map_or("", |document| &document.document_id)
            )
        })?;
    }
    Ok(format!("{} kinds", bench.capabilities.document_kinds.len()))
}
