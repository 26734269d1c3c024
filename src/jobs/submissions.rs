//! Orders to and from their sinks. Key: one stream an order and sink; the sink is searched before it is told.

use punchgate_app::work::{Claimed, Ending};

use crate::gateway::Gateway;

/// Takes an approved order to its sink.
pub(super) async fn submit(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.run(claimed).await
}

/// Asks the sink where an order stands.
pub(super) async fn ask(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.ask_sink(claimed).await
}

/// Withdraws from the sink what may have got there.
pub(super) async fn withdraw(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.withdraw(claimed).await
}

/// Sees whether the sink has let go of an order that was withdrawn.
pub(super) async fn withdrawal(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.withdrawal(claimed).await
}

/// Looks in the ERP for an order that the shop passes on.
pub(super) async fn exported(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.find_exported(claimed).await
}

/// Cancels in the sink an order that is there twice.
pub(super) async fn surplus(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.surplus(claimed).await
}

/// Tells the sink of a version of an order which it has.
pub(super) async fn change(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.change_at_sink(claimed).await
}

/// Cancels in the sink what it had accepted, because a person says so.
pub(super) async fn cancel_accepted(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.submit.cancel_accepted(claimed).await
}
