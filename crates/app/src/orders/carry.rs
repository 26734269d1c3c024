//! What a change of an order causes later: the entries for the outbox, and the small rules of versions.

use punchgate_domain::{
    Instant,
    order::{CancelDuty, OrderState},
    policy::OrderSink,
};
use punchgate_storage::{order::OrderRow, outbox::NewEntry};
use serde::{Deserialize, Serialize};

use super::working::Working;
use crate::{
    clock::micros,
    directory::{Mode, Relationship},
};

/// Takes an approved order to its sink.
pub const SUBMIT_ORDER: &str = "submit-order";
/// Asks the contract prices of lines that no cart covers.
pub const COMPARE_PRICES: &str = "compare-prices";
/// Looks in the ERP for an order that the shop passes on.
pub const FIND_IN_ERP: &str = "find-in-erp";
/// Withdraws from the sink what may have got there.
pub const CANCEL_AT_SINK: &str = "cancel-at-sink";
/// Decides one order again.
pub const REDECIDE_ORDER: &str = "redecide-order";
/// Decides the waiting orders of a credit account again.
pub const REDECIDE_ACCOUNT: &str = "redecide-account";
/// Looks whether the order came that a change waits for.
pub const PREDECESSOR_DUE: &str = "predecessor-due";

/// Asks the sink where an order stands.
pub const ASK_SINK: &str = "ask-sink";

/// An order that the sink had accepted was withdrawn: sees whether the sink has let go of it.
pub const WITHDRAWAL_DUE: &str = "withdrawal-due";
/// Cancels in the sink an order that is there twice.
pub const CANCEL_SURPLUS: &str = "cancel-surplus";

/// Changes in the sink an order that a person has had carried over.
pub const CHANGE_AT_SINK: &str = "change-at-sink";
/// Cancels in the sink an order that it had accepted, because a person says so.
pub const CANCEL_ACCEPTED: &str = "cancel-accepted";

/// The reason that a change shows while it waits for its order.
pub(super) const AWAITS_PREDECESSOR: &str = "waits for the order that it changes";
/// The reason that it shows to a person when that has not come.
pub(super) const PREDECESSOR_MISSING: &str = "the order that it changes has not come within 15 minutes";
const PREDECESSOR_CAME: &str = "the order that it changes has come; it is decided next";
/// How long a change waits for its order: 15 minutes.
const PREDECESSOR_WAIT_MICROS: i64 = 15 * 60 * 1_000_000;

/// Which order, and which version of it the job is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderJob {
    /// Order.
    pub order: String,
    /// Version; a job about an older one has nothing left to do.
    pub version: i64,
}

/// An order of the sink that is there beside the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SurplusJob {
    /// Our order.
    pub order: String,
    /// The sink's key of the surplus one.
    pub sink_order: String,
    /// The number that people use.
    pub number: String,
    /// The reference that it carries.
    pub reference: String,
}

/// A withdrawn order that a person has cancelled in the sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CancelJob {
    /// Our order.
    pub order: String,
    /// Why, in that person's words; the sink is told.
    pub reason: String,
}

/// Our order of a reference: a later attempt carries its number behind a point.
pub(super) fn order_of_reference(reference: &str) -> &str {
    reference.split_once('.').map_or(reference, |(order, _)| order)
}

/// Which credit account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountJob {
    /// Credit account.
    pub account: String,
}

/// Where the relationship's orders go. Copies go nowhere.
pub(super) fn sink_of(relationship: &Relationship) -> OrderSink {
    match relationship.mode {
        Mode::Shadow => OrderSink::None,
        Mode::Production | Mode::Test => relationship.order_sink,
    }
}

/// The connector instance that takes the relationship's orders; none where an operator does.
pub(super) fn sink_connector(relationship: &Relationship) -> Option<String> {
    match sink_of(relationship) {
        OrderSink::Erp => relationship.erp.as_ref(),
        OrderSink::Storefront => relationship.storefront.as_ref(),
        OrderSink::None => None,
    }
    .map(ToString::to_string)
}

/// Whether the order came while its relationship named no sink, and it names one now.
pub(super) fn lacks_sink(order: &Working, relationship: &Relationship) -> bool {
    order.row.sink == OrderSink::None.as_str() && sink_of(relationship) != OrderSink::None
}

/// Lets an order go to the sink that was named since it came. Not for one that was ever approved without: a person may
/// have entered it there, and takes it over.
pub(super) fn name_sink(order: &mut Working, relationship: &Relationship) {
    let row = &mut order.row;
    sink_of(relationship).as_str().clone_into(&mut row.sink);
    row.sink_connector_id = sink_connector(relationship);
    order.changed = true;
}

/// The entry that takes an approved order to its sink; none for any other state or where an operator does.
pub(super) fn submit(row: &OrderRow, now: Instant) -> Option<NewEntry> {
    let goes = row.state == OrderState::Approved.as_str() && row.sink_connector_id.is_some();
    goes.then(|| at_sink(row, "sink", SUBMIT_ORDER, micros(now)))
}

/// The entry that asks the contract prices of an order; ahead of the one that takes it to its sink.
pub(super) fn compare_prices(row: &OrderRow, relationship: &Relationship, now: Instant) -> NewEntry {
    // The ERP is asked first.
    let asked = relationship.erp.as_ref().or(relationship.storefront.as_ref());
    NewEntry {
        connector: asked.map(ToString::to_string),
        ..about_order(row, "sink", COMPARE_PRICES, micros(now))
    }
}

/// The same for an order that is decided again; one waiting entry is enough.
pub(super) fn compare_again(row: &OrderRow, relationship: &Relationship, now: Instant) -> NewEntry {
    NewEntry {
        coalesce: true,
        ..compare_prices(row, relationship, now)
    }
}

/// The entry that looks in the ERP for an order of the shop.
pub(super) fn find_in_erp(row: &OrderRow, now: Instant) -> NewEntry {
    NewEntry {
        coalesce: true,
        ..about_order(row, "erp", FIND_IN_ERP, micros(now))
    }
}

/// The same for an order that was decided again: it may be on its way already.
pub(super) fn submit_again(row: &OrderRow, now: Instant) -> Option<NewEntry> {
    let entry = submit(row, now)?;
    Some(NewEntry {
        coalesce: true,
        ..entry
    })
}

pub(super) fn redecide_order(row: &OrderRow, now: Instant) -> NewEntry {
    about_order(row, "decision", REDECIDE_ORDER, micros(now))
}

/// The same for an order that something has changed for which is seen everywhere only at that instant; one waiting entry is
/// enough.
pub(crate) fn redecide_later(row: &OrderRow, at_micros: i64) -> NewEntry {
    NewEntry {
        coalesce: true,
        ..about_order(row, "decision", REDECIDE_ORDER, at_micros)
    }
}

pub(super) fn predecessor_due(row: &OrderRow, now: Instant) -> NewEntry {
    about_order(
        row,
        "wait",
        PREDECESSOR_DUE,
        micros(now) + PREDECESSOR_WAIT_MICROS,
    )
}

/// The entry that asks the sink where an order stands; one waiting entry is enough.
pub(super) fn ask_sink(row: &OrderRow, now: Instant) -> NewEntry {
    NewEntry {
        coalesce: true,
        ..at_sink(row, "sink", ASK_SINK, micros(now))
    }
}

/// The same in a while: an order was created after a request whose outcome nobody saw, and the sink may yet make a
/// second one of that.
pub(super) fn ask_sink_later(row: &OrderRow, not_before: i64) -> NewEntry {
    NewEntry {
        coalesce: true,
        ..at_sink(row, "late", ASK_SINK, not_before)
    }
}

/// What a cancel leaves to do. Where a request may be under way we cancel what is found ourselves; what the sink
/// has accepted is not undone automatically: a person cancels it there, and the order keeps what it takes of the
/// limit until then. So does one that a person has entered by hand.
pub(super) fn cancel_duty(row: &OrderRow, duty: CancelDuty, now: Instant) -> Option<NewEntry> {
    match duty {
        CancelDuty::FindAtSink if row.sink_connector_id.is_some() => {
            Some(at_sink(row, "sink", CANCEL_AT_SINK, micros(now)))
        }
        CancelDuty::CancelAtSink => Some(at_sink(row, "withdrawal", WITHDRAWAL_DUE, micros(now))),
        CancelDuty::FindAtSink | CancelDuty::Nothing => None,
    }
}

/// The entry that tells the sink of a version of the order which it has.
pub(super) fn change_at_sink(row: &OrderRow, version: i64, now: Instant) -> NewEntry {
    NewEntry {
        payload: json(&OrderJob {
            order: row.order_id.clone(),
            version,
        }),
        ..at_sink(row, "sink", CHANGE_AT_SINK, micros(now))
    }
}

/// The entry that cancels in the sink what it had accepted; one waiting entry is enough.
pub(super) fn cancel_accepted(row: &OrderRow, reason: &str, now: Instant) -> NewEntry {
    NewEntry {
        payload: json(&CancelJob {
            order: row.order_id.clone(),
            reason: reason.to_owned(),
        }),
        coalesce: true,
        ..at_sink(row, "sink", CANCEL_ACCEPTED, micros(now))
    }
}

/// Where a withdrawn order waits for a person.
pub(super) fn withdrawal_stream(row: &OrderRow) -> String {
    format!("order/{}/withdrawal", row.order_id)
}

/// The entry that cancels a surplus order in the sink until that has worked.
pub(super) fn cancel_surplus(row: &OrderRow, job: &SurplusJob, now: Instant) -> NewEntry {
    NewEntry {
        payload: json(job),
        ..at_sink(
            row,
            &format!("surplus/{}", job.sink_order),
            CANCEL_SURPLUS,
            micros(now),
        )
    }
}

/// The entry that decides the waiting orders of an account again; one waiting entry is enough.
pub(crate) fn redecide_account(supplier: &str, account: &str, now: Instant) -> NewEntry {
    NewEntry {
        supplier: supplier.to_owned(),
        stream: format!("redecide/{account}"),
        kind: REDECIDE_ACCOUNT,
        payload_version: 1,
        payload: json(&AccountJob {
            account: account.to_owned(),
        }),
        not_before: micros(now),
        coalesce: true,
        connector: None,
        relationship: None,
    }
}

/// The same for the account on which an order took up more than it does now.
pub(super) fn freed(order: &Working, now: Instant) -> Option<NewEntry> {
    let stored = order.stored.as_deref()?;
    let account = stored.credit_account_id.as_deref()?;
    let stays = order.row.credit_account_id.as_deref() == Some(account);
    let takes = if stays { order.row.reserved_minor } else { 0 };
    (takes < stored.reserved_minor).then(|| redecide_account(&stored.supplier_id, account, now))
}

/// The same for the account of an order that has let go of its reservation.
pub(super) fn redecide_account_of(row: &OrderRow, now: Instant) -> Option<NewEntry> {
    let account = row.credit_account_id.as_deref()?;
    Some(redecide_account(&row.supplier_id, account, now))
}

fn about_order(row: &OrderRow, stream: &str, kind: &'static str, not_before: i64) -> NewEntry {
    NewEntry {
        supplier: row.supplier_id.clone(),
        stream: format!("order/{}/{stream}", row.order_id),
        kind,
        payload_version: 1,
        payload: json(&OrderJob {
            order: row.order_id.clone(),
            version: row.version,
        }),
        not_before,
        coalesce: false,
        connector: None,
        relationship: Some(row.relationship_id.clone()),
    }
}

/// The same of what calls the order's sink.
fn at_sink(row: &OrderRow, stream: &str, kind: &'static str, not_before: i64) -> NewEntry {
    NewEntry {
        connector: row.sink_connector_id.clone(),
        ..about_order(row, stream, kind, not_before)
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> String {
    // Plain structs of texts and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether the order is a change whose order has not come yet, and may still.
pub(super) fn waits_for_predecessor(order: &Working) -> bool {
    shows(order, OrderState::Received, AWAITS_PREDECESSOR)
}

/// Whether the order is a change whose order has not come, and which no person has let pass: it waits, or a person
/// looks.
pub(super) fn lacks_predecessor(order: &Working) -> bool {
    waits_for_predecessor(order) || shows(order, OrderState::Referred, PREDECESSOR_MISSING)
}

/// What came since stands behind the reason.
fn shows(order: &Working, state: OrderState, reason: &str) -> bool {
    let shown = order.row.state_reason.as_deref();
    order.row.state == state.as_str() && shown.is_some_and(|shown| shown.starts_with(reason))
}

pub(super) fn predecessor_came(order: &mut Working) {
    order.row.state_reason = Some(PREDECESSOR_CAME.to_owned());
    order.changed = true;
}

/// The number of the next version: one more than any that is stored or about to be.
pub(super) fn next_version(order: &Working) -> i64 {
    let about_to_be = order
        .versions
        .iter()
        .map(|version| version.version)
        .max()
        .unwrap_or(0);
    order.stored_versions.max(about_to_be).max(order.row.version) + 1
}
