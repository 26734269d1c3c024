//! Sessions whose time is over: marked, and closed in the shop. Nothing is posted.

use punchgate_connector::carts::CartMove;
use punchgate_domain::{ids::SupplierId, session::SessionState};
use punchgate_storage::{
    Lane, StorageResult,
    session::{self, Ending, SessionRow},
};

use super::{Punchout, redeem::shop_at};
use crate::clock::micros;

/// Sessions of one transaction.
const BATCH: i64 = 100;

impl Punchout {
    /// Ends the overdue sessions of a supplier; how many there were.
    pub async fn expire_overdue(&self, supplier: &SupplierId) -> StorageResult<usize> {
        let mut count = 0;
        for state in [SessionState::Opened, SessionState::Shopping] {
            loop {
                let ended = self.expire_batch(supplier, state).await?;
                count += ended.len();
                for row in &ended {
                    self.close_in_shop(row).await;
                }
                if ended.is_empty() {
                    break;
                }
            }
        }
        Ok(count)
    }

    async fn expire_batch(
        &self,
        supplier: &SupplierId,
        from: SessionState,
    ) -> StorageResult<Vec<SessionRow>> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let overdue = session::overdue(&mut tx, supplier.as_str(), from.as_str(), now, BATCH).await?;
        let (mut ended, mut changes) = (Vec::new(), Vec::new());
        for row in overdue {
            let ending = Ending {
                supplier: &row.supplier_id,
                session: &row.session_id,
                from: from.as_str(),
                to: SessionState::Expired.as_str(),
                cart_snapshot: None,
                message: None,
                at: now,
            };
            if session::end(&mut tx, &ending).await? {
                changes.push(self.change(&row, SessionState::Expired, "gateway", "time is over"));
                ended.push(row);
            }
        }
        crate::events::record(&mut tx, &changes).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The shop was told the time, too: a call that fails costs nothing but a line in the log.
    async fn close_in_shop(&self, row: &SessionRow) {
        let Some(shop_session) = &row.storefront_session else {
            return;
        };
        let closed = self
            .shop
            .move_cart(&shop_at(row), shop_session, CartMove::Cancel)
            .await;
        if let Err(error) = closed
            && !error.is_session_gone()
        {
            tracing::warn!(%error, session = row.session_id, "an expired session is still open in the shop");
        }
    }
}
