//! Rehearsals: what a supplier's orders would have met with other rules, limits or hold codes. Nothing is written.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{State as Handed, rejection::JsonRejection},
};
use punchgate_app::{
    api_keys::Scope,
    credit::rehearsal::{
        ChangeCount, CreditRehearsal, CreditRehearsalError, CreditWish, DecidedOnce, LimitSettings,
        MOST_ORDERS, ProposalSettings, RehearsedOrder, Sum, rehearse_credit,
    },
};
use punchgate_domain::{Instant, catalogue::Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    customers::invalid,
    problem::{ApiProblem, ProblemBody},
    values::Amount,
};

/// What is to be rehearsed. At least one of hold_rules, limits, limit_factor and hold_codes is named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreditRehearsalBody {
    /// Orders that were received from then on: `2026-03-02T00:00:00Z`; 90 days before `until` where it is left out.
    since: Option<String>,
    /// Orders that were received before; now where it is left out.
    until: Option<String>,
    /// Whether orders are listed for which nothing would change.
    #[serde(default)]
    all: bool,
    /// All rules, in the place of the supplier's, each with the keys of `[[supplier.hold_rule]]` in the file that `apply`
    /// reads. An empty list: no rules. Left out: rules stay as they were.
    #[schema(value_type = Option<Vec<Object>>)]
    hold_rules: Option<Vec<serde_json::Map<String, serde_json::Value>>>,
    /// Limits of single customers.
    #[serde(default)]
    limits: Vec<ProposedLimit>,
    /// What all other limits are multiplied with, 0 to 100.
    #[schema(example = "0.8")]
    limit_factor: Option<String>,
    /// By ERP connection: hold code → the permissions that it removes (order_on_terms, order, ship, invoice), in the place of
    /// its whole table. A code that is not there removes everything.
    #[serde(default)]
    hold_codes: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A limit for one customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposedLimit {
    /// Its code, its id in the ERP, or ours.
    customer: String,
    /// `5000.00 USD`, or `unlimited`.
    amount: String,
}

/// What a rehearsal of credit found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreditRehearsalItem {
    since: String,
    until: String,
    /// How many orders were looked at.
    looked_at: usize,
    /// How many orders each change concerns, with their totals.
    changes: Vec<RehearsedChangeItem>,
    /// The orders for which something would change or nobody can say, in order of arrival; all where that was asked for.
    orders: Vec<RehearsedOrderItem>,
    /// What to bear in mind.
    notes: Vec<String>,
    /// What was left off: at most 20,000 orders are rehearsed at once.
    left_off: Option<String>,
}

/// How many orders a change concerns.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RehearsedChangeItem {
    /// would_be_held, would_go, other_reasons, same, not_rehearsed.
    change: &'static str,
    orders: usize,
    /// Their totals, by currency.
    totals: Vec<Amount>,
}

/// An order that was rehearsed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RehearsedOrderItem {
    id: String,
    /// The buyer's number.
    number: String,
    /// Relationship id.
    relationship: String,
    received_at: String,
    total: Amount,
    /// would_be_held, would_go, other_reasons, same, not_rehearsed.
    change: &'static str,
    /// The code of the customer on whose account it is counted.
    customer: Option<String>,
    /// When it was decided.
    decided_at: Option<String>,
    /// What was decided then.
    then: Option<DecidedItem>,
    /// What would have been decided with the proposal.
    proposed: Option<DecidedItem>,
    /// What nobody knew.
    notes: Vec<String>,
    /// Why it cannot be rehearsed.
    not_rehearsed: Option<String>,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecidedItem {
    /// approved, held, referred, declined.
    state: String,
    /// What stands against the order, in words.
    reasons: Vec<String>,
    /// The reckoning of the limit, in words with its numbers.
    figures: Option<String>,
}

impl From<Sum> for Amount {
    fn from(sum: Sum) -> Self {
        Self {
            amount: sum.amount,
            currency: sum.currency,
        }
    }
}

impl From<DecidedOnce> for DecidedItem {
    fn from(decided: DecidedOnce) -> Self {
        Self {
            state: decided.state.to_owned(),
            reasons: decided.reasons,
            figures: decided.figures,
        }
    }
}

impl From<ChangeCount> for RehearsedChangeItem {
    fn from(count: ChangeCount) -> Self {
        Self {
            change: count.change.as_str(),
            orders: count.orders,
            totals: count.totals.into_iter().map(Amount::from).collect(),
        }
    }
}

impl From<RehearsedOrder> for RehearsedOrderItem {
    fn from(order: RehearsedOrder) -> Self {
        let mut item = Self {
            id: order.id,
            number: order.number,
            relationship: order.relationship,
            received_at: order.received_at.to_string(),
            total: order.total.into(),
            change: order.change.as_str(),
            customer: None,
            decided_at: None,
            then: None,
            proposed: None,
            notes: Vec::new(),
            not_rehearsed: None,
        };
        match order.found {
            Err(why) => item.not_rehearsed = Some(why),
            Ok(rehearsed) => {
                item.customer = Some(rehearsed.customer);
                item.decided_at = Some(rehearsed.decided_at.to_string());
                item.then = Some(rehearsed.then.into());
                item.proposed = Some(rehearsed.proposed.into());
                item.notes = rehearsed.notes;
            }
        }
        item
    }
}

impl From<CreditRehearsal> for CreditRehearsalItem {
    fn from(found: CreditRehearsal) -> Self {
        Self {
            since: found.since.to_string(),
            until: found.until.to_string(),
            looked_at: found.looked_at,
            changes: found
                .counted()
                .into_iter()
                .map(RehearsedChangeItem::from)
                .collect(),
            orders: found.orders.into_iter().map(RehearsedOrderItem::from).collect(),
            notes: found.notes,
            left_off: found.left_off,
        }
    }
}

impl From<CreditRehearsalError> for ApiProblem {
    fn from(error: CreditRehearsalError) -> Self {
        match error {
            CreditRehearsalError::Refused(problems) => Self::new(Problem::Validation, problems.join("; ")),
            CreditRehearsalError::Storage(error) => error.into(),
        }
    }
}

/// A rehearsal as the API writes it; the command line writes it alike.
pub(crate) fn rehearsed_credit(found: CreditRehearsal) -> impl Serialize {
    CreditRehearsalItem::from(found)
}

fn time(field: &str, text: Option<String>) -> Result<Option<Instant>, ApiProblem> {
    let read = text.map(|text| text.trim().parse::<Instant>()).transpose();
    read.map_err(|_| invalid(field, "an instant, such as 2026-03-02T09:30:00Z"))
}

/// Decides the orders of a time again with other rules, limits or hold codes, on what was true when they were decided. Nothing
/// is written, and no order moves.
#[utoipa::path(post, path = "/api/v1/rehearsals/credit", request_body = CreditRehearsalBody,
    responses((status = 200, body = CreditRehearsalItem), (status = 422, body = ProblemBody)), tag = "orders")]
pub(super) async fn credit(
    Handed(gateway): Handed<State>,
    caller: Caller,
    body: Result<Json<CreditRehearsalBody>, JsonRejection>,
) -> Result<Json<CreditRehearsalItem>, ApiProblem> {
    caller.require(Scope::OrdersRead)?;
    let Json(body) = body?;
    let limits = body.limits.into_iter().map(|limit| LimitSettings {
        customer: limit.customer,
        amount: limit.amount,
    });
    let settings = ProposalSettings {
        hold_rules: body.hold_rules,
        limits: limits.collect(),
        limit_factor: body.limit_factor,
        hold_codes: body.hold_codes,
    };
    let wish = CreditWish {
        proposal: settings.read().map_err(CreditRehearsalError::Refused)?,
        since: time("since", body.since)?,
        until: time("until", body.until)?,
        all: body.all,
        most: MOST_ORDERS,
    };
    let supplier = gateway.directory.supplier(&caller.0.supplier).await?;
    let found = rehearse_credit(&gateway.surroundings, &supplier, &wish).await?;
    Ok(Json(found.into()))
}
