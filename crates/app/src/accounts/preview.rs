//! A hold before it is placed: what would be said to whom.

use std::sync::Arc;

use punchgate_domain::{
    hold::{Hold, HoldSource, HoldTexts},
    ids::HoldId,
};

use super::{Accounts, AccountsError, PlaceHold};
use crate::{
    credit::{Wording, standings},
    directory::Supplier,
};

impl Accounts {
    /// The three texts of a hold as they would be read now: its own, and the supplier's where it has none.
    pub async fn preview_hold(
        &self,
        supplier: &Arc<Supplier>,
        request: &PlaceHold,
    ) -> Result<HoldTexts, AccountsError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.read().await?;
        let ids = std::slice::from_ref(&request.customer);
        let standings = standings(&mut tx, &supplier.id, ids, now).await?;
        tx.rollback().await?;
        let Some(customer) = standings.customer(&request.customer) else {
            let what = format!("customer {}", request.customer);
            return Err(AccountsError::UnknownCustomer(what));
        };
        let own = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let mut hold = Hold {
            id: HoldId::new("preview"),
            source: HoldSource::Manual,
            removes: request.removes,
            reason_code: request.code.trim().to_owned(),
            texts: HoldTexts {
                internal: own(&request.texts.internal),
                accounts_payable: own(&request.texts.accounts_payable),
                shopper: own(&request.texts.shopper),
            },
            since: now,
            until: request.until,
        };
        standings.dress_hold(&Wording::of(supplier), customer, &mut hold, now);
        Ok(hold.texts)
    }
}
