//! The sink is asked: searched under every reference, told to create, searched again. No transaction is open.

use std::collections::BTreeMap;

use punchgate_connector::{
    ConnectorError, Context, ErrorKind,
    orders::{OrderKey, OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
};
use punchgate_domain::{order::SinkAnswer, policy::OrderSink};
use punchgate_storage::order_submission::SubmissionRow;

use super::{
    CALL, Said, Submit, SubmitError,
    claim::{Going, Leave},
};
use crate::{connectors::Connected, work::Claimed};

impl Submit {
    /// Searches, creates while the lease lasts, searches again.
    pub(super) async fn ask(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        going: &Going,
        draft: &OrderSubmission,
    ) -> Result<Said, SubmitError> {
        // Where it is on its way to, whatever the relationship names since.
        let sink =
            OrderSink::parse(&going.row.sink).map_err(|error| SubmitError::Setup(error.to_string()))?;
        let known = [going.submissions.as_slice(), going.beyond.as_slice()].concat();
        let search = || self.search(claimed, opened, sink, draft.key(), &known);
        let found = search().await?;
        let counts = going.counts(&found).to_owned();
        let here = going.row.sink_order_id.as_deref();
        if let Some(said) = said(found, &counts, here) {
            return Ok(said);
        }
        match going.leave {
            Leave::Create => self.sure_it_is_new(claimed, opened, sink, going, draft).await?,
            Leave::Search => {
                let why = "the sink may still create the order of an earlier request: it is searched until that is settled";
                return Ok(Said::without_order(SinkAnswer::Unknown, why));
            }
            Leave::GiveWay => {
                let why = "a change of the order came before the sink had it";
                return Ok(Said::without_order(SinkAnswer::Absent, why));
            }
        }
        if !claimed.lease_covers(&*self.surroundings.clock, CALL) {
            let why = "the lease was nearly over before the order was sent";
            return Ok(Said::without_order(SinkAnswer::Absent, why));
        }
        let created = create(sink, opened, &self.context(opened, claimed), draft).await;
        match created {
            Ok(SubmitOutcome::Rejected(refusal)) => Ok(refused(going, search, words(&refusal)).await),
            Ok(SubmitOutcome::Created(order) | SubmitOutcome::Existing(order)) => {
                // Whoever else may have created one meanwhile: the search after the create finds it.
                let mut found = search().await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the search after an order was created failed; it is asked again later");
                    Vec::new()
                });
                if !found.iter().any(|one| one.order_id == order.order_id) {
                    found.push(order);
                }
                Ok(said(found, going.reference(), here).unwrap_or_else(|| unseen("the sink named no order")))
            }
            Err(error) if !error.surely_unchanged() => {
                let found = search().await.unwrap_or_default();
                // Nothing there yet proves nothing: it may still be under way. It is asked again.
                Ok(said(found, going.reference(), here).unwrap_or_else(|| unseen(error)))
            }
            Err(error) if error.kind == ErrorKind::Rejected => {
                Ok(refused(going, search, error.message).await)
            }
            // The search found nothing, and this request has made nothing.
            Err(error) => Ok(Said {
                ends: (!error.retryable()).then(|| SubmitError::from(error.clone()).ending()),
                ..Said::without_order(SinkAnswer::Absent, error.to_string())
            }),
        }
    }

    /// Every order of the sink under any of these references, each once.
    pub(super) async fn search(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        sink: OrderSink,
        key: OrderKey,
        submissions: &[SubmissionRow],
    ) -> Result<Vec<PlacedOrder>, SubmitError> {
        let mut references: Vec<&str> = submissions.iter().map(|one| one.reference.as_str()).collect();
        if references.is_empty() {
            references.push(&key.reference);
        }
        let mut found = BTreeMap::new();
        for reference in references {
            let key = OrderKey {
                reference: reference.to_owned(),
                ..key.clone()
            };
            for order in find(sink, opened, &self.context(opened, claimed), &key).await? {
                found.insert(order.order_id.clone(), order);
            }
        }
        Ok(found.into_values().collect())
    }
}

async fn find(
    sink: OrderSink,
    opened: &Connected,
    context: &Context,
    key: &OrderKey,
) -> Result<Vec<PlacedOrder>, SubmitError> {
    let spec = opened.connector.spec();
    match (sink, spec.orders, spec.shop_orders) {
        (OrderSink::Erp, Some(orders), _) => Ok(orders.find(context, key).await?),
        (OrderSink::Storefront, _, Some(orders)) => {
            let found = orders.find(context, key).await?;
            Ok(found.into_iter().map(|placed| placed.order).collect())
        }
        _ => Err(SubmitError::Setup(format!(
            "connector kind {} takes no orders",
            spec.kind
        ))),
    }
}

async fn create(
    sink: OrderSink,
    opened: &Connected,
    context: &Context,
    submission: &OrderSubmission,
) -> Result<SubmitOutcome<PlacedOrder>, ConnectorError> {
    let spec = opened.connector.spec();
    match (sink, spec.orders, spec.shop_orders) {
        (OrderSink::Erp, Some(orders), _) => orders.submit(context, submission).await,
        (OrderSink::Storefront, _, Some(orders)) => Ok(match orders.place(context, submission).await? {
            SubmitOutcome::Created(placed) => SubmitOutcome::Created(placed.order),
            SubmitOutcome::Existing(placed) => SubmitOutcome::Existing(placed.order),
            SubmitOutcome::Rejected(refusal) => SubmitOutcome::Rejected(refusal),
        }),
        _ => Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "submit_order",
            "the connector takes no orders",
        )),
    }
}

/// The sink refuses this request. One before it whose outcome nobody saw may have come through meanwhile, and be the
/// reason: then its order is the order, and while that is not known, nothing is.
async fn refused(
    going: &Going,
    search: impl AsyncFnOnce() -> Result<Vec<PlacedOrder>, SubmitError>,
    why: String,
) -> Said {
    let found = match going.after_unseen {
        true => search().await,
        false => Ok(Vec::new()),
    };
    let here = going.row.sink_order_id.as_deref();
    match found.map(|found| said(found, going.reference(), here)) {
        Ok(Some(said)) => said,
        Ok(None) => Said::without_order(SinkAnswer::Rejected, why),
        Err(error) => unseen(format!(
            "{why}; whether an earlier request has made the order is not known: {error}"
        )),
    }
}

fn words(refusal: &Refusal) -> String {
    let fields: String = refusal
        .fields
        .iter()
        .filter_map(|field| {
            field
                .message
                .as_ref()
                .map(|text| format!("; {}: {text}", field.field))
        })
        .collect();
    format!("{} ({}){fields}", refusal.message, refusal.code)
}

fn unseen(why: impl std::fmt::Display) -> Said {
    Said::without_order(SinkAnswer::Unknown, why.to_string())
}

/// Of all live orders the one that is known here counts: the buyer was told of it. Where it is none of them, the one with
/// the lowest key. Where none is live, one that was cancelled under the present reference is the sink's refusal; older
/// ones were refused before.
pub(super) fn said(mut found: Vec<PlacedOrder>, reference: &str, here: Option<&str>) -> Option<Said> {
    found.sort_by(|a, b| key(&a.order_id).cmp(&key(&b.order_id)));
    let is_here = |order: &PlacedOrder| Some(order.order_id.as_str()) == here;
    let live = |order: &PlacedOrder| order.state.is_live();
    let known = found.iter().position(|order| live(order) && is_here(order));
    let first = || found.iter().position(live);
    let counts = known
        .or_else(first)
        .or_else(|| found.iter().position(|order| order.reference == reference))?;
    let order = found.remove(counts);
    let surplus = found.into_iter().filter(|order| order.state.is_live()).collect();
    let (answer, detail) = match &order.state {
        PlacedState::Open | PlacedState::Draft | PlacedState::Completed => (SinkAnswer::Accepted, None),
        PlacedState::OnHold { code, message } => (SinkAnswer::OnHold, Some(format!("{message} ({code})"))),
        PlacedState::Cancelled => (SinkAnswer::Rejected, Some("cancelled in the sink".to_owned())),
    };
    Some(Said {
        answer,
        order: Some(order),
        surplus,
        detail,
        ends: None,
    })
}

/// Numbers in a key count as numbers: `9` comes before `10`.
fn key(id: &str) -> (usize, &str) {
    (id.len(), id)
}

#[cfg(test)]
mod tests {
    use punchgate_domain::Instant;

    use super::*;

    fn placed(id: &str, reference: &str, state: PlacedState) -> PlacedOrder {
        PlacedOrder {
            order_id: id.to_owned(),
            order_number: format!("SO-{id}"),
            reference: reference.to_owned(),
            purchase_order_number: None,
            customer: "C-1".to_owned(),
            state,
            total: None,
            created_at: Instant::UNIX_EPOCH,
            revision: None,
        }
    }

    #[test]
    fn of_several_orders_of_the_sink_one_counts() {
        use PlacedState::{Cancelled, Open};
        let nine = || placed("9", "P", Open);
        let ten = || placed("10", "P.2", Open);
        let gone = || placed("8", "P", Cancelled);
        // What the sink has, what is known here, which one counts, what it says.
        let table = [
            (vec![ten(), nine()], None, Some("9"), SinkAnswer::Accepted),
            (vec![ten(), nine()], Some("10"), Some("10"), SinkAnswer::Accepted),
            (vec![ten(), nine()], Some("8"), Some("9"), SinkAnswer::Accepted),
            (vec![gone(), ten()], Some("8"), Some("10"), SinkAnswer::Accepted),
            (vec![gone()], Some("8"), Some("8"), SinkAnswer::Rejected),
        ];
        for (found, here, counts, answer) in table {
            let live = found.iter().filter(|order| order.state.is_live()).count();
            let said = said(found, "P", here).unwrap();
            assert_eq!(said.order.map(|order| order.order_id).as_deref(), counts);
            assert_eq!(said.answer, answer);
            assert_eq!(said.surplus.len(), live.saturating_sub(1), "{counts:?}");
        }
        assert!(said(vec![placed("8", "P.1", Cancelled)], "P", None).is_none());
    }
}
