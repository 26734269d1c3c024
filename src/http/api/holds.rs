//! Holds as they are shown with a customer: its own, and those of others that count for it.

use punchgate_app::accounts::{HoldView, OthersHold};
use serde::Serialize;
use utoipa::ToSchema;

use super::values::instant;

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldItem {
    id: String,
    source: String,
    code: String,
    /// What it takes away: order_on_terms, order, ship, invoice; none warns only.
    removes: Vec<String>,
    internal: Option<String>,
    accounts_payable: Option<String>,
    shopper: Option<String>,
    since: String,
    until: Option<String>,
    in_force: bool,
    placed_by: String,
    /// Why it was placed: for a rule's hold the figures that it rests on.
    reason: String,
    /// The rule that placed it, for those of source `rule`.
    rule: Option<String>,
    released_at: Option<String>,
    released_by: Option<String>,
    release_reason: Option<String>,
    /// Where it stands with the ERP.
    push: String,
    /// What a release expects.
    version: i64,
}

/// A hold with whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OthersHoldItem {
    /// Our id of the customer that is on hold.
    customer: String,
    customer_code: String,
    customer_name: String,
    #[serde(flatten)]
    hold: HoldItem,
}

impl From<HoldView> for HoldItem {
    fn from(view: HoldView) -> Self {
        Self {
            id: view.hold.id.into_string(),
            source: view.hold.source.to_string(),
            code: view.hold.reason_code,
            removes: view
                .hold
                .removes
                .iter()
                .map(|permission| permission.to_string())
                .collect(),
            internal: view.hold.texts.internal,
            accounts_payable: view.hold.texts.accounts_payable,
            shopper: view.hold.texts.shopper,
            since: view.hold.since.to_string(),
            until: view.hold.until.map(|until| until.to_string()),
            in_force: view.in_force,
            placed_by: view.row.placed_by,
            reason: view.row.place_reason,
            rule: view.row.rule_id,
            released_by: view.row.released_by,
            release_reason: view.row.release_reason,
            released_at: view.row.released_at.map(instant),
            push: view.row.push_state,
            version: view.row.version,
        }
    }
}

impl From<OthersHold> for OthersHoldItem {
    fn from(other: OthersHold) -> Self {
        Self {
            customer: other.customer.into_string(),
            customer_code: other.code,
            customer_name: other.name,
            hold: other.held.into(),
        }
    }
}
