//! Decisions again. Deciding the same twice changes nothing, so these jobs need no key but their stream.

use punchgate_app::{
    orders::{AccountJob, OrderJob},
    work::{Claimed, Ending},
};

use crate::gateway::Gateway;

/// The waiting orders of a credit account.
pub(super) async fn account(gateway: &Gateway, claimed: &Claimed) -> Ending {
    let job: AccountJob = match claimed.payload(1) {
        Ok(job) => job,
        Err(why) => return Ending::Dead(why),
    };
    match gateway
        .redecide
        .account(&claimed.entry.supplier_id, &job.account)
        .await
    {
        Ok(count) => Ending::Done(format!("{count} orders decided again")),
        Err(error) => Ending::Retry(error.to_string()),
    }
}

/// The contract prices of an order's lines that no cart covers. Key: one stream an order and sink.
pub(super) async fn prices(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.compare_prices.run(claimed).await
}

/// One order.
pub(super) async fn order(gateway: &Gateway, claimed: &Claimed) -> Ending {
    let job: OrderJob = match claimed.payload(1) {
        Ok(job) => job,
        Err(why) => return Ending::Dead(why),
    };
    match gateway
        .redecide
        .order(&claimed.entry.supplier_id, &job.order)
        .await
    {
        Ok(count) => Ending::Done(format!("{count} orders decided again")),
        Err(error) => Ending::Retry(error.to_string()),
    }
}

/// A change whose order should have come by now.
pub(super) async fn predecessor(gateway: &Gateway, claimed: &Claimed) -> Ending {
    let job: OrderJob = match claimed.payload(1) {
        Ok(job) => job,
        Err(why) => return Ending::Dead(why),
    };
    match gateway
        .redecide
        .predecessor_due(&claimed.entry.supplier_id, &job.order)
        .await
    {
        Ok(()) => Ending::Done("looked".to_owned()),
        Err(error) => Ending::Retry(error.to_string()),
    }
}
