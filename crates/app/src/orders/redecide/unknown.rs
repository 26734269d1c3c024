//! Orders whose customer nobody knew: the ERP or a mapping may know it by now. They are looked at in turn, so that
//! those which stay unknown keep none behind them waiting.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use punchgate_storage::order::{self, OrderRow};

use super::{AT_ONCE, Redecide, RedecideError};
use crate::orders::{content, load};

/// Up to where the last look came, supplier by supplier.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<HashMap<String, (i64, String)>>);

impl Turn {
    fn after(&self, supplier: &str) -> (i64, String) {
        let turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.get(supplier).cloned().unwrap_or((i64::MIN, String::new()))
    }

    /// Goes on after these, or begins again after the last.
    fn went_to(&self, supplier: &str, rows: &[OrderRow]) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match rows.last().filter(|_| rows.len() >= AT_ONCE) {
            Some(row) => turns.insert(supplier.to_owned(), (row.received_at, row.order_id.clone())),
            None => turns.remove(supplier),
        };
    }
}

impl Redecide {
    /// Orders whose customer nobody knew. How many were decided.
    pub async fn without_customer(&self) -> Result<usize, RedecideError> {
        let mut decided = 0;
        for supplier in self.directory.suppliers().await? {
            decided += self.without_customer_of(supplier.id.as_str()).await?;
        }
        Ok(decided)
    }

    async fn without_customer_of(&self, supplier: &str) -> Result<usize, RedecideError> {
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let after = self.turn.after(supplier);
        let mut tx = self.surroundings.db.read().await?;
        let rows = order::without_customer(&mut tx, supplier, (after.0, &after.1), most).await?;
        tx.rollback().await?;
        self.turn.went_to(supplier, &rows);
        let mut decided = 0;
        for row in rows {
            match self.knows_customer_of(&row).await {
                Ok(true) => decided += self.order(&row.supplier_id, &row.order_id).await?,
                Ok(false) => {}
                // One that cannot be read keeps no other from its turn.
                Err(error) => tracing::error!(order = %row.order_id, %error, "an order cannot be looked at"),
            }
        }
        Ok(decided)
    }

    async fn knows_customer_of(&self, row: &OrderRow) -> Result<bool, RedecideError> {
        let relationships = self
            .relationships(&row.supplier_id, std::slice::from_ref(row))
            .await?;
        // Without an ERP there is nobody to know it: the document need not be read.
        let Some(relationship) = relationships
            .get(&row.relationship_id)
            .filter(|known| known.erp.is_some())
        else {
            return Ok(false);
        };
        let mut tx = self.surroundings.db.read().await?;
        let content = content::of_document(&mut tx, &row.supplier_id, &row.document_id).await?;
        let asked = [(&**relationship, &content)];
        let now = self.surroundings.now();
        let known = load::known_unlocked(&mut tx, &row.supplier_id, &asked, now).await?;
        tx.rollback().await?;
        Ok(known.party_of(relationship, &content).is_ok())
    }
}
