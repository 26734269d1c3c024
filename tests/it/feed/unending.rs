//! Cursors that lead nowhere.

use punchgate_app::{orders::feed::FeedError, sync::SyncError};
use punchgate_connector::{ConnectorError, ConnectorResult, Cursor, ErrorKind};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::sync;
use tokio_util::sync::CancellationToken;

use super::{CURSORS, Cursors, TOLD, accepted, tell, world};
use crate::support::{supplier::SUPPLIER_ID, world::World};

/// Where the feed goes on.
pub(super) fn place(cursor: Option<&Cursor>) -> ConnectorResult<usize> {
    let Some(cursor) = cursor else { return Ok(0) };
    let place: usize = cursor.as_str().parse().unwrap();
    let is_void = match CURSORS.get() {
        Cursors::Void | Cursors::VoidOnce => true,
        Cursors::Endless(_) => return Ok(0),
        // One that was given in another mood.
        Cursors::Good | Cursors::Same => place > TOLD.with_borrow(Vec::len),
    };
    if CURSORS.get() == Cursors::VoidOnce {
        CURSORS.set(Cursors::Good);
    }
    match is_void {
        true => Err(ConnectorError::new(
            ErrorKind::Conflict,
            "documents",
            "cursor expired",
        )),
        false => Ok(place),
    }
}

/// The cursor behind everything that is told.
pub(super) fn next(cursor: Option<&Cursor>, end: usize) -> Cursor {
    match (CURSORS.get(), cursor) {
        (Cursors::Same, Some(cursor)) => cursor.clone(),
        (Cursors::Endless(page), _) => {
            CURSORS.set(Cursors::Endless(page + 1));
            Cursor::new(format!("{}", end + page))
        }
        _ => Cursor::new(end.to_string()),
    }
}

async fn pull(world: &World) -> Result<usize, FeedError> {
    let (supplier, erp) = (SupplierId::new(SUPPLIER_ID), ConnectorId::new("erp"));
    let stop = CancellationToken::new();
    let report = world.gateway.feed.pull(&supplier, &erp, &stop).await?;
    assert!(!report.more);
    Ok(report.new)
}

async fn last_error(world: &World) -> Option<String> {
    let mut tx = world.db().read().await.unwrap();
    let feed = sync::cursor(&mut tx, SUPPLIER_ID, "erp", "", "documents").await;
    tx.rollback().await.unwrap();
    feed.unwrap().and_then(|feed| feed.last_error)
}

#[tokio::test]
async fn a_feed_of_documents_that_comes_to_no_end_is_a_failure() {
    for cursors in [Cursors::Same, Cursors::Endless(0), Cursors::Void] {
        let (world, _partner) = world().await;
        CURSORS.set(Cursors::Good);
        tell(None, None, accepted());
        pull(&world).await.unwrap();
        CURSORS.set(cursors);
        tell(None, None, accepted());
        let failed = pull(&world).await;
        assert!(
            matches!(failed, Err(FeedError::Sync(SyncError::Contract(_)))),
            "{cursors:?}: {failed:?}"
        );
        let said = last_error(&world).await.unwrap_or_default();
        assert!(said.contains("does not come to an end"), "{cursors:?}: {said}");
        // What came with it is not lost, and it goes on when the ERP has mended it.
        CURSORS.set(Cursors::Good);
        tell(None, None, accepted());
        assert!(pull(&world).await.is_ok(), "{cursors:?}");
        let mut tx = world.db().read().await.unwrap();
        for id in ["D-1", "D-2", "D-3"] {
            let id = format!("erp/ErpAcknowledgement/{id}");
            let kept = punchgate_storage::document::get(&mut tx, SUPPLIER_ID, &id).await;
            assert!(kept.unwrap().is_some(), "{cursors:?}: {id}");
        }
        tx.rollback().await.unwrap();
        TOLD.with_borrow_mut(Vec::clear);
        world.finish().await;
    }
}

#[tokio::test]
async fn a_cursor_that_an_erp_knows_no_more_has_all_documents_read_anew() {
    let (world, _partner) = world().await;
    tell(None, None, accepted());
    assert_eq!(pull(&world).await.unwrap(), 1);
    CURSORS.set(Cursors::VoidOnce);
    tell(None, None, accepted());
    assert_eq!(pull(&world).await.unwrap(), 1, "the other one is known");
    assert_eq!(pull(&world).await.unwrap(), 0);
    world.finish().await;
}
