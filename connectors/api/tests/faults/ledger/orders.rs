//! Its orders.

use punchgate_connector::{
    ConnectorError, ConnectorResult, ErrorKind,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderSubmission, PlacedOrder, PlacedState, Refusal,
        SubmitOutcome,
    },
};
use punchgate_domain::{customer::CreditLimit, money::StatedAmount};

use super::Ledger;

impl Ledger {
    /// Whether an order would be beyond the customer's limit.
    pub(in super::super) fn is_beyond_the_limit(&self, what: &OrderSubmission) -> bool {
        let state = self.0.lock().unwrap();
        let Some(account) = state.accounts.get(&what.customer) else {
            return false;
        };
        let (items, orders) = state.owed_by(&what.customer);
        let more = what.order.total.to_money().unwrap().minor();
        matches!(account.credit_limit, CreditLimit::Amount(limit) if items + orders + more > limit.minor())
    }

    /// Search before create; `anew` leaves the search out.
    pub(in super::super) fn submit(&self, what: &OrderSubmission, anew: bool) -> SubmitOutcome {
        let mut state = self.0.lock().unwrap();
        let known = state
            .orders
            .iter()
            .find(|order| order.reference == what.reference);
        if let Some(known) = known.filter(|_| !anew) {
            return SubmitOutcome::Existing(known.clone());
        }
        let Some(account) = state.accounts.get(&what.customer) else {
            return SubmitOutcome::Rejected(Refusal {
                code: "customer".to_owned(),
                message: "no such customer".to_owned(),
                fields: Vec::new(),
            });
        };
        let held = !account.holds.is_empty();
        let created_at = state.moment();
        let order = PlacedOrder {
            order_id: format!("O-{}", state.moments),
            order_number: format!("S{}", state.moments),
            reference: what.reference.clone(),
            purchase_order_number: Some(what.order.order_number.clone()),
            customer: what.customer.clone(),
            state: match held {
                true => PlacedState::OnHold {
                    code: "PASTDUE".to_owned(),
                    message: "past due".to_owned(),
                },
                false => PlacedState::Open,
            },
            total: Some(what.order.total.clone()),
            created_at,
            revision: None,
        };
        state.orders.push(order.clone());
        state.note(&order);
        SubmitOutcome::Created(order)
    }

    pub(in super::super) fn find(&self, reference: &str) -> Vec<PlacedOrder> {
        let state = self.0.lock().unwrap();
        state
            .orders
            .iter()
            .filter(|order| order.reference == reference)
            .cloned()
            .collect()
    }

    pub(in super::super) fn of_number(&self, number: &str) -> Vec<PlacedOrder> {
        let state = self.0.lock().unwrap();
        let fits = |order: &&PlacedOrder| order.purchase_order_number.as_deref() == Some(number);
        state.orders.iter().filter(fits).cloned().collect()
    }

    pub(in super::super) fn cancel(&self, order_id: &str) -> ConnectorResult<CancelOutcome> {
        let mut state = self.0.lock().unwrap();
        let Some(order) = state.orders.iter_mut().find(|order| order.order_id == order_id) else {
            return Err(ConnectorError::new(
                ErrorKind::NotFound,
                "cancel",
                "no such order",
            ));
        };
        order.state = PlacedState::Cancelled;
        let order = order.clone();
        state.note(&order);
        Ok(CancelOutcome::Cancelled(order))
    }

    /// Sets what the order is; a change that is not newer than the last one does nothing, but `anyway`.
    pub(in super::super) fn change(
        &self,
        change: &OrderChange,
        anyway: bool,
    ) -> ConnectorResult<ChangeOutcome> {
        let mut state = self.0.lock().unwrap();
        let found = state
            .orders
            .iter_mut()
            .find(|order| order.order_id == change.order_id);
        let Some(order) = found else {
            return Err(ConnectorError::new(
                ErrorKind::NotFound,
                "change",
                "no such order",
            ));
        };
        if !order.state.is_live() {
            return Ok(ChangeOutcome::Refused {
                code: "cancelled".to_owned(),
                message: "the order is cancelled".to_owned(),
                order: order.clone(),
            });
        }
        if anyway || order.revision < Some(change.revision) {
            order.revision = Some(change.revision);
            order.total = Some(change.submission.order.total.clone());
        }
        Ok(ChangeOutcome::Changed(order.clone()))
    }

    /// Sets an order's total, whatever is told of it.
    pub(in super::super) fn set_total(&self, order_id: &str, total: StatedAmount) {
        let mut state = self.0.lock().unwrap();
        let orders = state.orders.iter_mut();
        for order in orders.filter(|order| order.order_id == order_id) {
            order.total = Some(total.clone());
        }
    }
}
